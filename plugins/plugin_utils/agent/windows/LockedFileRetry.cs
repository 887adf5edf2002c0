// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Waits for a name that is in use for a moment: an antivirus or an indexer scans new files, or a deletion ends
    /// when the last handle is closed. Only Win32 uses it, where names are made, moved, removed and held. Code that
    /// calls Win32 does not wait in addition.
    /// </summary>
    internal static class LockedFileRetry
    {
        /// <summary>Milliseconds that one operation may wait in vain. Successful waits do not count. So a
        /// thousand refusals do not take hours, and a thousand short waits do not use it up.</summary>
        public static int Budget = 60000;

        private const int Shortest = 10, Longest = 500;

        // The errors for a name in use: access denied (also for a folder with an open file, and for an open target),
        // sharing, lock, folder not empty, delete pending. See beeware/briefcase#1780, sabnzbd/sabnzbd#1569,
        // PostgreSQL's pgrename.
        private static readonly int[] Held = { 5, 32, 33, 145, 303 };

        private static long spent;

        private static string[] own = new string[0];

        [ThreadStatic]
        private static bool off;

        /// <summary>For a new operation, or for its way back, which needs the whole time again.</summary>
        public static void Reset()
        {
            Win32.Prepare();
            Interlocked.Exchange(ref spent, 0);
        }

        /// <summary>Tries once what need not be done now.</summary>
        public static void Once(Action act)
        {
            bool before = off;
            off = true;
            try
            {
                act();
            }
            finally
            {
                off = before;
            }
        }

        /// <summary>`paths`: files that this process keeps open meanwhile, so waiting for them is useless.
        /// </summary>
        public static void Keeping(string[] paths, Action act)
        {
            string[] before = own;
            own = paths;
            try
            {
                act();
            }
            finally
            {
                own = before;
            }
        }

        /// <summary>
        /// Tries a change of `path` until it is done. `mayPass`, or null: whether waiting makes sense for one of
        /// these errors. The final error is the system's own, of the last try.
        /// </summary>
        public static void Run(string path, Action change, Predicate<SystemError> mayPass)
        {
            Stopwatch waited = null;
            for (int pause = Shortest; ; pause = Math.Min(2 * pause, Longest))
            {
                try
                {
                    change();
                    return;
                }
                catch (SystemError error)
                {
                    waited = waited ?? Stopwatch.StartNew();
                    bool goesOn = !off && Array.IndexOf(Held, error.Code) >= 0
                        && !Array.Exists(own, kept => Win32.Names.Equals(kept, path))
                        && waited.ElapsedMilliseconds + Interlocked.Read(ref spent) < Budget
                        && (mayPass == null || mayPass(error));
                    if (!goesOn)
                    {
                        Interlocked.Add(ref spent, waited.ElapsedMilliseconds);
                        throw;
                    }
                }
                Thread.Sleep(pause);
            }
        }
    }
}
