// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `work`: what a detached agent does. It runs the job's request as any other agent would, reports
    // its progress, and leaves the answer.
    internal sealed class JobRunner
    {
        private const string What = "The job was not performed";
        private const int Beat = 250, BeatsPerState = 8;   // ms
        private const int Attempts = 20;

        private readonly Func<string, string> perform;
        private readonly JobFolder folder;
        private readonly ManualResetEvent ended = new ManualResetEvent(false);

        // perform: runs a request as any other agent would.
        public JobRunner(JsonMap request, Func<string, string> perform)
        {
            this.perform = perform;
            folder = new JobFolder(request.Text("id"), What);
        }

        public Answer Run()
        {
            StateFolder.RequireOwn(folder.Path, What);
            SafeFileHandle held = null;
            try
            {
                held = folder.Lock();
                Work(held);
            }
            // The waiting controller learns why there is no answer, or at least that there is none if the drive is
            // full.
            catch (Exception error)
            {
                Deletion.TryDelete(Paths.Combine(folder.Path, JobFolder.Request), 1);
                folder.PublishOnce(DetachedAgent.FailureName,
                    JsonWriter.Text(new JsonMap().Set("cause", error.Message)));
            }
            finally
            {
                if (held != null)   // until then the job counts as running
                    held.Dispose();
            }
            return new Answer();
        }

        // `held`: null when another process has it.
        private void Work(SafeFileHandle held)
        {
            JsonMap request = folder.Read(JobFolder.Request);
            if (held == null || request == null || folder.Has(JobFolder.Result))
                return;   // it has ended, or another process has it
            RemoveSource();
            Thread heart = new Thread(ReportUntilEnded);
            heart.Start();
            string answer;
            try
            {
                answer = perform(JsonWriter.Text(request));
            }
            finally
            {
                ended.Set();
                heart.Join();
            }
            RemoveSource();   // another program may have had the new file open before
            WriteResult(answer);
        }

        // On a full drive, its space is needed for the answer.
        private void RemoveSource()
        {
            Deletion.TryDelete(Paths.Combine(folder.Path, DetachedAgent.SourceName), 1);
        }

        // Hours of work must not end without an answer because a program opened the draft.
        private void WriteResult(string answer)
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    folder.Publish(JobFolder.Result, answer);
                    return;
                }
                catch (AgentError)
                {
                    if (attempt == Attempts)
                        throw;
                }
                Thread.Sleep(Beat);
            }
        }

        private void ReportUntilEnded()
        {
            for (int beat = 0; beat == 0 || !ended.WaitOne(Beat); beat++)
            {
                try
                {
                    if (folder.Has(JobFolder.Cancel))
                        Progress.Cancel();
                    if (beat % BeatsPerState == 0)
                        WriteState();
                }
                catch (SystemError)
                {
                    continue;   // a failed report must not end the work
                }
            }
        }

        private void WriteState()
        {
            folder.Replace(JobFolder.State,
                JsonWriter.Text(Progress.ToJson().Set("process", Process.GetCurrentProcess().Id)
                .Set("heartbeat", Timestamps.Text(Timestamps.Now()))));
        }
    }
}
