// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // manifest.sha256: every file with its digest, in the format of sha256sum: `<hex> <path>`;
    // a path with '\', LF or CR is escaped and its line begins with '\'.
    internal static class Manifest
    {
        public const string FileName = "manifest.sha256";

        public static string Write(Writer writer, string path, List<Entry> files)
        {
            using (ListFile list = writer.List(path))
            {
                foreach (Entry file in files)
                    list.Line(Line(Hashing.Hex(file.Digest), file.Path));
                return list.Finish();
            }
        }

        // Adds the digests to the files of the other list, which must be the same ones in the same order. Returns the
        // list's own digest.
        public static string Read(string part, List<Entry> files)
        {
            int index = 0;
            string digest = UntrustedFile.Lines(Paths.Combine(part, FileName), delegate(string line)
            {
                string path;
                byte[] content = ParseLine(line, out path);
                if (index == files.Count || files[index].Path != path)
                    throw new FormatError("line " + (index + 1) + " names another file than "
                        + FileList.FileName + " does");
                files[index++].Digest = content;
            });
            if (index < files.Count)
                throw new FormatError("it names " + index + " files and " + FileList.FileName + " " + files.Count);
            return digest;
        }

        private static string Line(string hex, string path)
        {
            string escaped = path.Replace("\\", "\\\\").Replace("\n", "\\n").Replace("\r", "\\r");
            return (escaped.Length == path.Length ? "" : "\\") + hex + "  " + escaped;
        }

        private static byte[] ParseLine(string line, out string path)
        {
            bool escaped = line.StartsWith("\\", StringComparison.Ordinal);
            int start = escaped ? 1 : 0;
            if (line.Length < start + 67 || line[start + 64] != ' '
                || (line[start + 65] != ' ' && line[start + 65] != '*'))
                throw new FormatError("a line is not in the format of sha256sum");
            path = line.Substring(start + 66);
            if (escaped)
                path = Unescaped(path);
            return Hashing.Parse(line.Substring(start, 64));
        }

        private static string Unescaped(string text)
        {
            StringBuilder path = new StringBuilder(text.Length);
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] != '\\')
                {
                    path.Append(text[i]);
                    continue;
                }
                int kind = ++i < text.Length ? "\\nr".IndexOf(text[i]) : -1;
                if (kind < 0)
                    throw new FormatError("an unknown escape in a path");
                path.Append("\\\n\r"[kind]);
            }
            return path.ToString();
        }
    }
}
