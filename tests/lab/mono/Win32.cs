// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The agent's system calls on a lab host: Linux in place of Windows, with the surface of the shipped Win32.cs.
    /// The environment says which host this is:
    /// LAB_ROOT (a folder for each drive, and registry.json), LAB_HOST_NAME, LAB_FQDN, LAB_MACHINE_GUID, LAB_USER;
    /// LAB_FAULTS what goes wrong on it; LAB_SHARES what is another computer's; LAB_HABITS what Windows does and Linux
    /// does not; LAB_PATIENCE_MS how long an operation waits for names that are held.
    /// Not here, because Linux has it not: hidden and system attributes, names without case.
    /// </summary>
    internal static class Win32
    {
        public const uint ReadOnly = 0x1, Hidden = 0x2, System = 0x4, Directory = 0x10, Archive = 0x20, Normal = 0x80,
            ReparsePoint = 0x400;
        public const char Separator = '/';
        public static readonly StringComparer Names = LabHabits.Current != null && LabHabits.Current.IgnoresCase
            ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

        private const uint SymbolicLink = 0xA000000C;                  // IO_REPARSE_TAG_SYMLINK
        private const int AccessDenied = 5, NotEmpty = 145, DeletePending = 303, FileExists = 80, TooManyLinks = 1142,
            LinkRefused = 4392;
        private const uint LinkLimit = 1024;
        // 1970 as FILETIME, by the host's own clock: it made the times of its files.
        private static readonly long UnixEpoch = 116444736000000000 + LabClock.Ahead();
        private const int ListingBytes = 64 * 1024;
        private const int LongestPath = 4096;                          // PATH_MAX
        private static readonly byte[] NoPath = { 0 };
        [ThreadStatic] private static byte[] linkTarget;

        static Win32()
        {
            int patience;
            // What is refused on order is refused for good.
            LockedFileRetry.Budget =
                int.TryParse(LabComputer.Setting("LAB_PATIENCE_MS"), out patience) ? patience : 1000;
        }

        public static void Prepare()
        {
        }

        public static bool IsAbsolute(string path)
        {
            return path.Length > 0 && path[0] == Separator;
        }

        public static bool IsShare(string path)
        {
            return LabShares.Hold(path);
        }

        public static long FreeBytes(string existingDirectory)
        {
            Libc.Volume volume = StatVolume(existingDirectory);
            if (LabFaults.Current != null && LabFaults.Current.FreeBytes.HasValue)
                return LabFaults.Current.FreeBytes.Value;
            return volume.AvailableBlocks * volume.FragmentSize;
        }

        // ---- looking

        /// <summary>
        /// Windows has nothing above a drive: the folder that stands for the host, and all above it,
        /// are not there for the agent.
        /// </summary>
        private static bool IsAboveDrives(string path)
        {
            string host = LabComputer.Setting("LAB_ROOT");
            return host != null && (host.TrimEnd(Separator) + "/")
                .StartsWith(path.TrimEnd(Separator) + "/", StringComparison.Ordinal);
        }

        public static bool TryFacts(string path, out FileFacts facts)
        {
            Libc.Stat stat;
            facts = new FileFacts();
            if (LabFaults.Current != null && LabFaults.Current.Vanished(path))
                return false;
            if (IsAboveDrives(path))
                return false;
            if (Libc.statx(Libc.CurrentDirectory, PosixName.Encode(path), Libc.NoFollow,
                Libc.BasicStats | Libc.BirthTime, out stat) < 0)
            {
                int error = Marshal.GetLastWin32Error();
                if (error == Libc.ENOENT || error == Libc.ENOTDIR)
                    return false;
                throw Failure(error);
            }
            facts = FactsOf(ref stat);
            if ((facts.Attributes & ReparsePoint) != 0 && LeadsToFolder(
                Libc.statx(Libc.CurrentDirectory, PosixName.Encode(path), 0, Libc.BasicStats, out stat), ref stat))
                facts.Attributes |= Directory;
            LabTimes.Substitute(path, ref facts);
            if (LabHabits.Current != null && LabHabits.Current.LacksClasses && LabHabits.Current.LacksClass(path))
                facts.ReparseTag = 0;   // a listing has the tag all the same
            if (LabFaults.Loses("marks", path))
            {
                facts.Attributes &= ~ReparsePoint;
                facts.ReparseTag = 0;
            }
            return true;
        }

        public static IEnumerable<FoundEntry> Enumerate(string directory)
        {
            if (LabFaults.Current != null)
                Refuse(LabFaults.Current.OnAccess(directory));
            byte[] listing = new byte[ListingBytes];
            GCHandle pinned = GCHandle.Alloc(listing, GCHandleType.Pinned);
            try
            {
                using (SafeFileHandle folder = Open(directory,
                    Libc.OpenFolder | (LabFaults.Loses("marks", directory) ? 0 : Libc.OpenNoFollow)))
                {
                    for (int filled = Listing(folder, listing); filled > 0; filled = Listing(folder, listing))
                    {
                        for (int record = 0; record < filled; record += BitConverter.ToUInt16(listing, record + 16))
                        {
                            FoundEntry entry;
                            if (!TryEntry(folder, listing, pinned, record + 19, out entry)
                                || LabFaults.Loses("listing", directory + "/" + entry.Name))
                                continue;
                            if (LabFaults.Loses("marks", directory + "/" + entry.Name))
                            {
                                entry.Attributes &= ~ReparsePoint;
                                entry.ReparseTag = 0;
                            }
                            if (LabHabits.Current != null)
                                LabTimes.Substitute(directory.TrimEnd(Separator) + Separator + entry.Name, ref entry);
                            yield return entry;
                        }
                    }
                }
            }
            finally
            {
                pinned.Free();
            }
            if (LabHabits.Current == null)
                yield break;
            FileFacts again;
            foreach (FoundEntry going in LabHabits.Current.GoingIn(directory))
                if (!TryFacts(directory.TrimEnd(Separator) + Separator + going.Name, out again))
                    yield return going;
        }

        private static int Listing(SafeFileHandle folder, byte[] listing)
        {
            return Check((int)Libc.getdents64(folder, listing, (IntPtr)listing.Length));
        }

        /// <summary>False for . and .., and for a name that was deleted since the listing.</summary>
        private static bool TryEntry(SafeFileHandle folder, byte[] listing, GCHandle pinned, int name,
            out FoundEntry entry)
        {
            entry = new FoundEntry();
            int length = Array.IndexOf(listing, (byte)0, name) - name;
            if (listing[name] == '.' && (length == 1 || length == 2 && listing[name + 1] == '.'))
                return false;
            Libc.Stat stat;
            IntPtr address = pinned.AddrOfPinnedObject() + name;
            if (Libc.statx(folder, address, Libc.NoFollow, Libc.BasicStats | Libc.BirthTime, out stat) < 0)
            {
                int error = Marshal.GetLastWin32Error();
                if (error == Libc.ENOENT)
                    return false;
                throw Failure(error);
            }
            FileFacts facts = FactsOf(ref stat);
            if ((facts.Attributes & ReparsePoint) != 0
                && LeadsToFolder(Libc.statx(folder, address, 0, Libc.BasicStats, out stat), ref stat))
                facts.Attributes |= Directory;
            entry.Name = PosixName.Decode(listing, name, length);
            entry.Attributes = facts.Attributes;
            entry.ReparseTag = facts.ReparseTag;
            entry.Size = facts.Size;
            entry.Created = facts.Created;
            entry.Written = facts.Written;
            return true;
        }

        /// <summary>Windows marks a link to a folder as a folder too.</summary>
        private static bool LeadsToFolder(int followed, ref Libc.Stat target)
        {
            return followed == 0 && (target.Mode & Libc.TypeMask) == Libc.TypeFolder;
        }

        public static string FinalPath(string directory)
        {
            IntPtr resolved = Libc.realpath(PosixName.Encode(directory), IntPtr.Zero);
            if (resolved == IntPtr.Zero)
                throw Failure(Marshal.GetLastWin32Error());
            try
            {
                int length = 0;
                while (Marshal.ReadByte(resolved, length) != 0)
                    length++;
                byte[] path = new byte[length];
                Marshal.Copy(resolved, path, 0, length);
                return PosixName.Decode(path, 0, length);
            }
            finally
            {
                Libc.free(resolved);
            }
        }

        /// <summary>A file that has been deleted since it was opened lies nowhere.</summary>
        public static string FinalPath(SafeFileHandle item)
        {
            if (item.StreamOf != null)
                return FinalPath(item.StreamOf) + ":" + item.StreamName;
            byte[] path = linkTarget ?? (linkTarget = new byte[LongestPath]);
            int length = Check((int)Libc.readlink(PosixName.Encode("/proc/self/fd/" + (int)item.DangerousGetHandle()),
                path, (IntPtr)path.Length));
            string name = PosixName.Decode(path, 0, length);
            if (name.EndsWith(" (deleted)", StringComparison.Ordinal) && StatOf(item).Links == 0)
                throw Failure(Libc.ENOENT);
            return name;
        }

        /// <summary>The drive that a folder plays; null, as of a share, for what lies elsewhere.</summary>
        public static string VolumeOf(string path)
        {
            string drives = FinalPath(LabComputer.Root()) + Separator, place = FinalPath(path);
            return place.StartsWith(drives, StringComparison.Ordinal)
                ? place.Substring(0, (place + Separator).IndexOf(Separator, drives.Length)) : null;
        }

        // ---- folders

        public static void CreateFolder(string path)
        {
            MakeFolder(path, 0x1FF);   // 0777, less the umask
            LabOwners.Set(path, "");
        }

        internal static void MakeFolder(string path, uint mode)
        {
            CreateWithRetry(path, delegate { Check(Libc.mkdir(PosixName.Encode(path), mode)); });
        }

        /// <summary>A name that was deleted and is still held by somebody is waited for; a refusal is not.</summary>
        private static void CreateWithRetry(string path, Action make)
        {
            LockedFileRetry.Run(path, delegate
            {
                if (LabHabits.Current != null)
                    LabHabits.Current.BeforeCreation(path);
                RefuseCreation(path);
                make();
            }, error => error.Code != AccessDenied);
            LabTimes.Appeared(path);
        }

        /// <summary>Linux lets a folder be renamed while it is open.</summary>
        public static SafeFileHandle HoldFolder(string path)
        {
            SafeFileHandle folder = null;
            LockedFileRetry.Run(path, delegate { folder = Open(path, Libc.OpenFolder | Libc.OpenNoFollow); },
                error => error.Code != AccessDenied);
            return folder;
        }

        public static void DeleteFolder(string path)
        {
            LockedFileRetry.Run(path, delegate { RemoveFolder(path); },
                error => error.Code != NotEmpty || IsDeletePending(path));
        }

        private static bool IsDeletePending(string directory)
        {
            FileFacts facts;
            foreach (FoundEntry found in Enumerate(directory))
                if (TryFacts(directory + Separator + found.Name, out facts))
                    return false;
            return true;
        }

        private static void RemoveFolder(string path)
        {
            if (LabHabits.Current != null)
                LabHabits.Current.BeforeFolderGoes(path);
            RefuseChange(path);
            long created = LabTimes.Of(path);
            byte[] name = PosixName.Encode(path);
            if (Libc.rmdir(name) == 0)
            {
                LabTimes.Gone(path, created, true, true);
                return;
            }
            int error = Marshal.GetLastWin32Error();
            if (error == Libc.ENOTDIR && IsLink(path))
                Check(Libc.unlink(name));
            else
                throw Failure(error);
        }

        private static bool IsLink(string path)
        {
            FileFacts facts;
            return TryFacts(path, out facts) && (facts.Attributes & ReparsePoint) != 0;
        }

        // ---- files

        public static SafeFileHandle OpenRead(string path)
        {
            if (LabFaults.Current != null)
            {
                LabFaults.Current.Plant(path);
                Refuse(LabFaults.Current.OnRead(path));
            }
            Refuse(LabShareModes.OnOpen(path));
            if (LabFaults.Loses("rest", path))
                global::System.IO.File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
            SafeFileHandle file = Open(LabFaults.ReadFrom(path), Libc.OpenNoFollow);
            int refused = LabShareModes.OnOpened(file);
            if (refused != 0)
                file.Dispose();
            Refuse(refused);
            Libc.posix_fadvise(file, 0, 0, Libc.SequentialAdvice);
            if (LabFaults.Current != null && LabFaults.Current.Grows(path))
                file.GrowingPath = path;
            file.HasLockedRegion = LabFaults.Current != null && LabFaults.Current.HasLockedRegion(path);
            if (LabFaults.Current != null && LabFaults.Current.Unlinks(path))
                Check(Libc.unlink(PosixName.Encode(path)));
            return file;
        }

        public static SafeFileHandle OpenToCopy(string path, out bool isWritten)
        {
            isWritten = LabShareModes.IsWritten(path)
                || (LabHabits.Current != null && LabHabits.Current.WriterOf(path) != null);
            return OpenRead(path);
        }

        public static SafeFileHandle OpenNew(string path)
        {
            SafeFileHandle file = null;
            CreateWithRetry(path, delegate { file = Open(path, Libc.ReadWrite | Libc.Create | Libc.Exclusive); });
            if (LabHabits.Current != null)
                file.NewPath = path;
            file.IsOnFullDisk = LabFaults.Current != null && LabFaults.Current.IsFull(path);
            return file;
        }

        public static int Read(SafeFileHandle file, byte[] buffer, int count)
        {
            if (count < 0 || count > buffer.Length)
                throw new ArgumentOutOfRangeException("count");
            if (file.GrowingPath != null)
                Grow(file);
            Refuse(file.HasLockedRegion ? Libc.EBUSY : 0);
            long done;
            do
                done = (long)Libc.read(file, buffer, (IntPtr)count);
            while (done < 0 && Marshal.GetLastWin32Error() == Libc.EINTR);
            return Check((int)done);
        }

        private static void Grow(SafeFileHandle file)
        {
            using (SafeFileHandle end = Open(file.GrowingPath, Libc.ReadWrite))
            {
                byte letter = (byte)'x';
                Check((int)Libc.lseek(end, 0, 2));
                Check((int)Libc.write(end, ref letter, (IntPtr)1));
            }
            file.GrowingPath = null;
        }

        public static void Write(SafeFileHandle file, byte[] buffer, int count)
        {
            if (count < 0 || count > buffer.Length)
                throw new ArgumentOutOfRangeException("count");
            if (LabFaults.Current != null)
            {
                LabFaults.Current.OnEveryChange(null);
                Refuse(LabFaults.Current.OnWrite(count));
                Refuse(file.IsOnFullDisk ? Libc.ENOSPC : 0);
            }
            if (file.StreamOf != null)
            {
                FileStreams.Write(file, buffer, count);
                return;
            }
            if (LabFaults.Current != null && count > 0 && LabFaults.Loses("content", FinalPath(file)))
            {
                buffer = (byte[])buffer.Clone();
                buffer[0] ^= 1;
            }
            for (int done = 0; done < count;)
            {
                int wrote = (int)Libc.write(file, ref buffer[done], (IntPtr)(count - done));
                if (wrote >= 0)
                    done += wrote;
                else if (Marshal.GetLastWin32Error() != Libc.EINTR)
                    throw Failure(Marshal.GetLastWin32Error());
            }
        }

        public static FileFacts Facts(SafeFileHandle file)
        {
            uint names;
            return Facts(file, out names);
        }

        public static FileFacts Facts(SafeFileHandle file, out uint names)
        {
            Libc.Stat stat = StatOf(file);
            names = stat.Links;
            FileFacts facts = FactsOf(ref stat);
            if (LabHabits.Current != null && stat.Links > 0)
                LabTimes.Substitute(FinalPath(file), ref facts);
            return facts;
        }

        public static void SetFacts(SafeFileHandle file, long created, long written, uint attributes)
        {
            if (LabFaults.Current != null)
                LabFaults.Current.OnEveryChange(null);
            if (LabHabits.Current != null)
                LabTimes.Set(FinalPath(file), created);
            uint mode = StatOf(file).Mode;
            if (LabFaults.Current != null && LabFaults.Loses("attributes", FinalPath(file)))
                attributes = (mode & Libc.OwnerWrite) == 0 ? ReadOnly : 0;
            if (LabFaults.Current != null && LabFaults.Loses("times", FinalPath(file)))
                written = 0;
            if (WithReadOnly(mode, attributes) != mode)
                Check(Libc.fchmod(file, WithReadOnly(mode, attributes) & 0xFFF));
            Libc.AccessAndWrite times = Times(written);
            Check(Libc.futimens(file, ref times));
        }

        public static void SetFacts(string path, long created, long written, uint attributes)
        {
            Libc.Stat stat;
            byte[] name = PosixName.Encode(path);
            if (LabFaults.Current != null)
                Refuse(LabFaults.Current.OnEveryChange(path));
            Check(Libc.statx(Libc.CurrentDirectory, name, Libc.NoFollow, Libc.BasicStats, out stat));
            // A link has no mode of its own.
            bool link = (stat.Mode & Libc.TypeMask) == Libc.TypeLink || LabFaults.Loses("attributes", path);
            LabTimes.Set(path, link ? 0 : created);
            name = PosixName.Encode(path);
            if (LabFaults.Loses("times", path))
                written = 0;
            if (!link && WithReadOnly(stat.Mode, attributes) != stat.Mode)
                Check(Libc.chmod(name, WithReadOnly(stat.Mode, attributes) & 0xFFF));
            Libc.AccessAndWrite times = Times(written);
            Check(Libc.utimensat(Libc.CurrentDirectory, name, ref times, Libc.NoFollow));
        }

        public static void SetCreated(string path, long created)
        {
            if (LabFaults.Current != null)
                Refuse(LabFaults.Current.OnEveryChange(path));
            LabTimes.Set(path, created);
        }

        public static void Flush(SafeFileHandle file)
        {
            Check(Libc.fsync(file));
        }

        public static bool CanFlushVolume(string directory)
        {
            if (LabFaults.Current != null && LabFaults.Current.NoVolumeFlush)
                return false;
            FlushVolume(directory);
            return true;
        }

        public static void FlushVolume(string directory)
        {
            using (SafeFileHandle folder = Open(directory, Libc.OpenFolder))
                Check(Libc.syncfs(folder));
        }

        public static void FlushFolder(string directory)
        {
            using (SafeFileHandle folder = Open(directory, Libc.OpenFolder))
                Check(Libc.fsync(folder));
        }

        public static void Move(string from, string to, bool replace)
        {
            LockedFileRetry.Run(from, delegate { Rename(from, to, replace); }, null);
        }

        private static void Rename(string from, string to, bool replace)
        {
            if (LabHabits.Current != null)
                LabHabits.Current.BeforeMove(from, to, replace);
            RefuseChange(from);
            RefuseChange(to);
            long created = LabTimes.Of(from), replaced = replace ? LabTimes.Of(to) : 0;
            byte[] source = PosixName.Encode(from), target = PosixName.EncodeSecond(to);
            Check(replace
                ? Libc.rename(source, target)
                : Libc.renameat2(Libc.CurrentDirectory, source, Libc.CurrentDirectory, target, Libc.NoReplace));
            if (replaced != 0)
                LabTimes.Gone(to, replaced, false, false);
            LabTimes.Gone(from, created, false, false);
            LabTimes.Appeared(to);
            if (LabFaults.Loses("names", to) && Libc.unlink(PosixName.Encode(to)) != 0)
                global::System.IO.Directory.Delete(to, true);
        }

        /// <summary>At most 1,024 names for one file, as NTFS has it.</summary>
        public static void CreateHardLink(string existing, string name)
        {
            if (LabFaults.Current != null && LabFaults.Current.LinkCode != 0)
                throw new SystemError(LabFaults.Current.LinkCode, "The link was refused on order.");
            Libc.Stat stat;
            byte[] file = PosixName.Encode(existing);
            Check(Libc.statx(Libc.CurrentDirectory, file, Libc.NoFollow, Libc.BasicStats, out stat));
            if (stat.Links >= LinkLimit)
                throw new SystemError(TooManyLinks, ErrorText(Libc.EMLINK));
            if (!LabFaults.Loses("links", name))
                Check(Libc.link(file, PosixName.EncodeSecond(name)));
        }

        public static void Delete(string path)
        {
            LockedFileRetry.Run(path, delegate { Unlink(path); }, error => error.Code != DeletePending);
        }

        private static void Unlink(string path)
        {
            if (LabHabits.Current != null)
                LabHabits.Current.BeforeDeletion(path);
            RefuseChange(path);
            if (LabFaults.Loses("deletes", path))
                return;
            if (LabFaults.Loses("shared", path))
                Check(Libc.chmod(PosixName.Encode(path), 0x1A4));
            long created = LabTimes.Of(path);
            Check(Libc.unlink(PosixName.Encode(path)));
            LabTimes.Gone(path, created, true, false);
        }

        public static SafeFileHandle TryLock(string path)
        {
            SafeFileHandle file = Open(path, Libc.ReadWrite | Libc.Create | Libc.OpenNoFollow);
            if (Libc.flock(file, Libc.LockExclusive | Libc.LockNow) == 0)
                return file;
            int error = Marshal.GetLastWin32Error();
            file.Dispose();
            if (error == Libc.EAGAIN)
                return null;
            throw Failure(error);
        }

        public static void Truncate(SafeFileHandle file)
        {
            Check(Libc.ftruncate(file, 0));
            Check((int)Libc.lseek(file, 0, 0));
        }

        // ---- between Linux and Windows

        /// <summary>After the habits: a fault happens in a call that would have changed the disk.</summary>
        internal static void RefuseChange(string path)
        {
            Refuse(LabShareModes.OnChange(path));
            if (LabFaults.Current == null)
                return;
            Refuse(LabFaults.Current.OnEveryChange(path));
            Refuse(LabFaults.Current.OnChange(path));
        }

        internal static void RefuseCreation(string path)
        {
            if (LabFaults.Current == null)
                return;
            Refuse(LabFaults.Current.OnEveryChange(path));
            Refuse(LabFaults.Current.OnAccess(path));
        }

        internal static SafeFileHandle OpenItem(string path)
        {
            return Open(path, Libc.OpenNoFollow);
        }

        private static SafeFileHandle Open(string path, int flags)
        {
            int file = Libc.open(PosixName.Encode(path), flags | Libc.CloseOnExec, 0x1B6);   // 0666, less the umask
            if (file >= 0)
                return new SafeFileHandle(file);
            int error = Marshal.GetLastWin32Error();
            if ((flags & Libc.Exclusive) != 0 && error == Libc.EEXIST)
                throw new SystemError(FileExists, ErrorText(error));
            if ((flags & Libc.OpenNoFollow) != 0 && (error == Libc.ELOOP || error == Libc.ENOTDIR) && IsLink(path))
                throw new SystemError(LinkRefused, "This is a link, and links are not followed.");
            throw Failure(error);
        }

        private static Libc.Stat StatOf(SafeFileHandle file)
        {
            Libc.Stat stat;
            Check(Libc.statx(file, NoPath, Libc.EmptyPath, Libc.BasicStats | Libc.BirthTime, out stat));
            return stat;
        }

        internal static Libc.Volume StatVolume(string path)
        {
            Libc.Volume volume;
            Check(Libc.statvfs(PosixName.Encode(path), out volume));
            return volume;
        }

        private static FileFacts FactsOf(ref Libc.Stat stat)
        {
            uint type = stat.Mode & Libc.TypeMask;
            FileFacts facts = new FileFacts();
            facts.Attributes = type == Libc.TypeFolder ? Directory : type == Libc.TypeLink ? ReparsePoint : Archive;
            if ((stat.Mode & Libc.OwnerWrite) == 0)
                facts.Attributes |= ReadOnly;
            facts.ReparseTag = type == Libc.TypeLink ? SymbolicLink : 0;
            facts.Size = type == Libc.TypeFolder ? 0 : stat.Size;
            facts.Written = FileTime(stat.WriteSeconds, stat.WriteNanoseconds);
            facts.Changed = FileTime(stat.ChangeSeconds, stat.ChangeNanoseconds);
            facts.Created = (stat.Mask & Libc.BirthTime) != 0
                ? FileTime(stat.BirthSeconds, stat.BirthNanoseconds) : facts.Written;
            return facts;
        }

        private static long FileTime(long seconds, uint nanoseconds)
        {
            return UnixEpoch + seconds * 10000000 + nanoseconds / 100;
        }

        private static Libc.AccessAndWrite Times(long written)
        {
            Libc.AccessAndWrite times = new Libc.AccessAndWrite();
            times.AccessNanoseconds = times.WriteNanoseconds = Libc.OmitTime;
            if (written == 0)
                return times;
            long since = written - UnixEpoch;
            long part = (since % 10000000 + 10000000) % 10000000;
            times.WriteSeconds = (since - part) / 10000000;
            times.WriteNanoseconds = part * 100;
            return times;
        }

        /// <summary>
        /// The mode with the attribute expressed in its write bits, unchanged where it says so already.
        /// </summary>
        private static uint WithReadOnly(uint mode, uint attributes)
        {
            bool wanted = (attributes & ReadOnly) != 0;
            if (wanted == ((mode & Libc.OwnerWrite) == 0))
                return mode;
            return wanted ? mode & ~Libc.AnyWrite : mode | Libc.OwnerWrite;
        }

        internal static int Check(int result)
        {
            if (result < 0)
                throw Failure(Marshal.GetLastWin32Error());
            return result;
        }

        /// <summary>Fails as LabFaults has ordered; 0 is no order.</summary>
        internal static void Refuse(int error)
        {
            if (error != 0)
                throw Failure(error);
        }

        public static SystemError Failure(int error)
        {
            return new SystemError(WindowsNumber(error), ErrorText(error));
        }

        private static string ErrorText(int error)
        {
            return Marshal.PtrToStringAnsi(Libc.strerror(error));
        }

        private static int WindowsNumber(int error)
        {
            switch (error)
            {
                case Libc.ENOENT: return 2;
                case Libc.ENOTDIR: return 3;
                case Libc.EACCES:
                case Libc.EPERM:
                case Libc.EROFS:
                case Libc.EISDIR: return 5;
                case Libc.EXDEV: return 17;
                case Libc.EBUSY:
                case Libc.ETXTBSY: return 32;
                case Libc.ENOSPC: return 112;
                case Libc.ENOTEMPTY: return 145;
                case Libc.ENOEXEC: return 193;
                case Libc.EEXIST: return 183;
                case Libc.EOPNOTSUPP: return 50;
                case Libc.ENAMETOOLONG: return 206;
                case Libc.EIO: return 1117;
                case Libc.EMLINK: return TooManyLinks;
                default: return 31;
            }
        }
    }
}
