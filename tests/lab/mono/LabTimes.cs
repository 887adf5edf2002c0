// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Creation times that can be set, in an extended attribute, and names that hand them on (LabHabits, "tunneling");
    /// and the times that a file tells while somebody writes to it. Without habits nothing is done.
    /// </summary>
    internal static class LabTimes
    {
        private const string Attribute = "user.LabCreated";
        private static readonly byte[] Name = Encoding.ASCII.GetBytes(Attribute + "\0");

        private static bool AreKept
        {
            get { return LabHabits.Current != null && LabHabits.Current.Tunnels; }
        }

        /// <summary>0 where nothing is kept, or nothing is there.</summary>
        public static long Of(string path)
        {
            FileFacts facts;
            return AreKept && Win32.TryFacts(path, out facts) ? facts.Created : 0;
        }

        /// <summary>0 leaves what is there.</summary>
        public static void Set(string path, long created)
        {
            if (!AreKept || created == 0)
                return;
            byte[] text = Encoding.ASCII.GetBytes(created.ToString(CultureInfo.InvariantCulture)),
                file = PosixName.Encode(path);
            if (Libc.lsetxattr(file, Name, text, (IntPtr)text.Length, 0) == 0)
                return;
            Libc.Stat stat;   // Linux lets only root write one of a read-only file
            Win32.Check(Libc.statx(Libc.CurrentDirectory, file, Libc.NoFollow, Libc.BasicStats, out stat));
            Win32.Check(Libc.chmod(file, (stat.Mode | Libc.OwnerWrite) & 0xFFF));
            int set = Libc.lsetxattr(file, Name, text, (IntPtr)text.Length, 0);
            Win32.Check(Libc.chmod(file, stat.Mode & 0xFFFu));
            Win32.Check(set);
        }

        public static void Gone(string path, long created, bool deleted, bool folder)
        {
            if (LabHabits.Current != null)
                LabHabits.Current.Gone(path, created, deleted, folder);
        }

        /// <summary>A new name, by creation or renaming.</summary>
        public static void Appeared(string path)
        {
            if (!AreKept)
                return;
            long old = LabHabits.Current.Tunneled(path);
            FileFacts facts;
            if (old != 0 && Win32.TryFacts(path, out facts) && (facts.Attributes & Win32.ReparsePoint) == 0)
                Set(path, old);
        }

        public static void Substitute(string path, ref FileFacts facts)
        {
            if (LabHabits.Current == null || (facts.Attributes & Win32.ReparsePoint) != 0)
                return;
            facts.Created = Kept(path) ?? facts.Created;
            Dictionary<string, object> writer = LabHabits.Current.WriterOf(path);
            if (writer == null)
                return;
            facts.Written = (long)writer["written"];
            facts.Changed = (long)writer["changed"];
        }

        public static void Substitute(string path, ref FoundEntry entry)
        {
            FileFacts facts = new FileFacts { Attributes = entry.Attributes, Created = entry.Created,
                Written = entry.Written };
            Substitute(path, ref facts);
            entry.Created = facts.Created;
            entry.Written = facts.Written;
        }

        private static long? Kept(string path)
        {
            if (!AreKept)
                return null;
            byte[] text = new byte[32];
            int length = (int)Libc.lgetxattr(PosixName.Encode(path), Name, text, (IntPtr)text.Length);
            return length <= 0
                ? (long?)null : long.Parse(Encoding.ASCII.GetString(text, 0, length), CultureInfo.InvariantCulture);
        }
    }
}
