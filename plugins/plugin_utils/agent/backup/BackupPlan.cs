// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Finds out everything that a backup will do, without writing anything. Every failure that can be known in
    // advance happens here.
    internal sealed class BackupPlan
    {
        public const string What = "The backup was not started";

        public readonly SetFolder Set;
        public readonly string Server = Names.ThisServer();
        public readonly List<PlannedComponent> Components;
        public readonly List<string> Warnings = new List<string>();
        public string Version;

        private readonly Traps traps;

        private readonly JsonMap request;
        private readonly List<Product> products;
        private readonly Product named;       // null: the version is auto
        // Filters of the product's default components; null: only the components of the request.
        private readonly JsonMap defaults;
        private readonly JsonMap ownPaths;

        public BackupPlan(JsonMap request)
        {
            this.request = request;
            traps = new Traps(request);
            Set = SetFolder.Of(request);
            products = Product.ListOf(request);
            named = Product.Named(products, request.TextOrNull("version") ?? "auto");
            ownPaths = request.MapOrEmpty("component_paths");
            defaults = request["defaults"] == null ? null : request.MapOrEmpty("defaults");
            Components = request.Maps("components")
                .ConvertAll(delegate(JsonMap map) { return new PlannedComponent(map, ownPaths); });
            CheckNames();
            if (Components.Count == 0 && defaults == null)
                throw new FormatError("'components' is empty");
        }

        private void CheckNames()
        {
            foreach (PlannedComponent component in Components)
            {
                List<PlannedComponent> namesakes =
                    Components.FindAll(delegate(PlannedComponent other) { return other.Name == component.Name; });
                if (namesakes.Count > 1)
                    throw new FormatError("'components' names " + component.Name + " twice");
            }
        }

        public string PartPath
        {
            get { return Set.PartPath(Server); }
        }

        public long Bytes
        {
            get
            {
                long bytes = 0;
                foreach (PlannedComponent component in Components)
                    bytes += component.Tree == null ? 0 : component.Tree.Bytes;
                return bytes;
            }
        }

        // The space that a restore of everything needs, because it writes the new files beside the existing ones.
        public SpaceNeeds Sources()
        {
            SpaceNeeds needs = new SpaceNeeds();
            foreach (PlannedComponent component in Components)
            {
                if (component.Tree != null)
                    needs.Add(component.Source, component.Tree.Bytes);
            }
            return needs;
        }

        // Warnings about the files that were saved, or would be saved.
        public List<string> TrapWarnings()
        {
            foreach (PlannedComponent component in Components)
            {
                if (component.Tree == null)
                    continue;
                traps.Look(component.Name, component.Source, component.Tree.Files);
                traps.LookAtHeld(component.Name, component.Source, component.Problems);
            }
            return traps.Warnings;
        }

        public void Make()
        {
            new PartWriter(Set, Server).CheckNew(What);
            CheckRoot();
            FolderTrust.Require(Set, What, request, Warnings);
            FindSources();
            List<PlannedComponent> present = Components.FindAll(IsPresent);
            foreach (PlannedComponent component in present)
                CheckApart(component);
            CheckOverlaps(present);
            foreach (PlannedComponent component in present)
                component.Walk();
            CheckSelection(present);
            try
            {
                FreeSpace.Require(Set.Root, Bytes, What);
                CompareVolumes();
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(What, Set.Root, error);
            }
        }

        // A component on the same volume as its backup is lost together with it.
        private void CompareVolumes()
        {
            string volume = Win32.VolumeOf(Paths.ResolveLinks(Paths.NearestExisting(Set.Root)));
            List<PlannedComponent> beside = Components.FindAll(delegate(PlannedComponent component)
            {
                return component.Tree != null && volume != null && Win32.VolumeOf(component.Place) == volume;
            });
            List<string> names = beside.ConvertAll(delegate(PlannedComponent component) { return component.Name; });
            if (names.Count > 0)
                Warnings.Add(string.Join(", ", names.ToArray()) + ": on the same volume as the backup root " + Set.Root
                    + ". If this disk fails, both are lost. Choose a root on another disk or a share.");
        }

        private void FindSources()
        {
            bool needed = defaults != null || Components.Exists(delegate(PlannedComponent component)
            {
                return component.OwnPath == null && (named == null || !IsData(named, component.Name));
            });
            Installation installation = Installation.Choose(products, named, needed, What);
            Version = installation == null ? null : installation.Product.Version;
            if (defaults != null)
                AddDefaults(installation.Product);
            foreach (PlannedComponent component in Components)
                component.Source = component.OwnPath ?? SourceIn(installation, component);
        }

        private void AddDefaults(Product product)
        {
            List<ProductComponent> usual =
                product.Components.FindAll(delegate(ProductComponent component) { return component.Default; });
            Components.InsertRange(0, usual.ConvertAll(delegate(ProductComponent component)
            {
                return new PlannedComponent(component.Name, component.Required, defaults, ownPaths);
            }));
            CheckNames();
        }

        private static bool IsData(Product product, string name)
        {
            ProductComponent component = product.Component(name);
            return component != null && component.InData;
        }

        private static string SourceIn(Installation installation, PlannedComponent wanted)
        {
            ProductComponent component = installation.Product.Component(wanted.Name);
            if (component == null)
                throw new AgentError("component_unknown", What, null,
                    "Version " + installation.Product.Version + " has no component of this name.",
                    "Correct groupid_components, or give the component a path.", wanted.Name);
            string source = installation.Product.Locate(component, installation.Folder);
            if (source == null && wanted.Required)
                throw new AgentError("no_installation", What, null,
                    "No installation folder of version " + installation.Product.Version + " was found.",
                    "Name the component's folder in groupid_component_paths.", wanted.Name);
            return source;
        }

        // Checks what include and exclude leave: otherwise nobody would notice that a set lacks files.
        private void CheckSelection(List<PlannedComponent> present)
        {
            SelectionCheck selected = new SelectionCheck(What, Warnings);
            foreach (PlannedComponent component in present)
                selected.Add(component.ToSelectionResult());
            List<Selection> asked =
                Components.ConvertAll(delegate(PlannedComponent component) { return component.Selection; });
            selected.Check(asked);
            selected.CheckExcludes(asked);
            if (present.Count == 0)
                Warnings.Add("None of the components exists on this server: this part is empty.");
        }

        // False for an optional component that is absent. If the source is a link, it is resolved once.
        private static bool IsPresent(PlannedComponent component)
        {
            try
            {
                FileFacts facts = new FileFacts();
                bool exists = component.Source != null && Win32.TryFacts(component.Source, out facts);
                if (!exists && component.Required)
                    throw Missing(component, "There is no folder " + Paths.ResolveLinks(component.Source) + ".");
                if (!exists)
                    return false;
                if (Attributes.IsLink(facts.Attributes, facts.ReparseTag))
                    component.Source = Win32.FinalPath(component.Source);
                else if (!Attributes.IsFolder(facts.Attributes))
                    throw Missing(component, "It is a file, not a folder.");
                component.ReadVolumeFeatures();
                return true;
            }
            catch (SystemError error)
            {
                throw Missing(component, error.Message);
            }
        }

        // An upgrade or removal of the product could remove the sets too.
        private void CheckRoot()
        {
            string holder = ProductFolders.Holding(request, Set.Root);
            if (holder != null)
                throw new AgentError("root_in_product", What, Set.Root,
                    "The backup root is in " + holder
                        + ", a folder of the product. An upgrade or an uninstall may remove it with all sets.",
                    "Choose a folder outside the product in groupid_backup_root.");
        }

        private void CheckApart(PlannedComponent component)
        {
            component.Place = Paths.ResolveLinks(component.Source);
            // A component may be below a root such as D:\, but not in the folder of the deployment.
            if (Paths.Contains(component.Place, Paths.ResolveLinks(Set.Root))
                || Paths.Contains(Paths.ResolveLinks(Set.DeploymentPath), component.Place))
                throw new AgentError("source_in_root", What, component.Source,
                    "The folder and the backup sets below " + Set.Root + " overlap.",
                    "Choose a backup root outside the folders that are backed up.", component.Name);
        }

        // A restore could not bring both back, because each would overwrite the other.
        private static void CheckOverlaps(List<PlannedComponent> present)
        {
            for (int i = 1; i < present.Count; i++)
            {
                PlannedComponent later = present[i];
                PlannedComponent other = present.GetRange(0, i).Find(delegate(PlannedComponent earlier)
                {
                    return Paths.Contains(earlier.Place, later.Place) || Paths.Contains(later.Place, earlier.Place);
                });
                if (other == null)
                    continue;
                bool same = Win32.Names.Equals(other.Place, later.Place);
                throw new AgentError("sources_overlap", What, later.Source,
                    (same ? "It is the folder of " : "It and the folder of ") + other.Name + ", " + other.Source
                        + (same ? ", too." : ", overlap."),
                    "Save each folder once: correct groupid_folders or groupid_component_paths.", later.Name);
            }
        }

        private static AgentError Missing(PlannedComponent component, string cause)
        {
            return new AgentError("source_missing", What, component.Source, cause,
                "Install the component, name its folder in groupid_component_paths, "
                    + "or take it out of groupid_components.",
                component.Name);
        }
    }
}
