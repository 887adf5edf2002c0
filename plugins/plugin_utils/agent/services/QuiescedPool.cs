// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // An application pool: stopped; it keeps that it starts with IIS, unless it was seen to start again while it
    // should not.
    internal sealed class QuiescedPool : QuiescedItem
    {
        private const string Started = "started", Stopped = "stopped", GoingUp = "starting", GoingDown = "stopping",
            StartsItself = "auto_start";

        private readonly bool started, startsItself;

        public QuiescedPool(PoolFacts facts)
            : base(Claims.Pool, facts.Name)
        {
            started = facts.State == Started || facts.State == GoingUp;
            startsItself = facts.StartsItself;
        }

        public QuiescedPool(string name, JsonMap before)
            : base(Claims.Pool, name)
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

        // Whether it may be kept from starting with IIS: it does so, and the quiesce has not changed that yet.
        public bool CanBeHeld
        {
            get { return startsItself && !Changed.Contains(StartsItself); }
        }

        public override bool IsActive()
        {
            PoolFacts facts = Iis.Find(Name);
            return facts != null && !IsDown(facts);
        }

        // While IIS itself is stopped, the state of its pools is unknown.
        private static bool IsDown(PoolFacts facts)
        {
            return facts.State != Started && !IsPending(facts);
        }

        public override void Stop(BoundedWait wait, Action save)
        {
            PoolFacts facts = Iis.Find(Name);
            if (facts != null && facts.State == Started)
                Iis.Stop(Name);
            if (!wait.Until(delegate { return !IsActive(); }))
                throw Late(wait, "it has not stopped");
        }

        // What IIS starts again although it was stopped.
        public void Hold(BoundedWait wait, Action save)
        {
            Changed.Add(StartsItself);
            save();
            Iis.SetStartsItself(Name, false);
            Stop(wait, save);
        }

        public override string Resume(BoundedWait wait, bool goesOn, Action save)
        {
            PoolFacts facts = null;
            if (!wait.Until(delegate { facts = Iis.Find(Name); return facts == null || !IsPending(facts); }))
                throw Late(wait, "it is still in transition (" + facts.State + ")");
            if (facts == null)
                return "it is no longer there";
            bool isOurs = Changed.Contains(StartsItself);
            if (isOurs && !facts.StartsItself)
                Iis.SetStartsItself(Name, true);
            if (IsDown(facts))
            {
                Iis.Start(Name);
                if (!wait.Until(delegate { return IsStarted(); }))
                    throw Late(wait, "it has not started");
            }
            return facts.StartsItself == startsItself || isOurs ? null : ChangedStart(facts);
        }

        public override string Difference()
        {
            PoolFacts facts = Iis.Find(Name);
            if (facts == null)
                return "it is no longer there";
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
            return facts.StartsItself ? "it starts with IIS, and did not" : "it does not start with IIS, and did";
        }
    }
}
