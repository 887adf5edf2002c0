// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Diagnostics;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>What runs on this computer now.</summary>
    internal static class RunningProcesses
    {
        private const int Longest = 32 * 1024;   // of a path
        private const uint StillActive = 259;    // GetExitCodeProcess

        /// <summary>Those whose program the account may query.</summary>
        public static List<ProcessFacts> All()
        {
            List<ProcessFacts> found = new List<ProcessFacts>();
            StringBuilder path = new StringBuilder(Longest);
            foreach (Process process in Process.GetProcesses())
            {
                using (process)
                {
                    string program = ProgramOf((uint)process.Id, path);
                    if (program != null)
                        found.Add(new ProcessFacts { Id = (uint)process.Id, Program = program });
                }
            }
            return found;
        }

        /// <summary>
        /// Full path. Null if no process has the number, it has ended, or the account may not query it.
        /// </summary>
        public static string ProgramOf(uint process)
        {
            return ProgramOf(process, new StringBuilder(Longest));
        }

        // An ended process keeps its number for as long as a program has a handle to it.
        private static string ProgramOf(uint process, StringBuilder path)
        {
            using (NativeProcess.SafeKernelHandle handle = NativePipe.OpenProcess(NativePipe.QueryLimited, false,
                process))
            {
                int size = Longest;
                uint code;
                return !handle.IsInvalid && NativeProcess.GetExitCodeProcess(handle, out code) && code == StillActive
                    && NativePipe.QueryFullProcessImageNameW(handle, 0, path, ref size) ? path.ToString() : null;
            }
        }
    }
}
