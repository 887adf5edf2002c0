// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Does what a plan says in one target. Every file is written beside its place, its hash compared while it is, and moved over the old one:
    // at each moment there is the old file or the new one, whole.
    internal sealed class RestoreWork
    {
        private readonly StoredPart part;
        private readonly RestoreTarget target;
        private readonly Losses losses;
        private readonly Writer writer;
        private int number = Guid.NewGuid().GetHashCode();

        public RestoreWork(StoredPart part, RestoreTarget target, Losses losses)
        {
            this.losses = losses;
            this.part = part;
            this.target = target;
            string existing = Paths.NearestExisting(target.Place);
            writer = new Writer("The restore stopped", "Remove the cause and run the same restore again: what is right already is left alone.",
                existing == null || !Win32.CanFlushVolume(existing));
        }

        public void Run(int threads)
        {
            foreach (Removal removal in target.Obstacles)
                Remove(removal);
            foreach (Entry folder in target.NewFolders)
                writer.EnsureFolder(folder.PathBelow(target.Place), Win32.CreateFolder);
            SecureFolders();
            List<Entry> files = target.Added.FindAll(delegate(Entry entry) { return !entry.IsFolder; });
            files.AddRange(target.Replaced);
            Progress.Begin("writing", files);
            Crew.LargestFirst(files);
            Crew.Run(files.Count, threads, delegate(Worker worker, int index) { Put(worker, files[index]); });
            foreach (Entry file in target.OtherFacts.FindAll(delegate(Entry entry) { return !entry.IsFolder; }))
            {
                writer.SetFacts(file.PathBelow(target.Place), file.Facts);
                Secure(file, file.PathBelow(target.Place));
            }
            foreach (Removal removal in target.Extras)
                Remove(removal);
            List<Entry> folders = new List<Entry>(target.Touched.Keys);
            folders.Sort(Entry.ByPath);
            for (int i = folders.Count - 1; i >= 0; i--)
                writer.SetFacts(folders[i].PathBelow(target.Place), folders[i].Facts);
            writer.Flush(target.Place);
        }

        // Before anything is written into them, and from above: what they hand down holds for each file from its first byte.
        private void SecureFolders()
        {
            List<Entry> folders = target.OtherFacts.FindAll(delegate(Entry entry) { return entry.IsFolder; });
            folders.AddRange(target.NewFolders);
            folders.Sort(Entry.ByPath);
            foreach (Entry folder in folders)
                Secure(folder, folder.PathBelow(target.Place));
        }

        private void Secure(Entry entry, string place)
        {
            if (!target.PutsSecurity || entry.Security == null)
                return;
            string refused = FileSecurity.Set(place, entry.Security);
            if (refused != null)
                losses.Add(Loss.Refused, entry.Path, refused);
        }

        private void Put(Worker worker, Entry file)
        {
            string place = file.PathBelow(target.Place);
            string temporary = Paths.Combine(Paths.Parent(place), RestorePlan.TemporaryName((uint)Interlocked.Increment(ref number)));
            bool done = false;
            try
            {
                using (SafeFileHandle to = writer.Create(temporary))
                {
                    Copy(worker, file, to, temporary);
                    writer.Finish(to, temporary, file.Facts);
                }
                Secure(file, temporary);
                string otherCase;
                if (target.OtherCase.TryGetValue(file, out otherCase))
                    writer.Move(Paths.Combine(Paths.Parent(place), otherCase), place, false);
                writer.Move(temporary, place, true);
                done = true;
            }
            finally
            {
                if (!done)
                    Discard(temporary);
            }
        }

        private void Copy(Worker worker, Entry file, SafeFileHandle to, string temporary)
        {
            string source = file.PathInPart(part.Path);
            string cause = "Its content is no longer what it was a moment ago.";
            try
            {
                using (SafeFileHandle from = Win32.OpenRead(source))
                {
                    byte[] digest;
                    Action<byte[], int> sink = delegate(byte[] block, int length) { writer.Write(to, temporary, block, length); };
                    long count = worker.Read(from, file.Facts.Size, sink, out digest);
                    if (count == file.Facts.Size && Hashing.Same(digest, file.Digest))
                        return;
                }
            }
            catch (SystemError error)
            {
                cause = error.Message;
            }
            throw new AgentError("damaged", "The restore stopped", source, cause,
                "Check the disk of the backup root; then use another set, or run again.", target.Component.Name);
        }

        private void Remove(Removal removal)
        {
            if (removal.IsFolder)
                writer.DeleteFolder(removal.Place);
            else
                writer.Delete(removal.Place);
        }

        // On the way out of a failure, which must not be hidden by another one; a later restore removes what stays here.
        private static void Discard(string temporary)
        {
            try
            {
                Win32.Delete(temporary);
            }
            catch (SystemError)
            {
                return;
            }
        }
    }
}
