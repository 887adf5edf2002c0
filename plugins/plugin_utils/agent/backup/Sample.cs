// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Measures how fast a backup would read: it reads and hashes some of its files, large and small in the same mix,
    // with the same number of threads, for a short time. Writes nothing.
    internal sealed class Sample
    {
        public const int LongestTime = 60000;   // milliseconds
        private const long Share = 8 * 1024 * 1024;   // per file: one huge file must not be the whole sample

        private readonly List<KeyValuePair<PlannedComponent, Entry>> files =
            new List<KeyValuePair<PlannedComponent, Entry>>();
        private readonly long stride;
        private readonly int limit;
        private readonly Stopwatch watch = new Stopwatch();
        private long done, bytes;

        private Sample(List<PlannedComponent> components, int limit)
        {
            this.limit = limit;
            foreach (PlannedComponent component in components)
            {
                if (component.Tree == null)
                    continue;
                foreach (Entry file in component.Tree.Files)
                    files.Add(new KeyValuePair<PlannedComponent, Entry>(component, file));
            }
            files.Sort(delegate(KeyValuePair<PlannedComponent, Entry> left, KeyValuePair<PlannedComponent, Entry> right)
            {
                return left.Value.Facts.Size.CompareTo(right.Value.Facts.Size);
            });
            stride = Stride(files.Count);
        }

        // Reads files of the plan for `milliseconds`. Gives {"files", "bytes", "seconds"}. A file that cannot be read
        // is left out.
        public static JsonMap Measure(List<PlannedComponent> components, int milliseconds, int threads)
        {
            Sample sample = new Sample(components, milliseconds);
            sample.watch.Start();
            WorkerPool.Run(sample.files.Count, threads, sample.Read);
            double seconds = sample.files.Count == 0 ? 0 : Math.Max(sample.watch.Elapsed.TotalSeconds, 0.0001);
            return new JsonMap().Set("files", sample.done).Set("bytes", sample.bytes)
                .Set("seconds", Math.Round(seconds, 4));
        }

        // The files are sorted by size and read in steps of the golden ratio. So the files read are spread over all
        // sizes, whenever the time ends.
        private static long Stride(int count)
        {
            int stride = Math.Max(1, (int)(count * 0.618));
            while (Divisor(count, stride) > 1)
                stride++;
            return stride;
        }

        private static int Divisor(int a, int b)
        {
            return b == 0 ? a : Divisor(b, a % b);
        }

        private bool IsOver
        {
            get { return watch.ElapsedMilliseconds >= limit; }
        }

        private void Read(Worker worker, int index)
        {
            if (IsOver && index > 0)   // at least one block is read
                return;
            KeyValuePair<PlannedComponent, Entry> file = files[(int)(index * stride % files.Count)];
            long count = 0;
            try
            {
                using (SafeFileHandle from = Win32.OpenRead(file.Value.PathBelow(file.Key.Place)))
                {
                    byte[] digest;
                    worker.Read(from, Math.Min(Win32.Facts(from).Size, Share), delegate(byte[] block, int length)
                    {
                        count += length;
                        if (IsOver)
                            throw new OperationCanceledException();
                    }, out digest);
                }
            }
            catch (OperationCanceledException)
            {
                // The bytes read so far count.
            }
            catch (SystemError)
            {
                return;
            }
            Interlocked.Increment(ref done);
            Interlocked.Add(ref bytes, count);
        }
    }
}
