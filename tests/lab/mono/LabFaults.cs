// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// What shall go wrong on this lab host: the environment variable LAB_FAULTS, a JSON object.
    /// Globs are over whole paths, '*' crosses folders.
    /// <code>
    /// {"locked": [glob],           another program has it: reading, replacing and deleting fail with 32
    ///  "denied": [glob],           error 5 for reading, listing, creating, replacing, deleting
    ///  "vanish": [glob],           listed, and gone when it is asked for
    ///  "grow": [glob],             one byte longer after the first read of every opening
    ///  "region": [glob],           another program has a region of it locked: it opens, and reading fails with 32
    ///  "unlink": [glob],           deleted as soon as it is open for reading
    ///  "plant": {path: target},    the folder becomes a link to another one when the first file below it is opened for
    ///                              reading
    ///  "appear": {glob: path},     somebody writes an empty file there when the first such file is opened for reading
    ///  "reads": {glob: n},         opening for reading fails with 32 n times in the life of the process, then works
    ///  "free_bytes": n,            what FreeBytes answers
    ///  "full_after_bytes": n,      bytes that may be written before the disk is full (112)
    ///  "full": [glob],             a disk on which no new file gets a byte (112); other disks have room
    ///  "no_volume_flush": true,    CanFlushVolume is false
    ///  "no_streams": [glob],       a file system that keeps no alternate data streams
    ///  "link_code": n,             every hard link is refused with this number of Windows
    ///  "no_privileges": [name],    which the account does not hold
    ///  "no_breakaway": true,       the job object of the connection lets nothing leave it (5)
    ///  "wmi_error": n,             WMI is refused with this number of Windows
    ///  "wmi_create": n,            Win32_Process.Create gives this value, and starts nothing
    ///  "wmi_leave": n,             so it does where the process is to leave the job object of WMI's host
    ///  "wmi_process": "dies",      what WMI starts ends at once; "mute": it lives, and never asks for its request;
    ///                              "hangs": WMI never answers
    ///  "pipe": "taken",            another process has a pipe of the name; "thief": another process is the first to
    ///                              come to it
    ///  "fail_change": {"glob": glob, "at": n, "errno": n},
    ///                              the n-th creating, replacing, deleting or marking of such a path
    ///  "die_at": n,                the process is killed (SIGKILL) before its n-th call that changes a disk
    ///  "lost_share": n,            every path on a share is refused with this number of Windows
    ///  "in_job": {...},            in the process of a job these instead of all others
    ///  "start_code": n,            every program with a network identity is refused with this number of Windows
    ///  "exit_code": n,             every program ends with this code
    ///  "loses": {kind: [glob]},    what the disk takes and does not keep, without a word: streams, times, attributes,
    ///                              content, names (of what is moved there), deletes, links (of hard ones), marks (what
    ///                              says that a link is one), listing (names), lists, owners, rest (reading moves the
    ///                              time), shared (deleting one name of a read-only file makes the others writable)
    ///  "caches": [glob],           what was read there once is what is read ever after
    ///  "lists": true,              a disk that keeps access lists, as texts
    ///  "no_writers": true,         nobody is told who may write to a folder
    ///  "no_share_modes": true,     what a program holds open is there for everybody
    ///  "readers_hold_nothing": true,   what a program has open for reading can be renamed and deleted
    ///  "readers_as_writers": true,     who excludes writers is refused by those that only read
    ///  "no_network_identity": true}   nobody may log on for the network alone (5)
    /// </code>
    /// </summary>
    internal sealed class LabFaults
    {
        /// <summary>Null on a healthy host, which then pays nothing for this.</summary>
        public static readonly LabFaults Current = FromEnvironment();

        public readonly long? FreeBytes;
        public readonly bool NoVolumeFlush, NoBreakaway, NoNetworkIdentity, KeepsLists, NoWriters, NoShareModes;
        public readonly bool ReadersHoldNothing, ReadersAsWriters;
        public readonly int LinkCode, StartCode, ServiceError, ShareCode;
        public readonly long CreateCode, LeaveCode;
        public readonly string Service, Pipe;
        public readonly long? ExitCode;
        public readonly List<object> WithoutPrivileges = new List<object>();
        private readonly Dictionary<string, Regex> losses = new Dictionary<string, Regex>();
        private readonly Regex caches;
        private readonly Regex locked, denied, vanish, grow, region, unlink, noStreams, full;
        private readonly Dictionary<string, object> plants = new Dictionary<string, object>();
        private readonly List<KeyValuePair<Regex, string>> appearing = new List<KeyValuePair<Regex, string>>();
        private readonly List<KeyValuePair<Regex, int[]>> failingReads = new List<KeyValuePair<Regex, int[]>>();
        private readonly long? room;
        private readonly Regex failing;
        private readonly int failingError;
        private long written, untilFailure, untilDeath;

        private LabFaults(Dictionary<string, object> faults)
        {
            locked = Globs(faults, "locked");
            denied = Globs(faults, "denied");
            vanish = Globs(faults, "vanish");
            grow = Globs(faults, "grow");
            region = Globs(faults, "region");
            unlink = Globs(faults, "unlink");
            full = Globs(faults, "full");
            noStreams = Globs(faults, "no_streams");
            caches = Globs(faults, "caches");
            object value;
            if (faults.TryGetValue("loses", out value))
                foreach (string kind in ((Dictionary<string, object>)value).Keys)
                    losses.Add(kind, Globs((Dictionary<string, object>)value, kind));
            KeepsLists = faults.ContainsKey("lists");
            NoWriters = faults.ContainsKey("no_writers");
            NoShareModes = faults.ContainsKey("no_share_modes");
            ReadersHoldNothing = faults.ContainsKey("readers_hold_nothing");
            ReadersAsWriters = faults.ContainsKey("readers_as_writers");
            if (faults.TryGetValue("plant", out value))
                plants = (Dictionary<string, object>)value;
            if (faults.TryGetValue("appear", out value))
                foreach (KeyValuePair<string, object> glob in (Dictionary<string, object>)value)
                    appearing.Add(new KeyValuePair<Regex, string>(Glob(glob.Key), (string)glob.Value));
            if (faults.TryGetValue("reads", out value))
                foreach (KeyValuePair<string, object> glob in (Dictionary<string, object>)value)
                    failingReads.Add(new KeyValuePair<Regex, int[]>(Glob(glob.Key), new[] { (int)(long)glob.Value }));
            FreeBytes = faults.TryGetValue("free_bytes", out value) ? (long)value : (long?)null;
            room = faults.TryGetValue("full_after_bytes", out value) ? (long)value : (long?)null;
            if (faults.TryGetValue("no_privileges", out value))
                WithoutPrivileges = (List<object>)value;
            if (faults.TryGetValue("fail_change", out value))
            {
                Dictionary<string, object> failure = (Dictionary<string, object>)value;
                failing = Glob((string)failure["glob"]);
                failingError = (int)(long)failure["errno"];
                untilFailure = (long)failure["at"];
            }
            untilDeath = faults.TryGetValue("die_at", out value) ? (long)value : 0;
            NoNetworkIdentity = faults.TryGetValue("no_network_identity", out value) && (bool)value;
            ShareCode = faults.TryGetValue("lost_share", out value) ? (int)(long)value : 0;
            LinkCode = faults.TryGetValue("link_code", out value) ? (int)(long)value : 0;
            StartCode = faults.TryGetValue("start_code", out value) ? (int)(long)value : 0;
            ExitCode = faults.TryGetValue("exit_code", out value) ? (long)value : (long?)null;
            ServiceError = faults.TryGetValue("wmi_error", out value) ? (int)(long)value : 0;
            CreateCode = faults.TryGetValue("wmi_create", out value) ? (long)value : 0;
            LeaveCode = faults.TryGetValue("wmi_leave", out value) ? (long)value : 0;
            Service = faults.TryGetValue("wmi_process", out value) ? (string)value : null;
            Pipe = faults.TryGetValue("pipe", out value) ? (string)value : null;
            NoBreakaway = faults.TryGetValue("no_breakaway", out value) && (bool)value;
            NoVolumeFlush = faults.TryGetValue("no_volume_flush", out value) && (bool)value;
        }

        private static LabFaults FromEnvironment()
        {
            string faults = Environment.GetEnvironmentVariable("LAB_FAULTS");
            if (string.IsNullOrEmpty(faults))
                return null;
            Dictionary<string, object> all = LabJson.Object(faults);
            object own;
            return new LabFaults(LabComputer.IsJob && all.TryGetValue("in_job", out own)
                ? (Dictionary<string, object>)own : all);
        }

        internal static Regex Globs(Dictionary<string, object> faults, string name)
        {
            object globs;
            if (!faults.TryGetValue(name, out globs))
                return null;
            List<string> patterns = new List<string>();
            foreach (object glob in (List<object>)globs)
                patterns.Add(Glob((string)glob).ToString());
            return patterns.Count == 0 ? null : new Regex(string.Join("|", patterns.ToArray()));
        }

        internal static Regex Glob(string glob)
        {
            return new Regex(@"\A" + Regex.Escape(glob).Replace(@"\*", "(?s:.*)").Replace(@"\?", "(?s:.)") + @"\z");
        }

        private static bool Hits(Regex globs, string path)
        {
            return globs != null && globs.IsMatch(path);
        }

        /// <summary>Whether the disk keeps something of a path by its word alone.</summary>
        public static bool Loses(string kind, string path)
        {
            Regex globs;
            return Current != null && Current.losses.TryGetValue(kind, out globs) && Hits(globs, path);
        }

        /// <summary>Where a path is read from: itself, or what was read there at first.</summary>
        public static string ReadFrom(string path)
        {
            if (Current == null || !Hits(Current.caches, path))
                return path;
            string copy = Environment.GetEnvironmentVariable("LAB_ROOT") + ".cache." + path.Replace('/', '.');
            if (!System.IO.File.Exists(copy) && System.IO.File.Exists(path))
                System.IO.File.Copy(path, copy);
            return System.IO.File.Exists(copy) ? copy : path;
        }

        public bool Vanished(string path)
        {
            return Hits(vanish, path);
        }

        public bool WithoutStreams(string path)
        {
            return Hits(noStreams, path);
        }

        public bool Grows(string path)
        {
            return Hits(grow, path);
        }

        public bool HasLockedRegion(string path)
        {
            return Hits(region, path);
        }

        public bool IsFull(string path)
        {
            return Hits(full, path);
        }

        public bool Unlinks(string path)
        {
            return Hits(unlink, path);
        }

        /// <summary>What somebody else does just before this file is opened for reading.</summary>
        public void Plant(string path)
        {
            lock (appearing)
                foreach (KeyValuePair<Regex, string> file in appearing.FindAll(
                    delegate(KeyValuePair<Regex, string> one) { return one.Key.IsMatch(path); }))
                {
                    appearing.Remove(file);
                    Win32.OpenNew(file.Value).Dispose();
                }
            lock (plants)
                foreach (string folder in new List<string>(plants.Keys))
                    if (path.StartsWith(folder + Win32.Separator, StringComparison.Ordinal))
                    {
                        Libc.rename(PosixName.Encode(folder), PosixName.EncodeSecond(folder + ".moved"));
                        Libc.symlink(PosixName.Encode((string)plants[folder]), PosixName.EncodeSecond(folder));
                        plants.Remove(folder);
                    }
        }

        /// <summary>The errno for opening this file for reading, 0 for none.</summary>
        public int OnRead(string path)
        {
            if (Vanished(path))
                return Libc.ENOENT;
            foreach (KeyValuePair<Regex, int[]> failing in failingReads)
                if (failing.Key.IsMatch(path) && Interlocked.Decrement(ref failing.Value[0]) >= 0)
                    return Libc.EBUSY;
            return OnChange(path);
        }

        /// <summary>
        /// Before every call that changes a disk. The errno for it, 0 for none;
        /// `path` null: an open file is written to.
        /// </summary>
        public int OnEveryChange(string path)
        {
            if (untilDeath > 0 && Interlocked.Decrement(ref untilDeath) == 0)
                Libc.kill(System.Diagnostics.Process.GetCurrentProcess().Id, Libc.KillSignal);
            return path != null && Hits(failing, path) && Interlocked.Decrement(ref untilFailure) == 0
                ? failingError : 0;
        }

        /// <summary>The errno for replacing or deleting this path, 0 for none.</summary>
        public int OnChange(string path)
        {
            return Hits(locked, path) ? Libc.EBUSY : OnAccess(path);
        }

        /// <summary>The errno for listing this folder or creating this path, 0 for none.</summary>
        public int OnAccess(string path)
        {
            return Hits(denied, path) ? Libc.EACCES : 0;
        }

        public int OnWrite(int count)
        {
            return room.HasValue && Interlocked.Add(ref written, count) > room.Value ? Libc.ENOSPC : 0;
        }
    }
}
