// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `adopt`: files that another program wrote into a place (`place`) are hashed and become a part like any other. A component that
    // lies elsewhere (`external`) is recorded by name alone.
    internal sealed class Adopt
    {
        private const string What = "The part was not completed";
        private const string Next = "Remove the cause and back up into a new set; this part stays unfinished and is never used.";

        private readonly SetFolder set;
        private readonly string component;
        private readonly bool external;
        private readonly bool check;
        private readonly List<string> expected;
        private readonly Part part = new Part { Started = Timestamps.Now(), State = Part.Complete };

        public Adopt(JsonMap request)
        {
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
            part.Server = Names.Part(request.Text("part"));
            part.FullName = Win32.FullyQualifiedName();
            part.MachineGuid = Win32.MachineGuid();
            if (external == expected.Count > 0)
                throw new FormatError("'files' names what lies in the part, and nothing for an external component");
            foreach (string name in expected)
                PartFile.PlainName(name, "files");
        }

        public Answer Run()
        {
            using (HostLock.Take("adopt", set.Deployment + " " + set.SetId, check))
            {
                Recorder recorder = new Recorder(set, part.Server);
                List<Tree> trees = new List<Tree>();
                if (external)
                    recorder.CheckNew(What);
                else if (!check)
                    trees.Add(Hashed());
                Sum(trees);
                Answer answer = new Answer { Changed = true };
                string digest = null;
                if (!check)
                {
                    if (external)
                        recorder.Make(What);
                    string folder = set.PartPath(part.Server);
                    digest = recorder.Record(new Writer(What, Next, !Win32.CanFlushVolume(folder)), part, trees);
                }
                answer.Members.Set("server", part.Server).Set("machine_guid", part.MachineGuid).Set("version", part.Version).Set("epoch", part.Epoch)
                    .Set("set_path", set.Path).Set("part_path", set.PartPath(part.Server)).Set("state", part.State).Set("part_sha256", digest)
                    .Set("finished", digest == null ? null : Timestamps.Text(part.Finished)).Set("files", part.Files)
                    .Set("directories", part.Directories).Set("bytes", part.Bytes).Set("components", part.Components).Set("external", part.External());
                return answer;
            }
        }

        // The folder with exactly the files that were announced, each read once.
        private Tree Hashed()
        {
            string path = set.PartPath(part.Server);
            string folder = Paths.Combine(path, component);
            FileFacts facts;
            if (Win32.TryFacts(Paths.Combine(path, Part.FileName), out facts))
                throw new AgentError("part_exists", What, path, "The part is complete already.", "Choose a new set id: a part is never written twice.");
            if (!SetFolder.IsFolder(folder))
                throw Content(folder, "The folder is not there.");
            Tree tree = Tree.Walk(component, folder, new Selection(new List<string>(), new List<string>()));
            if (tree.Problems.Count > 0)
                throw Content(folder, tree.Problems[0].Path + ": " + tree.Problems[0].Cause);
            List<string> found = tree.Files.ConvertAll(delegate(Entry file) { return file.Path.Substring(component.Length + 1); });
            foreach (string name in expected)
            {
                if (!found.Remove(name))
                    throw Content(Paths.Combine(folder, name), "The file is not there.");
            }
            if (found.Count > 0)
                throw Content(Paths.Combine(folder, found[0]), "Nobody announced this file.");
            Crew.Run(tree.Files.Count, 0, delegate(Worker worker, int index) { Hash(worker, tree.Files[index], path); });
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
                    if (count != file.Facts.Size || after.Size != file.Facts.Size || after.Written != file.Facts.Written)
                        throw Content(place, "The file changed while it was read.");
                    file.Digest = digest;
                }
            }
            catch (SystemError error)
            {
                throw Content(place, error.Message);
            }
        }

        private void Sum(List<Tree> trees)
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

        private AgentError Content(string path, string cause)
        {
            return new AgentError("part_content", What, path, cause, Next, component);
        }
    }
}
