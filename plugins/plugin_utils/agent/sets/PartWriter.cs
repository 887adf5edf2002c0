// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // Makes a new part in a set, and at the end its record: lists, a flush of everything, then part.json, which makes
    // it complete. Two agents may record one part on a share: they write the same, nothing is replaced, and the first
    // part.json counts.
    internal sealed class PartWriter
    {
        private readonly SetFolder set;
        private readonly string server;
        private readonly string folder;

        public PartWriter(SetFolder set, string server)
        {
            this.set = set;
            this.server = server;
            folder = set.PartPath(server);
        }

        // Errors: root_missing, root_unreadable, part_exists.
        public void CheckNew(string what)
        {
            FileFacts facts;
            bool taken;
            try
            {
                if (Paths.NearestExisting(set.Root) == null)
                    throw new AgentError("root_missing", what, set.Root, "The drive or share is not there.",
                        "Correct groupid_backup_root, or connect the drive.");
                taken = Win32.TryFacts(folder, out facts);
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(what, set.Root, error);
            }
            if (taken)
                throw Exists(what);
        }

        // The part, if it was completed with this component only, with this status; null if it has no part.json.
        // Errors: root_unreadable, part_exists (it contains something else).
        public StoredPart Completed(string what, string component, string status)
        {
            FileFacts facts;
            try
            {
                if (!Win32.TryFacts(Paths.Combine(folder, Part.FileName), out facts))
                    return null;
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(what, set.Root, error);
            }
            StoredPart stored = StoredPart.Open(set, server, what);
            bool same = stored.DocumentFlaw == null && stored.SealFlaw == null && stored.Document.Components.Count == 1
                && stored.Document.Components[0].Name == component && stored.Document.Components[0].Status == status;
            if (!same)
                throw Exists(what);
            return stored;
        }

        // Makes an unfinished part with the folder of a component. What exists already is accepted.
        public void Ensure(string what, string component)
        {
            Writer writer = new Writer(what,
                "Correct groupid_backup_root, or give the account the right to write there.", false);
            writer.EnsureFolder(set.DeploymentPath, FolderTrust.CreateClosed);
            writer.EnsureFolder(Paths.Combine(folder, component), FolderTrust.CreateInside);
        }

        // Folders above it that are made here are closed to ordinary users; the part itself must be new.
        public void Make(string what)
        {
            Writer writer = new Writer(what,
                "Correct groupid_backup_root, or give the account the right to write there.", false);
            writer.EnsureFolder(set.DeploymentPath, FolderTrust.CreateClosed);
            writer.EnsureFolder(set.Path, FolderTrust.CreateInside);
            writer.Try(folder, delegate
            {
                try
                {
                    FolderTrust.CreateInside(folder);
                }
                catch (SystemError error)
                {
                    if (SystemCodes.IsTaken(error))
                        throw Exists(what);
                    throw;
                }
            });
        }

        // Returns the digest of part.json.
        public string Record(Writer writer, Part part, List<Tree> trees)
        {
            List<Entry> files = new List<Entry>();
            List<Entry> all = new List<Entry>();
            StreamTable streams = new StreamTable();
            foreach (Tree tree in trees)
            {
                files.AddRange(tree.Files);
                all.AddRange(tree.Folders);
                streams.Add(tree.Streams);
            }
            files.Sort(Entry.ByPath);
            all.AddRange(files);
            all.Sort(Entry.ByPath);
            part.ManifestDigest = Listed(writer, Manifest.FileName,
                delegate(string path) { return Manifest.Write(writer, path, files); });
            part.FileListDigest = Listed(writer, FileList.FileName,
                delegate(string path) { return FileList.Write(writer, path, all, streams); });
            part.Streams = streams.Count;
            writer.Flush(folder);
            part.Finished = Timestamps.Now();
            byte[] document = Encoding.ASCII.GetBytes(JsonWriter.Text(part.ToJson()) + "\n");
            writer.Publish(folder, Part.FileName, document);
            return Hashing.Hex(document, document.Length);
        }

        // A list appears under its name whole. An existing one was left by a killed call, or is another agent's: it
        // must be the same.
        private string Listed(Writer writer, string name, Func<string, string> write)
        {
            string path = Paths.Combine(folder, name);
            string draft = Paths.Combine(folder,
                "." + name + "." + Guid.NewGuid().ToString("N").Substring(0, 8) + ".tmp");
            string digest = write(draft);
            writer.Try(path, delegate
            {
                try
                {
                    Win32.Move(draft, path, false);
                }
                catch (SystemError error)
                {
                    Win32.Delete(draft);
                    if (!SystemCodes.IsTaken(error) || UntrustedFile.Lines(path, delegate { }) != digest)
                        throw;
                }
            });
            return digest;
        }

        public AgentError Exists(string what)
        {
            return new AgentError("part_exists", what, folder, "The set already has a part of this name.",
                "Choose a new set id: a part is never overwritten.");
        }
    }
}
