// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    // A compiler that cannot write its files for a moment, as when an antivirus holds them.
    internal static class RehearsalHiccup
    {
        private const int Pause = 20;   // ms

        // Makes the missing folder of a job's compiler as soon as the compiler has failed without it. False: it did
        // not fail.
        public static bool End(JobFolder job, string folder, Stopwatch watch, int waitMilliseconds)
        {
            Wait(() => job.Has(DetachedAgent.WaitedName) || job.Has(JobFolder.State) || HasEnded(job), watch,
                waitMilliseconds);
            Win32.CreateFolder(folder);
            return job.Has(DetachedAgent.WaitedName);
        }

        // null: it has none in this time.
        public static JsonMap AnswerOf(JobFolder job, Stopwatch watch, int waitMilliseconds)
        {
            Wait(() => HasEnded(job), watch, waitMilliseconds);
            return job.Read(JobFolder.Result);
        }

        private static bool HasEnded(JobFolder job)
        {
            return job.Has(JobFolder.Result) || job.Has(DetachedAgent.FailureName);
        }

        private static void Wait(Func<bool> until, Stopwatch watch, int waitMilliseconds)
        {
            while (!until() && watch.ElapsedMilliseconds < waitMilliseconds)
                Thread.Sleep(Pause);
        }
    }
}
