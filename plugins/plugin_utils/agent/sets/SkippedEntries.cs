// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What is in a backup root but belongs to no set, as anybody may put things there. It is reported with the
    // reason, and is no error.
    internal sealed class SkippedEntries
    {
        public const string File = "It is a file, not a folder.";
        public const string Link = "It is a link, and links in a backup root are not followed.";

        private readonly List<string> paths = new List<string>();
        private readonly Dictionary<string, string> reasons = new Dictionary<string, string>();
        private int count;

        public void Add(string path, string reason)
        {
            count++;
            if (paths.Count == Answer.ListLimit || reasons.ContainsKey(path))
                return;
            paths.Add(path);
            reasons.Add(path, reason);
        }

        public void Report(JsonMap members)
        {
            paths.Sort(StringComparer.Ordinal);
            members.Set("passed_over", paths.ConvertAll(
                delegate(string path) { return new JsonMap().Set("path", path).Set("reason", reasons[path]); }))
                .Set("passed_over_count", count);
        }

        // Names of the folders in a folder that fit, in order; none if it does not exist. `misfit`: why another name
        // is skipped. `known`: other names that belong there; null: none. Throws SystemError if it cannot be listed.
        public List<string> AcceptedFolders(string folder, Predicate<string> fits, string misfit,
            Predicate<string> known)
        {
            List<string> names = new List<string>();
            FileFacts facts;
            if (!Win32.TryFacts(folder, out facts))
                return names;
            foreach (FoundEntry found in Win32.Enumerate(folder))
            {
                if (ScratchName.Is(found.Name))
                    continue;   // a rehearsal's, which removes it itself
                bool link = Attributes.IsLink(found.Attributes, found.ReparseTag),
                    isFolder = Attributes.IsFolder(found.Attributes);
                if (isFolder && !link && fits(found.Name))
                    names.Add(found.Name);
                else if (link || isFolder || known == null || !known(found.Name))
                    Add(Paths.Combine(folder, found.Name), link ? Link : isFolder ? misfit : File);
            }
            names.Sort(StringComparer.Ordinal);
            return names;
        }
    }
}
