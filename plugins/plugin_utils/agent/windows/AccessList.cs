// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Security.AccessControl;
using System.Security.Principal;

namespace IdentityOpsAgent
{
    /// <summary>Who may change a file or folder, by its security descriptor.</summary>
    internal static class AccessList
    {
        // winnt.h: FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_DELETE_CHILD, DELETE, WRITE_DAC, WRITE_OWNER,
        // GENERIC_ALL, GENERIC_WRITE
        private const int Changes = 0x2 | 0x4 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x10000000 | 0x40000000;

        // Accounts that can write anywhere anyway, and names for an owner, who is checked separately: SYSTEM,
        // Administrators, Backup Operators; TrustedInstaller; CREATOR OWNER, OWNER RIGHTS.
        private static readonly string[] Trusted =
        {
            "S-1-5-18", "S-1-5-32-544", "S-1-5-32-551",
            "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464",
            "S-1-3-0", "S-1-3-4",
        };

        private static readonly string[] Administering = { "-500", "-512", "-519" };

        private const string OfAdministrators = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";

        /// <summary>
        /// SDDL of a folder that inherits its list and is owned by administrators, even if a policy would make its
        /// creator the owner (NoDefaultAdminOwner).
        /// </summary>
        public const string Own = "O:BA";

        /// <summary>SDDL of a folder that only SYSTEM and Administrators can use. Administrators own it.</summary>
        public const string ForSystem = Own + OfAdministrators;

        /// <summary>
        /// SDDL of a folder that inherits nothing, and whose list everything in it inherits: SYSTEM and
        /// Administrators, who own it. A creator who is no administrator owns it himself, and is in the list.
        /// </summary>
        public static string Closed(string maker, bool isAdministrator)
        {
            return isAdministrator ? ForSystem : OfAdministrators + "(A;OICI;FA;;;" + maker + ")";
        }

        /// <summary>
        /// Everybody except administrators and `account` who can write, delete, or give himself access: here, or to
        /// what is made here. An owner can always give himself access. Entries that deny are not considered. The
        /// descriptor must be complete except for the SACL.
        /// </summary>
        public static List<SecurityIdentifier> Writers(byte[] descriptor, SecurityIdentifier account)
        {
            RawSecurityDescriptor parsed = new RawSecurityDescriptor(descriptor, 0);
            List<SecurityIdentifier> writers = new List<SecurityIdentifier>();
            if (parsed.Owner != null)
                Add(writers, parsed.Owner, account);
            if (parsed.DiscretionaryAcl == null)   // no list at all lets everybody do everything
                Add(writers, new SecurityIdentifier(WellKnownSidType.WorldSid, null), account);
            for (int i = 0; parsed.DiscretionaryAcl != null && i < parsed.DiscretionaryAcl.Count; i++)
            {
                QualifiedAce entry = parsed.DiscretionaryAcl[i] as QualifiedAce;
                if (entry != null && entry.AceQualifier == AceQualifier.AccessAllowed
                    && (entry.AccessMask & Changes) != 0)
                    Add(writers, entry.SecurityIdentifier, account);
            }
            return writers;
        }

        private static void Add(List<SecurityIdentifier> writers, SecurityIdentifier writer, SecurityIdentifier account)
        {
            if (!writer.Equals(account) && !IsTrusted(writer.Value) && !writers.Contains(writer))
                writers.Add(writer);
        }

        private static bool IsTrusted(string sid)
        {
            // Of a domain or computer: Administrator, Domain Admins, Enterprise Admins.
            string number = sid.Substring(sid.LastIndexOf('-'));
            bool administers = sid.StartsWith("S-1-5-21-", StringComparison.Ordinal)
                && Array.IndexOf(Administering, number) >= 0;
            return administers || Array.IndexOf(Trusted, sid) >= 0;
        }
    }
}
