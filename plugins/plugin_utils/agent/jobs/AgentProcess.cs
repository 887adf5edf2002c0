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
    /// PowerShell with an agent, as a process that outlives the connection: every call into Windows for that. A
    /// refusal by Windows becomes a SystemError.
    /// </summary>
    internal sealed class AgentProcess
    {
        /// <summary>
        /// How many ms a process that WMI started may take to ask for its request: PowerShell starts, but compiles
        /// nothing yet.
        /// </summary>
        public const int Limit = 60000;

        private const int NotSupported = 50;

        // Bytes that fit into the pipe while nobody reads; a request is far smaller.
        private const int PipeBytes = 64 * 1024;

        private const uint Killed = 1;
        private const int EndsWithin = 5000;   // ms

        // An antivirus may block the temporary files of Windows' compiler for a moment.
        private const string Script =
            "$ErrorActionPreference='Stop';$env:LIB='';$d='{0}'\n{4}$k=[IO.File]::ReadAllText($d+'{1}')\n"
            + "$s=(New-Object IO.StreamReader (New-Object IO.Compression.GZipStream("
            + "(New-Object IO.MemoryStream(,[Convert]::FromBase64String($k))),"
            + "[IO.Compression.CompressionMode]::Decompress))).ReadToEnd()\n"
            + "for($i=1;;$i++){{try{{Add-Type -TypeDefinition $s -IgnoreWarnings;break}}"
            + "catch{{[IO.File]::WriteAllText($d+'{6}',\"$_\");[Threading.Thread]::Sleep(1000*$i);if($i -ge 5){{"
            + "[IO.File]::WriteAllText($d+'{2}','{{\"cause\":'+(\"$_\"|ConvertTo-Json)+'}}');exit 1}}}}}}\n"
            + "[void]([type]'{3}')::Begin({5},$k)";

        private const string FromInput = "@($input)-join''";

        // Not in the environment of the process, because PowerShell makes such a folder when it starts.
        private const string Temporary = "$env:TMP=$env:TEMP='{0}'\n";

        // The process asks for its request before it compiles anything. The digest was given when it was started, so
        // it accepts no other request.
        private const string Asking =
            "$p=New-Object IO.Pipes.NamedPipeClientStream('.','{0}',"
            + "[IO.Pipes.PipeDirection]::In,[IO.Pipes.PipeOptions]::None,"
            + "[Security.Principal.TokenImpersonationLevel]::Anonymous)\n"
            + "$p.Connect({2})\n$r=New-Object IO.StreamReader $p\n$q=$r.ReadLine()\n$r.Dispose()\n"
            + "$h=New-Object Security.Cryptography.SHA256CryptoServiceProvider\n"
            + "if([BitConverter]::ToString($h.ComputeHash([Text.Encoding]::ASCII.GetBytes($q)))"
            + ".Replace('-','') -ne '{1}'){{exit 1}}\n";

        private const string FromPipe = "$q.Substring({0})";

        public readonly uint Id;
        private readonly NativeProcess.SafeKernelHandle process;

        private AgentProcess(NativeProcess.SafeKernelHandle process, uint id)
        {
            this.process = process;
            Id = id;
        }

        /// Puts the files that such a process needs into the folder.
        public static void Prepare(string folder)
        {
            if (ThisAgent.PackedSource == null)
                throw new SystemError(NotSupported, "The agent has no copy of its own source.");
            byte[] source = Encoding.ASCII.GetBytes(ThisAgent.PackedSource);
            using (SafeFileHandle file = Win32.OpenNew(Paths.Combine(folder, DetachedAgent.SourceName)))
                Win32.Write(file, source, source.Length);
        }

        /// <summary>
        /// A child of this process outside its job object and without a window. The only handle that it inherits is
        /// the pipe with its request. `temporary`: the folder for its compiler's files; null: the account's.
        /// </summary>
        public static AgentProcess BreakAway(string folder, string request, string temporary)
        {
            string engine = Engine();
            string commandLine = CommandLine(engine, folder,
                temporary == null ? "" : string.Format(Temporary, Quoted(temporary)), FromInput);
            using (SafeFileHandle input = Filled(Encoding.ASCII.GetBytes(request + "\n")))
            using (SafeFileHandle nothing = NativeMethods.CreateFileW("NUL", NativeMethods.GenericWrite,
                NativeMethods.ShareAll, IntPtr.Zero, NativeMethods.OpenExisting, 0, IntPtr.Zero))
            {
                Check(!nothing.IsInvalid);
                Check(NativeProcess.SetHandleInformation(nothing, NativeProcess.Inherit, NativeProcess.Inherit));
                return Create(engine, commandLine, folder, input, nothing);
            }
        }

        /// <summary>
        /// For a process that WMI starts: it reads its request from the pipe of this name. `digest`: SHA-256 of
        /// everything in the pipe, a line of ASCII.
        /// </summary>
        public static string CommandLine(string folder, string pipe, string digest)
        {
            return CommandLine(Engine(), folder, string.Format(Asking, pipe, digest, Limit),
                string.Format(FromPipe, DetachedAgent.SaltDigits));
        }

        /// <summary>A process that WMI has started.</summary>
        public static AgentProcess Open(uint id)
        {
            NativeProcess.SafeKernelHandle process = NativePipe.OpenProcess(
                NativePipe.Synchronize | NativePipe.QueryLimited | NativePipe.Terminate, false, id);
            Check(!process.IsInvalid);
            return new AgentProcess(process, id);
        }

        public bool HasEnded()
        {
            return NativeProcess.WaitForSingleObject(process, 0) == NativeProcess.Signalled;
        }

        /// <summary>null: this could not be determined.</summary>
        public bool? IsInJobObject
        {
            get
            {
                bool isInJob;
                return NativePipe.IsProcessInJob(process, IntPtr.Zero, out isInJob) ? isInJob : (bool?)null;
            }
        }

        /// <summary>Ends it and waits briefly. No error if it has ended already.</summary>
        public void End()
        {
            NativeProcess.TerminateProcess(process, Killed);
            NativeProcess.WaitForSingleObject(process, EndsWithin);
        }

        private static string CommandLine(string engine, string folder, string before, string request)
        {
            string script = string.Format(Script, Quoted(folder + Win32.Separator), DetachedAgent.SourceName,
                DetachedAgent.FailureName, ThisAgent.EntryName, before, request, DetachedAgent.WaitedName);
            return "\"" + engine + "\" -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
                + Convert.ToBase64String(Encoding.Unicode.GetBytes(script));
        }

        private static string Quoted(string path)
        {
            return path.Replace("'", "''");
        }

        // A pipe with this content whose other end is closed already.
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

        private static AgentProcess Create(string engine, string commandLine, string folder, SafeFileHandle input,
            SafeFileHandle nothing)
        {
            NativeProcess.ProcessInformation created = new NativeProcess.ProcessInformation();
            ChildProcess.WithAttributes(new[] { input, nothing }, delegate(IntPtr attributes)
            {
                NativeProcess.StartupInfo startup = new NativeProcess.StartupInfo();
                startup.Size = Marshal.SizeOf(typeof(NativeProcess.StartupInfo));
                startup.Flags = NativeProcess.UseStandardHandles;
                startup.Input = input.DangerousGetHandle();
                startup.Output = startup.Errors = nothing.DangerousGetHandle();
                startup.AttributeList = attributes;
                const uint flags = NativeProcess.BreakAway | NativeProcess.UnicodeEnvironment
                    | NativeProcess.ExtendedStartup | NativeProcess.NoWindow;
                Check(NativeProcess.CreateProcessW(engine, new StringBuilder(commandLine), IntPtr.Zero, IntPtr.Zero,
                    true, flags, IntPtr.Zero, folder, ref startup, out created));
            });
            new NativeProcess.SafeKernelHandle(created.Thread).Dispose();
            return new AgentProcess(new NativeProcess.SafeKernelHandle(created.Process), created.ProcessId);
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }

        // The PowerShell that runs this agent. If another program hosts it (WinRM's own runspaces), Windows' own
        // PowerShell.
        private static string Engine()
        {
            using (Process current = Process.GetCurrentProcess())
            {
                string program = current.MainModule.FileName;
                string name = Paths.FileName(program);
                if (name.Equals("powershell.exe", StringComparison.OrdinalIgnoreCase)
                    || name.Equals("pwsh.exe", StringComparison.OrdinalIgnoreCase))
                    return program;
            }
            return Environment.GetFolderPath(Environment.SpecialFolder.System)
                + @"\WindowsPowerShell\v1.0\powershell.exe";
        }
    }
}
