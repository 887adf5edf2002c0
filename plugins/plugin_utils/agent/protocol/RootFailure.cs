// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // The failure for a backup root, or something below it, that the system does not let this account use.
    internal static class RootFailure
    {
        // Errors from a share that does not know the account or cannot check it: access denied (5), wrong user name
        // or password (86, 1326), no server or session to log on with (1311, 1312), logon type not allowed (1385).
        private static readonly int[] Refusals = { 5, 86, 1311, 1312, 1326, 1385 };

        public static AgentError Unreadable(string what, string path, SystemError error, string component = null)
        {
            return new AgentError("root_unreadable", what, path, error.Message,
                Next(path, error, "Check the path, and the rights of the account."), component);
        }

        // The next step after a share's refusal; `otherwise` after any other failure.
        public static string Next(string path, SystemError error, string otherwise)
        {
            if (!Win32.IsShare(path) || Array.IndexOf(Refusals, error.Code) < 0)
                return otherwise;
            if (NetworkIdentity.IsActive())
                return "The share was opened with the account in groupid_network_username. Only the share checks "
                    + "its password. Correct both, or give that account access to the share and its folder.";
            return "Windows does not pass the connection's account on to another computer (the second hop). "
                + "Set groupid_network_username and groupid_network_password; or connect by CredSSP or "
                + "with Kerberos delegation; or use a local backup root. The account that the share then sees "
                + "needs access to the share and its folder.";
        }
    }
}
