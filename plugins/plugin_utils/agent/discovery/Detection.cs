// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // One version of the product, as the request describes it.
    internal sealed class Product
    {
        public string Version;
        public List<ProductComponent> Components = new List<ProductComponent>();

        private List<string> registry;
        private string installation, data;

        public static List<Product> ListOf(JsonMap request)
        {
            return request.Maps("products").ConvertAll(delegate(JsonMap map)
            {
                Product product = new Product
                {
                    Version = map.Text("version"),
                    registry = map.Texts("registry"),
                    installation = map.Text("installation"),
                    data = map.Text("data"),
                };
                product.Components.AddRange(
                    map.Maps("components").ConvertAll<ProductComponent>(ProductComponent.Parse));
                return product;
            });
        }

        // null for auto.
        public static Product Named(List<Product> products, string version)
        {
            Product named = products.Find(delegate(Product product) { return product.Version == version; });
            if (version != "auto" && named == null)
                throw new FormatError("'version' is '" + version + "', which the request does not describe");
            return named;
        }

        public ProductComponent Component(string name)
        {
            return Components.Find(delegate(ProductComponent component) { return component.Name == name; });
        }

        // null if the component is in the installation folder and that folder is not known.
        public string Locate(ProductComponent component, string installationFolder)
        {
            string folder = component.InData ? Paths.Below(Computer.ProgramData(), data) : installationFolder;
            return folder == null ? null : Paths.Below(folder, component.Path);
        }

        // Every place where this version is installed. The registry is asked first. If it names no existing folder,
        // the drives are searched.
        public List<Installation> Find(List<DriveFacts> drives)
        {
            string lastName = Paths.FileName(Paths.Below("", installation));
            bool registered = false;
            foreach (string key in registry)
            {
                Dictionary<string, string> values = Computer.RegistryValues(key);
                if (values == null)
                    continue;
                registered = true;
                foreach (string value in values.Values)
                {
                    string folder = value.TrimEnd(Win32.Separator);
                    if (Win32.IsAbsolute(value)
                        && string.Equals(Paths.FileName(folder), lastName, StringComparison.OrdinalIgnoreCase)
                        && IsFolder(folder))
                        return new List<Installation> { new Installation(this, folder, "registry") };
                }
            }
            List<Installation> found = new List<Installation>();
            foreach (DriveFacts drive in drives)
            {
                string folder = Paths.Below(drive.Root, installation);
                if (IsFolder(folder))
                    found.Add(new Installation(this, folder, "folder"));
            }
            if (registered && found.Count == 0)
                found.Add(new Installation(this, null, "registry"));
            return found;
        }

        // Every folder that this version has or would have, whether it exists or not.
        public List<string> Folders(List<DriveFacts> drives)
        {
            List<string> folders = new List<string> { Paths.Below(Computer.ProgramData(), data) };
            folders.AddRange(
                drives.ConvertAll(delegate(DriveFacts drive) { return Paths.Below(drive.Root, installation); }));
            foreach (Installation found in Find(drives))
            {
                if (found.Folder != null)
                    folders.Add(found.Folder);
            }
            return folders;
        }

        private static bool IsFolder(string path)
        {
            FileFacts facts;
            return Win32.TryFacts(path, out facts) && Attributes.IsFolder(facts.Attributes);
        }
    }

    internal sealed class ProductComponent
    {
        public string Name, Path;
        public bool InData, Required, Default;

        public static ProductComponent Parse(JsonMap map)
        {
            string place = map.Text("base");
            if (place != "data" && place != "installation")
                throw new FormatError("'base' must be data or installation");
            return new ProductComponent
            {
                Name = Names.Component(map.Text("name")),
                Path = map.Text("path"),
                InData = place == "data",
                Required = map.Flag("required", false),
                Default = map.Flag("default", false),
            };
        }
    }

    // A version in a folder; the folder is null if only the registry lists the version.
    internal sealed class Installation
    {
        public readonly Product Product;
        public readonly string Folder;
        public readonly string FoundBy;

        public Installation(Product product, string folder, string foundBy)
        {
            Product = product;
            Folder = folder;
            FoundBy = foundBy;
        }

        public static List<Installation> FindAll(List<Product> products)
        {
            List<DriveFacts> drives = Computer.FixedDrives();
            List<Installation> found = new List<Installation>();
            foreach (Product product in products)
                found.AddRange(product.Find(drives));
            return found;
        }

        // The installation that a request means: that of the wanted product, or with auto the only one. null if there
        // is none and none is needed.
        public static Installation Choose(List<Product> products, Product wanted, bool needed, string what)
        {
            List<Installation> found = wanted != null ? wanted.Find(Computer.FixedDrives()) : FindAll(products);
            if (found.Count == 1)
                return found[0];
            if (found.Count > 1 && needed)
                throw new AgentError("several_installations", what, null,
                    "There are several installations: " + Listed(found) + ".",
                    "Name the right one in groupid_version, or its folders in groupid_component_paths.");
            if (wanted != null)
                return new Installation(wanted, null, null);
            if (needed)
                throw new AgentError("no_installation", what, null,
                    "No installation of the product was found in the registry and on the fixed drives.", "Check that "
                    + "this is the right server, or name groupid_version and the folders in groupid_component_paths.");
            return null;
        }

        private static string Listed(List<Installation> found)
        {
            return string.Join(", ", found.ConvertAll(delegate(Installation one)
            {
                return one.Product.Version + " in " + (one.Folder ?? "an unknown folder");
            }).ToArray());
        }
    }
}
