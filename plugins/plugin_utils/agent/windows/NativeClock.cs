// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>Windows' clock that cannot be set, as its headers declare it, for SystemClock.cs.</summary>
    internal static class NativeClock
    {
        /// <summary>sysinfoapi.h: milliseconds since the system was started.</summary>
        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern ulong GetTickCount64();

        /// <summary>processthreadsapi.h: when a process was made, in 100 ns since 1601.</summary>
        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetProcessTimes(NativeProcess.SafeKernelHandle process, out long created,
            out long exited, out long kernel, out long user);
    }
}
