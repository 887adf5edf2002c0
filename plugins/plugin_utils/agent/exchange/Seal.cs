// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // The operation `seal`: one of its two phases on one server. If the same document already exists, that is
    // success. A different document is never replaced.
    internal static class Seal
    {
        private const string What = "The set was not sealed";
        private const string Again = "Back the deployment up again: a seal is never changed.";

        public static Answer Run(JsonMap request)
        {
            SetFolder set = SetFolder.Of(request);
            bool check = request.Flag("check", false);
            switch (request.Text("phase"))
            {
                case "prepared": return Prepare(set, Held(request), request.Text("document"), check);
                case "sealed": return Decide(set, Names.Digest(request.Text("document_sha256")), check);
                default: throw new FormatError("'phase' must be prepared or sealed");
            }
        }

        // The parts that this computer must have: its own and those that are named.
        private static List<string> Held(JsonMap request)
        {
            List<string> servers = request.Texts("parts").ConvertAll<string>(Names.Part);
            if (request.Flag("own_part", true))
                servers.Insert(0, Verify.ServerOf(request));
            if (servers.Count == 0)
                throw new FormatError("'parts' is empty, and the computer has no part of its own");
            return servers;
        }

        private static Answer Prepare(SetFolder set, List<string> servers, string text, bool check)
        {
            SealDocument document = SealDocument.Parse(new UTF8Encoding(false).GetBytes(text));
            if (document.SetId != set.SetId || document.Deployment != set.Deployment)
                throw new FormatError("'document' belongs to another set");
            foreach (string server in servers)
                CheckPart(set, server, document);
            SealDocument seal = Existing(set, SetFolder.Sealed, "sealed_differs");
            if (seal != null && seal.Digest != document.Digest)
                throw Differs("sealed_differs", set, SetFolder.Sealed, seal.Digest);
            return Put(set, SetFolder.Prepared, document, "prepared_differs", check);
        }

        private static void CheckPart(SetFolder set, string server, SealDocument document)
        {
            StoredPart part = StoredPart.Open(set, server, What);
            SealedPart own = document.Of(server);
            if (own == null || own.Digest != part.Digest)
                throw new AgentError("part_differs", What, part.Path,
                    own == null ? "The document does not name the server '" + server + "'."
                        : "The document names a part with digest " + own.Digest
                            + "; this one has " + part.Digest + ".",
                    Again);
            if (part.Document == null || part.Document.State == Part.Partial)
                throw new AgentError("part_state", What, part.Path,
                    part.DocumentFlaw ?? "The part is partial: files are missing, which is not allowed.",
                    "Make these files readable and back up again, or name them in groupid_allow_partial.");
        }

        private static Answer Decide(SetFolder set, string digest, bool check)
        {
            SealDocument prepared = Existing(set, SetFolder.Prepared, "prepared_differs");
            if (prepared == null)
                throw new AgentError("not_prepared", What, Paths.Combine(set.Path, SetFolder.Prepared),
                    "There is no prepared document.", "Prepare the set on every member first.");
            if (prepared.Digest != digest)
                throw Differs("prepared_differs", set, SetFolder.Prepared, prepared.Digest);
            return Put(set, SetFolder.Sealed, prepared, "sealed_differs", check);
        }

        // Servers with the same root write the same document at the same time. The second one finds it there.
        private static Answer Put(SetFolder set, string name, SealDocument document, string differs, bool check)
        {
            Answer answer = new Answer();
            answer.Members.Set("path", Paths.Combine(set.Path, name)).Set("document_sha256", document.Digest);
            SealDocument existing = Existing(set, name, differs);
            if (existing == null)
            {
                answer.Changed = true;
                if (check)
                    return answer;
                try
                {
                    new Writer(What, "Remove the cause, then run again.", true)
                        .Publish(set.Path, name, document.Content);
                    return answer;
                }
                catch (AgentError)
                {
                    existing = Existing(set, name, differs);
                    if (existing == null)
                        throw;
                    answer.Changed = false;
                }
            }
            if (existing.Digest != document.Digest)
                throw Differs(differs, set, name, existing.Digest);
            return answer;
        }

        // null when there is none yet.
        private static SealDocument Existing(SetFolder set, string name, string differs)
        {
            try
            {
                return set.Document(name);
            }
            catch (FormatError error)
            {
                throw new AgentError(differs, What, Paths.Combine(set.Path, name),
                    "The document that is there is damaged: " + error.Message + ".", Again);
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(What, set.Path, error);
            }
        }

        private static AgentError Differs(string code, SetFolder set, string name, string digest)
        {
            return new AgentError(code, What, Paths.Combine(set.Path, name),
                "Another document, with digest " + digest + ", is there already.", Again);
        }
    }
}
