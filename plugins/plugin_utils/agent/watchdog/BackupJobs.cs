// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The backups at work for one epoch: their parts are not of one point in time any more.
    internal static class BackupJobs
    {
        private const string What = "The backup was not ended";
        private const int EndsWithin = 60000, Pause = 200;   // ms

        // They are asked to end; one that does not, or cannot be asked on a full drive, is ended. One that cannot be
        // ended keeps nothing down: its set is not sealed.
        public static void End(string epoch)
        {
            List<JobFolder> jobs = new List<JobFolder>(), asked = new List<JobFolder>();
            Attempt(delegate { jobs = AtWork(epoch); });
            foreach (JobFolder job in jobs)
                Attempt(delegate
                {
                    job.PublishOnce(JobFolder.Cancel, "watchdog");
                    asked.Add(job);
                });
            long until = SystemClock.Ticks() + EndsWithin;
            while (asked.Exists(IsAtWork) && SystemClock.Ticks() < until)
                SystemClock.Sleep(Pause);
            foreach (JobFolder job in jobs.FindAll(IsAtWork))
                Attempt(delegate { Kill(job); });
        }

        private static void Attempt(Action act)
        {
            try
            {
                act();
            }
            catch (AgentError)
            {
                return;
            }
            catch (SystemError)
            {
                return;
            }
        }

        private static bool IsAtWork(JobFolder job)
        {
            bool isLocked = false;
            Attempt(delegate { isLocked = job.IsLocked; });
            return isLocked;
        }

        private static List<JobFolder> AtWork(string epoch)
        {
            List<JobFolder> found = new List<JobFolder>();
            FileFacts facts;
            if (!Win32.TryFacts(JobFolder.Parent, out facts))
                return found;
            foreach (string id in JobFolder.Ids())
            {
                JobFolder job = new JobFolder(id, What);
                JsonMap asked = job.Read(JobFolder.Request);
                if (asked != null && asked.TextOrNull("operation") == "backup"
                    && asked.TextOrNull("set_id") == epoch && !job.Has(JobFolder.Result))
                    found.Add(job);
            }
            return found;
        }

        private static void Kill(JobFolder job)
        {
            JsonMap state = job.Read(JobFolder.State);
            object process = state == null ? null : state["process"];
            if (process is long && job.IsLocked)   // while it holds its lock, the number is its own
                AgentProcess.Open((uint)(long)process).End();
        }
    }
}
