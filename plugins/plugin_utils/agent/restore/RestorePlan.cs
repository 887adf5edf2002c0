// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Finds out what a restore of one component has to do, without writing. The record and the target are walked side
    // by side, and names and sizes are compared; files of the same size are then read.
    internal sealed class RestorePlan
    {
        private readonly RestoreTarget target;
        private readonly Losses losses;
        private readonly ExtraneousFiles mirroring;
        private readonly SddlCache texts = new SddlCache();
        private readonly List<Entry> sameSize = new List<Entry>();
        private readonly Stack<Visit> waiting = new Stack<Visit>();

        // A folder of the record, and what decides whether its extra entries may be removed.
        private struct Visit
        {
            public Entry Folder;
            public bool Exists;
            public Coverage Coverage;
        }

        private RestorePlan(RestoreTarget target, Losses losses)
        {
            this.target = target;
            this.losses = losses;
            mirroring = new ExtraneousFiles(target);
        }

        public static void Make(RestoreTarget target, Losses losses, int threads)
        {
            RestorePlan plan = new RestorePlan(target, losses);
            plan.LookForStreams();
            plan.Walk();
            plan.CompareContents(threads);
            target.Added.Sort(Entry.ByPath);
            target.Replaced.Sort(Entry.ByPath);
            target.OtherFacts.Sort(Entry.ByPath);
        }

        // Marks the entries of the record that are wanted. Called for all targets before Make.
        public static void Select(RestoreTarget target)
        {
            Stack<KeyValuePair<Entry, bool>> waiting = new Stack<KeyValuePair<Entry, bool>>();
            target.Top.Keep();
            waiting.Push(new KeyValuePair<Entry, bool>(target.Top, target.Selection.CoversRoot));
            while (waiting.Count > 0)
            {
                KeyValuePair<Entry, bool> folder = waiting.Pop();
                foreach (Entry child in Children(folder.Key))
                {
                    string path = child.Path.Substring(target.Top.Name.Length + 1);
                    if (target.Selection.Excludes(path))
                        continue;
                    bool covered = target.Selection.Covers(path, folder.Value);
                    if (covered)
                        child.Keep();
                    if (covered && !child.IsFolder)
                        target.Wanted.Add(child);
                    if (child.IsFolder)
                        waiting.Push(new KeyValuePair<Entry, bool>(child, covered));
                }
            }
        }

        private static ICollection<Entry> Children(Entry folder)
        {
            return folder.Children == null ? (ICollection<Entry>)new Entry[0] : folder.Children;
        }

        // If the target cannot keep streams, those of the part are reported and not compared.
        private void LookForStreams()
        {
            target.PutsStreams = FileStreams.AreSupported(Paths.NearestExisting(target.Place));
            foreach (Entry entry in target.Streams.Entries)
            {
                if (!target.PutsStreams && entry.Kept && entry.Top == target.Top)
                    losses.Add(Loss.StreamsNotRestored, entry.Path,
                        "The file system of " + target.Place + " does not support them.");
            }
        }

        // Null if all streams of an entry exist as the part has them.
        private string StreamDifference(Entry entry, string place)
        {
            if (target.PutsStreams)
            {
                foreach (NamedStream stream in target.Streams.Of(entry))
                {
                    string difference = stream.Difference(place);
                    if (difference != null)
                        return difference;
                }
            }
            return null;
        }

        private void Walk()
        {
            FileFacts facts;
            FoundEntry top = new FoundEntry();
            bool exists = Win32.TryFacts(target.Place, out facts);
            top.Attributes = facts.Attributes;
            top.ReparseTag = facts.ReparseTag;
            PlanFolder(target.Top, target.Place, exists, top, mirroring.Top);
            while (waiting.Count > 0)
                Enter(waiting.Pop());
        }

        private void Enter(Visit visit)
        {
            string place = visit.Folder.PathBelow(target.Place);
            Dictionary<string, FoundEntry> there = new Dictionary<string, FoundEntry>(Win32.Names);
            if (visit.Exists)
            {
                foreach (FoundEntry found in target.List(place))
                    there[found.Name] = found;
            }
            bool empty = true;
            foreach (Entry child in Children(visit.Folder))
            {
                FoundEntry found;
                bool exists = there.TryGetValue(child.Name, out found);
                there.Remove(child.Name);
                if (!child.Kept)
                    continue;
                empty = false;
                if (child.IsFolder)
                    PlanFolder(child, Paths.Combine(place, child.Name), exists, found,
                        mirroring.Below(visit.Coverage, child));
                else
                    PlanFile(child, Paths.Combine(place, child.Name), exists, found);
            }
            if (!visit.Exists && empty)
                target.Added.Add(visit.Folder);
            foreach (FoundEntry extra in there.Values)
                PlanExtra(visit, place, extra);
        }

        private void PlanFolder(Entry folder, string place, bool exists, FoundEntry found, Coverage cover)
        {
            exists = exists && RestoreTarget.IsThere(place);
            if (exists && Attributes.IsLink(found.Attributes, found.ReparseTag))
                throw new AgentError("target_link", Restore.What, place,
                    "There is a link where a folder belongs, and links are not followed.",
                    "Remove the link, or name the folder that it leads to in "
                        + "groupid_restore_targets (targets of the module).",
                    target.Component.Name);
            bool usable = exists && Attributes.IsFolder(found.Attributes);
            if (exists && !usable && folder.Parent == null)
                throw new AgentError("target_file", Restore.What, place,
                    "There is a file where the component's folder belongs.",
                    "Remove the file, or name another folder in groupid_restore_targets (targets of the module).",
                    target.Component.Name);
            if (exists && !usable && target.Overwrite == RestoreTarget.Never)
            {
                target.Spared++;
                return;
            }
            if (exists && !usable)
                target.Obstacles.Add(new Removal(place, folder.Path, false, null));
            if (!usable)
            {
                target.NewFolders.Add(folder);
                target.MarkTouched(folder);
                target.MarkTouched(folder.Parent);
            }
            else if (target.PutsSecurity && cover.Restore && target.Overwrite != RestoreTarget.Never
                && HasOtherSecurity(folder, place))
            {
                target.OtherFacts.Add(folder);
            }
            string difference = usable && target.Overwrite != RestoreTarget.Never
                ? StreamDifference(folder, place) : null;
            if (difference != null)
                losses.Add(Loss.StreamsNotRestored, folder.Path, "The folder existed and was kept. " + difference);
            waiting.Push(new Visit { Folder = folder, Exists = usable, Coverage = cover });
        }

        private void PlanFile(Entry file, string place, bool exists, FoundEntry found)
        {
            bool link = exists && Attributes.IsLink(found.Attributes, found.ReparseTag);
            bool isRead = exists && target.Overwrite != RestoreTarget.Never && !link
                && !Attributes.IsFolder(found.Attributes) && found.Size == file.Facts.Size;
            exists = isRead || (exists && RestoreTarget.IsThere(place));   // a file that is read is opened anyway
            if (exists && target.Overwrite == RestoreTarget.Never)
            {
                target.Spared++;
                return;
            }
            if (exists && !Attributes.IsFolder(found.Attributes) && found.Name != file.Name)
                target.OtherCase[file] = found.Name;
            if (isRead)
            {
                sameSize.Add(file);
                return;
            }
            target.MarkTouched(file.Parent);
            if (exists && Attributes.IsFolder(found.Attributes))
            {
                target.Obstacles.AddRange(mirroring.Everything(place, file.Path, !link));
                exists = false;
            }
            (exists ? target.Replaced : target.Added).Add(file);
        }

        private void PlanExtra(Visit visit, string place, FoundEntry extra)
        {
            string path = Paths.Combine(place, extra.Name);
            if (!RestoreTarget.IsThere(path))
                return;
            int before = target.Extras.Count;
            if (TemporaryName.Is(extra.Name, TemporaryName.Restoring) && !Attributes.IsFolder(extra.Attributes))
                target.Extras.Add(
                    new Removal(path, visit.Folder.Path + "/" + extra.Name, false, null) { IsLeft = true });
            else if (target.Policy == RestoreTarget.Mirror)
                target.Extras.AddRange(
                    mirroring.Extra(path, visit.Folder.Path + "/" + extra.Name, extra, visit.Coverage));
            if (target.Extras.Count > before)
                target.MarkTouched(visit.Folder);
        }

        private void CompareContents(int threads)
        {
            Progress.Begin("comparing", sameSize);
            WorkerPool.LargestFirst(sameSize);
            WorkerPool.Run(sameSize.Count, threads, delegate(Worker worker, int index)
            {
                Entry file = sameSize[index];
                List<Entry> difference = Compare(worker, file);
                lock (target)
                {
                    if (difference == null)
                        target.Unchanged++;
                    else
                        difference.Add(file);
                    if (difference == target.Replaced || difference == target.Added)
                        target.MarkTouched(file.Parent);
                }
            });
        }

        // If the security cannot be read, it is set. If that fails too, that error says more.
        private bool HasOtherSecurity(Entry folder, string place)
        {
            try
            {
                return folder.Security != null
                    && texts.Of(FileSecurity.Read(place)) != texts.Normalize(folder.Security);
            }
            catch (SystemError)
            {
                return true;
            }
        }

        // The list for this file; null for none. A file that cannot be read is replaced. If that fails too, that
        // error says more.
        private List<Entry> Compare(Worker worker, Entry file)
        {
            try
            {
                using (SafeFileHandle opened = Win32.OpenRead(file.PathBelow(target.Place)))
                {
                    byte[] digest;
                    bool trusted = target.Overwrite == RestoreTarget.IfChanged
                        && Win32.Facts(opened).Written == file.Facts.Written;
                    if (!trusted && (worker.Read(opened, file.Facts.Size, null, out digest) != file.Facts.Size
                        || !Hashing.Same(digest, file.Digest)))
                        return target.Replaced;
                    if (StreamDifference(file, file.PathBelow(target.Place)) != null)
                        return target.Replaced;
                    FileFacts facts = Win32.Facts(opened);
                    bool same = facts.Written == file.Facts.Written
                        && ((facts.Attributes ^ file.Facts.Attributes) & Attributes.Compared) == 0;
                    if (same && target.PutsSecurity && file.Security != null)
                        same = texts.Of(FileSecurity.Read(opened)) == texts.Normalize(file.Security);
                    return same ? null : target.OtherFacts;
                }
            }
            catch (SystemError error)
            {
                return SystemCodes.IsMissing(error) ? target.Added : target.Replaced;
            }
        }
    }
}
