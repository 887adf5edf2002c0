// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>Windows' security as its headers declare it (securitybaseapi.h, sddl.h, winbase.h), for FileSecurity.cs and Privileges.cs alone.</summary>
    internal static class NativeSecurity
    {
        // SECURITY_INFORMATION
        public const uint Owner = 1, Group = 2, Dacl = 4, Protected = 0x80000000, Unprotected = 0x20000000;

        public const uint WriteOwner = 0x80000;
        public const uint Revision = 1;                                              // of SDDL

        public const uint AdjustPrivileges = 0x20, PrivilegeEnabled = 2;             // OpenProcessToken, AdjustTokenPrivileges

        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct OnePrivilege                                                   // TOKEN_PRIVILEGES with one LUID_AND_ATTRIBUTES
        {
            public uint Count;
            public long Luid;
            public uint Attributes;
        }

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetKernelObjectSecurity(SafeFileHandle item, uint parts, [Out] byte[] descriptor, int size, out int needed);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool ConvertSecurityDescriptorToStringSecurityDescriptorW(byte[] descriptor, uint revision, uint parts, out IntPtr text, IntPtr length);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern IntPtr GetCurrentProcess();

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool OpenProcessToken(IntPtr process, uint access, out IntPtr token);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool LookupPrivilegeValueW(string system, string name, out long luid);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool AdjustTokenPrivileges(IntPtr token, bool disableAll, ref OnePrivilege wanted, int size, IntPtr before, IntPtr beforeSize);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern bool CloseHandle(IntPtr handle);
    }
}
