// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The service control manager as Windows' header declares it (winsvc.h), for ServiceControl.cs alone.
    /// </summary>
    internal static class NativeServices
    {
        public const uint Connect = 1, Enumerate = 4;                        // OpenSCManagerW
        // OpenServiceW
        public const uint QueryConfig = 1, ChangeConfig = 2, QueryStatus = 4, EnumerateDependents = 8, StartIt = 0x10,
            StopIt = 0x20, PauseIt = 0x40;
        public const uint StopControl = 1, PauseControl = 2;                 // ControlService
        public const uint NoChange = 0xFFFFFFFF;                             // ChangeServiceConfigW
        public const uint Win32Services = 0x30, AllStates = 3;               // EnumServicesStatusExW
        public const uint OwnProcess = 0x10;                                 // dwServiceType
        public const int ProcessInformation = 0;                             // SC_ENUM_TYPE, SC_STATUS_TYPE
        // QueryServiceConfig2W
        public const uint FailureActions = 2, DelayedStart = 3, FailureActionsFlag = 4;
        public const int NoAction = 0;                                       // SC_ACTION_TYPE
        public const int AccessDenied = 5, InsufficientBuffer = 122, MoreData = 234, NoSuchService = 1060;

        [StructLayout(LayoutKind.Sequential)]
        public struct Status                                                 // SERVICE_STATUS_PROCESS
        {
            public uint Type, State, Accepted, ExitCode, OwnExitCode, CheckPoint, WaitHint, Process, Flags;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct Listed                                                 // ENUM_SERVICE_STATUS_PROCESSW
        {
            public IntPtr Name, DisplayName;
            public Status Status;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct BasicStatus                                            // SERVICE_STATUS
        {
            public uint Type, State, Accepted, ExitCode, OwnExitCode, CheckPoint, WaitHint;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct Dependent                                              // ENUM_SERVICE_STATUSW
        {
            public IntPtr Name, DisplayName;
            public BasicStatus Status;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct Config                                                 // QUERY_SERVICE_CONFIGW
        {
            public uint Type, StartType, ErrorControl;
            public IntPtr Command, Group;
            public uint Tag;
            public IntPtr Dependencies, Account, DisplayName;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct Failures                                               // SERVICE_FAILURE_ACTIONSW
        {
            public uint ResetPeriod;
            public IntPtr RebootMessage, Command;
            public uint Count;
            public IntPtr Actions;                                           // of SC_ACTION: a type and a delay
        }

        public sealed class SafeServiceHandle : SafeHandleZeroOrMinusOneIsInvalid
        {
            private SafeServiceHandle()
                : base(true)
            {
            }

            protected override bool ReleaseHandle()
            {
                return CloseServiceHandle(handle);
            }
        }

        [DllImport("advapi32.dll", ExactSpelling = true)]
        private static extern bool CloseServiceHandle(IntPtr handle);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern SafeServiceHandle OpenSCManagerW(string computer, string database, uint access);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern SafeServiceHandle OpenServiceW(SafeServiceHandle manager, string name, uint access);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool EnumServicesStatusExW(SafeServiceHandle manager, int level, uint type, uint state,
            IntPtr buffer, int size, out int needed, out int count, ref int resume, string group);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool EnumDependentServicesW(SafeServiceHandle service, uint state, IntPtr buffer,
            int size, out int needed, out int count);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool StartServiceW(SafeServiceHandle service, int count, IntPtr arguments);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool ControlService(SafeServiceHandle service, uint control, out BasicStatus status);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool ChangeServiceConfigW(SafeServiceHandle service, uint type, uint startType,
            uint errorControl, string command, string group, IntPtr tag, string dependencies, string account,
            string password, string displayName);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool QueryServiceStatusEx(SafeServiceHandle service, int level, out Status status,
            int size, out int needed);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool QueryServiceConfigW(SafeServiceHandle service, IntPtr buffer, int size,
            out int needed);

        [DllImport("advapi32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool QueryServiceConfig2W(SafeServiceHandle service, uint level, IntPtr buffer, int size,
            out int needed);
    }
}
