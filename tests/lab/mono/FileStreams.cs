// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>The lab's disks keep no alternate data streams; nobody asks for one of them then.</summary>
    internal static class FileStreams
    {
        public static bool AreKept(string path)
        {
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                throw Win32.Failure(Libc.ENOENT);
            return false;
        }

        public static bool HasAny(SafeFileHandle item)
        {
            throw new NotSupportedException();
        }
    }
}
