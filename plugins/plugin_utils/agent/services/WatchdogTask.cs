// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Text;

namespace IdentityOpsAgent
{
    // The scheduled task that is the watchdog. From Microsoft Learn's pages of the Task Scheduler schema: without
    // Duration, a repetition has no end; its shortest Interval is PT1M; with PT0S as ExecutionTimeLimit, a task may
    // run for ever; the default Priority 7 is below normal.
    internal static class WatchdogTask
    {
        public const string Path = "\\identityops.groupid watchdog";

        private const string Descriptor = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

        // The start is in the past and in UTC, so a clock that is set back, or another time zone, causes no delay.
        private const string Definition = "<Task version=\"1.2\" "
            + "xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">"
            + "<RegistrationInfo><Author>identityops.groupid</Author><Description>Starts GroupID again after "
            + "a backup has stopped it, if the backup does not. It removes itself when all is as before.</Description>"
            + "</RegistrationInfo>"
            + "<Triggers><TimeTrigger><Enabled>true</Enabled><StartBoundary>2000-01-01T00:00:00Z</StartBoundary>"
            + "<Repetition><Interval>PT1M</Interval></Repetition></TimeTrigger></Triggers>"
            + "<Principals><Principal id=\"Author\"><UserId>S-1-5-18</UserId><RunLevel>HighestAvailable</RunLevel>"
            + "</Principal></Principals>"
            + "<Settings><MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>"
            + "<DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>"
            + "<StopIfGoingOnBatteries>false</StopIfGoingOnBatteries><StartWhenAvailable>true</StartWhenAvailable>"
            + "<AllowStartOnDemand>true</AllowStartOnDemand><Enabled>true</Enabled>"
            + "<ExecutionTimeLimit>PT0S</ExecutionTimeLimit><Priority>4</Priority></Settings>"
            + "<Actions Context=\"Author\"><Exec><Command>{0}</Command><Arguments>{1}</Arguments></Exec></Actions>"
            + "</Task>";

        // Nothing in the folder is read before its owner and access list are checked, and nothing of the payload is
        // loaded before its digest is checked against the registered one. The compiler's own files are also in this
        // folder, where nobody else can change them.
        private const string Script = "$ErrorActionPreference='Stop';$d='{0}'\n"
            + "$a=[Security.AccessControl.DirectorySecurity]::new($d,'Owner,Access');"
            + "$i=[Security.Principal.SecurityIdentifier];$o='S-1-5-18','S-1-5-32-544'\n"
            + "foreach($w in @($a.GetOwner($i).Value)"
            + "+@($a.GetAccessRules($true,$true,$i)|%{{$_.IdentityReference.Value}}))"
            + "{{if($o -notcontains $w){{exit 4}}}}\n"
            + "$b=[IO.File]::ReadAllBytes($d+'{1}')\n"
            + "$h=New-Object Security.Cryptography.SHA256CryptoServiceProvider\n"
            + "if([BitConverter]::ToString($h.ComputeHash($b)).Replace('-','') -ne '{2}'){{exit 3}}\n"
            + "$env:LIB='';$env:TMP=$env:TEMP=$d+'temp'\n"
            + "$l=[Text.Encoding]::ASCII.GetString($b).Split(\"`n\")\n"
            + "$s=[IO.StreamReader]::new([IO.Compression.GZipStream]::new([IO.MemoryStream]::new("
            + "[Convert]::FromBase64String($l[0])),[IO.Compression.CompressionMode]'Decompress')).ReadToEnd()\n"
            + "for($n=1;;$n++){{try{{Add-Type -TypeDefinition $s -IgnoreWarnings;break}}"
            + "catch{{[IO.File]::WriteAllText($d+'{3}',\"$_\");if($n -ge 5){{exit 1}};"
            + "[Threading.Thread]::Sleep(1000*$n)}}}}\n"
            + "[void]([type]$l[1])::Begin("
            + "[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($l[2])),$l[0])";

        // The lines of the payload that ScriptOf reads.
        public static byte[] PayloadOf(JsonMap request)
        {
            string packed = Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonWriter.Text(request)));
            return Encoding.ASCII.GetBytes(ThisAgent.PackedSource + "\n" + ThisAgent.EntryName + "\n" + packed + "\n");
        }

        public static string ScriptOf(string folder, byte[] payload)
        {
            return string.Format(Script, (folder + Win32.Separator).Replace("'", "''"), WatchdogFolder.Payload,
                Hashing.Hex(payload, payload.Length), WatchdogFolder.Failure);
        }

        // An earlier one must have been deleted.
        public static void Register(byte[] payload)
        {
            string arguments = "-NoProfile -NonInteractive -EncodedCommand "
                + Convert.ToBase64String(Encoding.Unicode.GetBytes(ScriptOf(WatchdogFolder.Current, payload)));
            TaskScheduler.Register(Path, string.Format(Definition, Escaped(Engine()), arguments), Descriptor);
        }

        // Not the path that a 32-bit process has for Windows' own one: the Task Scheduler starts it.
        private static string Engine()
        {
            return Paths.Below(Computer.EnvironmentValue("windir"), @"System32\WindowsPowerShell\v1.0\powershell.exe");
        }

        private static string Escaped(string text)
        {
            return text.Replace("&", "&amp;").Replace("<", "&lt;");
        }
    }
}
