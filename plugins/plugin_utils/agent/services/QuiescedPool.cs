// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // An application pool: it is stopped. It still starts with IIS, unless it started again while it had to be
    // stopped.
    internal sealed class QuiescedPool : QuiescedItem
    {
        private const string Started = "started", Stopped = "stopped", GoingUp = "starting", GoingDown = "stopping",
            OfStoppedIis = "unknown", StartsItself = "auto_start";

        private readonly bool started, startsItself;

        public QuiescedPool(PoolFacts facts)
            : base(ItemKind.Pool, facts.Name)
        {
            started = facts.State == Started || facts.State == GoingUp;
            startsItself = facts.StartsItself;
        }

        public QuiescedPool(string name, JsonMap before)
            : base(ItemKind.Pool, name)
        {
            started = before.Text("state") == Started;
            startsItself = before.Flag(StartsItself, true);
        }

        public override bool HasRun()
        {
            return started;
        }

        public static bool IsPending(PoolFacts facts)
        {
            return facts.State == GoingUp || facts.State == GoingDown;
        }

        // Whether it has stopped, and a worker process of it still has to end.
        public static bool IsEnding(PoolFacts facts)
        {
            return IsDown(facts) && PoolWorkers.Now().Has(facts.Name);
        }

        // Whether its start with IIS can be switched off: it is on, and the quiesce has not changed it yet.
        public bool CanBeHeld
        {
            get { return startsItself && !Changed.Contains(StartsItself); }
        }

        public override bool IsActive(PoolStates pools)
        {
            PoolFacts facts = pools.Find(Name);
            return facts != null && !IsDown(facts) || pools.Workers.Has(Name);
        }

        // A pool that somebody else has stopped or is stopping stays stopped. It may still have to end.
        public override bool NeedsStop(PoolStates pools)
        {
            PoolFacts facts = pools.Find(Name);
            return facts != null && !IsDown(facts) && facts.State != GoingDown;
        }

        // While IIS itself is stopped, the state of its pools is unknown.
        private static bool IsDown(PoolFacts facts)
        {
            return facts.State != Started && !IsPending(facts);
        }

        public override void Stop(BoundedWait wait, Action save)
        {
            Ask(Iis.Stop,
                delegate(PoolFacts now) { return IsDownOrGone(now) || now.State == GoingDown; });
            if (!wait.Until(delegate { return IsDownOrGone(Iis.Find(Name)); }))
                throw Late(wait, "it has not stopped");
        }

        public override void AwaitEnd(BoundedWait wait)
        {
            if (!started)
                return;
            PoolFacts facts = null;
            if (!wait.Until(delegate { facts = Iis.Find(Name); return facts == null || facts.State != GoingDown; }))
                throw Late(wait, "it has not stopped");
            // One that runs again is no matter of waiting.
            if (!wait.Until(delegate { return !HasWorkers() || NeedsStop(new PoolStates()); }))
                throw Late(wait, "it has stopped, but a worker process of it has not ended");
        }

        private static bool IsDownOrGone(PoolFacts facts)
        {
            return facts == null || IsDown(facts);
        }

        // If it is not known whose a process is, the pool has stopped when IIS says so. The watchdog, which is SYSTEM,
        // sees more than this account.
        private bool HasWorkers()
        {
            PoolWorkers workers = PoolWorkers.Now();
            Warning = workers.Unknown == null ? null
                : "It is not known whether all worker processes of the application pools have ended. "
                    + workers.Unknown + ".";
            return workers.Has(Name);
        }

        // IIS refuses a change to the state that the pool already has: somebody may have been faster.
        private void Ask(Action<string> ask, Predicate<PoolFacts> isSo)
        {
            try
            {
                ask(Name);
            }
            catch (AgentError)
            {
                if (!isSo(Iis.Find(Name)))
                    throw;
            }
        }

        // For a pool that IIS starts again although it was stopped.
        public void Hold(BoundedWait wait, Action save)
        {
            Changed.Add(StartsItself);
            save();
            Iis.SetStartsItself(Name, false);
            Stop(wait, save);
            AwaitEnd(wait);
        }

        public override string Resume(BoundedWait wait, bool goesOn, Action save)
        {
            PoolFacts facts = null;
            if (!wait.Until(delegate { facts = Iis.Find(Name); return facts == null || !IsPending(facts); }))
                throw Late(wait, "it is still in transition (" + facts.State + ")");
            if (facts == null)
                return Gone;
            if (Changed.Contains(StartsItself) && !facts.StartsItself)
                Iis.SetStartsItself(Name, true);
            if (IsDown(facts) && !WaitsForIis(facts))
            {
                Ask(Iis.Start, delegate(PoolFacts now) { return now != null && !IsDown(now); });
                if (!wait.Until(delegate { return IsStarted(); }))
                    throw Late(wait, "it has not started");
            }
            return Meanwhile(facts);
        }

        public override string Foreseen(bool goesOn)
        {
            PoolFacts facts = Iis.Find(Name);
            return facts == null ? Gone : Meanwhile(facts);
        }

        private string Meanwhile(PoolFacts facts)
        {
            if (WaitsForIis(facts))
                return "IIS is stopped, and starts the pool when IIS starts";
            return facts.StartsItself == startsItself || Changed.Contains(StartsItself) ? null : ChangedStart(facts);
        }

        private bool WaitsForIis(PoolFacts facts)
        {
            return facts.State == OfStoppedIis && (facts.StartsItself || Changed.Contains(StartsItself));
        }

        public override string Difference(PoolStates pools)
        {
            PoolFacts facts = pools.Find(Name);
            if (facts == null)
                return Gone;
            if (IsDown(facts) == started)
                return "it was " + (started ? Started : Stopped) + " and is " + facts.State;
            return facts.StartsItself == startsItself ? null : ChangedStart(facts);
        }

        protected override JsonMap Before()
        {
            return new JsonMap().Set("state", started ? Started : Stopped).Set(StartsItself, startsItself);
        }

        private bool IsStarted()
        {
            PoolFacts facts = Iis.Find(Name);
            return facts != null && facts.State == Started;
        }

        private static string ChangedStart(PoolFacts facts)
        {
            return facts.StartsItself ? "it starts with IIS now, and did not before"
                : "it does not start with IIS now, and did before";
        }
    }
}
