// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The processes of this computer with their command lines, which only Windows Management Instrumentation shows.
    /// </summary>
    internal static class ProcessQuery
    {
        private const string Debug = "SeDebugPrivilege";   // for processes of other accounts

        /// <summary>
        /// Those that run and whose program has this file name, without their programs. An account that is not an
        /// administrator does not see the command lines of other accounts.
        /// </summary>
        public static List<ProcessFacts> Named(string name)
        {
            List<ProcessFacts> found = new List<ProcessFacts>();
            ManagementConnection.Use(delegate(Automation services)
            {
                AskFor(services, Debug);
                Automation all = services.Call("ExecQuery",
                    "SELECT ProcessId, CommandLine, ThreadCount FROM Win32_Process WHERE Name = '" + name + "'");
                long count = all.Get("Count").Number();
                for (int i = 0; i < count; i++)
                    Add(all.Call("ItemIndex", i), found);
            });
            return found;
        }

        // "Each running process has at least one thread" (Microsoft Learn, Win32_Process). One that has ended stays in
        // the list for as long as a program has a handle to it.
        private static void Add(Automation process, List<ProcessFacts> found)
        {
            if (ManagementConnection.Number(process, "ThreadCount") > 0)
                found.Add(new ProcessFacts
                {
                    Id = (uint)ManagementConnection.Number(process, "ProcessId"),
                    CommandLine = ManagementConnection.Value(process, "CommandLine").Value as string,
                });
        }

        // Without the privilege, Windows shows less.
        private static void AskFor(Automation services, string privilege)
        {
            try
            {
                services.Get("Security_").Get("Privileges").Call("AddAsString", privilege, true);
            }
            catch (SystemError)
            {
                return;
            }
        }
    }
}
