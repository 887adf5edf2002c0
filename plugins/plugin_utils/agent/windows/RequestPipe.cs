// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Security.Principal;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// A named pipe of this computer, for this account only, that one process at a time reads: every call into
    /// Windows for that. What Windows refuses becomes a SystemError.
    /// </summary>
    internal sealed class RequestPipe : IDisposable
    {
        private const uint Bytes = 64 * 1024;
        private const int BufferFull = 112;

        public readonly string Name;
        private readonly SafeFileHandle pipe;

        private RequestPipe(string name, SafeFileHandle pipe)
        {
            Name = name;
            this.pipe = pipe;
        }

        /// <summary>
        /// Refused if any process has a pipe of this name. No call waits on it: the caller looks again.
        /// </summary>
        public static RequestPipe Open(string name)
        {
            NativeMethods.SecurityAttributes security = new NativeMethods.SecurityAttributes();
            security.Length = Marshal.SizeOf(typeof(NativeMethods.SecurityAttributes));
            using (WindowsIdentity user = WindowsIdentity.GetCurrent())
                Check(NativeMethods.ConvertStringSecurityDescriptorToSecurityDescriptorW(
                    "D:P(A;;GR;;;" + user.User.Value + ")", 1, out security.Descriptor, IntPtr.Zero));
            try
            {
                SafeFileHandle pipe = NativePipe.CreateNamedPipeW(@"\\.\pipe\" + name,
                    NativePipe.Outbound | NativePipe.FirstInstance, NativePipe.NoWaiting | NativePipe.NoRemoteClients,
                    1, Bytes, 0, 0, ref security);
                Check(!pipe.IsInvalid);
                return new RequestPipe(name, pipe);
            }
            finally
            {
                NativeMethods.LocalFree(security.Descriptor);
            }
        }

        /// <summary>Which process has connected; 0: none so far.</summary>
        public uint Client()
        {
            uint process;
            int state = State();
            if (state == NativePipe.NoData)
                Disconnect();   // it has disconnected already
            if (state != NativePipe.Connected)
                return 0;
            Check(NativePipe.GetNamedPipeClientProcessId(pipe, out process));
            return process;
        }

        /// <summary>Disconnects the process that has connected, without a line.</summary>
        public void Disconnect()
        {
            Check(NativePipe.DisconnectNamedPipe(pipe));
        }

        /// <summary>Writes one line for the process that has connected. Only once.</summary>
        public void Write(byte[] line)
        {
            byte[] content = new byte[line.Length + 1];
            line.CopyTo(content, 0);
            content[line.Length] = (byte)'\n';
            if (content.Length > Bytes)
                throw Win32.Failure(BufferFull);
            Win32.Write(pipe, content, content.Length);
        }

        /// <summary>Whether the process has closed its end: it has read what it wanted.</summary>
        public bool IsRead()
        {
            return State() == NativePipe.NoData;
        }

        public void Dispose()
        {
            pipe.Dispose();
        }

        private int State()
        {
            if (NativePipe.ConnectNamedPipe(pipe, IntPtr.Zero))
                return NativePipe.Listening;   // it was disconnected, and now waits for the next process
            int state = Marshal.GetLastWin32Error();
            if (state == NativePipe.NoData || state == NativePipe.Connected || state == NativePipe.Listening)
                return state;
            throw Win32.Failure(state);
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
