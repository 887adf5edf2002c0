// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The folders of a rehearsal: ".rehearsal-<server>-<id>" on each volume that has a component, and in the
    // backup root. In each may be `tree` (the hard cases), `sets` (the backup root of the rehearsal),
    // `state` (its lock, jobs and journal) and records.
    internal sealed class RehearsalFolders
    {
        public const string What = "The rehearsal was not started";
        public const string Tree = "tree", Sets = "sets";

        private const string Services = @"SYSTEM\CurrentControlSet\Services\";
        private const int WaitMilliseconds = 30000, Pause = 100;

        private readonly JsonMap request;
        private readonly string root;   // null: none is rehearsed
        // The top folder of each volume, with the components on it.
        private readonly SortedDictionary<string, List<string>> volumes =
            new SortedDictionary<string, List<string>>(Win32.Names);
        private readonly List<JsonMap> notPlaced = new List<JsonMap>();
        private readonly List<string> served = new List<string>();
        private string unasked;

        // request: `root`, `folders`: [{component, path}], and what describes products. toMake: folders are going to
        // be made, so a volume where they would disturb IIS is left out.
        public RehearsalFolders(JsonMap request, bool toMake)
        {
            this.request = request;
            if (toMake)
                AskIis();
            string path = request.TextOrNull("root");
            root = path == null ? null : Paths.Absolute(path, "root");
            foreach (JsonMap folder in request.Maps("folders"))
                Place(Names.Component(folder.Text("component")), Paths.Absolute(folder.Text("path"), "folders"));
        }

        public List<JsonMap> NotPlaced
        {
            get { return notPlaced; }
        }

        // Why it is not known what IIS serves; null: it is known, or was not asked.
        public string Unasked
        {
            get { return unasked; }
        }

        public IEnumerable<KeyValuePair<string, List<string>>> Volumes
        {
            get { return volumes; }
        }

        public int Count
        {
            get { return volumes.Count; }
        }

        public string Root
        {
            get { return root; }
        }

        // The backup root, or the nearest existing folder above it.
        public string FoundRoot()
        {
            string found;
            try
            {
                found = Paths.NearestExisting(root);
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(What, root, error);
            }
            if (found == null)
                throw new AgentError("root_missing", What, root, "The drive or share is not there.",
                    "Correct groupid_backup_root, or connect the drive.");
            return found;
        }

        // If no folder of the product exists, or none can have the folders beside it, the system's drive is used.
        public void EnsureOne()
        {
            if (volumes.Count == 0)
                Place(null, Computer.ProgramData());
        }

        private void Place(string component, string path)
        {
            string top = null, cause;
            try
            {
                top = TopOf(path);
                cause = top == null ? "It is not on a disk of this server."
                    : ProductFolders.Holding(request, top) != null
                    ? "Its volume is mounted within the product's folders."
                    : ServedWith(top) ? "IIS serves the top folder of its volume, and would restart an application."
                    : null;
            }
            catch (SystemError error)
            {
                cause = error.Message;
            }
            if (cause != null)
            {
                notPlaced.Add(new JsonMap().Set("component", component).Set("cause", cause));
                return;
            }
            if (!volumes.ContainsKey(top))
                volumes.Add(top, new List<string>());
            if (component != null)
                volumes[top].Add(component);
        }

        // IIS watches the folders of its applications, and restarts one when something in there changes.
        private bool ServedWith(string top)
        {
            return served.Exists(delegate(string folder) { return Paths.Contains(folder, top); });
        }

        // Which folders IIS serves. Few sites are the top of a volume, so a rehearsal does not need the answer.
        private void AskIis()
        {
            if (Computer.RegistryValues(Services + Iis.Service) == null)
                return;
            try
            {
                foreach (PoolFacts pool in Iis.Pools())
                    served.AddRange(pool.Folders().ConvertAll<string>(ProductFolders.Resolved));
            }
            catch (AgentError error)
            {
                unasked = "What IIS serves is not known: " + error.Cause + " If it serves the top folder of a volume, "
                    + "the rehearsal may restart an application. " + error.Next;
            }
        }

        // The top folder of a path's volume: a drive, or the folder where the volume is mounted. null: not on a disk
        // of this server.
        private static string TopOf(string path)
        {
            string top = Paths.NearestExisting(path);
            if (top == null || Win32.IsShare(top))
                return null;
            top = Win32.FinalPath(top);
            string volume = Win32.IsShare(top) ? null : Win32.VolumeOf(top);
            if (volume == null)
                return null;
            for (string above = Paths.Parent(top); above != null && Same(above, volume); above = Paths.Parent(above))
                top = above;
            return top;
        }

        private static bool Same(string path, string volume)
        {
            try
            {
                return Win32.VolumeOf(path) == volume;
            }
            catch (SystemError)
            {
                return false;
            }
        }

        // Removes everything that rehearsals of this server have left: where this one would put it, and at the top of
        // fixed drives. `left`: what cannot be removed, with the cause.
        public int RemoveAll(List<JsonMap> left)
        {
            int removed = 0;
            foreach (string scratch in Found(left))
            {
                SystemError error = Quiet(scratch)
                    ? Deletion.TryDelete(scratch, 20)
                    : new SystemError(32, "A job of an earlier rehearsal is still at work there.");
                if (error == null)
                    removed++;
                else
                    left.Add(new JsonMap().Set("path", scratch).Set("cause", error.Message));
            }
            return removed;
        }

        public List<string> Found(List<JsonMap> left)
        {
            List<string> places = new List<string>(volumes.Keys), found = new List<string>();
            foreach (DriveFacts drive in Computer.FixedDrives())
                places.Add(Paths.Absolute(drive.Root, "drive", true));
            if (root != null)
                places.Add(root);
            foreach (string place in places)
            {
                try
                {
                    FileFacts facts;
                    if (!Win32.TryFacts(place, out facts))
                        continue;
                    foreach (FoundEntry entry in Win32.Enumerate(place))
                    {
                        string path = Paths.Combine(place, entry.Name);
                        if (ScratchName.IsOfThisServer(entry.Name)
                            && !found.Exists(delegate(string other) { return Win32.Names.Equals(other, path); }))
                            found.Add(path);
                    }
                }
                catch (SystemError error)
                {
                    left.Add(new JsonMap().Set("path", place).Set("cause", error.Message));
                }
            }
            return found;
        }

        // A killed rehearsal may have left a running job: cancels it and waits for its end.
        private static bool Quiet(string scratch)
        {
            string state = Paths.Combine(scratch, StateFolder.Name), jobs = Paths.Combine(state, "jobs");
            List<string> locks = new List<string> { Paths.Combine(state, "agent.lock") };
            FileFacts facts;
            try
            {
                if (Win32.TryFacts(jobs, out facts))
                {
                    foreach (FoundEntry job in new List<FoundEntry>(Win32.Enumerate(jobs)))
                    {
                        string folder = Paths.Combine(jobs, job.Name), flag = Paths.Combine(folder, JobFolder.Cancel);
                        if (!Attributes.IsFolder(job.Attributes))
                            continue;
                        locks.Add(Paths.Combine(folder, "lock"));
                        if (!Win32.TryFacts(flag, out facts))
                            Win32.OpenNew(flag).Dispose();
                    }
                }
                int waited = 0;
                while (locks.Exists(IsHeld))
                {
                    if ((waited += Pause) > WaitMilliseconds)
                        return false;
                    Thread.Sleep(Pause);
                }
                return true;
            }
            catch (SystemError)   // the removal then reports why
            {
                return true;
            }
        }

        private static bool IsHeld(string path)
        {
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                return false;
            using (SafeFileHandle held = Win32.TryLock(path))
                return held == null;
        }
    }
}
