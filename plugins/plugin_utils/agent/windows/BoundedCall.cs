// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;

namespace IdentityOpsAgent
{
    // A call to WMI, which can hang, and which nothing can cancel. One that is late goes on in a thread of its own,
    // and what it returns is lost.
    internal sealed class BoundedCall<T>
    {
        private const int TooLate = 1460;

        private readonly Func<T> ask;
        private readonly int limit;
        private Call last;

        // limit: in ms.
        public BoundedCall(int limit, Func<T> ask)
        {
            this.limit = limit;
            this.ask = ask;
        }

        // SystemError if it was refused, or is late. While a late one has not ended, no other one is made.
        public T Answer()
        {
            return Answer(limit);
        }

        // left: in ms, of the limit. Earlier calls have used the rest.
        public T Answer(int left)
        {
            if (last != null && !last.Ended.WaitOne(0))
                throw Late();
            Call call = last = new Call(ask);
            if (!call.Ended.WaitOne(left))
                throw Late();
            SystemError refused = call.Refused as SystemError;
            if (call.Refused != null)   // what .NET itself has refused is no reason to end the process either
                throw refused ?? new SystemError(Marshal.GetHRForException(call.Refused), call.Refused.Message);
            return call.Value;
        }

        private SystemError Late()
        {
            return new SystemError(TooLate, string.Format(CultureInfo.InvariantCulture,
                "It did not answer within {0} s.", limit / 1000));
        }

        private sealed class Call
        {
            public readonly ManualResetEvent Ended = new ManualResetEvent(false);
            public T Value;
            public Exception Refused;

            private readonly Func<T> ask;

            public Call(Func<T> ask)
            {
                this.ask = ask;
                ThreadPool.QueueUserWorkItem(Perform);
            }

            private void Perform(object state)
            {
                try
                {
                    Value = ask();
                }
                catch (Exception error)   // it would end the whole process
                {
                    Refused = error;
                }
                Ended.Set();
            }
        }
    }
}
