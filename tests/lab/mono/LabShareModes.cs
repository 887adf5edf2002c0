// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Linux opens what others have open: what may not be opened meanwhile is kept here, for this process.
    /// </summary>
    internal static class LabShareModes
    {
        private static readonly List<string> Held = new List<string>();

        public static void Hold(string path)
        {
            lock (Held)
                Held.Add(path);
        }

        public static void LetGo(string path)
        {
            lock (Held)
                Held.Remove(path);
        }

        /// <summary>The errno for opening, replacing or deleting a path, 0 for none.</summary>
        public static int OnOpen(string path)
        {
            lock (Held)
                return Held.Contains(path) && (LabFaults.Current == null || !LabFaults.Current.NoShareModes)
                    ? Libc.EBUSY : 0;
        }
    }
}
