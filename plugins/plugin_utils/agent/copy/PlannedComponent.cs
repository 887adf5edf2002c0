// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // One component that a backup was asked for: where it is, and what the walk found there.
    internal sealed class PlannedComponent
    {
        public readonly string Name;
        public readonly bool Required;
        public readonly List<string> Include, Exclude;
        public readonly Selection Selection;
        public readonly string OwnPath;   // from the request; null: the place is known from the product
        public string Source;             // null: its place is not known
        public string Place;              // the real path of the source, with all links resolved
        public Tree Tree;                 // null when absent
        public List<Problem> Problems = new List<Problem>();
        public bool KeepsSecurity, KeepsStreams;   // what the source's file system supports

        public PlannedComponent(JsonMap map, JsonMap ownPaths)
            : this(Names.Component(map.Text("name")), map.Flag("required", true), map, ownPaths)
        {
        }

        // filters: an object with include and exclude, and with path if the component has its own.
        public PlannedComponent(string name, bool required, JsonMap filters, JsonMap ownPaths)
        {
            Name = name;
            Required = required;
            Include = filters.Texts("include");
            Exclude = filters.Texts("exclude");
            Selection = new Selection(Include, Exclude);
            string path = filters.TextOrNull("path") ?? ownPaths.TextOrNull(Name);
            OwnPath = path == null ? null : Paths.Absolute(path, "path");
        }

        // For a component of a part, at the given place.
        public PlannedComponent(PartComponent component, string source)
        {
            Name = component.Name;
            Required = component.Required;
            Include = component.Include;
            Exclude = component.Exclude;
            Selection = new Selection(Include, Exclude);
            Source = source;
            Place = Paths.ResolveLinks(source);
        }

        // Throws SystemError if the source's file system cannot be queried.
        public void ReadVolumeFeatures()
        {
            KeepsSecurity = FileSecurity.IsSupported(Source);
            KeepsStreams = FileStreams.AreSupported(Source);
        }

        // Whether the opened file is still the one that the walk found: a folder above it may have become a link.
        public bool IsStillAt(Entry file, string path, SafeFileHandle opened)
        {
            try
            {
                return Paths.IsSameFile(Win32.FinalPath(opened), path);
            }
            catch (SystemError)   // the file system cannot report this, so compare the folders as they are now
            {
                Entry folder = file.Parent;
                while (folder != null && SetFolder.IsFolder(folder.PathBelow(Place)))
                    folder = folder.Parent;
                return folder == null;
            }
        }

        public void Walk()
        {
            Tree = Tree.Walk(Name, Source, Selection);
            Problems.AddRange(Tree.Problems);
        }

        public SelectionResult ToSelectionResult()
        {
            return new SelectionResult
            {
                Component = Name,
                Path = Source,
                Required = Required,
                Selection = Selection,
                Files = Tree.Files.Count + Problems.Count,
                HasFiles = delegate
                {
                    return Tree.Excluded > 0 && Tree.Walk(Name, Source, Selection.Everything()).Files.Count > 0;
                },
                FoldersIn = FoldersIn,
            };
        }

        // The first folders in a folder below the source.
        private List<string> FoldersIn(string relative)
        {
            List<string> names = new List<string>();
            try
            {
                foreach (FoundEntry found in Win32.Enumerate(Paths.Below(Source, relative)))
                {
                    if (Attributes.IsFolder(found.Attributes) && names.Count < Answer.ListLimit)
                        names.Add(found.Name);
                }
            }
            catch (SystemError)   // then no similar name can be suggested
            {
                names.Clear();
            }
            return names;
        }

        // What part.json and the answer say about it.
        public PartComponent Outcome()
        {
            PartComponent outcome = new PartComponent
            {
                Name = Name,
                Status = Tree == null ? PartComponent.Absent
                    : Problems.Count > 0 ? PartComponent.Partial : PartComponent.Copied,
                Source = Source,
                Required = Required,
                Include = Include,
                Exclude = Exclude,
                Problems = Problems.Count,
            };
            if (Tree == null)
                return outcome;
            outcome.Files = Tree.Files.Count;
            outcome.Directories = Tree.Folders.Count;
            outcome.Bytes = Tree.Bytes;
            outcome.Excluded = Tree.Excluded;
            return outcome;
        }
    }
}
