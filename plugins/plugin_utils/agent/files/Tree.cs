// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The current content of a component's folder, from one walk that follows no link and enters no excluded folder.
    // What cannot be saved is reported as a problem.
    internal sealed class Tree
    {
        public readonly string Component;
        public readonly string Source;
        // The component's root first, each folder before those below it.
        public readonly List<Entry> Folders = new List<Entry>();
        public readonly List<Entry> Files = new List<Entry>();
        public readonly List<Problem> Problems = new List<Problem>();
        public readonly StreamTable Streams = new StreamTable();   // of what was copied
        public long Bytes;
        public long Excluded;   // an excluded folder counts once

        private readonly Selection selection;
        private readonly Stack<Visit> waiting = new Stack<Visit>();
        private Dictionary<string, string> taken;   // names in the folder that is walked now

        private struct Visit
        {
            public Entry Folder;
            public bool Covered;
        }

        private Tree(string component, string source, Selection selection)
        {
            Component = component;
            Source = source;
            this.selection = selection;
        }

        public static Tree Walk(string component, string source, Selection selection)
        {
            Tree tree = new Tree(component, source, selection);
            Entry root = new Entry(component, null, true);
            root.Keep();
            tree.waiting.Push(new Visit { Folder = root, Covered = selection.CoversRoot });
            while (tree.waiting.Count > 0)
                tree.Enter(tree.waiting.Pop());
            tree.Folders.RemoveAll(delegate(Entry folder) { return !folder.Kept; });
            return tree;
        }

        // Only those of these paths that exist (relative to the source, with '/'), and the folders above them.
        public static Tree Of(string component, string source, IEnumerable<string> paths)
        {
            Tree tree = new Tree(component, source, null);
            tree.Add(paths);
            return tree;
        }

        // Adds those that it does not have yet.
        public void Add(IEnumerable<string> paths)
        {
            Dictionary<string, Entry> known = new Dictionary<string, Entry>(Win32.Names);
            foreach (List<Entry> entries in new[] { Folders, Files })
            {
                foreach (Entry entry in entries)
                    known[entry.Parent == null ? "" : entry.Path.Substring(Component.Length + 1)] = entry;
            }
            foreach (Problem problem in Problems)
                known[problem.Path.Substring(Component.Length).TrimStart('/')] = null;
            foreach (string path in paths)
                Include(known, path);
        }

        private Entry Include(Dictionary<string, Entry> known, string path)
        {
            Entry entry;
            if (known.TryGetValue(path, out entry))
                return entry;
            int slash = path.LastIndexOf('/');
            Entry above = path.Length == 0 ? null : Include(known, slash < 0 ? "" : path.Substring(0, slash));
            if (above == null && path.Length > 0)   // below a problem
                return null;
            string name = path.Length == 0 ? Component : path.Substring(slash + 1);
            FileFacts facts;
            string place = path.Length == 0 ? Source : Paths.Below(Source, path);
            bool exists = Win32.TryFacts(place, out facts);
            bool link = exists && Attributes.IsLink(facts.Attributes, facts.ReparseTag);
            entry = new Entry(name, above, exists && !link && Attributes.IsFolder(facts.Attributes)) { Facts = facts };
            known.Add(path, entry);
            string flaw = Paths.NameProblem(name);
            if (flaw != null)
                Problems.Add(new Problem(Component, entry.Path, Problem.Name, "The name has " + flaw + "."));
            else if (link)
                Problems.Add(new Problem(Component, entry.Path, Problem.Link, "A link is not followed."));
            else if (entry.IsFolder)
                Folders.Add(entry);
            else
                Files.Add(entry);
            Bytes += entry.IsFolder || link ? 0 : facts.Size;
            return entry;
        }

        private void Enter(Visit visit)
        {
            Entry folder = visit.Folder;
            string place = folder.PathBelow(Source);
            try
            {
                if (!Win32.TryFacts(place, out folder.Facts))
                    Problems.Add(new Problem(Component, folder.Path, Problem.Vanished,
                        "The folder is no longer there."));
                else if (Attributes.IsLink(folder.Facts.Attributes, folder.Facts.ReparseTag)
                    || !Attributes.IsFolder(folder.Facts.Attributes))
                    Problems.Add(new Problem(Component, folder.Path, Problem.Changed,
                        "Something else has replaced the folder."));
                else
                    EnterPresent(visit, place);
            }
            catch (SystemError error)
            {
                Problems.Add(Problem.From(Component, folder.Path, error));
            }
        }

        private void EnterPresent(Visit visit, string place)
        {
            Folders.Add(visit.Folder);
            string prefix = visit.Folder.Parent == null ? "" : visit.Folder.Path.Substring(Component.Length + 1) + "/";
            taken = new Dictionary<string, string>(Win32.Names);
            foreach (FoundEntry found in TemporaryName.Present(place))
                Consider(visit, prefix, found);
        }

        private void Consider(Visit visit, string prefix, FoundEntry found)
        {
            bool covered = visit.Covered;
            if (!selection.IsEverything)
            {
                string path = prefix + found.Name;
                if (selection.Excludes(path))
                {
                    Excluded++;
                    return;
                }
                covered = selection.Covers(path, covered);
            }
            bool link = Attributes.IsLink(found.Attributes, found.ReparseTag);
            bool folder = Attributes.IsFolder(found.Attributes) && !link;
            if (!covered && !folder)
            {
                Excluded++;
                return;
            }
            Entry entry = new Entry(found.Name, visit.Folder, folder);
            string flaw = Paths.NameProblem(found.Name);
            if (flaw != null)
                Problems.Add(new Problem(Component, entry.Path, Problem.Name, "The name has " + flaw + "."));
            else if (link)
                Problems.Add(new Problem(Component, entry.Path, Problem.Link, "A link is not followed."));
            else if (taken.ContainsKey(found.Name))   // the folder is case-sensitive, the set is not
                Problems.Add(new Problem(Component, entry.Path, Problem.Name,
                    "The name differs from '" + taken[found.Name] + "' only in case."));
            else
                Take(entry, covered, found);
        }

        private void Take(Entry entry, bool covered, FoundEntry found)
        {
            taken.Add(found.Name, found.Name);
            if (covered)
                entry.Keep();
            if (entry.IsFolder)
            {
                waiting.Push(new Visit { Folder = entry, Covered = covered });
                return;
            }
            entry.Facts.Size = found.Size;
            Files.Add(entry);
            Bytes += found.Size;
        }
    }
}
