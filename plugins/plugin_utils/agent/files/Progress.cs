// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    // The progress of this process's operation, for requests while it runs, and whether it should end. The host's
    // lock ensures that only one operation at a time uses it.
    internal static class Progress
    {
        private static readonly object Gate = new object();
        private static readonly Stopwatch Watch = new Stopwatch();
        private static string phase = "preparing";
        private static long filesTotal, bytesTotal, files, bytes;
        private static volatile bool cancelled;

        // Begins a phase whose amount of work is known.
        public static void Begin(string name, List<Entry> work)
        {
            lock (Gate)
            {
                phase = name;
                filesTotal = work.Count;
                bytesTotal = 0;
                foreach (Entry file in work)
                    bytesTotal += file.Facts.Size;
                Interlocked.Exchange(ref files, 0);
                Interlocked.Exchange(ref bytes, 0);
                Watch.Restart();
            }
        }

        public static void Read(long count)
        {
            Interlocked.Add(ref bytes, count);
        }

        public static void Done()
        {
            Interlocked.Increment(ref files);
        }

        public static void Cancel()
        {
            cancelled = true;
        }

        // Called between files and between blocks of a file.
        public static void ThrowIfCancelled()
        {
            if (cancelled)
                throw new AgentError("cancelled", "The operation was cancelled", null,
                    "The controller cancelled it, or was stopped.", "Run again when there is enough time.");
        }

        // `seconds` and the counts are those of the phase.
        public static JsonMap ToJson()
        {
            lock (Gate)
            {
                return new JsonMap().Set("phase", phase).Set("files", Interlocked.Read(ref files))
                    .Set("files_total", filesTotal).Set("bytes", Interlocked.Read(ref bytes))
                    .Set("bytes_total", bytesTotal).Set("seconds", Watch.ElapsedMilliseconds / 1000);
            }
        }
    }
}
