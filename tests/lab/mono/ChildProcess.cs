// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped ChildProcess.cs: a process group in the place of a job. Not here:
    /// what leaves the group lives on, and a killed agent leaves all of it behind. Its network identity
    /// is the environment variable LAB_NETWORK_USER.
    /// </summary>
    internal sealed class ChildProcess : IDisposable
    {
        // Milliseconds between two looks: Linux has no wait with a limit that leaves signals alone.
        private const int Pause = 10;

        private readonly SafeFileHandle output;
        private readonly SafeFileHandle errors;
        private readonly int process;   // waited for in Dispose only: until then no other can have its number
        private Libc.ChildFacts facts;

        private ChildProcess(SafeFileHandle output, SafeFileHandle errors, int process)
        {
            this.output = output;
            this.errors = errors;
            this.process = process;
        }

        public static ChildProcess Start(string program, List<string> arguments, string folder)
        {
            List<string> all = new List<string>(arguments);
            all.Insert(0, program);
            List<string> settings = new List<string>();
            foreach (DictionaryEntry setting in Environment.GetEnvironmentVariables())
                settings.Add(setting.Key + "=" + setting.Value);
            if (NetworkIdentity.OfThread != null && LabFaults.Current != null && LabFaults.Current.StartCode != 0)
                throw new SystemError(LabFaults.Current.StartCode, "The program was refused on order.");
            if (NetworkIdentity.OfThread != null)
                settings.Add("LAB_NETWORK_USER=" + NetworkIdentity.OfThread.User);
            SafeFileHandle output, outputEnd, errors, errorsEnd;
            MakePipe(out output, out outputEnd);
            MakePipe(out errors, out errorsEnd);
            using (outputEnd)
            using (errorsEnd)
            using (SafeFileHandle nothing = Win32.OpenRead("/dev/null"))
            {
                try
                {
                    return new ChildProcess(output, errors, Spawn(program, Texts(all), Texts(settings), folder,
                        new[] { nothing, outputEnd, errorsEnd }, Libc.SpawnInGroup));
                }
                catch
                {
                    output.Dispose();
                    errors.Dispose();
                    throw;
                }
            }
        }

        public static Encoding OutputEncoding()
        {
            return Encoding.GetEncoding(28591);
        }

        public int ReadOutput(byte[] buffer)
        {
            return Win32.Read(output, buffer, buffer.Length);
        }

        public int ReadErrors(byte[] buffer)
        {
            return Win32.Read(errors, buffer, buffer.Length);
        }

        public bool Wait(int milliseconds)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (!HasEnded())
            {
                if (watch.ElapsedMilliseconds >= milliseconds)
                    return false;
                Thread.Sleep(Pause);
            }
            return true;
        }

        /// <summary>A program that a signal ended has the code that a shell gives it.</summary>
        public long ExitCode()
        {
            const int exited = 1;
            if (LabFaults.Current != null && LabFaults.Current.ExitCode.HasValue)
                return LabFaults.Current.ExitCode.Value;
            return facts.Code == exited ? facts.Status : 128 + facts.Status;
        }

        public void Kill()
        {
            Libc.kill(-process, Libc.KillSignal);
        }

        public void Dispose()
        {
            Kill();
            Libc.waitid(Libc.ProcessById, process, out facts, Libc.Exited);
            output.Dispose();
            errors.Dispose();
        }

        private bool HasEnded()
        {
            if (Libc.waitid(Libc.ProcessById, process, out facts, Libc.Exited | Libc.LookNow | Libc.LeaveWaitable) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            return facts.Process == process;
        }

        private static void MakePipe(out SafeFileHandle ours, out SafeFileHandle theirs)
        {
            int[] ends = new int[2];
            if (Libc.pipe2(ends, Libc.CloseOnExec) < 0)
                throw Win32.Failure(Marshal.GetLastWin32Error());
            ours = new SafeFileHandle(ends[0]);
            theirs = new SafeFileHandle(ends[1]);
        }

        /// <summary>`place`: SpawnInGroup or SpawnInSession.</summary>
        internal static int Spawn(string program, IntPtr[] arguments, IntPtr[] settings, string folder,
            SafeFileHandle[] standard, short place)
        {
            byte[] actions = new byte[Libc.SpawnBytes], attributes = new byte[Libc.SpawnBytes],
                signals = new byte[Libc.SignalSetBytes];
            int process;
            Libc.posix_spawn_file_actions_init(actions);
            try
            {
                Check(Libc.posix_spawn_file_actions_addchdir_np(actions, PosixName.Encode(folder)));
                for (int number = 0; number < standard.Length; number++)
                    Check(Libc.posix_spawn_file_actions_adddup2(actions, standard[number], number));
                Libc.posix_spawnattr_init(attributes);
                Libc.sigaddset(signals, Libc.BrokenPipeSignal);   // Mono ignores it, and what it starts would too
                Check(Libc.posix_spawnattr_setsigdefault(attributes, signals));
                Check(Libc.posix_spawnattr_setflags(attributes,
                    (short)(place | Libc.SpawnDefaultSignals | Libc.SpawnSignalMask)));
                Check(Libc.posix_spawn(out process, PosixName.Encode(program), actions, attributes,
                    arguments, settings));
                return process;
            }
            finally
            {
                Libc.posix_spawn_file_actions_destroy(actions);
                foreach (IntPtr text in arguments)
                    Marshal.FreeHGlobal(text);
                foreach (IntPtr text in settings)
                    Marshal.FreeHGlobal(text);
            }
        }

        /// <summary>C's array of texts, with a null at its end.</summary>
        internal static IntPtr[] Texts(List<string> texts)
        {
            IntPtr[] pointers = new IntPtr[texts.Count + 1];
            for (int i = 0; i < texts.Count; i++)
            {
                byte[] bytes = PosixName.EncodeText(texts[i]);
                int length = Array.IndexOf(bytes, (byte)0) + 1;
                pointers[i] = Marshal.AllocHGlobal(length);
                Marshal.Copy(bytes, 0, pointers[i], length);
            }
            return pointers;
        }

        private static void Check(int error)
        {
            if (error != 0)
                throw Win32.Failure(error);
        }
    }
}
