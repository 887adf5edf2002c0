// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Removes what the agent has made.
    internal static class Deletion
    {
        // Removes a file, or a folder with everything in it. null: it is removed.
        public static SystemError TryDelete(string path)
        {
            try
            {
                Delete(path);
                return null;
            }
            catch (SystemError error)
            {
                return SystemCodes.IsMissing(error) ? null : error;
            }
        }

        // With one attempt, a file that a program has open is left for the next run to remove.
        public static SystemError TryDelete(string path, int attempts)
        {
            if (attempts > 1)
                return TryDelete(path);
            SystemError failure = null;
            LockedFileRetry.Once(delegate { failure = TryDelete(path); });
            return failure;
        }

        // Also removes everything in it. A link is removed, never followed.
        private static void Delete(string path)
        {
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                return;
            if (!Attributes.IsFolder(facts.Attributes))
            {
                Win32.Delete(path);
                return;
            }
            if (!Attributes.IsLink(facts.Attributes, facts.ReparseTag))
            {
                foreach (FoundEntry found in new List<FoundEntry>(Win32.Enumerate(path)))
                    Delete(Paths.Combine(path, found.Name));
            }
            Win32.DeleteFolder(path);
        }
    }
}
