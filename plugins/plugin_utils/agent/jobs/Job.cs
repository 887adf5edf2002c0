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
    // The operation `start`: runs a long operation as a separate process that outlives the connection. The id is made
    // from the request, so the same request again finds the running job and never starts a second one. job.ps1 uses
    // the same files to watch the job later, and to cancel it.
    internal sealed class Job
    {
        private const string What = "The job was not started";

        // The time until the new process holds the job's lock; compiling takes a while on a slow host. job.ps1 has
        // the same number.
        private const long BeginSeconds = 180;
        private const long KeepSeconds = 24 * 60 * 60;
        private const int Pause = 50, LooksPerLife = 20, GateAttempts = 300;

        private static readonly string[] Operations = { "backup", "restore", "verify", "quiesce", "resume" };

        private readonly JobFolder folder;
        private readonly string attempt;
        private readonly int wait;   // ms
        private readonly object network;   // a secret: passed from process to process, never written into the folder
        private readonly bool byManagement;
        private readonly string temporary;
        private readonly Func<string, string> perform;
        private readonly Answer answer = new Answer();
        private DetachedAgent started;
        private bool attached, inside;
        private string ended;   // when it ended, if the answer was there already

        // perform: runs a request in this process, if no other one can be started.
        public Job(JsonMap request, Func<string, string> perform)
        {
            this.perform = perform;
            folder = new JobFolder(request.Text("id"), What);
            attempt = request.Text("attempt");
            wait = (int)request.Number("wait_ms", 0, 600000);
            network = request["network"];
            if (StateFolder.Own == null)
                return;
            // A rehearsal also tries the route that this connection does not need.
            byManagement = request.TextOrNull("route") == DetachedAgent.ByManagement;
            temporary = request.TextOrNull("temporary");
        }

        public Answer Start(JsonMap request)
        {
            if (Array.IndexOf(Operations, request.Text("operation")) < 0)
                throw new FormatError("'" + request.Text("operation") + "' cannot run as a job");
            Writer writer = new Writer(What, "Run as a member of the local group Administrators.", false);
            JobFolder.EnsureParent(writer);
            string refused = null;
            using (LockStart(writer))
            {
                RemoveOld();
                bool there = IsKept();
                // If the attempt is this run's own, it has started the job, but the answer to that was lost.
                attached = there && AttemptIn(JobFolder.Request) != attempt;
                ended = attached ? folder.EndTime : null;
                if (!there)
                    refused = Begin(request);
            }
            return refused == null ? WaitAndReport() : Inline(request, refused);
        }

        private AgentError JobMissing(string cause)
        {
            return new AgentError("job_missing", "The job was not found", folder.Path, cause, "Start it again.");
        }

        private static SafeFileHandle LockStart(Writer writer)
        {
            string path = Paths.Combine(JobFolder.Parent, "start.lock");
            SafeFileHandle gate = null;
            writer.Try(path, delegate
            {
                for (int i = 0; gate == null && i < GateAttempts; i++)
                {
                    if (i > 0)
                        Thread.Sleep(Pause);
                    gate = Win32.TryLock(path);
                }
            });
            if (gate == null)
                throw new AgentError("locked", What, path, "Another job is being started.", "Run again.");
            return gate;
        }

        private static void RemoveOld()
        {
            foreach (string id in JobFolder.Ids())
                new JobFolder(id, What).RemoveOld(KeepSeconds);
        }

        // A job of this id is kept while it runs. An ended one is kept if this attempt received its answer; or if
        // nobody did, and this attempt started it or it is a backup, whose set remains valid. Any other one is
        // replaced: folders may have changed since then, and sets may be damaged.
        private bool IsKept()
        {
            if (!folder.Exists)
                return false;
            StateFolder.RequireOwn(folder.Path, What);
            bool alive = IsAlive();   // checked first: if the job ends after that, its answer is there
            string receiver = AttemptIn(JobFolder.Delivered);
            return folder.Has(JobFolder.Result)
                ? receiver == attempt
                    || (receiver == null && (IsOf("backup") || AttemptIn(JobFolder.Request) == attempt))
                : alive;
        }

        // Returns why Windows did not start a process that outlives the connection; null: it did.
        private string Begin(JsonMap request)
        {
            try
            {
                if (folder.Exists)
                    folder.Remove();
                folder.Create();
                folder.Publish(JobFolder.Request, JsonWriter.Text(request.Set("attempt", attempt)));
            }
            catch (AgentError error)
            {
                if (!IsOf("resume"))
                    throw;
                Deletion.TryDelete(folder.Path, 1);
                return error.Cause;   // a resume also runs with a full drive or a blocked folder
            }
            JsonMap work = new JsonMap().Set("protocol", ThisAgent.Protocol).Set("operation", "work")
                .Set("id", folder.Id).Set("network", network);
            if (StateFolder.Own != null)
                work.Set("state", StateFolder.Own);
            List<string> refused = new List<string>();
            started = DetachedAgent.Start(folder.Path, JsonWriter.Text(work), byManagement, temporary, refused);
            if (started != null)
                return null;
            folder.Remove();
            return string.Join(" ", refused.ToArray());
        }

        private Answer Inline(JsonMap request, string refused)
        {
            inside = true;
            JsonMap done = JsonReader.Map(perform(JsonWriter.Text(request)));
            answer.Warnings.Add("The operation ran inside the connection and would have ended with it, because a "
                + "separate process could not be started. " + refused);
            return Report(done);
        }

        private Answer WaitAndReport()
        {
            try
            {
                return ReportWhenEnded();
            }
            catch (SystemError)
            {
                if (folder.Exists)
                    throw;
                throw JobMissing("Another run has received its answer and started it again.");
            }
        }

        private Answer ReportWhenEnded()
        {
            if (!WaitForEnd())
                return Report(null);
            JsonMap result = folder.Read(JobFolder.Result);
            if (result == null)
                return Report(AnswerOfDeadJob());
            try
            {
                folder.PublishOnce(JobFolder.Delivered, JsonWriter.Text(new JsonMap().Set("attempt", attempt)));
            }
            catch (AgentError error)
            {
                answer.Warnings.Add("It could not be recorded that this answer was delivered. For one day the same "
                    + "operation may get it again: " + error.Cause);
            }
            return Report(result);
        }

        private Answer Report(JsonMap done)
        {
            answer.Members.Set("id", folder.Id)
                .Set("state", done == null ? "running" : "ended").Set("attached", attached).Set("ended", ended)
                .Set("progress", done == null ? State() : null).Set("answer", done)
                .Set("route", inside ? "inside" : started == null ? null : started.Route)
                .Set("in_job_object", started == null ? null : (object)started.IsInJobObject);
            return answer;
        }

        // null when it cannot be read now: the job may be writing the next one.
        private JsonMap State()
        {
            try
            {
                return folder.Read(JobFolder.State);
            }
            catch (SystemError)
            {
                return null;
            }
        }

        // Waits for the end as long as the request allows.
        private bool WaitForEnd()
        {
            Stopwatch watch = Stopwatch.StartNew();
            for (int look = 0; ; look++)
            {
                if (folder.Has(JobFolder.Result))
                    return true;
                if (look % LooksPerLife == 0 && !IsAlive())
                    return true;
                if (watch.ElapsedMilliseconds >= wait)
                    return false;
                Thread.Sleep(Pause);
            }
        }

        private bool IsAlive()
        {
            if (folder.IsLocked)
                return true;
            bool begun = folder.Has(JobFolder.State) || folder.Has(DetachedAgent.FailureName)
                || (started != null && started.HasEnded());
            // No process is started before the request is there. The age is negative if the clock was set back since.
            return !begun && folder.Has(JobFolder.Request) && Math.Abs(folder.Age) < BeginSeconds;
        }

        private bool IsOf(string operation)
        {
            return folder.Id.StartsWith(operation + "-", StringComparison.Ordinal);
        }

        private string AttemptIn(string name)
        {
            JsonMap document = folder.Read(name);
            return document == null ? null : document.TextOrNull("attempt");
        }

        // The answer for a job that left none.
        private JsonMap AnswerOfDeadJob()
        {
            JsonMap state = State();
            string cause = "Its process ended without an answer. ";
            JsonMap failure = folder.Read(DetachedAgent.FailureName);
            if (failure != null)
                cause += failure.TextOrNull("cause");
            else if (state == null)
                cause += "It had not started, or could not write there.";
            else
                cause += "It was last seen at " + state.TextOrNull("heartbeat")
                    + ", in the phase '" + state.TextOrNull("phase") + "', with "
                    + state["files"] + " of " + state["files_total"] + " files.";
            Answer died = new Answer { Changed = state != null };
            died.Failure = new AgentError("job_died", "The operation did not come to its end", folder.Path, cause,
                "Find out what ended the process (a restart, an antivirus, a person, a full drive), and run again.");
            return JsonReader.Map(died.ToText(folder.Id.Substring(0, folder.Id.IndexOf('-')), TimeSpan.Zero));
        }
    }
}
