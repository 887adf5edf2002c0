// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // How the parts of a deployment were last verified from this computer: one small file for each, in the state
    // folder, never in a set, which a verification only reads. Lists show it. A verification counts even if its
    // record cannot be written. A record that cannot be understood is ignored.
    internal sealed class VerifyRecords
    {
        public const string Verified = "verified", Damaged = "damaged";

        private const string What = "The verification was not recorded on this computer";
        private const string Suffix = ".json", DraftSuffix = ".tmp";
        private const long DraftSeconds = 3600;

        private readonly string root, deployment, folder;
        private bool? ours;

        // `root` as in the request: a different path to it may lead to another disk tomorrow.
        public VerifyRecords(string root, string deployment)
        {
            this.root = root;
            this.deployment = deployment;
            folder = Paths.Combine(Parent, Digest(root.ToLowerInvariant() + "\n" + deployment, 32));
        }

        private static string Parent
        {
            get { return Paths.Combine(StateFolder.Current, "verified"); }
        }

        // `mode`, `time`, `state` and `seal_sha256` of the last one; null: there is none.
        public JsonMap Of(string setId, string part)
        {
            try
            {
                if (!IsOurs())
                    return null;
                byte[] content = UntrustedFile.DocumentOrNull(Paths.Combine(folder, NameOf(setId, part)));
                return content == null ? null : Checked(UntrustedFile.Json(content), setId, part);
            }
            catch (FormatError)
            {
                return null;
            }
            catch (SystemError)
            {
                return null;
            }
        }

        // Replaces the record before. A failure becomes a warning.
        public void Write(StoredPart part, VerifyMode mode, string state, Verification counted,
            List<string> warnings)
        {
            JsonMap record = new JsonMap().Set("schema", Schema.Number)
                .Set("root", root).Set("deployment", deployment).Set("set_id", part.Set.SetId)
                .Set("part", part.Server).Set("mode", mode.Text).Set("time", Timestamps.Text(Timestamps.Now()))
                .Set("state", state).Set("seal_sha256", part.SealDigest).Set("files", counted.Files)
                .Set("bytes", counted.Bytes);
            try
            {
                Writer writer = new Writer(What, "", false);
                StateFolder.Ensure(writer, What);
                foreach (string place in new[] { Parent, folder })
                {
                    writer.EnsureFolder(place, FolderSecurity.CreateClosedFolder);
                    StateFolder.RequireOwn(place, What);
                }
                writer.Try(folder, delegate { Replace(NameOf(part.Set.SetId, part.Server), JsonWriter.Text(record)); });
                RemoveOld();
            }
            catch (SystemError)
            {
                return;   // the next verification removes the rest
            }
            catch (AgentError error)
            {
                warnings.Add(What + ": " + error.Path + ": " + error.Cause.TrimEnd('.')
                    + ". Lists do not show this verification.");
            }
        }

        private bool IsOurs()
        {
            if (ours == null)
            {
                ours = false;   // also if one of them cannot be queried
                ours = Array.TrueForAll(new[] { StateFolder.Current, Parent, folder }, delegate(string place)
                {
                    FileFacts facts;
                    return Win32.TryFacts(place, out facts) && FolderSecurity.IsOwnedByUs(place);
                });
            }
            return ours.Value;
        }

        private JsonMap Checked(JsonMap record, string setId, string part)
        {
            Schema.Require(record);
            string state = record.Text("state"), seal = record.TextOrNull("seal_sha256");
            if (!Win32.Names.Equals(record.Text("root"), root)
                || record.Text("deployment") != deployment || record.Text("set_id") != setId
                || record.Text("part") != part || (state != Verified && state != Damaged))
                return null;
            return new JsonMap().Set("mode", VerifyMode.Parse(record.Text("mode")).Text)
                .Set("time", Timestamps.Text(Timestamps.Parse(record.Text("time"))))
                .Set("state", state).Set("seal_sha256", seal == null ? null : Names.Digest(seal));
        }

        private void Replace(string name, string text)
        {
            string draft = Paths.Combine(folder,
                "." + name + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + DraftSuffix);
            AtomicFile.Write(draft, Paths.Combine(folder, name), Encoding.UTF8.GetBytes(text + "\n"), true);
        }

        // Removes records of sets that no longer exist, the oldest first and at most one list's length, and the
        // drafts of killed agents.
        private void RemoveOld()
        {
            List<string> names = new List<string>();
            foreach (FoundEntry found in Win32.Enumerate(folder))
                names.Add(found.Name);
            names.Sort(StringComparer.Ordinal);
            Dictionary<string, bool> there = new Dictionary<string, bool>();
            foreach (string name in names)
            {
                string path = Paths.Combine(folder, name);
                int end = name.LastIndexOf('.', Math.Max(0, name.Length - Suffix.Length - 1));
                string id = end < 0 ? "" : name.Substring(0, end);
                FileFacts facts;
                if (name.EndsWith(DraftSuffix, StringComparison.Ordinal))
                {
                    if (Win32.TryFacts(path, out facts)
                        && Timestamps.Now() - facts.Written > DraftSeconds * TimeSpan.TicksPerSecond)
                        Deletion.TryDelete(path, 1);
                }
                else if (Names.IsSetId(id) && name.EndsWith(Suffix, StringComparison.Ordinal))
                {
                    if (!there.ContainsKey(id) && there.Count < Answer.ListLimit)
                        there.Add(id, Win32.TryFacts(new SetFolder(root, deployment, id).Path, out facts));
                    if (there.ContainsKey(id) && !there[id])
                        Deletion.TryDelete(path, 1);
                }
            }
        }

        // The name shows the set. A part's name may be too long, so its digest is used.
        private static string NameOf(string setId, string part)
        {
            return setId + "." + Digest(part, 16) + Suffix;
        }

        private static string Digest(string text, int digits)
        {
            byte[] content = Encoding.UTF8.GetBytes(text);
            return Hashing.Hex(content, content.Length).Substring(0, digits);
        }
    }
}
