// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // A job on the host, in a folder closed to ordinary users:
    //   request.json  what it does          lock       held only by the process at work;
    //   state.json    its progress                     the system releases it with the process
    //   result.json   the whole answer      cancel     a request to end it
    //                                       delivered  who received the answer first
    // The request names the attempt that started it. Every document appears whole, under its name, or not at all.
    internal sealed class JobFolder
    {
        public const string Request = "request.json", State = "state.json", Result = "result.json",
            Cancel = "cancel", Delivered = "delivered";

        private const string LockName = "lock";

        // A program that was killed keeps its files open for a moment.
        private const int Attempts = 50, Pause = 100;

        private static readonly Regex Form = new Regex(@"\A[a-z]{1,20}-[0-9a-f]{32}\z");

        public readonly string Id;
        public readonly string Path;
        private readonly Writer writer;

        public JobFolder(string id, string what)
        {
            if (!Form.IsMatch(id))
                throw new FormatError("'id' must be an operation, a dash and 32 hexadecimal digits");
            Id = id;
            Path = Paths.Combine(Parent, id);
            writer = new Writer(what, "Run as a member of the local group Administrators.", false);
        }

        public static string Parent
        {
            get { return Paths.Combine(StateFolder.Current, "jobs"); }
        }

        // The ids of all jobs here. Other names are ignored.
        public static List<string> Ids()
        {
            List<string> ids = new List<string>();
            FileFacts facts;
            foreach (FoundEntry found in Win32.Enumerate(Parent))
            {
                // A name whose deletion is pending is still listed, but is not there.
                if (Form.IsMatch(found.Name) && Win32.TryFacts(Paths.Combine(Parent, found.Name), out facts))
                    ids.Add(found.Name);
            }
            return ids;
        }

        public static void EnsureParent(Writer writer)
        {
            StateFolder.Ensure(writer, "The job was not started");
            writer.EnsureFolder(Parent, FolderSecurity.CreateClosedFolder);
            StateFolder.RequireOwn(Parent, "The job was not started");
        }

        public bool Exists
        {
            get { return Has(""); }
        }

        public bool Has(string name)
        {
            FileFacts facts;
            return Win32.TryFacts(name.Length == 0 ? Path : Paths.Combine(Path, name), out facts);
        }

        // Seconds since anything was last written here.
        public long Age
        {
            get
            {
                FileFacts facts;
                long last = Win32.TryFacts(Path, out facts) ? facts.Written : Timestamps.Now();
                foreach (string name in new[] { Request, State, Result })
                {
                    if (Win32.TryFacts(Paths.Combine(Path, name), out facts))
                        last = Math.Max(last, facts.Written);
                }
                return (Timestamps.Now() - last) / TimeSpan.TicksPerSecond;
            }
        }

        // null: not yet.
        public string EndTime
        {
            get
            {
                FileFacts facts;
                return Win32.TryFacts(Paths.Combine(Path, Result), out facts) ? Timestamps.Text(facts.Written) : null;
            }
        }

        public void Create()
        {
            writer.Try(Path, delegate { FolderSecurity.CreateClosedFolder(Path); });
        }

        // null if there is none, or none that can be parsed.
        public JsonMap Read(string name)
        {
            try
            {
                byte[] document = UntrustedFile.DocumentOrNull(Paths.Combine(Path, name));
                return document == null ? null : UntrustedFile.Json(document);
            }
            catch (FormatError)
            {
                return null;
            }
        }

        public void Publish(string name, string text)
        {
            writer.Publish(Path, name, Encoding.UTF8.GetBytes(text + "\n"));
        }

        // An existing document is kept.
        public void PublishOnce(string name, string text)
        {
            if (Has(name))
                return;
            try
            {
                Publish(name, text);
            }
            catch (AgentError)
            {
                if (!Has(name))
                    throw;
            }
        }

        // Replaces an existing document.
        public void Replace(string name, string text)
        {
            AtomicFile.Replace(Paths.Combine(Path, name), text);
        }

        // For the process at work. null: another process has it.
        public SafeFileHandle Lock()
        {
            string path = Paths.Combine(Path, LockName);
            SafeFileHandle held = Win32.TryLock(path);
            for (int attempt = 1; held == null && attempt < Attempts; attempt++)
            {
                Thread.Sleep(Pause);   // a check whether the job is alive holds it for a moment
                held = Win32.TryLock(path);
            }
            return held;
        }

        // Whether a process is at work.
        public bool IsLocked
        {
            get
            {
                using (SafeFileHandle held = Win32.TryLock(Paths.Combine(Path, LockName)))
                    return held == null;
            }
        }

        public void Remove()
        {
            SystemError failure = TryDelete(Attempts);
            if (failure != null)
                writer.Try(Path, delegate { throw failure; });
        }

        // Removes an old job. If a program has its files open, the next run removes it.
        public void RemoveOld(long seconds)
        {
            try
            {
                if (Age > seconds && !IsLocked)
                    TryDelete(1);
            }
            catch (SystemError)
            {
                return;
            }
        }

        // The answer first: the rest of the folder must not look like an answer that nobody received.
        private SystemError TryDelete(int attempts)
        {
            return Deletion.TryDelete(Paths.Combine(Path, Result), attempts) ?? Deletion.TryDelete(Path, attempts);
        }
    }
}
