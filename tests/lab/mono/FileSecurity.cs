// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>The lab's disks keep modes, not access lists; nobody asks for one of them then. Who may write, a mode tells too.</summary>
    internal static class FileSecurity
    {
        public static bool IsKept(string path)
        {
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                throw Win32.Failure(Libc.ENOENT);
            return false;
        }

        /// <summary>root stands for the administrators, and the process's own group for its account. In a sticky folder each changes his own alone.</summary>
        public static List<string> Writers(string path)
        {
            Libc.Stat stat;
            if (Libc.statx(Libc.CurrentDirectory, PosixName.Encode(path), 0, Libc.BasicStats, out stat) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            List<string> writers = new List<string>();
            if (stat.User != 0 && stat.User != Libc.geteuid())
                writers.Add("user " + stat.User);
            if ((stat.Mode & (Libc.GroupWrite | Libc.Sticky)) == Libc.GroupWrite && stat.Group != 0 && stat.Group != Libc.getegid())
                writers.Add("group " + stat.Group);
            if ((stat.Mode & (Libc.OthersWrite | Libc.Sticky)) == Libc.OthersWrite)
                writers.Add("Everyone");
            LabOwners.AddWriters(path, writers);
            return writers;
        }

        public static byte[] Of(SafeFileHandle item)
        {
            throw new NotSupportedException();
        }

        public static byte[] Of(string path)
        {
            throw new NotSupportedException();
        }

        public static string Text(byte[] descriptor)
        {
            throw new NotSupportedException();
        }

        /// <summary>Lists come from parts alone here.</summary>
        public static string Numeric(string text)
        {
            return text;
        }

        public static string Set(string path, string text)
        {
            throw new NotSupportedException();
        }
    }
}
