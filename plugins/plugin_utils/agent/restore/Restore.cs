// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `restore`. First the part is verified in full. Then all targets are planned, what will be
    // replaced is saved, and all new content is staged. Only then the targets change, all of them or none.
    internal sealed class Restore
    {
        public const string What = "The restore was not started";

        private readonly JsonMap request;
        private readonly bool check;
        private readonly int threads;
        private readonly SetFolder set;
        private readonly string server;
        private readonly Answer answer = new Answer();
        private readonly List<RestoreTarget> targets = new List<RestoreTarget>();
        private readonly Losses losses = new Losses();
        private readonly BackupPrivileges privileges = BackupPrivileges.Enable();
        private readonly SecurityChoice security;
        private SafetySet safety;

        public Restore(JsonMap request)
        {
            this.request = request;
            check = request.Flag("check", false);
            threads = request.NumberOr("threads", 0, 0, 256);
            set = SetFolder.Of(request);
            server = Verify.ServerOf(request);
            security = new SecurityChoice(request);
        }

        public Answer Run()
        {
            int limit = request.NumberOr("diff_limit", Answer.ListLimit, 0, int.MaxValue);
            using (HostLock.Acquire("restore", set.Deployment + " " + set.SetId, check))
            {
                RestoreRecovery.Run(check, answer.Warnings);
                StoredPart part = StoredPart.Open(set, server, What);
                part.RequireSeal(request, What);
                FolderTrust.RequireForRestore(set, part.Path, What, request, true, answer.Warnings);
                CheckAllowed(part);
                Verification verification = new Verification(part);
                verification.Run(null, What);
                answer.Members.Set("set_id", set.SetId).Set("server", server).Set("files", verification.Files)
                    .Set("bytes", verification.Bytes).Set("narrowed", part.Narrowed);
                if (verification.Findings.Count > 0)
                    throw Verify.Damaged(part, verification.Findings, What);
                ChooseTargets(part, verification.Record);
                CheckSelection();
                foreach (RestoreTarget target in targets)
                {
                    target.PutsSecurity = security.Puts(target, part.Document, losses);
                    RestorePlan.Make(target, losses, threads);
                }
                foreach (Finding finding in verification.StreamFindings)
                {
                    if (finding.Entry.Kept)   // otherwise it is not selected
                        losses.Add(Loss.StreamsNotRestored, finding.Path, finding.Cause);
                }
                safety = SafetySet.Plan(request, set, targets);
                RemoveOld(null);
                CheckSpace();
                Report(Math.Min(limit, Answer.ListLimit));
                if (answer.Changed && !check)
                    Write(part);
                ReportLosses();
                return answer;
            }
        }

        private void CheckAllowed(StoredPart part)
        {
            bool isSafety = part.Document != null && SafetySet.IsSafety(part.Document);
            if (!part.Sealed && part.SealFlaw == null && !isSafety && !request.Flag("unsealed", false))
                throw new AgentError("not_sealed", What, set.Path,
                    "The set is not sealed, so it may be incomplete.",
                    "Seal the set, or accept it with groupid_restore_unsealed (unsealed of the module).");
            if (part.Document == null)
                return;
            if (part.Document.State == Part.Partial && !request.Flag("unsealed", false))
                throw new AgentError("part_state", What, part.Path,
                    "The part is partial: files are missing, which is not allowed.",
                    "Use another set, or accept it with groupid_restore_unsealed (unsealed of the module).");
            if (part.Document.MachineGuid != Computer.MachineGuid() && !request.Flag("other_machine", false))
                throw new AgentError("other_machine", What, part.Path,
                    "The part was made on the machine " + part.Document.MachineGuid
                        + "; this is " + Computer.MachineGuid() + ".",
                    "Check that this is the right server, and allow another machine if it is.");
        }

        private void ChooseTargets(StoredPart part, PartRecord record)
        {
            List<JsonMap> wanted = request.Maps("components");
            if (request["components"] == null)
            {
                foreach (Entry component in record.Components.Values)
                    wanted.Add(new JsonMap().Set("name", component.Name));
            }
            foreach (JsonMap map in wanted)
            {
                string name = Names.Component(map.Text("name"));
                PartComponent component = part.Document.Copied(name);
                if (component == null)
                    throw new AgentError("component_missing", What, part.Path, "The part does not have this component.",
                        "Name a component that it has.", name);
                RestoreTarget target = new RestoreTarget(map, component, record.Components[name], record.Streams);
                CheckApart(target);
                CheckMirror(target, part.Document);
                targets.Add(target);
            }
        }

        // Done before anything is compared: a misspelled include would restore nothing and look successful, and with
        // mirror it would remove the files that it should restore.
        private void CheckSelection()
        {
            SelectionCheck selected = new SelectionCheck(What, answer.Warnings);
            Traps traps = new Traps(request);
            foreach (RestoreTarget target in targets)
            {
                RestorePlan.Select(target);
                selected.Add(target.ToSelectionResult());
                traps.Look(target.Component.Name, target.Place, target.Wanted);
            }
            selected.Check(targets.ConvertAll(delegate(RestoreTarget target) { return target.Selection; }));
            answer.Warnings.AddRange(traps.Warnings);
        }

        private void CheckApart(RestoreTarget target)
        {
            if (Paths.NearestExisting(target.Place) == null)
                throw new AgentError("write_failed", What, target.Place, "The drive or share is not there.",
                    "Name another folder in groupid_restore_targets (targets of the module).", target.Component.Name);
            string place = Paths.ResolveLinks(target.Place), above = Paths.Parent(target.Place);
            FileFacts facts;
            if (!Win32.TryFacts(target.Place, out facts) && Win32.TryFacts(above, out facts)
                && Attributes.IsLink(facts.Attributes, facts.ReparseTag))
                throw new AgentError("target_link", What, above,
                    "There is a link, but no folder " + place + " where it leads.",
                    "Make that folder, or name it in groupid_restore_targets (targets of the module).",
                    target.Component.Name);
            string sets = Paths.ResolveLinks(set.DeploymentPath);
            if (Paths.Contains(place, sets) || Paths.Contains(sets, place))
                throw new AgentError("target_in_root", What, target.Place,
                    "The folder and the backup sets in " + set.DeploymentPath + " overlap.",
                    "Name another folder in groupid_restore_targets (targets of the module).", target.Component.Name);
            foreach (RestoreTarget other in targets)
            {
                string otherPlace = Paths.ResolveLinks(other.Place);
                if (Paths.Contains(place, otherPlace) || Paths.Contains(otherPlace, place))
                    throw new FormatError("the targets of '" + target.Component.Name + "' and '" + other.Component.Name
                        + "' overlap");
            }
        }

        // What the backup could not read is not in the part. It must not be removed because of that.
        private static void CheckMirror(RestoreTarget target, Part document)
        {
            if (target.Policy == RestoreTarget.Mirror && SafetySet.IsSafety(document)
                && document.Details.Texts("merge_only").Contains(target.Component.Name))
                throw new AgentError("part_state", What, null,
                    "The safety set has only what a restore replaced, so all other files would be removed.",
                    "Restore this component with the policy merge.", target.Component.Name);
            if (target.Policy != RestoreTarget.Mirror || target.Component.Problems == 0)
                return;
            List<Problem> known = document.Problems.FindAll(
                delegate(Problem problem) { return problem.Component == target.Component.Name; });
            if (known.Count < target.Component.Problems)
                throw new AgentError("part_state", What, null,
                    "The part does not name all of the files that it lacks, so nothing can be removed safely.",
                    "Restore this component with the policy merge.", target.Component.Name);
            foreach (Problem problem in known)
                target.Unread[problem.Path] = true;
        }

        // The new content is beside the old until all of it is there.
        private void CheckSpace()
        {
            SpaceNeeds needs = new SpaceNeeds();
            foreach (RestoreTarget target in targets)
                needs.Add(target.Place, target.WrittenBytes);
            if (safety != null)
                needs.Add(set.Root, safety.Bytes);
            needs.Require(What);
        }

        private void Write(StoredPart part)
        {
            RestoreJournal journal = null;
            try
            {
                RestoreStaging staging = new RestoreStaging(part, targets, losses);
                if (safety != null)
                {
                    safety.Make(set, server);
                    answer.Warnings.AddRange(safety.Warnings);
                }
                journal = staging.Journal;
                staging.Stage(threads);
                RestoreSwap swap = new RestoreSwap(journal, losses);
                swap.Apply(threads);
                string left = swap.TryCleanUp();
                if (left != null)
                    answer.Warnings.Add(RestoreRecovery.CleanupWarning(left));
                if (safety != null)
                    RemoveOld(safety);
            }
            catch (Exception error)
            {
                answer.Failure = RollBack(journal, AgentError.Of("restore", error));
            }
        }

        private void RemoveOld(SafetySet made)
        {
            string left = check ? null
                : RestoreRecovery.FailureOf(delegate { SafetySet.RemoveOld(set, made, answer.Warnings); });
            if (left != null)
                answer.Warnings.Add("Old safety parts were not removed: " + left);
        }

        // Nothing stays half done: what was begun is undone, and the failure says so. After that, the safety part has
        // no value. If it stayed, each new try would remove an older one that has.
        private AgentError RollBack(RestoreJournal journal, AgentError failure)
        {
            answer.Changed = false;
            answer.Members.Set("safety", null);
            if (journal == null)
                return failure;
            try
            {
                RestoreRecovery.RollBack(journal, new RestoreSwap(journal, losses));
            }
            catch (AgentError error)
            {
                answer.Changed = true;
                answer.Members.Set("safety", safety == null ? null : safety.ToJson());
                return new AgentError(error.Code, error.What, error.Path,
                    failure.Cause + " While this was undone: " + error.Cause, error.Next, failure.Component);
            }
            if (safety != null)
                safety.Discard(answer.Warnings);
            return new AgentError(failure.Code, failure.What + ", and everything is as it was before", failure.Path,
                failure.Cause, failure.Next, failure.Component);
        }

        private void ReportLosses()
        {
            answer.Members.Set("privileges", privileges.ToJson()).Set("losses", losses.All);
            answer.Warnings.AddRange(losses.Sentences);
            if (privileges.Lacks(BackupPrivileges.ToRestore)
                && losses.All.Exists(delegate(Loss loss) { return loss.Kind == Loss.Refused; }))
                answer.Warnings.Add("The account does not have " + BackupPrivileges.ToRestore
                    + " (restore files and directories), which would let it set any owner and list.");
        }

        private void Report(int limit)
        {
            List<string> added = new List<string>(), replaced = new List<string>(), removed = new List<string>(),
                attributes = new List<string>();
            long addedCount = 0, replacedCount = 0, removedCount = 0, attributesCount = 0;
            foreach (RestoreTarget target in targets)
            {
                addedCount += target.Added.Count;
                replacedCount += target.Replaced.Count;
                removedCount += target.RemovedCount;
                attributesCount += target.OtherFacts.Count;
                AddPaths(added, target.Added, limit);
                AddPaths(replaced, target.Replaced, limit);
                AddPaths(attributes, target.OtherFacts, limit);
                AddRemoved(removed, target, limit);
            }
            answer.Changed = addedCount + replacedCount + removedCount + attributesCount > 0;
            answer.Members.Set("safety", safety == null ? null : safety.ToJson());
            answer.Members.Set("components", targets).Set("added", addedCount).Set("replaced", replacedCount)
                .Set("removed", removedCount).Set("attributes", attributesCount)
                .Set("diff", new JsonMap().Set("added", added).Set("replaced", replaced).Set("removed", removed)
                    .Set("attributes", attributes));
        }

        private static void AddPaths(List<string> paths, List<Entry> entries, int limit)
        {
            for (int i = 0; i < entries.Count && paths.Count < limit; i++)
                paths.Add(entries[i].IsFolder ? entries[i].Path + "/" : entries[i].Path);
        }

        private static void AddRemoved(List<string> paths, RestoreTarget target, int limit)
        {
            List<string> removed = new List<string>();
            foreach (Removal removal in target.Removed)
            {
                if (removal.Counts)
                    removed.Add(removal.IsFolder ? removal.Path + "/" : removal.Path);
            }
            removed.Sort(StringComparer.Ordinal);
            for (int i = 0; i < removed.Count && paths.Count < limit; i++)
                paths.Add(removed[i]);
        }
    }
}
