// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The copy options of a request.
    internal sealed class CopySettings
    {
        public readonly int Threads;     // 0: chosen automatically
        public readonly int Retries;
        public readonly int RetryWait;   // milliseconds

        public CopySettings(JsonMap request)
        {
            Threads = request.NumberOr("threads", 0, 0, 256);
            Retries = request.NumberOr("retries", 3, 0, 100);
            RetryWait = request.NumberOr("retry_wait_ms", 500, 0, 60000);
        }
    }

    // Copies the planned files into the part. Each file is read once, and is hashed and written in that pass. Its
    // owner and access list are read from the same handle and go into the list; alternate data streams are copied
    // too. A file that could not be read whole and unchanged is not in the part: it is listed as a problem. A failed
    // write ends the backup. A file that did not change may become a link to the file in the older part, and is then
    // not read.
    internal sealed class BackupCopy
    {
        private readonly string part;
        private readonly Writer writer;
        private readonly CopySettings settings;
        private readonly MetadataReader properties;
        private readonly Links links;   // null: everything is copied
        private readonly StreamCopy streams;
        private readonly Dictionary<Entry, PlannedComponent> owners = new Dictionary<Entry, PlannedComponent>();

        public BackupCopy(string part, Writer writer, CopySettings settings, MetadataReader properties, Links links)
        {
            this.properties = properties;
            this.links = links;
            this.part = part;
            this.writer = writer;
            this.settings = settings;
            streams = new StreamCopy(part, writer);
        }

        public void Run(List<PlannedComponent> components)
        {
            List<Entry> files = new List<Entry>();
            foreach (PlannedComponent component in components)
            {
                if (component.Tree == null)
                    continue;
                foreach (Entry folder in component.Tree.Folders)
                    CopyFolder(component, folder);
                foreach (Entry file in component.Tree.Files)
                    owners[file.Top] = component;
                files.AddRange(component.Tree.Files);
            }
            CopyAll(files);
            foreach (PlannedComponent component in components)
            {
                if (component.Tree != null)
                    Finish(component.Tree);
            }
        }

        private void CopyFolder(PlannedComponent component, Entry folder)
        {
            string target = folder.PathInPart(part);
            writer.CreateFolder(target);
            properties.ReadFolder(component, folder, delegate(SafeFileHandle opened)
            {
                string refused;
                try
                {
                    RecordEntry(component, folder, streams.Copy(component, folder, folder.PathBelow(component.Place),
                        opened, target, out refused), refused);
                }
                catch (SystemError error)
                {
                    properties.Losses.Add(Loss.Streams, folder.Path, error.Message);
                }
            });
        }

        private void RecordEntry(PlannedComponent component, Entry entry, List<NamedStream> copied, string refused)
        {
            component.Tree.Streams.Set(entry, copied);
            if (refused != null)
                properties.Losses.Add(Loss.Streams, entry.Path, refused);
        }

        // Works in rounds: files that are locked or changing are tried again together, so the waiting time does not
        // grow with their number.
        private void CopyAll(List<Entry> files)
        {
            Progress.Begin("copying", files);
            WorkerPool.LargestFirst(files);
            for (int round = 0; files.Count > 0; round++)
            {
                List<Entry> again = new List<Entry>();
                List<Entry> current = files;
                bool last = round == settings.Retries;
                WorkerPool.Run(current.Count, settings.Threads, delegate(Worker worker, int index)
                {
                    Problem problem = Copy(worker, current[index]);
                    if (problem == null)
                        return;
                    lock (again)
                    {
                        if (problem.MayPass && !last)
                            again.Add(current[index]);
                        else
                            owners[current[index].Top].Problems.Add(problem);
                    }
                });
                files = again;
                if (files.Count > 0)
                    Thread.Sleep(settings.RetryWait);
            }
        }

        private Problem Copy(Worker worker, Entry file)
        {
            PlannedComponent owner = owners[file.Top];
            string source = file.PathBelow(owner.Place);
            string target = file.PathInPart(part);
            bool begun = false, isWritten;
            try
            {
                using (SafeFileHandle from = Win32.OpenToCopy(source, out isWritten))
                {
                    if (!owner.IsStillAt(file, source, from))
                        return new Problem(owner.Name, file.Path, Problem.Link,
                            "A folder above it became a link, which is not followed.");
                    uint names;
                    FileFacts before = Win32.Facts(from, out names);
                    if (Attributes.IsFolder(before.Attributes))
                        return new Problem(owner.Name, file.Path, Problem.Changed, "A folder has replaced the file.");
                    if (links != null && !isWritten && links.Make(owner, file, from, before, target))
                    {
                        properties.AddHardLinkLoss(file, names);
                        return null;
                    }
                    using (SafeFileHandle to = writer.Create(target))
                    {
                        begun = true;
                        byte[] digest;
                        Action<byte[], int> sink =
                            delegate(byte[] block, int length) { writer.Write(to, target, block, length); };
                        long count = worker.Read(from, before.Size, sink, out digest);
                        string refused;
                        List<NamedStream> others = streams.Copy(owner, file, source, from, target, out refused);
                        if (IsSame(before, Win32.Facts(from)) && count == before.Size)
                        {
                            writer.Finish(to, target, before);
                            file.Facts = before;
                            file.Digest = digest;
                            properties.ReadFile(owner, file, from);
                            properties.AddHardLinkLoss(file, names);
                            RecordEntry(owner, file, others, refused);
                            if (isWritten)
                                properties.Losses.Add(Loss.OpenForWriting, file.Path, null);
                            return null;
                        }
                    }
                }
                writer.Delete(target);
                return new Problem(owner.Name, file.Path, Problem.Changed, "The file changed while it was read.");
            }
            catch (SystemError error)
            {
                if (begun)
                    writer.Delete(target);
                return Problem.From(owner.Name, file.Path, error);
            }
        }

        private static bool IsSame(FileFacts before, FileFacts after)
        {
            return before.Size == after.Size && before.Written == after.Written && before.Changed == after.Changed;
        }

        // Sets the times of folders after everything in them is written, the deepest folders first.
        private void Finish(Tree tree)
        {
            tree.Files.RemoveAll(delegate(Entry file) { return file.Digest == null; });
            tree.Bytes = 0;
            foreach (Entry file in tree.Files)
                tree.Bytes += file.Facts.Size;
            for (int i = tree.Folders.Count - 1; i >= 0; i--)
                writer.SetFacts(tree.Folders[i].PathInPart(part), tree.Folders[i].Facts);
        }
    }
}
