// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // A service: stopped, and never disabled. Its start type changes only where it could not be started again without
    // (it ran and was disabled), and only for the moment of the start.
    internal sealed class QuiescedService : QuiescedItem
    {
        private const int AlreadyRunning = 1056, CannotAccept = 1061, NotActive = 1062, OwnCode = 1066;
        private const string Recovery = "recovery", StartType = "start_type";

        private readonly uint state, startType;
        private readonly bool recoversFromErrors;

        // facts: after its transitions; one that has not ended counts as what it leads to.
        public QuiescedService(ServiceFacts facts)
            : base(Claims.Service, facts.Name)
        {
            state = TargetOf(facts.State);
            startType = facts.StartType;
            recoversFromErrors = facts.Recovers && facts.RecoversFromErrors;
        }

        public QuiescedService(string name, JsonMap before)
            : base(Claims.Service, name)
        {
            state = RuntimeWords.ServiceStateOf(before.Text("state"));
            startType = RuntimeWords.StartTypeOf(before.Text("start_type"));
            recoversFromErrors = before.Flag("recovers_from_errors", false);
        }

        public override bool HasRun()
        {
            return state != ServiceFacts.Stopped;
        }

        public static bool IsPending(uint state)
        {
            return TargetOf(state) != state;
        }

        public override bool IsActive()
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            return facts != null && facts.State != ServiceFacts.Stopped;
        }

        public override void Stop(BoundedWait wait, Action save)
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            if (facts == null)
                return;
            if (facts.Recovers && facts.RecoversFromErrors && recoversFromErrors)
            {
                Changed.Add(Recovery);
                save();
                ServiceControl.SetRecoversFromErrors(Name, false);
            }
            if (!wait.Until(TriedToStop) || !wait.Until(delegate { return !IsActive(); }))
                throw Late(wait, "it has not stopped");
            if (facts.HasOwnProcess && !wait.Until(delegate { return !IsThere(facts.Process); }))
                throw Late(wait, "it has stopped, and its process " + facts.Process + " has not ended");
        }

        // False: it cannot be asked now, and may be later.
        private bool TriedToStop()
        {
            try
            {
                ServiceControl.Stop(Name);
            }
            catch (SystemError error)
            {
                if (error.Code == CannotAccept)
                    return !IsActive();
                if (error.Code != NotActive)
                    throw;
            }
            return true;
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
                return "it is no longer there";
            List<string> meanwhile = new List<string>();
            bool isLifted = Changed.Contains(StartType) && facts.StartType == ServiceFacts.Manual;
            if (facts.StartType != startType && !isLifted)
                meanwhile.Add(StartTypeNow(facts));
            try
            {
                if (facts.StartType != ServiceFacts.Disabled || startType == ServiceFacts.Disabled)
                    BringBack(facts, wait, goesOn, save, meanwhile);
            }
            finally
            {
                if (Changed.Contains(Recovery) && !facts.RecoversFromErrors)
                    ServiceControl.SetRecoversFromErrors(Name, true);
                if (Changed.Contains(StartType) && ServiceControl.Find(Name).StartType == ServiceFacts.Manual)
                    ServiceControl.SetStartType(Name, ServiceFacts.Disabled);
                Changed.Remove(StartType);
            }
            return meanwhile.Count == 0 ? null : string.Join("; ", meanwhile.ToArray());
        }

        private void BringBack(ServiceFacts facts, BoundedWait wait, bool goesOn, Action save, List<string> meanwhile)
        {
            bool pauses = state == ServiceFacts.Paused && facts.State != ServiceFacts.Paused;
            if (facts.State == ServiceFacts.Stopped)
            {
                if (facts.StartType == ServiceFacts.Disabled)
                {
                    Changed.Add(StartType);
                    save();
                    ServiceControl.SetStartType(Name, ServiceFacts.Manual);
                }
                Start(wait);
            }
            else if (facts.State != state && !(pauses && goesOn))
            {
                meanwhile.Add(StateThen(facts));
                return;
            }
            if (!pauses)
                return;
            ServiceControl.Pause(Name);
            if (!wait.Until(delegate { return StateNow() == ServiceFacts.Paused; }))
                throw Late(wait, "it has not paused");
        }

        private void Start(BoundedWait wait)
        {
            try
            {
                ServiceControl.Start(Name);
            }
            catch (SystemError error)
            {
                if (error.Code != AlreadyRunning)
                    throw;
            }
            if (!wait.Until(delegate { return StateNow() != ServiceFacts.StartPending; }))
                throw Late(wait, "it has not started");
            ServiceFacts started = ServiceControl.Find(Name);
            if (started == null || started.State == ServiceFacts.Stopped)
                throw Failure("it stopped again" + (started == null || started.ExitCode == 0 ? ""
                    : started.ExitCode == OwnCode ? " with an error of its own" : ", error " + started.ExitCode));
        }

        public override string Difference()
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            if (facts == null)
                return "it is no longer there";
            if (TargetOf(facts.State) != state)
                return StateThen(facts);
            return facts.StartType == startType ? null : StartTypeNow(facts);
        }

        private string StateThen(ServiceFacts now)
        {
            return "it was " + RuntimeWords.ServiceState(state) + " and is " + RuntimeWords.ServiceState(now.State);
        }

        private string StartTypeNow(ServiceFacts now)
        {
            return "its start type was " + RuntimeWords.StartType(startType) + " and is "
                + RuntimeWords.StartType(now.StartType);
        }

        protected override JsonMap Before()
        {
            return new JsonMap().Set("state", RuntimeWords.ServiceState(state))
                .Set("start_type", RuntimeWords.StartType(startType)).Set("recovers_from_errors", recoversFromErrors);
        }

        private uint StateNow()
        {
            ServiceFacts facts = ServiceControl.Find(Name);
            return facts == null ? ServiceFacts.Stopped : facts.State;
        }

        private static bool IsThere(uint process)
        {
            return process != 0 && RunningProcesses.All().Exists(delegate(ProcessFacts one)
            {
                return one.Id == process;
            });
        }

        // Where a transition leads to; a state that is none leads to itself.
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
