// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Turns the plans of all targets into the steps of a journal, and writes the new content beside its places. Each
    // file is hashed while it is written. A new folder is staged as a whole, with real names for everything in it, so
    // one rename puts it in place. Staged content inherits from the same folder as it will at its place.
    internal sealed class RestoreStaging
    {
        public readonly RestoreJournal Journal;

        private const string Moment = "Its content has changed since it was verified.";

        private readonly StoredPart part;
        private readonly Losses losses;
        private readonly List<StagedTarget> targets = new List<StagedTarget>();

        private sealed class StagedTarget
        {
            public RestoreTarget Target;
            public RestorePlace Place;
            public Writer Writer;
            // Where a new folder is staged.
            public readonly Dictionary<Entry, string> Folders = new Dictionary<Entry, string>();
            // For files in existing folders.
            public readonly Dictionary<Entry, string> Files = new Dictionary<Entry, string>();
        }

        private struct StagedFile
        {
            public StagedTarget Owner;
            public Entry File;
        }

        // Nothing is written yet.
        public RestoreStaging(StoredPart part, List<RestoreTarget> all, Losses losses)
        {
            this.part = part;
            this.losses = losses;
            Journal = RestoreJournal.New(part.Set);
            foreach (RestoreTarget target in all)
            {
                StagedTarget staged = new StagedTarget { Target = target, Place = RestorePlace.Find(target.Place) };
                staged.Writer = new Writer("The restore stopped", "Remove the cause and run the same restore again.",
                    !Win32.CanFlushVolume(Paths.NearestExisting(target.Place)));
                Journal.Places.Add(staged.Place);
                AddNewParents(target.Place);
                Try(target, delegate { AddSteps(staged); });
                targets.Add(staged);
            }
        }

        public void Stage(int threads)
        {
            Journal.Write();
            List<StagedFile> all = new List<StagedFile>();
            foreach (StagedTarget target in targets)
            {
                string above = Paths.Parent(target.Target.Place);
                if (above != null)
                    target.Writer.EnsureFolder(above, Win32.CreateFolder);
                foreach (Entry folder in target.Target.NewFolders)
                    MakeFolder(target, folder);
                foreach (Entry file in FilesOf(target.Target))
                    all.Add(new StagedFile { Owner = target, File = file });
            }
            List<Entry> files = all.ConvertAll(delegate(StagedFile file) { return file.File; });
            Dictionary<Entry, StagedTarget> owners = new Dictionary<Entry, StagedTarget>();
            foreach (StagedFile file in all)
                owners[file.File] = file.Owner;
            Progress.Begin("staging", files);
            WorkerPool.LargestFirst(files);
            WorkerPool.Run(files.Count, threads,
                delegate(Worker worker, int index) { Put(worker, owners[files[index]], files[index]); });
            foreach (StagedTarget target in targets)
                Finish(target);
            WorkerPool.Run(files.Count, threads,
                delegate(Worker worker, int index) { CheckUnchanged(owners[files[index]], files[index]); });
            Journal.Mark(RestoreJournal.Ready);
        }

        // An antivirus may remove or change a file just after it was written.
        private static void CheckUnchanged(StagedTarget target, Entry file)
        {
            FileFacts facts;
            string place = PlaceOf(target, file);
            bool there = false;
            target.Writer.Try(place,
                delegate { there = Win32.TryFacts(place, out facts) && facts.Size == file.Facts.Size; });
            if (!there)
                throw RestoreStep.Changed(place);
        }

        private void AddNewParents(string place)
        {
            List<string> missing = new List<string>();
            FileFacts facts;
            for (string above = Paths.Parent(place); above != null && !Win32.TryFacts(above, out facts);
                above = Paths.Parent(above))
                missing.Add(above);
            missing.Reverse();
            foreach (string folder in missing)
            {
                if (!Journal.NewFolders.Contains(folder))
                    Journal.NewFolders.Add(folder);
            }
        }

        private void AddSteps(StagedTarget staged)
        {
            RestoreTarget target = staged.Target;
            Dictionary<string, Removal> obstacles = new Dictionary<string, Removal>(Win32.Names);
            foreach (Removal removal in target.Obstacles)
                obstacles[removal.Place] = removal;
            foreach (Removal removal in target.Removed)
            {
                if (removal.Above != null)
                    removal.Above.Files += removal.Files;
            }
            foreach (Entry folder in target.NewFolders)
            {
                string place = folder.PathBelow(target.Place), above;
                bool inside = folder.Parent != null && staged.Folders.TryGetValue(folder.Parent, out above);
                staged.Folders[folder] = inside
                    ? Paths.Combine(staged.Folders[folder.Parent], folder.Name) : Add(place, obstacles, folder);
            }
            foreach (Entry file in target.Replaced)
            {
                string place = file.PathBelow(target.Place), otherCase;
                staged.Files[file] = Add(place, target.OtherCase.TryGetValue(file, out otherCase)
                    ? Paths.Combine(Paths.Parent(place), otherCase) : place, null, file);
            }
            foreach (Entry file in target.Added)
            {
                string place = file.PathBelow(target.Place);
                if (!file.IsFolder && !staged.Folders.ContainsKey(file.Parent))
                    staged.Files[file] = Add(place, obstacles, file);
            }
            foreach (Removal removal in target.Extras)
            {
                if (removal.Above == null || removal.Above.Stays)
                    Journal.Steps.Add(CheckAsPlanned(RestoreStep.Remove(removal.Place), removal));
            }
            AddFacts(staged);
        }

        // What was added to a folder since it was read is in no safety set.
        private static RestoreStep CheckAsPlanned(RestoreStep step, Removal removal)
        {
            if (removal != null && step.Fingerprint.Files > removal.Files)
                throw RestoreStep.Changed(removal.Place);
            return step;
        }

        private string Add(string place, Dictionary<string, Removal> obstacles, Entry entry)
        {
            Removal obstacle;
            return Add(place, obstacles.TryGetValue(place, out obstacle) ? place : null, obstacle, entry);
        }

        private string Add(string place, string old, Removal obstacle, Entry entry)
        {
            RestoreStep step = CheckAsPlanned(RestoreStep.Put(place, old, entry.Facts.Created), obstacle);
            Journal.Steps.Add(step);
            return step.Staged;
        }

        // For files that stay, and for folders whose own time the restore changes: the latter do not get their
        // security set.
        private void AddFacts(StagedTarget staged)
        {
            RestoreTarget target = staged.Target;
            Dictionary<Entry, bool> entries = new Dictionary<Entry, bool>();
            foreach (Entry entry in target.OtherFacts)
                entries[entry] = true;
            foreach (Entry folder in target.Touched.Keys)
            {
                if (!staged.Folders.ContainsKey(folder) && !entries.ContainsKey(folder))
                    entries[folder] = false;
            }
            List<Entry> sorted = new List<Entry>(entries.Keys);
            sorted.Sort(Entry.ByPath);
            sorted.Reverse();
            foreach (Entry entry in sorted)
                Journal.Facts.Add(RestoreFacts.Of(entry.PathBelow(target.Place), entry,
                    target.PutsSecurity && entries[entry]));
        }

        private static List<Entry> FilesOf(RestoreTarget target)
        {
            List<Entry> files = target.Added.FindAll(delegate(Entry entry) { return !entry.IsFolder; });
            files.AddRange(target.Replaced);
            return files;
        }

        // Sets its security before anything is written into it, so each file inherits it from its first byte.
        private void MakeFolder(StagedTarget target, Entry folder)
        {
            string place = target.Folders[folder];
            target.Writer.CreateFolder(place);
            WithFolderOpen(target, place, delegate
            {
                PutStreams(target, folder, place);
                Secure(target, folder, place);
            });
        }

        // The folder is kept open meanwhile, and is the one that was made: nobody can replace it with a link.
        private static void WithFolderOpen(StagedTarget target, string place, Action act)
        {
            SafeFileHandle held = null;
            target.Writer.Try(place, delegate { held = Win32.HoldFolder(place); });
            using (held)
            {
                CheckLeads(target, place, held);
                act();
            }
        }

        private void Put(Worker worker, StagedTarget target, Entry file)
        {
            string place = PlaceOf(target, file);
            using (SafeFileHandle to = target.Writer.Create(place))
            {
                CheckLeads(target, place, to);
                Copy(worker, target, file, to, place);
                PutStreams(target, file, place);
                target.Writer.Finish(to, place, file.Facts);
                Secure(target, file, place);   // while it is open, so that nobody can replace it
            }
        }

        private void PutStreams(StagedTarget target, Entry entry, string place)
        {
            string refused = null;
            if (target.Target.PutsStreams)
            {
                foreach (NamedStream stream in target.Target.Streams.Of(entry))
                    refused = PutStream(target, stream, entry.PathInPart(part.Path), place) ?? refused;
            }
            if (refused != null)
                losses.Add(Loss.StreamsNotRestored, entry.Path, refused);
        }

        // Returns why the file system cannot keep it; null if it can.
        private string PutStream(StagedTarget target, NamedStream stream, string source, string place)
        {
            string refused = null;
            target.Writer.Try(place, delegate
            {
                try
                {
                    using (SafeFileHandle to = FileStreams.OpenNew(place, stream.Name))
                    {
                        CheckLeads(target, place, to);
                        Copy(target, stream, source, to, place);
                    }
                }
                catch (SystemError error)
                {
                    if (!SystemCodes.IsUnsupported(error))
                        throw;
                    refused = error.Message;
                }
            });
            return refused;
        }

        private void Copy(StagedTarget target, NamedStream stream, string source, SafeFileHandle to, string place)
        {
            string cause = Moment;
            try
            {
                using (SafeFileHandle from = FileStreams.OpenRead(source, stream.Name))
                {
                    if (stream.IsIn(from,
                        delegate(byte[] block, int count) { target.Writer.Write(to, place, block, count); }))
                    {
                        target.Writer.FlushEach(to, place);
                        return;
                    }
                }
            }
            catch (SystemError error)
            {
                cause = error.Message;
            }
            throw Damaged(target, source, cause);
        }

        private static string PlaceOf(StagedTarget target, Entry file)
        {
            string place;
            return target.Files.TryGetValue(file, out place)
                ? place : Paths.Combine(target.Folders[file.Parent], file.Name);
        }

        // A link that was put above it since the plan was made would lead to another place.
        private static void CheckLeads(StagedTarget target, string place, SafeFileHandle file)
        {
            string elsewhere = target.Place.Elsewhere(place, file);
            if (elsewhere != null)
                throw new AgentError("target_link",
                    "The restore stopped", place, "A folder above it became a link: it leads to " + elsewhere + ".",
                    "Find out who put a link there.", target.Target.Component.Name);
        }

        private void Secure(StagedTarget target, Entry entry, string place)
        {
            if (!target.Target.PutsSecurity || entry.Security == null)
                return;
            string refused = FileSecurity.Set(place, entry.Security);
            if (refused != null)
                losses.Add(Loss.Refused, entry.Path, refused);
        }

        private void Copy(Worker worker, StagedTarget target, Entry file, SafeFileHandle to, string place)
        {
            string source = file.PathInPart(part.Path);
            string cause = Moment;
            try
            {
                using (SafeFileHandle from = Win32.OpenRead(source))
                {
                    byte[] digest;
                    Action<byte[], int> sink =
                        delegate(byte[] block, int length) { target.Writer.Write(to, place, block, length); };
                    long count = worker.Read(from, file.Facts.Size, sink, out digest);
                    if (count == file.Facts.Size && Hashing.Same(digest, file.Digest))
                        return;
                }
            }
            catch (SystemError error)
            {
                cause = error.Message;
            }
            throw Damaged(target, source, cause);
        }

        private static AgentError Damaged(StagedTarget target, string source, string cause)
        {
            return new AgentError("damaged", "The restore stopped", source, cause,
                "Check the disk of the backup root; then use another set, or run again.", target.Target.Component.Name);
        }

        // Sets the times of folders after everything in them is written, the deepest folders first. Then flushes
        // everything to the disk.
        private static void Finish(StagedTarget target)
        {
            for (int i = target.Target.NewFolders.Count - 1; i >= 0; i--)
            {
                Entry folder = target.Target.NewFolders[i];
                string place = target.Folders[folder];
                WithFolderOpen(target, place, delegate { target.Writer.SetFacts(place, folder.Facts); });
            }
            target.Writer.Flush(Paths.NearestExisting(target.Target.Place));
        }

        private static void Try(RestoreTarget target, Action look)
        {
            try
            {
                look();
            }
            catch (SystemError error)
            {
                throw new AgentError("target_unreadable", Restore.What, target.Place, error.Message,
                    "Give the account the right to read there.", target.Component.Name);
            }
        }
    }
}
