// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    using Map = Dictionary<string, object>;

    /// <summary>
    /// The lab's twin of the shipped TaskScheduler.cs, with the tasks of LabServices. Disabling one leaves a running
    /// instance alone. By Microsoft Learn, TASK_STATE tells of every instance that runs or is queued, and
    /// IRegisteredTask.GetInstances only of those that run "at or below a user's security context".
    /// </summary>
    internal static class TaskScheduler
    {
        private const int FileNotFound = 2;

        public static List<TaskFacts> All()
        {
            return LabServices.List(LabServices.Read(), "tasks").ConvertAll<TaskFacts>(Facts);
        }

        public static TaskFacts Find(string path)
        {
            Map found = Named(LabServices.Read(), path);
            return found == null ? null : Facts(found);
        }

        public static void SetEnabled(string path, bool enabled)
        {
            LabServices.Change(delegate(Map all)
            {
                Map task = Named(all, path);
                long code = task == null ? FileNotFound : LabServices.Number(task, "code");
                if (code != 0)
                    throw new SystemError((int)code, "The Task Scheduler refuses it.");
                task["enabled"] = enabled;
            });
        }

        private static Map Named(Map all, string path)
        {
            return LabServices.List(all, "tasks").Find(
                task => string.Equals(LabServices.Text(task, "path"), path, StringComparison.OrdinalIgnoreCase));
        }

        private static TaskFacts Facts(Map task)
        {
            bool isBusy = LabServices.Number(task, "busy_until_ms") > LabServices.Now,
                isQueued = LabServices.Number(task, "queued_until_ms") > LabServices.Now;
            TaskFacts facts = new TaskFacts
            {
                Path = LabServices.Text(task, "path"),
                IsEnabled = LabServices.Flag(task, "enabled"),
                Instances = isBusy && !LabServices.Flag(task, "hidden_instances") ? 1 : 0,
            };
            facts.State = isBusy ? TaskFacts.Running : isQueued ? TaskFacts.Queued
                : facts.IsEnabled ? TaskFacts.Ready : TaskFacts.DisabledState;
            // A definition may be refused on its own: dahall/TaskScheduler#205, and "The task image is corrupt".
            if (LabServices.Number(task, "unreadable") == 0)
                facts.Programs.AddRange(LabServices.Texts(task, "programs"));
            else
                facts.Unread = new SystemError((int)LabServices.Number(task, "unreadable"),
                    "The task image is corrupt or has been tampered with.").Message;
            return facts;
        }
    }
}
