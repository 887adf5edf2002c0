// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // Suggestions for misspelled names, and quoted names for messages.
    internal static class Spelling
    {
        private const int Named = 5, Compared = 40, Shown = 300;

        // In quotation marks, to show a blank or dot at its end; characters that cannot be printed as numbers.
        public static string Quoted(string name)
        {
            StringBuilder text = new StringBuilder("'");
            for (int i = 0; i < name.Length && i < Shown; i++)
            {
                bool pair = i + 1 < name.Length && char.IsSurrogatePair(name[i], name[i + 1]);
                if (pair)
                    text.Append(name[i++]).Append(name[i]);
                else
                    text.Append(char.IsControl(name[i]) || char.IsSurrogate(name[i])
                        ? "\\u" + ((int)name[i]).ToString("x4") : name[i].ToString());
            }
            return text.Append(name.Length > Shown ? "...'" : "'").ToString();
        }

        // Existing folders at the point where a pattern stops matching, at most five, the closest spelling first.
        // foldersIn: gives the names of the folders in a folder, "" or a relative path with '/'; one function for
        // each component.
        public static List<string> Nearest(string pattern, List<Func<string, List<string>>> foldersIn)
        {
            List<KeyValuePair<int, string>> found = new List<KeyValuePair<int, string>>();
            foreach (Func<string, List<string>> folders in foldersIn)
            {
                string wanted, above;
                foreach (string name in Follow(pattern, folders, out wanted, out above))
                    found.Add(new KeyValuePair<int, string>(Distance(wanted, name), above + name));
            }
            found.Sort(delegate(KeyValuePair<int, string> left, KeyValuePair<int, string> right)
            {
                return left.Key != right.Key ? left.Key - right.Key : string.CompareOrdinal(left.Value, right.Value);
            });
            List<string> nearest = new List<string>();
            foreach (KeyValuePair<int, string> one in found)
            {
                if (nearest.Count < Named && !nearest.Contains(one.Value))
                    nearest.Add(one.Value);
            }
            return nearest;
        }

        // Goes down as long as the pattern names existing folders.
        private static List<string> Follow(string pattern, Func<string, List<string>> foldersIn, out string wanted,
            out string above)
        {
            string[] steps = pattern.Replace('\\', '/').Trim('/').Split('/');
            List<string> there = foldersIn("");
            above = "";
            int i = 0;
            for (; i + 1 < steps.Length; i++)
            {
                string step = steps[i];
                string name = there.Find(
                    delegate(string one) { return string.Equals(one, step, StringComparison.OrdinalIgnoreCase); });
                List<string> below = name == null ? null : foldersIn(above + name);
                if (below == null || below.Count == 0)
                    break;
                above += name + "/";
                there = below;
            }
            wanted = steps[i];
            return there;
        }

        // The number of letters to change, add, remove or swap with their neighbour; without case, long names cut
        // off.
        private static int Distance(string left, string right)
        {
            string a = Folded(left), b = Folded(right);
            int[] before = new int[b.Length + 1], last = new int[b.Length + 1], now = new int[b.Length + 1];
            for (int j = 0; j <= b.Length; j++)
                last[j] = j;
            for (int i = 1; i <= a.Length; i++)
            {
                now[0] = i;
                for (int j = 1; j <= b.Length; j++)
                {
                    now[j] = Math.Min(Math.Min(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                    if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                        now[j] = Math.Min(now[j], before[j - 2] + 1);
                }
                int[] free = before;
                before = last;
                last = now;
                now = free;
            }
            return last[b.Length];
        }

        private static string Folded(string name)
        {
            return name.Substring(0, Math.Min(name.Length, Compared)).ToUpperInvariant();
        }
    }
}
