// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // A folder for one program that the agent starts: closed to ordinary users, and removed when the program has
    // ended. A lock beside it shows that it is in use. The folder of a killed agent is removed by the next one.
    internal sealed class TemporaryFolder
    {
        private const string Prefix = "run.", LockSuffix = ".lock";

        public readonly string Path;
        private readonly SafeFileHandle gate;

        private TemporaryFolder(string path, SafeFileHandle gate)
        {
            Path = path;
            this.gate = gate;
        }

        public static TemporaryFolder Make(string what)
        {
            Writer writer = new Writer(what, "Run as a member of the local group Administrators.", false);
            StateFolder.Ensure(writer, what);
            RemoveLeft();
            string path = Paths.Combine(StateFolder.Current, Prefix + Guid.NewGuid().ToString("N"));
            SafeFileHandle gate = null;
            writer.Try(path, delegate
            {
                gate = Win32.TryLock(path + LockSuffix);
                FolderSecurity.CreateClosedFolder(path);
            });
            return new TemporaryFolder(path, gate);
        }

        // Adds to `warnings` what could not be removed.
        public void Remove(List<string> warnings)
        {
            // A program that was killed keeps its files open for a moment.
            SystemError failure = Deletion.TryDelete(Path);
            gate.Dispose();
            if (failure == null)
                failure = Deletion.TryDelete(Path + LockSuffix, 1);
            if (failure != null)
                warnings.Add("The working folder '" + Path + "' was not removed: " + failure.Message
                    + " The next program that is run on this computer removes it.");
        }

        private static void RemoveLeft()
        {
            List<string> left = new List<string>();
            foreach (FoundEntry found in Win32.Enumerate(StateFolder.Current))
            {
                if (found.Name.StartsWith(Prefix, StringComparison.Ordinal)
                    && !found.Name.EndsWith(LockSuffix, StringComparison.Ordinal))
                    left.Add(Paths.Combine(StateFolder.Current, found.Name));
            }
            foreach (string path in left)
            {
                using (SafeFileHandle gate = Win32.TryLock(path + LockSuffix))
                {
                    if (gate == null || Deletion.TryDelete(path, 1) != null)
                        continue;
                }
                Deletion.TryDelete(path + LockSuffix, 1);
            }
        }
    }
}
