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
    /// Windows' named pipes and processes that somebody else has started, as its headers declare them (winbase.h,
    /// namedpipeapi.h), for RequestPipe.cs, AgentProcess.cs and RunningProcesses.cs.
    /// </summary>
    internal static class NativePipe
    {
        // CreateNamedPipeW
        public const uint Outbound = 2, FirstInstance = 0x80000, NoWaiting = 1, NoRemoteClients = 8;

        public const int NoData = 232, Connected = 535, Listening = 536;     // ConnectNamedPipe

        public const uint Terminate = 1, QueryLimited = 0x1000, Synchronize = 0x100000;   // OpenProcess

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern SafeFileHandle CreateNamedPipeW(string name, uint access, uint mode, uint instances,
            uint output, uint input, uint timeout, ref NativeMethods.SecurityAttributes security);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool ConnectNamedPipe(SafeFileHandle pipe, IntPtr overlapped);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool DisconnectNamedPipe(SafeFileHandle pipe);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetNamedPipeClientProcessId(SafeFileHandle pipe, out uint process);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool QueryFullProcessImageNameW(NativeProcess.SafeKernelHandle process, uint form,
            StringBuilder path, ref int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern NativeProcess.SafeKernelHandle OpenProcess(uint access, bool inherit, uint process);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool IsProcessInJob(NativeProcess.SafeKernelHandle process, IntPtr job, out bool result);
    }
}
