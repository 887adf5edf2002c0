// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Lists what a backup root contains. Unexpected files are no error: a damaged set is listed as damaged, and
    // anything that is not a set is skipped.
    internal static class SetList
    {
        private const string NoDeployment = "Its name is not that of a deployment.";
        private const string NoSet = "Its name is not the id of a set, a time in UTC such as 20261122T150405Z.";

        // Newest first. `deployment` null: all. Throws SystemError if the root or the requested deployment cannot be
        // listed.
        public static List<SetFolder> Find(string root, string deployment)
        {
            return Find(root, deployment, new SkippedEntries());
        }

        private static List<SetFolder> Find(string root, string deployment, SkippedEntries passed)
        {
            List<SetFolder> sets = new List<SetFolder>();
            foreach (string name in Deployments(root, deployment, passed))
            {
                string folder = Paths.Combine(root, name);
                try
                {
                    sets.AddRange(passed.AcceptedFolders(folder, Names.IsSetId, NoSet, null).ConvertAll(
                        delegate(string id) { return new SetFolder(root, name, id); }));
                }
                catch (SystemError error)
                {
                    if (deployment != null)
                        throw;
                    passed.Add(folder, error.Message);
                }
            }
            sets.Sort(delegate(SetFolder left, SetFolder right)
            {
                int order = string.CompareOrdinal(right.SetId, left.SetId);
                return order != 0 ? order : string.CompareOrdinal(left.Deployment, right.Deployment);
            });
            return sets;
        }

        private static List<string> Deployments(string root, string deployment, SkippedEntries passed)
        {
            if (deployment == null)
                return passed.AcceptedFolders(root, Names.IsDeployment, NoDeployment, null);
            List<string> names = new List<string>();
            string folder = Paths.Combine(root, deployment);
            FileFacts facts;
            if (!Win32.TryFacts(root, out facts))
                return names;
            if (!Win32.TryFacts(folder, out facts))
            {
                foreach (FoundEntry found in Win32.Enumerate(root))   // throws if the root cannot be listed
                    break;
                return names;
            }
            if (SetFolder.IsFolder(folder))
                names.Add(deployment);
            else
                passed.Add(folder,
                    Attributes.IsFolder(facts.Attributes) || Attributes.IsLink(facts.Attributes, facts.ReparseTag)
                        ? SkippedEntries.Link : SkippedEntries.File);
            return names;
        }

        // `only`: the id of one set; null: all.
        public static void Describe(JsonMap answer, string root, string deployment, string only)
        {
            SkippedEntries passed = new SkippedEntries();
            List<SetFolder> sets = Find(root, deployment, passed);
            if (only != null)
                sets.RemoveAll(delegate(SetFolder set) { return set.SetId != only; });
            Dictionary<string, VerifyRecords> records = new Dictionary<string, VerifyRecords>();
            List<JsonMap> described = new List<JsonMap>();
            foreach (SetFolder set in Answer.First(sets, Answer.ListLimit))
            {
                if (!records.ContainsKey(set.Deployment))
                    records.Add(set.Deployment, new VerifyRecords(root, set.Deployment));
                described.Add(new SetDescription(set, passed, records[set.Deployment]).ToJson());
            }
            answer.Set("sets", described).Set("set_count", sets.Count);
            passed.Report(answer);
        }
    }
}
