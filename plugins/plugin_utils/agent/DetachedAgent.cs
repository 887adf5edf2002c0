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
    /// started, has none of this process's handles and no window. What Windows refuses becomes a SystemError.
    /// </summary>
    internal sealed class DetachedAgent
    {
        /// <summary>What the agent leaves in its folder when it does not compile: JSON with `cause`.</summary>
        public const string FailureName = "failure.json";

        private const string SourceName = "agent.txt";
        private const int NotSupported = 50;

        // Windows' compiler may meet an antivirus at its own temporary files.
        private const string Script =
            "$ErrorActionPreference='Stop';$env:LIB='';$d='{0}'\n"
            + "$s=(New-Object IO.StreamReader (New-Object IO.Compression.GZipStream((New-Object IO.MemoryStream(,[Convert]::FromBase64String("
            + "[IO.File]::ReadAllText($d+'{1}')))),[IO.Compression.CompressionMode]::Decompress))).ReadToEnd()\n"
            + "for($i=1;;$i++){{try{{Add-Type -TypeDefinition $s -IgnoreWarnings;break}}catch{{if($i -ge 3){{"
            + "[IO.File]::WriteAllText($d+'{2}','{{\"cause\":'+(\"$_\"|ConvertTo-Json)+'}}');exit 1}}}}}}\n"
            + "[void]([type]'{3}')::Run([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('{4}')))";

        private readonly NativeProcess.SafeKernelHandle process;

        private DetachedAgent(NativeProcess.SafeKernelHandle process)
        {
            this.process = process;
        }

        /// <summary>`folder`: closed to others; the agent's source goes there. `request`: what the new agent is asked, without secrets.</summary>
        public static DetachedAgent Start(string folder, string request)
        {
            if (Program.PackedSource == null)
                throw new SystemError(NotSupported, "The agent has no copy of its own source.");
            byte[] source = Encoding.ASCII.GetBytes(Program.PackedSource);
            string sourcePath = Paths.Combine(folder, SourceName);
            using (SafeFileHandle file = Win32.OpenNew(sourcePath))
                Win32.Write(file, source, source.Length);
            string script = string.Format(Script, (folder + Win32.Separator).Replace("'", "''"), SourceName, FailureName, typeof(Program).FullName,
                Convert.ToBase64String(Encoding.UTF8.GetBytes(request)));
            string engine = Engine();
            string commandLine = "\"" + engine + "\" -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -EncodedCommand "
                + Convert.ToBase64String(Encoding.Unicode.GetBytes(script));
            NativeProcess.StartupInfo startup = new NativeProcess.StartupInfo();
            startup.Size = Marshal.SizeOf(typeof(NativeProcess.StartupInfo)) - IntPtr.Size;   // STARTUPINFOW: no attributes
            NativeProcess.ProcessInformation created;
            const uint flags = NativeProcess.BreakAway | NativeProcess.UnicodeEnvironment | NativeProcess.NoWindow;
            if (!NativeProcess.CreateProcessW(engine, new StringBuilder(commandLine), IntPtr.Zero, IntPtr.Zero, false, flags, IntPtr.Zero, folder, ref startup, out created))
                throw Win32.Failure(Marshal.GetLastWin32Error());
            new NativeProcess.SafeKernelHandle(created.Thread).Dispose();
            return new DetachedAgent(new NativeProcess.SafeKernelHandle(created.Process));
        }

        public bool HasEnded()
        {
            return NativeProcess.WaitForSingleObject(process, 0) == NativeProcess.Signalled;
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
