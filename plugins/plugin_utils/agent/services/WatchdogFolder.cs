// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The files of the watchdog, in a folder for SYSTEM and Administrators only:
    //   payload.txt   the agent's source, its entry and its request, each a line
    //   watch.lock    held only by its process
    //   mark.json     its process has read payload and record
    //   samples.json  what it has seen             word.json  a message for people
    //   failure.txt   why its source did not compile
    //   missed.json   the record of the quiesce, if somebody has removed it
    internal static class WatchdogFolder
    {
        public const string Payload = "payload.txt", Mark = "mark.json", Samples = "samples.json", Word = "word.json",
            Failure = "failure.txt", Missed = "missed.json";
        private const string LockName = "watch.lock", Temporary = "temp";
        private const int Attempts = 20, Pause = 50;   // ms

        public static string Current
        {
            get { return Paths.Combine(Computer.ProgramData(), "identityops.groupid.watchdog"); }
        }

        public static string MissedPath
        {
            get { return Paths.Combine(Current, Missed); }
        }

        public static bool Exists
        {
            get
            {
                FileFacts facts;
                return Win32.TryFacts(Current, out facts);
            }
        }

        // Error state_owner if somebody else owns it or others can change it.
        public static void RequireClosed(string what)
        {
            StateFolder.RequireOwn(Current, what);
            List<string> writers = FileSecurity.Writers(Current);
            if (writers != null && writers.Count > 0)
                throw new AgentError("state_owner", what, Current, "It can be changed by "
                    + string.Join(", ", writers.ToArray()) + ".", "Find out who made it, and remove it.");
        }

        // An earlier folder must have been removed.
        public static void Make(byte[] payload)
        {
            FolderSecurity.CreateSystemFolder(Current);
            FolderSecurity.CreateSystemFolder(Paths.Combine(Current, Temporary));
            AtomicFile.Replace(Paths.Combine(Current, Payload), payload);
            Win32.FlushFolder(Current);
        }

        public static SystemError Remove()
        {
            return Deletion.TryDelete(Current);
        }

        public static bool HasMissed
        {
            get
            {
                FileFacts facts;
                return Win32.TryFacts(MissedPath, out facts);
            }
        }

        // For the process at work. null: another one is.
        public static SafeFileHandle Lock()
        {
            SafeFileHandle held = TryLock();
            for (int attempt = 1; held == null && attempt < Attempts; attempt++)
            {
                Thread.Sleep(Pause);   // a check whether it is watched holds it for a moment
                held = TryLock();
            }
            return held;
        }

        private static SafeFileHandle TryLock()
        {
            return Win32.TryLock(Paths.Combine(Current, LockName));
        }

        public static bool IsWatched
        {
            get
            {
                FileFacts facts;
                if (!Win32.TryFacts(Paths.Combine(Current, LockName), out facts))
                    return false;
                using (SafeFileHandle held = TryLock())
                    return held == null;
            }
        }

        // null if there is none, or none that can be parsed: it may be written just now.
        public static JsonMap Read(string name)
        {
            try
            {
                byte[] content = UntrustedFile.DocumentOrNull(Paths.Combine(Current, name));
                return content == null ? null : UntrustedFile.Json(content);
            }
            catch (FormatError)
            {
                return null;
            }
            catch (SystemError)
            {
                return null;
            }
        }

        public static string ReadText(string name)
        {
            try
            {
                byte[] content = UntrustedFile.DocumentOrNull(Paths.Combine(Current, name));
                return content == null ? null : UntrustedFile.Text(content, 0, content.Length).Trim();
            }
            catch (FormatError)
            {
                return null;
            }
            catch (SystemError)
            {
                return null;
            }
        }

        // Replaces an existing document, whole or not at all.
        public static void Replace(string name, JsonMap document)
        {
            AtomicFile.Replace(Paths.Combine(Current, name), JsonWriter.Text(document));
        }

        public static void Delete(string name)
        {
            Deletion.TryDelete(Paths.Combine(Current, name), 1);
        }
    }
}
