// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The backups at work for one epoch: their parts are not of one point in time any more.
    internal static class BackupJobs
    {
        private const string What = "The backup was not ended";
        private const int EndsWithin = 60000, Pause = 200;   // ms

        // They are asked to end; one that does not is ended.
        public static void End(string epoch)
        {
            List<JobFolder> jobs = AtWork(epoch);
            foreach (JobFolder job in jobs)
                job.PublishOnce(JobFolder.Cancel, "watchdog");
            long until = SystemClock.Ticks() + EndsWithin;
            while (jobs.Exists(delegate(JobFolder job) { return job.IsLocked; }) && SystemClock.Ticks() < until)
                SystemClock.Sleep(Pause);
            foreach (JobFolder job in jobs.FindAll(delegate(JobFolder one) { return one.IsLocked; }))
                Kill(job);
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
