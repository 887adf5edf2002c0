// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Removes what the agent has made.
    internal static class Deletion
    {
        // A folder with all below it, or a file. null: it is gone.
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

        // One attempt: what something holds stays for the next run to remove.
        public static SystemError TryDelete(string path, int attempts)
        {
            if (attempts > 1)
                return TryDelete(path);
            SystemError failure = null;
            LockedFileRetry.Once(delegate { failure = TryDelete(path); });
            return failure;
        }

        // With all below it; a link is removed, never followed.
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
