// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's disks keep modes, not access lists; nobody asks for one of them then,
    /// unless LabFaults says that they do: then as a text. Who may write, a mode tells too.
    /// </summary>
    internal static class FileSecurity
    {
        private const string Attribute = "user.LabSecurity", Usual = "O:BAG:SYD:";

        public static bool IsSupported(string path)
        {
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                throw Win32.Failure(Libc.ENOENT);
            return LabFaults.Current != null && LabFaults.Current.KeepsLists;
        }

        /// <summary>
        /// root stands for the administrators, and the process's own group for its account.
        /// In a sticky folder each changes his own alone.
        /// </summary>
        public static List<string> Writers(string path)
        {
            Libc.Stat stat;
            if (Libc.statx(Libc.CurrentDirectory, PosixName.Encode(path), 0, Libc.BasicStats, out stat) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            List<string> writers = new List<string>();
            if (LabFaults.Current != null && LabFaults.Current.NoWriters)
                return writers;
            if (stat.User != 0 && stat.User != Libc.geteuid())
                writers.Add("user " + stat.User);
            if ((stat.Mode & (Libc.GroupWrite | Libc.Sticky)) == Libc.GroupWrite && stat.Group != 0
                && stat.Group != Libc.getegid())
                writers.Add("group " + stat.Group);
            if ((stat.Mode & (Libc.OthersWrite | Libc.Sticky)) == Libc.OthersWrite)
                writers.Add("Everyone");
            LabOwners.AddWriters(path, writers);
            return writers;
        }

        public static byte[] Read(SafeFileHandle item)
        {
            byte[] text = new byte[4096];
            int length = (int)Libc.fgetxattr(item, PosixName.EncodeText(Attribute), text, (IntPtr)text.Length);
            return length < 0 ? Encoding.UTF8.GetBytes(Usual) : new List<byte>(text).GetRange(0, length).ToArray();
        }

        public static byte[] Read(string path)
        {
            using (SafeFileHandle item = Win32.OpenItem(path))
                return Read(item);
        }

        public static string Text(byte[] descriptor)
        {
            return Encoding.UTF8.GetString(descriptor);
        }

        /// <summary>Lists come from parts alone here.</summary>
        public static string Numeric(string text)
        {
            return text;
        }

        public static string Set(string path, string text)
        {
            string there = Text(Read(path));
            int list = text.IndexOf("D:", StringComparison.Ordinal),
                thereList = there.IndexOf("D:", StringComparison.Ordinal);
            string kept = (LabFaults.Loses("owners", path) ? there.Substring(0, thereList) : text.Substring(0, list))
                + (LabFaults.Loses("lists", path) ? there.Substring(thereList) : text.Substring(list));
            byte[] content = Encoding.UTF8.GetBytes(kept);
            using (SafeFileHandle item = Win32.OpenItem(path))
                Win32.Check(Libc.fsetxattr(item, PosixName.EncodeText(Attribute), content, (IntPtr)content.Length, 0));
            return null;
        }
    }
}
