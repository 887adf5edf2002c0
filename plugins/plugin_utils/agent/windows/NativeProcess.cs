// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows' processes and jobs as its headers declare them (processthreadsapi.h, jobapi2.h, winnt.h),
    /// for ChildProcess.cs and AgentProcess.cs.
    /// </summary>
    internal static class NativeProcess
    {
        // CreateProcessW
        public const uint Suspended = 0x4, UnicodeEnvironment = 0x400, ExtendedStartup = 0x80000,
            BreakAway = 0x01000000, NoWindow = 0x08000000;
        public const uint UseStandardHandles = 0x100, UseShow = 0x1;         // STARTUPINFO
        public static readonly IntPtr HandleList = (IntPtr)0x20002;          // PROC_THREAD_ATTRIBUTE_HANDLE_LIST

        public const uint Inherit = 1;                                       // SetHandleInformation
        public const uint Signalled = 0, TimedOut = 258;                     // WaitForSingleObject

        // SetInformationJobObject
        public const int ExtendedLimits = 9;
        public const uint DieOnUnhandledException = 0x400, KillOnClose = 0x2000;

        [StructLayout(LayoutKind.Sequential)]
        public struct StartupInfo                                            // STARTUPINFOEXW
        {
            public int Size;
            public IntPtr Reserved, Desktop, Title;
            public uint X, Y, Width, Height, Columns, Rows, Fill, Flags;
            public ushort Show, ReservedSize;
            public IntPtr ReservedBytes, Input, Output, Errors, AttributeList;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct ProcessInformation                                     // PROCESS_INFORMATION
        {
            public IntPtr Process, Thread;
            public uint ProcessId, ThreadId;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct JobLimits                                              // JOBOBJECT_EXTENDED_LIMIT_INFORMATION
        {
            public long ProcessTime, JobTime;
            public uint Flags;
            public UIntPtr LeastWorkingSet, MostWorkingSet;
            public uint Processes;
            public UIntPtr Affinity;
            public uint Priority, Scheduling;
            public ulong Reads, Writes, Others, ReadBytes, WrittenBytes, OtherBytes;
            public UIntPtr ProcessMemory, JobMemory, PeakProcessMemory, PeakJobMemory;
        }

        public sealed class SafeKernelHandle : SafeHandleZeroOrMinusOneIsInvalid
        {
            public SafeKernelHandle(IntPtr handle)
                : base(true)
            {
                SetHandle(handle);
            }

            private SafeKernelHandle()
                : base(true)
            {
            }

            protected override bool ReleaseHandle()
            {
                return CloseHandle(handle);
            }
        }

        [DllImport("kernel32.dll", ExactSpelling = true)]
        private static extern bool CloseHandle(IntPtr handle);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool CreatePipe(out SafeFileHandle read, out SafeFileHandle write,
            IntPtr security, int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool SetHandleInformation(SafeFileHandle handle, uint mask, uint flags);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool InitializeProcThreadAttributeList(IntPtr list, int count, int flags, ref IntPtr size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool UpdateProcThreadAttribute(IntPtr list, uint flags, IntPtr attribute, IntPtr value,
            IntPtr size, IntPtr before, IntPtr returned);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern void DeleteProcThreadAttributeList(IntPtr list);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool CreateProcessW(string program, StringBuilder commandLine, IntPtr processSecurity,
            IntPtr threadSecurity, bool inherit, uint flags, IntPtr environment, string folder,
            ref StartupInfo startup, out ProcessInformation started);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool CreateProcessWithTokenW(SafeKernelHandle token, uint logon, string program,
            StringBuilder commandLine, uint flags, IntPtr environment, string folder,
            ref StartupInfo startup, out ProcessInformation started);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern IntPtr GetEnvironmentStringsW();

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern bool FreeEnvironmentStringsW(IntPtr environment);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern SafeKernelHandle CreateJobObjectW(IntPtr security, string name);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool SetInformationJobObject(SafeKernelHandle job, int kind,
            ref JobLimits limits, int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool AssignProcessToJobObject(SafeKernelHandle job, SafeKernelHandle process);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool TerminateJobObject(SafeKernelHandle job, uint exitCode);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool TerminateProcess(SafeKernelHandle process, uint exitCode);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern uint ResumeThread(SafeKernelHandle thread);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern uint WaitForSingleObject(SafeKernelHandle handle, uint milliseconds);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetExitCodeProcess(SafeKernelHandle process, out uint exitCode);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern uint GetOEMCP();
    }
}
