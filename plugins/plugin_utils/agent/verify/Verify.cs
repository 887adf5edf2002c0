// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // One thing that is wrong with a part. The path is relative to it.
    internal sealed class Finding : JsonConvertible
    {
        public const string Missing = "missing", Added = "added", Size = "size", Content = "content";
        public const string Kind = "kind", Unreadable = "unreadable", Record = "record", Stream = "stream";

        public readonly string Path;
        private readonly string problem;
        public readonly string Cause;
        public Entry Entry;   // that has the alternate data stream

        public Finding(string path, string problem, string cause)
        {
            Path = path;
            this.problem = problem;
            Cause = cause;
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("path", Path).Set("problem", problem).Set("cause", Cause);
        }

        public override string ToString()
        {
            return Path + " (" + problem + "): " + Cause;
        }
    }

    // The operation `verify`: compares a part with its own record. The mode says how much of the files' content is
    // read.
    internal static class Verify
    {
        private const string What = "The part was not verified";

        public static Answer Run(JsonMap request)
        {
            SetFolder set = SetFolder.Of(request);
            string server = ServerOf(request);
            VerifyMode mode = VerifyMode.Parse(request.TextOrNull("mode"));
            StoredPart part = StoredPart.Open(set, server, What);
            part.RequireSeal(request, What);
            Answer answer = new Answer();
            if (request.Flag("for_restore", false))
                FolderTrust.RequireForRestore(set, part.Path, What, request, false, answer.Warnings);
            Verification verification = new Verification(part) { Mode = mode };
            List<string> components = request["components"] == null ? null : request.Texts("components");
            verification.Run(components, What);
            List<Finding> findings = verification.Findings;
            findings.AddRange(verification.StreamFindings);
            string state = findings.Count == 0 ? VerifyRecords.Verified : VerifyRecords.Damaged;
            // If only some components were verified and are sound, this says nothing about the part.
            if (!request.Flag("check", false) && (components == null || findings.Count > 0))
                new VerifyRecords(set.Root, set.Deployment)
                    .Write(part, mode, state, verification, answer.Warnings);
            answer.Members.Set("set_id", set.SetId).Set("server", server).Set("state", state).Set("mode", mode.Text)
                .Set("sealed", part.Sealed).Set("files", verification.Files).Set("bytes", verification.Bytes)
                .Set("files_read", verification.FilesRead).Set("bytes_read", verification.BytesRead)
                .Set("problems", Answer.First(findings, Answer.ListLimit)).Set("problem_count", findings.Count)
                .Set("details", part.Document == null ? null : part.Document.Details)
                .Set("external", part.Document == null ? null : part.Document.External())
                .Set("narrowed", part.Narrowed);
            if (findings.Count > 0)
                answer.Failure = Damaged(part, findings, "The part is not as it was written");
            return answer;
        }

        public static AgentError Damaged(StoredPart part, List<Finding> findings, string what)
        {
            return new AgentError("damaged", what, part.Path,
                findings.Count + " differences; the first is " + findings[0],
                "Use another set; find out what changed this one, or whether the disk fails.");
        }

        // The part that a request means: this computer's own, or the one named as its server.
        public static string ServerOf(JsonMap request)
        {
            string server = request.TextOrNull("server");
            return server == null ? Names.ThisServer() : Names.Part(server);
        }
    }

    // Compares a part with its record. Each difference is reported once, as the most specific problem. A folder is
    // reported instead of everything in it.
    internal sealed class Verification
    {
        public readonly PartRecord Record = new PartRecord();
        public List<Finding> Findings = new List<Finding>();
        public readonly List<Finding> StreamFindings = new List<Finding>();   // these are then removed from the record
        public VerifyMode Mode = VerifyMode.Full;
        public long Files, Bytes;           // compared
        public long FilesRead, BytesRead;   // of these, by content

        private readonly StoredPart part;
        private readonly List<Finding> differences = new List<Finding>();
        private readonly List<Entry> streamed = new List<Entry>();   // existing ones with alternate data streams
        private List<Entry> readable;
        private bool digestsKnown;

        public Verification(StoredPart part)
        {
            this.part = part;
        }

        // `components` null: all. component_missing if the part does not have one of them.
        public void Run(List<string> components, string what)
        {
            if (!ReadRecord())
                return;
            foreach (string name in components ?? new List<string>())
            {
                if (part.Document.Copied(Names.Component(name)) == null)
                    throw new AgentError("component_missing", what, part.Path, "The part does not have this component.",
                        "Name a component that it has.", name);
            }
            foreach (Entry file in Record.Files)
            {
                if (components != null && !components.Contains(file.Top.Name))
                    continue;
                Files++;
                Bytes += file.Facts.Size;
            }
            readable = new List<Entry>((int)Files);
            CompareTop(components);
            if (digestsKnown)
                ReadFiles();
            ReadStreams();
            differences.Sort(
                delegate(Finding left, Finding right) { return string.CompareOrdinal(left.Path, right.Path); });
            Findings.AddRange(differences);
        }

        // False if there is no list to compare with. Findings has what does not agree.
        public bool ReadRecord()
        {
            if (part.SealFlaw != null)
                Bad(SetFolder.Sealed, part.SealFlaw);
            if (part.DocumentFlaw != null)
                Bad(Part.FileName, part.DocumentFlaw);
            if (part.Document == null)
                return false;
            if (!ReadList(FileList.FileName, part.Document.FileListDigest,
                delegate { return FileList.Read(part.Path, Record); }))
                return false;
            digestsKnown = ReadList(Manifest.FileName, part.Document.ManifestDigest,
                delegate { return Manifest.Read(part.Path, Record.Files); });
            CompareCounts();
            return true;
        }

        private bool ReadList(string name, string digest, Func<string> read)
        {
            try
            {
                if (read() == digest)
                    return true;
                Bad(name, "Its digest is not the one in " + Part.FileName + ".");
            }
            catch (FormatError error)
            {
                Bad(name, "It is damaged: " + error.Message + ".");
            }
            catch (SystemError error)
            {
                Bad(name, error.Message);
            }
            return false;
        }

        private void CompareCounts()
        {
            Part document = part.Document;
            if (document.Files != Record.Files.Count || document.Bytes != Record.Bytes
                || document.Directories != Record.Folders)
                Bad(Part.FileName, "Its counts are not those of " + FileList.FileName + ".");
            List<PartComponent> copied =
                document.Components.FindAll(delegate(PartComponent component) { return component.IsCopied; });
            bool same = copied.Count == Record.Components.Count;
            foreach (PartComponent component in copied)
                same &= Record.Components.ContainsKey(component.Name);
            if (!same)
                Bad(Part.FileName, "Its components are not those of " + FileList.FileName + ".");
        }

        private void CompareTop(List<string> components)
        {
            Stack<Entry> waiting = new Stack<Entry>();
            List<Entry> expected = new List<Entry>(Record.Components.Values);
            expected.RemoveAll(
                delegate(Entry component) { return components != null && !components.Contains(component.Name); });
            Compare(part.Path, "", expected, components == null, waiting);
            while (waiting.Count > 0)
            {
                Entry folder = waiting.Pop();
                Compare(folder.PathInPart(part.Path), folder.Path + "/", folder.Children, true, waiting);
            }
        }

        // Compares one folder of the part with the same folder of the record.
        private void Compare(string place, string prefix, List<Entry> expected, bool whole, Stack<Entry> waiting)
        {
            Dictionary<string, Entry> unseen = new Dictionary<string, Entry>(expected.Count, Win32.Names);
            foreach (Entry entry in expected)
                unseen.Add(entry.Name, entry);
            try
            {
                foreach (FoundEntry found in Win32.Enumerate(place))
                {
                    Entry entry;
                    if (unseen.TryGetValue(found.Name, out entry))
                    {
                        unseen.Remove(found.Name);
                        CompareEntry(entry, found, waiting);
                    }
                    else if (whole && !(prefix.Length == 0 && IsRecord(found.Name)))
                        differences.Add(new Finding(prefix + found.Name, Finding.Added,
                            "It is not in the record."));
                }
                foreach (Entry entry in unseen.Values)
                    differences.Add(new Finding(entry.Path, Finding.Missing, "It is not there."));
            }
            catch (SystemError error)
            {
                differences.Add(new Finding(prefix.TrimEnd('/'), Finding.Unreadable, error.Message));
            }
        }

        private void CompareEntry(Entry entry, FoundEntry found, Stack<Entry> waiting)
        {
            bool link = Attributes.IsLink(found.Attributes, found.ReparseTag);
            if (link || Attributes.IsFolder(found.Attributes) != entry.IsFolder)
            {
                differences.Add(new Finding(entry.Path, Finding.Kind, link ? "It is a link."
                    : entry.IsFolder ? "It is a file, not a folder." : "It is a folder, not a file."));
                return;
            }
            if (Record.Streams.Of(entry).Count > 0)
                streamed.Add(entry);
            if (entry.IsFolder)
                waiting.Push(entry);
            else if (found.Size != entry.Facts.Size)
                differences.Add(WrongSize(entry, found.Size));
            else
                readable.Add(entry);
        }

        private void ReadFiles()
        {
            Mode.Choose(readable);
            Progress.Begin("verifying", readable);
            WorkerPool.LargestFirst(readable);
            WorkerPool.Run(readable.Count, 0, delegate(Worker worker, int index)
            {
                Finding finding = ReadFile(worker, readable[index]);
                if (finding == null)
                    return;
                lock (differences)
                    differences.Add(finding);
            });
        }

        private Finding ReadFile(Worker worker, Entry entry)
        {
            try
            {
                using (SafeFileHandle file = Win32.OpenRead(entry.PathInPart(part.Path)))
                {
                    byte[] digest;
                    long count = worker.Read(file, entry.Facts.Size, null, out digest);
                    Interlocked.Increment(ref FilesRead);
                    Interlocked.Add(ref BytesRead, count);
                    if (count != entry.Facts.Size)
                        return WrongSize(entry, count);
                    return Hashing.Same(digest, entry.Digest)
                        ? null : new Finding(entry.Path, Finding.Content, "The content has another SHA-256.");
                }
            }
            catch (SystemError error)
            {
                return new Finding(entry.Path, SystemCodes.IsMissing(error) ? Finding.Missing : Finding.Unreadable,
                    error.Message);
            }
        }

        private void ReadStreams()
        {
            Mode.Choose(streamed);
            List<NamedStream>[] sound = new List<NamedStream>[streamed.Count];
            WorkerPool.Run(streamed.Count, 0,
                delegate(Worker worker, int index) { sound[index] = Sound(streamed[index]); });
            for (int i = 0; i < sound.Length; i++)
                Record.Streams.Set(streamed[i], sound[i]);
            StreamFindings.Sort(
                delegate(Finding left, Finding right) { return string.CompareOrdinal(left.Path, right.Path); });
        }

        // The streams that are as the record says.
        private List<NamedStream> Sound(Entry entry)
        {
            string place = entry.PathInPart(part.Path);
            return Record.Streams.Of(entry).FindAll(delegate(NamedStream stream)
            {
                string difference = stream.Difference(place);
                if (difference == null)
                    return true;
                lock (StreamFindings)
                    StreamFindings.Add(
                        new Finding(entry.Path + ":" + stream.Name, Finding.Stream, difference) { Entry = entry });
                return false;
            });
        }

        private static Finding WrongSize(Entry entry, long size)
        {
            return new Finding(entry.Path, Finding.Size,
                "It has " + size + " bytes; the record says " + entry.Facts.Size + ".");
        }

        private static bool IsRecord(string name)
        {
            return Win32.Names.Equals(name, Part.FileName) || Win32.Names.Equals(name, Manifest.FileName)
                || Win32.Names.Equals(name, FileList.FileName);
        }

        private void Bad(string path, string cause)
        {
            Findings.Add(new Finding(path, Finding.Record, cause));
        }
    }
}
