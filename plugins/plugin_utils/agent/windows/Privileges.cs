// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows' privileges of this process. Its user has them, but they do nothing until they are enabled.
    /// </summary>
    internal static class Privileges
    {
        /// <summary>
        /// Enables one ("SeBackupPrivilege"), for the whole process and as long as it lives.
        /// False if the user does not have it.
        /// </summary>
        public static bool TryEnable(string name)
        {
            NativeProcess.SafeKernelHandle own;
            if (!NativeSecurity.OpenProcessToken(NativeSecurity.GetCurrentProcess(),
                NativeSecurity.AdjustPrivileges, out own))
                return false;
            using (own)
            {
                bool enabled = TryEnable(own, name);
                if (!NetworkIdentity.IsActive())
                    return enabled;
                // A thread that impersonates has the token's privileges instead of the process's. This thread has
                // those that the token had when it began to impersonate.
                enabled &= TryEnable(NetworkIdentity.Token, name);
                NetworkIdentity.Impersonate();
                return enabled;
            }
        }

        private static bool TryEnable(NativeProcess.SafeKernelHandle token, string name)
        {
            NativeSecurity.OnePrivilege wanted =
                new NativeSecurity.OnePrivilege { Count = 1, Attributes = NativeSecurity.PrivilegeEnabled };
            return NativeSecurity.LookupPrivilegeValueW(null, name, out wanted.Luid)
                && NativeSecurity.AdjustTokenPrivileges(token, false, ref wanted, 0, IntPtr.Zero, IntPtr.Zero)
                && Marshal.GetLastWin32Error() == 0;   // 1300: it succeeded, and enabled nothing
        }
    }
}
