// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // One item of the record: its state before the quiesce, what the quiesce did to it, and the progress of its way
    // back.
    internal abstract class QuiescedItem
    {
        // Marks of `Stopping` and `Resuming`. `Begun` is on the disk before anything is changed, so that a later
        // process knows what the quiesce may have changed.
        public const string Begun = "begun", Done = "done";

        public readonly string Kind, Name;
        public string Stopping, Resuming;   // null: not yet
        public string Note;                 // what somebody changed meanwhile, which is kept
        public string Warning;              // what is not known about its stop

        protected const string Gone = "it is no longer there";

        // What else the quiesce has changed, for the way back.
        protected readonly List<string> Changed = new List<string>();

        protected QuiescedItem(string kind, string name)
        {
            Kind = kind;
            Name = name;
        }

        // Whether the recorded item was able to write: then the quiesce stops it.
        public abstract bool HasRun();

        // Whether it does not run, but Windows may be about to start it: then the quiesce prevents that.
        public bool MayStart { get; protected set; }

        public abstract bool IsActive(PoolStates pools);

        // Whether there is something to stop. What somebody else has stopped is never started by the way back.
        public virtual bool NeedsStop(PoolStates pools)
        {
            return IsActive(pools);
        }

        // Waits for the end of what goes on although nothing new is started: instances, worker processes. Also for an
        // item that somebody else has stopped.
        public virtual void AwaitEnd(BoundedWait wait)
        {
        }

        // Stops it, so that IsActive becomes false. `save`: writes the record before a change that the way back must
        // know.
        public abstract void Stop(BoundedWait wait, Action save);

        // Brings back the recorded state. Returns what somebody changed meanwhile, which is kept; null for nothing.
        // goesOn: an earlier way back had begun with it. save: see Stop.
        public abstract string Resume(BoundedWait wait, bool goesOn, Action save);

        // What Resume would return now.
        public abstract string Foreseen(bool goesOn);

        // Whether Resume has left something for Finish, which is called when all items of the kind have been brought
        // back.
        public virtual bool IsUnfinished
        {
            get { return false; }
        }

        public virtual void Finish(BoundedWait wait)
        {
        }

        // How it differs from the record, if the quiesce did not change it; null: not at all.
        public abstract string Difference(PoolStates pools);

        protected abstract JsonMap Before();

        public JsonMap ToJson()
        {
            return new JsonMap().Set("kind", Kind).Set("name", Name).Set("before", Before()).Set("may_start", MayStart)
                .Set("changed", Changed).Set("stopping", Stopping).Set("resuming", Resuming)
                .Set("note", Note);
        }

        // FormatError for what no quiesce writes.
        public static QuiescedItem Parse(JsonMap stored)
        {
            string kind = stored.Text("kind"), name = stored.Text("name");
            JsonMap before = stored.MapOrEmpty("before");
            QuiescedItem item;
            if (kind == ItemKind.Service)
                item = new QuiescedService(name, before);
            else if (kind == ItemKind.Pool)
                item = new QuiescedPool(name, before);
            else if (kind == ItemKind.Task)
                item = new QuiescedTask(name, before);
            else
                throw new FormatError("'" + kind + "' is not a kind of item");
            item.MayStart = stored.Flag("may_start", false);
            item.Changed.AddRange(stored.Texts("changed"));
            item.Stopping = stored.TextOrNull("stopping");
            item.Resuming = stored.TextOrNull("resuming");
            item.Note = stored.TextOrNull("note");
            return item;
        }

        // Whether its way back has come further than that of `other`, which is the same item.
        public bool IsAheadOf(QuiescedItem other)
        {
            return Resuming != null && (other.Resuming == null || Resuming == Done && other.Resuming != Done);
        }

        // For people: what it is, and what state it will get back.
        public JsonMap Described()
        {
            return new JsonMap().Set("kind", Kind).Set("name", Name).Set("before", Before())
                .Set("stopped", HasRun() || MayStart);
        }

        public AgentError Late(BoundedWait wait, string what)
        {
            return Failure(what + " after " + wait.Seconds + " seconds");
        }

        public AgentError Failure(string cause)
        {
            return new AgentError("not_done", "A " + Kind + " did not do what it was asked", null,
                "The " + Kind + " '" + Name + "': " + cause.TrimEnd('.') + ".",
                "Look at it in Windows' own tools and in the event log, and remove the cause.");
        }
    }
}
