// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The running backups of one epoch: their parts are no longer of one point in time.
    internal static class BackupJobs
    {
        private const string What = "The backup was not ended";
        private const int EndsWithin = 60000, Pause = 200;   // ms

        // Cancels them. One that does not end, or cannot be cancelled on a full drive, is killed. One that cannot be
        // read or killed does not stop the watchdog, nor the end of the others: its set is not sealed.
        public static void End(string epoch)
        {
            List<JobFolder> jobs = new List<JobFolder>(), asked = new List<JobFolder>();
            List<string> ids = new List<string>();
            Attempt(delegate { ids = Ids(); });
            foreach (string id in ids)
                Attempt(delegate { AddIfAtWork(jobs, new JobFolder(id, What), epoch); });
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
            catch (Exception)   // whatever it is, GroupID is started again
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

        private static List<string> Ids()
        {
            FileFacts facts;
            return Win32.TryFacts(JobFolder.Parent, out facts) ? JobFolder.Ids() : new List<string>();
        }

        private static void AddIfAtWork(List<JobFolder> jobs, JobFolder job, string epoch)
        {
            JsonMap asked = job.Read(JobFolder.Request);
            if (asked != null && asked.TextOrNull("operation") == "backup"
                && asked.TextOrNull("set_id") == epoch && !job.Has(JobFolder.Result))
                jobs.Add(job);
        }

        private static void Kill(JobFolder job)
        {
            JsonMap state = job.Read(JobFolder.State);
            object process = state == null ? null : state["process"];
            if (process is long && job.IsLocked)   // while it holds its lock, the number belongs to it
                AgentProcess.Open((uint)(long)process).End();
        }
    }
}
