// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Threading;

namespace IdentityOpsAgent
{
    // Reads the record of a server's newest sealed part in advance, while a backup walks its source. For a large part
    // both take about the same time.
    internal sealed class LinkSourceReader : IDisposable
    {
        private readonly SetFolder set;   // of the new part; the older sets are beside it
        private readonly string server;
        private readonly List<string> seals;
        private readonly Thread thread;
        private StoredPart part;
        private Verification record;

        private LinkSourceReader(SetFolder set, string server, List<string> seals)
        {
            this.set = set;
            this.server = server;
            this.seals = seals;
            thread = new Thread(Read);
        }

        // `seals`: see Links.Sealed.
        public static LinkSourceReader Begin(SetFolder set, string server, List<string> seals)
        {
            LinkSourceReader reader = new LinkSourceReader(set, server, seals);
            reader.thread.Start();
            return reader;
        }

        // The server's part of an older set; null if nothing may be linked to it.
        public StoredPart Sealed(SetFolder older)
        {
            return Links.Sealed(older, server, seals);
        }

        public Verification Of(StoredPart wanted)
        {
            thread.Join();
            if (record != null && part.Path == wanted.Path && part.Digest == wanted.Digest)
                return record;
            Verification own = new Verification(wanted);
            own.ReadRecord();
            return own;
        }

        // Waits until nothing is read any more and no file is open.
        public void Dispose()
        {
            thread.Join();
        }

        // An error here happens again where the record is needed, and is reported there.
        private void Read()
        {
            try
            {
                NetworkIdentity.Impersonate();
                foreach (SetFolder older in SetList.Find(set.Root, set.Deployment))
                {
                    part = Sealed(older);
                    if (part == null)
                        continue;
                    Verification read = new Verification(part);
                    read.ReadRecord();
                    record = read;
                    return;
                }
            }
            catch (Exception)   // an exception in this thread would end the process
            {
                record = null;
            }
        }
    }
}
