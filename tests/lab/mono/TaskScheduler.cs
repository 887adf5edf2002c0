// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    using Map = Dictionary<string, object>;

    /// <summary>
    /// The lab's twin of the shipped TaskScheduler.cs, with the tasks of LabServices. Disabling one leaves a running
    /// instance alone. A task of SYSTEM that an agent registers is an agent of the lab: what Windows' PowerShell would
    /// do with its script, Host.cs does (--watchdog); tests/lab/task_clock.py plays its trigger. By Microsoft Learn,
    /// TASK_STATE tells of every instance that runs or is queued, and IRegisteredTask.GetInstances only of
    /// those that run "at or below a user's security context". A task is registered with TASK_CREATE: "If set to 1, the
    /// server MUST register the task if the task does not already exist" (MS-TSCH, SchRpcRegisterTask).
    /// </summary>
    internal static class TaskScheduler
    {
        private const int FileNotFound = 2, AccessDenied = 5, AlreadyExists = 183,
            MissingNode = unchecked((int)0x80041319);

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

        public static void Register(string path, string definition, string descriptor)
        {
            string script = Encoding.Unicode.GetString(Convert.FromBase64String(
                Regex.Match(definition, "-EncodedCommand ([A-Za-z0-9+/=]+)</Arguments>").Groups[1].Value));
            Match payload = Regex.Match(script, @"\A.*\$d='((?:[^']|'')*)'"),
                digest = Regex.Match(script, "-ne '([0-9a-f]{64})'");
            foreach (string needed in new[] { "Task", "TimeTrigger", "StartBoundary", "UserId", "Exec", "Command" })
                if (!Regex.IsMatch(definition, "<" + needed + "[ >].*</" + needed + ">"))
                    throw new SystemError(MissingNode, "(1,2):" + needed + ":");
            if (!payload.Success || !digest.Success || descriptor.Length == 0)
                throw new SystemError(MissingNode, "The lab's Task Scheduler does not understand the script.");
            RefuseOnOrder("register");
            string program;
            using (Process mono = Process.GetCurrentProcess())
                program = mono.MainModule.FileName;
            List<object> command = new List<object>
            {
                program, Assembly.GetEntryAssembly().Location, "--watchdog",
                payload.Groups[1].Value.Replace("''", "'"), digest.Groups[1].Value,
            };
            List<object> settings = new List<object>();
            foreach (DictionaryEntry setting in Environment.GetEnvironmentVariables())
                if (((string)setting.Key).StartsWith("LAB_", StringComparison.Ordinal))
                    settings.Add(setting.Key + "=" + setting.Value);
            LabServices.Change(delegate(Map all)
            {
                if (!all.ContainsKey("tasks"))
                    all["tasks"] = new List<object>();
                List<object> tasks = (List<object>)all["tasks"];
                if (Named(all, path) != null)
                    throw new SystemError(AlreadyExists, "Cannot create a file when that file already exists.");
                tasks.Add(new Map { { "path", path }, { "enabled", true }, { "programs", new List<object>() },
                    { "run", command }, { "settings", settings }, { "definition", definition } });
            });
        }

        /// <summary>IgnoreNew: what runs already goes on alone.</summary>
        public static void Start(string path)
        {
            Map task = Named(LabServices.Read(), path);
            if (task == null)
                throw new SystemError(FileNotFound, "The system cannot find the file specified.");
            RefuseOnOrder("start");
            if (!IsAlive())
                File.WriteAllText(EnginePlace, SpawnAsSystem(LabServices.Texts(task, "run")).ToString());
        }

        public static void Delete(string path)
        {
            Map task = Named(LabServices.Read(), path);
            if (task == null)
                return;
            if (LabServices.Number(task, "code") != 0)
                throw new SystemError((int)LabServices.Number(task, "code"), "The Task Scheduler refuses it.");
            LabServices.Change(delegate(Map all) { ((List<object>)all["tasks"]).Remove(Named(all, path)); });
        }

        private static void RefuseOnOrder(string act)
        {
            if (LabComputer.Setting("LAB_SCHEDULER") == act)
                throw new SystemError(AccessDenied, "Access is denied.");
        }

        private static string EnginePlace
        {
            get { return LabComputer.Root() + "/engine.pid"; }
        }

        private static bool IsAlive()
        {
            try
            {
                string state = File.ReadAllText("/proc/" + File.ReadAllText(EnginePlace).Trim() + "/stat");
                return state[state.LastIndexOf(')') + 2] != 'Z';
            }
            catch (IOException)
            {
                return false;
            }
        }

        /// <summary>In a session of its own, as another account, and not with the agent's own faults.</summary>
        private static int SpawnAsSystem(List<string> command)
        {
            List<string> settings = new List<string>
            {
                "LAB_USER=NT AUTHORITY\\SYSTEM", "LAB_FAULTS=" + LabComputer.Setting("LAB_SYSTEM_FAULTS"),
            };
            foreach (DictionaryEntry setting in Environment.GetEnvironmentVariables())
                if ((string)setting.Key != "LAB_USER" && (string)setting.Key != "LAB_FAULTS")
                    settings.Add(setting.Key + "=" + setting.Value);
            using (SafeFileHandle nothing = new SafeFileHandle(
                Libc.open(PosixName.Encode("/dev/null"), Libc.ReadWrite | Libc.CloseOnExec, 0)))
                return ChildProcess.Spawn(command[0], ChildProcess.Texts(command), ChildProcess.Texts(settings),
                    LabComputer.Root(), new[] { nothing, nothing, nothing }, Libc.SpawnInSession);
        }

        private static Map Named(Map all, string path)
        {
            return LabServices.List(all, "tasks").Find(
                task => string.Equals(LabServices.Text(task, "path"), path, StringComparison.OrdinalIgnoreCase));
        }

        private static TaskFacts Facts(Map task)
        {
            bool isBusy = LabServices.Number(task, "busy_until_ms") > LabServices.Now
                    || task.ContainsKey("run") && IsAlive(),
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
