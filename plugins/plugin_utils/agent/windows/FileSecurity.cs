// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Owner, group and access list of files and folders, as Windows keeps them. Audit entries (SACL) are not read.
    /// </summary>
    internal static class FileSecurity
    {
        private const uint All = NativeSecurity.Owner | NativeSecurity.Group | NativeSecurity.Dacl;
        private const int AccessDenied = 5, InsufficientBuffer = 122;

        // A self-relative SECURITY_DESCRIPTOR: where its control word and the offsets of its parts are.
        private const int Control = 2, OwnerAt = 4, GroupAt = 8, DaclAt = 16;
        private const int DaclPresent = 0x4, DaclProtected = 0x1000;

        [ThreadStatic]
        private static byte[] buffer;

        /// <summary>Whether the file system of a file or folder keeps access lists.</summary>
        public static bool IsSupported(string path)
        {
            using (SafeFileHandle item = OpenItem(path, NativeMethods.ReadAttributes))
                return (Win32.FeaturesOf(item) & NativeMethods.PersistentAcls) != 0;
        }

        /// <summary>
        /// Who may change a file or folder, except administrators and this account. Null: not known, for a share or
        /// where no access lists are kept.
        /// </summary>
        public static List<string> Writers(string path)
        {
            if (path.StartsWith(@"\\", StringComparison.Ordinal) || !IsSupported(path))
                return null;
            using (WindowsIdentity user = WindowsIdentity.GetCurrent())
                return AccessList.Writers(Read(path), user.User).ConvertAll<string>(NameOf);
        }

        private static string NameOf(SecurityIdentifier account)
        {
            try
            {
                return account.Translate(typeof(NTAccount)).Value + " (" + account.Value + ")";
            }
            catch (SystemException)   // the account is unknown, or its domain cannot be reached
            {
                return account.Value;
            }
        }

        /// <summary>
        /// The descriptor as it is, usually with one call into the system. The handle must be open for reading.
        /// </summary>
        public static byte[] Read(SafeFileHandle item)
        {
            byte[] room = buffer ?? (buffer = new byte[4096]);
            int length;
            while (!NativeSecurity.GetKernelObjectSecurity(item, All, room, room.Length, out length))
            {
                int error = Marshal.GetLastWin32Error();
                if (error != InsufficientBuffer || length <= room.Length)
                    throw Win32.Failure(error);
                room = new byte[length];
            }
            byte[] descriptor = new byte[SecurityDescriptor.Length(room)];
            Array.Copy(room, descriptor, descriptor.Length);
            return descriptor;
        }

        /// <summary>The same by path; for a link, of the link itself.</summary>
        public static byte[] Read(string path)
        {
            using (SafeFileHandle item = OpenItem(path, NativeMethods.ReadControl))
                return Read(item);
        }

        /// <summary>
        /// SDDL of a descriptor: owner, group, and the access list without what it inherits; all accounts as numbers
        /// (SIDs).
        /// </summary>
        public static string Text(byte[] descriptor)
        {
            IntPtr text;
            byte[] own = SecurityDescriptor.Explicit(descriptor);
            if (!NativeSecurity.ConvertSecurityDescriptorToStringSecurityDescriptorW(own, NativeSecurity.Revision, All,
                out text, IntPtr.Zero))
                throw Win32.Failure(Marshal.GetLastWin32Error());
            try
            {
                return Sddl.Numeric(Marshal.PtrToStringUni(text), own);
            }
            finally
            {
                NativeMethods.LocalFree(text);
            }
        }

        /// <summary>
        /// What `Text` writes for an SDDL, for example of an older set that has letters for accounts. A text that is
        /// no SDDL is returned unchanged.
        /// </summary>
        public static string Numeric(string text)
        {
            IntPtr descriptor;
            int size;
            if (!NativeSecurity.ConvertStringSecurityDescriptorToSecurityDescriptorW(text, NativeSecurity.Revision,
                out descriptor, out size))
                return text;
            try
            {
                byte[] bytes = new byte[size];
                Marshal.Copy(descriptor, bytes, 0, size);
                return Text(bytes);
            }
            catch (SystemError)
            {
                return text;
            }
            finally
            {
                NativeMethods.LocalFree(descriptor);
            }
        }

        /// <summary>
        /// Sets owner, group and access list of a file or folder from an SDDL of `Text`. It also inherits from the
        /// folder above, unless the list is protected. Null if everything was set; otherwise the reason: the system's
        /// message, or what is there instead if the file system accepted it but kept something else. If the owner is
        /// refused, the access list is set all the same.
        /// </summary>
        public static string Set(string path, string text)
        {
            IntPtr descriptor;
            if (!NativeMethods.ConvertStringSecurityDescriptorToSecurityDescriptorW(text, NativeSecurity.Revision,
                out descriptor, IntPtr.Zero))
                return Win32.Failure(Marshal.GetLastWin32Error()).Message;
            try
            {
                SystemError refused;
                using (SafeFileHandle item = OpenToSet(path, out refused))
                    return Set(item, text, descriptor, refused);
            }
            catch (SystemError error)
            {
                return error.Message;
            }
            finally
            {
                NativeMethods.LocalFree(descriptor);
            }
        }

        private static string Set(SafeFileHandle item, string text, IntPtr descriptor, SystemError refused)
        {
            text = Numeric(text);
            string there = Text(Read(item));
            if (there == text)
                return null;
            if (refused == null && OwnersOf(there) != OwnersOf(text))
                refused = Try(SetOwners(item, descriptor));
            if (there.Substring(OwnersOf(there).Length) != text.Substring(OwnersOf(text).Length))
                refused = Try(SetList(item, descriptor)) ?? refused;
            there = Text(Read(item));
            if (there == text)
                return null;
            return refused != null ? refused.Message : "It was set to " + text + " and is " + there + ".";
        }

        // `refused`: why the owner cannot be set with the handle.
        private static SafeFileHandle OpenToSet(string path, out SystemError refused)
        {
            const uint list = NativeMethods.ReadControl | NativeMethods.WriteDacl;
            try
            {
                refused = null;
                return OpenItem(path, list | NativeSecurity.WriteOwner);
            }
            catch (SystemError error)
            {
                if (error.Code != AccessDenied)
                    throw;
                refused = error;
                return OpenItem(path, list);
            }
        }

        private static int SetOwners(SafeFileHandle item, IntPtr descriptor)
        {
            IntPtr owner = Piece(descriptor, OwnerAt), group = Piece(descriptor, GroupAt);
            uint parts = (owner == IntPtr.Zero ? 0 : NativeSecurity.Owner)
                | (group == IntPtr.Zero ? 0 : NativeSecurity.Group);
            return parts == 0 ? 0 : NativeMethods.SetSecurityInfo(item, NativeMethods.FileObject, parts, owner, group,
                IntPtr.Zero, IntPtr.Zero);
        }

        private static int SetList(SafeFileHandle item, IntPtr descriptor)
        {
            int control = Marshal.ReadInt16(descriptor, Control);
            if ((control & DaclPresent) == 0)
                return 0;
            uint parts = NativeSecurity.Dacl
                | ((control & DaclProtected) != 0 ? NativeSecurity.Protected : NativeSecurity.Unprotected);
            return NativeMethods.SetSecurityInfo(item, NativeMethods.FileObject, parts, IntPtr.Zero, IntPtr.Zero,
                Piece(descriptor, DaclAt), IntPtr.Zero);
        }

        // "O:...G:...": no SID has a colon.
        private static string OwnersOf(string text)
        {
            int list = text.IndexOf("D:", StringComparison.Ordinal);
            return list < 0 ? text : text.Substring(0, list);
        }

        private static IntPtr Piece(IntPtr descriptor, int offsetAt)
        {
            int offset = Marshal.ReadInt32(descriptor, offsetAt);
            return offset == 0 ? IntPtr.Zero : descriptor + offset;
        }

        private static SystemError Try(int error)
        {
            return error == 0 ? null : Win32.Failure(error);
        }

        private static SafeFileHandle OpenItem(string path, uint access)
        {
            return Win32.Open(path, access, NativeMethods.ShareAll, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint);
        }
    }
}
