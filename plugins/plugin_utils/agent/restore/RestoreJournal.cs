// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // Everything that a restore will do, written to the host's own disk before it does any of it. The next operation
    // uses it to end a restore that was killed: forward if all new content was staged, otherwise back.
    // Each document appears whole or not at all:
    //   plan.jsonl   the steps                              ready    all new content is staged and on the disk
    //   back         it is undone, whatever else is here    undone   everything is at its old place again
    //   committed    everything is at its new place and stays there
    internal sealed class RestoreJournal
    {
        public const string Ready = "ready", Back = "back", Undone = "undone", Committed = "committed";

        private const string PlanName = "plan.jsonl";
        private const string What = "An earlier restore was not ended";
        private static readonly Regex Form = new Regex(@"\A[0-9a-f]{32}\z");

        public readonly List<RestorePlace> Places = new List<RestorePlace>();
        public readonly List<string> NewFolders = new List<string>();     // above a place, each before those below it
        public readonly List<RestoreStep> Steps = new List<RestoreStep>();
        public readonly List<RestoreFacts> Facts = new List<RestoreFacts>();   // the deepest first
        public string Set, Started;

        private readonly string path;
        private readonly Writer writer;

        private RestoreJournal(string path)
        {
            this.path = path;
            writer = new Writer("The restore was not started",
                "Run as a member of the local group Administrators.", false);
        }

        public string Path
        {
            get { return path; }
        }

        private static string Parent
        {
            get { return Paths.Combine(StateFolder.Current, "restores"); }
        }

        public static RestoreJournal New(SetFolder set)
        {
            return new RestoreJournal(Paths.Combine(Parent, Guid.NewGuid().ToString("N")))
            {
                Set = set.Deployment + " " + set.SetId,
                Started = Timestamps.Text(Timestamps.Now()),
            };
        }

        // The restores that were not ended, with their plans. The caller holds the host's lock, or only looks
        // (`check`). Errors: state_owner, journal.
        public static List<RestoreJournal> Open(bool check)
        {
            List<RestoreJournal> open = new List<RestoreJournal>();
            FileFacts facts;
            if (!Win32.TryFacts(Parent, out facts))
                return open;
            StateFolder.RequireOwn(Parent, What);
            foreach (FoundEntry found in new List<FoundEntry>(Win32.Enumerate(Parent)))
            {
                // An entry without facts is gone; only its deletion is pending.
                if (!Form.IsMatch(found.Name) || !Win32.TryFacts(Paths.Combine(Parent, found.Name), out facts))
                    continue;
                RestoreJournal journal = new RestoreJournal(Paths.Combine(Parent, found.Name));
                StateFolder.RequireOwn(journal.path, What);
                if (journal.Has(PlanName))
                {
                    journal.Read();
                    open.Add(journal);
                }
                else if (!check)
                {
                    LockedFileRetry.Once(journal.Close);
                }
            }
            return open;
        }

        // Whether a restore has reached a mark; `plan.jsonl` is the first one. For a rehearsal, which checks its own
        // restore from another process.
        public static bool AnyHas(string mark)
        {
            FileFacts facts;
            if (!Win32.TryFacts(Parent, out facts))
                return false;
            foreach (FoundEntry found in Win32.Enumerate(Parent))
            {
                if (Form.IsMatch(found.Name) && new RestoreJournal(Paths.Combine(Parent, found.Name)).Has(mark))
                    return true;
            }
            return false;
        }

        public bool Has(string name)
        {
            FileFacts facts;
            return Win32.TryFacts(Paths.Combine(path, name), out facts);
        }

        public void Write()
        {
            writer.EnsureFolder(Parent, FolderSecurity.CreateClosedFolder);
            StateFolder.RequireOwn(Parent, "The restore was not started");
            writer.Try(path, delegate { FolderSecurity.CreateClosedFolder(path); });
            string draft = Paths.Combine(path, "draft");
            Writer flushing = new Writer("The restore was not started", "Free disk space on the system's drive.", true);
            using (ListFile list = flushing.List(draft))
            {
                list.Line(JsonWriter.Text(new JsonMap().Set("schema", 1)
                    .Set("set", Set).Set("started", Started).Set("places", Places).Set("new_folders", NewFolders)
                    .Set("steps", Steps.Count).Set("facts", Facts.Count)));
                foreach (RestoreStep step in Steps)
                    list.Line(JsonWriter.Text(step.ToJson()));
                foreach (RestoreFacts facts in Facts)
                    list.Line(JsonWriter.Text(facts.ToJson()));
                list.Finish();
            }
            flushing.Move(draft, Paths.Combine(path, PlanName), false);
            flushing.Try(path, delegate { Win32.FlushFolder(path); });
        }

        public void Mark(string name)
        {
            if (!Has(name))
                writer.Publish(path, name, Encoding.ASCII.GetBytes(Timestamps.Text(Timestamps.Now()) + "\n"));
        }

        // The plan is removed first: without it, the rest here means nothing.
        public void Close()
        {
            if (Has(PlanName))
                writer.Delete(Paths.Combine(path, PlanName));
            Deletion.TryDelete(path);
        }

        private void Read()
        {
            try
            {
                JsonMap head = null;
                UntrustedFile.Lines(Paths.Combine(path, PlanName), delegate(string line)
                {
                    JsonMap map = JsonReader.Map(line);
                    if (head == null)
                        ReadHead(head = map);
                    else if (map.Has("facts"))
                        Facts.Add(Checked(RestoreFacts.Parse(map)));
                    else
                        Steps.Add(Checked(RestoreStep.Parse(map)));
                });
                if (head == null || Steps.Count != head.Amount("steps") || Facts.Count != head.Amount("facts"))
                    throw new FormatError("it is incomplete");
            }
            catch (FormatError error)
            {
                throw new AgentError("journal", What, Paths.Combine(path, PlanName),
                    "Its plan is not valid: " + error.Message + ".", "Check what it names, repair it by hand from "
                    + "the safety set, and remove the folder of the plan.");
            }
        }

        private void ReadHead(JsonMap head)
        {
            head.Number("schema", 1, 1);
            Set = head.Text("set");
            Started = head.Text("started");
            Places.AddRange(head.Maps("places").ConvertAll<RestorePlace>(RestorePlace.Parse));
            foreach (string folder in head.Texts("new_folders"))
            {
                if (!Places.Exists(delegate(RestorePlace place)
                {
                    return Paths.Contains(Paths.Absolute(folder, "new_folders"), place.Path);
                }))
                    throw new FormatError("'" + folder + "' is above none of its places");
                NewFolders.Add(folder);
            }
        }

        private RestoreStep Checked(RestoreStep step)
        {
            PlaceOf(step.Place);
            return step;
        }

        private RestoreFacts Checked(RestoreFacts facts)
        {
            PlaceOf(facts.Place);
            return facts;
        }

        // FormatError for a path that does not belong to the restore.
        public RestorePlace PlaceOf(string path)
        {
            RestorePlace found = Places.Find(delegate(RestorePlace place) { return Paths.Contains(place.Path, path); });
            if (found == null)
                throw new FormatError("'" + path + "' is in none of its places");
            return found;
        }
    }
}
