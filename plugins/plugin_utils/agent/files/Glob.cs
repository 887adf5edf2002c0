// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // One pattern for a path with '/', compared without case: '*' and '?' match within one name, '**' matches across
    // folders, '**/' also matches no folder. The time is at most proportional to pattern length times path length.
    internal sealed class Glob
    {
        public readonly string Text;
        public bool Matched;   // it has matched something

        private readonly string pattern;

        public Glob(string text)
        {
            Text = text;
            pattern = text.Replace('\\', '/').ToUpperInvariant();
            if (pattern.Length > 1 && pattern[pattern.Length - 1] == '/')
                pattern = pattern.Substring(0, pattern.Length - 1);
            foreach (string name in pattern.Split('/'))
            {
                if (name.Length == 0 || name == "." || name == "..")
                    throw new FormatError("the pattern '" + text
                        + "' must be relative, without '.', '..' and empty names");
            }
        }

        // Without wildcards, so it names one thing.
        public static bool IsLiteral(string text)
        {
            return text.IndexOfAny(new[] { '*', '?' }) < 0;
        }

        // Two positions to return to are enough: a later '*' in the same name, or a later '**', can match everything
        // that an earlier one could.
        public bool Matches(string path)
        {
            int p = 0, t = 0;
            int starPattern = -1, starText = 0, crossPattern = -1, crossText = 0;
            bool crossWhole = false;
            while (t < path.Length)
            {
                if (p < pattern.Length && pattern[p] == '*')
                {
                    if (p + 1 < pattern.Length && pattern[p + 1] == '*')
                    {
                        crossWhole = (p == 0 || pattern[p - 1] == '/') && p + 2 < pattern.Length
                            && pattern[p + 2] == '/';
                        p += crossWhole ? 3 : 2;
                        crossPattern = p;
                        crossText = t;
                        starPattern = -1;
                    }
                    else
                    {
                        starPattern = ++p;
                        starText = t;
                    }
                    continue;
                }
                if (p < pattern.Length && (pattern[p] == '?' ? path[t] != '/' : pattern[p] == Folded(path[t])))
                {
                    p++;
                    t++;
                }
                else if (starPattern >= 0 && path[starText] != '/')
                {
                    t = ++starText;
                    p = starPattern;
                }
                else if (crossPattern >= 0)
                {
                    crossText = crossWhole ? path.IndexOf('/', crossText) + 1 : crossText + 1;
                    if (crossText == 0)
                        return false;
                    t = crossText;
                    p = crossPattern;
                    starPattern = -1;
                }
                else
                {
                    return false;
                }
            }
            while (p < pattern.Length && pattern[p] == '*')
                p++;
            return p == pattern.Length;
        }

        private static char Folded(char c)
        {
            return c >= 'a' && c <= 'z' ? (char)(c - 32) : c < '\x80' ? c : char.ToUpperInvariant(c);
        }
    }

    // Several patterns; a path must match one of them.
    internal sealed class Globs
    {
        private readonly List<Glob> globs = new List<Glob>();
        private int unmatched;

        public Globs(List<string> patterns)
        {
            foreach (string pattern in patterns)
                globs.Add(new Glob(pattern));
            unmatched = globs.Count;
        }

        public bool IsEmpty
        {
            get { return globs.Count == 0; }
        }

        public List<string> Texts
        {
            get { return globs.ConvertAll(delegate(Glob glob) { return glob.Text; }); }
        }

        // Those that have not matched anything yet.
        public List<string> Unmatched
        {
            get
            {
                return globs.FindAll(delegate(Glob glob) { return !glob.Matched; })
                    .ConvertAll(delegate(Glob glob) { return glob.Text; });
            }
        }

        public bool HasMatched(string text)
        {
            return globs.Exists(delegate(Glob glob) { return glob.Matched && glob.Text == text; });
        }

        // Also marks each pattern that matches for the first time.
        public bool Match(string path)
        {
            bool any = false;
            foreach (Glob glob in globs)
            {
                if ((any && glob.Matched) || !glob.Matches(path))
                    continue;
                any = true;
                if (!glob.Matched)
                {
                    glob.Matched = true;
                    unmatched--;
                }
            }
            return any;
        }

        public bool HasUnmatched
        {
            get { return unmatched > 0; }
        }

        // A pattern that matches a folder covers everything in it.
        public bool Cover(string path)
        {
            for (int end = path.IndexOf('/'); end >= 0; end = path.IndexOf('/', end + 1))
            {
                if (Match(path.Substring(0, end)))
                    return true;
            }
            return Match(path);
        }
    }

    // What include and exclude select in a tree. A walk from the top does not enter folders that `Excludes`, and
    // hands the result of `Covers` down.
    internal sealed class Selection
    {
        public readonly Globs Include;
        public readonly Globs Exclude;

        public Selection(List<string> include, List<string> exclude)
        {
            Include = new Globs(include);
            Exclude = new Globs(exclude);
        }

        public static Selection Everything()
        {
            return new Selection(new List<string>(), new List<string>());
        }

        public bool IsEverything
        {
            get { return Include.IsEmpty && Exclude.IsEmpty; }
        }

        // Whether the tree's root is selected, and so everything that is not excluded.
        public bool CoversRoot
        {
            get { return Include.IsEmpty; }
        }

        public bool Excludes(string path)
        {
            return !Exclude.IsEmpty && Exclude.Match(path);
        }

        // Whether a folder above the path is excluded, so that a walk never reaches the path.
        public bool ExcludesAbove(string path)
        {
            int slash = path.Replace('\\', '/').TrimEnd('/').LastIndexOf('/');
            return slash > 0 && Exclude.Cover(path.Replace('\\', '/').Substring(0, slash));
        }

        public bool Covers(string path, bool folderAboveCovered)
        {
            bool matched = (!folderAboveCovered || Include.HasUnmatched) && Include.Match(path);
            return folderAboveCovered || matched;
        }
    }
}
