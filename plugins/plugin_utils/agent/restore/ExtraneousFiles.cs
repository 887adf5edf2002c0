// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The state of a folder: whether the selections of the backup and of the restore cover it, and whether the backup
    // could not read it.
    internal struct Coverage
    {
        public bool Backup, Restore, Unread;
    }

    // What `mirror` may remove: only what the backup would have saved if it had existed then. It keeps what the
    // backup left out or could not read, what the restore was not asked for, and every folder above such an entry.
    internal sealed class ExtraneousFiles
    {
        private readonly RestoreTarget target;
        private readonly Selection backup;

        private struct Visit
        {
            public Removal Removal;
            public Coverage Coverage;
        }

        public ExtraneousFiles(RestoreTarget target)
        {
            this.target = target;
            backup = new Selection(target.Component.Include, target.Component.Exclude);
        }

        public Coverage Top
        {
            get
            {
                return new Coverage
                {
                    Backup = backup.CoversRoot,
                    Restore = target.Selection.CoversRoot,
                    Unread = target.Unread.ContainsKey(target.Top.Name),
                };
            }
        }

        public Coverage Below(Coverage above, Entry folder)
        {
            return Below(above, folder.Path);
        }

        // Everything at a place where something else belongs.
        public List<Removal> Everything(string place, string path, bool enter)
        {
            List<Removal> removals =
                new List<Removal> { new Removal(place, path, true, null) { Files = enter ? 0 : 1 } };
            for (int i = 0; enter && i < removals.Count; i++)
            {
                Removal above = removals[i];
                if (!above.IsFolder || (i > 0 && !SetFolder.IsFolder(above.Place)))
                    continue;
                foreach (FoundEntry found in target.ListThere(above.Place))
                    removals.Add(Below(above, found));
            }
            removals.Reverse();
            return removals;
        }

        // An entry that the part does not have, with everything in it that may be removed.
        public List<Removal> Extra(string place, string path, FoundEntry found, Coverage cover)
        {
            List<Removal> removals = new List<Removal>();
            Stack<Visit> waiting = new Stack<Visit>();
            Consider(removals, waiting, Of(place, path, null, found), found, cover);
            while (waiting.Count > 0)
            {
                Visit visit = waiting.Pop();
                foreach (FoundEntry below in target.ListThere(visit.Removal.Place))
                {
                    Consider(removals, waiting, Below(visit.Removal, below), below, visit.Coverage);
                }
            }
            removals.Reverse();
            foreach (Removal removal in removals)
            {
                if (removal.Stays && removal.Above != null)
                    removal.Above.Stays = true;
            }
            removals.RemoveAll(delegate(Removal removal) { return removal.Stays; });
            return removals;
        }

        private static Removal Below(Removal above, FoundEntry found)
        {
            return Of(Paths.Combine(above.Place, found.Name), above.Path + "/" + found.Name, above, found);
        }

        private static Removal Of(string place, string path, Removal above, FoundEntry found)
        {
            bool link = Attributes.IsLink(found.Attributes, found.ReparseTag);
            bool folder = Attributes.IsFolder(found.Attributes);
            return new Removal(place, path, folder, above) { Files = folder && !link ? 0 : 1 };
        }

        private void Consider(List<Removal> removals, Stack<Visit> waiting, Removal removal,
            FoundEntry found, Coverage above)
        {
            string path = BelowRoot(removal.Path);
            Coverage cover = Below(above, removal.Path);
            bool enter = removal.IsFolder && !Attributes.IsLink(found.Attributes, found.ReparseTag);
            bool spared = backup.Excludes(path) || target.Selection.Excludes(path) || cover.Unread;
            removal.Stays = spared || !cover.Backup || !cover.Restore;
            removals.Add(removal);
            if (enter && !spared)
                waiting.Push(new Visit { Removal = removal, Coverage = cover });
        }

        private Coverage Below(Coverage above, string path)
        {
            return new Coverage
            {
                Backup = backup.Covers(BelowRoot(path), above.Backup),
                Restore = target.Selection.Covers(BelowRoot(path), above.Restore),
                Unread = above.Unread || target.Unread.ContainsKey(path),
            };
        }

        private string BelowRoot(string path)
        {
            return path.Substring(target.Top.Name.Length + 1);
        }
    }
}
