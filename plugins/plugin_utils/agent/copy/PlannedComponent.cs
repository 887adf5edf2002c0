// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // One component that a backup is asked for: where it lies, and what the walk found there.
    internal sealed class PlannedComponent
    {
        public readonly string Name;
        public readonly bool Required;
        public readonly List<string> Include, Exclude;
        public readonly Selection Selection;
        public readonly string OwnPath;   // given by the request; null: found by the product
        public string Source;             // null when there is no place where it could lie
        public string Place;              // where the source really lies, with no link above it
        public Tree Tree;                 // null when absent
        public List<Problem> Problems = new List<Problem>();
        public bool KeepsSecurity, KeepsStreams;   // what the source's file system has

        public PlannedComponent(JsonMap map, JsonMap ownPaths)
            : this(Names.Component(map.Text("name")), map.Flag("required", true), map, ownPaths)
        {
        }

        // filters: the object that holds include and exclude, and the path where the component has one of its own.
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

        // As a part has it, at a place of its own.
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

        // Errors: a SystemError when the source cannot be asked.
        public void ReadVolumeFeatures()
        {
            KeepsSecurity = FileSecurity.IsSupported(Source);
            KeepsStreams = FileStreams.AreSupported(Source);
        }

        // Whether the walk's way to a file still leads to what was opened at that path:
        // a folder above it may have become a link.
        public bool IsStillAt(Entry file, string path, SafeFileHandle opened)
        {
            try
            {
                return Paths.IsSameFile(Win32.FinalPath(opened), path);
            }
            catch (SystemError)   // its file system does not tell; then by the folders, as they are now
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

        // Of what the walk found.
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

        // The first ones, of a folder below the source.
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
            catch (SystemError)   // then there is no better name to tell
            {
                names.Clear();
            }
            return names;
        }

        // What part.json and the answer say of it.
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
