// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The folders that the product's own setup makes, upgrades and removes, with whatever else lies in them;
    // and those of components that were moved.
    internal static class ProductFolders
    {
        // The one that a path is or lies in; null for none. request: with `products` and `component_paths`.
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

        // What cannot be asked now is compared as it is written.
        private static string Resolved(string path)
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
