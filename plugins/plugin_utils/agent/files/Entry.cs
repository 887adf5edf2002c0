// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // A file or folder of a component. Only its own name is kept, and paths are built when needed, so that millions
    // of files fit into memory. The topmost entry (depth 0) is the component itself.
    internal class Entry
    {
        public readonly string Name;
        public readonly Entry Parent;
        public readonly bool IsFolder;
        public FileFacts Facts;

        // SDDL of owner, group and explicit access list; null: not known, or the file system has none.
        public string Security;

        // Selected; of a folder: or something in it is selected.
        public bool Kept;

        // A hard link for it was tried.
        public bool Tried;

        private readonly int depth;
        private bool hashed;
        private ulong first, second, third, last;   // the digest; an array for each would double the memory

        public Entry(string name, Entry parent, bool isFolder)
        {
            Name = name;
            Parent = parent;
            IsFolder = isFolder;
            depth = parent == null ? 0 : parent.depth + 1;
        }

        // Only for folders in trees read from a part's lists, in ordinal order of the names; otherwise null.
        public virtual List<Entry> Children
        {
            get { return null; }
        }

        // SHA-256; null while it is not known. Each call makes a new array.
        public byte[] Digest
        {
            get
            {
                if (!hashed)
                    return null;
                byte[] digest = new byte[32];
                Put(digest, 0, first);
                Put(digest, 8, second);
                Put(digest, 16, third);
                Put(digest, 24, last);
                return digest;
            }
            set
            {
                hashed = value != null;
                if (!hashed)
                    return;
                first = BitConverter.ToUInt64(value, 0);
                second = BitConverter.ToUInt64(value, 8);
                third = BitConverter.ToUInt64(value, 16);
                last = BitConverter.ToUInt64(value, 24);
            }
        }

        // The component that this belongs to.
        public Entry Top
        {
            get
            {
                Entry entry = this;
                while (entry.Parent != null)
                    entry = entry.Parent;
                return entry;
            }
        }

        // Relative to the part: reports/a/b.txt.
        public string Path
        {
            get { return Build("", '/', 0); }
        }

        public string PathInPart(string part)
        {
            return Build(part, Win32.Separator, 0);
        }

        // The path of this entry if the component's root is the given folder.
        public string PathBelow(string componentRoot)
        {
            return Build(componentRoot, Win32.Separator, 1);
        }

        public void Keep()
        {
            for (Entry entry = this; entry != null && !entry.Kept; entry = entry.Parent)
                entry.Kept = true;
        }

        // Ordinal order of paths, as if they were written out.
        public static int ByPath(Entry left, Entry right)
        {
            Entry a = left, b = right;
            while (a.depth > b.depth)
                a = a.Parent;
            while (b.depth > a.depth)
                b = b.Parent;
            if (a == b)
                return left.depth - right.depth;
            while (a.Parent != b.Parent)
            {
                a = a.Parent;
                b = b.Parent;
            }
            return CompareSteps(a.Name, a != left, b.Name, b != right);
        }

        // Compares two names in one folder. A '/' is added to a name whose path goes on.
        private static int CompareSteps(string a, bool aHasMore, string b, bool bHasMore)
        {
            int common = Math.Min(a.Length, b.Length);
            int order = string.CompareOrdinal(a, 0, b, 0, common);
            if (order != 0)
                return order;
            return Next(a, common, aHasMore) - Next(b, common, bHasMore);
        }

        private static int Next(string name, int at, bool hasMore)
        {
            return at < name.Length ? name[at] : hasMore ? '/' : -1;
        }

        private static void Put(byte[] digest, int at, ulong piece)
        {
            BitConverter.GetBytes(piece).CopyTo(digest, at);
        }

        private string Build(string prefix, char separator, int top)
        {
            int length = prefix.Length;
            for (Entry entry = this; entry != null && entry.depth >= top; entry = entry.Parent)
                length += entry.Name.Length + 1;
            if (prefix.Length == 0 || prefix[prefix.Length - 1] == separator)
                length--;
            if (length <= prefix.Length)
                return prefix;
            char[] path = new char[length];
            prefix.CopyTo(0, path, 0, prefix.Length);
            for (Entry entry = this; entry != null && entry.depth >= top; entry = entry.Parent)
            {
                length -= entry.Name.Length;
                entry.Name.CopyTo(0, path, length, entry.Name.Length);
                if (length > prefix.Length)
                    path[--length] = separator;
            }
            return new string(path);
        }
    }

    // A folder of a part's lists. A separate class, so that millions of files do not have a field for children.
    internal sealed class ListedFolder : Entry
    {
        private readonly List<Entry> children = new List<Entry>();

        public ListedFolder(string name, Entry parent) : base(name, parent, true)
        {
        }

        public override List<Entry> Children
        {
            get { return children; }
        }
    }

    // The attributes that this agent uses.
    internal static class Attributes
    {
        // Attributes that a set keeps.
        public const uint Stored = Win32.ReadOnly | Win32.Hidden | Win32.System | Win32.Archive;

        // Attributes that are compared; the archive bit belongs to other programs.
        public const uint Compared = Win32.ReadOnly | Win32.Hidden | Win32.System;

        // A copy does not have these, and a set does not record them.
        public const uint Sparse = 0x200, Compressed = 0x800, Encrypted = 0x4000;

        private const uint NameSurrogate = 0x20000000;

        public static bool IsFolder(uint attributes)
        {
            return (attributes & Win32.Directory) != 0;
        }

        // A symbolic link, junction or mount point. Other reparse points (deduplicated, in the cloud) are files.
        public static bool IsLink(uint attributes, uint reparseTag)
        {
            return (attributes & Win32.ReparsePoint) != 0 && (reparseTag & NameSurrogate) != 0;
        }
    }
}
