// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // The operation `work`: what a detached agent does. It performs the job's request as any other agent would, tells how far it is, and leaves the answer.
    internal sealed class JobWork
    {
        private const string What = "The job was not performed";
        private const int Beat = 250, BeatsPerState = 8;   // ms

        private readonly JobFolder folder;
        private readonly ManualResetEvent ended = new ManualResetEvent(false);

        public JobWork(JsonMap request)
        {
            folder = new JobFolder(request.Text("id"), What);
        }

        public Answer Run()
        {
            JobFolder.RequireOwn(folder.Path, What);
            using (SafeFileHandle held = folder.Hold())
            {
                JsonMap request = folder.Read(JobFolder.Request);
                if (held == null || request == null || folder.Has(JobFolder.Result))
                    throw new AgentError("job_taken", What, folder.Path, "Another process has it, or it has ended.", "Ask for its state.");
                TellState();
                Thread heart = new Thread(Watch);
                heart.Start();
                string answer;
                try
                {
                    answer = Program.Run(JsonWriter.Text(request));
                }
                finally
                {
                    ended.Set();
                    heart.Join();
                }
                folder.Publish(JobFolder.Result, answer);
            }
            return new Answer();
        }

        private void Watch()
        {
            for (int beat = 1; !ended.WaitOne(Beat); beat++)
            {
                try
                {
                    if (folder.Has(JobFolder.Cancel))
                        Progress.Cancel();
                    if (beat % BeatsPerState == 0)
                        TellState();
                }
                catch (SystemError)
                {
                    continue;   // what is told of the work must not end it
                }
            }
        }

        private void TellState()
        {
            folder.Replace(JobFolder.State, JsonWriter.Text(Progress.ToJson().Set("process", Process.GetCurrentProcess().Id)
                .Set("heartbeat", Timestamps.Text(Timestamps.Now()))));
        }
    }
}
