// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // A scheduled task: it is disabled, and its running instances are awaited.
    internal sealed class QuiescedTask : QuiescedItem
    {
        private readonly bool enabled;

        public QuiescedTask(TaskFacts facts)
            : base(ItemKind.Task, facts.Path)
        {
            enabled = facts.IsEnabled;
        }

        public QuiescedTask(string name, JsonMap before)
            : base(ItemKind.Task, name)
        {
            enabled = before.Flag("enabled", false);
        }

        public override bool HasRun()
        {
            return enabled;
        }

        public override bool IsActive(PoolStates pools)
        {
            TaskFacts facts = TaskScheduler.Find(Name);
            return facts != null && (facts.IsEnabled || facts.IsBusy());
        }

        // A task that somebody has disabled stays disabled. Its instances are awaited all the same.
        public override bool NeedsStop(PoolStates pools)
        {
            TaskFacts facts = TaskScheduler.Find(Name);
            return facts != null && facts.IsEnabled;
        }

        public override void Stop(BoundedWait wait, Action save)
        {
            TaskFacts facts = TaskScheduler.Find(Name);
            if (facts != null && facts.IsEnabled)
                TaskScheduler.SetEnabled(Name, false);
        }

        // Also for a task that was disabled before: an instance that had begun goes on.
        public override void AwaitEnd(BoundedWait wait)
        {
            if (!wait.Until(delegate { return !IsBusy(); }))
                throw Late(wait, "an instance of it still runs or is queued");
        }

        public override string Resume(BoundedWait wait, bool goesOn, Action save)
        {
            TaskFacts facts = TaskScheduler.Find(Name);
            if (facts == null)
                return Gone;
            if (!facts.IsEnabled)
                TaskScheduler.SetEnabled(Name, true);
            return null;
        }

        public override string Foreseen(bool goesOn)
        {
            return TaskScheduler.Find(Name) == null ? Gone : null;
        }

        public override string Difference(PoolStates pools)
        {
            TaskFacts facts = TaskScheduler.Find(Name);
            if (facts == null)
                return Gone;
            return facts.IsEnabled == enabled ? null : "it is " + (facts.IsEnabled ? "enabled" : "disabled")
                + " now, and was not before";
        }

        protected override JsonMap Before()
        {
            return new JsonMap().Set("enabled", enabled);
        }

        private bool IsBusy()
        {
            TaskFacts facts = TaskScheduler.Find(Name);
            return facts != null && facts.IsBusy();
        }
    }
}
