// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Which services, pools, tasks and processes of this computer belong to the product. If the request names items
    // of a kind, only these do. Otherwise those that a row of the request matches by name or by program, and those in
    // a folder of the versions.
    internal sealed class ProductRules
    {
        private const string Elasticsearch = "elasticsearch";   // the component whose services are nodes of it

        public readonly List<string> Versions = new List<string>();
        private readonly List<Row> rows = new List<Row>(), named = new List<Row>();
        private readonly List<Glob> similar = new List<Glob>();
        private readonly string only;   // a component; null: everything of the product is requested
        private readonly List<Glob> onlyNames = new List<Glob>();
        private readonly List<string> onlyFolders = new List<string>();
        // By version: folders of the product, and those that it is installed in.
        private readonly List<KeyValuePair<string, string>> folders = new List<KeyValuePair<string, string>>();
        private readonly List<KeyValuePair<string, string>> installations = new List<KeyValuePair<string, string>>();

        public ProductRules(JsonMap request)
        {
            List<DriveFacts> drives = Computer.FixedDrives();
            List<Product> products = Product.ListOf(request);
            JsonMap alone = request.MapOrEmpty("only");
            only = alone.TextOrNull("component");
            onlyNames.AddRange(alone.Texts("names").ConvertAll(delegate(string text) { return new Glob(text); }));
            Product wanted = Product.Named(products, request.Text("version"));
            foreach (Product product in products)
            {
                List<Installation> found = product.Find(drives);
                if (wanted == null ? found.Count == 0 : wanted != product)
                    continue;
                Versions.Add(product.Version);
                foreach (string folder in product.Folders(drives))
                    Add(folders, product.Version, folder);
                foreach (Installation installation in found)
                {
                    if (installation.Folder != null)
                        Add(installations, product.Version, installation.Folder);
                    ProductComponent component = only == null ? null : product.Component(only);
                    string place = component == null ? null : product.Locate(component, installation.Folder);
                    if (place != null)
                        onlyFolders.Add(place);
                }
            }
            JsonMap own = request.MapOrEmpty("component_paths");
            foreach (string name in own.Names)
                Add(folders, Versions.Count == 1 ? Versions[0] : null, Paths.Absolute(own.Text(name), name));
            if (only != null && own.Has(only))
                onlyFolders.Add(Paths.Absolute(own.Text(only), only));
            rows.AddRange(request.Maps("runs").ConvertAll<Row>(Row.Parse));
            named.AddRange(request.Maps("services").ConvertAll<Row>(Row.Parse));
            similar.AddRange(request.Texts("similar").ConvertAll(delegate(string text) { return new Glob(text); }));
        }

        // null if it does not belong to the product. names: all of its names; paths: of its programs or its files.
        public ProductMatch Of(string kind, IEnumerable<string> names, IEnumerable<string> paths)
        {
            bool isNamed = Names(kind);
            List<Row> asked = isNamed ? named : rows;
            for (int i = 0; i < asked.Count; i++)
            {
                Row row = asked[i];
                if (row.Kind != kind || (!isNamed && !Versions.Contains(row.Version)))
                    continue;
                bool byName = row.Takes(names);
                if (!byName && !TakesProgram(row, paths))
                    continue;
                row.Met = true;
                return new ProductMatch
                {
                    Version = row.Version,
                    FoundBy = isNamed ? ProductMatch.ByRequest : byName ? ProductMatch.ByName : ProductMatch.ByFolder,
                    Order = i + 1,
                    MayBeShared = row.MayBeShared,
                };
            }
            return isNamed ? null : OfFolder(paths);
        }

        // Whether the request names the items of the kind.
        public bool Names(string kind)
        {
            return named.Exists(delegate(Row row) { return row.Kind == kind; });
        }

        // Whether everything of the product is requested, and not one component alone.
        public bool IsForAll
        {
            get { return only == null; }
        }

        // Whether an item of the product serves the one component that is requested.
        public bool IsAskedFor(string kind, IEnumerable<string> names, IEnumerable<string> paths)
        {
            if (only == null)
                return true;
            foreach (string name in names)
            {
                if (onlyNames.Exists(delegate(Glob glob) { return glob.Matches(Row.Plain(name ?? "")); }))
                    return true;
            }
            foreach (string path in paths)
            {
                if (onlyFolders.Exists(delegate(string folder) { return Paths.Contains(folder, path); })
                    || kind == ItemKind.Service && only == Elasticsearch && IsElasticsearch(names, path))
                    return true;
            }
            return rows.Exists(delegate(Row row)
            {
                return row.Kind == kind && row.Component == only && Versions.Contains(row.Version)
                    && (row.Takes(names) || TakesProgram(row, paths));
            });
        }

        // Whether a service of the product is a node of Elasticsearch: by a row of any version, by its name, or by
        // the program that Elastic's own elasticsearch-service.bat installs.
        public bool IsElasticsearch(IEnumerable<string> names, string program)
        {
            foreach (string name in names)
            {
                if ((name ?? "").IndexOf(Elasticsearch, StringComparison.OrdinalIgnoreCase) >= 0)
                    return true;
            }
            return Paths.FileName(program).StartsWith("elasticsearch-service", StringComparison.OrdinalIgnoreCase)
                || rows.Exists(delegate(Row row)
                {
                    return row.Kind == ItemKind.Service && row.Component == Elasticsearch
                        && (row.Takes(names) || TakesProgram(row, new[] { program }));
                });
        }

        public bool IsSimilar(IEnumerable<string> names)
        {
            foreach (string name in names)
            {
                if (similar.Exists(delegate(Glob glob) { return glob.Matches(Row.Plain(name)); }))
                    return true;
            }
            return false;
        }

        public bool Holds(string path)
        {
            return folders.Exists(delegate(KeyValuePair<string, string> folder)
            {
                return Paths.Contains(folder.Value, path);
            });
        }

        // Items that the request names but this computer does not have. A program may just not run at the moment.
        public List<JsonMap> Unmatched()
        {
            return named.FindAll(delegate(Row row)
            {
                return !row.Met && row.Kind != ItemKind.Process;
            }).ConvertAll(delegate(Row row)
            {
                return new JsonMap().Set("kind", row.Kind).Set("name", row.Text);
            });
        }

        private ProductMatch OfFolder(IEnumerable<string> paths)
        {
            foreach (string path in paths)
            {
                foreach (KeyValuePair<string, string> folder in folders)
                {
                    if (Paths.Contains(folder.Value, path))
                        return new ProductMatch { Version = folder.Key, FoundBy = ProductMatch.ByFolder };
                }
            }
            return null;
        }

        private bool TakesProgram(Row row, IEnumerable<string> paths)
        {
            if (row.Below == null)
                return false;
            foreach (string path in paths)
            {
                foreach (KeyValuePair<string, string> folder in installations)
                {
                    if (folder.Key == row.Version && Paths.Contains(folder.Value, path)
                        && row.Below.Matches(Row.Plain(path.Substring(folder.Value.Length))))
                        return true;
                }
            }
            return false;
        }

        private static void Add(List<KeyValuePair<string, string>> list, string version, string folder)
        {
            list.Add(new KeyValuePair<string, string>(version, folder));
        }

        // One row that describes items, or one item that the request names.
        private sealed class Row
        {
            public string Kind, Version, Text, Component;
            public Glob Name, Below;   // Below: the installation folder
            public bool MayBeShared, Met;

            public static Row Parse(JsonMap map)
            {
                string kind = map.Text("kind");
                if (Array.IndexOf(ItemKind.All, kind) < 0)
                    throw new FormatError("'kind' must be " + string.Join(", ", ItemKind.All));
                return new Row
                {
                    Kind = kind,
                    Version = map.TextOrNull("version"),
                    Text = map.TextOrNull("name"),
                    Component = map.TextOrNull("component"),
                    Name = map["name"] == null ? null : new Glob(Plain(map.Text("name"))),
                    Below = map["program"] == null ? null : new Glob(Plain(map.Text("program"))),
                    MayBeShared = map.Flag("shared", false),
                };
            }

            public bool Takes(IEnumerable<string> names)
            {
                foreach (string name in names)
                {
                    if (Name != null && name != null && Name.Matches(Plain(name)))
                        return true;
                }
                return false;
            }

            // A task's path begins with a backslash, and a glob's with a name.
            public static string Plain(string text)
            {
                return text.Replace('\\', '/').Trim('/');
            }
        }
    }
}
