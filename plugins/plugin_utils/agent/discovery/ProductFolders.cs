// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The folders that the product's setup makes, upgrades and removes with everything in them, and the folders of
    // components that were moved.
    internal static class ProductFolders
    {
        // The product folder that a path is or is in; null if there is none. request: with `products` and
        // `component_paths`.
        public static string Holding(JsonMap request, string path)
        {
            string place = Resolved(path);
            return All(request).Find(delegate(string folder) { return Paths.Contains(Resolved(folder), place); });
        }

        private static List<string> All(JsonMap request)
        {
            List<DriveFacts> drives = Computer.FixedDrives();
            List<string> folders = new List<string>();
            foreach (Product product in Product.ListOf(request))
                folders.AddRange(product.Folders(drives));
            JsonMap ownPaths = request.MapOrEmpty("component_paths");
            foreach (string name in ownPaths.Names)
                folders.Add(Paths.Absolute(ownPaths.Text(name), "component_paths"));
            return folders;
        }

        // A path that cannot be resolved now is compared as written.
        public static string Resolved(string path)
        {
            try
            {
                return Paths.ResolveLinks(path);
            }
            catch (SystemError)
            {
                return path;
            }
        }
    }
}
