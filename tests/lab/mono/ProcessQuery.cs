// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The lab's twin of the shipped ProcessQuery.cs: the worker processes of IIS (appcmd.py), none else. w3wp.exe gets
    /// its pool as the first argument; that an account that is no administrator gets no command line:
    /// DataDog/integrations-core#5396, PowerShell/PowerShell#14456. What a service refuses, LabFaults tells.
    /// </summary>
    internal static class ProcessQuery
    {
        public static List<ProcessFacts> Named(string name)
        {
            LabFaults faults = LabFaults.Current;
            if (faults != null && faults.ServiceError != 0)
                throw new SystemError(faults.ServiceError, "The service was refused on order.");
            List<ProcessFacts> found = new List<ProcessFacts>();
            if (name != "w3wp.exe" || !Directory.Exists(Iis + "/pools"))
                return found;
            while (File.Exists(Iis + "/management_is_silent"))   // oshi/oshi#584, LibreHardwareMonitor#444
                Thread.Sleep(20);
            if (File.Exists(Iis + "/management_is_slow"))
                Thread.Sleep(int.Parse(File.ReadAllText(Iis + "/management_is_slow")));
            if (File.Exists(Iis + "/management_is_broken"))
                throw new InvalidCastException("Specified cast is not valid.");
            string hidden = Iis + "/hidden_commands";
            bool isHidden = File.Exists(hidden) && (File.ReadAllText(hidden).Trim() == "all"
                || LabComputer.Setting("LAB_USER") != "NT AUTHORITY\\SYSTEM");
            string[] pools = Directory.GetDirectories(Iis + "/pools");
            Array.Sort(pools, StringComparer.Ordinal);
            for (int i = 0; i < pools.Length; i++)
                if (HasWorker(pools[i]))
                    found.Add(new ProcessFacts
                    {
                        Id = (uint)(1001 + i),   // as appcmd.sh has it
                        CommandLine = isHidden ? null : "c:\\windows\\system32\\inetsrv\\w3wp.exe -ap \""
                            + Setting(pools[i], "name") + "\" -v \"v4.0\" -l \"webengine4.dll\" -w \"\" -m 0 -t 20",
                    });
            return found;
        }

        // Like list_workers of appcmd.sh.
        private static bool HasWorker(string pool)
        {
            string state = Setting(pool, "state");
            int lingers;
            if (state == "Started" || state == "Unknown")
                return state == "Started";
            if (!int.TryParse(Setting(pool, "lingers"), out lingers) || lingers <= 0)
                return File.Exists(pool + "/works");
            File.WriteAllText(pool + "/lingers", lingers - 1 + "\n");
            return true;
        }

        private static string Setting(string pool, string name)
        {
            return File.Exists(pool + "/" + name) ? File.ReadAllText(pool + "/" + name).Trim() : "";
        }

        private static string Iis
        {
            get { return LabComputer.Root() + "/iis"; }
        }
    }
}
