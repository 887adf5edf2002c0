// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    /// <summary>What the system says about one file or folder. Times are FILETIME: 100 ns since 1601, UTC.</summary>
    internal struct FileFacts
    {
        public uint Attributes;
        public uint ReparseTag;   // 0 unless Attributes has ReparsePoint
        public long Size;         // bytes
        public long Created;
        public long Written;
        public long Changed;      // content, name, attributes or security
    }

    /// <summary>One name in a folder, with what the listing gives at no cost.</summary>
    internal struct FoundEntry
    {
        public string Name;
        public uint Attributes;
        public uint ReparseTag;
        public long Size;
        public long Created;
        public long Written;
    }

    /// <summary>A fixed drive. Root ends with the separator.</summary>
    internal sealed class DriveFacts
    {
        public string Root;
        public string FileSystem;
        public long Bytes;
        public long FreeBytes;    // for the caller, quotas included
    }
}
