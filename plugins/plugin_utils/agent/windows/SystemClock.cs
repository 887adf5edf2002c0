// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Globalization;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// A clock that counts from the start of Windows. No setting of the clock, time zone or summer time changes it.
    /// </summary>
    internal static class SystemClock
    {
        private const uint System = 4;   // the process of Windows' kernel

        /// <summary>Milliseconds since Windows was started.</summary>
        public static long Ticks()
        {
            return (long)NativeClock.GetTickCount64();
        }

        /// <summary>
        /// Identifies one start of Windows: the time at which its first process was made, which never changes
        /// (Windows' own boot time moves when the clock is set). Empty if that process cannot be queried.
        /// </summary>
        public static string Boot()
        {
            long created, exited, kernel, user;
            using (NativeProcess.SafeKernelHandle first =
                NativePipe.OpenProcess(NativePipe.QueryLimited, false, System))
            {
                if (first.IsInvalid
                    || !NativeClock.GetProcessTimes(first, out created, out exited, out kernel, out user))
                    return "";
                return created.ToString(CultureInfo.InvariantCulture);
            }
        }

        public static void Sleep(int milliseconds)
        {
            Thread.Sleep(milliseconds);
        }
    }
}
