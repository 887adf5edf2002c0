// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.IO;

namespace IdentityOpsAgent
{
    /// <summary>
    /// What a host's clocks show now: clock.json beside its drives.
    /// <code>
    /// {"boot": n,        how often the host was started
    ///  "began_ms": n,    of this computer's own clock that nobody sets, when it was started last
    ///  "rate": n,        so much faster does the host's time go
    ///  "ahead_ms": n}    so far is its clock, which people set, ahead of this computer's
    /// </code>
    /// </summary>
    internal sealed class LabClock
    {
        private readonly Dictionary<string, object> facts;

        public LabClock()
        {
            string path = LabComputer.Root() + "/clock.json";
            facts = File.Exists(path) ? LabJson.Object(File.ReadAllText(path)) : new Dictionary<string, object>();
        }

        public long Number(string name, long otherwise)
        {
            object value;
            return facts.TryGetValue(name, out value) ? (long)value : otherwise;
        }

        // In 100 ns.
        public static long Ahead()
        {
            return new LabClock().Number("ahead_ms", 0) * 10000;
        }
    }
}
