// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Makes the steps of a journal, and undoes them: by renames within one folder, from any state that an earlier
    // attempt left. Old content has a name of its own until everything is done, so at each moment the old or the new
    // content is there as a whole. ReplaceFile is not used: it can fail half-way in three ways, gives the new file
    // the old one's access list, and does not work with folders.
    internal sealed class RestoreSwap
    {
        private readonly RestoreJournal journal;
        private readonly Losses losses;
        private readonly Writer writer =
            new Writer("The restore stopped", "Remove the cause and run the same restore again.", false);

        public RestoreSwap(RestoreJournal journal, Losses losses)
        {
            this.journal = journal;
            this.losses = losses;
        }

        // Moves everything to its new place, then sets the mark `committed`. Until then, it can be undone.
        public void Apply(int threads)
        {
            List<List<RestoreStep>> folders = ByFolder();
            Progress.Begin("swapping", new List<Entry>());
            WorkerPool.Run(folders.Count, threads,
                delegate(Worker worker, int index) { WithFolderHeld(folders[index], Apply); });
            foreach (RestoreFacts facts in journal.Facts)
                Set(facts, facts.After, facts.SecurityAfter);
            Flush();
            journal.Mark(RestoreJournal.Committed);
        }

        // Removes what was replaced. Only after the mark `committed`, when nothing can be undone any more. What
        // cannot be removed is reported, and the next operation tries again.
        public string TryCleanUp()
        {
            return RestoreRecovery.FailureOf(CleanUp);
        }

        private void CleanUp()
        {
            SystemError failure = null;
            RequireDrives();
            foreach (RestoreStep step in journal.Steps)
            {
                if (step.Kept != null)
                    failure = Deletion.TryDelete(step.Kept) ?? failure;
            }
            if (failure != null)
                throw failure;
            foreach (RestoreFacts facts in journal.Facts)
            {
                if (facts.IsFolder)
                    SetIfThere(facts, facts.After, null);
            }
            journal.Close();
        }

        // Undoes everything.
        public void RollBack()
        {
            LockedFileRetry.Reset();
            RequireDrives();
            bool moved = journal.Has(RestoreJournal.Ready);
            if (moved)
                journal.Mark(RestoreJournal.Back);
            if (moved && !journal.Has(RestoreJournal.Undone))
            {
                foreach (List<RestoreStep> folder in ByFolder())
                    WithFolderHeld(folder, Undo);
                Flush();
                journal.Mark(RestoreJournal.Undone);
            }
            foreach (RestoreStep step in journal.Steps)
            {
                if (step.Staged != null)
                    Remove(step.Staged);
            }
            for (int i = journal.NewFolders.Count - 1; i >= 0; i--)
                RemoveEmpty(journal.NewFolders[i]);
            foreach (RestoreFacts facts in journal.Facts)
            {
                if (moved || facts.IsFolder)
                    SetIfThere(facts, facts.Before, moved ? facts.SecurityBefore : null);
            }
            Flush();
            journal.Close();
        }

        // If a drive is disconnected for a while, everything on it seems to be deleted.
        private void RequireDrives()
        {
            foreach (RestorePlace place in journal.Places)
            {
                if (Paths.NearestExisting(place.Path) == null)
                    throw new AgentError("write_failed", "The restore stopped", place.Path,
                        "The drive or share is not there.", "Connect it.");
            }
        }

        private List<List<RestoreStep>> ByFolder()
        {
            Dictionary<string, List<RestoreStep>> folders =
                new Dictionary<string, List<RestoreStep>>(StringComparer.Ordinal);
            List<List<RestoreStep>> all = new List<List<RestoreStep>>();
            foreach (RestoreStep step in journal.Steps)
            {
                List<RestoreStep> steps;
                if (!folders.TryGetValue(step.Folder, out steps))
                {
                    folders.Add(step.Folder, steps = new List<RestoreStep>());
                    all.Add(steps);
                }
                steps.Add(step);
            }
            return all;
        }

        // The folder is kept open meanwhile, and is the one that was checked: nobody can replace it with a link.
        private void WithFolderHeld(List<RestoreStep> steps, Action<RestoreStep> act)
        {
            WithFolderHeld(steps[0].Folder, journal.PlaceOf(steps[0].Place), delegate
            {
                foreach (RestoreStep step in steps)
                    act(step);
            });
        }

        private void WithFolderHeld(string folder, RestorePlace place, Action act)
        {
            SafeFileHandle held = null;
            writer.Try(folder, delegate { held = Win32.HoldFolder(folder); });
            using (held)
            {
                string elsewhere = place.Elsewhere(folder, held);
                if (elsewhere != null)
                    throw new AgentError("target_link", "The restore stopped", folder,
                        "A folder above it became a link: it leads to " + elsewhere + ".",
                        "Find out who put a link there.");
                act();
            }
        }

        private void Apply(RestoreStep step)
        {
            if (step.Staged != null && !Exists(step.Staged))
            {
                if (!Exists(step.Place)
                    || (step.Kept != null && !Exists(step.Kept)
                        && TreeFingerprint.Of(step.Old).Matches(step.Fingerprint)))
                    throw RestoreStep.Changed(step.Staged);
                SetCreated(step);
                return;
            }
            if (step.Kept != null)
            {
                if (!Exists(step.Kept) && Exists(step.Old))
                    // An error names the file that a program has open.
                    writer.Try(step.Old, delegate { Win32.Move(step.Old, step.Kept, false); });
                if (Exists(step.Kept) && !TreeFingerprint.Of(step.Kept).Matches(step.Fingerprint))
                    throw RestoreStep.Changed(step.Old);
            }
            if (step.Staged == null)
                return;
            Move(step.Staged, step.Place);
            SetCreated(step);
        }

        // If a name is removed and made again within 15 s, the file system gives it the creation time of the old file
        // (tunneling, Microsoft KB 172190).
        private void SetCreated(RestoreStep step)
        {
            if (IsCreatedDifferently(step.Place, step.Created))
                writer.Try(step.Place, delegate { Win32.SetCreated(step.Place, step.Created); });
        }

        private static bool IsCreatedDifferently(string place, long created)
        {
            FileFacts facts;
            return created > 0 && Win32.TryFacts(place, out facts) && facts.Created != created;
        }

        private void Undo(RestoreStep step)
        {
            bool came = step.Staged != null && !Exists(step.Staged);
            bool keeps = step.Kept != null && Exists(step.Kept);
            if (came && (keeps || step.Kept == null))
                Remove(step.Place);
            if (keeps)
                Move(step.Kept, step.Old);
            if (step.Old == null || !IsCreatedDifferently(step.Old, step.Fingerprint.Created))
                return;
            try
            {
                Win32.SetCreated(step.Old, step.Fingerprint.Created);
            }
            catch (SystemError)   // the way back must go on
            {
                return;
            }
        }

        private void Move(string from, string to)
        {
            writer.Move(from, to, false);
        }

        private void Remove(string path)
        {
            writer.Try(path, delegate
            {
                SystemError failure = Deletion.TryDelete(path);
                if (failure != null)
                    throw failure;
            });
        }

        // Made by this restore. It stays if somebody has put a file into it.
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

        // Somebody may have removed it since.
        private void SetIfThere(RestoreFacts facts, FileFacts wanted, string security)
        {
            if (Exists(facts.Place))
                Set(facts, wanted, security);
        }

        private void Set(RestoreFacts facts, FileFacts wanted, string security)
        {
            string folder = facts.IsFolder ? facts.Place : Paths.Parent(facts.Place);
            WithFolderHeld(folder, journal.PlaceOf(facts.Place), delegate
            {
                string refused = security == null ? null : FileSecurity.Set(facts.Place, security);
                if (refused != null)
                    losses.Add(Loss.Refused, facts.Place, refused);
                writer.SetFacts(facts.Place, wanted);
            });
        }

        // If the volume cannot be flushed as a whole, the folders are. On Windows, renames are written through.
        private void Flush()
        {
            foreach (RestorePlace place in journal.Places)
            {
                string there = Paths.NearestExisting(place.Path);
                if (there == null || Win32.CanFlushVolume(there))
                    continue;
                foreach (List<RestoreStep> steps in ByFolder())
                {
                    if (Paths.Contains(place.Path, steps[0].Place) && Exists(steps[0].Folder))
                        writer.Try(steps[0].Folder, delegate { Win32.FlushFolder(steps[0].Folder); });
                }
            }
        }

        private static bool Exists(string path)
        {
            FileFacts facts;
            return Win32.TryFacts(path, out facts);
        }
    }
}
