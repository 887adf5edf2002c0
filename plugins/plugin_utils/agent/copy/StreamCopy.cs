// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Copies the alternate data streams of what a backup copies.
    // What the part's file system refuses goes to the losses: the file itself is not given up for it.
    internal sealed class StreamCopy
    {
        private const string NotKept = "The file system of the backup root keeps none.";

        private readonly bool kept;
        private readonly Writer writer;

        public StreamCopy(string part, Writer writer)
        {
            bool answer = false;
            writer.Try(part, delegate { answer = FileStreams.AreSupported(part); });
            kept = answer;
            this.writer = writer;
        }

        // `from`: the file or folder, opened at `source`. `refused`: why one of them is not in the part; null when all
        // are. Errors: SystemError when one of a file cannot be read.
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
                    flaw = error.Message;   // a folder is not read again for one of them
                }
                if (stream != null)
                    copied.Add(stream);
                refused = refused ?? flaw;
            }
            copied.Sort(
                delegate(NamedStream left, NamedStream right) { return string.CompareOrdinal(left.Name, right.Name); });
            return copied;
        }

        // A file system that says it keeps some and cannot list them is no reason to give the file up.
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
            catch (SystemError error)   // no list has it, so it is never restored
            {
                refused += " What was written of it stays: " + error.Message;
            }
            return null;
        }
    }
}
