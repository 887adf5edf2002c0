// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `work`: what a detached agent does. It performs the job's request as any other agent would,
    // tells how far it is, and leaves the answer.
    internal sealed class JobRunner
    {
        private const string What = "The job was not performed";
        private const int Beat = 250, BeatsPerState = 8;   // ms
        private const int Attempts = 20;

        private readonly Func<string, string> perform;
        private readonly JobFolder folder;
        private readonly ManualResetEvent ended = new ManualResetEvent(false);

        // perform: a request as any other agent would.
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
            // Who waits for the answer learns why there is none;
            // and that there is none, where the drive has no room for more.
            catch (Exception error)
            {
                Deletion.TryDelete(Paths.Combine(folder.Path, JobFolder.Request), 1);
                folder.PublishOnce(DetachedAgent.FailureName,
                    JsonWriter.Text(new JsonMap().Set("cause", error.Message)));
            }
            finally
            {
                if (held != null)   // until then it is at work for whoever asks
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
            RemoveSource();   // which something may have had at first: it is new
            WriteResult(answer);
        }

        // On a full drive its room is the answer's.
        private void RemoveSource()
        {
            Deletion.TryDelete(Paths.Combine(folder.Path, DetachedAgent.SourceName), 1);
        }

        // Hours of work do not end without an answer because something looked at its draft.
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
                    continue;   // what is told of the work must not end it
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
