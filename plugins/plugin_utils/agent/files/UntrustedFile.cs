// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Reads a set's own documents and lists. Nothing is trusted: sizes are limited and UTF-8 is strict, otherwise
    // FormatError.
    internal static class UntrustedFile
    {
        private const int DocumentLimit = 16 * 1024 * 1024;
        private const int LineLimit = 256 * 1024;
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        public static byte[] Document(string path)
        {
            return Whole(path, DocumentLimit);
        }

        // Reads a whole file; `limit` in bytes.
        public static byte[] Whole(string path, int limit)
        {
            using (SafeFileHandle file = Win32.OpenRead(path))
            {
                FileFacts facts = Win32.Facts(file);
                if (Attributes.IsFolder(facts.Attributes))
                    throw new FormatError("it is a folder");
                if (facts.Size > limit)
                    throw new FormatError("it has " + facts.Size + " bytes; the limit is " + limit);
                byte[] content = new byte[facts.Size];
                byte[] block = new byte[64 * 1024];
                int total = 0;
                for (int count = 1; count > 0 && total < content.Length; total += count)
                {
                    count = Win32.Read(file, block, Math.Min(block.Length, content.Length - total));
                    Array.Copy(block, 0, content, total, count);
                }
                if (total < content.Length)
                    throw new FormatError("it changed while it was read");
                return content;
            }
        }

        // null when there is no such file.
        public static byte[] DocumentOrNull(string path)
        {
            FileFacts facts;
            return Win32.TryFacts(path, out facts) ? Document(path) : null;
        }

        public static string Text(byte[] content, int start, int count)
        {
            try
            {
                return Strict.GetString(content, start, count);
            }
            catch (ArgumentException)
            {
                throw new FormatError("it is not UTF-8");
            }
        }

        public static JsonMap Json(byte[] content)
        {
            return JsonReader.Map(Text(content, 0, content.Length));
        }

        // Passes each line to `take` and returns the digest of the whole file. Every line must end with LF.
        public static string Lines(string path, Action<string> take)
        {
            using (SafeFileHandle file = Win32.OpenRead(path))
            using (HashAlgorithm hash = Hashing.New())
            {
                byte[] block = new byte[64 * 1024];
                byte[] line = new byte[LineLimit];
                int length = 0;
                for (int count = Win32.Read(file, block, block.Length); count > 0;
                    count = Win32.Read(file, block, block.Length))
                {
                    hash.TransformBlock(block, 0, count, null, 0);
                    for (int start = 0; start < count;)
                    {
                        int end = Array.IndexOf(block, (byte)'\n', start, count - start);
                        int piece = (end < 0 ? count : end) - start;
                        if (length + piece > line.Length)
                            throw new FormatError("a line is too long");
                        Array.Copy(block, start, line, length, piece);
                        length += piece;
                        start += piece + 1;
                        if (end >= 0)
                        {
                            take(Text(line, 0, length));
                            length = 0;
                        }
                    }
                }
                if (length > 0)
                    throw new FormatError("the last line is cut off");
                return Hashing.Hex(Hashing.Finish(hash));
            }
        }
    }
}
