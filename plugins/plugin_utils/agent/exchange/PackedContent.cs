// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;
using System.IO.Compression;

namespace IdentityOpsAgent
{
    // The content of one file in requests and answers: base64 of gzip, with the size and the digest of the unpacked
    // content.
    internal static class PackedContent
    {
        public const int Limit = 64 * 1024 * 1024;   // bytes, unpacked

        // .NET Framework writes no gzip at all for empty content.
        private const string Nothing = "H4sIAAAAAAACAwMAAAAAAAAAAAA=";

        private const string Smaller =
            "Name fewer attributes or a narrower filter, or copy the file there in another way.";

        // The content from `content`, `bytes` and `sha256` of a request. Errors: too_large, content_differs. Never
        // uses more memory than the limit.
        public static byte[] Content(JsonMap request, string what, string path)
        {
            long bytes = request.Amount("bytes");
            string digest = Names.Digest(request.Text("sha256"));
            CheckSize(bytes, what, path);
            byte[] content = Unpacked(request.Text("content"), (int)bytes, what, path);
            string own = Hashing.Hex(content, content.Length);
            if (content.Length != bytes || own != digest)
                throw new AgentError("content_differs", what, path,
                    "The received content has " + content.Length + " bytes and SHA-256 " + own
                    + "; expected were " + bytes + " bytes and " + digest + ".", "Send the file again.");
            return content;
        }

        // The members `content`, `bytes` and `sha256` of an answer.
        public static void Set(JsonMap answer, byte[] content)
        {
            answer.Set("content", Text(content)).Set("bytes", content.Length)
                .Set("sha256", Hashing.Hex(content, content.Length));
        }

        // Reads a file up to the limit. Error: too_large. Throws FormatError and SystemError like any read.
        public static byte[] Read(string path, string what)
        {
            FileFacts facts;
            if (Win32.TryFacts(path, out facts))
                CheckSize(facts.Size, what, path);
            return UntrustedFile.Whole(path, Limit);
        }

        private static void CheckSize(long bytes, string what, string path)
        {
            if (bytes > Limit)
                throw new AgentError("too_large", what, path,
                    "The file has " + bytes + " bytes; at most " + Limit + " can be sent.", Smaller);
        }

        private static byte[] Unpacked(string text, int expected, string what, string path)
        {
            MemoryStream content = new MemoryStream(expected);
            byte[] block = new byte[64 * 1024];
            try
            {
                using (GZipStream packed = new GZipStream(new MemoryStream(Convert.FromBase64String(text), false),
                    CompressionMode.Decompress))
                {
                    for (int count = packed.Read(block, 0, block.Length); count > 0;
                        count = packed.Read(block, 0, block.Length))
                    {
                        if (content.Length + count > Limit)
                            throw new AgentError("too_large", what, path,
                                "The received content has more than " + Limit + " bytes.", Smaller);
                        content.Write(block, 0, count);
                    }
                }
            }
            catch (FormatException)
            {
                throw new FormatError("'content' is not base64");
            }
            catch (IOException)
            {
                throw new FormatError("'content' is not gzip");
            }
            catch (InvalidDataException)
            {
                throw new FormatError("'content' is not gzip");
            }
            return content.ToArray();
        }

        private static string Text(byte[] content)
        {
            if (content.Length == 0)
                return Nothing;
            using (MemoryStream packed = new MemoryStream())
            {
                using (GZipStream stream = new GZipStream(packed, CompressionMode.Compress, true))
                    stream.Write(content, 0, content.Length);
                return Convert.ToBase64String(packed.GetBuffer(), 0, (int)packed.Length);
            }
        }
    }
}
