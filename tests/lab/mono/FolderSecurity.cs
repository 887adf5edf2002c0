// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped FolderSecurity.cs. The lab's disks keep modes; LabOwners keeps what else a list
    /// says.
    /// </summary>
    internal static class FolderSecurity
    {
        private const int LinkRefused = 4392;

        public static void CreateClosedFolder(string path)
        {
            Win32.MakeFolder(path, 0x1C0);   // 0700
            LabOwners.Set(path, AccessList.Closed(LabComputer.UserName(), true));
            if (Win32.IsShare(Win32.FinalPath(path)))
                // By the process's token, whatever is impersonated.
                LabShares.Close(path, "SYSTEM", "Administrators", LabComputer.UserName());
        }

        public static void CreateSystemFolder(string path)
        {
            Win32.MakeFolder(path, 0x1C0);
            LabOwners.Set(path, AccessList.ForSystem);
        }

        public static void CreateOwnFolder(string path)
        {
            Win32.MakeFolder(path, 0x1FF);
            LabOwners.Set(path, AccessList.Own);
        }

        /// <summary>The lab's disks keep modes, not access lists.</summary>
        public static bool GrantModify(string directory, string account)
        {
            Win32.RefuseChange(directory);
            FileFacts facts;
            if (!Win32.TryFacts(directory, out facts))
                throw Win32.Failure(Libc.ENOENT);
            return false;
        }

        /// <summary>root stands for SYSTEM and the group Administrators.</summary>
        public static bool IsOwnedByUs(string path)
        {
            Libc.Stat stat;
            Win32.Check(Libc.statx(Libc.CurrentDirectory, PosixName.Encode(path), Libc.NoFollow, Libc.BasicStats,
                out stat));
            if ((stat.Mode & Libc.TypeMask) == Libc.TypeLink)
                throw new SystemError(LinkRefused, "This is a link, and links are not followed.");
            return (stat.User == 0 || stat.User == Libc.geteuid()) && LabOwners.IsOurs(path);
        }
    }
}
