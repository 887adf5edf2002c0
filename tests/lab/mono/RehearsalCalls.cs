// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;

namespace IdentityOpsAgent
{
    internal sealed class ObservedFacts
    {
        public uint Attributes;
        public long Size, Created, Written;
    }

    /// <summary>
    /// The lab's twin of the shipped RehearsalCalls.cs: what a rehearsal sees is asked of Linux, past the faults that
    /// Win32.cs obeys. Not here, because Linux has it not: sparse and compressed as attributes, and share modes, but
    /// for those of a file that this process holds.
    /// </summary>
    internal static class RehearsalCalls
    {
        private const int NotSupported = 50;

        public static ObservedFacts Look(string path)
        {
            Libc.Stat stat;
            Win32.Check(Libc.statx(Libc.CurrentDirectory, PosixName.Encode(path), Libc.NoFollow,
                Libc.BasicStats | Libc.BirthTime, out stat));
            uint type = stat.Mode & Libc.TypeMask;
            return new ObservedFacts
            {
                Attributes =
                    (type == Libc.TypeFolder ? Win32.Directory
                        : type == Libc.TypeLink ? Win32.Directory | Win32.ReparsePoint : 0)   // a junction
                    | ((stat.Mode & Libc.OwnerWrite) == 0 ? Win32.ReadOnly : 0),
                Size = type == Libc.TypeFolder ? 0 : stat.Size,
                Created = FileTime(stat.BirthSeconds, stat.BirthNanoseconds),
                Written = FileTime(stat.WriteSeconds, stat.WriteNanoseconds),
            };
        }

        private static long FileTime(long seconds, uint nanoseconds)
        {
            return 116444736000000000 + seconds * 10000000 + nanoseconds / 100;
        }

        public static string Security(string path)
        {
            return FileSecurity.IsSupported(path) ? FileSecurity.Text(FileSecurity.Read(path)) : null;
        }

        public static List<string> Streams(string path)
        {
            using (SafeFileHandle item = Win32.OpenItem(path))
                return FileStreams.Names(item);
        }

        public static byte[] Content(string path, string stream)
        {
            if (stream == null)
                return Whole(Win32.OpenItem(path));
            return Whole(FileStreams.OpenRead(path, stream));
        }

        private static byte[] Whole(SafeFileHandle opened)
        {
            using (SafeFileHandle file = opened)
            using (MemoryStream content = new MemoryStream())
            {
                byte[] block = new byte[64 * 1024];
                for (int count = 1; count > 0; content.Write(block, 0, count))
                    count = Win32.Check((int)Libc.read(file, block, (IntPtr)block.Length));
                return content.ToArray();
            }
        }

        public static string System()
        {
            return "Linux, in the lab";
        }

        public static void MakeJunction(string path, string target)
        {
            Win32.Check(Libc.symlink(PosixName.Encode(target), PosixName.EncodeSecond(path)));
        }

        public static void MakeSparse(string path)
        {
            throw new SystemError(NotSupported, "The request is not supported.");
        }

        public static void MakeCompressed(string path)
        {
            throw new SystemError(NotSupported, "The request is not supported.");
        }

        public static void MindCase(string folder)
        {
            if (Win32.Names.Equals("a", "A"))   // as every folder of Linux does
                return;
            throw new SystemError(NotSupported, "The request is not supported.");
        }

        public static SafeFileHandle HoldOpen(string path, bool writes, bool othersRead, bool othersWrite)
        {
            SafeFileHandle file = Win32.OpenItem(path);
            LabShareModes.Hold(file.Held = new LabShareMode { Path = path, Writes = writes, OthersRead = othersRead });
            return file;
        }

        public static string LetEverybodyWrite(string folder)
        {
            Win32.Check(Libc.chmod(PosixName.Encode(folder), 0x1FF));
            return null;
        }
    }
}
