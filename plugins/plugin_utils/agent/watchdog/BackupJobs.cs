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
        // read or ended keeps nothing down, and no other one at work: its set is not sealed.
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
            catch (Exception)   // whatever it is, it keeps nothing down
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
            if (process is long && job.IsLocked)   // while it holds its lock, the number is its own
                AgentProcess.Open((uint)(long)process).End();
        }
    }
}
