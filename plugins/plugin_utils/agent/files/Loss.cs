// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // A property of files and folders, not their content, that a set or a restore did not keep,
    // or a hard link that was not made: of how many, and of which first.
    internal sealed class Loss : JsonConvertible
    {
        // Of a backup.
        public const string Encrypted = "encrypted", Compressed = "compressed", Sparse = "sparse", Streams = "streams",
            Unread = "security_unread";
        public const string HardLinks = "hard_links", OpenForWriting = "open_for_writing";

        // Of a backup that links what did not change.
        public const string LinkLimit = "link_limit", OtherVolume = "link_other_volume", NoLinks = "link_unsupported",
            LinkRefused = "link_refused";
        public const string LinkDamaged = "link_damaged", LinkOtherTime = "link_other_time";

        // Of a restore.
        public const string Refused = "security_refused", NoLists = "security_not_kept_here",
            NotInPart = "security_not_in_part";
        public const string StreamsNotRestored = "streams_not_restored";

        private const string Copied = "did not change and were copied all the same: ";

        public readonly string Kind;
        public long Count;
        public string First;   // by path
        public string Cause;   // of the first; null: the kind says all

        public Loss(string kind)
        {
            Kind = kind;
        }

        public string Sentence
        {
            get
            {
                return Count + " files or folders " + Explanation() + " The first is " + First
                    + (Cause == null ? "." : ": " + Cause);
            }
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("kind", Kind).Set("count", Count).Set("first", First).Set("cause", Cause);
        }

        private string Explanation()
        {
            switch (Kind)
            {
                case Encrypted: return "are encrypted (EFS); the set holds them readable, "
                    + "and a restore does not encrypt them again.";
                case Compressed: return "are compressed by NTFS; "
                    + "a restore compresses them only where their folder does.";
                case Sparse: return "are sparse; the set and a restore hold their holes as zeros.";
                case Streams: return "have alternate data streams that the set does not hold.";
                case Unread: return "did not tell their owner and access list; a restore lets them inherit.";
                case LinkLimit: return Copied
                    + "the file in the older set has as many names as the file system allows.";
                case OtherVolume: return Copied + "the older set lies on another volume.";
                case NoLinks: return Copied + "the file system has no hard links.";
                case LinkRefused: return Copied + "the link was refused.";
                case LinkDamaged: return Copied
                    + "the file in the older set is not as its record says. Verify that set.";
                case LinkOtherTime: return Copied
                    + "the files in the older set have other times of writing than its record, "
                    + "as after a copy that rounds times. "
                    + "A full verify of that set tells whether their content is right.";
                case HardLinks: return "have further names (hard links); the set has a copy for each name, "
                    + "and a restore makes a file of its own of each.";
                case OpenForWriting: return "were open for writing while they were copied; "
                    + "their content may be of several moments.";
                case Refused: return "did not get their owner or access list back.";
                case StreamsNotRestored: return "have alternate data streams in the part that were not put back.";
                case NoLists: return "have an access list in the part that the file system of the target cannot keep.";
                default: return "have no access list in the part; what is written inherits.";
            }
        }
    }

    // One Loss for each kind. For all threads.
    internal sealed class Losses
    {
        private readonly SortedDictionary<string, Loss> kinds =
            new SortedDictionary<string, Loss>(System.StringComparer.Ordinal);

        public void Add(string kind, string path, string cause)
        {
            lock (kinds)
            {
                Loss loss;
                if (!kinds.TryGetValue(kind, out loss))
                    kinds.Add(kind, loss = new Loss(kind));
                loss.Count++;
                if (loss.First != null && string.CompareOrdinal(loss.First, path) <= 0)
                    return;
                loss.First = path;
                loss.Cause = cause;
            }
        }

        public List<Loss> All
        {
            get { return new List<Loss>(kinds.Values); }
        }

        public List<string> Sentences
        {
            get { return All.ConvertAll(delegate(Loss loss) { return loss.Sentence; }); }
        }
    }
}
