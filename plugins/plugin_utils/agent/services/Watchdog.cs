// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // A quiesce arms the watchdog, and a resume removes it. Only the holder of the quiesce's lock does either.
    internal static class Watchdog
    {
        private const string What = "GroupID was not stopped";

        // ms until its process has compiled the agent and read the record; then until its first look.
        private const int ProofWithin = 180000, LookWithin = 60000, EndsWithin = 20000, Pause = 200;

        private const string Lost = "If this run were lost, nothing would start GroupID again: ";

        // A task that was asked to run may not run yet.
        private const int RunsWithin = 10000;

        // The folder of an earlier watchdog may be replaced. Error: watchdog_failed.
        public static void RequireOwnFolder()
        {
            Try(delegate
            {
                if (WatchdogFolder.Exists)
                    WatchdogFolder.RequireClosed(What);
            });
        }

        // Called after RequireOwnFolder and before the record is written, so that no record is ever without a
        // watchdog. If no record is written after all, the task's next process removes the task. Error:
        // watchdog_failed.
        public static void Register(QuiesceRecord record, int itemSeconds)
        {
            Try(delegate
            {
                if (ThisAgent.PackedSource == null)
                    throw Failure("The agent has no copy of its own source.");
                DeleteTask();
                if (WatchdogFolder.Exists)
                {
                    string left = Disarm();
                    if (left != null)
                        throw Failure(left);
                }
                byte[] payload = WatchdogTask.PayloadOf(new JsonMap().Set("protocol", ThisAgent.Protocol)
                    .Set("operation", "watch").Set("epoch", record.Epoch).Set("run", record.RunId)
                    .Set("item_seconds", itemSeconds));
                try
                {
                    WatchdogFolder.Make(payload);
                    WatchdogTask.Register(payload);
                }
                catch (Exception)
                {
                    Disarm();
                    throw;
                }
            });
        }

        // Any user may have registered a task of his own with this path.
        private static void DeleteTask()
        {
            try
            {
                TaskScheduler.Delete(WatchdogTask.Path);
            }
            catch (SystemError error)
            {
                throw new AgentError("watchdog_failed", What, null, Lost + "There is a task '" + WatchdogTask.Path
                    + "' that was not deleted: " + error.Message, "Find out who made it, and delete it.");
            }
        }

        // The record must be written already. Error: watchdog_failed.
        public static void Prove(QuiesceRecord record)
        {
            Try(delegate
            {
                TaskScheduler.Start(WatchdogTask.Path);
                Await(delegate { return HasMark(record) && WatchdogFolder.IsWatched; }, ProofWithin,
                    "did not report its start");
            });
        }

        // Before the first stop: the watchdog may have ended since it was proved. Error: watchdog_failed.
        public static void RequireAlive(QuiesceRecord record)
        {
            Try(delegate
            {
                if (!WatchdogFolder.IsWatched)
                    Prove(record);
            });
        }

        // After everything is stopped: waits for the first look, unless the time is over. Returns what has already
        // broken the proof, or null. Error: watchdog_failed.
        public static string AwaitLook(QuiesceRecord record)
        {
            QuiesceSamples samples = null;
            Try(delegate
            {
                Await(delegate
                {
                    samples = new QuiesceSamples(record);
                    return record.IsOutOfTime || samples.Count > 0 || samples.Broken != null;
                }, LookWithin, "did not find everything stopped");
            });
            return samples.Broken;
        }

        // Returns null, or what could not be removed. Its process ends by itself when the record is resumed. The task
        // is deleted only then: while there is one, it removes what an interrupted removal leaves.
        public static string Disarm()
        {
            try
            {
                bool hasFolder = WatchdogFolder.Exists;
                try
                {
                    if (hasFolder)
                    {
                        StateFolder.RequireOwn(WatchdogFolder.Current, "The watchdog was not removed");
                        AwaitItsEnd();
                    }
                }
                finally
                {
                    TaskScheduler.Delete(WatchdogTask.Path);
                }
                if (!hasFolder)
                    return null;
                SystemError failure = WatchdogFolder.Remove();
                return failure == null ? null : "The watchdog's folder '" + WatchdogFolder.Current
                    + "' was not removed: " + failure.Message;
            }
            catch (SystemError error)
            {
                return "The watchdog was not removed: " + error.Message;
            }
            catch (AgentError error)
            {
                return error.What + ": " + error.Path + ": " + error.Cause;
            }
        }

        private static void AwaitItsEnd()
        {
            long until = SystemClock.Ticks() + EndsWithin;
            while (WatchdogFolder.IsWatched && SystemClock.Ticks() < until)
                SystemClock.Sleep(Pause);
        }

        // For the operation `state`; null if there is no watchdog, or its folder may not be read.
        public static JsonMap Told()
        {
            if (!WatchdogFolder.Exists)
                return null;
            JsonMap word = WatchdogFolder.Read(WatchdogFolder.Word);
            return new JsonMap().Set("running", IsAtWork).Set("word", word == null ? null : word.TextOrNull("text"))
                .Set("since", word == null ? null : word.TextOrNull("time"));
        }

        // false also if its folder may not be read.
        public static bool IsAtWork
        {
            get
            {
                try
                {
                    return WatchdogFolder.IsWatched;
                }
                catch (SystemError)
                {
                    return false;
                }
            }
        }

        // What it keeps of a record that was removed. false also if its folder may not be read.
        public static bool KeepsMissed
        {
            get
            {
                try
                {
                    return WatchdogFolder.HasMissed;
                }
                catch (SystemError)
                {
                    return false;
                }
            }
        }

        private static bool HasMark(QuiesceRecord record)
        {
            JsonMap mark = WatchdogFolder.Read(WatchdogFolder.Mark);
            return mark != null && mark.TextOrNull("epoch") == record.Epoch && mark.TextOrNull("run") == record.RunId
                && mark.TextOrNull("boot") == SystemClock.Boot();
        }

        private static void Await(Func<bool> isSo, int limit, string otherwise)
        {
            long began = SystemClock.Ticks();
            while (!isSo())
            {
                Progress.ThrowIfCancelled();
                long waited = SystemClock.Ticks() - began;
                if (waited >= limit || waited >= RunsWithin && HasEnded())
                {
                    if (isSo())
                        return;
                    JsonMap word = WatchdogFolder.Read(WatchdogFolder.Word);
                    string said = word == null ? WatchdogFolder.ReadText(WatchdogFolder.Failure)
                        : word.TextOrNull("text");
                    throw Failure("The task '" + WatchdogTask.Path + "', which runs as SYSTEM, " + otherwise
                        + " within " + waited / 1000 + " seconds." + (said == null ? "" : " It says: " + said));
                }
                SystemClock.Sleep(Pause);
            }
        }

        private static bool HasEnded()
        {
            TaskFacts facts = TaskScheduler.Find(WatchdogTask.Path);
            return facts == null || !facts.IsBusy();
        }

        private static void Try(Action act)
        {
            try
            {
                act();
            }
            catch (SystemError error)
            {
                throw Failure(error.Message);
            }
            catch (AgentError error)
            {
                if (error.Code == "watchdog_failed" || error.Code == "cancelled")
                    throw;
                throw new AgentError("watchdog_failed", What, error.Path, Lost + error.Cause, error.Next);
            }
        }

        private static AgentError Failure(string cause)
        {
            return new AgentError("watchdog_failed", What, WatchdogFolder.Current,
                Lost + cause, "Run as a member of the local group Administrators, and let the Task Scheduler start "
                    + "PowerShell as SYSTEM. A policy or an antivirus may forbid it.");
        }
    }
}
