// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows Management Instrumentation of this computer, by its scripting objects.
    /// What it refuses becomes a SystemError.
    /// </summary>
    internal static class ManagementService
    {
        private const int Impersonate = 3;   // wbemImpersonationLevelImpersonate
        private const int Hidden = 0;        // SW_HIDE
        private const string Debug = "SeDebugPrivilege";   // for processes of other accounts

        /// <summary>
        /// Win32_Process.Create, with the caller's account. `leave`: the process leaves the job object of WMI's host.
        /// Returns the method's return value: 0 and the new process's id, or why there is none.
        /// </summary>
        public static long CreateProcess(string commandLine, string folder, bool leave, out uint process)
        {
            long code = 0;
            uint made = 0;
            AsThisAccount(delegate
            {
                Automation result = Create(commandLine, folder, leave);
                code = Number(result, "ReturnValue");
                made = code == 0 ? (uint)Number(result, "ProcessId") : 0;
            });
            process = made;
            return code;
        }

        /// <summary>
        /// The running processes whose program has this file name, with their command lines, but without their
        /// programs. An account that is not an administrator does not see the command lines of other accounts.
        /// </summary>
        public static List<ProcessFacts> ProcessesNamed(string name)
        {
            List<ProcessFacts> found = new List<ProcessFacts>();
            AsThisAccount(delegate
            {
                Automation services = Connect();
                AskFor(services, Debug);
                Automation all = services.Call("ExecQuery",
                    "SELECT ProcessId, CommandLine, ThreadCount FROM Win32_Process WHERE Name = '" + name + "'");
                long count = all.Get("Count").Number();
                for (int i = 0; i < count; i++)
                {
                    Automation process = all.Call("ItemIndex", i);
                    // "Each running process has at least one thread" (Microsoft Learn, Win32_Process). One that has
                    // ended stays in the list for as long as a program has a handle to it.
                    if (Number(process, "ThreadCount") > 0)
                        found.Add(new ProcessFacts
                        {
                            Id = (uint)Number(process, "ProcessId"),
                            CommandLine = Value(process, "CommandLine").Value as string,
                        });
                }
            });
            return found;
        }

        // Without the privilege it shows less.
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

        // The service checks who calls it.
        private static void AsThisAccount(Action act)
        {
            bool impersonated = NetworkIdentity.IsActive();
            if (impersonated)
                NetworkIdentity.Revert();
            try
            {
                act();
            }
            finally
            {
                if (impersonated)
                    NetworkIdentity.Impersonate();
            }
        }

        private static Automation Connect()
        {
            Automation services = Automation.New("WbemScripting.SWbemLocator")
                .Call("ConnectServer", ".", @"root\cimv2");
            services.Get("Security_").Set("ImpersonationLevel", Impersonate);
            return services;
        }

        private static Automation Create(string commandLine, string folder, bool leave)
        {
            Automation services = Connect();
            Automation startup = services.Call("Get", "Win32_ProcessStartup").Call("SpawnInstance_");
            SetProperty(startup, "ShowWindow", Hidden);
            if (leave)
                SetProperty(startup, "CreateFlags", unchecked((int)NativeProcess.BreakAway));
            Automation processes = services.Call("Get", "Win32_Process");
            Automation input = processes.Get("Methods_").Call("Item", "Create").Get("InParameters")
                .Call("SpawnInstance_");
            SetProperty(input, "CommandLine", commandLine);
            SetProperty(input, "CurrentDirectory", folder);
            SetProperty(input, "ProcessStartupInformation", startup);
            return processes.Call("ExecMethod_", "Create", input);
        }

        private static long Number(Automation item, string name)
        {
            return Value(item, name).Number() & uint.MaxValue;
        }

        private static Automation Value(Automation item, string name)
        {
            return item.Get("Properties_").Call("Item", name).Get("Value");
        }

        private static void SetProperty(Automation item, string name, object value)
        {
            item.Get("Properties_").Call("Item", name).Set("Value", value);
        }
    }
}
