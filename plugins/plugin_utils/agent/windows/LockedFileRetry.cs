// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Waiting for a name that something holds for a moment: an antivirus or an indexer that looks at what is new, a
    /// deletion that ends when the last handle closes. Only Win32 uses it, where names are made, moved, removed and
    /// held; whoever calls Win32 does not wait on top of that.
    /// </summary>
    internal static class LockedFileRetry
    {
        /// <summary>Milliseconds that one operation waits in vain. A wait that ends well costs nothing of it: a
        /// thousand refusals do not cost hours, and a thousand short waits do not use it up.</summary>
        public static int Budget = 60000;

        private const int Shortest = 10, Longest = 500;

        // Access denied (also of a folder in which a file is open, of a target that is), sharing, lock, folder not
        // empty, delete pending: what a held name is refused with, see beeware/briefcase#1780,
        // sabnzbd/sabnzbd#1569, PostgreSQL's pgrename.
        private static readonly int[] Held = { 5, 32, 33, 145, 303 };

        private static long spent;

        private static string[] own = new string[0];

        [ThreadStatic]
        private static bool off;

        /// <summary>A new operation, or its way back, which must not lack what the way forward has spent.</summary>
        public static void Reset()
        {
            Win32.Prepare();
            Interlocked.Exchange(ref spent, 0);
        }

        /// <summary>What need not be done now is tried once.</summary>
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

        /// <summary>`paths`: files that this process keeps open meanwhile. Nobody lets go of them while it waits.
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
        /// Tries a change of `path` until it is done. `mayPass`, or null: whether waiting makes sense with an error
        /// that a held name gives. The error in the end is the system's own, of the last try.
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
