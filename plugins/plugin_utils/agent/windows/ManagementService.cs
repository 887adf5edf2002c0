// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

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

        /// <summary>
        /// Win32_Process.Create, with the caller's account. `leave`: the process leaves the job object of WMI's host.
        /// Returns the method's return value: 0 and the new process's id, or why there is none.
        /// </summary>
        public static long CreateProcess(string commandLine, string folder, bool leave, out uint process)
        {
            bool impersonated = NetworkIdentity.IsActive();
            if (impersonated)
                NetworkIdentity.Revert();   // the service checks who calls it
            try
            {
                Automation result = Create(commandLine, folder, leave);
                long code = Number(result, "ReturnValue");
                process = code == 0 ? (uint)Number(result, "ProcessId") : 0;
                return code;
            }
            finally
            {
                if (impersonated)
                    NetworkIdentity.Impersonate();
            }
        }

        private static Automation Create(string commandLine, string folder, bool leave)
        {
            Automation services = Automation.New("WbemScripting.SWbemLocator")
                .Call("ConnectServer", ".", @"root\cimv2");
            services.Get("Security_").Set("ImpersonationLevel", Impersonate);
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
            return item.Get("Properties_").Call("Item", name).Get("Value").Number() & uint.MaxValue;
        }

        private static void SetProperty(Automation item, string name, object value)
        {
            item.Get("Properties_").Call("Item", name).Set("Value", value);
        }
    }
}
