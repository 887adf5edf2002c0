// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // The operation `put`: writes a file from the controller into a place (`place`). The same call again changes
    // nothing.
    internal static class Put
    {
        private const string What = "The file was not written";
        private const string NewSet = "Choose a new set id: files in a part are never overwritten.";

        // One name for all calls: the host's lock lets only one call write at a time, so an existing file of this
        // name was left by a killed call.
        private const string Draft = ".put.tmp";

        public static Answer Run(JsonMap request)
        {
            PartFile file = new PartFile(request);
            if (Win32.Names.Equals(file.Name, Draft))
                throw new FormatError("'name' must not be '" + Draft + "', which the agent uses itself");
            byte[] content = PackedContent.Content(request, What, file.Path);
            bool check = request.Flag("check", false);
            Answer answer = new Answer();
            answer.Members.Set("path", file.Path).Set("bytes", content.Length).Set("sha256", request.Text("sha256"));
            using (HostLock.Acquire("put", file.Set.Deployment + " " + file.Set.SetId, check))
            {
                answer.Changed = !AlreadyExists(file, content, check);
                if (answer.Changed && !check)
                    Write(file, content);
                return answer;
            }
        }

        // Whether the place already has this file. In check mode `place` made nothing, so a missing part is no error
        // then.
        private static bool AlreadyExists(PartFile file, byte[] content, bool check)
        {
            string part = file.Set.PartPath(file.Part);
            FileFacts facts;
            try
            {
                if (check && !Win32.TryFacts(part, out facts))
                    return false;
                if (!SetFolder.IsFolder(part) || !SetFolder.IsFolder(file.Folder))
                    throw new AgentError("part_missing", What, file.Folder, "There is no such folder.",
                        "Make its folder first (place).", file.Component);
                if (Win32.TryFacts(Paths.Combine(part, Part.FileName), out facts))
                    throw new AgentError("part_exists", What, part, "The part is complete already.", NewSet,
                        file.Component);
                if (!Win32.TryFacts(file.Path, out facts))
                    return false;
                if (IsPlain(facts) && facts.Size == content.Length && Holds(file.Path, content))
                    return true;
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(What, file.Path, error, file.Component);
            }
            throw new AgentError("file_exists", What, file.Path, "Another file of this name is there already.", NewSet,
                file.Component);
        }

        private static bool IsPlain(FileFacts facts)
        {
            return !Attributes.IsFolder(facts.Attributes) && !Attributes.IsLink(facts.Attributes, facts.ReparseTag);
        }

        private static bool Holds(string path, byte[] content)
        {
            byte[] there = PackedContent.Read(path, What);
            return Hashing.Hex(there, there.Length) == Hashing.Hex(content, content.Length);
        }

        private static void Write(PartFile file, byte[] content)
        {
            Writer writer = new Writer(What, "Remove the cause, then run again.", true);
            string left = Paths.Combine(file.Folder, Draft);
            writer.Try(left, delegate
            {
                FileFacts facts;
                if (Win32.TryFacts(left, out facts))
                    Win32.Delete(left);
            });
            writer.Publish(file.Folder, file.Name, content, Draft);
        }
    }
}
