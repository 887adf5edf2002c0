// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows' security as its headers declare it (securitybaseapi.h, sddl.h, winbase.h), for FileSecurity.cs,
    /// Privileges.cs and NetworkIdentity.cs alone.
    /// </summary>
    internal static class NativeSecurity
    {
        // SECURITY_INFORMATION
        public const uint Owner = 1, Group = 2, Dacl = 4, Protected = 0x80000000, Unprotected = 0x20000000;

        public const uint WriteOwner = 0x80000;
        public const uint Revision = 1;                                      // of SDDL

        public const uint AdjustPrivileges = 0x20, PrivilegeEnabled = 2;     // OpenProcessToken, AdjustTokenPrivileges

        // LOGON32_LOGON_NEW_CREDENTIALS, LOGON32_PROVIDER_WINNT50
        public const int NewCredentials = 9, Negotiate = 3;

        // TOKEN_PRIVILEGES with one LUID_AND_ATTRIBUTES
        [StructLayout(LayoutKind.Sequential, Pack = 4)]
        public struct OnePrivilege
        {
            public uint Count;
            public long Luid;
            public uint Attributes;
        }

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetKernelObjectSecurity(SafeFileHandle item, uint parts, [Out] byte[] descriptor,
            int size, out int needed);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool ConvertSecurityDescriptorToStringSecurityDescriptorW(byte[] descriptor, uint revision,
            uint parts, out IntPtr text, IntPtr length);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool ConvertStringSecurityDescriptorToSecurityDescriptorW(string text, uint revision,
            out IntPtr descriptor, out int size);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern IntPtr GetCurrentProcess();

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool OpenProcessToken(IntPtr process, uint access,
            out NativeProcess.SafeKernelHandle token);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool LookupPrivilegeValueW(string system, string name, out long luid);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool AdjustTokenPrivileges(NativeProcess.SafeKernelHandle token, bool disableAll,
            ref OnePrivilege wanted, int size, IntPtr before, IntPtr beforeSize);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool LogonUserW(string user, string domain, string password, int type, int provider,
            out NativeProcess.SafeKernelHandle token);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool ImpersonateLoggedOnUser(NativeProcess.SafeKernelHandle token);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool RevertToSelf();
    }
}
