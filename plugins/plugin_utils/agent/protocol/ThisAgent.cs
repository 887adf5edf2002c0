// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // What an agent knows of itself.
    internal static class ThisAgent
    {
        public const int Protocol = 1;

        // The joiner writes a hash of the whole source behind the namespace's name: it says which agent this is.
        public static readonly string SourceHash = HashOf(typeof(ThisAgent).Namespace);

        // What the next agent's bootstrap calls.
        public static readonly string EntryName = typeof(ThisAgent).Namespace + ".Program";

        // This source as it came: base64 of gzip. null where nobody gave it.
        public static string PackedSource { get; set; }

        private static string HashOf(string name)
        {
            int mark = name.LastIndexOf('_');
            return mark < 0 ? "" : name.Substring(mark + 1);
        }
    }
}
