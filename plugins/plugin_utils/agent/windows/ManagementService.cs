// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

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
        private const int OfWindows = 0x8007;   // HRESULT_FROM_WIN32
        private const int NoSuchInterface = unchecked((int)0x80004002);

        /// <summary>
        /// Win32_Process.Create, as the account that asks. `leave`: the process leaves the job object of WMI's host.
        /// Gives the method's return value: 0, and the new process's id, or why there is none.
        /// </summary>
        public static long CreateProcess(string commandLine, string folder, bool leave, out uint process)
        {
            bool impersonated = NetworkIdentity.IsActive();
            if (impersonated)
                NetworkIdentity.Revert();   // the service asks who calls it
            try
            {
                object result = Create(commandLine, folder, leave);
                long code = Number(result, "ReturnValue");
                process = code == 0 ? (uint)Number(result, "ProcessId") : 0;
                return code;
            }
            catch (TargetInvocationException error)
            {
                throw Failure(error.InnerException ?? error);
            }
            catch (COMException error)
            {
                throw Failure(error);
            }
            finally
            {
                if (impersonated)
                    NetworkIdentity.Impersonate();
            }
        }

        private static object Create(string commandLine, string folder, bool leave)
        {
            object services = Call(New("WbemScripting.SWbemLocator"), "ConnectServer", ".", @"root\cimv2");
            Set(Get(services, "Security_"), "ImpersonationLevel", Impersonate);
            object startup = Call(Call(services, "Get", "Win32_ProcessStartup"), "SpawnInstance_");
            SetProperty(startup, "ShowWindow", Hidden);
            if (leave)
                SetProperty(startup, "CreateFlags", unchecked((int)NativeProcess.BreakAway));
            object processes = Call(services, "Get", "Win32_Process");
            object input = Call(Get(Call(Get(processes, "Methods_"), "Item", "Create"), "InParameters"),
                "SpawnInstance_");
            SetProperty(input, "CommandLine", commandLine);
            SetProperty(input, "CurrentDirectory", folder);
            SetProperty(input, "ProcessStartupInformation", startup);
            return Call(processes, "ExecMethod_", "Create", input);
        }

        private static object New(string name)
        {
            Type type = Type.GetTypeFromProgID(name);
            if (type == null)
                throw Failure(new COMException(name, NoSuchInterface));
            return Activator.CreateInstance(type);
        }

        private static long Number(object item, string name)
        {
            return Convert.ToInt64(Get(Call(Get(item, "Properties_"), "Item", name), "Value"),
                CultureInfo.InvariantCulture) & uint.MaxValue;
        }

        private static void SetProperty(object item, string name, object value)
        {
            Set(Call(Get(item, "Properties_"), "Item", name), "Value", value);
        }

        private static object Call(object item, string name, params object[] arguments)
        {
            return item.GetType().InvokeMember(name, BindingFlags.InvokeMethod, null, item, arguments,
                CultureInfo.InvariantCulture);
        }

        private static object Get(object item, string name)
        {
            return item.GetType().InvokeMember(name, BindingFlags.GetProperty, null, item, null,
                CultureInfo.InvariantCulture);
        }

        private static void Set(object item, string name, object value)
        {
            item.GetType().InvokeMember(name, BindingFlags.SetProperty, null, item, new[] { value },
                CultureInfo.InvariantCulture);
        }

        // Windows' own number where the error carries one, as 1058 of a service that is disabled; else all of it.
        private static SystemError Failure(Exception error)
        {
            int code = Marshal.GetHRForException(error);
            return new SystemError((code >> 16 & 0xFFFF) == OfWindows ? code & 0xFFFF : code, error.Message.Trim());
        }
    }
}
