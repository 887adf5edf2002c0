// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `watch`: the process of the watchdog's task, while its record is open. It checks whether
    // everything is still stopped, and resumes when its time is over or Windows was restarted. It holds the quiesce's
    // lock only while it resumes.
    internal sealed class WatchdogProcess
    {
        private const string What = "The watchdog did nothing";
        private const int Pause = 500, Retry = 5 * 60 * 1000, HeldFor = 60 * 1000;   // ms

        private readonly string epoch, run;
        private readonly int seconds;
        private QuiesceRecord record;
        private QuiesceSamples samples;
        private long nextTry;   // ticks
        private long? held;     // ticks since when another process keeps the lock that the resume needs
        private bool isGone;    // somebody has removed the record, which no resume does
        private string begun;   // why a resume has begun that has not ended yet

        public WatchdogProcess(JsonMap request)
        {
            epoch = Names.SetId(request.Text("epoch"));
            run = request.Text("run");
            seconds = (int)request.Number("item_seconds", 1, 3600);
        }

        public Answer Run()
        {
            WatchdogFolder.RequireClosed(What);
            using (SafeFileHandle held = WatchdogFolder.Lock())
            {
                if (held == null)
                    return new Answer();   // another process of it is at work
                try
                {
                    record = QuiesceRecord.Current(What) ?? QuiesceRecord.Missed(What);
                }
                catch (AgentError error)
                {
                    Tell(error);
                    throw;
                }
                if (IsMine(record))
                    WatchUntilResumed();
            }
            WatchdogEnd.RemoveIfNothingIsOpen(epoch);
            return new Answer();
        }

        private bool IsMine(QuiesceRecord one)
        {
            return one != null && one.IsOpen && one.IsOf(epoch, run);
        }

        private void WatchUntilResumed()
        {
            Mark();
            for (record = Again(); IsMine(record); record = Again())
            {
                string because = Reason(SystemClock.Ticks());
                if (because != null)
                    Resume(because);
                else if (IsStopped(record))
                    Look();
                SystemClock.Sleep(Pause);
            }
        }

        // Shows that it has read payload and record.
        private void Mark()
        {
            using (Process current = Process.GetCurrentProcess())
                Write(WatchdogFolder.Mark, new JsonMap().Set("epoch", epoch).Set("run", run)
                    .Set("process", current.Id).Set("boot", SystemClock.Boot())
                    .Set("time", Timestamps.Text(Timestamps.Now())));
        }

        private QuiesceRecord Again()
        {
            bool wasGone = isGone;
            QuiesceRecord now = record.Renewed(out isGone);
            if (isGone && !wasGone)
                nextTry = 0;   // nobody else can do anything until it is written again
            if (isGone && now.IsOpen)
                now.KeepMissed();   // for another process of the watchdog
            else if (now != record || !now.IsOpen)   // one that is there, but cannot be read, says nothing
                WatchdogFolder.Delete(WatchdogFolder.Missed);
            return now;
        }

        private static bool IsStopped(QuiesceRecord one)
        {
            return one.Stopped != null && !one.Ending;
        }

        private string Reason(long now)
        {
            if (now < nextTry)
                return null;
            if (begun != null)
                return begun;
            if (record.Boot != SystemClock.Boot())
                return "The server was restarted, and the watchdog started GroupID again.";
            if (isGone)   // without it, another run would record that everything is stopped
                return "The record of what ran before was removed, and the watchdog started GroupID again.";
            return record.DeadlineTicks == null || now < record.DeadlineTicks ? null
                : "The watchdog started GroupID again because its time limit was reached.";
        }

        private void Look()
        {
            samples = samples ?? new QuiesceSamples(record);
            if (!samples.IsDue(SystemClock.Ticks()))
                return;
            QuiesceLook look;
            try
            {
                look = QuiesceSamples.Look(record);
            }
            catch (Exception)   // an item cannot be queried now; if this goes on, it is a gap
            {
                return;
            }
            QuiesceRecord now = Again();
            if (!IsMine(now) || !IsStopped(now))
                return;   // what it saw may come from the way back
            samples.Add(SystemClock.Ticks(), look);
            samples.Save();
        }

        private void Resume(string because)
        {
            WatchdogEnd end = new WatchdogEnd(record, seconds);
            try
            {
                string left = end.Run(because, isGone && begun == null);
                held = null;
                if (left == null)
                    return;
                Tell(left);
            }
            catch (AgentError error)
            {
                if (error.Code == "locked" && error.Path != null && error.Path.EndsWith(QuiesceRecord.LockName,
                    StringComparison.Ordinal))
                {
                    TellHolder(error);
                    return;   // a quiesce or a resume is at work: try again in a moment
                }
                held = null;
                Tell(error);
            }
            catch (SystemError error)
            {
                Tell(error.Message);
            }
            finally
            {
                record = end.Record;
            }
            if (end.HasBegun)
                begun = because;
            nextTry = SystemClock.Ticks() + Retry;
        }

        // A quiesce or a resume can hang in one of Windows' managers, and would keep its lock for ever.
        private void TellHolder(AgentError error)
        {
            long now = SystemClock.Ticks();
            held = held ?? now;
            if (now - held < HeldFor)
                return;
            held = now;   // once a minute
            Tell("The watchdog has not started GroupID again yet: " + error.Path + ": " + error.Cause
                + " If that process hangs, end it. The watchdog then starts GroupID again.");
        }

        private static void Tell(AgentError error)
        {
            Tell(error.What + ": " + (error.Path == null ? "" : error.Path + ": ") + error.Cause + " " + error.Next);
        }

        private static void Tell(string text)
        {
            Write(WatchdogFolder.Word,
                new JsonMap().Set("text", text).Set("time", Timestamps.Text(Timestamps.Now())));
        }

        // A full drive must not stop the watchdog.
        private static void Write(string name, JsonMap document)
        {
            try
            {
                WatchdogFolder.Replace(name, document);
            }
            catch (SystemError)
            {
                return;
            }
        }
    }
}
