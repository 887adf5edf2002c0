// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The Windows privileges that let an account read and write files although their access lists do not allow it.
    // Enabled once, before there are threads.
    internal sealed class BackupPrivileges
    {
        public const string ToBackup = "SeBackupPrivilege", ToRestore = "SeRestorePrivilege";

        private static readonly string[] Wanted = { ToBackup, ToRestore, "SeSecurityPrivilege",
            "SeTakeOwnershipPrivilege" };

        private readonly List<string> enabled = new List<string>();
        private readonly List<string> missing = new List<string>();

        private BackupPrivileges()
        {
        }

        public static BackupPrivileges Enable()
        {
            BackupPrivileges privileges = new BackupPrivileges();
            foreach (string name in Wanted)
                (Privileges.TryEnable(name) ? privileges.enabled : privileges.missing).Add(name);
            return privileges;
        }

        public bool Lacks(string name)
        {
            return missing.Contains(name);
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("enabled", enabled).Set("missing", missing);
        }
    }
}
