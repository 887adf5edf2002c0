// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped SystemClock.cs: clock.json beside the host's drives.
    /// <code>
    /// {"boot": n,        how often the host was started
    ///  "began_ms": n,    of this computer's own clock that nobody sets, when it was started last
    ///  "rate": n,        so much faster does the host's time go
    ///  "ahead_ms": n}    so far is its clock, which people set, ahead of this computer's
    /// </code>
    /// </summary>
    internal static class SystemClock
    {
        public static long Ticks()
        {
            Dictionary<string, object> clock = Read();
            return (Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000) - Number(clock, "began_ms", 0))
                * Number(clock, "rate", 1);
        }

        public static long Now()
        {
            return DateTime.UtcNow.ToFileTimeUtc() + Ahead();
        }

        /// <summary>So far is it ahead of this computer's, in 100 ns.</summary>
        public static long Ahead()
        {
            return Number(Read(), "ahead_ms", 0) * TimeSpan.TicksPerMillisecond;
        }

        public static string Boot()
        {
            return Number(Read(), "boot", 1).ToString(CultureInfo.InvariantCulture);
        }

        public static void Sleep(int milliseconds)
        {
            Thread.Sleep((int)(milliseconds / Number(Read(), "rate", 1)));
        }

        private static Dictionary<string, object> Read()
        {
            string path = LabComputer.Root() + "/clock.json";
            return File.Exists(path) ? LabJson.Object(File.ReadAllText(path)) : new Dictionary<string, object>();
        }

        private static long Number(Dictionary<string, object> clock, string name, long otherwise)
        {
            object value;
            return clock.TryGetValue(name, out value) ? (long)value : otherwise;
        }
    }
}
