// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `rehearsal`: the part of a rehearsal that only the host can do. Its `step` is make, record,
    // compare, damage, part, hold, kill, hiccup, batch, script, open, remove or clean. Everything else in a rehearsal
    // is an ordinary request with `state`, which is the folder that `make` has made.
    internal static class Rehearsal
    {
        public const long MostBytes = 64 * 1024 * 1024, MostLarge = 4 * 1024 * 1024;

        private const string What = "The rehearsal stopped";
        private const string Made = "made";
        private const int CopiesOfATree = 5;   // the tree, three sets at most, and what a restore stages
        private const int KillMilliseconds = 10000;
        private const int ShortPatience = 10000;   // milliseconds

        // perform: runs a request as a separate call.
        public static Answer Run(JsonMap request, Func<string, string> perform)
        {
            Func<JsonMap, JsonMap> ask = inner => Perform(request, inner, perform);
            switch (request.Text("step"))
            {
                case "make": return Make(request);
                case "record": return Record(request);
                case "compare": return Compare(request);
                case "damage": return Damage(request);
                case "part": return ChangePart(request);
                case "hold": return Hold(request, ask);
                case "kill": return Kill(request, ask);
                case "hiccup": return Hiccup(request, ask);
                case "batch": return Batch(request, ask);
                case "script": return Script(request);
                case "open": return Open(request);
                case "remove": return Remove(request);
                case "clean": return Clean(request);
                default: throw new FormatError("there is no step '" + request.Text("step") + "'");
            }
        }

        private static Answer Make(JsonMap request)
        {
            Answer answer = new Answer();
            string name = ScratchName.Of(request.Text("id"));
            HostLock.Acquire("rehearsal", name, true);   // locked: a real operation is at work
            RehearsalFolders folders = new RehearsalFolders(request, true);
            folders.EnsureOne();
            if (folders.Unasked != null)
                answer.Warnings.Add(folders.Unasked);
            if (folders.Count == 0)
                throw new AgentError("scratch", RehearsalFolders.What, null, "There is no volume for its folders. "
                    + folders.NotPlaced[folders.NotPlaced.Count - 1].Text("cause"),
                    "Let IIS serve a folder below the top of the volume, or skip the rehearsal.");
            List<JsonMap> left = new List<JsonMap>(), places = new List<JsonMap>();
            answer.Members.Set("removed", folders.RemoveAll(left)).Set("left", left);
            long large = Large(folders);
            answer.Changed = true;
            string state = null;
            foreach (KeyValuePair<string, List<string>> volume in folders.Volumes)
            {
                string scratch = Paths.Combine(volume.Key, name);
                Writing(scratch, delegate { FolderSecurity.CreateClosedFolder(scratch); });
                if (state == null)
                {
                    state = Paths.Combine(scratch, StateFolder.Name);
                    Writing(state, delegate { FolderSecurity.CreateClosedFolder(state); });
                }
                RehearsalTree tree = new RehearsalTree(Paths.Combine(scratch, RehearsalFolders.Tree));
                Writing(scratch, delegate { tree.Make(large); });
                RehearsalRecord record = RehearsalRecord.Of(Paths.Combine(scratch, RehearsalFolders.Tree));
                record.Write(scratch, Made);
                places.Add(new JsonMap().Set("path", scratch)
                    .Set("tree", Paths.Combine(scratch, RehearsalFolders.Tree)).Set("components", volume.Value)
                    .Set("entries", record.Count).Set("bytes", record.Bytes).Set("not_made", tree.NotMade));
            }
            string sets = null;
            if (folders.Root != null)
            {
                string scratch = Paths.Combine(folders.Root, name);
                sets = Paths.Combine(scratch, RehearsalFolders.Sets);
                Writer writer = new Writer("The rehearsal stopped",
                    "Correct groupid_backup_root, or give the account the right to write there.", false);
                // In the same way as a backup makes the folders above its part.
                writer.EnsureFolder(scratch, FolderTrust.CreateClosed);
                writer.EnsureFolder(sets, FolderTrust.CreateInside);
            }
            answer.Members.Set("state", state)
                .Set("root", sets).Set("root_is_share", sets != null && Win32.IsShare(sets)).Set("places", places)
                .Set("not_placed", folders.NotPlaced).Set("platform", Platform());
            return answer;
        }

        private static long Large(RehearsalFolders folders)
        {
            long most = MostBytes;
            List<string> places = new List<string>();
            foreach (KeyValuePair<string, List<string>> volume in folders.Volumes)
                places.Add(volume.Key);
            if (folders.Root != null)
                places.Add(folders.FoundRoot());
            foreach (string place in places)
                most = Math.Min(most, FreeBytes(place) / 5);
            long each = most / CopiesOfATree / folders.Count;
            if (each < RehearsalTree.LeastBytes)
                throw new AgentError("space", RehearsalFolders.What, null,
                    "It may use a fifth of the free space, " + most + " bytes, and needs "
                    + RehearsalTree.LeastBytes * CopiesOfATree * folders.Count + ".",
                    "Free disk space, or skip the rehearsal.");
            return Math.Min(MostLarge, each - RehearsalTree.LeastBytes);
        }

        private static long FreeBytes(string place)
        {
            try
            {
                return Win32.FreeBytes(place);
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(RehearsalFolders.What, place, error);
            }
        }

        private static JsonMap Platform()
        {
            Dictionary<string, string> windows =
                Computer.RegistryValues(@"SOFTWARE\Microsoft\Windows NT\CurrentVersion")
                ?? new Dictionary<string, string>();
            Dictionary<string, string> framework =
                Computer.RegistryValues(@"SOFTWARE\Microsoft\NET Framework Setup\NDP\v4\Full")
                ?? new Dictionary<string, string>();
            string runtime = Type.GetType("Mono.Runtime") != null ? "Mono"
                : typeof(object).Assembly.GetName().Name == "mscorlib" ? ".NET Framework" : ".NET";
            string product, build, release, engine;
            windows.TryGetValue("ProductName", out product);
            windows.TryGetValue("CurrentBuild", out build);
            framework.TryGetValue("Version", out release);
            using (Process current = Process.GetCurrentProcess())
                engine = Paths.FileName(current.MainModule.FileName);
            using (System.Security.Cryptography.HashAlgorithm hash = Hashing.New())
                return new JsonMap().Set("system", RehearsalCalls.System()).Set("product", product).Set("build", build)
                    .Set("runtime", runtime).Set("runtime_version", release ?? Environment.Version.ToString())
                    .Set("engine", engine).Set("sha256", hash.GetType().Name)
                    .Set("privileges", BackupPrivileges.Enable().ToJson());
        }

        // `place`: a scratch folder of this rehearsal, by its path in the answer of `make`.
        private static string PlaceOf(JsonMap request)
        {
            string place = Paths.Absolute(request.Text("place"), "place");
            if (!ScratchName.IsOfThisServer(Paths.FileName(place)))
                throw new FormatError("'place' is not a scratch folder of a rehearsal of this server");
            if (!SetFolder.IsFolder(place))
                throw new AgentError("scratch", What, place, "There is no such folder.", "Run the rehearsal again.");
            return place;
        }

        // A file or folder in a scratch folder, named by a step.
        private static string Below(JsonMap request, string member)
        {
            return Inside(Paths.Absolute(request.Text(member), member), member);
        }

        private static string Inside(string path, string member)
        {
            for (string above = Paths.Parent(path); above != null; above = Paths.Parent(above))
            {
                if (ScratchName.IsOfThisServer(Paths.FileName(above)))
                    return path;
            }
            throw new FormatError("'" + member + "' is not in a scratch folder of a rehearsal of this server");
        }

        private static Answer Record(JsonMap request)
        {
            string place = PlaceOf(request);
            RehearsalRecord.Of(Paths.Combine(place, RehearsalFolders.Tree))
                .Write(place, Names.Component(request.Text("name")));
            return new Answer { Changed = true };
        }

        // `with`: the name of a record; `path`: what is compared; null: the tree; `properties`, `extra`: see
        // RehearsalRecord.Differences.
        private static Answer Compare(JsonMap request)
        {
            Answer answer = new Answer();
            string place = PlaceOf(request);
            string path = request["path"] == null
                ? Paths.Combine(place, RehearsalFolders.Tree) : Below(request, "path");
            RehearsalRecord made = RehearsalRecord.Read(Paths.Combine(place, Names.Component(request.Text("with"))));
            List<JsonMap> differences = made.Differences(RehearsalRecord.Of(path), request.Texts("properties"),
                request.Flag("extra", false));
            answer.Members.Set("entries", made.Count).Set("differences", Answer.First(differences, Answer.ListLimit))
                .Set("difference_count", differences.Count);
            return answer;
        }

        private static Answer Damage(JsonMap request)
        {
            Answer answer = new Answer { Changed = true };
            RehearsalTree tree = new RehearsalTree(Paths.Combine(PlaceOf(request), RehearsalFolders.Tree));
            WithShortPatience(delegate { answer.Members.Set("damaged", tree.Damage()); });
            return answer;
        }

        // Flips one byte of a file and keeps its times, as a failing disk or a person might. A second call restores
        // it.
        private static Answer ChangePart(JsonMap request)
        {
            string path = Below(request, "path");
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                throw new AgentError("scratch", What, path, "There is no such file.", "Run the rehearsal again.");
            byte[] content = RehearsalCalls.Content(path, null);
            content[content.Length / 2] ^= 1;
            Writing(path, delegate
            {
                Win32.Delete(path);
                RehearsalTree.Put(path, content);
                Win32.SetFacts(path, facts.Created, facts.Written, facts.Attributes & Attributes.Stored);
            });
            return new Answer { Changed = true };
        }

        // Performs `request` while files are open as if programs used them. `files`: [{path, writes, read, write}]:
        // whether the program writes, and what others may do meanwhile.
        private static Answer Hold(JsonMap request, Func<JsonMap, JsonMap> ask)
        {
            Answer answer = new Answer { Changed = true };
            List<SafeFileHandle> held = new List<SafeFileHandle>();
            List<string> paths = new List<string>();
            try
            {
                foreach (JsonMap file in request.Maps("files"))
                {
                    paths.Add(Below(file, "path"));
                    held.Add(RehearsalCalls.HoldOpen(paths[paths.Count - 1], file.Flag("writes", false),
                        file.Flag("read", false), file.Flag("write", false)));
                }
                LockedFileRetry.Keeping(paths.ToArray(), delegate
                {
                    answer.Members.Set("answer", ask(request.MapOrEmpty("request")));
                });
                return answer;
            }
            finally
            {
                held.ForEach(delegate(SafeFileHandle file) { file.Dispose(); });
            }
        }

        // What cannot be damaged is left as it is. Waiting a minute for it would prove nothing more.
        private static void WithShortPatience(Action act)
        {
            int patience = LockedFileRetry.Budget;
            LockedFileRetry.Budget = Math.Min(patience, ShortPatience);
            try
            {
                act();
            }
            finally
            {
                LockedFileRetry.Budget = patience;
            }
        }

        // Performs `request`, which starts a restore as a job, and ends the job's process as soon as its journal has
        // the mark `moment` and not yet the next one. `killed`: whether the process was still running.
        private static Answer Kill(JsonMap request, Func<JsonMap, JsonMap> ask)
        {
            Answer answer = new Answer { Changed = true };
            JsonMap begun = ask(request.MapOrEmpty("request"));
            answer.Members.Set("start", begun);
            bool killed = false;
            if (!begun.Flag("failed", true) && begun.Text("state") == "running")
            {
                JobFolder job = new JobFolder(begun.Text("id"), What);
                killed = RehearsalKill.AtMoment(job, request.Text("moment"), (int)request.Number("wait_ms", 0, 120000),
                    KillMilliseconds);
            }
            answer.Members.Set("killed", killed);
            return answer;
        }

        // Performs `request`, which starts a job, while its compiler has no folder for its files (`path`), until it
        // fails. `waited`: whether it failed; `answer`: of the job, null if there is none in time.
        private static Answer Hiccup(JsonMap request, Func<JsonMap, JsonMap> ask)
        {
            Answer answer = new Answer { Changed = true };
            string folder = Below(request, "path");
            int wait = (int)request.Number("wait_ms", 0, 120000);
            JsonMap begun = ask(request.MapOrEmpty("request").Set("temporary", folder)), done = null;
            answer.Members.Set("start", begun);
            bool waited = false;
            if (!begun.Flag("failed", true) && begun.Text("state") == "running")
            {
                JobFolder job = new JobFolder(begun.Text("id"), What);
                Stopwatch watch = Stopwatch.StartNew();
                waited = RehearsalHiccup.End(job, folder, watch, wait);
                done = RehearsalHiccup.AnswerOf(job, watch, wait);
            }
            answer.Members.Set("waited", waited).Set("answer", done);
            return answer;
        }

        // Performs several requests one after the other, each as if it were a separate call. So the host need not
        // compile the agent for each of them.
        private static Answer Batch(JsonMap request, Func<JsonMap, JsonMap> ask)
        {
            Answer answer = new Answer { Changed = true };
            answer.Members.Set("answers", request.Maps("requests").ConvertAll<JsonMap>(inner => ask(inner)));
            return answer;
        }

        // Performs a request as a separate call, with the network identity of the call that contains it.
        private static JsonMap Perform(JsonMap request, JsonMap inner, Func<string, string> perform)
        {
            return JsonReader.Map(
                perform(JsonWriter.Text(inner.Set("protocol", ThisAgent.Protocol).Set("network", request["network"]))));
        }

        // Writes the script of the second witness, which a program of the host runs.
        private static Answer Script(JsonMap request)
        {
            string path = Paths.Combine(PlaceOf(request), "witness.ps1");
            Writing(path,
                delegate { RehearsalTree.Put(path, System.Text.Encoding.UTF8.GetBytes(request.Text("text"))); });
            return new Answer { Changed = true };
        }

        private static Answer Open(JsonMap request)
        {
            Answer answer = new Answer { Changed = true };
            string folder = Below(request, "path");
            Writing(folder, delegate { Win32.CreateFolder(folder); });
            answer.Members.Set("refused", RehearsalCalls.LetEverybodyWrite(folder));
            return answer;
        }

        private static Answer Remove(JsonMap request)
        {
            string path = Below(request, "path");
            SystemError error = Deletion.TryDelete(path);
            if (error != null)
                Writing(path, delegate { throw error; });
            return new Answer { Changed = true };
        }

        private static Answer Clean(JsonMap request)
        {
            Answer answer = new Answer();
            List<JsonMap> left = new List<JsonMap>();
            RehearsalFolders folders = new RehearsalFolders(request, false);
            folders.EnsureOne();
            int removed = request.Flag("check", false) ? folders.Found(left).Count : folders.RemoveAll(left);
            answer.Changed = removed > 0;
            answer.Members.Set("removed", removed).Set("left", left);
            if (left.Count > 0)
                answer.Failure = new AgentError("scratch_left",
                    "Not all files of rehearsals were removed", left[0].Text("path"), left[0].Text("cause"),
                    "Remove the cause, and run groupid_rehearsal with state clean; or remove the folder by hand.");
            return answer;
        }

        private static void Writing(string path, Action write)
        {
            new Writer(What, "Give the account the right to write there, or leave the rehearsal out.", false)
                .Try(path, write);
        }
    }
}
