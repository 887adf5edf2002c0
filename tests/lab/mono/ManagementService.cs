// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped ManagementService.cs: a shell in a session of its own starts the process and ends,
    /// so that it is nobody's child. What a service refuses, LabFaults tells.
    /// </summary>
    internal static class ManagementService
    {
        /// <summary>Of the process that was started last.</summary>
        internal static bool IsInJobObject { get; private set; }

        /// <summary>Whether it has started a process.</summary>
        internal static bool HasStarted { get; private set; }

        public static long CreateProcess(string commandLine, string folder, bool leave, out uint process)
        {
            process = 0;
            IsInJobObject = !leave;
            LabFaults faults = LabFaults.Current;
            if (faults != null && faults.ServiceError != 0)
                throw new SystemError(faults.ServiceError, "The service was refused on order.");
            if (faults != null && (faults.CreateCode != 0 || leave && faults.LeaveCode != 0))
                return faults.CreateCode != 0 ? faults.CreateCode : faults.LeaveCode;
            if (faults != null && faults.Service == "hangs")
                Thread.Sleep(Timeout.Infinite);
            if (faults != null && faults.Service != null)
                commandLine = faults.Service == "dies" ? "true" : "sleep 1000";
            int[] ends = new int[2];
            if (Libc.pipe2(ends, Libc.CloseOnExec) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            using (SafeFileHandle output = new SafeFileHandle(ends[0]))
            {
                int shell;
                using (SafeFileHandle outputEnd = new SafeFileHandle(ends[1]))
                using (SafeFileHandle nothing = new SafeFileHandle(
                    Libc.open(PosixName.Encode("/dev/null"), Libc.ReadWrite | Libc.CloseOnExec, 0)))
                    shell = AgentProcess.Spawn(new List<string> { "/bin/sh", "-c", commandLine + " </dev/null "
                        + ">/dev/null 2>&1 & echo $!" }, folder, new[] { nothing, outputEnd, nothing });
                byte[] text = new byte[32];
                int count = Win32.Read(output, text, text.Length);
                Libc.ChildFacts facts;
                Libc.waitid(Libc.ProcessById, shell, out facts, Libc.Exited);
                process = uint.Parse(Encoding.ASCII.GetString(text, 0, count).Trim(), CultureInfo.InvariantCulture);
                HasStarted = true;
                return 0;
            }
        }
    }
}
