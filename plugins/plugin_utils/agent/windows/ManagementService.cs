// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    /// <summary>
    /// What Windows Management Instrumentation does on this computer. What it refuses becomes a SystemError.
    /// </summary>
    internal static class ManagementService
    {
        private const int Hidden = 0;   // SW_HIDE

        /// <summary>
        /// Win32_Process.Create, with the caller's account. `leave`: the process leaves the job object of WMI's host.
        /// Returns the method's return value: 0 and the new process's id, or why there is none.
        /// </summary>
        public static long CreateProcess(string commandLine, string folder, bool leave, out uint process)
        {
            long code = 0;
            uint made = 0;
            ManagementConnection.Use(delegate(Automation services)
            {
                Automation result = Create(services, commandLine, folder, leave);
                code = ManagementConnection.Number(result, "ReturnValue");
                made = code == 0 ? (uint)ManagementConnection.Number(result, "ProcessId") : 0;
            });
            process = made;
            return code;
        }

        private static Automation Create(Automation services, string commandLine, string folder, bool leave)
        {
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

        private static void SetProperty(Automation item, string name, object value)
        {
            item.Get("Properties_").Call("Item", name).Set("Value", value);
        }
    }
}
