// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>The lab's twin of the shipped DetachedAgent.cs: this executable once more, in a session of its own.</summary>
    internal sealed class DetachedAgent
    {
        public const string FailureName = "failure.json", SourceName = "agent.txt";

        private readonly int process;

        private DetachedAgent(int process)
        {
            this.process = process;
        }

        public static DetachedAgent Start(string folder, string request)
        {
            if (LabFaults.Current != null && LabFaults.Current.NoBreakaway)
                throw Win32.Failure(Libc.EACCES);
            Win32.OpenNew(folder + Win32.Separator + SourceName).Dispose();   // it has its place; this executable needs none
            List<string> settings = new List<string>();
            foreach (DictionaryEntry setting in Environment.GetEnvironmentVariables())
                settings.Add(setting.Key + "=" + setting.Value);
            int[] ends = new int[2];
            if (Libc.pipe2(ends, Libc.CloseOnExec) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            using (SafeFileHandle input = new SafeFileHandle(ends[0]))
            using (SafeFileHandle inputEnd = new SafeFileHandle(ends[1]))
            using (SafeFileHandle nothing = new SafeFileHandle(Libc.open(PosixName.Encode("/dev/null"), Libc.ReadWrite | Libc.CloseOnExec, 0)))
            {
                byte[] text = Encoding.UTF8.GetBytes(request);
                Win32.Write(inputEnd, text, text.Length);
                using (Process mono = Process.GetCurrentProcess())
                    return new DetachedAgent(StartedProgram.Spawn(mono.MainModule.FileName, StartedProgram.Texts(new List<string> {
                        "mono", Assembly.GetEntryAssembly().Location }), StartedProgram.Texts(settings), folder, new[] { input, nothing, nothing }, Libc.SpawnInSession));
            }
        }

        public bool HasEnded()
        {
            Libc.ChildFacts facts;
            return Libc.waitid(Libc.ProcessById, process, out facts, Libc.Exited | Libc.LookNow | Libc.LeaveWaitable) < 0 || facts.Process == process;
        }
    }
}
