// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What include and exclude select of one component.
    internal sealed class SelectionResult
    {
        public string Component, Path;
        public bool Required;
        public Selection Selection;
        public long Files;                             // that they select, also those that could not be saved
        public Func<bool> HasFiles;                    // whether there are any without include and exclude
        public Func<string, List<string>> FoldersIn;   // the folders in a folder relative to the root
    }

    // It is an error if an include matches nothing, or if nothing of a component is left. Otherwise a misspelled name
    // would make a set without the data, and nobody would notice.
    internal sealed class SelectionCheck
    {
        private const int ListedGlobs = 10;
        private const string Next = "Correct groupid_include (include of the module or of the folder), or name only "
            + "the components that it is meant for.";

        private readonly string what;
        private readonly List<string> warnings;
        private readonly List<SelectionResult> all = new List<SelectionResult>();

        public SelectionCheck(string what, List<string> warnings)
        {
            this.what = what;
            this.warnings = warnings;
        }

        public void Add(SelectionResult result)
        {
            all.Add(result);
        }

        // Errors: nothing_matched, nothing_left.
        // asked: all selections of the request, also of components that are not there.
        public void Check(List<Selection> asked)
        {
            List<SelectionResult> empty = all.FindAll(delegate(SelectionResult one) { return one.Files == 0; });
            List<SelectionResult> unmatched =
                empty.FindAll(delegate(SelectionResult one) { return !one.Selection.CoversRoot; });
            if (unmatched.Count > 0)
                throw NoFileMatched(unmatched);
            foreach (string include in Unmatched(asked, delegate(Selection selection) { return selection.Include; }))
                throw IncludeMatchesNothing(include);
            foreach (SelectionResult one in empty)
                CheckEmpty(one);
        }

        // An exclude without wildcards names one thing. If that does not exist, there is a warning.
        public void CheckExcludes(List<Selection> asked)
        {
            foreach (string exclude in Unmatched(asked, delegate(Selection selection) { return selection.Exclude; }))
            {
                if (Glob.IsLiteral(exclude) && all.Count > 0
                    && !asked.Exists(delegate(Selection selection) { return selection.ExcludesAbove(exclude); }))
                    warnings.Add("Exclude " + Spelling.Quoted(exclude) + " matches nothing in " + Listed(all) + ".");
            }
        }

        private void CheckEmpty(SelectionResult one)
        {
            if (one.HasFiles())
                throw new AgentError("nothing_left", what, one.Path,
                    "There are files, but exclude leaves none of them: " + Quoted(one.Selection.Exclude.Texts) + ".",
                    "Correct groupid_exclude or groupid_exclude_defaults (exclude and exclude_defaults of the module), "
                    + "or do not name this component.", one.Component);
            if (one.Required)
                warnings.Add(one.Component + ": the folder " + one.Path
                    + " has no file. If its data was moved, name the new folder in groupid_component_paths.");
        }

        private AgentError NoFileMatched(List<SelectionResult> unmatched)
        {
            SelectionResult first = unmatched[0];
            string cause = "No file there matches include " + Quoted(first.Selection.Include.Texts)
                + (first.Selection.Exclude.IsEmpty ? "." : " and is not excluded.")
                + Nearby(first.Selection.Include.Texts[0], unmatched.GetRange(0, 1));
            if (unmatched.Count > 1)
                cause += " The same is true for " + Listed(unmatched.GetRange(1, unmatched.Count - 1)) + ".";
            return new AgentError("nothing_matched", what, first.Path, cause, Next, first.Component);
        }

        private AgentError IncludeMatchesNothing(string include)
        {
            string where = all.Count == 0 ? ": none of the components exists." : " in " + Listed(all) + "."
                + Nearby(include, all);
            return new AgentError("nothing_matched", what, all.Count == 1 ? all[0].Path : null,
                "Include " + Spelling.Quoted(include) + " matches nothing" + where, Next,
                all.Count == 1 ? all[0].Component : null);
        }

        private static string Nearby(string pattern, List<SelectionResult> where)
        {
            List<string> names =
                Spelling.Nearest(pattern, where.ConvertAll(delegate(SelectionResult one) { return one.FoldersIn; }));
            return names.Count == 0 ? " There are no folders." : " Existing folders: " + Quoted(names) + ".";
        }

        // Patterns that matched nothing in any component, each once.
        private static List<string> Unmatched(List<Selection> asked, Converter<Selection, Globs> part)
        {
            List<string> patterns = new List<string>();
            foreach (Selection selection in asked)
            {
                foreach (string text in part(selection).Unmatched)
                {
                    if (!patterns.Contains(text)
                        && !asked.Exists(delegate(Selection other) { return part(other).HasMatched(text); }))
                        patterns.Add(text);
                }
            }
            return patterns;
        }

        private static string Listed(List<SelectionResult> some)
        {
            return string.Join(", ", some.ConvertAll(
                delegate(SelectionResult one) { return one.Component + " (" + one.Path + ")"; }).ToArray());
        }

        private static string Quoted(List<string> texts)
        {
            string[] first = texts.GetRange(0, Math.Min(texts.Count, ListedGlobs))
                .ConvertAll<string>(Spelling.Quoted).ToArray();
            return string.Join(", ", first)
                + (texts.Count > ListedGlobs ? " and " + (texts.Count - ListedGlobs) + " more" : "");
        }
    }
}
