// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // One alternate data stream as it is in files.jsonl.
    internal sealed class NamedStream : JsonConvertible
    {
        public const int Limit = 64;   // per file: they are in one line of the list

        public readonly string Name;
        public readonly long Size;
        public readonly byte[] Digest;

        public NamedStream(string name, long size, byte[] digest)
        {
            Name = name;
            Size = size;
            Digest = digest;
        }

        // Reads an open stream once, up to its current size. `sink`, or null, gets each block.
        public static NamedStream Read(SafeFileHandle opened, string name, Action<byte[], int> sink)
        {
            long size = Win32.Facts(opened).Size, total = 0;
            byte[] block = new byte[64 * 1024];
            using (HashAlgorithm hash = Hashing.New())
            {
                for (int count = 1; count > 0 && total < size; total += count)
                {
                    Progress.ThrowIfCancelled();
                    count = Win32.Read(opened, block, block.Length);
                    hash.TransformBlock(block, 0, count, null, 0);
                    if (sink != null && count > 0)
                        sink(block, count);
                }
                return new NamedStream(name, total, Hashing.Finish(hash));
            }
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("name", Name).Set("size", Size).Set("sha256", Hashing.Hex(Digest));
        }

        public static NamedStream Parse(JsonMap map)
        {
            string name = map.Text("name"), flaw = Paths.NameProblem(name, true);
            if (flaw != null)
                throw new FormatError("an alternate data stream has " + flaw);
            return new NamedStream(name, map.Amount("size"), Hashing.Parse(map.Text("sha256")));
        }

        // The streams of one file or folder: each name once, as this system compares names.
        public static List<NamedStream> Parse(List<JsonMap> maps)
        {
            List<NamedStream> streams = maps.ConvertAll<NamedStream>(Parse);
            Dictionary<string, bool> names = new Dictionary<string, bool>(Win32.Names);
            foreach (NamedStream stream in streams)
                names[stream.Name] = true;
            if (streams.Count > Limit || names.Count < streams.Count)
                throw new FormatError("two alternate data streams of one name, or more than " + Limit);
            return streams;
        }

        // Whether an open stream has this content. `sink`, or null, gets each block.
        public bool IsIn(SafeFileHandle opened, Action<byte[], int> sink)
        {
            if (Win32.Facts(opened).Size != Size)   // otherwise a stream of any size would be read
                return false;
            NamedStream there = Read(opened, Name, sink);
            return Size == there.Size && Hashing.Same(Digest, there.Digest);
        }

        // null if a file or folder has this stream with this content; otherwise what differs.
        public string Difference(string path)
        {
            try
            {
                using (SafeFileHandle opened = FileStreams.OpenRead(path, Name))
                    return IsIn(opened, null) ? null : "The alternate data stream has another SHA-256 or size.";
            }
            catch (SystemError error)
            {
                return "The alternate data stream: " + error.Message;
            }
        }
    }

    // The alternate data streams of the entries that have any. These are few, so entries have no field for them. Can
    // be used by all threads.
    internal sealed class StreamTable
    {
        private static readonly List<NamedStream> None = new List<NamedStream>();

        private readonly Dictionary<Entry, List<NamedStream>> streams = new Dictionary<Entry, List<NamedStream>>();

        public List<Entry> Entries
        {
            get { return new List<Entry>(streams.Keys); }
        }

        public long Count
        {
            get
            {
                long count = 0;
                foreach (List<NamedStream> own in streams.Values)
                    count += own.Count;
                return count;
            }
        }

        public List<NamedStream> Of(Entry entry)
        {
            List<NamedStream> own;
            return streams.TryGetValue(entry, out own) ? own : None;
        }

        public void Add(StreamTable others)
        {
            foreach (KeyValuePair<Entry, List<NamedStream>> own in others.streams)
                Set(own.Key, own.Value);
        }

        public void Set(Entry entry, List<NamedStream> own)
        {
            lock (streams)
            {
                if (own.Count > 0)
                    streams[entry] = own;
                else
                    streams.Remove(entry);
            }
        }
    }
}
