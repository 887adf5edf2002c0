// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Shows whether a file, or a folder with everything in it, is unchanged between two looks, without reading any
    // content.
    internal struct TreeFingerprint
    {
        public long Files, Bytes, Newest;
        public long Created;   // of the file or the top folder; not compared

        // Links are not followed. If nothing is there, all values are 0.
        public static TreeFingerprint Of(string path)
        {
            TreeFingerprint fingerprint = new TreeFingerprint();
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                return fingerprint;
            fingerprint.Created = facts.Created;
            if (!Attributes.IsFolder(facts.Attributes) || Attributes.IsLink(facts.Attributes, facts.ReparseTag))
            {
                fingerprint.Add(facts.Size, facts.Written);
                return fingerprint;
            }
            Stack<string> waiting = new Stack<string>();
            waiting.Push(path);
            while (waiting.Count > 0)
            {
                string folder = waiting.Pop();
                foreach (FoundEntry found in TemporaryName.Present(folder))
                {
                    if (Attributes.IsFolder(found.Attributes) && !Attributes.IsLink(found.Attributes, found.ReparseTag))
                        waiting.Push(Paths.Combine(folder, found.Name));
                    else
                        fingerprint.Add(found.Size, found.Written);
                }
            }
            return fingerprint;
        }

        public bool Matches(TreeFingerprint other)
        {
            return Files == other.Files && Bytes == other.Bytes && Newest == other.Newest;
        }

        private void Add(long size, long written)
        {
            Files++;
            Bytes += size;
            Newest = Math.Max(Newest, written);
        }
    }
}
