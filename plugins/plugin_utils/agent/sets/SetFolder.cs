// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The place of one set: <root>\<deployment>\<set id>.
    internal sealed class SetFolder
    {
        public const string Prepared = "set.prepared.json", Sealed = "set.json";

        public readonly string Root;
        public readonly string Deployment;
        public readonly string SetId;
        public readonly string DeploymentPath;
        public readonly string Path;

        public SetFolder(string root, string deployment, string setId)
        {
            Root = root;
            Deployment = deployment;
            SetId = setId;
            DeploymentPath = Paths.Combine(root, deployment);
            Path = Paths.Combine(DeploymentPath, setId);
        }

        public static SetFolder Of(JsonMap request)
        {
            return new SetFolder(Paths.Absolute(request.Text("root"), "root"),
                Names.Deployment(request.Text("deployment")), Names.SetId(request.Text("set_id")));
        }

        public string PartPath(string server)
        {
            return Paths.Combine(Path, server);
        }

        // The prepared document or the seal; null if there is none, FormatError if it does not belong to this set.
        public SealDocument Document(string name)
        {
            byte[] content = UntrustedFile.DocumentOrNull(Paths.Combine(Path, name));
            if (content == null)
                return null;
            SealDocument document = SealDocument.Parse(content);
            if (document.Deployment != Deployment || document.SetId != SetId)
                throw new FormatError("it belongs to set " + document.SetId + " of " + document.Deployment);
            return document;
        }

        // The seal; null if there is none that can be read.
        public SealDocument SealOrNull()
        {
            try
            {
                return Document(Sealed);
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

        // Whether a name is that of one of the set's documents.
        public static bool IsDocument(string name)
        {
            return Win32.Names.Equals(name, Prepared) || Win32.Names.Equals(name, Sealed);
        }

        // A folder of a set, and not a link to somewhere else.
        public static bool IsFolder(string path)
        {
            FileFacts facts;
            return Win32.TryFacts(path, out facts) && Attributes.IsFolder(facts.Attributes)
                && !Attributes.IsLink(facts.Attributes, facts.ReparseTag);
        }
    }

    // The document that makes parts one set. The controller writes it; the agent reads it and keeps it byte for byte.
    internal sealed class SealDocument
    {
        public readonly byte[] Content;
        public readonly string Digest;
        public readonly List<SealedPart> Parts = new List<SealedPart>();
        public string Deployment, SetId, Decider;
        public List<string> Narrowed;   // null: not recorded
        public JsonMap Quiesce;     // what was stopped for it; null: not recorded
        public JsonMap Signature;   // as in an answer; null: there is none

        private readonly Dictionary<string, SealedPart> byServer = new Dictionary<string, SealedPart>();

        private SealDocument(byte[] content)
        {
            Content = content;
            Digest = Hashing.Hex(content, content.Length);
        }

        public static SealDocument Parse(byte[] content)
        {
            JsonMap map = UntrustedFile.Json(content);
            Schema.Require(map);
            SealDocument document = new SealDocument(content)
            {
                Deployment = Names.Deployment(map.Text("deployment")),
                SetId = Names.SetId(map.Text("set_id")),
                Decider = Names.Server(map.Text("decider")),
                Narrowed = Narrowing.Recorded(map),
                Quiesce = QuiesceSummary.Recorded(map),
                Signature = SealSignature.Of(content, map),
            };
            foreach (JsonMap part in map.Maps("parts"))
            {
                string server = Names.Part(part.Text("server"));
                if (document.Of(server) != null)
                    throw new FormatError("'" + server + "' is listed twice");
                document.Add(new SealedPart { Server = server, Digest = Names.Digest(part.Text("part_sha256")) });
            }
            return document;
        }

        // null if the server is not a member.
        public SealedPart Of(string server)
        {
            SealedPart part;
            return byServer.TryGetValue(server, out part) ? part : null;
        }

        private void Add(SealedPart part)
        {
            Parts.Add(part);
            byServer.Add(part.Server, part);
        }
    }

    internal sealed class SealedPart
    {
        public string Server;
        public string Digest;
    }
}
