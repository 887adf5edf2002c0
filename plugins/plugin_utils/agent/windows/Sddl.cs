// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Security.AccessControl;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// SDDL with every account as a number (SID). Windows writes two letters for some: on another computer, LA and DA
    /// are another Administrator and other Domain Admins (MS-DTYP 2.4.2.4: they stand for a machine's or domain's own
    /// SID).
    /// </summary>
    internal static class Sddl
    {
        private const int AccountField = 5;   // (type;flags;rights;object;inherited object;account;condition)

        /// <summary>`text`: what the system writes for the self-relative descriptor.</summary>
        public static string Numeric(string text, byte[] descriptor)
        {
            RawSecurityDescriptor parsed = new RawSecurityDescriptor(descriptor, 0);
            List<string> entries = new List<string>();
            for (int i = 0; parsed.DiscretionaryAcl != null && i < parsed.DiscretionaryAcl.Count; i++)
            {
                KnownAce entry = parsed.DiscretionaryAcl[i] as KnownAce;
                entries.Add(entry == null ? null : entry.SecurityIdentifier.Value);
            }
            return Numeric(text, parsed.Owner == null ? null : parsed.Owner.Value,
                parsed.Group == null ? null : parsed.Group.Value, entries);
        }

        /// <summary>
        /// `entries`: the accounts of the list, in its order; null: unchanged. A text with another number of entries
        /// is returned unchanged.
        /// </summary>
        public static string Numeric(string text, string owner, string group, List<string> entries)
        {
            int list = text.IndexOf("D:", System.StringComparison.Ordinal);
            StringBuilder made = new StringBuilder();
            if (owner != null)
                made.Append("O:").Append(owner);
            if (group != null)
                made.Append("G:").Append(group);
            if (list < 0)
                return made.ToString();
            int next = 0, from = list;
            for (int at = text.IndexOf('(', list); at >= 0; at = text.IndexOf('(', from))
            {
                int account = at, end = EndOf(text, at);
                for (int field = 0; field < AccountField && account >= 0; field++)
                    account = text.IndexOf(';', account + 1);
                if (end < 0 || account < 0 || account > end || next == entries.Count)
                    return text;
                made.Append(text, from, account + 1 - from);
                from = text.IndexOfAny(new[] { ';', ')' }, account + 1);
                made.Append(entries[next++] ?? text.Substring(account + 1, from - account - 1))
                    .Append(text, from, end - from);
                from = end;
            }
            return next == entries.Count ? made.Append(text, from, text.Length - from).ToString() : text;
        }

        // The position after the entry's last parenthesis: a condition may contain parentheses, and texts in
        // quotation marks. -1: it has no end.
        private static int EndOf(string text, int start)
        {
            int depth = 0;
            bool quoted = false;
            for (int at = start; at < text.Length; at++)
            {
                quoted ^= text[at] == '"';
                if (quoted)
                    continue;
                depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
                if (depth == 0)
                    return at + 1;
            }
            return -1;
        }
    }
}
