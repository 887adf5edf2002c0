// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// A second agent that outlives this one: every call into Windows for that. It is outside of the job in which WinRM ends all that a connection has
    /// started, has of this process's handles the pipe that its request comes by, and no window. What Windows refuses becomes a SystemError.
    /// </summary>
    internal sealed class DetachedAgent
    {
        /// <summary>What the agent leaves in its folder when it does not compile: JSON with `cause`.</summary>
        public const string FailureName = "failure.json";

        /// <summary>The agent's source, which lies there until the new agent is at work.</summary>
        public const string SourceName = "agent.txt";

        private const int NotSupported = 50;

        // Bytes that the pipe takes while nobody reads: a request is far smaller.
        private const int PipeBytes = 64 * 1024;

        // Windows' compiler may meet an antivirus at its own temporary files.
        private const string Script =
            "$ErrorActionPreference='Stop';$env:LIB='';$d='{0}'\n"
            + "$s=(New-Object IO.StreamReader (New-Object IO.Compression.GZipStream((New-Object IO.MemoryStream(,[Convert]::FromBase64String("
            + "[IO.File]::ReadAllText($d+'{1}')))),[IO.Compression.CompressionMode]::Decompress))).ReadToEnd()\n"
            + "for($i=1;;$i++){{try{{Add-Type -TypeDefinition $s -IgnoreWarnings;break}}catch{{[Threading.Thread]::Sleep(1000*$i);if($i -ge 5){{"
            + "[IO.File]::WriteAllText($d+'{2}','{{\"cause\":'+(\"$_\"|ConvertTo-Json)+'}}');exit 1}}}}}}\n"
            + "[void]([type]'{3}')::Run(@($input)-join'')";

        private readonly NativeProcess.SafeKernelHandle process;

        private DetachedAgent(NativeProcess.SafeKernelHandle process)
        {
            this.process = process;
        }

        /// <summary>
        /// `folder`: closed to others; the agent's source goes there. `request`: what the new agent is asked; no disk, command line or environment has it.
        /// </summary>
        public static DetachedAgent Start(string folder, string request)
        {
            if (Program.PackedSource == null)
                throw new SystemError(NotSupported, "The agent has no copy of its own source.");
            byte[] source = Encoding.ASCII.GetBytes(Program.PackedSource);
            string sourcePath = Paths.Combine(folder, SourceName);
            using (SafeFileHandle file = Win32.OpenNew(sourcePath))
                Win32.Write(file, source, source.Length);
            string script = string.Format(Script, (folder + Win32.Separator).Replace("'", "''"), SourceName, FailureName, typeof(Program).FullName);
            string engine = Engine();
            string commandLine = "\"" + engine + "\" -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
                + Convert.ToBase64String(Encoding.Unicode.GetBytes(script));
            using (SafeFileHandle input = Filled(Encoding.ASCII.GetBytes(request + "\n")))
            using (SafeFileHandle nothing = NativeMethods.CreateFileW("NUL", NativeMethods.GenericWrite, NativeMethods.ShareAll, IntPtr.Zero, NativeMethods.OpenExisting, 0, IntPtr.Zero))
            {
                Check(!nothing.IsInvalid);
                Check(NativeProcess.SetHandleInformation(nothing, NativeProcess.Inherit, NativeProcess.Inherit));
                return new DetachedAgent(Create(engine, commandLine, folder, input, nothing));
            }
        }

        // What can be read from a pipe whose other end is closed already.
        private static SafeFileHandle Filled(byte[] content)
        {
            SafeFileHandle output, input;
            Check(NativeProcess.CreatePipe(out output, out input, IntPtr.Zero, PipeBytes));
            try
            {
                using (input)
                    Win32.Write(input, content, content.Length);
                Check(NativeProcess.SetHandleInformation(output, NativeProcess.Inherit, NativeProcess.Inherit));
                return output;
            }
            catch (SystemError)
            {
                output.Dispose();
                throw;
            }
        }

        private static NativeProcess.SafeKernelHandle Create(string engine, string commandLine, string folder, SafeFileHandle input, SafeFileHandle nothing)
        {
            NativeProcess.ProcessInformation created = new NativeProcess.ProcessInformation();
            StartedProgram.WithAttributes(new[] { input, nothing }, delegate(IntPtr attributes)
            {
                NativeProcess.StartupInfo startup = new NativeProcess.StartupInfo();
                startup.Size = Marshal.SizeOf(typeof(NativeProcess.StartupInfo));
                startup.Flags = NativeProcess.UseStandardHandles;
                startup.Input = input.DangerousGetHandle();
                startup.Output = startup.Errors = nothing.DangerousGetHandle();
                startup.Attributes = attributes;
                const uint flags = NativeProcess.BreakAway | NativeProcess.UnicodeEnvironment | NativeProcess.ExtendedStartup | NativeProcess.NoWindow;
                Check(NativeProcess.CreateProcessW(engine, new StringBuilder(commandLine), IntPtr.Zero, IntPtr.Zero, true, flags, IntPtr.Zero, folder, ref startup, out created));
            });
            new NativeProcess.SafeKernelHandle(created.Thread).Dispose();
            return new NativeProcess.SafeKernelHandle(created.Process);
        }

        public bool HasEnded()
        {
            return NativeProcess.WaitForSingleObject(process, 0) == NativeProcess.Signalled;
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }

        // The PowerShell that runs this agent; where something else hosts it (WinRM's own runspaces), the one that Windows has.
        private static string Engine()
        {
            using (Process current = Process.GetCurrentProcess())
            {
                string program = current.MainModule.FileName;
                string name = Paths.LastName(program);
                if (name.Equals("powershell.exe", StringComparison.OrdinalIgnoreCase) || name.Equals("pwsh.exe", StringComparison.OrdinalIgnoreCase))
                    return program;
            }
            return Environment.GetFolderPath(Environment.SpecialFolder.System) + @"\WindowsPowerShell\v1.0\powershell.exe";
        }
    }
}
