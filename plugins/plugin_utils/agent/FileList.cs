// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace IdentityOpsAgent
{
    // What a part says it holds: its entries in the lists' order, and as trees, one for each component.
    internal sealed class PartRecord
    {
        public readonly Dictionary<string, Entry> Components = new Dictionary<string, Entry>(Win32.Names);
        public readonly List<Entry> All = new List<Entry>();
        public readonly List<Entry> Files = new List<Entry>();
        public readonly List<string> Security = new List<string>();   // by number
        public long Bytes;
    }

    // files.jsonl: every file and folder with its facts, one JSON object a line, in ordinal order of the paths. `security` is a table within the
    // list: the first entry that has an SDDL gives it as a text, those after it by its number, counted from 0 in the order of the texts.
    internal static class FileList
    {
        public const string FileName = "files.jsonl";

        private const int SecurityLimit = 128 * 1024;   // characters; the longest access list has about as many

        public static string Write(Writer writer, string part, List<Entry> entries)
        {
            using (ListFile list = writer.List(Paths.Combine(part, FileName)))
            {
                StringBuilder line = new StringBuilder();
                Dictionary<string, int> security = new Dictionary<string, int>(StringComparer.Ordinal);
                foreach (Entry entry in entries)
                {
                    line.Length = 0;
                    Append(line, entry, security);
                    list.Line(line.ToString());
                }
                return list.Finish();
            }
        }

        // Gives back the list's digest. Paths that could lead out of the part, that come twice (as this system compares names), out of
        // order or without their folder are a FormatError.
        public static string Read(string part, PartRecord record)
        {
            string before = null;
            Entry folder = null;
            string folderPath = null;
            return Stored.Lines(Paths.Combine(part, FileName), delegate(string line)
            {
                JsonMap map = JsonReader.Map(line);
                string path = map.Text("path");
                if (before != null && string.CompareOrdinal(before, path) >= 0)
                    throw Bad(path, "it is out of order");
                before = path;
                int slash = path.LastIndexOf('/');
                if (slash >= 0 && (folderPath == null || folderPath.Length != slash || string.CompareOrdinal(path, 0, folderPath, 0, slash) != 0))
                {
                    folderPath = path.Substring(0, slash);
                    folder = Find(record, folderPath);
                }
                Add(record, slash < 0 ? null : folder, path, path.Substring(slash + 1), map);
            });
        }

        private static void Append(StringBuilder line, Entry entry, Dictionary<string, int> security)
        {
            line.Append("{\"path\":");
            JsonWriter.AppendText(line, entry.Path);
            line.Append(",\"kind\":").Append(entry.IsFolder ? "\"directory\"" : "\"file\"");
            if (!entry.IsFolder)
                line.Append(",\"size\":").Append(entry.Facts.Size.ToString(CultureInfo.InvariantCulture));
            line.Append(",\"created\":\"").Append(Timestamps.Text(entry.Facts.Created));
            line.Append("\",\"written\":\"").Append(Timestamps.Text(entry.Facts.Written));
            line.Append("\",\"changed\":\"").Append(Timestamps.Text(entry.Facts.Changed));
            line.Append("\",\"attributes\":").Append((entry.Facts.Attributes & Attributes.Stored).ToString(CultureInfo.InvariantCulture));
            AppendSecurity(line, entry.Security, security);
            line.Append('}');
        }

        private static void AppendSecurity(StringBuilder line, string text, Dictionary<string, int> table)
        {
            if (text == null)
                return;
            line.Append(",\"security\":");
            int number;
            if (table.TryGetValue(text, out number))
            {
                line.Append(number.ToString(CultureInfo.InvariantCulture));
                return;
            }
            table.Add(text, table.Count);
            JsonWriter.AppendText(line, text);
        }

        private static Entry Find(PartRecord record, string path)
        {
            Dictionary<string, Entry> level = record.Components;
            Entry entry = null;
            foreach (string name in path.Split('/'))
            {
                if (level == null || !level.TryGetValue(name, out entry) || entry.Name != name || !entry.IsFolder)
                    throw Bad(path, "the list does not have it as a folder");
                level = entry.Children;
            }
            return entry;
        }

        private static void Add(PartRecord record, Entry folder, string path, string name, JsonMap map)
        {
            string flaw = Paths.NameFlaw(name);
            if (flaw != null)
                throw Bad(path, flaw);
            bool isFolder = map.Text("kind") == "directory";
            if (!isFolder && (map.Text("kind") != "file" || folder == null))
                throw Bad(path, "its kind cannot be");
            Entry entry = new Entry(name, folder, isFolder);
            entry.Facts.Created = Timestamps.Parse(map.Text("created"));
            entry.Facts.Written = Timestamps.Parse(map.Text("written"));
            entry.Facts.Changed = Timestamps.Parse(map.Text("changed"));
            entry.Facts.Attributes = (uint)map.Number("attributes", 0, Attributes.Stored);
            entry.Facts.Size = isFolder ? 0 : map.Amount("size");
            entry.Security = Security(record.Security, path, map);
            if (folder != null && folder.Children == null)
                folder.Children = new Dictionary<string, Entry>(Win32.Names);
            Dictionary<string, Entry> level = folder == null ? record.Components : folder.Children;
            if (level.ContainsKey(name))
                throw Bad(path, "another one has the same name");
            level.Add(name, entry);
            record.All.Add(entry);
            if (isFolder)
                return;
            record.Files.Add(entry);
            if (record.Bytes > long.MaxValue - entry.Facts.Size)
                throw Bad(path, "more bytes than there can be");
            record.Bytes += entry.Facts.Size;
        }

        private static string Security(List<string> table, string path, JsonMap map)
        {
            if (map["security"] == null)
                return null;
            if (!(map["security"] is string))
                return table[(int)map.Number("security", 0, table.Count - 1)];
            string text = map.Text("security");
            if (text.Length > SecurityLimit || text.IndexOf('\0') >= 0)
                throw Bad(path, "its 'security' cannot be");
            table.Add(text);
            return text;
        }

        private static FormatError Bad(string path, string flaw)
        {
            return new FormatError("'" + path + "': " + flaw);
        }
    }
}
