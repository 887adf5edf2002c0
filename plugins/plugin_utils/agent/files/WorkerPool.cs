// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Threads that share one list of work by an index. The first exception stops all of them and is thrown.
    internal sealed class WorkerPool
    {
        private readonly Action<Worker, int> work;
        private readonly int count;
        private readonly object gate = new object();
        private int last = -1;
        private Exception first;

        private WorkerPool(int count, Action<Worker, int> work)
        {
            this.count = count;
            this.work = work;
        }

        public bool Stopping
        {
            get { return Volatile.Read(ref first) != null; }
        }

        // More threads than cores, because small files wait for the disk. 0: chosen automatically.
        public static int Size(int wanted)
        {
            return wanted > 0 ? wanted : Math.Min(16, Math.Max(4, 2 * Environment.ProcessorCount));
        }

        public static void Run(int count, int threads, Action<Worker, int> work)
        {
            WorkerPool pool = new WorkerPool(count, work);
            List<Thread> started = new List<Thread>();
            for (int i = Math.Min(count, Size(threads)); i > 0; i--)
            {
                Thread thread = new Thread(pool.Work, 256 * 1024);
                thread.Start();
                started.Add(thread);
            }
            foreach (Thread thread in started)
                thread.Join();
            if (pool.first != null)
                ExceptionDispatchInfo.Capture(pool.first).Throw();
        }

        // Large files first, so that no thread is left with one at the end. Small files stay in the order of the
        // walk, folder by folder, which is faster on a disk without cache.
        public static void LargestFirst(List<Entry> files)
        {
            const long large = 1024 * 1024;
            List<Entry> first = files.FindAll(delegate(Entry file) { return file.Facts.Size >= large; });
            files.RemoveAll(delegate(Entry file) { return file.Facts.Size >= large; });
            first.Sort(delegate(Entry left, Entry right) { return right.Facts.Size.CompareTo(left.Facts.Size); });
            files.InsertRange(0, first);
        }

        private void Work()
        {
            try
            {
                NetworkIdentity.Impersonate();
                using (Worker worker = new Worker(this))
                {
                    for (int index = Interlocked.Increment(ref last); index < count && !Stopping;
                        index = Interlocked.Increment(ref last))
                    {
                        Progress.ThrowIfCancelled();
                        work(worker, index);
                        Progress.Done();
                    }
                }
            }
            catch (Exception error)
            {
                lock (gate)
                {
                    if (first == null)
                        Volatile.Write(ref first, error);
                }
            }
        }
    }

    // What one thread owns: a buffer and a hash.
    internal sealed class Worker : IDisposable
    {
        private readonly WorkerPool pool;
        private readonly byte[] buffer = new byte[256 * 1024];
        private readonly HashAlgorithm hash = Hashing.New();

        public Worker(WorkerPool pool)
        {
            this.pool = pool;
        }

        // Reads an open file once, up to the end or to the first byte beyond `size`. Returns the number of bytes and
        // their digest. `sink` gets each block.
        public long Read(SafeFileHandle file, long size, Action<byte[], int> sink, out byte[] digest)
        {
            long total = 0;
            hash.Initialize();
            while (total < size)
            {
                if (pool.Stopping)
                    throw new OperationCanceledException();
                Progress.ThrowIfCancelled();
                int count = Win32.Read(file, buffer, buffer.Length);
                if (count == 0)
                    break;
                hash.TransformBlock(buffer, 0, count, null, 0);
                if (sink != null)
                    sink(buffer, count);
                total += count;
                Progress.Read(count);
            }
            digest = Hashing.Finish(hash);
            return total;
        }

        public void Dispose()
        {
            hash.Dispose();
        }
    }
}
