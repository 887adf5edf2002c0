// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `quiesce`: records what runs of the product on this computer, then stops it without disabling it.
    // It stops everything or nothing: if one item does not stop, everything that was stopped is started again. With
    // two calls (`phase`), all servers are recorded before the first one is stopped.
    internal sealed class Quiesce
    {
        private const string What = "GroupID was not stopped";

        private readonly JsonMap request;
        private readonly string epoch, run, controller, phase;
        private readonly int deadline;   // s; 0: no watchdog
        private readonly bool check;
        private readonly BoundedWait wait;
        private readonly Answer answer = new Answer();
        private QuiesceRecord record;

        public Quiesce(JsonMap request)
        {
            this.request = request;
            epoch = Names.SetId(request.Text("epoch"));
            run = request.Text("run");
            controller = request.Text("controller");
            phase = request.TextOrNull("phase");
            if (phase != null && phase != "record" && phase != "stop")
                throw new FormatError("'phase' must be record or stop");
            deadline = request.NumberOr("watchdog_seconds", 0, 0, 24 * 60 * 60);
            check = request.Flag("check", false);
            wait = new BoundedWait((int)request.Number("item_seconds", 1, 3600), true);
        }

        public Answer Run()
        {
            using (HostLock.Acquire("quiesce", epoch, check, QuiesceRecord.LockName))
            {
                record = QuiesceRecord.Current(What);
                QuiescePlan plan = new QuiescePlan(request, wait, check);
                answer.Warnings.AddRange(plan.Runtime.Warnings);
                answer.Members.Set("watchdog", null);
                bool isRecorded = IsRecorded();
                if (!isRecorded && phase != "record")
                    plan.RequireSome();
                if (isRecorded || !plan.IsEmpty)
                {
                    if (!isRecorded)
                        Record(plan);
                    answer.Changed = true;   // the record, at least
                    if (!check && !isRecorded && deadline > 0)
                        Prove();
                    if (!check && phase != "record" && answer.Failure == null)
                        Stop();
                }
                bool isStopped = record != null && record.IsOpen && record.Stopped != null;
                answer.Members.Set("processes", plan.Processes(isStopped))
                    .Set("record", record == null ? null : record.Head()).Set("entries", Described());
                if (record != null && record.DeadlineTicks != null)
                    answer.Members.Set("watchdog", Watched(!check && record.IsOpen));
            }
            return answer;
        }

        // Whether this run has recorded the state and has not begun to stop anything. Any other open record is
        // refused: it has the state before, and the present state may be a result of its run. A record of this run
        // that somebody has ended is refused too: another run may be about to record the servers.
        private bool IsRecorded()
        {
            bool isOpen = record != null && record.IsOpen;
            if (isOpen && phase != "record" && record.IsOf(epoch, run) && record.BegunTicks == null)
            {
                if (record.Boot != SystemClock.Boot())
                    throw Refused("The server was restarted since its state was recorded.");
                return true;
            }
            if (isOpen)
                throw new AgentError("quiesced", What, null, record.Owner(),
                    "Wait until that run has ended. If it has, or was killed, run identityops.groupid.resume.");
            bool isEnded = record != null && record.IsOf(epoch, run);
            if (isEnded && phase != "record")
                throw new AgentError("quiesce_record", What, null, "The quiesce was ended at " + record.Resumed
                    + (record.BegunTicks == null ? ", before anything was stopped." : "."),
                    "Run again, as another run.");
            if (phase == "stop" && !check)
                throw Refused("There is no record of the run " + run + ", which must be made before the stop.");
            if (record == null)
                QuiesceRecord.RequireNotMissed(What);
            return false;
        }

        private static AgentError Refused(string cause)
        {
            return new AgentError("quiesce_record", What, null, cause, "Run again.");
        }

        private void Record(QuiescePlan plan)
        {
            plan.RequireKnown();
            // With one that cannot be ended, the watchdog starts nothing.
            RestoreRecovery.RunIfOpen("quiesce", epoch, check, answer.Warnings);
            record = new QuiesceRecord(What)
            {
                Epoch = epoch,
                RunId = run,
                Controller = controller,
                User = Computer.UserName(),
                Started = Timestamps.Text(Timestamps.Now()),
                Boot = SystemClock.Boot(),
            };
            if (deadline > 0)
            {
                record.WatchdogSeconds = deadline;
                record.DeadlineTicks = SystemClock.Ticks() + deadline * 1000L;
            }
            record.Items.AddRange(plan.Items());
            answer.Warnings.AddRange(ElasticsearchNodes.Note(plan.Runtime, record.Items));
            if (deadline > 0)
                Watchdog.RequireOwnFolder();
            if (check)
                return;
            if (deadline > 0)
                Watchdog.Register(record, wait.Seconds);
            record.Write();
        }

        // Proves that the watchdog works. If not, nothing is stopped, and the record ends.
        private void Prove()
        {
            try
            {
                Watchdog.Prove(record);
            }
            catch (Exception error)
            {
                answer.Failure = NotProved(AgentError.Of("quiesce", error));
            }
        }

        private AgentError NotProved(AgentError failure)
        {
            Resumption way = WayBack();
            return way.Failures.Count == 0 ? failure : new AgentError(failure.Code, What, failure.Path, failure.Cause
                + " " + string.Join(" ", way.Failures.ToArray()),
                failure.Next + " Then run identityops.groupid.resume.");
        }

        private JsonMap Watched(bool isArmed)
        {
            return new JsonMap().Set("armed", isArmed).Set("deadline_seconds", record.WatchdogSeconds);
        }

        private List<JsonMap> Described()
        {
            return record == null ? new List<JsonMap>()
                : record.Items.ConvertAll(delegate(QuiescedItem item) { return item.Described(); });
        }

        private void Stop()
        {
            QuiesceStop stop = new QuiesceStop(record, wait);
            try
            {
                stop.Run();
            }
            catch (Exception error)   // whatever it is, nothing may stay stopped
            {
                Undo(AgentError.Of("quiesce", error));
            }
            answer.Warnings.AddRange(stop.Warnings);
        }

        private void Undo(AgentError failure)
        {
            Resumption way = WayBack();
            string rest = string.Join(" ", way.Failures.ToArray());
            answer.Failure = new AgentError("stop_failed", What, failure.Path, failure.Cause
                + " What had been stopped was started again" + (rest.Length == 0 ? "." : ", except: " + rest),
                rest.Length == 0 ? failure.Next : failure.Next + " Then run identityops.groupid.resume.");
        }

        private Resumption WayBack()
        {
            LockedFileRetry.Reset();
            Resumption way = new Resumption(record, wait.Seconds, false, QuiesceRecord.ByRun);
            way.Run();
            answer.Changed = way.Failures.Count > 0;
            answer.Warnings.AddRange(way.Warnings);
            return way;
        }
    }
}
