// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Copies alternate data streams. A stream that the part's file system refuses is reported as a loss; the file
    // itself is still saved.
    internal sealed class StreamCopy
    {
        private const string NotKept = "The file system of the backup root does not support them.";

        private readonly bool kept;
        private readonly Writer writer;

        public StreamCopy(string part, Writer writer)
        {
            bool answer = false;
            writer.Try(part, delegate { answer = FileStreams.AreSupported(part); });
            kept = answer;
            this.writer = writer;
        }

        // `from`: the file or folder, opened at `source`. `refused`: why a stream is not in the part; null if all
        // are. Throws SystemError if a stream of a file cannot be read.
        public List<NamedStream> Copy(PlannedComponent owner, Entry entry, string source, SafeFileHandle from,
            string target, out string refused)
        {
            List<NamedStream> copied = new List<NamedStream>();
            refused = null;
            if (!owner.KeepsStreams)
                return copied;
            foreach (string name in NamesOf(from, ref refused))
            {
                string flaw = !kept ? NotKept
                    : copied.Count == NamedStream.Limit ? "There are more than " + NamedStream.Limit + "."
                    : FlawOf(name);
                NamedStream stream = null;
                try
                {
                    if (flaw == null)
                        stream = Copy(owner, entry, source, target, name, out flaw);
                }
                catch (SystemError error)
                {
                    if (!entry.IsFolder)
                        throw;
                    flaw = error.Message;   // a folder is not read again because of one stream
                }
                if (stream != null)
                    copied.Add(stream);
                refused = refused ?? flaw;
            }
            copied.Sort(
                delegate(NamedStream left, NamedStream right) { return string.CompareOrdinal(left.Name, right.Name); });
            return copied;
        }

        // If a file system says it supports streams but cannot list them, the file is still saved.
        private static List<string> NamesOf(SafeFileHandle from, ref string refused)
        {
            try
            {
                return FileStreams.Names(from);
            }
            catch (SystemError error)
            {
                if (!SystemCodes.IsUnsupported(error))
                    throw;
                refused = error.Message;
                return new List<string>();
            }
        }

        private static string FlawOf(string name)
        {
            string flaw = Paths.NameProblem(name, true);
            return flaw == null ? null : "'" + name + "' has " + flaw + ".";
        }

        private NamedStream Copy(PlannedComponent owner, Entry entry, string source, string target, string name,
            out string refused)
        {
            bool begun = false;
            try
            {
                using (SafeFileHandle from = FileStreams.OpenRead(source, name))
                {
                    refused = "A folder above it became a link, which is not followed.";
                    if (!owner.IsStillAt(entry, source, from))
                        return null;
                    using (SafeFileHandle to = writer.CreateStream(target, name))
                    {
                        begun = true;
                        NamedStream stream = NamedStream.Read(from, name,
                            delegate(byte[] block, int count) { writer.Write(to, target, block, count); });
                        writer.FlushEach(to, target);
                        refused = null;
                        return stream;
                    }
                }
            }
            catch (AgentError error)
            {
                if (error.Code != Writer.ErrorCode)
                    throw;
                refused = error.Cause;
            }
            try
            {
                if (begun)
                    FileStreams.Delete(target, name);
            }
            catch (SystemError error)   // it is in no list, so it is never restored
            {
                refused += " The incomplete copy was not removed: " + error.Message;
            }
            return null;
        }
    }
}
