// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `get`: sends one file of a part to the controller, if it agrees with the record and the seal.
    internal static class Get
    {
        private const string What = "The file was not read";

        public static Answer Run(JsonMap request)
        {
            PartFile file = new PartFile(request);
            StoredPart part = StoredPart.Open(file.Set, file.Part, What);
            part.RequireSeal(request, What);
            Answer answer = new Answer();
            FolderTrust.RequireForRestore(file.Set, null, What, request, true, answer.Warnings);
            PackedContent.Set(answer.Members, Recorded(file, part));
            answer.Members.Set("state", part.Document.State)
                .Set("sealed", part.Sealed).Set("details", part.Document.Details)
                .Set("part_sha256", part.Digest).Set("machine_guid", part.Document.MachineGuid);
            return answer;
        }

        private static byte[] Recorded(PartFile file, StoredPart part)
        {
            Verification verification = new Verification(part);
            verification.ReadRecord();
            if (verification.Findings.Count > 0)
                throw Verify.Damaged(part, verification.Findings, What);
            string path = file.Component + "/" + file.Name;
            Entry entry = EntryOf(file, verification.Record);
            try
            {
                FileFacts facts;
                if (Win32.TryFacts(file.Folder, out facts) && Attributes.IsLink(facts.Attributes, facts.ReparseTag))
                    throw Damaged(part, file.Component, Finding.Kind, "It is a link.");
                bool there = Win32.TryFacts(file.Path, out facts);
                if (entry == null ? !there : entry.IsFolder)
                    throw Missing(file);
                if (entry == null)
                    throw Damaged(part, path, Finding.Added, "It is not in the record.");
                if (!there)
                    throw Damaged(part, path, Finding.Missing, "It is not there.");
                byte[] content = PackedContent.Read(file.Path, What);
                if (content.Length != entry.Facts.Size)
                    throw Damaged(part, path, Finding.Size,
                        "It has " + content.Length + " bytes; the record says " + entry.Facts.Size + ".");
                if (Hashing.Hex(content, content.Length) != Hashing.Hex(entry.Digest))
                    throw Damaged(part, path, Finding.Content, "The content has another SHA-256.");
                return content;
            }
            catch (SystemError error)
            {
                throw Damaged(part, path, Finding.Unreadable, error.Message);
            }
            catch (FormatError error)
            {
                throw Damaged(part, path, Finding.Unreadable, "It cannot be read as a file: " + error.Message + ".");
            }
        }

        // null if the record has nothing of this name.
        private static Entry EntryOf(PartFile file, PartRecord record)
        {
            Entry component;
            if (!record.Components.TryGetValue(file.Component, out component) || component.Children == null)
                return null;
            return component.Children.Find(delegate(Entry entry) { return Win32.Names.Equals(entry.Name, file.Name); });
        }

        private static AgentError Missing(PartFile file)
        {
            return new AgentError("file_missing", What, file.Path, "There is no such file.",
                "Name a file that the part has.", file.Component);
        }

        private static AgentError Damaged(StoredPart part, string path, string problem, string cause)
        {
            return Verify.Damaged(part, new List<Finding> { new Finding(path, problem, cause) }, What);
        }
    }
}
