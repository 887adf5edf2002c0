// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // Facts about the running agent.
    internal static class ThisAgent
    {
        public const int Protocol = 1;

        // The joiner appends a hash of the whole source to the namespace's name, which identifies this agent.
        public static readonly string SourceHash = HashOf(typeof(ThisAgent).Namespace);

        // The bootstrap of the next agent calls this.
        public static readonly string EntryName = typeof(ThisAgent).Namespace + ".Program";

        // This source as it was sent: base64 of gzip. null: it was not given.
        public static string PackedSource { get; set; }

        private static string HashOf(string name)
        {
            int mark = name.LastIndexOf('_');
            return mark < 0 ? "" : name.Substring(mark + 1);
        }
    }
}
