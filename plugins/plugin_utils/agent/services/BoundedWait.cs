// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    // Waits until Windows has done what it was asked to do, but never longer than the request allows for one item.
    internal sealed class BoundedWait
    {
        private const int Shortest = 20, Longest = 500;

        public readonly int Seconds;
        private readonly bool endsOnCancel;

        // endsOnCancel: throws AgentError `cancelled` if the operation is cancelled.
        public BoundedWait(int seconds, bool endsOnCancel)
        {
            Seconds = seconds;
            this.endsOnCancel = endsOnCancel;
        }

        // False if it has not happened in time.
        public bool Until(Func<bool> isSo)
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (int pause = Shortest; !isSo(); pause = Math.Min(2 * pause, Longest))
            {
                if (watch.ElapsedMilliseconds >= Seconds * 1000L)
                    return false;
                if (endsOnCancel)
                    Progress.ThrowIfCancelled();
                Thread.Sleep(pause);
            }
            return true;
        }
    }
}
