// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // A service: it is stopped, not disabled. Its start type is changed in two cases. If it ran although it was
    // disabled, it is made startable for the moment of its start. If its recovery would start it again, it is
    // disabled until the way back.
    internal sealed class QuiescedService : QuiescedItem
    {
        private const int InvalidControl = 1052, RequestTimeout = 1053, DatabaseLocked = 1055, AlreadyRunning = 1056,
            CannotAccept = 1061, NotActive = 1062, OwnCode = 1066, MarkedForDeletion = 1072;

        // Disabled by the quiesce; made startable by the way back.
        private const string Held = "held", Lifted = "lifted";

        public string Health;      // of a node of Elasticsearch before the stop; null: not known, or no node
        public bool IsOfCluster;   // it was one of several nodes

        // In the record: the state of a service that Windows was about to start. It counts as running.
        private const string Due = "due";

        private readonly uint state, startType;
        private readonly bool isDue;
        private bool pausesAtLast;

        // facts: after its state changes; a change that has not ended counts as the state that it leads to.
        public QuiescedService(ServiceFacts facts)
            : base(ItemKind.Service, facts.Name)
        {
            isDue = DelayedStart.IsDue(facts);
            state = isDue ? ServiceFacts.Running : TargetOf(facts.State);
            startType = facts.StartType;
            MayStart = isDue || facts.State == ServiceFacts.Stopped && IsStartedAgain(facts);
        }

        public QuiescedService(string name, JsonMap before)
            : base(ItemKind.Service, name)
        {
            isDue = before.Text("state") == Due;
            state = isDue ? ServiceFacts.Running : RuntimeWords.ServiceStateOf(before.Text("state"));
            startType = RuntimeWords.StartTypeOf(before.Text("start_type"));
            Health = ElasticsearchHealth.Known(before.TextOrNull("health"));
            IsOfCluster = before.Flag("cluster", false);
        }

        public bool IsRunning
        {
            get { return state == ServiceFacts.Running && !isDue; }
        }

        public override bool HasRun()
        {
            return state != ServiceFacts.Stopped;
        }

        public static bool IsPending(uint state)
        {
            return TargetOf(state) != state;
        }

        public override bool IsActive(PoolStates pools)
        {
            return StateNow() != ServiceFacts.Stopped;
        }

        // A service that somebody else is stopping stays stopped.
        public override bool NeedsStop(PoolStates pools)
        {
            uint now = StateNow();
            return now != ServiceFacts.Stopped && now != ServiceFacts.StopPending;
        }

        public override void AwaitEnd(BoundedWait wait)
        {
            if (StateNow() == ServiceFacts.StopPending)
                StopOnce(wait, true);
        }

        public override void Stop(BoundedWait wait, Action save)
        {
            StopOnce(wait, false);
            ServiceFacts facts = ServiceControl.Find(Name);
            if (facts == null || !IsStartedAgain(facts) && !(isDue && DelayedStart.IsWaiting(facts)))
                return;
            // Only now: a service whose stop is no failure is not disabled. The flag of its recovery actions would
            // be the smaller change, but "takes effect the next time the system is started", and a restart that is
            // queued "cannot be canceled" (Microsoft Learn: SERVICE_FAILURE_ACTIONS_FLAG, ChangeServiceConfig2W).
            Changed.Add(Held);
            save();
            ServiceControl.SetStartType(Name, ServiceFacts.Disabled);
            StopOnce(wait, false);   // it may have been started meanwhile
        }

        // Now or later. Whether an exit code alone is a failure depends on a flag, with its value at the start of
        // Windows.
        private static bool IsStartedAgain(ServiceFacts facts)
        {
            return facts.Recovers && facts.StartType != ServiceFacts.Disabled
                && (facts.State != ServiceFacts.Stopped
                    || facts.ExitCode != 0 && facts.ExitCode != DelayedStart.NeverStarted);
        }

        // isAsked: to stop.
        private void StopOnce(BoundedWait wait, bool isAsked)
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            if (facts == null || facts.State == ServiceFacts.Stopped)
                return;
            string program = facts.HasOwnProcess ? RunningProcesses.ProgramOf(facts.Process) : null;
            SystemError refusal = null;
            bool hasStopped = false;
            bool done = wait.Until(delegate
            {
                refusal = isAsked ? null : RefusalToStop();
                isAsked |= refusal == null;
                hasStopped |= isAsked && HasStopped(facts);
                return hasStopped && (program == null || RunningProcesses.ProgramOf(facts.Process) != program);
            });
            if (!done && refusal != null)
                throw Failure(refusal.Message);
            if (!done)
                throw Late(wait, hasStopped ? "it has stopped, but its process " + facts.Process + " has not ended"
                    : "it has not stopped");
        }

        // Also true if it runs in another process than before: then it was started again.
        private bool HasStopped(ServiceFacts before)
        {
            ServiceFacts now = ServiceControl.Find(Name);
            return now == null || now.State == ServiceFacts.Stopped
                || before.HasOwnProcess && now.Process != 0 && now.Process != before.Process;
        }

        // null: the request was sent, or is not needed. Otherwise a temporary error: the request can be repeated.
        private SystemError RefusalToStop()
        {
            uint before = StateNow();
            try
            {
                ServiceControl.Stop(Name);
                return null;
            }
            catch (SystemError error)
            {
                if (error.Code == NotActive || error.Code == CannotAccept && before == ServiceFacts.StopPending)
                    return null;
                // The manager waits for the handler of this service, or of another one. A service that is starting
                // accepts no control.
                if (error.Code == CannotAccept || error.Code == RequestTimeout
                    || error.Code == InvalidControl && IsPending(before))
                    return error;
                throw;
            }
        }

        public override string Resume(BoundedWait wait, bool goesOn, Action save)
        {
            ServiceFacts facts = null;
            if (!wait.Until(delegate
            {
                facts = ServiceControl.Find(Name);
                return facts == null || !IsPending(facts.State);
            }))
                throw Late(wait, "it is still in transition (" + RuntimeWords.ServiceState(facts.State) + ")");
            if (facts == null)
                return Gone;
            string meanwhile = Meanwhile(facts, goesOn);
            bool isKeptDown = IsKeptDown(facts);
            try
            {
                if (Changed.Contains(Held) && facts.StartType == ServiceFacts.Disabled)
                    ServiceControl.SetStartType(Name, startType);
                Changed.Remove(Held);
                if (!isKeptDown)
                    BringBack(facts, wait, goesOn, save);
            }
            catch (SystemError error)
            {
                if (error.Code != MarkedForDeletion)
                    throw;
                return "somebody has deleted it";
            }
            return ServiceControl.Find(Name) == null ? Gone : meanwhile;
        }

        public override string Foreseen(bool goesOn)
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            return facts == null ? Gone : Meanwhile(facts, goesOn);
        }

        // What somebody has changed since the quiesce; null: nothing.
        private string Meanwhile(ServiceFacts facts, bool goesOn)
        {
            List<string> all = new List<string>();
            bool isOurs = Changed.Contains(Held) && facts.StartType == ServiceFacts.Disabled
                || Changed.Contains(Lifted) && facts.StartType == ServiceFacts.Manual;
            if (facts.StartType != startType && !isOurs)
                all.Add(StartTypeNow(facts));
            uint now = TargetOf(facts.State);
            if (!IsKeptDown(facts) && now != ServiceFacts.Stopped && now != state && !IsOurStart(goesOn))
                all.Add(StateThen(facts));
            return all.Count == 0 ? null : string.Join("; ", all.ToArray());
        }

        // Somebody has disabled it.
        private bool IsKeptDown(ServiceFacts facts)
        {
            return facts.StartType == ServiceFacts.Disabled && startType != ServiceFacts.Disabled
                && !Changed.Contains(Held);
        }

        // An earlier way back was interrupted between its start and its pause.
        private bool IsOurStart(bool goesOn)
        {
            return goesOn && state == ServiceFacts.Paused;
        }

        private void BringBack(ServiceFacts facts, BoundedWait wait, bool goesOn, Action save)
        {
            bool isDown = facts.State == ServiceFacts.Stopped && HasRun();
            try
            {
                if (isDown && startType == ServiceFacts.Disabled && facts.StartType == ServiceFacts.Disabled)
                {
                    Changed.Add(Lifted);
                    save();
                    ServiceControl.SetStartType(Name, ServiceFacts.Manual);
                }
                if (isDown)
                    Start(wait);
            }
            finally
            {
                Lower();
            }
            pausesAtLast = state == ServiceFacts.Paused && facts.State != ServiceFacts.Paused
                && (isDown || IsOurStart(goesOn));
        }

        private void Lower()
        {
            if (!Changed.Contains(Lifted))
                return;
            ServiceFacts facts = ServiceControl.Find(Name);
            if (facts != null && facts.StartType == ServiceFacts.Manual)
                ServiceControl.SetStartType(Name, ServiceFacts.Disabled);
            Changed.Remove(Lifted);
        }

        private void Start(BoundedWait wait)
        {
            SystemError refusal = null;
            bool isAsked = false;
            bool done = wait.Until(delegate
            {
                refusal = isAsked ? null : RefusalToStart();
                isAsked |= refusal == null;
                return isAsked && StateNow() != ServiceFacts.StartPending;
            });
            if (!done)
                throw refusal == null ? Late(wait, "it has not started") : Failure(refusal.Message);
            ServiceFacts started = ServiceControl.Find(Name);
            if (started != null && started.State == ServiceFacts.Stopped)
                throw Failure("it stopped again" + (started.ExitCode == 0 ? ""
                    : started.ExitCode == OwnCode ? " with an error of its own" : ", error " + started.ExitCode));
        }

        // Like RefusalToStop.
        private SystemError RefusalToStart()
        {
            try
            {
                ServiceControl.Start(Name);
            }
            catch (SystemError error)
            {
                if (error.Code == RequestTimeout || error.Code == DatabaseLocked)
                    return error;
                if (error.Code != AlreadyRunning)
                    throw;
            }
            return null;
        }

        // It is paused last: services that need it can be started only while it runs.
        public override bool IsUnfinished
        {
            get { return pausesAtLast; }
        }

        public override void Finish(BoundedWait wait)
        {
            ServiceControl.Pause(Name);
            if (!wait.Until(delegate { return StateNow() == ServiceFacts.Paused; }))
                throw Late(wait, "it has not paused");
        }

        public override string Difference(PoolStates pools)
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            if (facts == null)
                return Gone;
            if (TargetOf(facts.State) != state && !(isDue && DelayedStart.IsWaiting(facts)))
                return StateThen(facts);
            return facts.StartType == startType ? null : StartTypeNow(facts);
        }

        private string StateThen(ServiceFacts now)
        {
            return "it was " + StateBefore() + " and is " + RuntimeWords.ServiceState(now.State);
        }

        private string StartTypeNow(ServiceFacts now)
        {
            return "its start type was " + RuntimeWords.StartType(startType) + " and is "
                + RuntimeWords.StartType(now.StartType);
        }

        protected override JsonMap Before()
        {
            return new JsonMap().Set("state", StateBefore())
                .Set("start_type", RuntimeWords.StartType(startType)).Set("health", Health).Set("cluster", IsOfCluster);
        }

        private string StateBefore()
        {
            return isDue ? Due : RuntimeWords.ServiceState(state);
        }

        private uint StateNow()
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            return facts == null ? ServiceFacts.Stopped : facts.State;
        }

        // The state that a state change leads to; any other state is returned as it is.
        private static uint TargetOf(uint state)
        {
            switch (state)
            {
                case ServiceFacts.StartPending: return ServiceFacts.Running;
                case ServiceFacts.ContinuePending: return ServiceFacts.Running;
                case ServiceFacts.StopPending: return ServiceFacts.Stopped;
                case ServiceFacts.PausePending: return ServiceFacts.Paused;
                default: return state;
            }
        }
    }
}
