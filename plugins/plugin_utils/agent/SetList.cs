// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What a backup root holds. Never fails over one damaged set: that one is listed as what it is.
    internal static class SetList
    {
        // Newest first. `deployment` null: all.
        public static List<SetFolder> Find(string root, string deployment)
        {
            List<SetFolder> sets = new List<SetFolder>();
            foreach (string name in Folders(root, Names.IsDeployment))
            {
                if (deployment != null && name != deployment)
                    continue;
                foreach (string id in Folders(Paths.Combine(root, name), Names.IsSetId))
                    sets.Add(new SetFolder(root, name, id));
            }
            sets.Sort(delegate(SetFolder left, SetFolder right)
            {
                int order = string.CompareOrdinal(right.SetId, left.SetId);
                return order != 0 ? order : string.CompareOrdinal(left.Deployment, right.Deployment);
            });
            return sets;
        }

        // The newest sealed set that names the server.
        public static SetFolder Latest(string root, string deployment, string server, string what)
        {
            try
            {
                foreach (SetFolder set in Find(root, deployment))
                {
                    SealDocument seal = DocumentOrNull(set, SetFolder.Sealed);
                    if (seal != null && seal.Of(server) != null)
                        return set;
                }
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(what, root, error);
            }
            throw new AgentError("set_missing", what, Paths.Combine(root, deployment), "There is no sealed set with a part of the server '" + server + "'.",
                "Make a backup, or name a set that is not sealed by its id.");
        }

        public static void Describe(JsonMap answer, string root, string deployment)
        {
            List<SetFolder> sets = Find(root, deployment);
            List<JsonMap> described = new List<JsonMap>();
            foreach (SetFolder set in Answer.First(sets, Answer.ListLimit))
                described.Add(Described(set));
            answer.Set("sets", described).Set("set_count", sets.Count);
        }

        private static JsonMap Described(SetFolder set)
        {
            SealDocument prepared = DocumentOrNull(set, SetFolder.Prepared);
            SealDocument seal = DocumentOrNull(set, SetFolder.Sealed);
            SealDocument known = seal ?? prepared;
            List<string> members = known == null ? null : known.Parts.ConvertAll(delegate(SealedPart part) { return part.Server; });
            List<string> servers = Folders(set.Path, Names.IsPart);
            List<JsonMap> parts = new List<JsonMap>();
            foreach (string server in Answer.First(servers, Answer.ListLimit))
                parts.Add(DescribedPart(set, server));
            return new JsonMap().Set("deployment", set.Deployment).Set("set_id", set.SetId).Set("path", set.Path)
                .Set("sealed", seal != null).Set("prepared", prepared != null)
                .Set("prepared_sha256", prepared == null ? null : prepared.Digest).Set("seal_sha256", seal == null ? null : seal.Digest)
                .Set("members", members).Set("decider", known == null ? null : known.Decider)
                .Set("parts", parts).Set("part_count", servers.Count);
        }

        private static JsonMap DescribedPart(SetFolder set, string server)
        {
            Part part = null;
            string state = "unreadable", digest = null;
            try
            {
                byte[] content = Stored.DocumentOrNull(Paths.Combine(set.PartPath(server), Part.FileName));
                if (content == null)
                    state = "unfinished";
                else
                {
                    part = Part.Parse(content);
                    state = part.State;
                    digest = Hashing.Hex(content, content.Length);
                }
            }
            catch (FormatError)
            {
                // Stays unreadable; verify says why.
            }
            catch (SystemError)
            {
                // Stays unreadable; verify says why.
            }
            JsonMap described = new JsonMap().Set("server", server).Set("state", state).Set("part_sha256", digest);
            if (part == null)
            {
                foreach (string name in new[] { "epoch", "machine_guid", "version", "files", "directories", "bytes", "finished", "details" })
                    described.Set(name, null);
                return described.Set("components", new JsonMap());
            }
            JsonMap components = new JsonMap();
            foreach (PartComponent component in part.Components)
                components.Set(component.Name, component.Status);
            return described.Set("epoch", part.Epoch).Set("machine_guid", part.MachineGuid).Set("version", part.Version).Set("files", part.Files)
                .Set("directories", part.Directories).Set("bytes", part.Bytes).Set("finished", Timestamps.Text(part.Finished))
                .Set("details", part.Details).Set("components", components);
        }

        private static SealDocument DocumentOrNull(SetFolder set, string name)
        {
            try
            {
                return set.Document(name);
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

        private static List<string> Folders(string path, Predicate<string> fits)
        {
            List<string> names = new List<string>();
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                return names;
            foreach (FoundEntry found in Win32.Enumerate(path))
            {
                if (Attributes.IsFolder(found.Attributes) && !Attributes.IsLink(found.Attributes, found.ReparseTag) && fits(found.Name))
                    names.Add(found.Name);
            }
            names.Sort(StringComparer.Ordinal);
            return names;
        }
    }
}
