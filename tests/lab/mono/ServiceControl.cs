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
    /// LabServices, by what Microsoft documents of the calls: ControlService's table of states, StartServiceW's errors.
    /// </summary>
    internal static class ServiceControl
    {
        private static readonly string[] States =
        {
            "", "stopped", "start_pending", "stop_pending", "running", "continue_pending", "pause_pending", "paused",
        };
        private static readonly string[] StartTypes = { "boot", "system", "automatic", "manual", "disabled" };

        private const int AccessDenied = 5, DependentsRun = 1051, InvalidControl = 1052, AlreadyRunning = 1056,
            Disabled = 1058, NoSuchService = 1060, CannotAccept = 1061, NotActive = 1062, DependencyFailed = 1068,
            MarkedForDelete = 1072;

        public static List<ServiceFacts> All()
        {
            // EnumServicesStatusExW: one that the caller may not ask for "is silently omitted".
            return LabServices.List(LabServices.Read(), "services")
                .FindAll(service => !LabServices.Flag(service, "denied")).ConvertAll<ServiceFacts>(Facts);
        }

        public static ServiceFacts Find(string name)
        {
            Map found = Named(LabServices.Read(), name);
            if (found != null && LabServices.Flag(found, "denied"))
                throw Refused(AccessDenied);
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
                if (LabServices.Flag(service, "deleted"))
                    throw Refused(MarkedForDelete);
                if (LabServices.Text(service, "start_type") == "disabled")
                    throw Refused(Disabled);
                if (LabServices.Text(service, "state") != "stopped")
                    throw Refused(AlreadyRunning);
                foreach (string other in LabServices.Texts(service, "depends_on"))
                    BeginNeeded(Named(all, other));
                if (LabServices.Flag(service, "vanishes"))
                    ((List<object>)all["services"]).Remove(service);
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
                Accepting(service, InvalidControl);
                foreach (string dependent in Dependents(name))
                    if (LabServices.Text(Named(all, dependent), "state") != "stopped")
                        throw Refused(DependentsRun);
                long lingers = LabServices.Number(service, "lingers_ms");
                if (lingers > 0)
                    AddProcess(all, service, RunningProcesses.ProgramOf(service), LabServices.Now + lingers);
                if (service.ContainsKey("reused_by"))
                    AddProcess(all, service, LabServices.Text(service, "reused_by"), long.MaxValue);
                return "stopped";
            });
        }

        public static void Pause(string name)
        {
            Ask(name, "pause", delegate(Map all, Map service)
            {
                Accepting(service, CannotAccept);
                return "paused";
            });
        }

        public static void SetStartType(string name, uint startType)
        {
            LabServices.Change(delegate(Map all)
            {
                Map service = Known(all, name);
                if (LabServices.Flag(service, "deleted"))
                    throw Refused(MarkedForDelete);
                service["start_type"] = StartTypes[startType];
            });
        }

        /// <summary>`act` gives the state that the service comes to.</summary>
        private static void Ask(string name, string control, Func<Map, Map, string> act)
        {
            LabServices.Change(delegate(Map all)
            {
                Map service = Known(all, name);
                RefuseOnOrder(all, service, control);
                string target = act(all, service);
                object log;
                if (!service.TryGetValue("log", out log))
                    service["log"] = log = new List<object>();
                ((List<object>)log).Add(control);
                bool hangs = LabServices.Texts(service, "hangs").Contains(control);
                service["asked"] = control;
                service["state"] = control + "_pending";
                service["target"] = target;
                service["due_ms"] = hangs ? long.MaxValue
                    : LabServices.Now + LabServices.Number(service, "takes_ms");
            });
        }

        private static void RefuseOnOrder(Map all, Map service, string control)
        {
            object codes, code = null;
            if (!service.TryGetValue("codes", out codes) || !((Map)codes).TryGetValue(control, out code))
                return;
            List<object> once = code as List<object>;
            if (once == null)
                throw Refused((int)(long)code);
            if (once.Count == 0)
                return;
            code = once[0];
            once.RemoveAt(0);
            LabServices.Write(all);   // it is refused, and remembered
            throw Refused((int)(long)code);
        }

        /// <summary>
        /// The table of ControlService: in every other state the control reaches the service. `starting`: what one gets
        /// that is starting, and accepts nothing then (StartServiceW: "Controls accepted is set to none").
        /// </summary>
        private static void Accepting(Map service, int starting)
        {
            string state = LabServices.Text(service, "state");
            if (state == "stopped")
                throw Refused(NotActive);
            if (state == "stop_pending")
                throw Refused(CannotAccept);
            if (state == "start_pending")
                throw Refused(starting);
        }

        /// <summary>
        /// EnumDependentServicesW: a service "must be running before the dependent services can run".
        /// </summary>
        private static void BeginNeeded(Map needed)
        {
            string state = needed == null ? "" : LabServices.Text(needed, "state");
            if (state == "stopped" && LabServices.Text(needed, "start_type") != "disabled")
                needed["state"] = state = "running";
            if (state != "running")
                throw Refused(DependencyFailed);
        }

        private static void AddProcess(Map all, Map service, string program, long until)
        {
            ((List<object>)all["processes"]).Add(new Map
            {
                { "id", LabServices.Number(service, "process") }, { "program", program }, { "until_ms", until },
            });
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
            ServiceFacts facts = new ServiceFacts
            {
                Name = LabServices.Text(service, "name"),
                DisplayName = LabServices.Text(service, "display_name"),
                State = state,
                Process = state == ServiceFacts.Stopped ? 0 : (uint)LabServices.Number(service, "process"),
                HasOwnProcess = !LabServices.Flag(service, "shares_process"),
                ExitCode = (uint)LabServices.Number(service, "exit_code_now"),
            };
            if (LabServices.Flag(service, "hides_configuration"))
                return facts;
            facts.StartType = (uint)Array.IndexOf(StartTypes, LabServices.Text(service, "start_type"));
            facts.IsDelayed = LabServices.Flag(service, "delayed");
            facts.Command = LabServices.Text(service, "command");
            facts.Recovers = LabServices.Flag(service, "recovery");
            facts.RecoversFromErrors = LabServices.Flag(service, "recovers_from_errors");
            return facts;
        }
    }
}
