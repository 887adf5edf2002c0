// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows as its headers declare it (fileapi.h, winbase.h, sysinfoapi.h, sddl.h), for Win32.cs alone. The
    /// structures have the same layout in 32 and 64 bits, or pointers where Windows has pointers.
    /// </summary>
    internal static class NativeMethods
    {
        // CreateFileW
        public const uint ReadAttributes = 0x80, WriteAttributes = 0x100, GenericRead = 0x80000000,
            GenericWrite = 0x40000000;
        // ShareAll: others may also delete or rename it meanwhile.
        public const uint ShareRead = 1, ShareWrite = 2, ShareAll = 7;
        public const uint CreateNew = 1, OpenExisting = 3, OpenAlways = 4;
        // Opens folders too; backup operators need no rights in the access list.
        public const uint BackupSemantics = 0x02000000;
        // Read ahead, and keep the cache for others.
        public const uint SequentialScan = 0x08000000;
        public const uint OpenReparsePoint = 0x00200000;                     // the link, not what it leads to

        // FILE_INFO_BY_HANDLE_CLASS, and the bytes of each structure
        public const int BasicClass = 0, StandardClass = 1, StreamClass = 7, TagClass = 9;
        public const int BasicSize = 40, StandardSize = 24, TagSize = 8;

        // FindFirstFileExW
        public const int BasicInfo = 1;                                      // no 8.3 names
        public const int NameMatch = 0;
        // Many entries in each round trip to a file server.
        public const int LargeFetch = 2;

        public const int StatusDeletePending = unchecked((int)0xC0000056);   // ntstatus.h

        public const uint NameNormalized = 0, NameOpened = 8;                // GetFinalPathNameByHandleW
        // MoveFileExW; without COPY_ALLOWED it is a rename or fails.
        public const uint ReplaceExisting = 1, WriteThrough = 8;
        public const uint LockNow = 1, LockExclusive = 2;                    // LockFileEx
        public const int DnsHostName = 1, DnsFullyQualified = 3;             // COMPUTER_NAME_FORMAT
        public const uint FixedDrive = 3;                                    // GetDriveTypeW
        // FormatMessageW: FROM_SYSTEM, IGNORE_INSERTS, MAX_WIDTH_MASK
        public const uint OneLineFromSystem = 0x1000 | 0x200 | 0xFF;

        // GetSecurityInfo, SetEntriesInAclW
        public const uint ReadControl = 0x20000, WriteDacl = 0x40000;
        public const int FileObject = 1;
        public const uint OwnerInformation = 1, DaclInformation = 4;
        // Read, write, execute, delete; not the list itself.
        public const uint Modify = 0x1301BF;
        public const int GrantAccess = 1, TrusteeIsName = 1;
        public const uint InheritToAll = 3;                                  // folders and files below
        public const uint PersistentAcls = 8, NamedStreams = 0x40000;        // GetVolumeInformationByHandleW

        [StructLayout(LayoutKind.Sequential)]
        public struct BasicFacts                                             // FILE_BASIC_INFO
        {
            public long Created, Accessed, Written, Changed;
            public uint Attributes;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct StandardFacts                                          // FILE_STANDARD_INFO
        {
            public long AllocationSize, EndOfFile;
            public uint Links;
            public byte DeletePending, IsFolder;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct TagFacts                                               // FILE_ATTRIBUTE_TAG_INFO
        {
            public uint Attributes, ReparseTag;
        }

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        public struct FindData                                               // WIN32_FIND_DATAW
        {
            public uint Attributes;
            public uint CreatedLow, CreatedHigh, AccessedLow, AccessedHigh, WrittenLow, WrittenHigh;
            public uint SizeHigh, SizeLow;
            public uint ReparseTag, Reserved;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 260)] public string Name;
            [MarshalAs(UnmanagedType.ByValTStr, SizeConst = 14)] public string ShortName;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct Overlapped                                             // OVERLAPPED
        {
            public IntPtr Internal, InternalHigh;
            public uint Offset, OffsetHigh;
            public IntPtr Event;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct SecurityAttributes                                     // SECURITY_ATTRIBUTES
        {
            public int Length;
            public IntPtr Descriptor;
            public int InheritHandle;
        }

        [StructLayout(LayoutKind.Sequential, CharSet = CharSet.Unicode)]
        public struct ExplicitAccess                                         // EXPLICIT_ACCESS_W with its TRUSTEE_W
        {
            public uint Permissions;
            public int Mode;
            public uint Inheritance;
            public IntPtr MultipleTrustee;
            public int MultipleTrusteeOperation, TrusteeForm, TrusteeType;
            [MarshalAs(UnmanagedType.LPWStr)] public string TrusteeName;
        }

        public sealed class SafeFindHandle : SafeHandleZeroOrMinusOneIsInvalid
        {
            private SafeFindHandle()
                : base(true)
            {
            }

            protected override bool ReleaseHandle()
            {
                return FindClose(handle);
            }
        }

        // ---- files

        [DllImport("ntdll.dll", ExactSpelling = true)]
        public static extern int RtlGetLastNtStatus();

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern SafeFileHandle CreateFileW(string path, uint access, uint share, IntPtr security,
            uint disposition, uint flags, IntPtr template);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool ReadFile(SafeFileHandle file, [Out] byte[] buffer, int count, out int read,
            IntPtr overlapped);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool WriteFile(SafeFileHandle file, ref byte first, int count, out int wrote,
            IntPtr overlapped);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool FlushFileBuffers(SafeFileHandle file);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool SetFilePointerEx(SafeFileHandle file, long distance, IntPtr position, uint from);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool SetEndOfFile(SafeFileHandle file);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool LockFileEx(SafeFileHandle file, uint flags, uint reserved, uint bytesLow,
            uint bytesHigh, ref Overlapped place);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetFileInformationByHandleEx(SafeFileHandle file, int kind,
            out BasicFacts facts, int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetFileInformationByHandleEx(SafeFileHandle file, int kind,
            out StandardFacts facts, int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetFileInformationByHandleEx(SafeFileHandle file, int kind,
            out TagFacts facts, int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetFileInformationByHandleEx(SafeFileHandle file, int kind,
            [Out] byte[] facts, int size);

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool SetFileInformationByHandle(SafeFileHandle file, int kind,
            ref BasicFacts facts, int size);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern uint GetFinalPathNameByHandleW(SafeFileHandle file, StringBuilder path,
            uint size, uint form);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool MoveFileExW(string from, string to, uint flags);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool CreateHardLinkW(string name, string existing, IntPtr security);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool DeleteFileW(string path);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool SetFileAttributesW(string path, uint attributes);

        // ---- folders

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern SafeFindHandle FindFirstFileExW(string pattern, int level, out FindData found, int search,
            IntPtr filter, int flags);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool FindNextFileW(SafeFindHandle search, out FindData found);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        private static extern bool FindClose(IntPtr search);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool CreateDirectoryW(string path, IntPtr security);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool CreateDirectoryW(string path, ref SecurityAttributes security);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool RemoveDirectoryW(string path);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool ConvertStringSecurityDescriptorToSecurityDescriptorW(string text, uint revision,
            out IntPtr descriptor, IntPtr size);

        [DllImport("advapi32.dll", ExactSpelling = true)]
        public static extern int GetSecurityInfo(SafeFileHandle item, int kind, uint parts, IntPtr owner, IntPtr group,
            out IntPtr list, IntPtr audit, out IntPtr descriptor);

        [DllImport("advapi32.dll", ExactSpelling = true)]
        public static extern int GetSecurityInfo(SafeFileHandle item, int kind, uint parts, out IntPtr owner,
            IntPtr group, IntPtr list, IntPtr audit, out IntPtr descriptor);

        [DllImport("advapi32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
        public static extern int SetEntriesInAclW(int count, ref ExplicitAccess entry, IntPtr old, out IntPtr list);

        [DllImport("advapi32.dll", ExactSpelling = true)]
        public static extern int SetSecurityInfo(SafeFileHandle item, int kind, uint parts, IntPtr owner, IntPtr group,
            IntPtr list, IntPtr audit);

        [DllImport("kernel32.dll", ExactSpelling = true)]
        public static extern IntPtr LocalFree(IntPtr memory);

        // ---- volumes

        [DllImport("kernel32.dll", ExactSpelling = true, SetLastError = true)]
        public static extern bool GetVolumeInformationByHandleW(SafeFileHandle item, IntPtr label, int labelSize,
            IntPtr serial, IntPtr longestName, out uint features, IntPtr fileSystem, int fileSystemSize);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
        public static extern uint GetDriveTypeW(string root);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool GetVolumeInformationW(string root, StringBuilder label, int labelSize, IntPtr serial,
            IntPtr longestName, IntPtr features, StringBuilder fileSystem, int fileSystemSize);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool GetDiskFreeSpaceExW(string folder, out long freeToCaller, out long all, IntPtr free);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool GetVolumePathNameW(string path, StringBuilder mount, int size);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool GetVolumeNameForVolumeMountPointW(string mount, StringBuilder volume, int size);

        // ---- the computer

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern bool GetComputerNameExW(int form, StringBuilder name, ref uint size);

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true, SetLastError = true)]
        public static extern uint FormatMessageW(uint flags, IntPtr source, int error, uint language,
            StringBuilder text, int size, IntPtr arguments);
    }
}
