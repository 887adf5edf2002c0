// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // Reads only YAML settings on one line: `a.b: c`, also with `a:` on a line above, and simple lists. Skips
    // everything else: texts over several lines, anchors.
    internal static class FlatYaml
    {
        private static readonly Regex Item = new Regex(@"\G[\[,]\s*(""[^""]*""|'[^']*'|[^,\]]*)\s*",
            RegexOptions.CultureInvariant);

        // By full name, with dots. If a name is there twice, the last value counts. A list is its items with commas.
        public static Dictionary<string, string> Parse(string text)
        {
            Dictionary<string, string> found = new Dictionary<string, string>(StringComparer.Ordinal);
            List<KeyValuePair<int, string>> above = new List<KeyValuePair<int, string>>();   // indentation and name
            foreach (string line in text.Split('\n'))
            {
                string rest = line.Trim().TrimStart('\ufeff');
                int colon = rest.IndexOf(':');
                if (rest.StartsWith("- ", StringComparison.Ordinal) && above.Count > 0)
                {
                    string of = above[above.Count - 1].Value, before;
                    found[of] = (found.TryGetValue(of, out before) ? before + "," : "")
                        + Value(rest.Substring(2).Trim());
                }
                if (colon <= 0 || rest[0] == '#' || rest[0] == '-')
                    continue;
                int indent = line.Length - line.TrimStart(' ', '\ufeff').Length;
                above.RemoveAll(delegate(KeyValuePair<int, string> one) { return one.Key >= indent; });
                string name = (above.Count == 0 ? "" : above[above.Count - 1].Value + ".")
                    + Plain(rest.Substring(0, colon).Trim());
                string value = rest.Substring(colon + 1).Trim();
                if (value.Length == 0 || value[0] == '#')
                    above.Add(new KeyValuePair<int, string>(indent, name));
                else
                    found[name] = Value(value);
            }
            return found;
        }

        private static string Value(string value)
        {
            if (value[0] != '[')
                return Plain(value);
            List<string> items = new List<string>();
            foreach (Match match in Item.Matches(value))
            {
                if (match.Groups[1].Length > 0)
                    items.Add(Plain(match.Groups[1].Value));
            }
            return string.Join(",", items.ToArray());
        }

        // Without its quotation marks, or without the comment after it.
        private static string Plain(string value)
        {
            int end = value[0] == '"' || value[0] == '\'' ? value.IndexOf(value[0], 1) : -1;
            if (end > 0)
                return value.Substring(1, end - 1);
            int comment = (" " + value).IndexOf(" #", StringComparison.Ordinal);   // it may be all of it
            return (comment < 0 ? value : value.Substring(0, comment)).Trim();
        }
    }
}
