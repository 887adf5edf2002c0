// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    /// <summary>
    /// The account of the lab's host holds every privilege but those that LabFaults takes from it.
    /// Linux knows none of them.
    /// </summary>
    internal static class Privileges
    {
        public static bool TryEnable(string name)
        {
            return LabFaults.Current == null || !LabFaults.Current.WithoutPrivileges.Contains(name);
        }
    }
}
