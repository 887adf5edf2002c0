// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What a restore is about to replace or remove, saved as a part of a separate set before anything is changed. It
    // is verified and restored like any other part, but needs no seal. With mirror, the whole component is saved, so
    // restoring it gives exactly what was there. With merge, only what changes is saved.
    internal sealed class SafetySet
    {
        public const string Kind = "before_restore";
        public const string Label = "-before-restore";

        private const string Next = "Nothing was changed. Close the program that has the file open and run the same "
            + "restore again. Or exclude the file by groupid_exclude (exclude of the module). Or make no safety set: "
            + "groupid_restore_safety: false (safety of the module).";

        private readonly SetFolder set;
        private readonly string server = Names.ThisServer();
        private readonly CopySettings settings;
        private readonly int keep;
        private readonly List<PlannedComponent> components = new List<PlannedComponent>();
        private readonly List<string> mergeOnly = new List<string>();
        private readonly Dictionary<PlannedComponent, RestoreTarget> targets =
            new Dictionary<PlannedComponent, RestoreTarget>();
        private readonly Losses losses = new Losses();

        private SafetySet(SetFolder set, JsonMap request)
        {
            this.set = set;
            settings = new CopySettings(request);
            keep = request.NumberOr("safety_keep", 3, 1, 1000);
        }

        // null if the request wants none, or if nothing is replaced or removed.
        public static SafetySet Plan(JsonMap request, SetFolder restored, List<RestoreTarget> targets)
        {
            string id = request.TextOrNull("safety_set_id");
            if (id == null)
                return null;
            SafetySet safety = new SafetySet(new SetFolder(restored.Root, restored.Deployment, Names.SetId(id)),
                request);
            if (!id.EndsWith(Label, StringComparison.Ordinal) || id == restored.SetId)
                throw new FormatError("'safety_set_id' must end with '" + Label + "' and be another set");
            foreach (RestoreTarget target in targets)
                safety.Add(target);
            return safety.components.Count == 0 ? null : safety;
        }

        public long Bytes
        {
            get
            {
                long bytes = 0;
                foreach (PlannedComponent component in components)
                    bytes += component.Tree.Bytes;
                return bytes;
            }
        }

        // Properties of replaced files that it does not have. The restore reports them, as nobody reads a safety
        // set's record.
        public List<string> Warnings
        {
            get
            {
                return losses.Sentences.ConvertAll(delegate(string sentence) { return "The safety set: " + sentence; });
            }
        }

        // Errors: part_exists, write_failed, safety (a file that would be lost cannot be saved).
        // The target is untouched.
        public void Make(SetFolder restored, string restoredServer)
        {
            PartWriter recorder = new PartWriter(set, server);
            recorder.CheckNew(Restore.What);
            recorder.Make(Restore.What);
            try
            {
                Fill(recorder, restored, restoredServer);
            }
            catch   // nothing is replaced now, and a full disk would stay full
            {
                Remove(set);
                throw;
            }
        }

        private void Fill(PartWriter recorder, SetFolder restored, string restoredServer)
        {
            Part part = NewPart();
            part.Details = new JsonMap().Set("kind", Kind).Set("restored", restored.SetId)
                .Set("restored_server", restoredServer).Set("merge_only", mergeOnly);
            string folder = set.PartPath(server);
            Writer writer = new Writer(Restore.What, Next, !Win32.CanFlushVolume(folder));
            new BackupCopy(folder, writer, settings, new MetadataReader(losses), null).Run(components);
            foreach (PlannedComponent component in components)
                AddTotals(part, component);
            part.State = part.ProblemCount == 0 ? Part.Complete : Part.Waived;
            part.Losses = losses.All;
            recorder.Record(writer, part,
                components.ConvertAll(delegate(PlannedComponent component) { return component.Tree; }));
        }

        public JsonMap ToJson()
        {
            long files = 0;
            foreach (PlannedComponent component in components)
                files += component.Tree.Files.Count;
            return new JsonMap().Set("set_id", set.SetId).Set("part_path", set.PartPath(server)).Set("files", files)
                .Set("bytes", Bytes);
        }

        // Removes old safety parts of this server. If one was `made`: all but the newest ones that it keeps.
        // Otherwise (null): unfinished ones of killed restores, as nothing was replaced after them, and the next one
        // needs their space. `restored` is in use, and stays.
        public static void RemoveOld(SetFolder restored, SafetySet made, List<string> warnings)
        {
            List<string> ids = new List<string>();
            foreach (FoundEntry found in Win32.Enumerate(restored.DeploymentPath))
            {
                if (Names.IsSetId(found.Name) && found.Name.EndsWith(Label, StringComparison.Ordinal)
                    && found.Name != restored.SetId && (made == null || found.Name != made.set.SetId))
                    ids.Add(found.Name);
            }
            ids.Sort(StringComparer.Ordinal);
            ids.Reverse();
            int left = made == null ? 0 : made.keep - 1;   // besides the one just made, whatever its id
            foreach (string id in ids)
            {
                SetFolder old = new SetFolder(restored.Root, restored.Deployment, id);
                bool finished;
                if (!IsOurs(old, out finished) || finished == (made == null) || (finished && left-- > 0))
                    continue;
                Remove(old, "The old safety part", warnings);
            }
        }

        // Removes what was just made: everything that it has is at its place again.
        public void Discard(List<string> warnings)
        {
            Remove(set, "The safety part", warnings);
        }

        private static void Remove(SetFolder old, string what, List<string> warnings)
        {
            SystemError failure = Remove(old);
            if (failure != null)
                warnings.Add(what + " '" + PartPath(old) + "' was not removed: " + failure.Message);
        }

        // part.json first: a part without it is unfinished.
        private static SystemError Remove(SetFolder old)
        {
            string part = PartPath(old);
            SystemError failure = Deletion.TryDelete(Paths.Combine(part, Part.FileName)) ?? Deletion.TryDelete(part);
            if (failure == null)
                RemoveEmpty(old.Path);
            return failure;
        }

        private void Add(RestoreTarget target)
        {
            FileFacts facts;
            List<string> paths = target.LostPaths();
            if (paths.Count == 0 || !Win32.TryFacts(target.Place, out facts))
                return;
            PlannedComponent component = new PlannedComponent(target.Component, target.Place);
            if (target.Policy == RestoreTarget.Mirror)
            {
                component.Tree = Tree.Walk(component.Name, target.Place, component.Selection);
                component.Tree.Add(paths);   // excluded files that are in the way, and deleted ones
            }
            else
            {
                component.Tree = Tree.Of(component.Name, target.Place, paths);
                mergeOnly.Add(component.Name);
            }
            component.Problems.AddRange(component.Tree.Problems);
            targets.Add(component, target);
            component.ReadVolumeFeatures();
            components.Add(component);
        }

        private Part NewPart()
        {
            return new Part
            {
                Started = Timestamps.Now(),
                Deployment = set.Deployment,
                SetId = set.SetId,
                Epoch = set.SetId,
                Server = server,
                FullName = Computer.FullyQualifiedName(),
                MachineGuid = Computer.MachineGuid(),
            };
        }

        // Files that were not saved would be lost, except links and what the restore does not touch.
        private void AddTotals(Part part, PlannedComponent component)
        {
            Dictionary<string, bool> touched = component.Problems.Count == 0 ? null : Touched(targets[component]);
            foreach (Problem problem in component.Problems)
            {
                string place = Paths.Below(component.Source, problem.Path.Substring(component.Name.Length));
                problem.Allowed = (problem.Kind == Problem.Link && targets[component].Links.ContainsKey(place))
                    || !touched.ContainsKey(place);
                if (!problem.Allowed)
                    throw new AgentError("safety", Restore.What, place,
                        Spelling.Quoted(problem.Path) + " would be replaced or removed, but could not be saved before ("
                        + problem.Kind + "): " + problem.Cause, Next, component.Name);
                part.Problems.Add(problem);
            }
            PartComponent outcome = component.Outcome();
            part.Components.Add(outcome);
            part.Files += outcome.Files;
            part.Directories += outcome.Directories;
            part.Bytes += outcome.Bytes;
            part.ProblemCount += component.Problems.Count;
        }

        // The places in a target that are changed or removed, and the folders above them.
        private static Dictionary<string, bool> Touched(RestoreTarget target)
        {
            Dictionary<string, bool> places = new Dictionary<string, bool>(Win32.Names);
            List<string> paths = target.LostPaths();
            paths.AddRange(target.OtherFacts.ConvertAll(
                delegate(Entry entry) { return entry.Path.Substring(target.Top.Name.Length).TrimStart('/'); }));
            foreach (string path in paths)
            {
                string place = Paths.Below(target.Place, path);
                for (; place != null && place.Length >= target.Place.Length && !places.ContainsKey(place);
                    place = Paths.Parent(place))
                    places[place] = true;
            }
            return places;
        }

        private static string PartPath(SetFolder old)
        {
            return old.PartPath(Names.ThisServer());
        }

        private static bool IsOurs(SetFolder old, out bool finished)
        {
            finished = false;
            try
            {
                if (!SetFolder.IsFolder(PartPath(old)))
                    return false;
                byte[] document = UntrustedFile.DocumentOrNull(Paths.Combine(PartPath(old), Part.FileName));
                finished = document != null;
                return !finished || IsSafety(Part.Parse(document));
            }
            catch (FormatError)
            {
                return false;
            }
            catch (SystemError)   // not known to be ours
            {
                return false;
            }
        }

        public static bool IsSafety(Part part)
        {
            return part.Details != null && part.Details["kind"] as string == Kind;
        }

        // A set with parts of other servers stays.
        private static void RemoveEmpty(string folder)
        {
            try
            {
                Win32.DeleteFolder(folder);
            }
            catch (SystemError)
            {
                return;
            }
        }
    }
}
