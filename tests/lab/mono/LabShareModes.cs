// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>How a program has a file open. It lets nobody rename or delete it.</summary>
    internal sealed class LabShareMode
    {
        public string Path;
        public bool Writes, OthersRead;
    }

    /// <summary>
    /// Linux opens and renames what others have open: what may not be done meanwhile is kept here, for this process. As
    /// Windows has it ("Creating and Opening Files", "File Sharing"): who opens must be let by everybody that has the
    /// file, and must let them: a reader that excludes writers is refused where one is at work. A new name and a
    /// deletion need the right DELETE, which a program grants others only by FILE_SHARE_DELETE.
    /// </summary>
    internal static class LabShareModes
    {
        private static readonly List<LabShareMode> Held = new List<LabShareMode>();

        public static void Hold(LabShareMode mode)
        {
            lock (Held)
                Held.Add(mode);
        }

        /// <summary>`mode`: null where nothing was held.</summary>
        public static void LetGo(LabShareMode mode)
        {
            lock (Held)
                Held.Remove(mode);
        }

        /// <summary>The errno for opening a path for reading, 0 for none.</summary>
        public static int OnOpen(string path)
        {
            return Any(path, mode => !mode.OthersRead) ? Libc.EBUSY : 0;
        }

        /// <summary>
        /// The errno for a file that is open for reading now, 0 for none: another process has it open for itself
        /// alone. Python's fcntl locks say so (tests/lab/writers.py).
        /// </summary>
        public static int OnOpened(SafeFileHandle file)
        {
            Libc.Region whole = new Libc.Region { Kind = Libc.ForReading };
            Win32.Check(Libc.fcntl(file, Libc.GetLock, ref whole));
            return whole.Kind == Libc.NotLocked ? 0 : Libc.EBUSY;
        }

        /// <summary>The errno for renaming, replacing or deleting a path, 0 for none.</summary>
        public static int OnChange(string path)
        {
            bool spared = LabFaults.Current != null && LabFaults.Current.ReadersHoldNothing;
            return Any(path, mode => mode.Writes || !spared) ? Libc.EBUSY : 0;
        }

        /// <summary>Whether opening a path is refused to who excludes writers.</summary>
        public static bool IsWritten(string path)
        {
            bool all = LabFaults.Current != null && LabFaults.Current.ReadersAsWriters;
            return Any(path, mode => mode.Writes || all);
        }

        private static bool Any(string path, Predicate<LabShareMode> refuses)
        {
            lock (Held)
                return Held.Exists(mode => mode.Path == path && refuses(mode))
                    && (LabFaults.Current == null || !LabFaults.Current.NoShareModes);
        }
    }
}
