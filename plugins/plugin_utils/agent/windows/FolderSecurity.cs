// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Makes folders with an access list of their own, and finds out who owns or may change a folder: every call into
    /// Windows for that. What Windows refuses becomes a SystemError.
    /// </summary>
    internal static class FolderSecurity
    {
        /// <summary>
        /// Makes a folder that is closed to ordinary users, as is everything made in it. Only on a disk of this
        /// computer: the accounts are this computer's.
        /// </summary>
        public static void CreateClosedFolder(string path)
        {
            using (WindowsIdentity user = WindowsIdentity.GetCurrent())
                CreateFolder(path, AccessList.Closed(user.User.Value, IsAdministrator(user)));
        }

        /// <summary>
        /// Makes a folder for SYSTEM and Administrators only, as is everything made in it. Only an administrator can
        /// do this.
        /// </summary>
        public static void CreateSystemFolder(string path)
        {
            CreateFolder(path, AccessList.ForSystem);
        }

        /// <summary>
        /// Makes a folder that inherits and is owned by administrators, not by the one who makes it. Only on a disk
        /// of this computer.
        /// </summary>
        public static void CreateOwnFolder(string path)
        {
            using (WindowsIdentity user = WindowsIdentity.GetCurrent())
            {
                if (IsAdministrator(user))
                    CreateFolder(path, AccessList.Own);
                else
                    Win32.CreateFolder(path);
            }
        }

        private static bool IsAdministrator(WindowsIdentity user)
        {
            return new WindowsPrincipal(user).IsInRole(WindowsBuiltInRole.Administrator);
        }

        private static void CreateFolder(string path, string descriptor)
        {
            NativeMethods.SecurityAttributes security = new NativeMethods.SecurityAttributes();
            security.Length = Marshal.SizeOf(typeof(NativeMethods.SecurityAttributes));
            Check(NativeMethods.ConvertStringSecurityDescriptorToSecurityDescriptorW(descriptor, 1,
                out security.Descriptor, IntPtr.Zero));
            try
            {
                Win32.CreateWithRetry(path, () => Win32.CheckOpening(
                    NativeMethods.CreateDirectoryW(Win32.Extended(path), ref security)));
            }
            finally
            {
                NativeMethods.LocalFree(security.Descriptor);
            }
        }

        /// <summary>
        /// Lets an account ("DOMAIN\name", also a service's) read, write and delete in a folder and everything in it.
        /// The rest of its access list stays. False if the file system keeps no access lists.
        /// </summary>
        public static bool GrantModify(string directory, string account)
        {
            using (SafeFileHandle folder = Win32.Open(directory, NativeMethods.ReadControl | NativeMethods.WriteDacl,
                NativeMethods.ShareAll, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint))
            {
                if ((Win32.FeaturesOf(folder) & NativeMethods.PersistentAcls) == 0)
                    return false;
                NativeMethods.ExplicitAccess entry = new NativeMethods.ExplicitAccess();
                entry.Permissions = NativeMethods.Modify;
                entry.Mode = NativeMethods.GrantAccess;
                entry.Inheritance = NativeMethods.InheritToAll;
                entry.TrusteeForm = NativeMethods.TrusteeIsName;
                entry.TrusteeName = account;
                AddEntry(folder, ref entry);
                return true;
            }
        }

        private static void AddEntry(SafeFileHandle folder, ref NativeMethods.ExplicitAccess entry)
        {
            IntPtr old, descriptor, list = IntPtr.Zero;
            Check(NativeMethods.GetSecurityInfo(folder, NativeMethods.FileObject, NativeMethods.DaclInformation,
                IntPtr.Zero, IntPtr.Zero, out old, IntPtr.Zero, out descriptor));
            try
            {
                Check(NativeMethods.SetEntriesInAclW(1, ref entry, old, out list));
                Check(NativeMethods.SetSecurityInfo(folder, NativeMethods.FileObject, NativeMethods.DaclInformation,
                    IntPtr.Zero, IntPtr.Zero, list, IntPtr.Zero));
            }
            finally
            {
                NativeMethods.LocalFree(descriptor);
                NativeMethods.LocalFree(list);
            }
        }

        /// <summary>
        /// Whether a file or folder is owned by SYSTEM, the group Administrators or this account. A link is refused.
        /// </summary>
        public static bool IsOwnedByUs(string path)
        {
            using (SafeFileHandle item = Win32.Open(path, NativeMethods.ReadControl | NativeMethods.ReadAttributes,
                NativeMethods.ShareAll, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint))
            using (WindowsIdentity user = WindowsIdentity.GetCurrent())
            {
                Win32.RefuseLink(Win32.TagOf(item));
                IntPtr owner, descriptor;
                Check(NativeMethods.GetSecurityInfo(item, NativeMethods.FileObject, NativeMethods.OwnerInformation,
                    out owner, IntPtr.Zero, IntPtr.Zero, IntPtr.Zero, out descriptor));
                try
                {
                    SecurityIdentifier found = new SecurityIdentifier(owner);
                    return found.IsWellKnown(WellKnownSidType.LocalSystemSid)
                        || found.IsWellKnown(WellKnownSidType.BuiltinAdministratorsSid) || found.Equals(user.User);
                }
                finally
                {
                    NativeMethods.LocalFree(descriptor);
                }
            }
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }

        // The functions of the security API return their error and do not set the last error.
        private static void Check(int error)
        {
            if (error != 0)
                throw Win32.Failure(error);
        }
    }
}
