// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `quiesce`: what of the product runs on this computer is recorded, then stopped, not disabled. It is
    // done whole or not at all: where one thing does not stop, all that was stopped is started again.
    internal sealed class Quiesce
    {
        private const string What = "GroupID was not stopped";
        private const int Rounds = 3;

        private readonly JsonMap request;
        private readonly string epoch, run, controller;
        private readonly int seconds;
        private readonly bool check;
        private readonly BoundedWait wait;
        private readonly Answer answer = new Answer();
        private ProductRuntime runtime;
        private QuiesceRecord record;

        public Quiesce(JsonMap request)
        {
            this.request = request;
            epoch = Names.SetId(request.Text("epoch"));
            run = request.Text("run");
            controller = request.Text("controller");
            seconds = (int)request.Number("item_seconds", 1, 3600);
            check = request.Flag("check", false);
            wait = new BoundedWait(seconds, true);
        }

        public Answer Run()
        {
            using (HostLock.Acquire("quiesce", epoch, check, QuiesceRecord.LockName))
            {
                RequireResumed();
                runtime = new ProductRuntime(request);
                RequireKnown();
                record = new QuiesceRecord(What)
                {
                    Epoch = epoch,
                    RunId = run,
                    Controller = controller,
                    User = Computer.UserName(),
                    Started = Timestamps.Text(Timestamps.Now()),
                };
                record.Items.AddRange(Items());
                answer.Warnings.AddRange(runtime.Warnings);
                answer.Members.Set("record", record.Head()).Set("entries", Described()).Set("processes", Processes());
                answer.Changed = true;   // the record, at least
                if (!check)
                    Perform();
            }
            return answer;
        }

        private static void RequireResumed()
        {
            QuiesceRecord before = QuiesceRecord.Current(What);
            if (before != null && before.IsOpen)
                throw new AgentError("quiesced", What, null, before.Owner(),
                    "Wait until that run has ended. If it has, or was killed, run identityops.groupid.resume.");
        }

        private void RequireKnown()
        {
            List<JsonMap> unmatched = runtime.Claims.Unmatched();
            if (unmatched.Count > 0)
                throw new AgentError("services_unmatched", What, null, "This server has none of: "
                    + string.Join(", ", unmatched.ConvertAll(delegate(JsonMap one)
                    {
                        return one.Text("kind") + " " + one.Text("name");
                    }).ToArray()) + ".", "Correct groupid_services.");
            foreach (ClaimedPool pool in runtime.Pools)
            {
                if (pool.Outside.Count > 0 && !pool.Claim.MayBeShared)
                    throw new AgentError("pool_shared", What, null, "The application pool '" + pool.Facts.Name
                        + "' also serves what is not GroupID's: " + string.Join(", ", pool.Outside.ToArray()) + ".",
                        "Give GroupID a pool of its own, or name this one in groupid_services with shared: true.");
            }
            if (runtime.Services.Count + runtime.Pools.Count + runtime.Tasks.Count == 0)
                throw new AgentError("nothing_to_stop", What, null,
                    "No service, application pool or scheduled task of GroupID was found.",
                    "Check that this is the right server, or name them in groupid_services.");
        }

        // In the order in which they are stopped: what starts work, what takes in work, and what keeps the data.
        private List<QuiescedItem> Items()
        {
            List<QuiescedItem> items = new List<QuiescedItem>();
            foreach (ClaimedTask task in runtime.Tasks)
                items.Add(new QuiescedTask(task.Facts));
            foreach (ClaimedPool pool in runtime.Pools)
                items.Add(new QuiescedPool(Settled(pool.Facts)));
            List<string> known = new List<string>();
            foreach (ClaimedService service in runtime.Services)
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

        // A transition that somebody has begun is awaited; in check mode it counts as ended.
        private ServiceFacts Settled(string service)
        {
            ServiceFacts facts = null;
            bool settled = wait.Until(delegate
            {
                facts = Asked(service);
                return check || facts == null || !QuiescedService.IsPending(facts.State);
            });
            if (facts == null || !settled)
                throw Pending(service, facts == null ? null : RuntimeWords.ServiceState(facts.State));
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
            bool settled = check || !QuiescedPool.IsPending(pool) || wait.Until(delegate
            {
                facts = Iis.Find(pool.Name);
                return facts == null || !QuiescedPool.IsPending(facts);
            });
            if (facts == null || !settled)
                throw Pending(pool.Name, facts == null ? null : facts.State);
            return facts;
        }

        private AgentError Pending(string name, string state)
        {
            return new AgentError("service_pending", What, null, "'" + name + "' " + (state == null
                ? "was there a moment ago, and is gone" : "is still " + state + " after " + seconds + " seconds")
                + ". Nothing was stopped.", "Look at it in Windows' own tools, and run again.");
        }

        private List<JsonMap> Described()
        {
            return record.Items.ConvertAll(delegate(QuiescedItem item) { return item.Described(); });
        }

        // Programs that people have started go on; they are told.
        private List<JsonMap> Processes()
        {
            List<uint> ofServices = runtime.Services.ConvertAll(
                delegate(ClaimedService one) { return one.Facts.Process; });
            return runtime.Processes.FindAll(delegate(ClaimedProcess one)
            {
                return !ofServices.Contains(one.Facts.Id);
            }).ConvertAll(delegate(ClaimedProcess one)
            {
                return new JsonMap().Set("id", one.Facts.Id).Set("program", one.Facts.Program);
            });
        }

        private void Perform()
        {
            record.Write();
            AgentError failure;
            try
            {
                StopAll();
                return;
            }
            catch (Exception error)   // whatever it is, nothing may stay down
            {
                failure = AgentError.Of("quiesce", error);
            }
            Undo(failure);
        }

        private void StopAll()
        {
            List<QuiescedItem> tasks = record.Items.FindAll(
                delegate(QuiescedItem item) { return item is QuiescedTask; });
            foreach (QuiescedItem task in tasks)
                StopIfActive(task);
            foreach (QuiescedItem task in tasks)
                Named(task, delegate { ((QuiescedTask)task).AwaitEnd(wait); });   // they need what is stopped next
            foreach (QuiescedItem item in record.Items)
            {
                if (!tasks.Contains(item))
                    StopIfActive(item);
            }
            RequireStopped();
        }

        // What somebody has stopped since the record was written is left to him.
        private void StopIfActive(QuiescedItem item)
        {
            Progress.ThrowIfCancelled();
            record.RequireCurrent();
            if (item.MayStart || item.HasRun() && IsActive(item, new PoolStates()))
                StopOne(item);
        }

        private void StopOne(QuiescedItem item)
        {
            item.Stopping = QuiescedItem.Begun;
            record.Write();
            Named(item, delegate { item.Stop(wait, record.Save); });
            item.Stopping = QuiescedItem.Done;
            record.Save();
            if (item.Warning != null && !answer.Warnings.Contains(item.Warning))
                answer.Warnings.Add(item.Warning);
        }

        private static bool IsActive(QuiescedItem item, PoolStates pools)
        {
            bool isActive = false;
            Named(item, delegate { isActive = item.IsActive(pools); });
            return isActive;
        }

        // Looks again at everything when all is stopped: what Windows or IIS has started again.
        private void RequireStopped()
        {
            for (int round = 1; ; round++)
            {
                PoolStates pools = new PoolStates();
                List<QuiescedItem> active = record.Items.FindAll(
                    delegate(QuiescedItem item) { return IsActive(item, pools); });
                if (active.Count == 0)
                    return;
                foreach (QuiescedItem item in active)
                {
                    QuiescedPool pool = item as QuiescedPool;
                    if (round == Rounds || pool == null || pool.Stopping == null || !pool.CanBeHeld)
                        throw item.Failure("it runs again although it was stopped");
                    if (runtime.IsConfigurationShared)
                        throw item.Failure("IIS starts it again, and its configuration is shared with other servers, "
                            + "where autoStart is never changed");
                    Named(item, delegate { pool.Hold(wait, record.Save); });
                }
            }
        }

        private static void Named(QuiescedItem item, Action act)
        {
            try
            {
                act();
            }
            catch (SystemError error)
            {
                throw item.Failure(error.Message);
            }
        }

        private void Undo(AgentError failure)
        {
            LockedFileRetry.Reset();
            Resumption way = new Resumption(record, seconds, false);
            way.Run();
            answer.Changed = way.Failures.Count > 0;
            answer.Members.Set("record", record.Head());
            string rest = string.Join(" ", way.Failures.ToArray());
            answer.Failure = new AgentError("stop_failed", What, failure.Path, failure.Cause
                + " What had been stopped was started again" + (rest.Length == 0 ? "." : ", but for this: " + rest),
                rest.Length == 0 ? failure.Next : failure.Next + " Then run identityops.groupid.resume.");
        }
    }
}
