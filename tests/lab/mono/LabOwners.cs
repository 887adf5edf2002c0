// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Who owns a folder where the policy NoDefaultAdminOwner is set (LabHabits, "owner_by_policy"): its maker, also an
    /// administrator, unless the descriptor that it is made with says otherwise (learn.microsoft.com: "System objects:
    /// Default owner for objects created by members of the Administrators group").
    /// The descriptor is an extended attribute, with names in the place of SIDs. Without the habit nothing is done.
    /// </summary>
    internal static class LabOwners
    {
        private const string Administrators = "BA";
        private static readonly byte[] Name = Encoding.ASCII.GetBytes("user.LabDescriptor\0");
        private static readonly Regex Owner = new Regex(@"\AO:(.+?)(D:|\z)"),
            Allowed = new Regex(@"\(A;OICI;FA;;;([^)]+)\)");

        private static bool AreKept
        {
            get { return LabHabits.Current != null && LabHabits.Current.OwnersByPolicy; }
        }

        public static void Set(string path, string descriptor)
        {
            if (!AreKept)
                return;
            byte[] text = Encoding.UTF8.GetBytes(descriptor.StartsWith("O:", StringComparison.Ordinal)
                ? descriptor : "O:" + LabComputer.UserName() + descriptor);
            Win32.Check(Libc.lsetxattr(PosixName.Encode(path), Name, text, (IntPtr)text.Length, 0));
        }

        public static bool IsOurs(string path)
        {
            string descriptor = Of(path);
            return descriptor == null || IsTrusted(Owner.Match(descriptor).Groups[1].Value);
        }

        /// <summary>
        /// Who owns it or stands in its list and is neither this account nor an administrator by name.
        /// </summary>
        public static void AddWriters(string path, List<string> writers)
        {
            string descriptor = Of(path);
            if (descriptor == null)
                return;
            if (!IsOurs(path))
                writers.Add(Owner.Match(descriptor).Groups[1].Value);
            foreach (Match entry in Allowed.Matches(descriptor))
                if (!IsTrusted(entry.Groups[1].Value))
                    writers.Add(entry.Groups[1].Value);
        }

        private static bool IsTrusted(string account)
        {
            return account == Administrators || account == "SY" || account == LabComputer.UserName();
        }

        private static string Of(string path)
        {
            byte[] text = new byte[1024];
            int length = AreKept ? (int)Libc.lgetxattr(PosixName.Encode(path), Name, text, (IntPtr)text.Length) : -1;
            return length < 0 ? null : Encoding.UTF8.GetString(text, 0, length);
        }
    }
}
