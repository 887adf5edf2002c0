// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // One look. Active: an item that was not stopped, as a sentence for people; null: all are stopped. Unknown: what
    // could not be seen; null: nothing.
    internal sealed class QuiesceLook
    {
        public string Active, Unknown;
    }

    // What the watchdog's process has seen while everything was stopped: its looks, and why they may be no proof.
    internal sealed class QuiesceSamples
    {
        public const int Every = 2000, LongestGap = 10000;   // ms

        public long Count { get; private set; }
        public long Longest { get; private set; }
        public string Broken { get; private set; }
        // What no look has seen, or none for longer than the longest gap; the first cause counts.
        public string Unknown { get; private set; }

        private readonly QuiesceRecord record;
        private long last;         // ticks
        private long? lastWhole;   // ticks of the last look that could see everything
        private string unseen;     // what the looks since then could not see

        // Takes over the looks of an earlier process of this watchdog, if there are any.
        public QuiesceSamples(QuiesceRecord record)
        {
            this.record = record;
            last = record.StoppedTicks ?? 0;
            JsonMap stored = WatchdogFolder.Read(WatchdogFolder.Samples);
            if (stored == null || stored.TextOrNull("epoch") != record.Epoch
                || stored.TextOrNull("run") != record.RunId)
                return;
            try
            {
                Count = stored.Amount("samples");
                Longest = stored.Amount("longest_gap_ms");
                last = stored.Amount("last_ticks");
                Broken = stored.TextOrNull("broken");
                Unknown = stored.TextOrNull("unknown");
                unseen = stored.TextOrNull("unseen");
                lastWhole = stored["last_whole_ticks"] == null ? (long?)null : stored.Amount("last_whole_ticks");
            }
            catch (FormatError)
            {
                Break("The watchdog's samples cannot be read.");
            }
        }

        public bool IsDue(long now)
        {
            return Count == 0 || now - last >= Every;
        }

        public void Add(long now, QuiesceLook look)
        {
            LookAtGap(now);
            last = now;
            LookAtUnseen(now, look.Unknown);
            if (look.Active == null)
                Count++;
            else
                Break(look.Active + " at " + Timestamps.Text(Timestamps.Now()) + ".");
        }

        // The first cause counts.
        public void Break(string cause)
        {
            Broken = Broken ?? cause;
        }

        // At the end: the time since the last look.
        public void LookAtGap(long now)
        {
            if (now < last)
                Break("The server was restarted.");
            long gap = Math.Max(0, now - last);
            Longest = Math.Max(Longest, gap);
            if (gap > LongestGap)
                Break("Nothing checked that everything was stopped for " + gap / 1000 + " seconds, until "
                    + Timestamps.Text(Timestamps.Now()) + ".");
        }

        // cause: what a look at this moment could not see; null: nothing.
        private void LookAtUnseen(long now, string cause)
        {
            unseen = unseen ?? cause;
            if (now - (lastWhole ?? record.StoppedTicks ?? 0) > LongestGap)
                Unknown = Unknown ?? unseen;
            if (cause != null)
                return;
            lastWhole = now;
            unseen = null;
        }

        // If a full drive prevents this, the next look writes everything.
        public void Save()
        {
            try
            {
                WatchdogFolder.Replace(WatchdogFolder.Samples, new JsonMap().Set("epoch", record.Epoch)
                    .Set("run", record.RunId).Set("samples", Count).Set("longest_gap_ms", Longest)
                    .Set("last_ticks", last).Set("broken", Broken).Set("unknown", Unknown)
                    .Set("last_whole_ticks", lastWhole).Set("unseen", unseen));
            }
            catch (SystemError)
            {
                return;
            }
        }

        // What the items of the record do now.
        public static QuiesceLook Look(QuiesceRecord record)
        {
            PoolStates pools = new PoolStates();
            QuiescedItem active = record.Items.Find(
                delegate(QuiescedItem item) { return item.IsActive(pools); });
            bool hasPools = record.Items.Exists(delegate(QuiescedItem item) { return item is QuiescedPool; });
            return new QuiesceLook
            {
                Active = active == null ? null : "The " + active.Kind + " '" + active.Name + "' was not stopped",
                Unknown = hasPools ? pools.Workers.Unknown : null,
            };
        }

        // Before the way back starts anything: writes the proof into the record. Does nothing if nothing was stopped,
        // nobody watched, or the way back has begun already.
        public static void Conclude(QuiesceRecord record, string because)
        {
            if (record.Proof != null || record.Ending || record.BegunTicks == null || record.DeadlineTicks == null)
                return;
            QuiesceSamples samples = new QuiesceSamples(record);
            if (because != null)
                samples.Break(because);
            if (record.Boot != SystemClock.Boot())
                samples.Break("The server was restarted.");
            if (record.Stopped == null)
                samples.Break("Not everything had been stopped.");
            if (samples.Broken == null)
                samples = LookForTheLastTime(record);
            record.Proof = new JsonMap().Set("samples", samples.Count).Set("longest_gap_ms", samples.Longest)
                .Set("broken", samples.Broken).Set("unknown", samples.Unknown);
        }

        // What only this account cannot see is no loss if the watchdog has seen it a moment ago.
        private static QuiesceSamples LookForTheLastTime(QuiesceRecord record)
        {
            string finding;
            QuiesceLook look = null;
            try
            {
                look = Look(record);
                finding = look.Active;
            }
            catch (Exception error)   // whatever it is, GroupID is started again
            {
                AgentError known = error as AgentError;
                finding = "It is not known what was still stopped (" + (known == null ? error.Message : known.Cause)
                    + ")";
            }
            QuiesceSamples samples = new QuiesceSamples(record);   // the watchdog may have looked meanwhile
            if (look != null)
                samples.LookAtUnseen(SystemClock.Ticks(), look.Unknown);
            if (look != null && samples.lastWhole == null)
                samples.Unknown = samples.Unknown ?? samples.unseen;
            samples.LookAtGap(SystemClock.Ticks());
            if (finding != null)
                samples.Break(finding + " when it was to be started again.");
            if (samples.Count == 0)
                samples.Break("The watchdog made no check.");
            return samples;
        }
    }
}
