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

        /// <summary>Those whose program the account may ask for.</summary>
        public static List<ProcessFacts> All()
        {
            List<ProcessFacts> found = new List<ProcessFacts>();
            StringBuilder path = new StringBuilder(Longest);
            foreach (Process process in Process.GetProcesses())
            {
                using (process)
                using (NativeProcess.SafeKernelHandle handle = NativePipe.OpenProcess(NativePipe.QueryLimited, false,
                    (uint)process.Id))
                {
                    int size = Longest;
                    if (!handle.IsInvalid && NativePipe.QueryFullProcessImageNameW(handle, 0, path, ref size))
                        found.Add(new ProcessFacts { Id = (uint)process.Id, Program = path.ToString() });
                }
            }
            return found;
        }
    }
}
