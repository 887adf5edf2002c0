// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What a quiesce will stop, as it is now. Errors say why it stops nothing.
    internal sealed class QuiescePlan
    {
        private const string What = "GroupID was not stopped";
        private const int SecondsToEnd = 3;

        public readonly ProductRuntime Runtime;
        private readonly BoundedWait wait;
        private readonly bool check;

        public QuiescePlan(JsonMap request, BoundedWait wait, bool check)
        {
            this.wait = wait;
            this.check = check;
            Runtime = new ProductRuntime(request);
        }

        public bool IsEmpty
        {
            get { return Runtime.Services.Count + Runtime.Pools.Count + Runtime.Tasks.Count == 0; }
        }

        public void RequireKnown()
        {
            List<JsonMap> unmatched = Runtime.Rules.Unmatched();
            if (unmatched.Count > 0)
                throw new AgentError("services_unmatched", What, null, "This server has none of: "
                    + string.Join(", ", unmatched.ConvertAll(delegate(JsonMap one)
                    {
                        return one.Text("kind") + " " + one.Text("name");
                    }).ToArray()) + ".", "Correct groupid_services.");
            foreach (ProductPool pool in Runtime.Pools)
            {
                if (pool.Outside.Count > 0 && !pool.Match.MayBeShared)
                    throw new AgentError("pool_shared", What, null, "The application pool '" + pool.Facts.Name
                        + "' also serves what does not belong to GroupID: "
                        + string.Join(", ", pool.Outside.ToArray()) + ".",
                        "Give GroupID a pool of its own. Or name all pools of GroupID in groupid_services, this one "
                            + "with shared: true: pools that are not named there are not stopped.");
            }
        }

        public void RequireSome()
        {
            if (IsEmpty)
                throw new AgentError("nothing_to_stop", What, null,
                    "No service, application pool or scheduled task of GroupID was found.",
                    "Check that this is the right server, or name them in groupid_services.");
        }

        // In the order of stopping: what starts work, what accepts work, and what keeps the data.
        public List<QuiescedItem> Items()
        {
            List<QuiescedItem> items = new List<QuiescedItem>();
            foreach (ProductTask task in Runtime.Tasks)
                items.Add(new QuiescedTask(task.Facts));
            foreach (ProductPool pool in Runtime.Pools)
                items.Add(new QuiescedPool(Settled(pool.Facts)));
            List<string> known = new List<string>();
            foreach (ProductService service in Runtime.Services)
            {
                foreach (string name in new List<string>(service.Dependents) { service.Facts.Name })
                {
                    if (known.Exists(delegate(string one) { return Win32.Names.Equals(one, name); }))
                        continue;
                    known.Add(name);
                    items.Add(new QuiescedService(Settled(name)));
                }
            }
            return items;
        }

        // Waits for a state change that has begun; in check mode it counts as ended.
        private ServiceFacts Settled(string service)
        {
            ServiceFacts facts = null;
            bool settled = wait.Until(delegate
            {
                facts = Asked(service);
                return check || facts == null || !QuiescedService.IsPending(facts.State);
            });
            if (facts == null || !settled)
                throw Pending(service, facts == null ? null : "is still " + RuntimeWords.ServiceState(facts.State));
            return facts;
        }

        private static ServiceFacts Asked(string service)
        {
            try
            {
                return ServiceControl.Find(service);
            }
            catch (SystemError error)
            {
                throw new AgentError("service_unreadable", What, null,
                    "The state of the service '" + service + "' was not read: " + error.Message + ".",
                    "Give the account of the connection the right to read the service and to stop it.");
            }
        }

        private PoolFacts Settled(PoolFacts pool)
        {
            PoolFacts facts = pool;
            bool settled = check || IsSettled(pool) || wait.Until(delegate
            {
                facts = Iis.Find(pool.Name);
                return facts == null || IsSettled(facts);
            });
            if (facts == null || !settled)
                throw Pending(pool.Name, facts == null ? null : QuiescedPool.IsPending(facts)
                    ? "is still " + facts.State : "has stopped, but still has a worker process");
            return facts;
        }

        private static bool IsSettled(PoolFacts facts)
        {
            return !QuiescedPool.IsPending(facts) && !QuiescedPool.IsEnding(facts);
        }

        // lasts: what has not ended in time; null: it is gone.
        private AgentError Pending(string name, string lasts)
        {
            return new AgentError("service_pending", What, null, "'" + name + "' " + (lasts == null
                ? "was there a moment ago, and is gone" : lasts + " after " + wait.Seconds + " seconds")
                + ". Nothing was stopped.", "Look at it in Windows' own tools, and run again.");
        }

        // Programs that people have started continue to run. They are reported. isStopped: services have ended, so what
        // is left is not theirs; but a program that one of them has started may need a moment longer.
        public List<JsonMap> Processes(bool isStopped)
        {
            List<ProductProcess> left = Runtime.Processes();
            if (isStopped && Runtime.Rules.IsForAll)
                new BoundedWait(SecondsToEnd, false).Until(delegate
                {
                    left = Runtime.Processes();
                    return left.Count == 0;
                });
            if (!isStopped)
                left.RemoveAll(delegate(ProductProcess one)
                {
                    return Runtime.Services.Exists(
                        delegate(ProductService service) { return service.Facts.Process == one.Facts.Id; });
                });
            return left.ConvertAll(delegate(ProductProcess one)
            {
                return new JsonMap().Set("id", one.Facts.Id).Set("program", one.Facts.Program);
            });
        }
    }
}
