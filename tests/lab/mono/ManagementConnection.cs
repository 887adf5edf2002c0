// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped ManagementConnection.cs: nothing here stands on it, as the twins of
    /// ManagementService.cs and ProcessQuery.cs do not.
    /// </summary>
    internal static class ManagementConnection
    {
    }
}
