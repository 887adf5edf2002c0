// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    /// <summary>
    /// What Windows does by habit and Linux does not: the environment variable LAB_HABITS, a JSON object.
    /// Only this twin reads it.
    /// <code>
    /// {"antivirus_ms": n,       an antivirus has each new file open for so long once it is written, and lets nobody
    ///                          delete it: renaming and deleting it fail with 32, replacing it and renaming a folder
    ///                          above it with 5 (beeware/briefcase#1780, sabnzbd/sabnzbd#1569)
    ///  "pending_ms": n,        one in five deleted names ("pending_one_in"; 1: each, and for so long) stays for up to
    ///                          so long, as somebody has it open, and goes then: it is listed and is not there; making
    ///                          it anew fails with 303, renaming onto it with 5, removing its folder with 145 and
    ///                          renaming that with 5 (PostgreSQL's port/open.c, hierynomus/smbj#829)
    ///  "tunneling": true,      creation times can be set, and a name that went and came back within 15 s has the old
    ///                          one's (Microsoft KB 172190)
    ///  "no_classes": [glob],   a file system that does not know every class of information, neither streams (87) nor
    ///                          the tag of a link (microsoft/STL#2373, winfsp/winfsp#661)
    ///  "writers": {glob: {"written": FILETIME, "changed": FILETIME}},
    ///                          another program has it open to write: who excludes writers gets 32, and its times are
    ///                          those of before until that program closes it (Microsoft's "File Times")
    ///  "owner_by_policy": true,   who makes something owns it, also an administrator (policy NoDefaultAdminOwner)
    ///  "ignores_case": true,   names that differ in case alone are one to the agent, and two to a folder
    ///  "process_32_bit": true} the agent's process sees SysWOW64 as System32 (Microsoft Learn: File System Redirector)
    /// </code>
    /// What must outlive a process lies beside LAB_ROOT, in a file of its name with .habits.
    /// </summary>
    internal sealed class LabHabits
    {
        /// <summary>Null on a host without any, which then pays nothing for this.</summary>
        public static readonly LabHabits Current = FromEnvironment();

        public readonly bool Tunnels, OwnersByPolicy, IgnoresCase, IsProcessOf32Bit;
        private const int TunnelSeconds = 15;

        private readonly int antivirus, pending, oneIn;
        private readonly Regex withoutClasses;
        private readonly List<KeyValuePair<Regex, Dictionary<string, object>>> writers =
            new List<KeyValuePair<Regex, Dictionary<string, object>>>();
        private readonly string journal;
        private readonly Dictionary<string, long> scanned = new Dictionary<string, long>();   // path, until when
        private readonly Dictionary<string, long> going = new Dictionary<string, long>();
        private readonly HashSet<string> goingFolders = new HashSet<string>();
        // Path, until when, creation time.
        private readonly Dictionary<string, long[]> tunnel = new Dictionary<string, long[]>();
        private readonly Random chance = new Random();

        private LabHabits(Dictionary<string, object> habits)
        {
            object value;
            antivirus = habits.TryGetValue("antivirus_ms", out value) ? (int)(long)value : 0;
            pending = habits.TryGetValue("pending_ms", out value) ? (int)(long)value : 0;
            oneIn = habits.TryGetValue("pending_one_in", out value) ? (int)(long)value : 5;
            Tunnels = habits.TryGetValue("tunneling", out value) && (bool)value;
            OwnersByPolicy = habits.TryGetValue("owner_by_policy", out value) && (bool)value;
            IgnoresCase = habits.TryGetValue("ignores_case", out value) && (bool)value;
            IsProcessOf32Bit = habits.TryGetValue("process_32_bit", out value) && (bool)value;
            withoutClasses = LabFaults.Globs(habits, "no_classes");
            if (habits.TryGetValue("writers", out value))
                foreach (KeyValuePair<string, object> glob in (Dictionary<string, object>)value)
                    writers.Add(new KeyValuePair<Regex, Dictionary<string, object>>(LabFaults.Glob(glob.Key),
                        (Dictionary<string, object>)glob.Value));
            journal = (Environment.GetEnvironmentVariable("LAB_ROOT") ?? "").TrimEnd('/') + ".habits";
            Load();
        }

        private static LabHabits FromEnvironment()
        {
            string habits = Environment.GetEnvironmentVariable("LAB_HABITS");
            return string.IsNullOrEmpty(habits) ? null : new LabHabits(LabJson.Object(habits));
        }

        // ---- files that are written

        /// <summary>A new file was closed.</summary>
        public void Closed(string path)
        {
            if (antivirus > 0)
                lock (this)
                    Keep("scanned", scanned, path, antivirus);
        }

        public bool LacksClasses
        {
            get { return withoutClasses != null; }
        }

        public bool LacksClass(string path)
        {
            return withoutClasses.IsMatch(path);
        }

        /// <summary>Null, or the times that a file tells as long as another program has it open to write.</summary>
        public Dictionary<string, object> WriterOf(string path)
        {
            foreach (KeyValuePair<Regex, Dictionary<string, object>> writer in writers)
                if (writer.Key.IsMatch(path))
                    return writer.Value;
            return null;
        }

        // ---- names that come and go

        public void BeforeCreation(string path)
        {
            lock (this)
                if (Has(going, path))
                    throw new SystemError(303,
                        "The file cannot be opened because it is in the process of being deleted.");
        }

        public void BeforeMove(string from, string to, bool replace)
        {
            lock (this)
            {
                if (Has(scanned, from))
                    throw Shared();
                if (Has(going, to) || (replace && Has(scanned, to)) || HasBelow(scanned, from) || HasBelow(going, from))
                    throw Win32.Failure(Libc.EACCES);
            }
        }

        public void BeforeDeletion(string path)
        {
            lock (this)
                if (Has(scanned, path))
                    throw Shared();
        }

        public void BeforeFolderGoes(string path)
        {
            lock (this)
                if (HasBelow(going, path))
                    throw Win32.Failure(Libc.ENOTEMPTY);
        }

        /// <summary>By deletion or renaming. `created`: its creation time.</summary>
        public void Gone(string path, long created, bool deleted, bool folder)
        {
            lock (this)
            {
                if (Tunnels)
                {
                    long until = DateTime.UtcNow.AddSeconds(TunnelSeconds).Ticks;
                    tunnel[path] = new[] { until, created };
                    Note("tunnel", until, created, path);
                }
                if (!deleted || pending == 0 || chance.Next(oneIn) != 0)
                    return;
                if (folder)
                    goingFolders.Add(path);
                else
                    goingFolders.Remove(path);
                // Most of them for a moment.
                Keep(folder ? "going-folder" : "going", going, path,
                    oneIn == 1 ? pending : (int)(pending * Math.Pow(chance.NextDouble(), 3)));
            }
        }

        /// <summary>The creation time that a new name gets from the one that was there before; 0: its own.</summary>
        public long Tunneled(string path)
        {
            long[] old;
            lock (this)
                return tunnel.TryGetValue(path, out old) && old[0] > DateTime.UtcNow.Ticks ? old[1] : 0;
        }

        /// <summary>What a listing of the folder still has.</summary>
        public List<FoundEntry> GoingIn(string folder)
        {
            List<FoundEntry> found = new List<FoundEntry>();
            string above = folder.TrimEnd(Win32.Separator) + Win32.Separator;
            lock (this)
                foreach (string path in new List<string>(going.Keys))
                    if (path.StartsWith(above, StringComparison.Ordinal)
                        && path.IndexOf(Win32.Separator, above.Length) < 0 && Has(going, path))
                        found.Add(new FoundEntry
                        {
                            Name = path.Substring(above.Length),
                            Attributes = goingFolders.Contains(path) ? Win32.Directory : Win32.Archive,
                        });
            return found;
        }

        private static SystemError Shared()
        {
            return new SystemError(32,
                "The process cannot access the file because it is being used by another process.");
        }

        private static bool Has(Dictionary<string, long> kept, string path)
        {
            long until;
            if (!kept.TryGetValue(path, out until))
                return false;
            if (until > DateTime.UtcNow.Ticks)
                return true;
            kept.Remove(path);
            return false;
        }

        private static bool HasBelow(Dictionary<string, long> kept, string folder)
        {
            foreach (string path in new List<string>(kept.Keys))
                if (path.StartsWith(folder + Win32.Separator, StringComparison.Ordinal) && Has(kept, path))
                    return true;
            return false;
        }

        private void Keep(string kind, Dictionary<string, long> kept, string path, int milliseconds)
        {
            kept[path] = DateTime.UtcNow.AddMilliseconds(milliseconds).Ticks;
            Note(kind, kept[path], 0, path);
        }

        // ---- from one process to the next

        private void Note(string kind, long until, long value, string path)
        {
            byte[] line = Encoding.ASCII.GetBytes(
                string.Format(CultureInfo.InvariantCulture, "{0} {1} {2} {3}\n", kind, until, value, Text(path)));
            // At the end whoever else writes there: File.AppendAllText seeks to where the end was.
            using (SafeFileHandle end = new SafeFileHandle(Win32.Check(Libc.open(PosixName.Encode(journal),
                Libc.WriteOnly | Libc.Create | Libc.Append | Libc.CloseOnExec, 0x1B6))))
                Win32.Check((int)Libc.write(end, ref line[0], (IntPtr)line.Length));
        }

        // A path may be no valid Unicode.
        private static string Text(string path)
        {
            byte[] bytes = new byte[2 * path.Length];
            Buffer.BlockCopy(path.ToCharArray(), 0, bytes, 0, bytes.Length);
            return Convert.ToBase64String(bytes);
        }

        private static string Path(string text)
        {
            byte[] bytes = Convert.FromBase64String(text);
            char[] path = new char[bytes.Length / 2];
            Buffer.BlockCopy(bytes, 0, path, 0, bytes.Length);
            return new string(path);
        }

        private void Load()
        {
            if (!File.Exists(journal))
                return;
            foreach (string line in File.ReadAllLines(journal))
            {
                string[] fields = line.Split(' ');
                long until = 0, value = 0;
                bool holds = fields.Length == 4 && long.TryParse(fields[1], out until)
                    && long.TryParse(fields[2], out value) && until > DateTime.UtcNow.Ticks;
                if (!holds)
                    continue;
                string path = Path(fields[3]);
                if (fields[0] == "tunnel")
                    tunnel[path] = new[] { until, value };
                else
                    (fields[0] == "scanned" ? scanned : going)[path] = until;
                if (fields[0] == "going-folder")
                    goingFolders.Add(path);
                else if (fields[0] == "going")
                    goingFolders.Remove(path);
            }
        }
    }
}
