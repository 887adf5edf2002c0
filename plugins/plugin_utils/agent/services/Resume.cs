// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The way back from a quiesce, by its record: in the opposite order, tasks last. Each item is tried. If one
    // fails, the others are still started, and the record stays open, so that the next way back tries it again.
    internal sealed class Resumption
    {
        private const string Resumed = "resumed", Untouched = "untouched", Changed = "changed", Failed = "failed";

        // In the order of the record: kind, name, outcome, note.
        public readonly List<JsonMap> Outcomes = new List<JsonMap>();
        public readonly List<string> Failures = new List<string>(), Warnings = new List<string>();

        private readonly QuiesceRecord record;
        private readonly BoundedWait wait;
        private readonly bool check;
        private readonly string by;
        private readonly PoolStates pools = new PoolStates();   // those that were not touched
        private readonly Dictionary<QuiescedItem, string> outcomes = new Dictionary<QuiescedItem, string>();
        private bool isReadable;    // and may be replaced by one with more marks
        private string unwritten;   // why the record is not as it should be

        // Only the holder of the lock may run it. check: only predicts. by: QuiesceRecord.ByRun or ByWatchdog.
        public Resumption(QuiesceRecord record, int seconds, bool check, string by)
        {
            this.by = by;
            this.record = record;
            wait = new BoundedWait(seconds, false);
            this.check = check;
        }

        public void Run()
        {
            if (!check)
            {
                LookAtRecord();
                record.Ending = true;   // what starts from now on is started by the way back
                Save();
            }
            List<QuiescedItem> services = record.Items.FindAll(
                delegate(QuiescedItem item) { return item is QuiescedService; });
            List<QuiescedItem> others = record.Items.FindAll(
                delegate(QuiescedItem item) { return !services.Contains(item); });
            BringBackAll(services);
            if (!check)
                Warnings.AddRange(ElasticsearchNodes.Await(services.FindAll(
                    delegate(QuiescedItem item) { return outcomes[item] != Failed; }), wait));
            BringBackAll(others);
            foreach (QuiescedItem item in record.Items)
                Outcomes.Add(new JsonMap().Set("kind", item.Kind).Set("name", item.Name)
                    .Set("outcome", outcomes[item]).Set("note", item.Note));
            if (check || Failures.Count > 0)
                return;
            LookAtRecord();
            record.MarkResumed(by);
            Save();
            if (unwritten == null)
            {
                Disarm();
                return;
            }
            record.UnmarkResumed();
            Failures.Add("Everything runs as before, but the record does not say so: " + unwritten);
        }

        // Only now: until everything is as recorded, the watchdog may have to do the rest.
        private void Disarm()
        {
            string left = record.DeadlineTicks == null || by == QuiesceRecord.ByWatchdog ? null : Watchdog.Disarm();
            if (left != null)
                Warnings.Add(left);
        }

        // In the opposite order of the record.
        private void BringBackAll(List<QuiescedItem> items)
        {
            for (int i = items.Count - 1; i >= 0; i--)
            {
                QuiescedItem item = items[i];
                if (!check)
                    LookAtRecord();
                Try(item, delegate { BringBack(item); });
            }
            foreach (QuiescedItem item in items.FindAll(
                delegate(QuiescedItem one) { return one.IsUnfinished && outcomes[one] != Failed; }))
                Try(item, delegate { Finish(item); });
        }

        private void Try(QuiescedItem item, Action act)
        {
            string failure = null;
            try
            {
                act();
            }
            catch (AgentError error)
            {
                failure = error.Cause;
            }
            catch (SystemError error)
            {
                failure = item.Failure(error.Message).Cause;
            }
            catch (Exception error)   // whatever it is, the other items go on
            {
                failure = item.Failure(error.ToString()).Cause;
            }
            if (failure != null)
                Fail(item, failure);
            else
                outcomes[item] = item.Note != null ? Changed : item.Stopping == null ? Untouched : Resumed;
        }

        private void BringBack(QuiescedItem item)
        {
            bool goesOn = item.Resuming != null;
            if (item.Stopping == null)
                item.Note = item.Difference(pools);
            else if (item.Resuming == QuiescedItem.Done)
                return;
            else if (check)
                item.Note = item.Foreseen(goesOn);
            else
            {
                item.Resuming = QuiescedItem.Begun;
                Save();
                item.Note = item.Resume(wait, goesOn, Save);
                if (!item.IsUnfinished)
                    item.Resuming = QuiescedItem.Done;
                Save();
            }
        }

        private void Finish(QuiescedItem item)
        {
            item.Finish(wait);
            item.Resuming = QuiescedItem.Done;
            Save();
        }

        // If the record cannot be read, what ran is started all the same.
        private void LookAtRecord()
        {
            unwritten = record.Unreadable();
            isReadable = unwritten == null;
        }

        // A full drive is no error here: the marks only tell a later way back what this one did.
        private void Save()
        {
            try
            {
                if (isReadable)
                    record.Write();
            }
            catch (AgentError error)
            {
                unwritten = error.Cause;
            }
        }

        private void Fail(QuiescedItem item, string cause)
        {
            item.Note = cause;
            Failures.Add(cause);
            outcomes[item] = Failed;
            if (!check)
                Save();   // so that the next way back knows what this one has done
        }
    }

    // The operation `resume`.
    internal static class Resume
    {
        private const string What = "GroupID was not started again as it was before";

        // This may happen while the run still needs everything to be stopped.
        private const string ByHand = "Somebody started GroupID again without naming the run that had stopped it.";

        public static Answer Run(JsonMap request)
        {
            Answer answer = new Answer();
            bool check = request.Flag("check", false);
            string epoch = request.TextOrNull("epoch"), run = request.TextOrNull("run");
            bool isNamed = epoch != null || run != null;
            bool isExpected = request.Flag("require_record", false);
            int seconds = (int)request.Number("item_seconds", 1, 3600);
            // A run may have lost the connection to its own stop, which goes on. So wait for it: nobody would try
            // again later.
            using (HostLock.Acquire("resume", epoch ?? "any epoch", check, QuiesceRecord.LockName, true,
                isNamed ? seconds : 0))
            {
                QuiesceRecord record = QuiesceRecord.Current(What);
                answer.Members.Set("record", record == null ? null : record.Head()).Set("entries", new List<JsonMap>())
                    .Set("down_ms", null).Set("proof", null);
                bool isAsked = record != null && (epoch ?? record.Epoch) == record.Epoch
                    && (run ?? record.RunId) == record.RunId;
                if (record != null && !record.IsOpen && isAsked && isNamed)
                    answer.Members.Set("down_ms", record.DownFor).Set("proof", record.ProofTold());
                if (record == null || !record.IsOpen)
                {
                    if (record == null)
                        QuiesceRecord.RequireNotMissed(What);
                    if (isExpected && !isAsked)   // what this run has stopped may still be stopped
                        throw QuiesceRecord.Replaced(What);
                    return answer;
                }
                if (!isAsked)
                    throw new AgentError("other_epoch", What, null,
                        record.Owner() + " The request is for " + (epoch ?? "any epoch")
                            + (run == null ? "." : ", of the run " + run + "."),
                        "Wait until that run has ended. If it has, or was killed, leave epoch and run out to resume "
                            + "whatever was stopped.");
                Resumption way = new Resumption(record, seconds, check, QuiesceRecord.ByRun);
                answer.Changed = true;   // the record ends, at least
                if (!check)
                    QuiesceSamples.Conclude(record, isNamed ? null : ByHand);
                way.Run();
                answer.Warnings.AddRange(way.Warnings);
                answer.Members.Set("record", record.Head()).Set("entries", way.Outcomes).Set("down_ms", record.DownFor)
                    .Set("proof", record.ProofTold());
                if (way.Failures.Count > 0)
                    answer.Failure = new AgentError("resume_incomplete", What, null,
                        string.Join(" ", way.Failures.ToArray()),
                        "All others were started. Remove the cause, then run identityops.groupid.resume again. Items "
                            + "that are disabled or removed meanwhile are left as they are.");
            }
            return answer;
        }
    }
}
