// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;

namespace IdentityOpsAgent
{
    // One change of a restore to one place. It can be made and undone
    // from every state that a kill may leave.
    //   place    what will be there           old    what is there now, by its own name     null: nothing
    //   staged   the new content, beside it   kept   where the old content is put           null: none
    internal sealed class RestoreStep
    {
        public readonly string Place, Old, Staged, Kept;
        public readonly TreeFingerprint Fingerprint;   // of the content at Old
        public readonly long Created;    // of the new content; 0: not set

        private static int number = Guid.NewGuid().GetHashCode();

        public RestoreStep(string place, string old, string staged, string kept,
            TreeFingerprint fingerprint, long created)
        {
            Place = place;
            Old = old;
            Staged = staged;
            Kept = kept;
            Fingerprint = fingerprint;
            Created = created;
        }

        // New content, which replaces existing content or not.
        public static RestoreStep Put(string place, string old, long created)
        {
            return Make(place, old, true, created);
        }

        public static RestoreStep Remove(string old)
        {
            return Make(old, old, false, 0);
        }

        public string Folder
        {
            get { return Paths.Parent(Place); }
        }

        // For content that was to be replaced, or that was staged.
        public static AgentError Changed(string path)
        {
            return new AgentError("target_changed", "The restore stopped", path,
                "It was changed or removed while the restore was running.",
                "Stop the program that does that, for example an antivirus, and run the same restore again.");
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("place", Place).Set("old", Old).Set("staged", Staged).Set("kept", Kept)
                .Set("files", Fingerprint.Files).Set("bytes", Fingerprint.Bytes).Set("newest", Fingerprint.Newest)
                .Set("old_created", Fingerprint.Created).Set("created", Created);
        }

        // FormatError for a step that no restore writes. All paths must be in one folder, with names of the right
        // kind.
        public static RestoreStep Parse(JsonMap map)
        {
            TreeFingerprint fingerprint = new TreeFingerprint { Files = map.Amount("files"),
                Bytes = map.Amount("bytes"), Newest = map.Amount("newest"), Created = Time(map, "old_created") };
            RestoreStep step = new RestoreStep(Paths.Absolute(map.Text("place"), "place", true), map.TextOrNull("old"),
                map.TextOrNull("staged"), map.TextOrNull("kept"), fingerprint, Time(map, "created"));
            bool sound = step.Folder != null
                && (step.Old == null) == (step.Kept == null) && (step.Old != null || step.Staged != null)
                && step.IsBeside(step.Old, null) && step.IsBeside(step.Staged, TemporaryName.Restoring)
                && step.IsBeside(step.Kept, TemporaryName.Replaced);
            if (!sound)
                throw new FormatError("it does not describe a change of '" + step.Place + "'");
            return step;
        }

        // An agent before 0.6.0 wrote none.
        private static long Time(JsonMap map, string name)
        {
            return map.Has(name) ? map.Amount(name) : 0;
        }

        private static RestoreStep Make(string place, string old, bool isNew, long created)
        {
            string folder = Paths.Parent(place);
            uint mine = (uint)Interlocked.Increment(ref number);
            return new RestoreStep(place,
                old, isNew ? Paths.Combine(folder, TemporaryName.Of(mine, TemporaryName.Restoring)) : null,
                old != null ? Paths.Combine(folder, TemporaryName.Of(mine, TemporaryName.Replaced)) : null,
                old != null ? TreeFingerprint.Of(old) : new TreeFingerprint(), created);
        }

        private bool IsBeside(string path, string kind)
        {
            if (path == null)
                return true;
            string name = Paths.FileName(path);
            return path == Paths.Combine(Folder, name) && Paths.NameProblem(name, true) == null
                && (kind == null || TemporaryName.Is(name, kind));
        }
    }
}
