// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped AgentProcess.cs: this executable once more.
    /// A session of Linux plays the job object: who ends a connection kills it.
    /// </summary>
    internal sealed class AgentProcess
    {
        /// <summary>Short where nothing comes on order: of a mute process, only once it is there.</summary>
        public static int Limit
        {
            get
            {
                string service = LabFaults.Current == null ? null : LabFaults.Current.Service;
                return service == "hangs" || (service == "mute" && ManagementService.HasStarted) ? 2000 : 60000;
            }
        }

        private const string SourceName = "agent.txt";
        private const int EndsWithin = 60000, Pause = 10;   // ms

        public readonly uint Id;
        private readonly bool isChild;

        private AgentProcess(uint id, bool isChild)
        {
            Id = id;
            this.isChild = isChild;
        }

        public static void Prepare(string folder)
        {
            // It has its place; this executable needs none.
            Win32.OpenNew(folder + Win32.Separator + SourceName).Dispose();
        }

        public static AgentProcess BreakAway(string folder, string request, string temporary)
        {
            if (LabFaults.Current != null && LabFaults.Current.NoBreakaway)
                throw Win32.Failure(Libc.EACCES);
            int[] ends = new int[2];
            if (Libc.pipe2(ends, Libc.CloseOnExec) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            using (SafeFileHandle input = new SafeFileHandle(ends[0]))
            using (SafeFileHandle inputEnd = new SafeFileHandle(ends[1]))
            using (SafeFileHandle nothing = new SafeFileHandle(
                Libc.open(PosixName.Encode("/dev/null"), Libc.ReadWrite | Libc.CloseOnExec, 0)))
            {
                byte[] text = Encoding.UTF8.GetBytes(request);
                Win32.Write(inputEnd, text, text.Length);
                List<string> command = new List<string> { Mono(), Assembly.GetEntryAssembly().Location };
                if (temporary != null)
                    command.Add(temporary);
                return new AgentProcess((uint)Spawn(command, folder, new[] { input, nothing, nothing }), true);
            }
        }

        public static string CommandLine(string folder, string pipe, string digest)
        {
            return string.Join(" ", new[] { Mono(), Assembly.GetEntryAssembly().Location, pipe, digest });
        }

        public static AgentProcess Open(uint id)
        {
            return new AgentProcess(id, false);
        }

        public bool HasEnded()
        {
            Libc.ChildFacts facts;
            if (isChild)
                return Libc.waitid(Libc.ProcessById, (int)Id, out facts,
                    Libc.Exited | Libc.LookNow | Libc.LeaveWaitable) < 0 || facts.Process == Id;
            try
            {
                string state = File.ReadAllText("/proc/" + Id + "/stat");
                return state[state.LastIndexOf(')') + 2] == 'Z';
            }
            catch (IOException)
            {
                return true;
            }
        }

        public bool? IsInJobObject
        {
            get { return !isChild && ManagementService.IsInJobObject; }
        }

        public void End()
        {
            Libc.kill((int)Id, Libc.KillSignal);
            for (int waited = 0; !HasEnded() && waited < EndsWithin; waited += Pause)
                Thread.Sleep(Pause);
        }

        /// <summary>In a session of its own.</summary>
        internal static int Spawn(List<string> command, string folder, SafeFileHandle[] standard)
        {
            List<string> settings = new List<string>();
            foreach (DictionaryEntry setting in Environment.GetEnvironmentVariables())
                settings.Add(setting.Key + "=" + setting.Value);
            if (!LabComputer.IsJob)
                settings.Add(LabComputer.JobMark + "=1");
            return ChildProcess.Spawn(command[0], ChildProcess.Texts(command), ChildProcess.Texts(settings),
                folder, standard, Libc.SpawnInSession);
        }

        private static string Mono()
        {
            using (Process mono = Process.GetCurrentProcess())
                return mono.MainModule.FileName;
        }
    }
}
