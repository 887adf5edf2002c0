// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // A tree of hard cases as it is now, with every property of everything in it, read with a rehearsal's own calls.
    // It is written as one JSON object a line, and later states are compared with it.
    internal sealed class RehearsalRecord
    {
        // Attributes that a person sets; the archive bit belongs to other programs.
        private const uint Compared = Win32.ReadOnly | Win32.Hidden | Win32.System | Win32.Directory
            | Win32.ReparsePoint;

        private readonly SortedDictionary<string, JsonMap> entries =
            new SortedDictionary<string, JsonMap>(StringComparer.Ordinal);

        // `top`: the tree itself, or the copy of it in a set.
        public static RehearsalRecord Of(string top)
        {
            RehearsalRecord record = new RehearsalRecord();
            record.Walk(top, "");
            return record;
        }

        public static RehearsalRecord Read(string file)
        {
            RehearsalRecord record = new RehearsalRecord();
            UntrustedFile.Lines(file, delegate(string line)
            {
                JsonMap entry = JsonReader.Map(line);
                // Another witness wrote it in Windows' own form.
                entry.Set("security", Plain(entry.TextOrNull("security")));
                record.entries[entry.Text("path")] = entry;
            });
            return record;
        }

        public void Write(string folder, string name)
        {
            StringBuilder text = new StringBuilder();
            foreach (JsonMap entry in entries.Values)
                text.Append(JsonWriter.Text(entry)).Append('\n');
            string path = Paths.Combine(folder, name);
            FileFacts facts;
            if (Win32.TryFacts(path, out facts))
                Win32.Delete(path);
            new Writer("The rehearsal stopped", "Remove the cause, and run again.", false)
                .Publish(folder, name, Encoding.ASCII.GetBytes(text.ToString()));
        }

        public int Count
        {
            get { return entries.Count; }
        }

        public long Bytes
        {
            get
            {
                long bytes = 0;
                foreach (JsonMap entry in entries.Values)
                    bytes += entry.Amount("size");
                return bytes;
            }
        }

        // The differences, each as {case, path, property, made, seen}. `properties`: those to compare; `extra`:
        // additional entries are allowed.
        public List<JsonMap> Differences(RehearsalRecord now, List<string> properties, bool extra)
        {
            List<JsonMap> differences = new List<JsonMap>();
            foreach (KeyValuePair<string, JsonMap> made in entries)
            {
                JsonMap seen;
                if (!now.entries.TryGetValue(made.Key, out seen))
                {
                    differences.Add(Difference(made.Key, "there", "there", "missing"));
                    continue;
                }
                foreach (string property in properties)
                {
                    string before = TextOf(made.Value, property), after = TextOf(seen, property);
                    if (before != after)
                        differences.Add(Difference(made.Key, property, before, after));
                }
            }
            foreach (string path in now.entries.Keys)
            {
                if (!extra && !entries.ContainsKey(path))
                    differences.Add(Difference(path, "there", "missing", "there"));
            }
            return differences;
        }

        private static string TextOf(JsonMap entry, string property)
        {
            object value = property == "access" ? Sorted(entry.TextOrNull("security")) : entry[property];
            JsonMap map = value as JsonMap;
            if (map == null)
                return value is string ? (string)value : JsonWriter.Text(value);
            List<string> names = new List<string>(map.Names);
            names.Sort(StringComparer.Ordinal);
            return string.Join(", ",
                names.ConvertAll(delegate(string name) { return name + " " + map[name]; }).ToArray());
        }

        private static JsonMap Difference(string path, string property, string made, string seen)
        {
            return new JsonMap().Set("case", path.Split('/')[0]).Set("path", path).Set("property", property)
                .Set("made", made).Set("seen", seen);
        }

        private void Walk(string place, string path)
        {
            ObservedFacts facts = RehearsalCalls.Look(place);
            bool link = (facts.Attributes & Win32.ReparsePoint) != 0,
                folder = (facts.Attributes & Win32.Directory) != 0;
            if (path.Length > 0)
                entries[path] = Described(place, path, facts, folder || link);
            if (!folder || link)
                return;
            foreach (FoundEntry found in new List<FoundEntry>(Win32.Enumerate(place)))
                TryWalk(Paths.Combine(place, found.Name), path.Length == 0 ? found.Name : path + "/" + found.Name);
        }

        // A deleted name is listed until its last handle is closed.
        private void TryWalk(string place, string path)
        {
            try
            {
                Walk(place, path);
            }
            catch (SystemError error)
            {
                if (!SystemCodes.IsMissing(error))
                    throw;
                entries.Remove(path);
            }
        }

        private static JsonMap Described(string place, string path, ObservedFacts facts, bool hollow)
        {
            JsonMap entry = new JsonMap()
                .Set("path", path).Set("size", facts.Size).Set("attributes", (long)(facts.Attributes & Compared))
                .Set("created", Timestamps.Text(facts.Created)).Set("written", Timestamps.Text(facts.Written));
            bool link = (facts.Attributes & Win32.ReparsePoint) != 0;
            entry.Set("content", hollow ? "" : Digest(RehearsalCalls.Content(place, null)));
            entry.Set("security", link ? null : Plain(RehearsalCalls.Security(place)));
            JsonMap streams = new JsonMap();
            if (!link)
            {
                List<string> names = RehearsalCalls.Streams(place);
                names.Sort(StringComparer.Ordinal);
                foreach (string name in names)
                    streams.Set(name, Digest(RehearsalCalls.Content(place, name)));
            }
            return entry.Set("streams", streams);
        }

        // Get-Acl gives a list's entries in .NET's order, not in the order on the disk.
        private static string Sorted(string sddl)
        {
            int list = sddl == null ? -1 : sddl.IndexOf('(');
            if (list < 0)
                return sddl;
            string[] entries = sddl.Substring(list).Split(')');
            Array.Sort(entries, StringComparer.Ordinal);
            return sddl.Substring(0, list) + string.Join(")", entries);
        }

        private static string Digest(byte[] content)
        {
            return content.Length + " " + Hashing.Hex(content, content.Length);
        }

        // Windows marks with AI and AR how a list was inherited. The rights are the same.
        private static string Plain(string sddl)
        {
            int list = sddl == null ? -1 : sddl.IndexOf("D:", StringComparison.Ordinal);
            if (list < 0)
                return sddl;
            int entries = sddl.IndexOf('(', list);
            string flags = entries < 0 ? sddl.Substring(list + 2) : sddl.Substring(list + 2, entries - list - 2);
            return sddl.Substring(0, list + 2) + flags.Replace("AI", "").Replace("AR", "")
                + (entries < 0 ? "" : sddl.Substring(entries));
        }
    }
}
