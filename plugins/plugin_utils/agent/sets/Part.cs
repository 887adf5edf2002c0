// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // part.json: the document that makes a part complete. What is read from it has been checked member by member.
    internal sealed class Part
    {
        public const string FileName = "part.json";
        public const string Complete = "complete", Partial = "partial", Waived = "waived";

        public string Deployment, SetId, Epoch, Server, FullName, MachineGuid, InventoryName, Version, State;
        public long Started, Finished, Files, Directories, Bytes, Excluded, ProblemCount, Streams;
        public List<PartComponent> Components = new List<PartComponent>();
        public List<Problem> Problems = new List<Problem>();
        public JsonMap Details;   // the controller's facts about the content, stored unchanged; null: none
        public List<string> Narrowed;   // see Narrowing; null: not recorded
        public JsonMap Scope;           // likewise
        public List<Loss> Losses = new List<Loss>();
        public long Linked, LinkedBytes;   // of the files and bytes: hard links to files of older sets
        public List<string> LinkSets = new List<string>();
        public List<Loss> NotLinked = new List<Loss>();
        public List<string> Warnings = new List<string>();
        public string ManifestDigest, FileListDigest;

        public JsonMap ToJson()
        {
            return new JsonMap().Set("schema", 1).Set("deployment", Deployment).Set("set_id", SetId).Set("epoch", Epoch)
                .Set("server", Server).Set("fqdn", FullName).Set("machine_guid", MachineGuid)
                .Set("inventory_name", InventoryName).Set("version", Version).Set("started", Timestamps.Text(Started))
                .Set("finished", Timestamps.Text(Finished)).Set("state", State).Set("agent", ThisAgent.SourceHash)
                .Set("files", Files).Set("directories", Directories)
                .Set("bytes", Bytes).Set("streams", Streams).Set("excluded", Excluded).Set("components", Components)
                .Set("problems", Answer.First(Problems, Answer.ListLimit)).Set("problem_count", ProblemCount)
                .Set("manifest_sha256", ManifestDigest).Set("files_sha256", FileListDigest).Set("details", Details)
                .Set("narrowed", Narrowed).Set("scope", Scope).Set("linked", Linked)
                .Set("linked_bytes", LinkedBytes).Set("link_sets", LinkSets).Set("not_linked", NotLinked)
                .Set("losses", Losses).Set("warnings", Warnings);
        }

        // Older sets may lack members that were added after the first release. These are then null or 0.
        public static Part Parse(byte[] content)
        {
            JsonMap map = UntrustedFile.Json(content);
            Schema.Require(map);
            Part part = new Part
            {
                Deployment = Names.Deployment(map.Text("deployment")),
                SetId = Names.SetId(map.Text("set_id")),
                Epoch = map.TextOrNull("epoch"),
                Server = Names.Part(map.Text("server")),
                MachineGuid = map.TextOrNull("machine_guid"),
                Version = map.TextOrNull("version"),
                State = map.Text("state"),
                Started = map["started"] == null ? 0 : Timestamps.Parse(map.Text("started")),
                Finished = Timestamps.Parse(map.Text("finished")),
                Files = map.Amount("files"),
                Directories = map.Amount("directories"),
                Bytes = map.Amount("bytes"),
                LinkedBytes = map["linked_bytes"] == null ? 0 : map.Amount("linked_bytes"),
                ProblemCount = map.Amount("problem_count"),
                ManifestDigest = Names.Digest(map.Text("manifest_sha256")),
                FileListDigest = Names.Digest(map.Text("files_sha256")),
                Details = map["details"] == null ? null : map.MapOrEmpty("details"),
                Narrowed = Narrowing.Recorded(map),
                Scope = Narrowing.Scope(map),
            };
            if (part.State != Complete && part.State != Partial && part.State != Waived)
                throw new FormatError("'state' is '" + part.State + "'");
            List<JsonMap> components = map.Maps("components");
            if (components.Count > JsonMap.MemberLimit)
                throw new FormatError("'components' has more than " + JsonMap.MemberLimit);
            foreach (JsonMap component in components)
                part.Components.Add(PartComponent.Parse(component));
            foreach (JsonMap problem in map.Maps("problems"))
                part.Problems.Add(Problem.Parse(problem));
            return part;
        }

        // Names of the components that are elsewhere: nothing of them is in the part, and nothing is verified.
        public List<string> External()
        {
            return Components.FindAll(
                delegate(PartComponent component) { return component.Status == PartComponent.External; })
                .ConvertAll(delegate(PartComponent component) { return component.Name; });
        }

        // What an answer says about a part. `digest`: of part.json, null while there is none.
        public void Report(JsonMap members, SetFolder set, string digest)
        {
            members.Set("server", Server).Set("machine_guid", MachineGuid).Set("version", Version).Set("epoch", Epoch)
                .Set("set_path", set.Path)
                .Set("part_path", set.PartPath(Server)).Set("state", State).Set("part_sha256", digest)
                .Set("finished", digest == null ? null : Timestamps.Text(Finished)).Set("files", Files)
                .Set("directories", Directories).Set("bytes", Bytes).Set("components", Components)
                .Set("external", External()).Set("narrowed", Narrowed).Set("scope", Scope);
        }

        // null if the part does not have it, or records it as absent.
        public PartComponent Copied(string name)
        {
            return Components.Find(
                delegate(PartComponent component) { return component.Name == name && component.IsCopied; });
        }
    }

    // One component in part.json and in the answer of a backup.
    internal sealed class PartComponent : JsonConvertible
    {
        // external: the content is elsewhere, and the part only says where.
        public const string Copied = "copied", Absent = "absent", Partial = "partial", External = "external";

        public string Name, Status, Source;
        public bool Required;
        public List<string> Include, Exclude;
        public long Files, Directories, Bytes, Excluded, Problems;

        public bool IsCopied
        {
            get { return Status == Copied || Status == Partial; }
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("name", Name).Set("status", Status).Set("source", Source).Set("required", Required)
                .Set("include", Include).Set("exclude", Exclude).Set("files", Files).Set("directories", Directories)
                .Set("bytes", Bytes).Set("excluded", Excluded).Set("problems", Problems);
        }

        public static PartComponent Parse(JsonMap map)
        {
            PartComponent component = new PartComponent
            {
                Name = Names.Component(map.Text("name")),
                Status = map.Text("status"),
                Include = map.Texts("include"),
                Exclude = map.Texts("exclude"),
                Required = map.Flag("required", false),
                Files = map.Amount("files"),
                Directories = map.Amount("directories"),
                Bytes = map.Amount("bytes"),
                Excluded = map.Amount("excluded"),
                Problems = map.Amount("problems"),
            };
            if (!component.IsCopied && component.Status != Absent && component.Status != External)
                throw new FormatError("'status' is '" + component.Status + "'");
            if (component.IsCopied)
                component.Source = Paths.Absolute(map.Text("source"), "source");
            return component;
        }
    }
}
