// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Security.Cryptography;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Folders that play other computers' shares: the environment variable LAB_SHARES, a JSON object. A share with an account is there for threads that wear
    /// it and for nobody else; its password is named by its digest, so that the lab's own environment has no secret.
    /// <code>
    /// {"/lab/shares": null,                                                           for everybody
    ///  "/lab/shares/nas01": {"username": "CORP\\svc", "password_sha256": hex}}        others: 5; this account with another password: 1326
    /// </code>
    /// </summary>
    internal static class LabShares
    {
        private const int WrongPassword = 1326;

        private static readonly Dictionary<string, object> Shares = FromEnvironment();

        private static Dictionary<string, object> FromEnvironment()
        {
            string shares = Environment.GetEnvironmentVariable("LAB_SHARES");
            return string.IsNullOrEmpty(shares) ? null : LabJson.Object(shares);
        }

        public static bool Hold(string path)
        {
            if (Shares != null)
                foreach (string folder in Shares.Keys)
                    if (IsBelow(folder, path))
                        return true;
            return false;
        }

        /// <summary>What a share answers to this thread. Every path that goes to Linux passes through here.</summary>
        public static void Enter(string path)
        {
            if (Shares == null)
                return;
            foreach (KeyValuePair<string, object> share in Shares)
                if (share.Value != null && IsBelow(share.Key, path))
                    Ask((Dictionary<string, object>)share.Value);
        }

        private static void Ask(Dictionary<string, object> account)
        {
            NetworkIdentity worn = NetworkIdentity.Worn;
            if (worn == null || worn.User != (string)account["username"])
                throw Win32.Failure(Libc.EACCES);
            using (SHA256 hash = SHA256.Create())
                if (BitConverter.ToString(hash.ComputeHash(Encoding.UTF8.GetBytes(worn.Password))).Replace("-", "").ToLowerInvariant() != (string)account["password_sha256"])
                    throw new SystemError(WrongPassword, "The user name or password is incorrect.");
        }

        private static bool IsBelow(string folder, string path)
        {
            return path.StartsWith(folder, StringComparison.Ordinal) && (path.Length == folder.Length || path[folder.Length] == '/');
        }
    }
}
