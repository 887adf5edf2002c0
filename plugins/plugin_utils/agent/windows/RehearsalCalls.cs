// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>What a rehearsal sees of one file or folder. Times are FILETIME.</summary>
    internal sealed class ObservedFacts
    {
        public uint Attributes;
        public long Size, Created, Written;
    }

    /// <summary>
    /// A rehearsal's own calls into Windows. A rehearsal judges backup and restore, so it must not use their calls:
    /// these ask by handle for FILE_BASIC_INFO, FILE_STREAM_INFO and the kernel's descriptor, and here older calls
    /// are used. Also makes what only a rehearsal needs. What Windows refuses becomes a SystemError.
    /// </summary>
    internal static class RehearsalCalls
    {
        private const uint GenericRead = 0x80000000, GenericWrite = 0x40000000, ReadAttributes = 0x80;
        private const uint OpenExisting = 3, BackupSemantics = 0x02000000, OpenReparsePoint = 0x00200000;
        private const uint ShareAll = 7, ShareRead = 1, ShareWrite = 2;
        private const uint OwnerGroupAndList = 7;                                    // SECURITY_INFORMATION
        // winioctl.h, FSCTL_*
        private const uint SetSparse = 0x900C4, SetCompression = 0x9C040, SetReparsePoint = 0x900A4;
        private const uint MountPoint = 0xA0000003;                                  // IO_REPARSE_TAG_MOUNT_POINT
        private const int CaseSensitiveInfo = 23;                                    // FILE_INFO_BY_HANDLE_CLASS
        private const uint WriteAttributes = 0x100;
        private const int InsufficientBuffer = 122, EndOfFile = 38;
        private const int LargestContent = 16 * 1024 * 1024;

        [StructLayout(LayoutKind.Sequential)]
        private struct HandleFacts                                                   // BY_HANDLE_FILE_INFORMATION
        {
            public uint Attributes, CreatedLow, CreatedHigh, AccessedLow, AccessedHigh, WrittenLow, WrittenHigh;
            public uint Volume, SizeHigh, SizeLow, LinkCount, IndexHigh, IndexLow;
        }

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        private struct StreamData                                                    // WIN32_FIND_STREAM_DATA
        {
            public long Size;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 296)] public string Name;
        }

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        private static extern SafeFileHandle CreateFileW(string path, uint access, uint share, IntPtr security,
            uint disposition, uint flags, IntPtr template);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        private static extern bool ReadFile(SafeFileHandle file, [Out] byte[] buffer, int count, out int read,
            IntPtr overlapped);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        private static extern bool GetFileInformationByHandle(SafeFileHandle file, out HandleFacts facts);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        private static extern IntPtr FindFirstStreamW(string path, int level, out StreamData found, uint reserved);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        private static extern bool FindNextStreamW(IntPtr search, out StreamData found);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        private static extern bool FindClose(IntPtr search);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        private static extern bool GetFileSecurityW(string path, uint parts, [Out] byte[] descriptor, int size,
            out int needed);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        private static extern bool ConvertSecurityDescriptorToStringSecurityDescriptorW(byte[] descriptor,
            uint revision, uint parts, out IntPtr text, IntPtr length);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        private static extern bool DeviceIoControl(SafeFileHandle file, uint code, byte[] input, int inputSize,
            IntPtr output, int outputSize, out int returned, IntPtr overlapped);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        private static extern bool SetFileInformationByHandle(SafeFileHandle file, int kind, byte[] facts, int size);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
        private static extern IntPtr GetModuleHandleW(string name);

        [DllImport("kernel32.dll", CharSet = CharSet.Ansi, ExactSpelling = true)]
        private static extern IntPtr GetProcAddress(IntPtr module, string name);

        // ---- looking

        /// <summary>For a link, the link itself.</summary>
        public static ObservedFacts Look(string path)
        {
            HandleFacts facts;
            using (SafeFileHandle item = Open(path, ReadAttributes, ShareAll))
                Check(GetFileInformationByHandle(item, out facts));
            return new ObservedFacts
            {
                Attributes = facts.Attributes,
                Size = (facts.Attributes & Win32.Directory) != 0 ? 0 : (long)facts.SizeHigh << 32 | facts.SizeLow,
                Created = (long)facts.CreatedHigh << 32 | facts.CreatedLow,
                Written = (long)facts.WrittenHigh << 32 | facts.WrittenLow,
            };
        }

        /// <summary>SDDL with inherited entries. Null if the file system keeps none.</summary>
        public static string Security(string path)
        {
            if (!FileSecurity.IsSupported(path))
                return null;
            byte[] descriptor = new byte[4096];
            int needed;
            while (!GetFileSecurityW(Extended(path), OwnerGroupAndList, descriptor, descriptor.Length, out needed))
            {
                if (Marshal.GetLastWin32Error() != InsufficientBuffer || needed <= descriptor.Length)
                    throw Win32.Failure(Marshal.GetLastWin32Error());
                descriptor = new byte[needed];
            }
            IntPtr text;
            Check(ConvertSecurityDescriptorToStringSecurityDescriptorW(descriptor, 1, OwnerGroupAndList,
                out text, IntPtr.Zero));
            try
            {
                return Marshal.PtrToStringUni(text);
            }
            finally
            {
                NativeMethods.LocalFree(text);
            }
        }

        /// <summary>Names of the alternate data streams.</summary>
        public static List<string> Streams(string path)
        {
            List<string> names = new List<string>();
            if (!FileStreams.AreSupported(path))
                return names;
            StreamData found;
            IntPtr search = FindFirstStreamW(Extended(path), 0, out found, 0);
            if (search == new IntPtr(-1))
            {
                int error = Marshal.GetLastWin32Error();
                if (error == EndOfFile)
                    return names;
                throw Win32.Failure(error);
            }
            try
            {
                do
                {
                    string[] pieces = found.Name.Split(':');   // ":name:$DATA"
                    if (pieces.Length == 3 && pieces[1].Length > 0)
                        names.Add(pieces[1]);
                }
                while (FindNextStreamW(search, out found));
                return names;
            }
            finally
            {
                FindClose(search);
            }
        }

        /// <summary>`stream` null: the main content.</summary>
        public static byte[] Content(string path, string stream)
        {
            using (SafeFileHandle file = Open(stream == null ? path : path + ":" + stream, GenericRead, ShareAll))
            {
                byte[] content = new byte[0], block = new byte[256 * 1024];
                int count;
                do
                {
                    Check(ReadFile(file, block, block.Length, out count, IntPtr.Zero));
                    Array.Resize(ref content, content.Length + count);
                    Array.Copy(block, 0, content, content.Length - count, count);
                    if (content.Length > LargestContent)
                        throw new SystemError(EndOfFile, "A rehearsal makes no file of this size.");
                }
                while (count > 0);
                return content;
            }
        }

        /// <summary>"Wine 9.0" or "Windows", and its version.</summary>
        public static string System()
        {
            bool wine = GetProcAddress(GetModuleHandleW("ntdll.dll"), "wine_get_version") != IntPtr.Zero;
            return (wine ? "Wine, as Windows " : "Windows ") + Environment.OSVersion.Version;
        }

        // ---- making

        /// <summary>A junction. `target`: a folder by its full path.</summary>
        public static void MakeJunction(string path, string target)
        {
            Win32.CreateFolder(path);
            byte[] name = Encoding.Unicode.GetBytes(@"\??\" + target), shown = Encoding.Unicode.GetBytes(target);
            byte[] data = new byte[8 + 8 + name.Length + 2 + shown.Length + 2];   // REPARSE_DATA_BUFFER
            Put(data, 0, unchecked((int)MountPoint), 4);
            Put(data, 4, data.Length - 8, 2);
            Put(data, 10, name.Length, 2);
            Put(data, 12, name.Length + 2, 2);
            Put(data, 14, shown.Length, 2);
            name.CopyTo(data, 16);
            shown.CopyTo(data, 16 + name.Length + 2);
            Control(path, SetReparsePoint, data);
        }

        public static void MakeSparse(string path)
        {
            Control(path, SetSparse, new byte[0]);
        }

        public static void MakeCompressed(string path)
        {
            Control(path, SetCompression, new byte[] { 1, 0 });   // COMPRESSION_FORMAT_DEFAULT
        }

        /// <summary>An empty folder whose names may differ only in case, as fsutil makes one.</summary>
        public static void MindCase(string folder)
        {
            byte[] flags = { 1, 0, 0, 0 };   // FILE_CS_FLAG_CASE_SENSITIVE_DIR
            using (SafeFileHandle item = Open(folder, WriteAttributes, ShareAll))
                Check(SetFileInformationByHandle(item, CaseSensitiveInfo, flags, flags.Length));
        }

        /// <summary>
        /// Opens a file as a running program does: for reading, and for writing too if it `writes`. Nobody may rename
        /// or delete it meanwhile.
        /// </summary>
        public static SafeFileHandle HoldOpen(string path, bool writes, bool othersRead, bool othersWrite)
        {
            return Open(path, writes ? GenericRead | GenericWrite : GenericRead,
                (othersRead ? ShareRead : 0) | (othersWrite ? ShareWrite : 0));
        }

        /// <summary>A folder that ordinary users may change.</summary>
        public static string LetEverybodyWrite(string folder)
        {
            return FileSecurity.IsSupported(folder)
                ? FileSecurity.Set(folder, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;WD)")
                : "Its file system keeps no access lists.";
        }

        private static void Control(string path, uint code, byte[] input)
        {
            int returned;
            using (SafeFileHandle item = Open(path, GenericRead | GenericWrite, ShareAll))
                Check(DeviceIoControl(item, code, input, input.Length, IntPtr.Zero, 0, out returned, IntPtr.Zero));
        }

        private static void Put(byte[] data, int at, int value, int bytes)
        {
            for (int i = 0; i < bytes; i++)
                data[at + i] = (byte)(value >> 8 * i);
        }

        private static SafeFileHandle Open(string path, uint access, uint share)
        {
            SafeFileHandle file = CreateFileW(Extended(path), access, share, IntPtr.Zero, OpenExisting,
                BackupSemantics | OpenReparsePoint, IntPtr.Zero);
            Win32.CheckOpening(!file.IsInvalid);
            return file;
        }

        private static string Extended(string path)
        {
            return path.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC\" + path.Substring(2) : @"\\?\" + path;
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
