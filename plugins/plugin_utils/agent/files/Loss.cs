// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // A property of files and folders, besides their content, that a set or a restore did not keep, or a hard link
    // that was not made: for how many, and the first of them.
    internal sealed class Loss : JsonConvertible
    {
        // Of a backup.
        public const string Encrypted = "encrypted", Compressed = "compressed", Sparse = "sparse", Streams = "streams",
            Unread = "security_unread";
        public const string HardLinks = "hard_links", OpenForWriting = "open_for_writing";

        // Of a backup with hard links.
        public const string LinkLimit = "link_limit", OtherVolume = "link_other_volume", NoLinks = "link_unsupported",
            LinkRefused = "link_refused";
        public const string LinkDamaged = "link_damaged", LinkOtherTime = "link_other_time";

        // Of a restore.
        public const string Refused = "security_refused", NoLists = "security_not_kept_here",
            NotInPart = "security_not_in_part";
        public const string StreamsNotRestored = "streams_not_restored";

        private const string Copied = "did not change but were copied: ";

        public readonly string Kind;
        public long Count;
        public string First;   // by path
        public string Cause;   // for the first; null: the kind says everything

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
                case Encrypted: return "are encrypted (EFS). The set has them unencrypted, "
                    + "and a restore does not encrypt them again.";
                case Compressed: return "are compressed by NTFS. "
                    + "A restore compresses them only if their folder is compressed.";
                case Sparse: return "are sparse. The set and a restore have zeros instead of the holes.";
                case Streams: return "have alternate data streams that are not in the set.";
                case Unread: return "have an owner and access list that could not be read. "
                    + "A restore lets them inherit.";
                case LinkLimit: return Copied
                    + "the file in the older set has as many hard links as the file system allows.";
                case OtherVolume: return Copied + "the older set is on another volume.";
                case NoLinks: return Copied + "the file system does not support hard links.";
                case LinkRefused: return Copied + "the link was refused.";
                case LinkDamaged: return Copied
                    + "the file in the older set differs from its record. Verify that set.";
                case LinkOtherTime: return Copied
                    + "the files in the older set have other modification times than its record, "
                    + "for example after a copy that rounds times. "
                    + "A full verify of that set shows whether their content is right.";
                case HardLinks: return "have several names (hard links). The set has a copy for each name, "
                    + "and a restore makes a separate file for each.";
                case OpenForWriting: return "were open for writing while they were copied. "
                    + "Their content may be a mix of several moments.";
                case Refused: return "did not get their owner or access list back.";
                case StreamsNotRestored: return "have alternate data streams in the part that were not put back.";
                case NoLists: return "have an access list in the part that the file system of the target cannot keep.";
                default: return "have no access list in the part. What is restored inherits it.";
            }
        }
    }

    // One Loss for each kind. Can be used by all threads.
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
