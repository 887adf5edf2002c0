// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    using Map = Dictionary<string, object>;

    /// <summary>
    /// The lab's twin of the shipped ServiceControl.cs: a service control manager whose services are those of
    /// LabServices, by what Microsoft documents of the calls.
    /// </summary>
    internal static class ServiceControl
    {
        private static readonly string[] States =
        {
            "", "stopped", "start_pending", "stop_pending", "running", "continue_pending", "pause_pending", "paused",
        };
        private static readonly string[] StartTypes = { "boot", "system", "automatic", "manual", "disabled" };

        private const int DependentsRun = 1051, AlreadyRunning = 1056, Disabled = 1058, NoSuchService = 1060,
            CannotAccept = 1061, NotActive = 1062, DependencyFailed = 1068;

        public static List<ServiceFacts> All()
        {
            return LabServices.List(LabServices.Read(), "services").ConvertAll<ServiceFacts>(Facts);
        }

        public static ServiceFacts Find(string name)
        {
            Map found = Named(LabServices.Read(), name);
            return found == null ? null : Facts(found);
        }

        public static List<string> Dependents(string name)
        {
            List<string> found = new List<string>();
            Collect(LabServices.List(LabServices.Read(), "services"), name, found);
            return found;
        }

        public static void Start(string name)
        {
            Ask(name, "start", delegate(Map all, Map service)
            {
                if (LabServices.Text(service, "start_type") == "disabled")
                    throw Refused(Disabled);
                if (LabServices.Text(service, "state") != "stopped")
                    throw Refused(AlreadyRunning);
                foreach (string other in LabServices.Texts(service, "depends_on"))
                {
                    Map needed = Named(all, other);
                    if (needed == null || LabServices.Text(needed, "state") == "stopped"
                        && LabServices.Text(needed, "start_type") == "disabled")
                        throw Refused(DependencyFailed);
                    if (LabServices.Text(needed, "state") == "stopped")
                        needed["state"] = "running";
                }
                long falls = LabServices.Number(service, "falls");
                service.Remove("falls");
                service["exit_code_now"] = falls;
                return falls == 0 ? "running" : "stopped";
            });
        }

        public static void Stop(string name)
        {
            Ask(name, "stop", delegate(Map all, Map service)
            {
                Running(service);
                foreach (string dependent in Dependents(name))
                    if (LabServices.Text(Named(all, dependent), "state") != "stopped")
                        throw Refused(DependentsRun);
                long lingers = LabServices.Number(service, "lingers_ms");
                if (lingers > 0)
                    ((List<object>)all["processes"]).Add(new Map
                    {
                        { "id", LabServices.Number(service, "process") }, { "program", "C:/java.exe" },
                        { "until_ms", LabServices.Now + lingers },
                    });
                return "stopped";
            });
        }

        public static void Pause(string name)
        {
            Ask(name, "pause", delegate(Map all, Map service)
            {
                Running(service);
                return "paused";
            });
        }

        public static void SetStartType(string name, uint startType)
        {
            LabServices.Change(all => Known(all, name)["start_type"] = StartTypes[startType]);
        }

        public static void SetRecoversFromErrors(string name, bool recovers)
        {
            LabServices.Change(all => Known(all, name)["recovers_from_errors"] = recovers);
        }

        /// <summary>`act` gives the state that the service comes to.</summary>
        private static void Ask(string name, string control, Func<Map, Map, string> act)
        {
            LabServices.Change(delegate(Map all)
            {
                Map service = Known(all, name);
                object codes;
                if (service.TryGetValue("codes", out codes) && ((Map)codes).ContainsKey(control))
                    throw Refused((int)LabServices.Number((Map)codes, control));
                string target = act(all, service);
                object log;
                if (!service.TryGetValue("log", out log))
                    service["log"] = log = new List<object>();
                ((List<object>)log).Add(control);
                bool hangs = LabServices.Texts(service, "hangs").Contains(control);
                service["state"] = control + "_pending";
                service["target"] = target;
                service["due_ms"] = hangs ? long.MaxValue
                    : LabServices.Now + LabServices.Number(service, "takes_ms");
            });
        }

        private static void Running(Map service)
        {
            string state = LabServices.Text(service, "state");
            if (state == "stopped")
                throw Refused(NotActive);
            if (service.ContainsKey("target"))
                throw Refused(CannotAccept);
        }

        private static Map Known(Map all, string name)
        {
            Map found = Named(all, name);
            if (found == null)
                throw Refused(NoSuchService);
            return found;
        }

        private static SystemError Refused(int code)
        {
            return new SystemError(code, "The service control manager refuses it.");
        }

        /// <summary>Those that depend on others of them come before these.</summary>
        private static void Collect(List<Map> services, string name, List<string> found)
        {
            foreach (Map service in services)
            {
                string own = LabServices.Text(service, "name");
                if (LabServices.Texts(service, "depends_on").Exists(other => Win32.Names.Equals(other, name)))
                {
                    Collect(services, own, found);
                    if (!found.Contains(own))
                        found.Add(own);
                }
            }
        }

        private static Map Named(Map all, string name)
        {
            return LabServices.List(all, "services").Find(
                service => string.Equals(LabServices.Text(service, "name"), name, StringComparison.OrdinalIgnoreCase));
        }

        private static ServiceFacts Facts(Map service)
        {
            uint state = (uint)Array.IndexOf(States, LabServices.Text(service, "state"));
            return new ServiceFacts
            {
                Name = LabServices.Text(service, "name"),
                DisplayName = LabServices.Text(service, "display_name"),
                State = state,
                Process = state == ServiceFacts.Stopped ? 0 : (uint)LabServices.Number(service, "process"),
                HasOwnProcess = true,
                ExitCode = (uint)LabServices.Number(service, "exit_code_now"),
                StartType = (uint)Array.IndexOf(StartTypes, LabServices.Text(service, "start_type")),
                IsDelayed = LabServices.Flag(service, "delayed"),
                Command = LabServices.Text(service, "command"),
                Recovers = LabServices.Flag(service, "recovery"),
                RecoversFromErrors = LabServices.Flag(service, "recovers_from_errors"),
            };
        }
    }
}
