// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    /// <summary>Linux has none of Windows' privileges; root needs none.</summary>
    internal static class Privileges
    {
        public static bool TryEnable(string name)
        {
            return Libc.geteuid() == 0;
        }
    }
}
