// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What the watchdog does if nobody else has done it: ends what works with the data, then starts again what ran.
    internal sealed class WatchdogEnd
    {
        private const string What = "The watchdog did not start GroupID again";

        private readonly string epoch, run;
        private readonly int seconds;

        // record: as this process has read it.
        public WatchdogEnd(QuiesceRecord record, int seconds)
        {
            Record = record;
            epoch = record.Epoch;
            run = record.RunId;
            this.seconds = seconds;
        }

        // With what was done by it, for the next try.
        public QuiesceRecord Record { get; private set; }

        // Whether it has done anything.
        public bool HasBegun { get; private set; }

        // null: everything is as before, or there is nothing to do; otherwise what has failed. Errors: of the lock, of
        // another run's record, of a restore that can be neither ended nor undone. Then nothing was started.
        // onlyIfGone: nothing is to be done if the record is there after all.
        public string Run(string because, bool onlyIfGone)
        {
            LockedFileRetry.Reset();
            using (HostLock.Acquire("watchdog", epoch, false, QuiesceRecord.LockName, true))
            {
                bool isGone;
                Record = Record.Renewed(out isGone);
                if (!Record.IsOpen || !Record.IsOf(epoch, run) || onlyIfGone && !isGone)
                    return null;
                HasBegun = true;
                if (isGone)
                    Record.WriteAgain();
                BackupJobs.End(epoch);
                // No service may open half of it.
                RestoreRecovery.RunIfOpen("watchdog", epoch, false, new List<string>());
                QuiesceSamples.Conclude(Record, because);
                if (Record.Proof != null && Record.Proof["broken"] == null)
                    Record.Proof.Set("broken", because);   // an earlier way back had begun
                Resumption way = new Resumption(Record, seconds, false, QuiesceRecord.ByWatchdog);
                way.Run();
                return way.Failures.Count == 0 ? null : string.Join(" ", way.Failures.ToArray());
            }
        }

        // Removes the task and its folder if no record is open, and none was removed that is still to be brought
        // back. A quiesce registers both while it holds the lock.
        public static void RemoveIfNothingIsOpen(string epoch)
        {
            try
            {
                using (HostLock.Acquire("watchdog", epoch, false, QuiesceRecord.LockName, true))
                {
                    QuiesceRecord record = QuiesceRecord.Current(What);
                    if (record == null ? !WatchdogFolder.HasMissed : !record.IsOpen)
                        Watchdog.Disarm();
                }
            }
            catch (AgentError)   // somebody is at work, or the record cannot be read: then both stay
            {
                return;
            }
        }
    }
}
