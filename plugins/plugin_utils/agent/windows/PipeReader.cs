// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Text;
using System.Threading;

namespace IdentityOpsAgent
{
    // Reads what a program prints on one stream, on a separate thread, so that the program never waits for a full
    // pipe. Only the beginning is kept.
    internal sealed class PipeReader
    {
        private const int Limit = 64 * 1024;
        private static readonly UTF8Encoding Strict = new UTF8Encoding(false, true);

        private readonly Func<byte[], int> read;
        private readonly Thread thread;
        private readonly object gate = new object();
        private readonly int limit;
        private byte[] kept = new byte[16 * 1024];   // grows up to the limit
        private int count;
        private bool more;

        public PipeReader(Func<byte[], int> read, int limit = Limit)
        {
            this.read = read;
            this.limit = limit;
            thread = new Thread(Work, 256 * 1024);
            thread.IsBackground = true;   // one that waits for ever does not keep the agent running
            thread.Start();
        }

        // More was printed than is kept.
        public bool Truncated
        {
            get { lock (gate) return more; }
        }

        // Returns at the end of the stream, or after this time.
        public void Join(int milliseconds)
        {
            thread.Join(milliseconds);
        }

        public string Text()
        {
            lock (gate)
            {
                try
                {
                    return Strict.GetString(kept, 0, more ? WholeCharacters() : count);
                }
                catch (ArgumentException)
                {
                    return ChildProcess.OutputEncoding().GetString(kept, 0, count);
                }
            }
        }

        private void Work()
        {
            try
            {
                byte[] buffer = new byte[16 * 1024];
                for (int got = read(buffer); got > 0; got = read(buffer))
                    Keep(buffer, got);
            }
            catch (SystemError)
            {
                return;   // the stream was cut off: what came before counts
            }
            catch (ObjectDisposedException)
            {
                return;   // nobody waits any longer
            }
        }

        private void Keep(byte[] buffer, int got)
        {
            lock (gate)
            {
                int room = Math.Min(got, limit - count);
                if (count + room > kept.Length)
                    Array.Resize(ref kept, Math.Min(limit, Math.Max(2 * kept.Length, count + room)));
                Array.Copy(buffer, 0, kept, count, room);
                count += room;
                more |= room < got;
            }
        }

        // The bytes before a character of UTF-8 that was cut in two at the end.
        private int WholeCharacters()
        {
            int start = count - 1;
            while (start > count - 4 && start > 0 && (kept[start] & 0xC0) == 0x80)
                start--;
            int size = kept[start] >= 0xF0 ? 4 : kept[start] >= 0xE0 ? 3 : kept[start] >= 0xC0 ? 2 : 1;
            return start + size > count ? start : count;
        }
    }
}
