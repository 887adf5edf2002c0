// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace IdentityOpsAgent
{
    // What a part says it contains: its entries in the lists' order, and as trees, one for each component.
    internal sealed class PartRecord
    {
        public readonly Dictionary<string, Entry> Components = new Dictionary<string, Entry>(Win32.Names);
        public readonly List<Entry> Files = new List<Entry>();
        public readonly List<string> Security = new List<string>();   // by number
        public readonly StreamTable Streams = new StreamTable();
        public long Folders, Bytes;
    }

    // files.jsonl: every file and folder with its facts, one JSON object a line, in ordinal order of the paths.
    // `security` is a table within the list: the first entry with an SDDL has it as text, later ones have its number,
    // counted from 0 in the order of the texts. `streams`, which few entries have, are the alternate data streams in
    // ordinal order of their names, with size and SHA-256.
    internal static class FileList
    {
        public const string FileName = "files.jsonl";

        private const int SecurityLimit = 128 * 1024;   // characters; the longest access list has about as many

        public static string Write(Writer writer, string path, List<Entry> entries, StreamTable streams)
        {
            using (ListFile list = writer.List(path))
            {
                StringBuilder line = new StringBuilder();
                Dictionary<string, int> security = new Dictionary<string, int>(StringComparer.Ordinal);
                foreach (Entry entry in entries)
                {
                    line.Length = 0;
                    Append(line, entry, security, streams);
                    list.Line(line.ToString());
                }
                return list.Finish();
            }
        }

        // Returns the list's digest. FormatError for paths that could lead out of the part, come twice (as this
        // system compares names), are out of order, or come without their folder.
        public static string Read(string part, PartRecord record)
        {
            string before = null;
            Entry folder = null;
            string folderPath = null;
            string digest = UntrustedFile.Lines(Paths.Combine(part, FileName), delegate(string line)
            {
                JsonMap map = JsonReader.Map(line);
                string path = map.Text("path");
                if (before != null && string.CompareOrdinal(before, path) >= 0)
                    throw Error(path, "it is out of order");
                before = path;
                int slash = path.LastIndexOf('/');
                if (slash >= 0 && (folderPath == null || folderPath.Length != slash
                    || string.CompareOrdinal(path, 0, folderPath, 0, slash) != 0))
                {
                    folderPath = path.Substring(0, slash);
                    folder = Find(record, folderPath);
                }
                Add(record, slash < 0 ? null : folder, path, path.Substring(slash + 1), map);
            });
            CheckTwins(record);
            return digest;
        }

        // Not while the list is read: a table of names for each folder would need the most memory of all.
        private static void CheckTwins(PartRecord record)
        {
            Stack<Entry> waiting = new Stack<Entry>(record.Components.Values);
            while (waiting.Count > 0)
            {
                Entry folder = waiting.Pop();
                if (folder.Children == null)
                    continue;
                Dictionary<string, bool> names = new Dictionary<string, bool>(folder.Children.Count, Win32.Names);
                foreach (Entry child in folder.Children)
                {
                    if (names.ContainsKey(child.Name))
                        throw Error(child.Path, "another one has the same name");
                    names.Add(child.Name, true);
                    waiting.Push(child);
                }
            }
        }

        private static void Append(StringBuilder line, Entry entry, Dictionary<string, int> security,
            StreamTable streams)
        {
            line.Append("{\"path\":");
            JsonWriter.AppendText(line, entry.Path);
            line.Append(",\"kind\":").Append(entry.IsFolder ? "\"directory\"" : "\"file\"");
            if (!entry.IsFolder)
                line.Append(",\"size\":").Append(entry.Facts.Size.ToString(CultureInfo.InvariantCulture));
            line.Append(",\"created\":\"").Append(Timestamps.Text(entry.Facts.Created));
            line.Append("\",\"written\":\"").Append(Timestamps.Text(entry.Facts.Written));
            line.Append("\",\"changed\":\"").Append(Timestamps.Text(entry.Facts.Changed));
            line.Append("\",\"attributes\":")
                .Append((entry.Facts.Attributes & Attributes.Stored).ToString(CultureInfo.InvariantCulture));
            AppendSecurity(line, entry.Security, security);
            AppendStreams(line, streams.Of(entry));
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

        private static void AppendStreams(StringBuilder line, List<NamedStream> streams)
        {
            if (streams.Count > 0)
                line.Append(",\"streams\":").Append(JsonWriter.Text(streams));
        }

        private static Entry Find(PartRecord record, string path)
        {
            string[] names = path.Split('/');
            Entry entry;
            record.Components.TryGetValue(names[0], out entry);
            for (int i = 1; i < names.Length && entry != null; i++)
                entry = Child(entry, names[i]);
            if (entry == null || entry.Path != path || !entry.IsFolder)
                throw Error(path, "the list does not have it as a folder");
            return entry;
        }

        // null if there is none of exactly this name.
        public static Entry Child(Entry folder, string name)
        {
            int low = 0, high = folder.Children == null ? -1 : folder.Children.Count - 1;
            while (low <= high)
            {
                int middle = low + (high - low) / 2;
                int order = string.CompareOrdinal(folder.Children[middle].Name, name);
                if (order == 0)
                    return folder.Children[middle];
                if (order < 0)
                    low = middle + 1;
                else
                    high = middle - 1;
            }
            return null;
        }

        private static void Add(PartRecord record, Entry folder, string path, string name, JsonMap map)
        {
            string flaw = Paths.NameProblem(name);
            if (flaw != null)
                throw Error(path, flaw);
            bool isFolder = map.Text("kind") == "directory";
            if (!isFolder && (map.Text("kind") != "file" || folder == null))
                throw Error(path, "its kind is not valid");
            Entry entry = isFolder ? new ListedFolder(name, folder) : new Entry(name, folder, false);
            entry.Facts.Created = Timestamps.Parse(map.Text("created"));
            entry.Facts.Written = Timestamps.Parse(map.Text("written"));
            entry.Facts.Changed = Timestamps.Parse(map.Text("changed"));
            entry.Facts.Attributes = (uint)map.Number("attributes", 0, Attributes.Stored);
            entry.Facts.Size = isFolder ? 0 : map.Amount("size");
            entry.Security = Security(record.Security, path, map);
            if (map["streams"] != null)
                record.Streams.Set(entry, NamedStream.Parse(map.Maps("streams")));
            if (folder == null)
                AddComponent(record, entry);
            else
                folder.Children.Add(entry);
            if (isFolder)
            {
                record.Folders++;
                return;
            }
            record.Files.Add(entry);
            if (record.Bytes > long.MaxValue - entry.Facts.Size)
                throw Error(path, "more bytes than there can be");
            record.Bytes += entry.Facts.Size;
        }

        private static void AddComponent(PartRecord record, Entry component)
        {
            if (record.Components.ContainsKey(component.Name))
                throw Error(component.Name, "another one has the same name");
            record.Components.Add(component.Name, component);
        }

        private static string Security(List<string> table, string path, JsonMap map)
        {
            if (map["security"] == null)
                return null;
            if (!(map["security"] is string))
                return table[(int)map.Number("security", 0, table.Count - 1)];
            string text = map.Text("security");
            if (text.Length > SecurityLimit || text.IndexOf('\0') >= 0)
                throw Error(path, "its 'security' is not valid");
            table.Add(text);
            return text;
        }

        private static FormatError Error(string path, string flaw)
        {
            return new FormatError("'" + path + "': " + flaw);
        }
    }
}
