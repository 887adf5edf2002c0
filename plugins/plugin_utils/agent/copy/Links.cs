// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Makes hard links instead of copies. If a file did not change, the new part gets one more name for the file in
    // an older part of this server. A file that is open for writing is not linked, as its times and size may be out
    // of date. The older part is sealed, complete or waived, and its record has the digests of the seal. Its file has
    // the size and time of the record. The digest comes from the record, so a verify of the new part finds any
    // earlier damage to the content.
    internal sealed class Links
    {
        private const string What = "Nothing was linked to the older set";
        private const int NoFunction = 1, NotSameDevice = 17, NotSupported = 50, TooManyLinks = 1142;

        // Two changes within one tick of the system's clock have the same time. So a file that changed this shortly
        // before the older part was started is copied.
        private const long Tick = 100 * TimeSpan.TicksPerMillisecond;

        private readonly MetadataReader properties;
        private readonly LinkSourceReader records;
        private readonly Losses refused = new Losses();
        private readonly List<string> sets = new List<string>();
        private readonly List<string> warnings = new List<string>();
        private readonly Dictionary<string, StoredPart> parts = new Dictionary<string, StoredPart>();   // by component
        // From a folder of the source to the same folder in the record.
        private readonly Dictionary<Entry, Entry> folders = new Dictionary<Entry, Entry>();
        private long files, bytes;

        private Links(LinkSourceReader records, MetadataReader properties)
        {
            this.records = records;
            this.properties = properties;
        }

        // Finds for each component the newest part that may be linked to. Writes nothing.
        public static Links Find(SetFolder target, List<PlannedComponent> components, LinkSourceReader records,
            string machineGuid, MetadataReader properties)
        {
            Links links = new Links(records, properties);
            List<PlannedComponent> waiting =
                components.FindAll(delegate(PlannedComponent component) { return component.Tree != null; });
            foreach (SetFolder set in SetList.Find(target.Root, target.Deployment))
            {
                if (waiting.Count > 0)
                    links.TryLinkTo(set, machineGuid, waiting);
            }
            foreach (PlannedComponent component in waiting)
                links.warnings.Add("All of " + component.Name
                    + " is copied: no sealed set of this server has files to link to.");
            return links;
        }

        // True: the part has the file now, as `target` (null: it only could be linked). `source`: the file, open for
        // reading, with its facts.
        public bool Make(PlannedComponent component, Entry file, SafeFileHandle source, FileFacts facts, string target)
        {
            Entry known = Counterpart(file);
            if (known == null || known.IsFolder || file.Tried)
                return false;
            StoredPart part = parts[component.Name];
            if (!IsUnchanged(facts, known.Facts, part.Document.Started)
                || !properties.IsUnchanged(component, source, known.Security))
                return false;
            file.Tried = true;   // a refusal counts once, however often the file is read
            try
            {
                string place = known.PathInPart(part.Path);
                FileFacts there;
                bool whole = Win32.TryFacts(place, out there) && IsAsRecorded(there, known.Facts);
                if (!whole || there.Written != known.Facts.Written)
                {
                    refused.Add(whole ? Loss.LinkOtherTime : Loss.LinkDamaged, file.Path, place);
                    return false;
                }
                if (target != null)
                    // Its times and attributes are those of the older part, and are right. So nothing is set.
                    Win32.CreateHardLink(place, target);
            }
            catch (SystemError error)
            {
                refused.Add(KindOf(error), file.Path, error.Message);
                return false;
            }
            file.Facts = facts;
            file.Digest = known.Digest;
            file.Security = properties.Normalize(known.Security);
            properties.AddLosses(file);
            Progress.Read(facts.Size);
            Interlocked.Increment(ref files);
            Interlocked.Add(ref bytes, facts.Size);
            return true;
        }

        // Counts what Make would link.
        public void Preview(List<PlannedComponent> components, int threads)
        {
            foreach (PlannedComponent component in components)
            {
                if (component.Tree == null)
                    continue;
                List<Entry> all = component.Tree.Files;
                PlannedComponent owner = component;
                WorkerPool.Run(all.Count, threads, delegate(Worker worker, int index)
                {
                    try
                    {
                        string place = all[index].PathBelow(owner.Place);
                        bool isWritten;
                        using (SafeFileHandle source = Win32.OpenToCopy(place, out isWritten))
                        {
                            if (!isWritten && owner.IsStillAt(all[index], place, source))
                                Make(owner, all[index], source, Win32.Facts(source), null);
                        }
                    }
                    catch (SystemError)
                    {
                        // Not readable now, so not linked. The backup itself reports such files.
                    }
                });
            }
        }

        public void Report(Part part)
        {
            part.Linked = files;
            part.LinkedBytes = bytes;
            part.LinkSets = sets;
            part.NotLinked = refused.All;
            part.Warnings.AddRange(warnings);
            part.Warnings.AddRange(refused.Sentences);
        }

        private void TryLinkTo(SetFolder set, string machineGuid, List<PlannedComponent> waiting)
        {
            StoredPart part = records.Sealed(set);
            if (part == null || part.Document.State == Part.Partial || machineGuid.Length == 0
                || part.Document.MachineGuid != machineGuid)
                return;
            List<PlannedComponent> fitting = waiting.FindAll(delegate(PlannedComponent component)
            {
                PartComponent stored = part.Document.Copied(component.Name);
                return stored != null && Win32.Names.Equals(stored.Source, component.Source);
            });
            if (fitting.Count == 0)
                return;
            Verification record = records.Of(part);
            if (record.Findings.Count > 0)
            {
                warnings.Add("Set " + set.SetId + " is not linked to: " + record.Findings[0]);
                return;
            }
            sets.Add(set.SetId);
            foreach (PlannedComponent component in fitting)
            {
                waiting.Remove(component);
                parts.Add(component.Name, part);
                MatchFolders(component.Tree.Folders, record.Record.Components[component.Name]);
            }
        }

        // null for a part that is unfinished, not sealed, narrowed, or different from the seal. `seals`: digests of
        // the seals whose signatures the controller has checked; only these count. null: all seals count.
        public static StoredPart Sealed(SetFolder set, string server, List<string> seals)
        {
            try
            {
                StoredPart part = StoredPart.Open(set, server, What);
                bool counts = seals == null || seals.Contains(part.SealDigest);
                return counts && part.Sealed && part.DocumentFlaw == null && !IsNarrowed(set) ? part : null;
            }
            catch (AgentError)
            {
                return null;
            }
        }

        // A narrowed set lacks files. As the newest set, it would cause these files to be copied each time.
        private static bool IsNarrowed(SetFolder set)
        {
            SealDocument seal = set.SealOrNull();
            return seal == null || seal.Narrowed != null && seal.Narrowed.Count > 0;
        }

        private void MatchFolders(List<Entry> sources, Entry top)
        {
            foreach (Entry folder in sources)
            {
                Entry known = folder.Parent == null ? top : Counterpart(folder);
                if (known != null)
                    folders.Add(folder, known);
            }
        }

        // The entry of the record with the same path; null if there is none.
        private Entry Counterpart(Entry entry)
        {
            Entry folder;
            return folders.TryGetValue(entry.Parent, out folder) ? FileList.Child(folder, entry.Name) : null;
        }

        private static bool IsUnchanged(FileFacts now, FileFacts then, long begun)
        {
            return now.Size == then.Size && now.Written == then.Written
                && now.Changed == then.Changed && now.Changed > 0 && now.Changed < begun - Tick
                && (now.Attributes & Attributes.Stored) == then.Attributes;
        }

        private static bool IsAsRecorded(FileFacts there, FileFacts recorded)
        {
            return there.Size == recorded.Size && !Attributes.IsFolder(there.Attributes)
                && !Attributes.IsLink(there.Attributes, there.ReparseTag);
        }

        private static string KindOf(SystemError error)
        {
            switch (error.Code)
            {
                case TooManyLinks: return Loss.LinkLimit;
                case NotSameDevice: return Loss.OtherVolume;
                case NoFunction:
                case NotSupported: return Loss.NoLinks;
                default: return Loss.LinkRefused;
            }
        }
    }
}
