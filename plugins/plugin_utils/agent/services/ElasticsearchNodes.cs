// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;

namespace IdentityOpsAgent
{
    // The nodes of Elasticsearch among the services of a quiesce: their health before the stop, and the wait for the
    // same health after the start. An error here never makes a quiesce or a way back fail.
    internal static class ElasticsearchNodes
    {
        private const int MillisecondsEach = 15000;

        // Before the stop: writes the health into the items of the record. Returns warnings.
        public static List<string> Note(ProductRuntime runtime, List<QuiescedItem> items)
        {
            List<string> warnings = new List<string>();
            foreach (ProductService node in runtime.Services)
            {
                QuiescedService item = (QuiescedService)items.Find(delegate(QuiescedItem one)
                {
                    return one is QuiescedService && Win32.Names.Equals(one.Name, node.Facts.Name);
                });
                if (!node.IsElasticsearch || item == null || !item.IsRunning)
                    continue;
                ElasticsearchHealth health = new ElasticsearchHealth(node.Facts);
                health.Look(MillisecondsEach);
                item.Health = health.Word;
                item.IsOfCluster = health.IsOfCluster;
                if (health.Word == null)
                    warnings.Add("The health of Elasticsearch (service '" + item.Name + "') is not known: "
                        + health.Cause + ". So nothing waits for it after the start.");
            }
            return warnings;
        }

        // After the start of all services: waits until each node is as healthy as before, or the time is over. A node
        // of a cluster only has to answer: the others may be on servers that are not started yet.
        public static List<string> Await(List<QuiescedItem> started, BoundedWait wait)
        {
            List<string> warnings = new List<string>();
            try
            {
                AwaitAll(started, wait, warnings);
            }
            catch (Exception error)   // whatever it is, the start goes on
            {
                warnings.Add("Elasticsearch was started, but its health is not known: " + error);
            }
            return warnings;
        }

        private static void AwaitAll(List<QuiescedItem> started, BoundedWait wait, List<string> warnings)
        {
            List<Awaited> awaited = new List<Awaited>();
            foreach (QuiescedItem item in started)
            {
                QuiescedService service = item as QuiescedService;
                ServiceFacts facts = service == null || service.Health == null || service.Stopping == null ? null
                    : Running(service.Name);
                if (facts != null)
                    awaited.Add(new Awaited { Service = service, Health = new ElasticsearchHealth(facts) });
            }
            Stopwatch watch = Stopwatch.StartNew();
            wait.Until(delegate
            {
                foreach (Awaited one in awaited.ToArray())
                {
                    bool isRunning = Running(one.Service.Name) != null;
                    if (isRunning)
                        one.Health.Look(Math.Min(MillisecondsEach, wait.Seconds * 1000L - watch.ElapsedMilliseconds));
                    else
                        warnings.Add("Elasticsearch (service '" + one.Service.Name
                            + "') was started, but stopped again. Check its log.");
                    if (!isRunning || one.Health.IsAsBefore(one.Service.Health, one.Service.IsOfCluster))
                        awaited.Remove(one);
                }
                return awaited.Count == 0;
            });
            foreach (Awaited one in awaited)
                warnings.Add("Elasticsearch (service '" + one.Service.Name + "') was " + one.Service.Health
                    + " before it was stopped, and " + wait.Seconds + " seconds after its start it is "
                    + (one.Health.Word ?? "not known (" + one.Health.Cause + ")")
                    + ". The rest was started. Check its log.");
        }

        private static ServiceFacts Running(string name)
        {
            try
            {
                ServiceFacts facts = ServiceControl.Find(name);
                return facts == null || facts.State != ServiceFacts.Running ? null : facts;
            }
            catch (SystemError)
            {
                return null;
            }
        }

        private sealed class Awaited
        {
            public QuiescedService Service;
            public ElasticsearchHealth Health;
        }
    }
}
