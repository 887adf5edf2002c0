// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;
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
    ///                "process": n, "recovery": bool,        Windows starts it again when it fails,
    ///                "recovers_from_errors": bool,          also when it stops with an error
    ///                "due_ms": n, "target": state,          a transition ends then (milliseconds since 1601), so
    ///                "takes_ms": n,                         each transition that is asked for takes so long
    ///                "hangs": [control],                    stop, start or pause never ends
    ///                "codes": {control: n},                 stop, start or pause is refused with this number
    ///                "exit_code": n,                        it stops with this error
    ///                "falls": n,                            its next start ends in a stop with this error
    ///                "lingers_ms": n,                       its process outlives its stop by so long
    ///                "log": [control]}],                    what it was asked
    ///  "tasks": [{"path": text, "enabled": bool, "programs": [text], "code": n,   no change is let in
    ///             "busy_until_ms": n}],                     an instance runs until then
    ///  "processes": [{"id": n, "program": path, "until_ms": n}]}
    /// </code>
    /// </summary>
    internal static class LabServices
    {
        private static readonly object Gate = new object();

        public static long Now
        {
            get { return DateTime.UtcNow.ToFileTimeUtc() / 10000; }
        }

        public static Map Read()
        {
            lock (Gate)
            {
                Map all = File.Exists(Place) ? LabJson.Object(File.ReadAllText(Place, Encoding.UTF8)) : new Map();
                foreach (Map service in List(all, "services"))
                    Advance(service);
                return all;
            }
        }

        /// <summary>One change, which a host whose agent is killed on order may not live to see.</summary>
        public static void Change(Action<Map> change)
        {
            if (LabFaults.Current != null)
                LabFaults.Current.OnEveryChange(null);
            lock (Gate)
            {
                Map all = Read();
                change(all);
                StringBuilder text = new StringBuilder();
                Append(text, all);
                File.WriteAllText(Place + ".new", text.ToString(), new UTF8Encoding(false));
                Win32.Check(Libc.rename(PosixName.Encode(Place + ".new"), PosixName.EncodeSecond(Place)));
            }
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

        /// <summary>What has come about. One that fails is started again, where its recovery says so.</summary>
        private static void Advance(Map service)
        {
            if (!service.ContainsKey("target") || Number(service, "due_ms") > Now)
                return;
            service["state"] = service["target"];
            service.Remove("target");
            bool failed = Text(service, "state") == "stopped" && Number(service, "exit_code") != 0;
            if (failed && Flag(service, "recovery") && Flag(service, "recovers_from_errors")
                && Text(service, "start_type") != "disabled")
                service["state"] = "running";
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
