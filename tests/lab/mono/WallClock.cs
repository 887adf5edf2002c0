// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>The lab's twin of the shipped WallClock.cs: see LabClock.cs.</summary>
    internal static class WallClock
    {
        public static long Now()
        {
            return DateTime.UtcNow.ToFileTimeUtc() + LabClock.Ahead();
        }
    }
}
