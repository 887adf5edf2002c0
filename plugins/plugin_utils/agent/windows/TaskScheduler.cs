// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The tasks of this computer, by the scripting object of the Task Scheduler (Schedule.Service).
    /// What it refuses becomes a SystemError.
    /// </summary>
    internal static class TaskScheduler
    {
        private const int Hidden = 1;   // TASK_ENUM_HIDDEN
        private const int Execute = 0;   // TASK_ACTION_EXEC
        private const int FileNotFound = 2, PathNotFound = 3;
        private const int Create = 2;   // TASK_CREATE
        private const int ServiceAccount = 5;   // TASK_LOGON_SERVICE_ACCOUNT

        /// <summary>All that the account may see, hidden ones too, folder by folder.</summary>
        public static List<TaskFacts> All()
        {
            List<TaskFacts> found = new List<TaskFacts>();
            Ask(delegate(Automation service) { Add(service.Call("GetFolder", "\\"), found); });
            return found;
        }

        /// <summary>Null if there is no task of the path.</summary>
        public static TaskFacts Find(string path)
        {
            TaskFacts facts = null;
            try
            {
                Ask(delegate(Automation service) { facts = Facts(TaskOf(service, path)); });
            }
            catch (SystemError error)
            {
                if (error.Code != FileNotFound && error.Code != PathNotFound)
                    throw;
            }
            return facts;
        }

        /// <summary>
        /// Changes nothing else: registering the task again would drop its password. Its running instances go on.
        /// </summary>
        public static void SetEnabled(string path, bool enabled)
        {
            Ask(delegate(Automation service) { TaskOf(service, path).Set("Enabled", enabled); });
        }

        /// <summary>
        /// Makes a new task of a service account. One of the same path is refused, because an update would leave it
        /// to its owner. `definition`: XML of the Task Scheduler's schema, which names the account by its SID;
        /// `descriptor`: SDDL. Microsoft Learn, TaskFolder.RegisterTask: the password of such an account "must be an
        /// empty VARIANT".
        /// </summary>
        public static void Register(string path, string definition, string descriptor)
        {
            Ask(delegate(Automation service)
            {
                service.Call("GetFolder", "\\").Call("RegisterTask", path.TrimStart('\\'), definition, Create,
                    null, null, ServiceAccount, descriptor);
            });
        }

        /// <summary>Now, whatever its triggers say. If it runs already, its own policy decides.</summary>
        public static void Start(string path)
        {
            Ask(delegate(Automation service) { TaskOf(service, path).Call("Run", new object[] { null }); });
        }

        /// <summary>Its running instances go on. A missing task is no error.</summary>
        public static void Delete(string path)
        {
            try
            {
                Ask(delegate(Automation service)
                {
                    service.Call("GetFolder", "\\").Call("DeleteTask", path.TrimStart('\\'), 0);
                });
            }
            catch (SystemError error)
            {
                if (error.Code != FileNotFound && error.Code != PathNotFound)
                    throw;
            }
        }

        private static Automation TaskOf(Automation service, string path)
        {
            return service.Call("GetFolder", "\\").Call("GetTask", path.TrimStart('\\'));
        }

        private static void Add(Automation folder, List<TaskFacts> found)
        {
            foreach (Automation task in Items(folder.Call("GetTasks", Hidden)))
                AddIfThere(task, found);
            foreach (Automation below in Items(folder.Call("GetFolders", 0)))
                Add(below, found);
        }

        // Windows makes and removes tasks of its own all the time.
        private static void AddIfThere(Automation task, List<TaskFacts> found)
        {
            try
            {
                found.Add(Facts(task));
            }
            catch (SystemError error)
            {
                if (error.Code != FileNotFound && error.Code != PathNotFound)
                    throw;
            }
        }

        private static TaskFacts Facts(Automation task)
        {
            TaskFacts facts = new TaskFacts
            {
                Path = (string)task.Get("Path").Value,
                IsEnabled = (bool)task.Get("Enabled").Value,
                State = (int)task.Get("State").Number(),
                Instances = (int)task.Call("GetInstances", 0).Get("Count").Number(),
            };
            try
            {
                foreach (Automation action in Items(task.Get("Definition").Get("Actions")))
                {
                    if (action.Get("Type").Number() == Execute)
                        facts.Programs.Add((string)action.Get("Path").Value ?? "");
                }
            }
            catch (SystemError error)
            {
                facts.Unread = error.Message;
            }
            return facts;
        }

        // Collections of the Task Scheduler count from 1.
        private static IEnumerable<Automation> Items(Automation collection)
        {
            long count = collection.Get("Count").Number();
            for (int i = 1; i <= count; i++)
                yield return collection.Get("Item", i);
        }

        private static void Ask(Action<Automation> ask)
        {
            Automation service = Automation.New("Schedule.Service");
            service.Call("Connect");
            ask(service);
        }
    }
}
