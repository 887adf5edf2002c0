// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // One component to restore: where to, by which policy, and everything that has to be done there. RestorePlan
    // fills it.
    internal sealed class RestoreTarget : JsonConvertible
    {
        public const string Merge = "merge", Mirror = "mirror";
        public const string Always = "always", IfChanged = "if-changed", Never = "never";

        public readonly PartComponent Component;
        public readonly Entry Top;
        public readonly StreamTable Streams;   // of the whole part
        public readonly string Place;
        public readonly string Policy;
        public readonly string Overwrite;
        public readonly Selection Selection;
        public bool PutsStreams;    // the file system there supports streams
        public bool PutsSecurity;   // owners and access lists of the part are put back; false: they are inherited

        public readonly List<Entry> Wanted = new List<Entry>();   // files of the part
        // What the backup could not save.
        public readonly Dictionary<string, bool> Unread = new Dictionary<string, bool>(Win32.Names);

        public readonly List<Removal> Obstacles = new List<Removal>();    // in the way of the restore; removed first
        public readonly List<Entry> NewFolders = new List<Entry>();       // each before those below it
        public readonly List<Entry> Added = new List<Entry>();            // files, and folders with nothing in them
        public readonly List<Entry> Replaced = new List<Entry>();
        // For replaced files whose existing name differs in case: that name.
        public readonly Dictionary<Entry, string> OtherCase = new Dictionary<Entry, string>();
        // Same content, other time, attributes or security.
        public readonly List<Entry> OtherFacts = new List<Entry>();
        public readonly List<Removal> Extras = new List<Removal>();       // removed last
        public readonly Dictionary<string, bool> Links = new Dictionary<string, bool>(Win32.Names);   // by their places
        // Folders whose own time the restore changes.
        public readonly Dictionary<Entry, bool> Touched = new Dictionary<Entry, bool>();
        public long Unchanged;
        public long Spared;   // existed and was not changed: overwrite never

        public RestoreTarget(JsonMap wanted, PartComponent component, Entry top, StreamTable streams)
        {
            Component = component;
            Top = top;
            Streams = streams;
            string place = wanted.TextOrNull("target");
            Place = place == null ? component.Source : Paths.Absolute(place, "target");
            Policy = wanted.TextOrNull("policy") ?? Merge;
            if (Policy != Merge && Policy != Mirror)
                throw new FormatError("'policy' must be merge or mirror");
            Overwrite = wanted.TextOrNull("overwrite") ?? Always;
            if (Overwrite != Always && Overwrite != IfChanged && Overwrite != Never)
                throw new FormatError("'overwrite' must be always, if-changed or never");
            Selection = new Selection(wanted.Texts("include"), wanted.Texts("exclude"));
        }

        public IEnumerable<Removal> Removed
        {
            get
            {
                foreach (Removal removal in Obstacles)
                    yield return removal;
                foreach (Removal removal in Extras)
                    yield return removal;
            }
        }

        public long RemovedCount
        {
            get
            {
                long count = 0;
                foreach (Removal removal in Removed)
                    count += removal.Counts ? 1 : 0;
                return count;
            }
        }

        public long WrittenBytes
        {
            get
            {
                long bytes = 0;
                foreach (Entry entry in Added)
                    bytes += entry.Facts.Size;
                foreach (Entry entry in Replaced)
                    bytes += entry.Facts.Size;
                return bytes;
            }
        }

        // The existing names of what is replaced or removed, relative to the component's root.
        public List<string> LostPaths()
        {
            List<string> paths = new List<string>();
            foreach (Entry entry in Replaced)
            {
                string path = entry.Path, otherCase;
                if (OtherCase.TryGetValue(entry, out otherCase))
                    path = path.Substring(0, path.LastIndexOf('/') + 1) + otherCase;
                paths.Add(path.Substring(Top.Name.Length + 1));
            }
            foreach (Removal removal in Removed)
            {
                if (!removal.IsLeft && removal.Path.Length > Top.Name.Length)
                    paths.Add(removal.Path.Substring(Top.Name.Length + 1));
            }
            return paths;
        }

        // The entries of a folder in the target.
        public List<FoundEntry> List(string place)
        {
            try
            {
                List<FoundEntry> all = new List<FoundEntry>(TemporaryName.Present(place));
                foreach (FoundEntry found in all)
                {
                    if (Attributes.IsLink(found.Attributes, found.ReparseTag))
                        Links[Paths.Combine(place, found.Name)] = true;
                }
                return all;
            }
            catch (SystemError error)
            {
                throw new AgentError("target_unreadable", Restore.What, place, error.Message,
                    "Give the account the right to read there.", Component.Name);
            }
        }

        // The entries of a folder that has to be removed.
        public List<FoundEntry> ListThere(string place)
        {
            return List(place).FindAll(delegate(FoundEntry found)
            {
                return IsThere(Paths.Combine(place, found.Name));
            });
        }

        // A deleted name is listed until its last handle is closed. If it were saved as old content, it could not be
        // put back. What cannot be examined counts as there.
        public static bool IsThere(string place)
        {
            FileFacts facts;
            try
            {
                return Win32.TryFacts(place, out facts);
            }
            catch (SystemError)
            {
                return true;
            }
        }

        // The selection in the part.
        public SelectionResult ToSelectionResult()
        {
            return new SelectionResult
            {
                Component = Component.Name,
                Path = Place,
                Selection = Selection,
                Files = Wanted.Count,
                HasFiles = delegate { return Component.Files > 0; },
                FoldersIn = FoldersIn,
            };
        }

        private List<string> FoldersIn(string relative)
        {
            Entry folder = Top;
            foreach (string name in relative.Split('/'))
                folder = name.Length == 0 || folder == null ? folder : FileList.Child(folder, name);
            List<string> names = new List<string>();
            foreach (Entry child in folder == null || folder.Children == null ? new List<Entry>() : folder.Children)
            {
                if (child.IsFolder && names.Count < Answer.ListLimit)
                    names.Add(child.Name);
            }
            return names;
        }

        public void MarkTouched(Entry folder)
        {
            if (folder != null)
                Touched[folder] = true;
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("name", Component.Name).Set("target", Place).Set("policy", Policy)
                .Set("overwrite", Overwrite).Set("added", Added.Count)
                .Set("replaced", Replaced.Count).Set("removed", RemovedCount).Set("attributes", OtherFacts.Count)
                .Set("unchanged", Unchanged).Set("spared", Spared).Set("written_bytes", WrittenBytes);
        }
    }

    // A file, link or folder in a target that has to be removed. A list of them is in the order of removal: the
    // content of a folder before the folder.
    internal sealed class Removal
    {
        public readonly string Place;
        public readonly string Path;      // relative to the part
        public readonly bool IsFolder;    // a link to a folder too
        public readonly Removal Above;
        public bool Counts = true;        // a folder whose content counts does not count itself
        public bool Stays;
        public long Files;                // files and links: itself and everything known in it
        public bool IsLeft;               // left unfinished by a restore that can no longer be ended

        public Removal(string place, string path, bool isFolder, Removal above)
        {
            Place = place;
            Path = path;
            IsFolder = isFolder;
            Above = above;
            Files = isFolder ? 0 : 1;
            if (above != null)
                above.Counts = false;
        }
    }
}
