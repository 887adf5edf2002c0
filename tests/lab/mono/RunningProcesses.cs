// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    using Map = Dictionary<string, object>;

    /// <summary>
    /// The lab's twin of the shipped RunningProcesses.cs, with the processes of LabServices and of what runs there.
    /// </summary>
    internal static class RunningProcesses
    {
        public static List<ProcessFacts> All()
        {
            Map all = LabServices.Read();
            List<ProcessFacts> found = LabServices.List(all, "services")
                .FindAll(service => LabServices.Number(service, "process") != 0
                    && (LabServices.Text(service, "state") != "stopped" || LabServices.Flag(service, "shares_process")))
                .ConvertAll(service => Facts(LabServices.Number(service, "process"), ProgramOf(service)));
            found.AddRange(LabServices.List(all, "processes")
                .FindAll(process => !process.ContainsKey("until_ms")
                    || LabServices.Number(process, "until_ms") > LabServices.Now)
                .ConvertAll(process => Facts(LabServices.Number(process, "id"), LabServices.Text(process, "program"))));
            return found;
        }

        public static string ProgramOf(uint process)
        {
            ProcessFacts found = All().Find(one => one.Id == process);
            return found == null ? null : found.Program;
        }

        /// <summary>Of a service.</summary>
        internal static string ProgramOf(Map service)
        {
            string command = LabServices.Text(service, "command");
            return command.StartsWith("\"", StringComparison.Ordinal)
                ? command.Substring(1, command.IndexOf('"', 1) - 1) : command;
        }

        private static ProcessFacts Facts(long id, string program)
        {
            return new ProcessFacts { Id = (uint)id, Program = program };
        }
    }
}
