// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;

namespace IdentityOpsAgent
{
    // How far the operation of this process is, for who asks while it runs; and whether somebody wants it to end. One
    // operation at a time fills it: the host's lock sees to that.
    internal static class Progress
    {
        private static readonly object Gate = new object();
        private static readonly Stopwatch Watch = new Stopwatch();
        private static string phase = "preparing";
        private static long filesTotal, bytesTotal, files, bytes;
        private static volatile bool cancelled;

        // Work of known size begins.
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

        // Asked between files and between blocks of one.
        public static void ThrowIfCancelled()
        {
            if (cancelled)
                throw new AgentError("cancelled", "The operation was cancelled", null,
                    "Its controller asked for the end, or was stopped.", "Run again when it may take its time.");
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
