// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Text;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Allows one backup or restore at a time on a computer; under another name, one quiesce or resume. The system
    // frees the lock when its holder ends, in whatever way.
    internal sealed class HostLock : IDisposable
    {
        private const string FileName = "agent.lock";

        // A run in check mode may hold the lock for a moment.
        private const int Attempts = 5, Pause = 100;

        private readonly SafeFileHandle file;

        private HostLock(SafeFileHandle file)
        {
            this.file = file;
        }

        // In check mode it only looks: nothing is made, and the lock is free again when this returns (null).
        // isUrgent: also works if a full drive has no room for the holder's name. patience: how many s to wait for
        // another holder; 0: a moment.
        public static HostLock Acquire(string operation, string set, bool check, string name = FileName,
            bool isUrgent = false, int patience = 0)
        {
            string what = "The " + operation + " was not started";
            string folder = StateFolder.Current;
            string path = Paths.Combine(folder, name);
            FileFacts facts;
            if (check && !Win32.TryFacts(folder, out facts))
                return null;
            Writer writer = new Writer(what, "Run as a member of the local group Administrators.", false);
            SafeFileHandle file = null;
            StateFolder.Ensure(writer, what);
            if (check && !Win32.TryFacts(path, out facts))
                return null;
            writer.Try(path, delegate { file = Wait(path, check ? 0 : patience); });
            if (file == null)
                throw new AgentError("locked", what, path, "Another operation is at work: " + ReadHolder(path),
                    "Wait for it to end, then run again.");
            if (check)
            {
                file.Dispose();
                return null;
            }
            try
            {
                writer.Try(path, delegate { WriteHolder(file, operation, set); });
                return new HostLock(file);
            }
            catch (AgentError)
            {
                if (isUrgent)
                    return new HostLock(file);
                file.Dispose();   // the process may live on
                throw;
            }
        }

        // Who holds the lock now, without waiting: `operation` and `subject`, both null if the holder has only begun.
        // null: nobody, or not known.
        public static JsonMap Busy()
        {
            string path = Paths.Combine(StateFolder.Current, FileName);
            try
            {
                FileFacts facts;
                if (!Win32.TryFacts(StateFolder.Current, out facts) || !FolderSecurity.IsOwnedByUs(StateFolder.Current)
                    || !Win32.TryFacts(path, out facts))
                    return null;
                using (SafeFileHandle free = Win32.TryLock(path))
                {
                    if (free != null)
                        return null;
                }
                JsonMap holder = UntrustedFile.Json(UntrustedFile.Document(path));
                return new JsonMap().Set("operation", holder.Text("operation")).Set("subject", holder.Text("set"));
            }
            catch (FormatError)
            {
                return new JsonMap().Set("operation", null).Set("subject", null);
            }
            catch (SystemError)
            {
                return null;
            }
        }

        public void Dispose()
        {
            file.Dispose();
        }

        private static SafeFileHandle Wait(string path, int patience)
        {
            SafeFileHandle file = Win32.TryLock(path);
            Stopwatch watch = Stopwatch.StartNew();
            for (int attempt = 1; file == null
                && (attempt < Attempts || watch.Elapsed.TotalSeconds < patience); attempt++)
            {
                Thread.Sleep(Pause);
                file = Win32.TryLock(path);
            }
            return file;
        }

        private static void WriteHolder(SafeFileHandle file, string operation, string set)
        {
            JsonMap holder = new JsonMap()
                .Set("operation", operation).Set("set", set).Set("started", Timestamps.Text(Timestamps.Now()))
                .Set("process", Process.GetCurrentProcess().Id).Set("user", Computer.UserName());
            byte[] line = Encoding.ASCII.GetBytes(JsonWriter.Text(holder) + "\n");
            Win32.Truncate(file);
            Win32.Write(file, line, line.Length);
        }

        private static string ReadHolder(string path)
        {
            try
            {
                JsonMap holder = UntrustedFile.Json(UntrustedFile.Document(path));
                return holder.Text("operation") + " of set "
                    + holder.Text("set") + " by " + holder.Text("user") + ", process "
                    + holder.Number("process", 0, int.MaxValue) + ", since " + holder.Text("started") + ".";
            }
            catch (FormatError)
            {
                return "it has just begun.";
            }
            catch (SystemError error)
            {
                return "which one cannot be read: " + error.Message;
            }
        }
    }
}
