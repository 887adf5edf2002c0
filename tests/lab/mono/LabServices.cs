// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace IdentityOpsAgent
{
    using Map = Dictionary<string, object>;

    /// <summary>
    /// What runs on a host of the lab: services.json beside its drives, for the twins of ServiceControl.cs,
    /// TaskScheduler.cs and RunningProcesses.cs. It outlives every agent. Without the file nothing runs.
    /// <code>
    /// {"services": [{"name": text, "display_name": text, "command": text, "depends_on": [name],
    ///                "state": "running" (and so on), "start_type": "automatic" (and so on), "delayed": bool,
    ///                "process": n, "shares_process": bool,  others are in it, and it outlives this one
    ///                "delayed_ms": n,                       its delayed start comes then, if it was never started
    ///                "recovery": bool, "recovery_ms": n,    Windows starts it again when it fails, so much later
    ///                "recovers_from_errors": bool,          also when it stops with an error
    ///                "due_ms": n, "target": state,          a transition ends then (milliseconds since 1601), so
    ///                "takes_ms": n,                         each transition that is asked for takes so long
    ///                "hangs": [control],                    stop, start or pause never ends
    ///                "codes": {control: n or [n]},          stop, start or pause is refused with this number; with
    ///                                                       these, once each
    ///                "exit_code": n,                        it stops with this error
    ///                "dies": bool,                          its process ends before it has said that it stopped
    ///                "falls": n,                            its next start ends in a stop with this error
    ///                "lingers_ms": n,                       its process outlives its stop by so long
    ///                "reused_by": program,                  has its process's number when it has stopped
    ///                "denied": bool,                        the account may not ask for it,
    ///                "hides_configuration": bool,           or not for that alone
    ///                "deleted": bool,                       somebody has deleted it, and has it open
    ///                "vanishes": bool,                      it is deleted when it is started
    ///                "log": [control]}],                    what it was asked
    ///  "tasks": [{"path": text, "enabled": bool, "programs": [text], "code": n,   no change is let in
    ///             "busy_until_ms": n,                       an instance runs until then
    ///             "queued_until_ms": n,                     an instance waits until then
    ///             "hidden_instances": bool,                 of another account, which is not told of them
    ///             "unreadable": n}],                        its definition is refused with this number
    ///  "processes": [{"id": n, "program": path, "until_ms": n}]}
    /// </code>
    /// </summary>
    internal static class LabServices
    {
        private const long NeverStarted = 1077;   // ERROR_SERVICE_NEVER_STARTED: not since the last boot

        private static readonly object Gate = new object();

        // What the file said last, and what that means: most readings find it unchanged.
        private static byte[] known;
        private static Map meaning;

        public static long Now
        {
            get { return DateTime.UtcNow.ToFileTimeUtc() / 10000; }
        }

        public static Map Read()
        {
            lock (Gate)
            {
                byte[] content = File.Exists(Place) ? File.ReadAllBytes(Place) : Encoding.UTF8.GetBytes("{}");
                if (!IsKnown(content))
                    meaning = LabJson.Object(Encoding.UTF8.GetString(content));
                known = content;
                foreach (Map service in List(meaning, "services"))
                    Advance(service);
                return meaning;
            }
        }

        /// <summary>One change, which a host whose agent is killed on order may not live to see.</summary>
        public static void Change(Action<Map> change)
        {
            if (LabFaults.Current != null)
                LabFaults.Current.OnEveryChange(null);
            lock (Gate)
                using (Held())
                {
                    Map all = Read();
                    known = null;   // until the change is made: it may be refused halfway
                    change(all);
                    Write(all);
                }
        }

        /// <summary>
        /// Several processes change it, and one that writes as a service does (services.py) looks at its state before:
        /// the lock ends with its holder, however that ends.
        /// </summary>
        private static SafeFileHandle Held()
        {
            const uint forItsOwner = 0x180;
            SafeFileHandle file = new SafeFileHandle(Libc.open(PosixName.Encode(Place + ".lock"),
                Libc.ReadWrite | Libc.Create | Libc.CloseOnExec, forItsOwner));
            while (Libc.flock(file, Libc.LockExclusive) != 0)
                if (Marshal.GetLastWin32Error() != Libc.EINTR)
                    throw new SystemError(Marshal.GetLastWin32Error(), "services.json cannot be locked.");
            return file;
        }

        public static void Write(Map all)
        {
            StringBuilder text = new StringBuilder();
            Append(text, all);
            byte[] content = Encoding.UTF8.GetBytes(text.ToString());
            File.WriteAllBytes(Place + ".new", content);
            Win32.Check(Libc.rename(PosixName.Encode(Place + ".new"), PosixName.EncodeSecond(Place)));
            known = content;
            meaning = all;
        }

        private static bool IsKnown(byte[] content)
        {
            if (known == null || known.Length != content.Length)
                return false;
            for (int i = 0; i < content.Length; i++)
                if (known[i] != content[i])
                    return false;
            return true;
        }

        public static List<Map> List(Map all, string name)
        {
            object value;
            List<Map> list = new List<Map>();
            if (all.TryGetValue(name, out value))
                foreach (object item in (List<object>)value)
                    list.Add((Map)item);
            return list;
        }

        public static string Text(Map item, string name)
        {
            object value;
            return item.TryGetValue(name, out value) ? (string)value : "";
        }

        public static long Number(Map item, string name)
        {
            object value;
            return item.TryGetValue(name, out value) && value != null ? (long)value : 0;
        }

        public static bool Flag(Map item, string name)
        {
            object value;
            return item.TryGetValue(name, out value) && (bool)value;
        }

        public static List<string> Texts(Map item, string name)
        {
            object value;
            List<string> texts = new List<string>();
            if (item.TryGetValue(name, out value))
                foreach (object text in (List<object>)value)
                    texts.Add((string)text);
            return texts;
        }

        /// <summary>
        /// What has come about. One that fails is started again, by what Microsoft Learn says of it:
        /// SERVICE_FAILURE_ACTIONS_FLAG (a process that ends without SERVICE_STOPPED always counts as a failure, an
        /// exit code only with the flag, and a change of the flag "takes effect the next time the system is started")
        /// and ChangeServiceConfig2W ("A queued restart action cannot be canceled." "The service must be explicitly
        /// disabled to prevent it from restarting.").
        /// </summary>
        private static void Advance(Map service)
        {
            if (service.ContainsKey("target") && Number(service, "due_ms") <= Now)
            {
                service["state"] = service["target"];
                service.Remove("target");
                if (Text(service, "asked") == "stop" && Text(service, "state") == "stopped")
                    Stopped(service);
            }
            StartItself(service, "restart_ms");
            StartItself(service, "delayed_ms");
        }

        /// <summary>
        /// What Windows starts by itself at a time. The delayed start comes once, for what was not started before
        /// (SERVICE_DELAYED_AUTO_START_INFO: the manager "makes a list of delayed auto-start services during boot and
        /// starts them one at a time after the delay has passed"; one that is started on demand before is started so
        /// "instead of delaying its start further"). What is disabled by then is not started (error 1058).
        /// </summary>
        private static void StartItself(Map service, string when)
        {
            if (!service.ContainsKey(when) || Number(service, when) > Now)
                return;
            long at = Number(service, when);
            service.Remove(when);
            if (Text(service, "state") != "stopped" || Text(service, "start_type") == "disabled"
                || when == "delayed_ms" && Number(service, "exit_code_now") != NeverStarted)
                return;
            service["process"] = Number(service, "process") + 1000;
            service["exit_code_now"] = 0L;
            service["asked"] = "start";
            service["state"] = "start_pending";
            service["target"] = "running";
            service["due_ms"] = at + Number(service, "takes_ms");
            Advance(service);
        }

        private static void Stopped(Map service)
        {
            const long processAborted = 1067;
            bool dies = Flag(service, "dies");
            long code = dies ? processAborted : Number(service, "exit_code");
            service["exit_code_now"] = code;
            if (Flag(service, "recovery") && (dies || code != 0 && Flag(service, "recovers_from_errors")))
                service["restart_ms"] = Number(service, "due_ms") + Number(service, "recovery_ms");
        }

        private static void Append(StringBuilder text, object value)
        {
            if (value is Map)
            {
                string gap = "{";
                foreach (KeyValuePair<string, object> pair in (Map)value)
                {
                    text.Append(gap);
                    Append(text, pair.Key);
                    text.Append(": ");
                    Append(text, pair.Value);
                    gap = ", ";
                }
                text.Append(gap == "{" ? "{}" : "}");
            }
            else if (value is List<object>)
            {
                string gap = "";
                text.Append('[');
                foreach (object item in (List<object>)value)
                {
                    text.Append(gap);
                    Append(text, item);
                    gap = ", ";
                }
                text.Append(']');
            }
            else if (value is string)
            {
                text.Append('"').Append(((string)value).Replace("\\", "\\\\").Replace("\"", "\\\""))
                    .Append('"');
            }
            else
            {
                text.Append(value == null ? "null" : value is bool ? (bool)value ? "true" : "false" : value.ToString());
            }
        }

        private static string Place
        {
            get { return Environment.GetEnvironmentVariable("LAB_ROOT").TrimEnd('/') + "/services.json"; }
        }
    }
}
