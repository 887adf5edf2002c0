// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // An existing part, with what its own document and the seal say. If they do not agree with it, that is a flaw,
    // not an exception.
    internal sealed class StoredPart
    {
        public readonly SetFolder Set;
        public readonly string Server;
        public readonly string Path;
        public Part Document;         // null when it cannot be read
        public string DocumentFlaw;   // null when sound
        public string Digest;         // of part.json
        public string SealFlaw;       // null if there is no seal, or if it names this part
        public bool Sealed;           // the seal names this very part
        public string SealDigest;     // of the seal; null if there is none that can be read
        public List<string> Narrowed; // as the seal says, or part.json where there is no seal; null: not known

        private StoredPart(SetFolder set, string server)
        {
            Set = set;
            Server = server;
            Path = set.PartPath(server);
        }

        // Errors: set_missing, part_missing, part_state (no part.json, and no seal that says there should be one).
        public static StoredPart Open(SetFolder set, string server, string what)
        {
            StoredPart part = new StoredPart(set, server);
            try
            {
                part.Find(what);
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(what, set.Root, error);
            }
            SealedPart seal = part.ReadSeal();
            byte[] content = part.ReadDocument();
            if (content == null && part.DocumentFlaw == null && seal == null)
                throw new AgentError("part_state", what, part.Path,
                    "The part is unfinished: it has no " + Part.FileName + ".",
                    "Make a new backup; an unfinished part is never used.");
            if (content == null)
                part.DocumentFlaw = part.DocumentFlaw ?? "It is missing, and the seal says that it was there.";
            else
                part.Compare(content, seal);
            return part;
        }

        // The controller has checked the signature of the seal with this digest, so no other seal is accepted.
        // Errors: seal_differs.
        public void RequireSeal(JsonMap request, string what)
        {
            string wanted = request.TextOrNull("seal_sha256");
            if (wanted == null || SealDigest == Names.Digest(wanted))
                return;
            throw new AgentError("seal_differs", what, Paths.Combine(Set.Path, SetFolder.Sealed),
                SealDigest == null ? "The seal whose signature was checked is not there."
                    : "It is not the seal whose signature was checked: that one has the digest " + wanted
                        + ", this one has " + SealDigest + ".",
                "Find out who changes the set. Then run again.");
        }

        private void Find(string what)
        {
            if (!SetFolder.IsFolder(Set.DeploymentPath) || !SetFolder.IsFolder(Set.Path))
                throw new AgentError("set_missing", what, Set.Path, "There is no such set.",
                    "Name one that is there. The playbook identityops.groupid.list shows them.");
            if (!SetFolder.IsFolder(Path))
                throw new AgentError("part_missing", what, Path,
                    "The set has no part of the server '" + Server + "' here.",
                    "Name a server that has one, or the backup root where it is.");
        }

        private SealedPart ReadSeal()
        {
            try
            {
                SealDocument seal = Set.Document(SetFolder.Sealed);
                if (seal == null)
                    return null;
                SealDigest = seal.Digest;
                Narrowed = seal.Narrowed;
                SealedPart own = seal.Of(Server);
                if (own == null)
                    SealFlaw = "The seal does not name the server '" + Server + "'.";
                return own;
            }
            catch (FormatError error)
            {
                SealFlaw = "The seal is damaged: " + error.Message + ".";
            }
            catch (SystemError error)
            {
                SealFlaw = error.Message;
            }
            return null;
        }

        private byte[] ReadDocument()
        {
            try
            {
                return UntrustedFile.DocumentOrNull(Paths.Combine(Path, Part.FileName));
            }
            catch (FormatError error)
            {
                DocumentFlaw = "It is damaged: " + error.Message + ".";
            }
            catch (SystemError error)
            {
                DocumentFlaw = error.Message;
            }
            return null;
        }

        private void Compare(byte[] content, SealedPart seal)
        {
            Digest = Hashing.Hex(content, content.Length);
            Sealed = seal != null && seal.Digest == Digest;
            if (seal != null && !Sealed)
                SealFlaw = "The seal names a " + Part.FileName + " with digest " + seal.Digest
                    + "; this one has " + Digest + ".";
            try
            {
                Document = Part.Parse(content);
                if (SealDigest == null)
                    Narrowed = Document.Narrowed;
                if (Document.Server != Server || Document.SetId != Set.SetId || Document.Deployment != Set.Deployment)
                    DocumentFlaw = "It belongs to " + Document.Server + " in set " + Document.SetId + " of "
                        + Document.Deployment + ".";
            }
            catch (FormatError error)
            {
                DocumentFlaw = "It is damaged: " + error.Message + ".";
            }
        }
    }
}
