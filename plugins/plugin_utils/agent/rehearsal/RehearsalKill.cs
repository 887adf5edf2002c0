// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    // A process that ends in the middle of its work, as when the power goes.
    internal static class RehearsalKill
    {
        // False: the process had ended before, or the moment never came.
        public static bool AtMoment(JobFolder job, string moment, int waitMilliseconds, int killMilliseconds)
        {
            Stopwatch watch = Stopwatch.StartNew();
            while (watch.ElapsedMilliseconds < waitMilliseconds && !job.Has(JobFolder.Result))
            {
                JsonMap state = StateOf(job);
                if (state == null)
                {
                    Thread.Sleep(1);
                    continue;
                }
                using (Process process = ProcessOf((int)state.Number("process", 1, int.MaxValue)))
                    return process != null && KillAt(process, job, moment, watch, waitMilliseconds, killMilliseconds);
            }
            return false;
        }

        private static bool KillAt(Process process, JobFolder job, string moment, Stopwatch watch, int waitMilliseconds,
            int killMilliseconds)
        {
            while (watch.ElapsedMilliseconds < waitMilliseconds && !job.Has(JobFolder.Result))
            {
                if (!RestoreJournal.AnyHas(moment))
                {
                    Thread.Sleep(0);
                    continue;
                }
                try
                {
                    process.Kill();
                    process.WaitForExit(killMilliseconds);
                    for (int waited = 0; job.IsLocked && waited < killMilliseconds; waited += 10)
                        Thread.Sleep(10);
                    return !job.Has(JobFolder.Result);
                }
                catch (InvalidOperationException)   // it has ended
                {
                    return false;
                }
            }
            return false;
        }

        private static JsonMap StateOf(JobFolder job)
        {
            try
            {
                return job.Read(JobFolder.State);
            }
            catch (SystemError)   // the job is writing it
            {
                return null;
            }
        }

        private static Process ProcessOf(int id)
        {
            try
            {
                return Process.GetProcessById(id);
            }
            catch (ArgumentException)   // it has ended
            {
                return null;
            }
        }
    }
}
