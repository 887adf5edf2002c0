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
                StartType = (uint)Array.IndexOf(StartTypes, LabServices.Text(service, "start_type")),
                IsDelayed = LabServices.Flag(service, "delayed"),
                Command = LabServices.Text(service, "command"),
                Recovers = LabServices.Flag(service, "recovery"),
                RecoversFromErrors = LabServices.Flag(service, "recovers_from_errors"),
            };
        }
    }
}
