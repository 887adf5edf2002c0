// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped RequestPipe.cs: a socket of Linux with an abstract name,
    /// which one process has at most, and which tells who has come.
    /// </summary>
    internal sealed class RequestPipe : IDisposable
    {
        private const int PipeBusy = 231;

        public readonly string Name;
        private readonly SafeFileHandle socket;
        private SafeFileHandle client;
        private SafeFileHandle thief;   // of LabFaults: a process of the same account that finds the pipe first

        private RequestPipe(string name, SafeFileHandle socket)
        {
            Name = name;
            this.socket = socket;
        }

        public static RequestPipe Open(string name)
        {
            LabFaults faults = LabFaults.Current;
            SafeFileHandle other = faults != null && faults.Pipe == "taken" ? New() : null;
            if (other != null)
                Check(Libc.bind(other, Address(name), Address(name).Length));
            SafeFileHandle socket = New();
            if (Libc.bind(socket, Address(name), Address(name).Length) < 0)
                throw new SystemError(PipeBusy, "All pipe instances are busy.");
            Check(Libc.listen(socket, 1));
            RequestPipe pipe = new RequestPipe(name, socket);
            if (faults != null && faults.Pipe == "thief")
                pipe.thief = Connect(name);
            return pipe;
        }

        public uint Client()
        {
            if (client == null)
            {
                int accepted = Libc.accept4(socket, IntPtr.Zero, IntPtr.Zero, Libc.CloseOnExec | Libc.NonBlocking);
                if (accepted < 0)
                    return 0;
                client = new SafeFileHandle(accepted);
            }
            int size = 12;   // struct ucred
            int[] peer = new int[3];
            Check(Libc.getsockopt(client, Libc.SocketLevel, Libc.PeerCredentials, peer, ref size));
            return (uint)peer[0];
        }

        public void Disconnect()
        {
            client.Dispose();
            client = null;
        }

        public void Write(byte[] line)
        {
            Win32.Write(client, line, line.Length);
            Win32.Write(client, new[] { (byte)'\n' }, 1);
        }

        public bool IsRead()
        {
            return Libc.recv(client, new byte[1], (IntPtr)1, 0) == IntPtr.Zero;
        }

        public void Dispose()
        {
            if (client != null)
                client.Dispose();
            socket.Dispose();
            if (thief == null)
                return;
            byte[] stolen = new byte[4096];
            int count = Math.Max(0, (int)Libc.recv(thief, stolen, (IntPtr)stolen.Length, 0));
            File.WriteAllText(Environment.GetEnvironmentVariable("LAB_ROOT") + "/stolen",
                Encoding.ASCII.GetString(stolen, 0, count));
            thief.Dispose();
        }

        /// <summary>What the new process does on Windows before it compiles its agent.</summary>
        internal static string Line(string name)
        {
            StringBuilder line = new StringBuilder();
            byte[] next = new byte[1];
            using (SafeFileHandle socket = Connect(name))
            {
                while ((int)Libc.recv(socket, next, (IntPtr)1, 0) == 1 && next[0] != '\n')
                    line.Append((char)next[0]);
            }
            return line.ToString();
        }

        private static SafeFileHandle Connect(string name)
        {
            SafeFileHandle socket = new SafeFileHandle(Libc.socket(Libc.UnixFamily, Libc.Stream | Libc.CloseOnExec, 0));
            Check(Libc.connect(socket, Address(name), Address(name).Length));
            return socket;
        }

        private static SafeFileHandle New()
        {
            return new SafeFileHandle(
                Libc.socket(Libc.UnixFamily, Libc.Stream | Libc.CloseOnExec | Libc.NonBlocking, 0));
        }

        // struct sockaddr_un
        private static byte[] Address(string name)
        {
            return Encoding.ASCII.GetBytes("\u0001\0\0" + name);
        }

        private static void Check(int result)
        {
            if (result < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
