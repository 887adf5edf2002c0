// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>The clock that people read, and may set.</summary>
    internal static class WallClock
    {
        /// <summary>100 ns since 1601, UTC.</summary>
        public static long Now()
        {
            return DateTime.UtcNow.ToFileTimeUtc();
        }
    }
}
