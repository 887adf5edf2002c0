// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped NetworkIdentity.cs: takes any account with any password, as Windows does, and each
    /// thread impersonates it for itself. What it opens, LabShares tells.
    /// </summary>
    internal sealed class NetworkIdentity : IDisposable
    {
        [ThreadStatic] private static NetworkIdentity ofThread;
        private static NetworkIdentity current;

        internal readonly string User, Password;

        private NetworkIdentity(string user, string password)
        {
            User = user;
            Password = password;
        }

        public static bool IsActive()
        {
            return current != null;
        }

        /// <summary>The identity that this thread impersonates; null: none.</summary>
        internal static NetworkIdentity OfThread
        {
            get { return ofThread; }
        }

        public static NetworkIdentity LogOn(string user, string password)
        {
            if (LabFaults.Current != null && LabFaults.Current.NoNetworkIdentity)
                throw Win32.Failure(Libc.EACCES);
            current = new NetworkIdentity(user, password);
            Impersonate();
            return current;
        }

        public static void Impersonate()
        {
            ofThread = current;
        }

        public void Dispose()
        {
            ofThread = current = null;
        }
    }
}
