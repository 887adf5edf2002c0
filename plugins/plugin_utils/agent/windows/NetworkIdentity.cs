// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The account that other computers see instead of this process's own: every call into Windows for that. On this
    /// computer nothing changes: files, locks and the registry are used as before. Each thread impersonates it
    /// separately; programs that are started have it too. What Windows refuses becomes a SystemError.
    /// </summary>
    internal sealed class NetworkIdentity : IDisposable
    {
        private NetworkIdentity()
        {
        }

        public static bool IsActive()
        {
            return Token != null;
        }

        /// <summary>null if there is none.</summary>
        internal static NativeProcess.SafeKernelHandle Token { get; private set; }

        /// <summary>
        /// `user`: DOMAIN\user or user@domain. This thread impersonates it until it is disposed of. The password is
        /// not checked here, but by the first share.
        /// </summary>
        public static NetworkIdentity LogOn(string user, string password)
        {
            int slash = user.IndexOf('\\');
            NativeProcess.SafeKernelHandle token;
            Check(NativeSecurity.LogonUserW(user.Substring(slash + 1), slash < 0 ? null : user.Substring(0, slash),
                password, NativeSecurity.NewCredentials, NativeSecurity.Negotiate, out token));
            Token = token;
            NetworkIdentity identity = new NetworkIdentity();
            try
            {
                Impersonate();
                return identity;
            }
            catch (SystemError)
            {
                identity.Dispose();
                throw;
            }
        }

        /// <summary>
        /// For a new thread: it has the process's own account, whatever account the thread that started it has.
        /// Without a network identity nothing changes.
        /// </summary>
        public static void Impersonate()
        {
            if (IsActive())
                Check(NativeSecurity.ImpersonateLoggedOnUser(Token));
        }

        internal static void Revert()
        {
            Check(NativeSecurity.RevertToSelf());
        }

        public void Dispose()
        {
            Token.Dispose();
            Token = null;
            Revert();
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
