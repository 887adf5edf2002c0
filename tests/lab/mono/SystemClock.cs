// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Diagnostics;
using System.Globalization;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>The lab's twin of the shipped SystemClock.cs: see LabClock.cs.</summary>
    internal static class SystemClock
    {
        public static long Ticks()
        {
            LabClock clock = new LabClock();
            return (Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000) - clock.Number("began_ms", 0))
                * clock.Number("rate", 1);
        }

        public static string Boot()
        {
            return new LabClock().Number("boot", 1).ToString(CultureInfo.InvariantCulture);
        }

        public static void Sleep(int milliseconds)
        {
            Thread.Sleep((int)(milliseconds / new LabClock().Number("rate", 1)));
        }
    }
}
