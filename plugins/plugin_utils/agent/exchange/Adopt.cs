// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `adopt`: hashes files that another program wrote into a place (`place`) and makes a normal part
    // of them. Of a component that is elsewhere (`external`), only the name is recorded.
    internal sealed class Adopt
    {
        private const string What = "The part was not completed";
        private const string Next =
            "Remove the cause and back up into a new set; this part stays unfinished and is never used.";

        private readonly SetFolder set;
        private readonly string component;
        private readonly bool external;
        private readonly bool check;
        private readonly List<string> expected;
        private readonly List<string> warnings = new List<string>();
        private readonly JsonMap request;
        private readonly Part part = new Part { Started = Timestamps.Now(), State = Part.Complete };

        public Adopt(JsonMap request)
        {
            this.request = request;
            set = SetFolder.Of(request);
            component = Names.Component(request.Text("component"));
            external = request.Flag("external", false);
            check = request.Flag("check", false);
            expected = request.Texts("files");
            part.Deployment = set.Deployment;
            part.SetId = set.SetId;
            part.Epoch = request.TextOrNull("epoch") ?? set.SetId;
            part.InventoryName = request.TextOrNull("inventory_name");
            part.Version = request.TextOrNull("version");
            part.Details = request.MapOrEmpty("details");
            part.Narrowed = Narrowing.Requested(request);
            part.Scope = Narrowing.Scope(request);
            part.Server = Names.Part(request.Text("part"));
            part.FullName = Computer.FullyQualifiedName();
            part.MachineGuid = Computer.MachineGuid();
            if (external == expected.Count > 0)
                throw new FormatError("'files' must name the files of the part, and none for an external component");
            foreach (string name in expected)
                PartFile.PlainName(name, "files");
        }

        public Answer Run()
        {
            using (HostLock.Acquire("adopt", set.Deployment + " " + set.SetId, check))
            {
                FolderTrust.Require(set, What, request, warnings);
                PartWriter recorder = new PartWriter(set, part.Server);
                StoredPart stored = external ? null : AlreadyCompleted(recorder);
                if (stored != null)
                    return Report(stored.Document, stored.Digest, false);
                List<Tree> trees = new List<Tree>();
                if (external)
                    recorder.CheckNew(What);
                else if (!check)
                    trees.Add(HashFolder());
                AddTotals(trees);
                if (check)
                    return Report(part, null, true);
                if (external)
                    recorder.Make(What);
                string folder = set.PartPath(part.Server);
                try
                {
                    Writer writer = new Writer(What, Next, !Win32.CanFlushVolume(folder));
                    return Report(part, recorder.Record(writer, part, trees), true);
                }
                catch (AgentError)
                {
                    // Another agent on the same share may have been first.
                    stored = external ? null : AlreadyCompleted(recorder);
                    if (stored == null)
                        throw;
                    return Report(stored.Document, stored.Digest, false);
                }
            }
        }

        private Answer Report(Part reported, string digest, bool changed)
        {
            Answer answer = new Answer { Changed = changed };
            answer.Warnings.AddRange(warnings);
            reported.Report(answer.Members, set, digest);
            return answer;
        }

        // The part, if another call completed it with the same files; null while it is unfinished.
        private StoredPart AlreadyCompleted(PartWriter recorder)
        {
            StoredPart stored = recorder.Completed(What, component, PartComponent.Copied);
            if (stored == null)
                return null;
            PartRecord record = new PartRecord();
            try
            {
                if (FileList.Read(stored.Path, record) == stored.Document.FileListDigest)
                {
                    List<string> names = record.Files.ConvertAll(
                        delegate(Entry file) { return file.Path.Substring(component.Length + 1); });
                    if (names.Count == expected.Count && names.TrueForAll(expected.Contains))
                        return stored;
                }
            }
            catch (FormatError)
            {
                throw recorder.Exists(What);
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(What, set.Root, error);
            }
            throw recorder.Exists(What);
        }

        // Reads the folder, which must have exactly the announced files.
        private Tree HashFolder()
        {
            string path = set.PartPath(part.Server);
            string folder = Paths.Combine(path, component);
            if (!SetFolder.IsFolder(folder))
                throw ContentError(folder, "The folder is not there.");
            Tree tree = Tree.Walk(component, folder, new Selection(new List<string>(), new List<string>()));
            if (tree.Problems.Count > 0)
                throw ContentError(folder, tree.Problems[0].Path + ": " + tree.Problems[0].Cause);
            List<string> found =
                tree.Files.ConvertAll(delegate(Entry file) { return file.Path.Substring(component.Length + 1); });
            foreach (string name in expected)
            {
                if (!found.Remove(name))
                    throw ContentError(Paths.Combine(folder, name), "The file is not there.");
            }
            if (found.Count > 0)
                throw ContentError(Paths.Combine(folder, found[0]), "This file was not announced.");
            WorkerPool.Run(tree.Files.Count, 0,
                delegate(Worker worker, int index) { Hash(worker, tree.Files[index], path); });
            return tree;
        }

        private void Hash(Worker worker, Entry file, string folder)
        {
            string place = file.PathInPart(folder);
            try
            {
                using (SafeFileHandle opened = Win32.OpenRead(place))
                {
                    file.Facts = Win32.Facts(opened);
                    byte[] digest;
                    long count = worker.Read(opened, file.Facts.Size, null, out digest);
                    FileFacts after = Win32.Facts(opened);
                    if (count != file.Facts.Size || after.Size != file.Facts.Size
                        || after.Written != file.Facts.Written)
                        throw ContentError(place, "The file changed while it was read.");
                    file.Digest = digest;
                }
            }
            catch (SystemError error)
            {
                throw ContentError(place, error.Message);
            }
        }

        private void AddTotals(List<Tree> trees)
        {
            PartComponent outcome = new PartComponent
            {
                Name = component,
                Status = external ? PartComponent.External : PartComponent.Copied,
                Source = external ? null : Paths.Combine(set.PartPath(part.Server), component),
                Required = true,
                Include = new List<string>(),
                Exclude = new List<string>(),
            };
            foreach (Tree tree in trees)
            {
                outcome.Files += tree.Files.Count;
                outcome.Directories += tree.Folders.Count;
                foreach (Entry file in tree.Files)
                    outcome.Bytes += file.Facts.Size;
            }
            part.Components.Add(outcome);
            part.Files = outcome.Files;
            part.Directories = outcome.Directories;
            part.Bytes = outcome.Bytes;
        }

        private AgentError ContentError(string path, string cause)
        {
            return new AgentError("part_content", What, path, cause, Next, component);
        }
    }
}
