// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    internal static class FreeSpace
    {
        private const long SpareBytes = 16 * 1024 * 1024;

        // Error `space` if the bytes, one per cent and 16 MB do not fit there. The place may not exist yet.
        public static void Require(string place, long bytes, string what)
        {
            long needed = bytes + bytes / 100 + SpareBytes;
            long free = Win32.FreeBytes(Paths.NearestExisting(place));
            if (bytes > 0 && needed > free)
                throw new AgentError("space", what, place,
                    needed + " bytes are needed there, with a reserve, and " + free + " are free.",
                    "Free disk space, or choose another place.");
        }
    }

    // The bytes to be written in several places. Places on one drive or share share its free space.
    internal sealed class SpaceNeeds
    {
        private readonly List<string> places = new List<string>();
        private readonly Dictionary<string, long> bytes = new Dictionary<string, long>(Win32.Names);   // by volume

        public void Add(string place, long size)
        {
            long sum;
            bytes.TryGetValue(Paths.Volume(place), out sum);
            bytes[Paths.Volume(place)] = sum + size;
            places.Add(place);
        }

        // Error `space`: they do not fit.
        public void Require(string what)
        {
            foreach (string place in places)
                FreeSpace.Require(place, bytes[Paths.Volume(place)], what);
        }

        // {"path", "bytes", "free_bytes"} of each drive or share. free_bytes: the lowest value of its places; null:
        // not known.
        public List<JsonMap> Described()
        {
            List<JsonMap> described = new List<JsonMap>();
            foreach (KeyValuePair<string, long> volume in bytes)
            {
                List<string> there = places.FindAll(
                    delegate(string place) { return Win32.Names.Equals(Paths.Volume(place), volume.Key); });
                described.Add(new JsonMap().Set("path", volume.Key).Set("bytes", volume.Value)
                    .Set("free_bytes", Least(there)));
            }
            return described;
        }

        private static long? Least(List<string> places)
        {
            long? least = null;
            try
            {
                foreach (string place in places)
                    least = Math.Min(least ?? long.MaxValue, Win32.FreeBytes(Paths.NearestExisting(place)));
                return least;
            }
            catch (SystemError)
            {
                return null;
            }
        }
    }
}
