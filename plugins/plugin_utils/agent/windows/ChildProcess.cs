// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// A program of this computer that was started without input, and everything that it starts: every call into
    /// Windows for that. They are one job object, which ends with this object or with the agent, in whatever way.
    /// What Windows refuses becomes a SystemError.
    /// </summary>
    internal sealed class ChildProcess : IDisposable
    {
        private const int BrokenPipe = 109;
        private const uint Killed = 1;

        private readonly SafeFileHandle output;
        private readonly SafeFileHandle errors;
        private readonly NativeProcess.SafeKernelHandle job;
        private readonly NativeProcess.SafeKernelHandle process;

        private ChildProcess(SafeFileHandle output, SafeFileHandle errors, NativeProcess.SafeKernelHandle job,
            NativeProcess.SafeKernelHandle process)
        {
            this.output = output;
            this.errors = errors;
            this.job = job;
            this.process = process;
        }

        /// <summary>
        /// `program`: a full path. `folder`: where it runs. It has no window, and inherits only its three standard
        /// handles.
        /// </summary>
        public static ChildProcess Start(string program, List<string> arguments, string folder)
        {
            SafeFileHandle output = null, outputEnd = null, errors = null, errorsEnd = null;
            NativeProcess.SafeKernelHandle job = null, process = null;
            try
            {
                job = NewJob();
                MakePipe(out output, out outputEnd);
                MakePipe(out errors, out errorsEnd);
                using (SafeFileHandle nothing = NativeMethods.CreateFileW("NUL", NativeMethods.GenericRead,
                    NativeMethods.ShareAll, IntPtr.Zero, NativeMethods.OpenExisting, 0, IntPtr.Zero))
                {
                    Check(!nothing.IsInvalid);
                    Check(NativeProcess.SetHandleInformation(nothing, NativeProcess.Inherit, NativeProcess.Inherit));
                    process = Create(program, CommandLine.Of(program, arguments), folder, job,
                        new[] { nothing, outputEnd, errorsEnd });
                }
                ChildProcess started = new ChildProcess(output, errors, job, process);
                output = errors = null;
                job = process = null;
                return started;
            }
            finally
            {
                foreach (SafeHandle left in new SafeHandle[] { output, outputEnd, errors, errorsEnd, job, process })
                {
                    if (left != null)
                        left.Dispose();
                }
            }
        }

        /// <summary>
        /// The encoding that programs use by default: the system's OEM code page, or Latin-1 if .NET does not know
        /// it.
        /// </summary>
        public static Encoding OutputEncoding()
        {
            try
            {
                return Encoding.GetEncoding((int)NativeProcess.GetOEMCP());
            }
            catch (NotSupportedException)
            {
                return Encoding.GetEncoding(28591);
            }
            catch (ArgumentException)
            {
                return Encoding.GetEncoding(28591);
            }
        }

        /// <summary>Waits for bytes; 0 if all processes that could write have ended.</summary>
        public int ReadOutput(byte[] buffer)
        {
            return Read(output, buffer);
        }

        public int ReadErrors(byte[] buffer)
        {
            return Read(errors, buffer);
        }

        /// <summary>False when the program itself has not ended in this time.</summary>
        public bool Wait(int milliseconds)
        {
            uint outcome = NativeProcess.WaitForSingleObject(process, (uint)milliseconds);
            Check(outcome == NativeProcess.Signalled || outcome == NativeProcess.TimedOut);
            return outcome == NativeProcess.Signalled;
        }

        /// <summary>Unsigned, 32 bits. Only after Wait has returned true.</summary>
        public long ExitCode()
        {
            uint code;
            Check(NativeProcess.GetExitCodeProcess(process, out code));
            return code;
        }

        /// <summary>Ends the program and all that it has started. Those that have ended already are no error.</summary>
        public void Kill()
        {
            Check(NativeProcess.TerminateJobObject(job, Killed));
        }

        public void Dispose()
        {
            job.Dispose();
            process.Dispose();
            output.Dispose();
            errors.Dispose();
        }

        private static NativeProcess.SafeKernelHandle NewJob()
        {
            NativeProcess.SafeKernelHandle job = NativeProcess.CreateJobObjectW(IntPtr.Zero, null);
            Check(!job.IsInvalid);
            NativeProcess.JobLimits limits = new NativeProcess.JobLimits();
            // No dialog that waits for a person.
            limits.Flags = NativeProcess.KillOnClose | NativeProcess.DieOnUnhandledException;
            Check(NativeProcess.SetInformationJobObject(job, NativeProcess.ExtendedLimits, ref limits,
                Marshal.SizeOf(typeof(NativeProcess.JobLimits))));
            return job;
        }

        private static void MakePipe(out SafeFileHandle ours, out SafeFileHandle theirs)
        {
            Check(NativeProcess.CreatePipe(out ours, out theirs, IntPtr.Zero, 0));
            Check(NativeProcess.SetHandleInformation(theirs, NativeProcess.Inherit, NativeProcess.Inherit));
        }

        // Suspended until it is in the job: what it starts is then in it too.
        private static NativeProcess.SafeKernelHandle Create(string program, string commandLine, string folder,
            NativeProcess.SafeKernelHandle job, SafeFileHandle[] handles)
        {
            NativeProcess.ProcessInformation created = new NativeProcess.ProcessInformation();
            WithAttributes(handles, delegate(IntPtr attributes)
            {
                NativeProcess.StartupInfo startup = new NativeProcess.StartupInfo();
                startup.Size = Marshal.SizeOf(typeof(NativeProcess.StartupInfo));
                startup.Flags = NativeProcess.UseStandardHandles;
                startup.Input = handles[0].DangerousGetHandle();
                startup.Output = handles[1].DangerousGetHandle();
                startup.Errors = handles[2].DangerousGetHandle();
                startup.AttributeList = attributes;
                if (NetworkIdentity.IsActive())
                {
                    created = CreateWithIdentity(program, commandLine, folder, startup);
                    return;
                }
                const uint flags = NativeProcess.Suspended | NativeProcess.UnicodeEnvironment
                    | NativeProcess.ExtendedStartup | NativeProcess.NoWindow;
                Check(NativeProcess.CreateProcessW(program, new StringBuilder(commandLine), IntPtr.Zero, IntPtr.Zero,
                    true, flags, IntPtr.Zero, folder, ref startup, out created));
            });
            NativeProcess.SafeKernelHandle process = new NativeProcess.SafeKernelHandle(created.Process);
            using (NativeProcess.SafeKernelHandle thread = new NativeProcess.SafeKernelHandle(created.Thread))
            {
                try
                {
                    Check(NativeProcess.AssignProcessToJobObject(job, process));
                    Check(NativeProcess.ResumeThread(thread) != uint.MaxValue);
                    return process;
                }
                catch (SystemError)
                {
                    NativeProcess.TerminateProcess(process, Killed);
                    process.Dispose();
                    throw;
                }
            }
        }

        // Through Windows' service Secondary Logon. It accepts no list of handles, and copies the three standard ones
        // into the program itself. It has no flag for "no window", so the window is hidden. Without a block of
        // environment variables, it would make one from the account's profile.
        private static NativeProcess.ProcessInformation CreateWithIdentity(string program, string commandLine,
            string folder, NativeProcess.StartupInfo startup)
        {
            NativeProcess.ProcessInformation created;
            startup.Size -= IntPtr.Size;   // STARTUPINFOW
            startup.Flags |= NativeProcess.UseShow;
            IntPtr settings = NativeProcess.GetEnvironmentStringsW();
            NetworkIdentity.Revert();   // the service checks the caller's account and its rights
            try
            {
                const uint flags = NativeProcess.Suspended | NativeProcess.UnicodeEnvironment;
                Check(NativeProcess.CreateProcessWithTokenW(NetworkIdentity.Token, 0, program,
                    new StringBuilder(commandLine), flags, settings, folder, ref startup, out created));
                return created;
            }
            finally
            {
                NetworkIdentity.Impersonate();
                NativeProcess.FreeEnvironmentStringsW(settings);
            }
        }

        // The only attribute: which handles are inherited. Without it, all inheritable ones are.
        internal static void WithAttributes(SafeFileHandle[] handles, Action<IntPtr> use)
        {
            IntPtr size = IntPtr.Zero;
            // Fails, and says how many bytes it wants.
            NativeProcess.InitializeProcThreadAttributeList(IntPtr.Zero, 1, 0, ref size);
            IntPtr attributes = Marshal.AllocHGlobal(size);
            IntPtr list = Marshal.AllocHGlobal(handles.Length * IntPtr.Size);
            try
            {
                for (int i = 0; i < handles.Length; i++)
                    Marshal.WriteIntPtr(list, i * IntPtr.Size, handles[i].DangerousGetHandle());
                Check(NativeProcess.InitializeProcThreadAttributeList(attributes, 1, 0, ref size));
                try
                {
                    Check(NativeProcess.UpdateProcThreadAttribute(attributes, 0, NativeProcess.HandleList, list,
                        (IntPtr)(handles.Length * IntPtr.Size), IntPtr.Zero, IntPtr.Zero));
                    use(attributes);
                }
                finally
                {
                    NativeProcess.DeleteProcThreadAttributeList(attributes);
                }
            }
            finally
            {
                Marshal.FreeHGlobal(list);
                Marshal.FreeHGlobal(attributes);
            }
        }

        private static int Read(SafeFileHandle pipe, byte[] buffer)
        {
            try
            {
                return Win32.Read(pipe, buffer, buffer.Length);
            }
            catch (SystemError error)
            {
                if (error.Code == BrokenPipe)
                    return 0;
                throw;
            }
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
