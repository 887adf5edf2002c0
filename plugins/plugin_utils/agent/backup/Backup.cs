// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `backup`: plan, copy, record. The part is complete only when part.json exists.
    internal sealed class Backup
    {
        private const string What = "The backup stopped";
        private const string Next =
            "Remove the cause and back up into a new set; this part stays unfinished and is never used.";

        private readonly CopySettings settings;
        private readonly bool check, linkUnchanged;
        private readonly int sample;   // milliseconds, 0: none
        private readonly BackupPlan plan;
        private readonly Globs allowed;
        private readonly Part part = new Part { Started = Timestamps.Now() };
        private readonly Answer answer = new Answer();
        private readonly Losses losses = new Losses();
        private readonly BackupPrivileges privileges = BackupPrivileges.Enable();
        private readonly List<string> linkSeals;   // null: any seal counts
        private LinkSourceReader linkSources;   // null: no links are requested

        public Backup(JsonMap request)
        {
            settings = new CopySettings(request);
            check = request.Flag("check", false);
            linkUnchanged = request.Flag("link_unchanged", false);
            linkSeals = request["link_seals"] == null ? null : request.Texts("link_seals");
            sample = request.NumberOr("sample_ms", 0, 0, Sample.LongestTime);
            plan = new BackupPlan(request);
            allowed = new Globs(request.Texts("allow_partial"));
            part.Deployment = plan.Set.Deployment;
            part.SetId = plan.Set.SetId;
            part.Epoch = request.TextOrNull("epoch") ?? plan.Set.SetId;
            part.InventoryName = request.TextOrNull("inventory_name");
            part.Narrowed = Narrowing.Requested(request);
            part.Scope = Narrowing.Scope(request);
            part.Server = plan.Server;
            part.FullName = Computer.FullyQualifiedName();
            part.MachineGuid = Computer.MachineGuid();
        }

        public Answer Run()
        {
            using (HostLock.Acquire("backup", plan.Set.Deployment + " " + plan.Set.SetId, check))
            {
                RestoreRecovery.Run(check, answer.Warnings);
                using (linkSources = linkUnchanged
                    ? LinkSourceReader.Begin(plan.Set, plan.Server, linkSeals) : null)
                    return BackUp();
            }
        }

        private Answer BackUp()
        {
            plan.Make();
            part.Version = plan.Version;
            answer.Changed = true;
            string digest = null;
            try
            {
                if (check)
                    Preview();
                else
                    digest = Write();
            }
            catch (Exception error)
            {
                answer.Failure = AgentError.Of("backup", error);
                return answer;
            }
            Report(digest);
            return answer;
        }

        private void Preview()
        {
            Links links = FindLinks(new MetadataReader(new Losses()));
            if (links != null)
                links.Preview(plan.Components, settings.Threads);
            if (sample > 0)
                answer.Members.Set("sample", Sample.Measure(plan.Components, sample, settings.Threads));
            AddTotals(links);
            answer.Members.Set("sources", plan.Sources().Described());
        }

        // null: no links are requested.
        private Links FindLinks(MetadataReader properties)
        {
            return linkSources == null
                ? null : Links.Find(plan.Set, plan.Components, linkSources, part.MachineGuid, properties);
        }

        private string Write()
        {
            string folder = plan.PartPath;
            PartWriter recorder = new PartWriter(plan.Set, plan.Server);
            recorder.Make(BackupPlan.What);
            Writer writer = new Writer(What, Next, !Win32.CanFlushVolume(folder));
            MetadataReader properties = new MetadataReader(losses);
            Links links = FindLinks(properties);
            new BackupCopy(folder, writer, settings, properties, links).Run(plan.Components);
            AddTotals(links);
            List<PlannedComponent> present =
                plan.Components.FindAll(delegate(PlannedComponent component) { return component.Tree != null; });
            return recorder.Record(writer, part,
                present.ConvertAll(delegate(PlannedComponent component) { return component.Tree; }));
        }

        private void AddTotals(Links links)
        {
            foreach (PlannedComponent component in plan.Components)
            {
                PartComponent outcome = component.Outcome();
                part.Components.Add(outcome);
                part.Files += outcome.Files;
                part.Directories += outcome.Directories;
                part.Bytes += outcome.Bytes;
                part.Excluded += outcome.Excluded;
                part.Problems.AddRange(component.Problems);
            }
            part.Problems.Sort(Problem.ByPath);
            part.ProblemCount = part.Problems.Count;
            bool waived = true;
            foreach (Problem problem in part.Problems)
            {
                problem.Allowed = allowed.Cover(problem.Path);
                waived &= problem.Allowed;
            }
            part.Losses = losses.All;
            part.Warnings.AddRange(plan.Warnings);
            part.Warnings.AddRange(plan.TrapWarnings());
            part.Warnings.AddRange(losses.Sentences);
            if (links != null)
                links.Report(part);
            int denied = part.Problems.FindAll(
                delegate(Problem problem) { return problem.Kind == Problem.Denied; }).Count;
            if (denied > 0 && privileges.Lacks(BackupPrivileges.ToBackup))
                part.Warnings.Add(denied + " files or folders could not be read: the account does not have "
                    + BackupPrivileges.ToBackup + " (back up files and directories), which would let it read them.");
            part.State = part.ProblemCount == 0 ? Part.Complete : waived ? Part.Waived : Part.Partial;
        }

        private void Report(string digest)
        {
            answer.Warnings.AddRange(part.Warnings);
            answer.Members.Set("privileges", privileges.ToJson()).Set("losses", part.Losses);
            answer.Members.Set("server", part.Server).Set("machine_guid", part.MachineGuid).Set("version", part.Version)
                .Set("epoch", part.Epoch).Set("narrowed", part.Narrowed).Set("scope", part.Scope)
                .Set("set_path", plan.Set.Path).Set("part_path", plan.PartPath).Set("state", part.State)
                .Set("part_sha256", digest).Set("finished", digest == null ? null : Timestamps.Text(part.Finished))
                .Set("files", part.Files).Set("directories", part.Directories).Set("bytes", part.Bytes)
                .Set("streams", part.Streams).Set("excluded", part.Excluded).Set("linked", part.Linked)
                .Set("linked_bytes", part.LinkedBytes).Set("copied_bytes", part.Bytes - part.LinkedBytes)
                .Set("link_sets", part.LinkSets).Set("not_linked", part.NotLinked).Set("components", part.Components)
                .Set("problems", Answer.First(part.Problems, Answer.ListLimit)).Set("problem_count", part.ProblemCount);
            if (part.State != Part.Partial)
                return;
            Problem first = part.Problems.Find(delegate(Problem problem) { return !problem.Allowed; });
            answer.Failure = new AgentError("partial", "The backup is not complete", plan.PartPath,
                part.ProblemCount + " files or folders are missing; the first is "
                + Spelling.Quoted(first.Path) + " (" + first.Kind + "): " + first.Cause,
                "Make these files readable and back up again, or name them in groupid_allow_partial.",
                first.Component);
        }
    }
}
