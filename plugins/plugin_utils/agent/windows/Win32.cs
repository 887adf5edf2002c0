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
    /// <summary>
    /// Every call of the agent into Windows for files and folders, except security (FolderSecurity.cs,
    /// FileSecurity.cs) and streams (FileStreams.cs). System.IO is not used: before .NET Framework 4.6.2 it refuses
    /// long paths, and it cannot open with backup semantics or without following links. Paths come in absolute and
    /// plain. Here they get \\?\ in front, which allows more than 260 characters and names such as "NUL" and "dot.".
    /// What Windows refuses becomes a SystemError.
    /// </summary>
    internal static class Win32
    {
        public const uint ReadOnly = 0x1, Hidden = 0x2, System = 0x4, Directory = 0x10, Archive = 0x20, Normal = 0x80,
            ReparsePoint = 0x400;
        public const char Separator = '\\';
        public static readonly StringComparer Names = StringComparer.OrdinalIgnoreCase;

        private const string LongPrefix = @"\\?\", LongSharePrefix = @"\\?\UNC\";
        private const int NoFunction = 1, FileNotFound = 2, PathNotFound = 3, AccessDenied = 5, NoMoreFiles = 18,
            SharingViolation = 32, LockViolation = 33, NotSupported = 50, InvalidParameter = 87, NotEmpty = 145,
            DeletePending = 303, LinkRefused = 4392;

        // Finding the function is itself a call that sets the status, so it is done before a status is read.
        public static void Prepare()
        {
            NativeMethods.RtlGetLastNtStatus();
        }

        /// <summary>"X:\..." or "\\server\share[\...]"; not relative to a drive, not the \\?\ and \\.\ forms.</summary>
        public static bool IsAbsolute(string path)
        {
            if (path.Length >= 3 && path[1] == ':' && path[2] == Separator)
                return (path[0] | 0x20) >= 'a' && (path[0] | 0x20) <= 'z';
            if (!path.StartsWith(@"\\", StringComparison.Ordinal))
                return false;
            string[] parts = path.Substring(2).Split(Separator);
            return parts.Length >= 2 && parts[0].Length > 0 && parts[1].Length > 0
                && parts[0] != "?" && parts[0] != ".";
        }

        /// <summary>Whether an absolute path is on another computer, as far as its text shows.</summary>
        public static bool IsShare(string path)
        {
            return path.StartsWith(@"\\", StringComparison.Ordinal);
        }

        public static long FreeBytes(string existingDirectory)
        {
            long free, all;
            // For a share, the separator is necessary.
            string folder = Extended(existingDirectory.TrimEnd(Separator)) + Separator;
            Check(NativeMethods.GetDiskFreeSpaceExW(folder, out free, out all, IntPtr.Zero));
            return free;
        }

        // ---- looking: a link at the end of a path is itself what is looked at

        /// <summary>False also for a deleted name that goes when its last handle is closed.</summary>
        public static bool TryFacts(string path, out FileFacts facts)
        {
            using (SafeFileHandle file = NativeMethods.CreateFileW(Extended(path),
                NativeMethods.ReadAttributes, NativeMethods.ShareAll, IntPtr.Zero, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint, IntPtr.Zero))
            {
                if (!file.IsInvalid)
                {
                    facts = Facts(file);
                    return true;
                }
                int error = ErrorOfOpening();
                facts = new FileFacts();
                if (error == FileNotFound || error == PathNotFound || error == DeletePending)
                    return false;
                throw Failure(error);
            }
        }

        public static IEnumerable<FoundEntry> Enumerate(string directory)
        {
            FileFacts facts;
            if (TryFacts(directory, out facts))
                RefuseLink(facts.ReparseTag);
            NativeMethods.FindData found;
            using (NativeMethods.SafeFindHandle search = NativeMethods.FindFirstFileExW(
                Extended(directory.TrimEnd(Separator)) + @"\*",
                NativeMethods.BasicInfo, out found, NativeMethods.NameMatch, IntPtr.Zero, NativeMethods.LargeFetch))
            {
                if (search.IsInvalid)
                {
                    int error = ErrorOfOpening();
                    if (error == FileNotFound)   // an empty drive: only its root has no "."
                        yield break;
                    throw Failure(error);
                }
                do
                {
                    if (found.Name != "." && found.Name != "..")
                        yield return EntryOf(ref found);
                }
                while (NativeMethods.FindNextFileW(search, out found));
                if (Marshal.GetLastWin32Error() != NoMoreFiles)
                    throw Failure();
            }
        }

        private static FoundEntry EntryOf(ref NativeMethods.FindData found)
        {
            return new FoundEntry
            {
                Name = found.Name,
                Attributes = found.Attributes,
                // Without the attribute the field means nothing.
                ReparseTag = (found.Attributes & ReparsePoint) != 0 ? found.ReparseTag : 0,
                Size = (long)found.SizeHigh << 32 | found.SizeLow,
                Created = (long)found.CreatedHigh << 32 | found.CreatedLow,
                Written = (long)found.WrittenHigh << 32 | found.WrittenLow
            };
        }

        public static string FinalPath(string directory)
        {
            using (SafeFileHandle folder = Open(directory, 0, NativeMethods.ShareAll, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics))
            {
                return FinalPath(folder);
            }
        }

        /// <summary>
        /// The real path of an open file or folder: the name that it was opened by, without links.
        /// </summary>
        public static string FinalPath(SafeFileHandle item)
        {
            // A file server may refuse to give the names of folders above the share's folder. The name as opened has
            // no links either.
            string path = FinalPath(item, NativeMethods.NameNormalized) ?? FinalPath(item, NativeMethods.NameOpened);
            if (path == null)
                throw Failure();
            return Plain(path);
        }

        private static string FinalPath(SafeFileHandle item, uint form)
        {
            StringBuilder path = new StringBuilder(512);
            uint length = NativeMethods.GetFinalPathNameByHandleW(item, path, (uint)path.Capacity, form);
            if (length >= path.Capacity)   // then it is the size that the path needs
            {
                path.EnsureCapacity((int)length + 1);
                length = NativeMethods.GetFinalPathNameByHandleW(item, path, (uint)path.Capacity, form);
            }
            return length == 0 ? null : path.ToString();
        }

        // ---- folders

        public static void CreateFolder(string path)
        {
            CreateWithRetry(path, () => CheckOpening(NativeMethods.CreateDirectoryW(Extended(path), IntPtr.Zero)));
        }

        /// <summary>
        /// Keeps a folder open, so that it is neither renamed, removed nor replaced meanwhile. A link is refused.
        /// </summary>
        public static SafeFileHandle HoldFolder(string path)
        {
            // Opened for reading, because no other right limits what others may do: they may not delete it. If
            // somebody has it open for deletion now, this waits.
            SafeFileHandle folder = null;
            LockedFileRetry.Run(path, () => folder = Open(path, NativeMethods.GenericRead,
                NativeMethods.ShareRead | NativeMethods.ShareWrite, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint), IsNotAccessDenied);
            try
            {
                RefuseLink(TagOf(folder));
                return folder;
            }
            catch
            {
                folder.Dispose();
                throw;
            }
        }

        public static void DeleteFolder(string path)
        {
            LockedFileRetry.Run(path,
                () => RetryWithoutReadOnly(path, false, () => NativeMethods.RemoveDirectoryW(Extended(path))),
                error => error.Code != NotEmpty || IsDeletePending(path));
        }

        /// <summary>
        /// Whether a folder contains only deleted names, which go when their last handles are closed.
        /// </summary>
        private static bool IsDeletePending(string directory)
        {
            try
            {
                foreach (FoundEntry found in Enumerate(directory))
                {
                    FileFacts facts;
                    if (TryFacts(directory + Separator + found.Name, out facts))
                        return false;
                }
                return true;
            }
            catch (SystemError)
            {
                return false;
            }
        }

        // ---- files

        public static SafeFileHandle OpenRead(string path)
        {
            return OpenRead(path, NativeMethods.ShareAll);
        }

        /// <summary>
        /// Nobody can open it for writing meanwhile, as with CopyFileExW. `isWritten`: somebody has already opened it
        /// for writing, and continues. Its times may then be old: the system guarantees them only after the writing
        /// handle is closed (Microsoft's "File Times").
        /// </summary>
        public static SafeFileHandle OpenToCopy(string path, out bool isWritten)
        {
            try
            {
                isWritten = false;
                return OpenRead(path, NativeMethods.ShareAll & ~NativeMethods.ShareWrite);
            }
            catch (SystemError error)
            {
                if (error.Code != SharingViolation)
                    throw;
            }
            isWritten = true;
            return OpenRead(path, NativeMethods.ShareAll);
        }

        private static SafeFileHandle OpenRead(string path, uint share)
        {
            const uint flags = NativeMethods.BackupSemantics | NativeMethods.SequentialScan;
            SafeFileHandle file = Open(path, NativeMethods.GenericRead, share, NativeMethods.OpenExisting,
                flags | NativeMethods.OpenReparsePoint);
            try
            {
                uint tag = TagOf(file);
                if (tag == 0)
                    return file;
                RefuseLink(tag);
            }
            catch
            {
                file.Dispose();
                throw;
            }
            file.Dispose();   // deduplicated or in a cloud: only opened through its filter it has its content
            return Open(path, NativeMethods.GenericRead, share, NativeMethods.OpenExisting, flags);
        }

        public static SafeFileHandle OpenNew(string path)
        {
            // OpenReparsePoint: a link that leads nowhere counts as an existing name, and is not followed.
            SafeFileHandle file = null;
            CreateWithRetry(path, () => file = Open(path, NativeMethods.GenericRead | NativeMethods.GenericWrite,
                NativeMethods.ShareRead, NativeMethods.CreateNew,
                NativeMethods.BackupSemantics | NativeMethods.SequentialScan | NativeMethods.OpenReparsePoint));
            return file;
        }

        public static int Read(SafeFileHandle file, byte[] buffer, int count)
        {
            if (count < 0 || count > buffer.Length)
                throw new ArgumentOutOfRangeException("count");
            int read;
            Check(NativeMethods.ReadFile(file, buffer, count, out read, IntPtr.Zero));
            return read;
        }

        public static void Write(SafeFileHandle file, byte[] buffer, int count)
        {
            if (count < 0 || count > buffer.Length)
                throw new ArgumentOutOfRangeException("count");
            int wrote;
            for (int done = 0; done < count; done += wrote)
                Check(NativeMethods.WriteFile(file, ref buffer[done], count - done, out wrote, IntPtr.Zero));
        }

        public static FileFacts Facts(SafeFileHandle file)
        {
            uint names;
            return Facts(file, out names);
        }

        /// <summary>Also gives how many names (hard links) the file has.</summary>
        public static FileFacts Facts(SafeFileHandle file, out uint names)
        {
            NativeMethods.BasicFacts basic;
            NativeMethods.StandardFacts standard;
            Check(NativeMethods.GetFileInformationByHandleEx(file, NativeMethods.BasicClass, out basic,
                NativeMethods.BasicSize));
            Check(NativeMethods.GetFileInformationByHandleEx(file, NativeMethods.StandardClass, out standard,
                NativeMethods.StandardSize));
            names = standard.Links;
            return new FileFacts
            {
                Attributes = basic.Attributes,
                ReparseTag = TagOf(file, basic.Attributes),
                Size = standard.EndOfFile,
                Created = basic.Created,
                Written = basic.Written,
                Changed = basic.Changed
            };
        }

        public static void SetFacts(SafeFileHandle file, long created, long written, uint attributes)
        {
            uint kept = attributes & (ReadOnly | Hidden | System | Archive);
            NativeMethods.BasicFacts basic = new NativeMethods.BasicFacts();   // zero: not changed
            basic.Created = created;
            basic.Written = written;
            basic.Attributes = kept == 0 ? Normal : kept;
            Check(NativeMethods.SetFileInformationByHandle(file, NativeMethods.BasicClass, ref basic,
                NativeMethods.BasicSize));
        }

        public static void SetFacts(string path, long created, long written, uint attributes)
        {
            using (SafeFileHandle file = OpenFacts(path))
                SetFacts(file, created, written, attributes);
        }

        /// <summary>Nothing else changes.</summary>
        public static void SetCreated(string path, long created)
        {
            NativeMethods.BasicFacts basic = new NativeMethods.BasicFacts();
            basic.Created = created;
            using (SafeFileHandle file = OpenFacts(path))
                Check(NativeMethods.SetFileInformationByHandle(file, NativeMethods.BasicClass, ref basic,
                    NativeMethods.BasicSize));
        }

        private static SafeFileHandle OpenFacts(string path)
        {
            return Open(path, NativeMethods.WriteAttributes, NativeMethods.ShareAll, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint);
        }

        public static void Flush(SafeFileHandle file)
        {
            Check(NativeMethods.FlushFileBuffers(file));
        }

        public static bool CanFlushVolume(string directory)
        {
            try
            {
                FlushVolume(directory);
                return true;
            }
            catch (SystemError)   // a share, no administrator
            {
                return false;
            }
        }

        public static void FlushVolume(string directory)
        {
            string volume = VolumeOf(directory);
            Check(volume != null);
            using (SafeFileHandle device = NativeMethods.CreateFileW(volume.TrimEnd(Separator),
                NativeMethods.GenericRead | NativeMethods.GenericWrite,
                NativeMethods.ShareAll, IntPtr.Zero, NativeMethods.OpenExisting, 0, IntPtr.Zero))
            {
                Check(!device.IsInvalid);
                Flush(device);
            }
        }

        /// <summary>
        /// \\?\Volume{GUID}\ of the path's volume, the same for each of its drive letters and folders. Null if
        /// Windows does not know it, as for a share.
        /// </summary>
        public static string VolumeOf(string path)
        {
            StringBuilder mount = new StringBuilder(32768), volume = new StringBuilder(64);
            return NativeMethods.GetVolumePathNameW(Extended(path), mount, mount.Capacity)
                && NativeMethods.GetVolumeNameForVolumeMountPointW(Plain(mount.ToString()), volume, volume.Capacity)
                ? volume.ToString() : null;
        }

        /// <summary>Does nothing: Windows cannot flush a folder, and Move is written through.</summary>
        public static void FlushFolder(string directory)
        {
        }

        public static void Move(string from, string to, bool replace)
        {
            if (replace)
                LockedFileRetry.Run(from,
                    () => RetryWithoutReadOnly(to, false, () => NativeMethods.MoveFileExW(
                        Extended(from), Extended(to), NativeMethods.WriteThrough | NativeMethods.ReplaceExisting)),
                    null);
            else
                LockedFileRetry.Run(from,
                    () => Check(NativeMethods.MoveFileExW(Extended(from), Extended(to), NativeMethods.WriteThrough)),
                    null);
        }

        /// <summary>Makes one more name for an existing file. A link at its end is not followed.</summary>
        public static void CreateHardLink(string existing, string name)
        {
            Check(NativeMethods.CreateHardLinkW(Extended(name), Extended(existing), IntPtr.Zero));
        }

        public static void Delete(string path)
        {
            LockedFileRetry.Run(path,
                () => RetryWithoutReadOnly(path, true, () => NativeMethods.DeleteFileW(Extended(path))),
                error => error.Code != DeletePending);
        }

        /// <summary>
        /// Windows refuses to replace or delete a read-only file. The attribute is then removed, and set again if it
        /// was not the reason.
        /// </summary>
        /// <remarks>
        /// `named`: the file may have other names, which share the attribute: it is set again by a handle that
        /// outlives this one.
        /// </remarks>
        private static void RetryWithoutReadOnly(string path, bool named, Func<bool> change)
        {
            if (change())
                return;
            int error = ErrorOfOpening();
            FileFacts facts;
            if (error != AccessDenied || !TryFacts(path, out facts) || (facts.Attributes & ReadOnly) == 0)
                throw Failure(error);
            uint others = facts.Attributes & (Hidden | System | Archive);
            Check(NativeMethods.SetFileAttributesW(Extended(path), others == 0 ? Normal : others));
            SafeFileHandle file = null;
            try
            {
                if (named)
                    file = OpenFacts(path);
            }
            catch (SystemError)   // then other names lose it
            {
                named = false;
            }
            using (file)
            {
                if (!change())
                {
                    error = Marshal.GetLastWin32Error();
                    Check(NativeMethods.SetFileAttributesW(Extended(path), others | ReadOnly));
                    throw Failure(error);
                }
                try
                {
                    if (named)
                        SetFacts(file, 0, 0, facts.Attributes);
                }
                catch (SystemError)   // there is no other name
                {
                    return;
                }
            }
        }

        public static SafeFileHandle TryLock(string path)
        {
            SafeFileHandle file = Open(path, NativeMethods.GenericRead | NativeMethods.GenericWrite,
                NativeMethods.ShareRead | NativeMethods.ShareWrite,
                NativeMethods.OpenAlways, NativeMethods.OpenReparsePoint);
            NativeMethods.Overlapped place = new NativeMethods.Overlapped();
            place.OffsetHigh = 0x40000000;   // byte 2^62: the text about the holder stays readable
            if (NativeMethods.LockFileEx(file, NativeMethods.LockExclusive | NativeMethods.LockNow, 0, 1, 0, ref place))
                return file;
            int error = Marshal.GetLastWin32Error();
            file.Dispose();
            if (error == LockViolation)
                return null;
            throw Failure(error);
        }

        public static void Truncate(SafeFileHandle file)
        {
            Check(NativeMethods.SetFilePointerEx(file, 0, IntPtr.Zero, 0));
            Check(NativeMethods.SetEndOfFile(file));
        }

        // ---- paths, links, failures

        internal static string Extended(string path)
        {
            return path.StartsWith(@"\\", StringComparison.Ordinal)
                ? LongSharePrefix + path.Substring(2) : LongPrefix + path;
        }

        private static string Plain(string path)
        {
            if (path.StartsWith(LongSharePrefix, StringComparison.Ordinal))
                return @"\\" + path.Substring(LongSharePrefix.Length);
            return path.StartsWith(LongPrefix, StringComparison.Ordinal) ? path.Substring(LongPrefix.Length) : path;
        }

        internal static SafeFileHandle Open(string path, uint access, uint share, uint disposition, uint flags)
        {
            SafeFileHandle file = NativeMethods.CreateFileW(Extended(path), access, share, IntPtr.Zero, disposition,
                flags, IntPtr.Zero);
            if (!file.IsInvalid)
                return file;
            int error = ErrorOfOpening();
            file.Dispose();
            throw Failure(error);
        }

        // A deleted name that goes when its last handle is closed is refused with 5, like a denied access. The
        // system's status, before it is translated to a Win32 error, distinguishes the two (PostgreSQL's port/open.c,
        // llvm/llvm-project#90655). The number is 303 then.
        private static int ErrorOfOpening()
        {
            int error = Marshal.GetLastWin32Error();
            return error == AccessDenied && NativeMethods.RtlGetLastNtStatus() == NativeMethods.StatusDeletePending
                ? DeletePending : error;
        }

        internal static void CheckOpening(bool done)
        {
            if (!done)
                throw Failure(ErrorOfOpening());
        }

        // Waits for a name whose deletion is pending, but not if the account may not make the name.
        internal static void CreateWithRetry(string path, Action make)
        {
            LockedFileRetry.Run(path, make, IsNotAccessDenied);
        }

        private static bool IsNotAccessDenied(SystemError error)
        {
            return error.Code != AccessDenied;
        }

        // Every file system reports the attributes, but FAT32 and exFAT do not report the tag (microsoft/STL#2373).
        // So only an entry that has a tag is asked for it.
        internal static uint TagOf(SafeFileHandle file)
        {
            NativeMethods.BasicFacts basic;
            Check(NativeMethods.GetFileInformationByHandleEx(file, NativeMethods.BasicClass, out basic,
                NativeMethods.BasicSize));
            return TagOf(file, basic.Attributes);
        }

        private static uint TagOf(SafeFileHandle file, uint attributes)
        {
            NativeMethods.TagFacts facts;
            if ((attributes & ReparsePoint) == 0)
                return 0;
            if (NativeMethods.GetFileInformationByHandleEx(file, NativeMethods.TagClass, out facts,
                NativeMethods.TagSize))
                return facts.ReparseTag;
            CheckSupported(Marshal.GetLastWin32Error());
            return 0;
        }

        /// <summary>
        /// What the file system of a file or folder can keep: flags of GetVolumeInformationByHandleW, none if it does
        /// not report them.
        /// </summary>
        internal static uint FeaturesOf(SafeFileHandle item)
        {
            uint features;
            if (NativeMethods.GetVolumeInformationByHandleW(item, IntPtr.Zero, 0, IntPtr.Zero, IntPtr.Zero,
                out features, IntPtr.Zero, 0))
                return features;
            CheckSupported(Marshal.GetLastWin32Error());
            return 0;
        }

        // If a file system does not know a question, this is no error of the file: 1, 50 and 87 are accepted.
        private static void CheckSupported(int error)
        {
            if (error != NoFunction && error != NotSupported && error != InvalidParameter)
                throw Failure(error);
        }

        internal static void RefuseLink(uint reparseTag)
        {
            // Set for a name that leads elsewhere: symbolic link, junction, mounted volume.
            const uint nameSurrogate = 0x20000000;
            if ((reparseTag & nameSurrogate) != 0)
                throw new SystemError(LinkRefused, "This is a link, and links are not followed.");
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Failure();
        }

        private static SystemError Failure()
        {
            return Failure(Marshal.GetLastWin32Error());
        }

        /// <summary>A number of the system with the system's words for it.</summary>
        public static SystemError Failure(int error)
        {
            StringBuilder text = new StringBuilder(1024);
            NativeMethods.FormatMessageW(NativeMethods.OneLineFromSystem, IntPtr.Zero, error, 0, text,
                text.Capacity, IntPtr.Zero);
            return new SystemError(error, text.ToString().Trim());
        }
    }
}
