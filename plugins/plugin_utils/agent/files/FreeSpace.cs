// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    internal static class FreeSpace
    {
        private const long SpareBytes = 16 * 1024 * 1024;

        // Error `space` when the bytes, one per cent and 16 MB do not fit at the place, or where it will be made.
        public static void Require(string place, long bytes, string what)
        {
            long needed = bytes + bytes / 100 + SpareBytes;
            long free = Win32.FreeBytes(Paths.NearestExisting(place));
            if (bytes > 0 && needed > free)
                throw new AgentError("space", what, place,
                    needed + " bytes are needed there with what is held in reserve, and " + free + " are free.",
                    "Free disk space, or choose another place.");
        }
    }
}
