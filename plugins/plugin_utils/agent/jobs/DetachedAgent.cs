// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Threading;

namespace IdentityOpsAgent
{
    // A second agent that outlives this one. It is started in one of two ways. It leaves the job object in which
    // WinRM ends everything that a connection has started. If that object forbids this (as with psrp), WMI starts it,
    // as with Ansible's own async tasks, and it gets its request through a named pipe.
    internal sealed class DetachedAgent
    {
        // Left in the folder if the agent does not compile: JSON with `cause`.
        public const string FailureName = "failure.json";

        // The compiler's message when it failed and was tried again.
        public const string WaitedName = "waited.txt";

        // The agent's source, which is kept there until the new agent is at work.
        public const string SourceName = "agent.txt";

        public const string BrokenAway = "breakaway", ByManagement = "wmi";

        // Digits of the random text before a request in the pipe. So the digest, which everybody can see, says
        // nothing about the request.
        public const int SaltDigits = 32;

        private const int Aborted = 1067, TooLate = 1460;
        private const int Pause = 50;   // ms

        public readonly string Route;
        private readonly AgentProcess process;

        private DetachedAgent(string route, AgentProcess process)
        {
            Route = route;
            this.process = process;
        }

        // Whether it is in a job object of Windows. null: not known.
        public bool? IsInJobObject
        {
            get { return process.IsInJobObject; }
        }

        // `folder`: closed to others; the agent's source is put there. `request`: for the new agent; it is never on a
        // disk, a command line or in the environment. null: the agent was not started, and left nothing but its
        // source; `refused` says why, for each route. `byManagement`: only by WMI. `temporary`: see
        // AgentProcess.BreakAway.
        public static DetachedAgent Start(string folder, string request, bool byManagement, string temporary,
            List<string> refused)
        {
            try
            {
                AgentProcess.Prepare(folder);
            }
            catch (SystemError error)
            {
                refused.Add(error.Message);
                return null;
            }
            DetachedAgent agent = byManagement ? null : Try(BrokenAway, "Outside of the connection's job object: ",
                () => AgentProcess.BreakAway(folder, request, temporary), refused);
            return agent ?? Try(ByManagement, "By WMI: ", () => StartByManagement(folder, request), refused);
        }

        private static DetachedAgent Try(string route, string how, Func<AgentProcess> start, List<string> refused)
        {
            try
            {
                return new DetachedAgent(route, start());
            }
            catch (SystemError error)
            {
                refused.Add(how + error.Message + ".");
                return null;
            }
        }

        public bool HasEnded()
        {
            return process.HasEnded();
        }

        private static AgentProcess StartByManagement(string folder, string request)
        {
            byte[] letter = Encoding.ASCII.GetBytes(Secret() + request);
            using (RequestPipe pipe = RequestPipe.Open("identityops.groupid-" + Secret()))
            {
                AgentProcess process = AgentProcess.Open(
                    Created(AgentProcess.CommandLine(folder, pipe.Name, Hashing.Hex(letter, letter.Length)), folder));
                try
                {
                    Deliver(pipe, letter, process);
                    return process;
                }
                catch (SystemError)
                {
                    process.End();   // before the pipe's name is free again
                    throw;
                }
            }
        }

        // A process started by WMI is in the job object of WMI's host, with its quotas, unless it is told to leave
        // it. Not every system allows that.
        private static uint Created(string commandLine, string folder)
        {
            uint process = 0;
            // A process that is started too late finds no pipe and ends.
            long code = new BoundedCall<long>(AgentProcess.Limit, delegate
            {
                long first = ManagementService.CreateProcess(commandLine, folder, true, out process);
                return first == 0 ? 0 : ManagementService.CreateProcess(commandLine, folder, false, out process);
            }).Answer();
            if (code != 0)
                throw new SystemError((int)code, "Win32_Process.Create did not start it: " + Meaning(code));
            return process;
        }

        // The method's return values as Microsoft documents them. They are not error numbers of Windows.
        private static string Meaning(long code)
        {
            switch (code)
            {
                case 2: return "access denied";
                case 3: return "insufficient privilege";
                case 8: return "unknown failure";
                case 9: return "path not found";
                case 21: return "invalid parameter";
                default: return "another cause";
            }
        }

        // Sends the request to this process only, and to no other one that finds the pipe.
        private static void Deliver(RequestPipe pipe, byte[] letter, AgentProcess process)
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (uint client = pipe.Client(); client != process.Id; client = pipe.Client())
            {
                if (client != 0)
                    pipe.Disconnect();
                Wait(watch, process);
            }
            pipe.Write(letter);
            while (!pipe.IsRead())
                Wait(watch, process);
        }

        private static void Wait(Stopwatch watch, AgentProcess process)
        {
            if (process.HasEnded())
                throw new SystemError(Aborted, "The process ended before it received its request.");
            if (watch.ElapsedMilliseconds >= AgentProcess.Limit)
                throw new SystemError(TooLate, string.Format(CultureInfo.InvariantCulture,
                    "The process did not ask for its request within {0} s.", AgentProcess.Limit / 1000));
            Thread.Sleep(Pause);
        }

        // 128 bits that nobody can guess.
        private static string Secret()
        {
            byte[] bytes = new byte[SaltDigits / 2];
            using (RandomNumberGenerator generator = RandomNumberGenerator.Create())
                generator.GetBytes(bytes);
            return Hashing.Hex(bytes);
        }
    }
}
