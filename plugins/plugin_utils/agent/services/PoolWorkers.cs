// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;

namespace IdentityOpsAgent
{
    // The worker processes of IIS at one moment. They may end some time after their pool has stopped, and write until
    // then. Windows lists them as processes, and their command line names the pool. IIS itself lists them only with
    // the feature Web-Request-Monitor, so it is asked only for those whose command line is hidden.
    internal sealed class PoolWorkers
    {
        private const string Executable = "w3wp.exe", PoolOption = " -ap \"";
        private const string Hidden = "Windows does not show the command lines of all processes " + Executable;
        // A process that begins or ends may have no command line for a moment.
        private const int Looks = 5, Pause = 100;
        // ms, for all looks together. Somebody checks every few seconds that all is stopped, and the way back waits
        // for a last check.
        private const int Limit = 4000;

        private static readonly BoundedCall<List<ProcessFacts>> Query = new BoundedCall<List<ProcessFacts>>(Limit,
            delegate { return ProcessQuery.Named(Executable); });

        public string Unknown { get; private set; }   // why it is not known whose one of them is; null: it is known

        private readonly List<string> pools = new List<string>();
        private readonly List<uint> strangers = new List<uint>();   // processes whose command line is hidden

        private PoolWorkers()
        {
        }

        public static PoolWorkers Now()
        {
            PoolWorkers workers = new PoolWorkers();
            Stopwatch watch = Stopwatch.StartNew();
            string hidden = workers.AskWindows(Limit);
            for (int look = 1; hidden == Hidden && look < Looks && watch.ElapsedMilliseconds + Pause < Limit; look++)
            {
                SystemClock.Sleep(Pause);
                hidden = workers.AskWindows(Math.Max(0, Limit - (int)watch.ElapsedMilliseconds));
            }
            workers.Unknown = hidden == null ? null : workers.AskIis(hidden);
            return workers;
        }

        // Of the pool; those of no known pool are not counted.
        public bool Has(string pool)
        {
            return pools.Exists(delegate(string one) { return Win32.Names.Equals(one, pool); });
        }

        // Returns why the pools of some are not known; null: all are known. Without an answer, what an earlier one has
        // said remains. left: ms.
        private string AskWindows(int left)
        {
            try
            {
                List<ProcessFacts> found = Query.Answer(left);
                pools.Clear();
                strangers.Clear();
                foreach (ProcessFacts facts in found)
                {
                    string pool = PoolOf(facts.CommandLine ?? "");
                    if (pool == null)
                        strangers.Add(facts.Id);
                    else
                        pools.Add(pool);
                }
            }
            catch (SystemError error)
            {
                return "Windows (WMI, Win32_Process) does not list them: " + error.Message.TrimEnd('.');
            }
            return strangers.Count == 0 ? null : Hidden;
        }

        // Returns why the pools of some are still not known; null: all are known.
        private string AskIis(string hidden)
        {
            try
            {
                Dictionary<string, string> listed = Iis.Workers();
                pools.AddRange(listed.Values);
                return strangers.TrueForAll(delegate(uint process)
                {
                    return listed.ContainsKey(process.ToString(CultureInfo.InvariantCulture));
                }) ? null : hidden + ", and IIS does not list all of them";
            }
            catch (AgentError error)
            {
                return hidden + ", and without the feature Web-Request-Monitor IIS does not list them ("
                    + error.Cause.TrimEnd('.') + ")";
            }
        }

        // w3wp.exe -ap "pool" -v "v4.0" ...; the name of a pool has no quotation mark.
        private static string PoolOf(string commandLine)
        {
            int start = commandLine.IndexOf(PoolOption, StringComparison.OrdinalIgnoreCase);
            if (start < 0)
                return null;
            start += PoolOption.Length;
            int end = commandLine.IndexOf('"', start);
            return end < 0 ? null : commandLine.Substring(start, end - start);
        }
    }
}
