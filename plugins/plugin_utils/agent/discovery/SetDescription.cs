// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // One set as a list shows it. If something of it cannot be read, the cause is given and the rest is still listed.
    internal sealed class SetDescription
    {
        private const string NoPart = "Its name is not that of a part.";

        private static readonly Regex Draft = new Regex(@"\A\.set(\.prepared)?\.json\.[0-9a-f]{8}\.tmp\z");
        private static readonly string[] OfPart = { "epoch", "machine_guid", "version", "files", "directories", "bytes",
            "linked_bytes", "started", "finished", "details", "narrowed", "scope", "selection" };

        private readonly SetFolder set;
        private readonly SkippedEntries passed;
        private readonly VerifyRecords records;
        private readonly List<string> flaws = new List<string>();
        private readonly List<List<string>> narrowed = new List<List<string>>();   // of each part

        public SetDescription(SetFolder set, SkippedEntries passed, VerifyRecords records)
        {
            this.set = set;
            this.passed = passed;
            this.records = records;
        }

        public JsonMap ToJson()
        {
            SealDocument prepared = DocumentOrNull(SetFolder.Prepared);
            SealDocument seal = DocumentOrNull(SetFolder.Sealed);
            SealDocument known = seal ?? prepared;
            List<string> members = known == null ? null : Answer.First(known.Parts, Answer.ListLimit)
                .ConvertAll(delegate(SealedPart part) { return part.Server; });
            List<string> servers = Servers();
            List<JsonMap> parts = Answer.First(servers, Answer.ListLimit).ConvertAll<JsonMap>(Described);
            return new JsonMap().Set("deployment", set.Deployment).Set("set_id", set.SetId).Set("path", set.Path)
                .Set("sealed", seal != null).Set("prepared", prepared != null)
                .Set("prepared_sha256", prepared == null ? null : prepared.Digest)
                .Set("seal_sha256", seal == null ? null : seal.Digest)
                .Set("prepared_signed", prepared == null ? null : prepared.Signature)
                .Set("seal_signed", seal == null ? null : seal.Signature)
                .Set("members", members).Set("decider", known == null ? null : known.Decider)
                .Set("narrowed", known == null ? Narrowing.Union(narrowed) : known.Narrowed)
                .Set("quiesce", known == null ? null : QuiesceSummary.Listed(known.Quiesce, seal != null))
                .Set("unreadable", flaws.Count == 0 ? null : string.Join("; ", flaws.ToArray()))
                .Set("parts", parts).Set("part_count", servers.Count);
        }

        private SealDocument DocumentOrNull(string name)
        {
            try
            {
                return set.Document(name);
            }
            catch (FormatError error)
            {
                flaws.Add(name + ": " + error.Message);
            }
            catch (SystemError error)
            {
                flaws.Add(name + ": " + error.Message);
            }
            return null;
        }

        private List<string> Servers()
        {
            try
            {
                return passed.AcceptedFolders(set.Path, Names.IsPart, NoPart,
                    delegate(string name) { return Draft.IsMatch(name) || SetFolder.IsDocument(name); });
            }
            catch (SystemError error)
            {
                flaws.Add(error.Message);
                passed.Add(set.Path, error.Message);
                return new List<string>();
            }
        }

        private JsonMap Described(string server)
        {
            JsonMap described = new JsonMap().Set("server", server).Set("state", "unreadable").Set("unreadable", null)
                .Set("part_sha256", null);
            foreach (string name in OfPart)
                described.Set(name, null);
            Part part = PartOrNull(server, described);
            JsonMap components = new JsonMap();
            if (part != null)
                AddPart(part, described, components);
            narrowed.Add(part == null ? null : part.Narrowed);
            return described.Set("components", components).Set("verified", records.Of(set.SetId, server));
        }

        private Part PartOrNull(string server, JsonMap described)
        {
            try
            {
                byte[] content = UntrustedFile.DocumentOrNull(Paths.Combine(set.PartPath(server), Part.FileName));
                if (content == null)
                {
                    described.Set("state", "unfinished");
                    return null;
                }
                Part part = Part.Parse(content);
                if (part.Server != server || part.SetId != set.SetId || part.Deployment != set.Deployment)
                    throw new FormatError("it belongs to " + part.Server + " in set " + part.SetId + " of "
                        + part.Deployment);
                described.Set("state", part.State).Set("part_sha256", Hashing.Hex(content, content.Length));
                return part;
            }
            catch (FormatError error)
            {
                described.Set("unreadable", Part.FileName + ": " + error.Message);
            }
            catch (SystemError error)
            {
                described.Set("unreadable", Part.FileName + ": " + error.Message);
            }
            return null;
        }

        private static void AddPart(Part part, JsonMap described, JsonMap components)
        {
            foreach (PartComponent component in part.Components)
                components.Set(component.Name, component.Status);
            described.Set("epoch", part.Epoch)
                .Set("machine_guid", part.MachineGuid).Set("version", part.Version).Set("files", part.Files)
                .Set("directories", part.Directories).Set("bytes", part.Bytes).Set("linked_bytes", part.LinkedBytes)
                .Set("started", part.Started == 0 ? null : Timestamps.Text(part.Started))
                .Set("finished", Timestamps.Text(part.Finished)).Set("details", part.Details)
                .Set("narrowed", part.Narrowed).Set("scope", part.Scope).Set("selection", Selection(part));
        }

        // Where each component was, and what was chosen in it. null: too long for an answer. An incomplete list would
        // be useless.
        private static JsonMap Selection(Part part)
        {
            JsonMap selection = new JsonMap();
            int globs = 0;
            foreach (PartComponent component in part.Components)
            {
                globs += component.Include.Count + component.Exclude.Count;
                selection.Set(component.Name, new JsonMap().Set("source", component.Source)
                    .Set("include", component.Include).Set("exclude", component.Exclude)
                    .Set("required", component.Required));
            }
            return globs > Answer.ListLimit ? null : selection;
        }
    }
}
