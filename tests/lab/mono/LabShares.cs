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
    /// Folders that play other computers' shares: the environment variable LAB_SHARES, a JSON object. A share with
    /// accounts is there for threads that impersonate one of them and for nobody else; a password is named by its
    /// digest, so that the lab's own environment has no secret. What lies on a share is judged by its list against the
    /// account that is impersonated, as a file server does: LOGON32_LOGON_NEW_CREDENTIALS leaves the token as it is and
    /// has the new account in other computers' eyes alone. A folder without a list of its own has that of the folder
    /// above; the topmost lets in all accounts of the share.
    /// <code>
    /// {"/lab/shares": null,     for everybody
    ///  "/lab/shares/nas01": {"username": "CORP\\svc", "password_sha256": hex},
    ///                          for others 5; for this account with another password 1326
    ///  "/lab/shares/nas02": {"accounts": {"CORP\\svc": hex, "CORP\\svc2": hex}}}
    /// </code>
    /// </summary>
    internal static class LabShares
    {
        private const int WrongPassword = 1326;
        private static readonly byte[] List = Encoding.ASCII.GetBytes("user.LabList\0");

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
            {
                if (!IsBelow(share.Key, path))
                    continue;
                if (LabFaults.Current != null && LabFaults.Current.ShareCode != 0)
                    throw new SystemError(LabFaults.Current.ShareCode, "The network path was not found.");
                if (share.Value != null)
                    Ask((Dictionary<string, object>)share.Value);
                string list = ListOf(share.Key, path);
                if (list != null && Array.IndexOf(list.Split('\n'),
                    NetworkIdentity.OfThread == null ? LabComputer.UserName() : NetworkIdentity.OfThread.User) < 0)
                    throw Win32.Failure(Libc.EACCES);
            }
        }

        private static void Ask(Dictionary<string, object> share)
        {
            NetworkIdentity impersonated = NetworkIdentity.OfThread;
            object accounts, digest = null;
            bool known = impersonated != null && (share.TryGetValue("accounts", out accounts)
                ? ((Dictionary<string, object>)accounts).TryGetValue(impersonated.User, out digest)
                : impersonated.User == (string)share["username"] && share.TryGetValue("password_sha256", out digest));
            if (!known)
                throw Win32.Failure(Libc.EACCES);
            using (SHA256 hash = SHA256.Create())
                if (BitConverter.ToString(hash.ComputeHash(Encoding.UTF8.GetBytes(impersonated.Password)))
                    .Replace("-", "").ToLowerInvariant() != (string)digest)
                    throw new SystemError(WrongPassword, "The user name or password is incorrect.");
        }

        /// <summary>Gives a folder a list that is protected: those accounts and no other.</summary>
        public static void Close(string folder, params string[] accounts)
        {
            byte[] list = Encoding.UTF8.GetBytes(string.Join("\n", accounts));
            Win32.Check(Libc.lsetxattr(PosixName.EncodeApart(folder), List, list, (IntPtr)list.Length, 0));
        }

        /// <summary>The nearest list, from a path up to the folder of its share; null: none.</summary>
        private static string ListOf(string share, string path)
        {
            byte[] list = new byte[1024];
            for (; path.Length >= share.Length; path = path.Substring(0, path.LastIndexOf('/')))
            {
                int length = (int)Libc.lgetxattr(PosixName.EncodeApart(path), List, list, (IntPtr)list.Length);
                if (length >= 0)
                    return Encoding.UTF8.GetString(list, 0, length);
            }
            return null;
        }

        private static bool IsBelow(string folder, string path)
        {
            return path.StartsWith(folder, StringComparison.Ordinal)
                && (path.Length == folder.Length || path[folder.Length] == '/');
        }
    }
}
