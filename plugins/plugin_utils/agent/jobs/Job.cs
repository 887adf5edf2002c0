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
    // The operation `start`: a long operation as a process of its own, which lives on when the connection does not. The
    // id is made of what is asked, so who asks the same again meets the job that is at work, and never starts a second
    // one. job.ps1 looks at it later, and cancels it, by the same files.
    internal sealed class Job
    {
        private const string What = "The job was not started";

        // Until the new process has come so far that it holds the job's lock; compiling takes a while on a slow host.
        // job.ps1 has the same number.
        private const long BeginSeconds = 180;
        private const long KeepSeconds = 24 * 60 * 60;
        private const int Pause = 50, LooksPerLife = 20, GateAttempts = 300;

        private static readonly string[] Operations = { "backup", "restore", "verify", "quiesce", "resume" };

        private readonly JobFolder folder;
        private readonly string attempt;
        private readonly int wait;   // ms
        private readonly object network;   // a secret: it goes from process to process, and never into the folder
        private readonly bool byManagement;
        private readonly string temporary;
        private readonly Func<string, string> perform;
        private readonly Answer answer = new Answer();
        private DetachedAgent started;
        private bool attached, inside;
        private string ended;   // when, where the answer lay there already

        // perform: a request in this very process, where no other one may be started.
        public Job(JsonMap request, Func<string, string> perform)
        {
            this.perform = perform;
            folder = new JobFolder(request.Text("id"), What);
            attempt = request.Text("attempt");
            wait = (int)request.Number("wait_ms", 0, 600000);
            network = request["network"];
            if (StateFolder.Own == null)
                return;
            // A rehearsal tries what the connection would not need.
            byManagement = request.TextOrNull("route") == DetachedAgent.ByManagement;
            temporary = request.TextOrNull("temporary");
        }

        public Answer Start(JsonMap request)
        {
            if (Array.IndexOf(Operations, request.Text("operation")) < 0)
                throw new FormatError("'" + request.Text("operation") + "' is no operation for a job");
            Writer writer = new Writer(What, "Run as a member of the local group Administrators.", false);
            JobFolder.EnsureParent(writer);
            string refused = null;
            using (LockStart(writer))
            {
                RemoveOld();
                bool there = IsKept();
                // Where the attempt is this run's own, it has begun the job, and lost its word.
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

        // A job of this id that is at work, or whose answer is the attempt's own: it got it, or began the job, or
        // nobody got it and it is a backup's, which its set makes right at any time. Any other one has had its day, and
        // makes room: meanwhile folders may have changed and sets been damaged.
        private bool IsKept()
        {
            if (!folder.Exists)
                return false;
            StateFolder.RequireOwn(folder.Path, What);
            bool alive = IsAlive();   // asked first: what ends meanwhile has left its answer
            string receiver = AttemptIn(JobFolder.Delivered);
            return folder.Has(JobFolder.Result)
                ? receiver == attempt
                    || (receiver == null && (IsOf("backup") || AttemptIn(JobFolder.Request) == attempt))
                : alive;
        }

        // Gives why Windows did not start a process that outlives the connection; null: it did.
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
                return error.Cause;   // a full drive keeps nothing down, nor does what holds an earlier job
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
            answer.Warnings.Add("The operation ran inside the connection, and would have ended with it: a process of "
                + "its own was not started. " + refused);
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
                throw JobMissing("Another run has got its answer, and started it anew.");
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
                answer.Warnings.Add("It could not be noted that this answer was given, and for a day the same "
                    + "operation may be answered with it again: " + error.Cause);
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
            // No process was started before the request lay there. Its age is negative if the clock was set back since.
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

        // The answer of a job that left none.
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
