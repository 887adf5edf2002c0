// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Globalization;

namespace IdentityOpsAgent
{
    // Names that a restore uses beside the places that it changes. Users' files never have such a name.
    internal static class TemporaryName
    {
        public const string Restoring = ".restoring", Replaced = ".replaced";

        public static string Of(uint number, string kind)
        {
            return "." + number.ToString("x8", CultureInfo.InvariantCulture) + kind;
        }

        // What is in a folder, without old content whose deletion is pending: the system lists it until the last
        // handle is closed.
        public static IEnumerable<FoundEntry> Present(string folder)
        {
            FileFacts facts;
            foreach (FoundEntry found in Win32.Enumerate(folder))
            {
                bool ours = Is(found.Name, Restoring) || Is(found.Name, Replaced);
                if (!ours || Win32.TryFacts(Paths.Combine(folder, found.Name), out facts))
                    yield return found;
            }
        }

        public static bool Is(string name, string kind)
        {
            uint number;
            return name.Length == 9 + kind.Length && uint.TryParse(name.Substring(1, 8), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out number) && Of(number, kind) == name;
        }
    }
}
