// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped NetworkIdentity.cs: takes any account with any password, as Windows does, and each
    /// thread wears it for itself. What it opens, LabShares tells.
    /// </summary>
    internal sealed class NetworkIdentity : IDisposable
    {
        [ThreadStatic] private static NetworkIdentity worn;
        private static NetworkIdentity current;

        internal readonly string User, Password;

        private NetworkIdentity(string user, string password)
        {
            User = user;
            Password = password;
        }

        public static bool IsWorn()
        {
            return current != null;
        }

        /// <summary>What this thread wears; null for nothing.</summary>
        internal static NetworkIdentity Worn
        {
            get { return worn; }
        }

        public static NetworkIdentity LogOn(string user, string password)
        {
            if (LabFaults.Current != null && LabFaults.Current.NoNetworkIdentity)
                throw Win32.Failure(Libc.EACCES);
            current = new NetworkIdentity(user, password);
            Wear();
            return current;
        }

        public static void Wear()
        {
            worn = current;
        }

        public void Dispose()
        {
            worn = current = null;
        }
    }
}
