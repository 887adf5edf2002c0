// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Stops the items of a record. Throws if one does not stop; the caller then starts again what was stopped.
    internal sealed class QuiesceStop
    {
        private const int Rounds = 3;

        public readonly List<string> Warnings = new List<string>();
        private readonly QuiesceRecord record;
        private readonly BoundedWait wait;

        public QuiesceStop(QuiesceRecord record, BoundedWait wait)
        {
            this.record = record;
            this.wait = wait;
        }

        public void Run()
        {
            if (record.DeadlineTicks != null)
                Watchdog.RequireAlive(record);
            record.BegunTicks = SystemClock.Ticks();
            record.Save();
            List<QuiescedItem> tasks = record.Items.FindAll(
                delegate(QuiescedItem item) { return item is QuiescedTask; });
            foreach (QuiescedItem task in tasks)
                StopIfActive(task);
            foreach (QuiescedItem task in tasks)
                AwaitEnd(task);   // they need what is stopped next
            foreach (QuiescedItem item in record.Items)
            {
                if (tasks.Contains(item))
                    continue;
                StopIfActive(item);
                AwaitEnd(item);
            }
            RequireStopped();
            record.Stopped = Timestamps.Text(Timestamps.Now());
            record.StoppedTicks = SystemClock.Ticks();
            record.Save();
            string broken = record.DeadlineTicks == null ? null : Watchdog.AwaitLook(record);
            RequireTime();
            if (broken != null)   // a backup would no longer be of one point in time
                throw new AgentError("not_done", "GroupID did not stay stopped", null, broken,
                    "Remove the cause, and run again.");
        }

        // The stop must end before the watchdog resumes.
        private void RequireTime()
        {
            if (record.IsOutOfTime)
                throw new AgentError("not_done", "GroupID was not stopped in time", null,
                    "The stop had not ended " + record.WatchdogSeconds + " seconds after the record was written, "
                        + "when the watchdog starts GroupID again.",
                    "Set quiesce_max (groupid_quiesce_max) to more seconds.");
        }

        // An item that somebody has stopped since the record was written is left alone.
        private void StopIfActive(QuiescedItem item)
        {
            Progress.ThrowIfCancelled();
            RequireTime();
            record.RequireCurrent();
            if (item.MayStart || item.HasRun() && NeedsStop(item, new PoolStates()))
                StopOne(item);
        }

        private void StopOne(QuiescedItem item)
        {
            item.Stopping = QuiescedItem.Begun;
            record.Write();
            Named(item, delegate { item.Stop(wait, record.Save); });
            item.Stopping = QuiescedItem.Done;
            record.Save();
        }

        private void AwaitEnd(QuiescedItem item)
        {
            Named(item, delegate { item.AwaitEnd(wait); });
            if (item.Warning != null && !Warnings.Contains(item.Warning))
                Warnings.Add(item.Warning);
        }

        private static bool IsActive(QuiescedItem item, PoolStates pools)
        {
            bool isActive = false;
            Named(item, delegate { isActive = item.IsActive(pools); });
            return isActive;
        }

        private static bool NeedsStop(QuiescedItem item, PoolStates pools)
        {
            bool needsStop = false;
            Named(item, delegate { needsStop = item.NeedsStop(pools); });
            return needsStop;
        }

        // Checks everything again when all is stopped: Windows or IIS may have started something again.
        private void RequireStopped()
        {
            for (int round = 1; ; round++)
            {
                PoolStates pools = new PoolStates();
                List<QuiescedItem> active = record.Items.FindAll(
                    delegate(QuiescedItem item) { return IsActive(item, pools); });
                if (active.Count == 0)
                    return;
                foreach (QuiescedItem item in active)
                {
                    if (!NeedsStop(item, pools))   // it only has to end, and no look before has seen that
                    {
                        if (round == Rounds)
                            throw item.Failure("it has not ended");
                        AwaitEnd(item);
                        continue;
                    }
                    QuiescedPool pool = item as QuiescedPool;
                    if (round == Rounds || pool == null || pool.Stopping == null || !pool.CanBeHeld)
                        throw item.Failure("it runs again although it was stopped");
                    if (Iis.IsConfigurationShared())
                        throw item.Failure("IIS starts it again, and its configuration is shared with other servers, "
                            + "where autoStart is never changed");
                    Named(item, delegate { pool.Hold(wait, record.Save); });
                }
            }
        }

        private static void Named(QuiescedItem item, Action act)
        {
            try
            {
                act();
            }
            catch (SystemError error)
            {
                throw item.Failure(error.Message);
            }
        }
    }
}
