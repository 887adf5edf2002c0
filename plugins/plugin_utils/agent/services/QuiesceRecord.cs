// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What ran before a quiesce, written to the disk of this computer before anything is stopped, and the progress of
    // its way back. It is also the lock: a record that is not marked as resumed is never replaced. Otherwise a second
    // quiesce would record "everything is stopped" as the state before.
    internal sealed class QuiesceRecord
    {
        public const string LockName = "quiesce.lock", ByRun = "run", ByWatchdog = "watchdog";
        private const string FileName = "quiesce.json";

        public string Epoch, RunId, Controller, User, Started, Resumed;   // Resumed: null until all is as before
        // BegunTicks: when its stop began, in ticks of the boot in which it was recorded; null: not yet. Stopped:
        // when the stop had ended. DeadlineTicks: when the watchdog resumes; null: there is none. Ending: the way
        // back has begun. Proof: what the watchdog saw until then. DownFor: ms from BegunTicks to Resumed; null: not
        // known.
        public string Boot, Stopped, ResumedBy;
        public long? BegunTicks, StoppedTicks, DeadlineTicks, WatchdogSeconds, DownFor;
        public JsonMap Proof;
        public bool Ending;
        public readonly List<QuiescedItem> Items = new List<QuiescedItem>();

        private readonly string what;

        public QuiesceRecord(string what)
        {
            this.what = what;
        }

        // null if there is none. Errors: state_owner, quiesce_record.
        public static QuiesceRecord Current(string what)
        {
            string path = Paths.Combine(StateFolder.Current, FileName);
            FileFacts facts;
            try
            {
                if (!Win32.TryFacts(StateFolder.Current, out facts))
                    return null;
                StateFolder.RequireOwn(StateFolder.Current, what);
                if (!Win32.TryFacts(path, out facts))
                    return null;
                StateFolder.RequireOwnFile(path, what);   // it says what is started
                return Parse(what, UntrustedFile.Json(UntrustedFile.Document(path)));
            }
            catch (SystemError error)
            {
                throw Unreadable(what, path, error.Message);
            }
            catch (FormatError error)
            {
                throw Unreadable(what, path, "It is not valid: " + error.Message + ".");
            }
        }

        // The record that was removed while this watchdog, in an earlier process, had read it. null: none was. Error:
        // quiesce_record.
        public static QuiesceRecord Missed(string what)
        {
            string path = WatchdogFolder.MissedPath;
            try
            {
                byte[] stored = UntrustedFile.DocumentOrNull(path);
                return stored == null ? null : Parse(what, UntrustedFile.Json(stored));
            }
            catch (SystemError error)
            {
                throw Unreadable(what, path, error.Message);
            }
            catch (FormatError error)
            {
                throw Unreadable(what, path, "It is not valid: " + error.Message + ".");
            }
        }

        public bool IsOpen
        {
            get { return Resumed == null; }
        }

        // Its watchdog is about to resume.
        public bool IsOutOfTime
        {
            get { return DeadlineTicks != null && SystemClock.Ticks() >= DeadlineTicks; }
        }

        // Who made it, for an error or a report.
        public JsonMap Head()
        {
            return new JsonMap().Set("epoch", Epoch).Set("run", RunId).Set("controller", Controller).Set("user", User)
                .Set("started", Started).Set("begun", BegunTicks != null).Set("stopped", Stopped)
                .Set("resumed", Resumed).Set("resumed_by", ResumedBy);
        }

        public string Owner()
        {
            string run = "The run " + RunId + " of " + Controller + " (" + User + ")";
            return BegunTicks == null
                ? run + " recorded at " + Started + " what runs of GroupID on this server, for " + Epoch
                    + ". It has stopped nothing yet, and its record is open."
                : run + " stopped GroupID here at " + Started
                    + ", for " + Epoch + ", and it has not been started again.";
        }

        public bool IsOf(string epoch, string run)
        {
            return Epoch == epoch && RunId == run;
        }

        // For an answer; null if there was no watchdog.
        public JsonMap ProofTold()
        {
            return Proof == null ? null : new JsonMap().Set("samples", Proof["samples"])
                .Set("longest_gap_ms", Proof["longest_gap_ms"]).Set("broken", Proof["broken"])
                .Set("unknown", Proof["unknown"])
                .Set("resumed_by", ResumedBy ?? ByRun);
        }

        // Records that everything is as before, and how long it was not.
        public void MarkResumed(string by)
        {
            Resumed = Timestamps.Text(Timestamps.Now());
            ResumedBy = by;
            long now = SystemClock.Ticks();
            if (BegunTicks != null && Boot == SystemClock.Boot() && now >= BegunTicks)
                DownFor = now - BegunTicks;
        }

        public void UnmarkResumed()
        {
            Resumed = ResumedBy = null;
            DownFor = null;
        }

        // Replaces the whole document and flushes it to the disk. Error: write_failed.
        public void Write()
        {
            Writer writer = new Writer(what, "Free disk space on the system's drive.", true);
            StateFolder.Ensure(writer, what);
            string path = Paths.Combine(StateFolder.Current, FileName);
            writer.Try(path, delegate
            {
                AtomicFile.Replace(path, JsonWriter.Text(ToJson()));
                Win32.FlushFolder(StateFolder.Current);
            });
        }

        // For `Missed`. A full drive must not stop the watchdog.
        public void KeepMissed()
        {
            try
            {
                WatchdogFolder.Replace(WatchdogFolder.Missed, ToJson());
            }
            catch (SystemError)
            {
                return;
            }
        }

        // Writes it if somebody has removed it. On a full drive, the way back does without it.
        public void WriteAgain()
        {
            try
            {
                Write();
            }
            catch (AgentError)
            {
                return;
            }
        }

        // The record is read again before each item is stopped, in case somebody has removed or ended it.
        public void RequireCurrent()
        {
            QuiesceRecord now = Current(what);
            if (now == null || !now.IsOpen)
                throw Replaced(what);
            RequireSame(now);
        }

        // Writes it if the record is still there.
        public void Save()
        {
            RequireCurrent();
            Write();
        }

        // Why the marks of a way back cannot be written now, perhaps only for a moment; null: they can. A record that
        // somebody has removed is made again: without it, nobody would know what is still stopped. Another run's
        // record is an error.
        public string Unreadable()
        {
            QuiesceRecord now;
            try
            {
                now = Current(what);
            }
            catch (AgentError error)
            {
                return error.Cause;
            }
            if (now != null)
                RequireSame(now);
            return null;
        }

        // The record as it is now. This one if the file is gone or cannot be read: a resume marks its record, and never
        // removes it. What a way back of this process has done counts, also if it was not able to write that.
        public QuiesceRecord Renewed(out bool isGone)
        {
            QuiesceRecord now;
            isGone = false;
            try
            {
                now = Current(what);
            }
            catch (AgentError)
            {
                return this;
            }
            isGone = now == null;
            if (now == null)
                return this;
            if (IsSame(now))
                now.TakeOver(this);
            return now;
        }

        private void TakeOver(QuiesceRecord earlier)
        {
            Ending = Ending || earlier.Ending;
            Proof = Proof ?? earlier.Proof;
            for (int i = 0; i < Items.Count; i++)
            {
                QuiescedItem known = earlier.Items.Find(
                    delegate(QuiescedItem one) { return one.Kind == Items[i].Kind && one.Name == Items[i].Name; });
                if (known != null && known.IsAheadOf(Items[i]))
                    Items[i] = known;
            }
        }

        private bool IsSame(QuiesceRecord other)
        {
            return other.Epoch == Epoch && other.RunId == RunId && other.Started == Started;
        }

        private void RequireSame(QuiesceRecord other)
        {
            if (!IsSame(other))
                throw Replaced(what);
        }

        public static AgentError Replaced(string what)
        {
            return new AgentError("quiesce_record", what, Paths.Combine(StateFolder.Current, FileName),
                "The record of what ran before was removed or replaced while it was in use.",
                "Check what runs with groupid_services, and start by hand what is missing.");
        }

        // If there is no record, but a watchdog at work, somebody has removed the record: what runs now is not the
        // state before. What a process of the watchdog has kept of it counts until the next process has begun.
        public static void RequireNotMissed(string what)
        {
            if (Watchdog.IsAtWork || Watchdog.KeepsMissed)
                throw new AgentError("quiesce_record", what, WatchdogFolder.Current,
                    "The record of an earlier quiesce was removed, and its watchdog is about to start GroupID again.",
                    "Wait for a minute, then run again. If this does not help, look at the watchdog's message with "
                        + "groupid_services. If the Task Scheduler has no task '" + WatchdogTask.Path + "' any more, "
                        + "start by hand what is missing, and remove the folder.");
        }

        private static QuiesceRecord Parse(string what, JsonMap stored)
        {
            Schema.Require(stored);
            QuiesceRecord record = new QuiesceRecord(what)
            {
                Epoch = stored.Text("epoch"),
                RunId = stored.Text("run"),
                Controller = stored.Text("controller"),
                User = stored.Text("user"),
                Started = stored.Text("started"),
                Resumed = stored.TextOrNull("resumed"),
                Boot = stored.TextOrNull("boot"),
                Stopped = stored.TextOrNull("stopped"),
                ResumedBy = stored.TextOrNull("resumed_by"),
                BegunTicks = AmountOrNull(stored, "begun_ticks"),
                DownFor = AmountOrNull(stored, "down_ms"),
                StoppedTicks = AmountOrNull(stored, "stopped_ticks"),
                DeadlineTicks = AmountOrNull(stored, "deadline_ticks"),
                WatchdogSeconds = AmountOrNull(stored, "watchdog_seconds"),
                Proof = stored["proof"] == null ? null : stored.MapOrEmpty("proof"),
                Ending = stored.Flag("ending", false),
            };
            record.Items.AddRange(stored.Maps("items").ConvertAll<QuiescedItem>(QuiescedItem.Parse));
            return record;
        }

        private static long? AmountOrNull(JsonMap stored, string name)
        {
            return stored[name] == null ? (long?)null : stored.Amount(name);
        }

        private JsonMap ToJson()
        {
            return new JsonMap().Set("schema", Schema.Number).Set("epoch", Epoch).Set("run", RunId)
                .Set("controller", Controller).Set("user", User).Set("started", Started).Set("resumed", Resumed)
                .Set("boot", Boot).Set("begun_ticks", BegunTicks).Set("stopped", Stopped)
                .Set("stopped_ticks", StoppedTicks).Set("deadline_ticks", DeadlineTicks)
                .Set("watchdog_seconds", WatchdogSeconds).Set("ending", Ending).Set("proof", Proof)
                .Set("resumed_by", ResumedBy).Set("down_ms", DownFor)
                .Set("items", Items.ConvertAll(delegate(QuiescedItem item) { return item.ToJson(); }));
        }

        private static AgentError Unreadable(string what, string path, string cause)
        {
            return new AgentError("quiesce_record", what, path, cause,
                "The file says what ran before GroupID was stopped. If a later version of this collection wrote it, "
                    + "resume with that version. Else check what runs with groupid_services, start by hand what is "
                    + "missing, and remove the file.");
        }
    }
}
