// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The C library of Linux on x86_64 and aarch64 (glibc 2.30 or newer). Everything passed is blittable.
    /// </summary>
    internal static class Libc
    {
        public const int CurrentDirectory = -100;        // AT_FDCWD
        public const int NoFollow = 0x100;               // AT_SYMLINK_NOFOLLOW
        public const int EmptyPath = 0x1000;             // AT_EMPTY_PATH
        public const uint BasicStats = 0x7ff, BirthTime = 0x800;
        public const uint TypeMask = 0xF000, TypeFolder = 0x4000, TypeLink = 0xA000;
        public const uint OwnerWrite = 0x80, GroupWrite = 0x10, OthersWrite = 0x2, AnyWrite = 0x92, Sticky = 0x200;
        public const uint NoReplace = 1;                 // RENAME_NOREPLACE
        public const long OmitTime = 0x3FFFFFFE;         // UTIME_OMIT
        public const long TimeOfNow = 0x3FFFFFFF;        // UTIME_NOW
        public const int CreateAttribute = 1;            // XATTR_CREATE
        public const uint CloseWithProgram = 1;          // MFD_CLOEXEC
        public const int SequentialAdvice = 2;           // POSIX_FADV_SEQUENTIAL
        public const int LockExclusive = 2, LockNow = 4; // LOCK_EX, LOCK_NB

        public const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENOEXEC = 8, EAGAIN = 11, EACCES = 13, EBUSY = 16,
            EEXIST = 17, EXDEV = 18, ENOTDIR = 20, EISDIR = 21, EINVAL = 22, ETXTBSY = 26, ENOSPC = 28, EROFS = 30,
            EMLINK = 31, ENAMETOOLONG = 36, ENOTEMPTY = 39, ELOOP = 40, EOPNOTSUPP = 95;

        public const int WriteOnly = 1, ReadWrite = 2, Create = 0x40, Append = 0x400,
            Exclusive = 0x80, CloseOnExec = 0x80000;
        public static readonly int OpenFolder, OpenNoFollow;   // O_DIRECTORY, O_NOFOLLOW: the two architectures differ
        public static readonly string NodeName;

        static Libc()
        {
            byte[] name = new byte[6 * 65];                    // struct utsname
            uname(name);
            NodeName = UtsField(name, 1);
            bool arm = UtsField(name, 4) == "aarch64";
            OpenFolder = arm ? 0x4000 : 0x10000;
            OpenNoFollow = arm ? 0x8000 : 0x20000;
        }

        private static string UtsField(byte[] name, int index)
        {
            return Encoding.ASCII.GetString(name, index * 65, Array.IndexOf(name, (byte)0, index * 65) - index * 65);
        }

        [StructLayout(LayoutKind.Explicit, Size = 256)]
        public struct Stat                                     // struct statx: one layout on every architecture
        {
            [FieldOffset(0)] public uint Mask;
            [FieldOffset(16)] public uint Links;
            [FieldOffset(20)] public uint User;
            [FieldOffset(24)] public uint Group;
            [FieldOffset(28)] public ushort Mode;
            [FieldOffset(40)] public long Size;
            [FieldOffset(80)] public long BirthSeconds;
            [FieldOffset(88)] public uint BirthNanoseconds;
            [FieldOffset(96)] public long ChangeSeconds;
            [FieldOffset(104)] public uint ChangeNanoseconds;
            [FieldOffset(112)] public long WriteSeconds;
            [FieldOffset(120)] public uint WriteNanoseconds;
        }

        [StructLayout(LayoutKind.Sequential)]
        public struct AccessAndWrite                           // struct timespec[2]
        {
            public long AccessSeconds, AccessNanoseconds, WriteSeconds, WriteNanoseconds;
        }

        public const int GetLock = 5;                          // F_GETLK
        public const short ForReading = 0, NotLocked = 2;      // F_RDLCK, F_UNLCK

        [StructLayout(LayoutKind.Sequential)]
        public struct Region                                   // struct flock
        {
            public short Kind, From;
            public long Start, Length;
            public int Process;
        }

        [StructLayout(LayoutKind.Sequential, Size = 112)]
        public struct Volume                                   // struct statvfs
        {
            public long BlockSize, FragmentSize, Blocks, FreeBlocks, AvailableBlocks;
        }

        [DllImport("libc")] private static extern int uname(byte[] name);
        [DllImport("libc")] public static extern uint geteuid();
        [DllImport("libc")] public static extern uint getegid();
        [DllImport("libc")] public static extern IntPtr strerror(int error);
        [DllImport("libc")] public static extern void free(IntPtr memory);

        [DllImport("libc", SetLastError = true)] public static extern int open(byte[] path, int flags, uint mode);
        [DllImport("libc")] public static extern int close(IntPtr file);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr read(SafeFileHandle file, byte[] buffer, IntPtr count);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr write(SafeFileHandle file, ref byte first, IntPtr count);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr getdents64(SafeFileHandle folder, byte[] buffer, IntPtr count);
        [DllImport("libc")]
        public static extern int posix_fadvise(SafeFileHandle file, long offset, long length, int advice);
        [DllImport("libc", SetLastError = true)] public static extern int ftruncate(SafeFileHandle file, long length);
        [DllImport("libc", SetLastError = true)]
        public static extern long lseek(SafeFileHandle file, long offset, int whence);
        [DllImport("libc", SetLastError = true)] public static extern int flock(SafeFileHandle file, int operation);
        [DllImport("libc", SetLastError = true)]
        public static extern int fcntl(SafeFileHandle file, int command, ref Region region);
        [DllImport("libc", SetLastError = true)] public static extern int fsync(SafeFileHandle file);
        [DllImport("libc", SetLastError = true)] public static extern int syncfs(SafeFileHandle file);

        [DllImport("libc", SetLastError = true)]
        public static extern int statx(int folder, byte[] path, int flags, uint mask, out Stat stat);
        [DllImport("libc", SetLastError = true)]
        public static extern int statx(SafeFileHandle file, byte[] path, int flags, uint mask, out Stat stat);
        [DllImport("libc", SetLastError = true)]
        public static extern int statx(SafeFileHandle folder, IntPtr name, int flags, uint mask, out Stat stat);
        [DllImport("libc", SetLastError = true)]
        public static extern int futimens(SafeFileHandle file, ref AccessAndWrite times);
        [DllImport("libc", SetLastError = true)]
        public static extern int utimensat(int folder, byte[] path, ref AccessAndWrite times, int flags);
        [DllImport("libc", SetLastError = true)] public static extern int fchmod(SafeFileHandle file, uint mode);
        [DllImport("libc", SetLastError = true)] public static extern int chmod(byte[] path, uint mode);

        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr lgetxattr(byte[] path, byte[] name, byte[] content, IntPtr size);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr fgetxattr(SafeFileHandle file, byte[] name, byte[] content, IntPtr size);
        [DllImport("libc", SetLastError = true)]
        public static extern int lsetxattr(byte[] path, byte[] name, byte[] content, IntPtr size, int flags);
        [DllImport("libc", SetLastError = true)]
        public static extern int fsetxattr(SafeFileHandle file, byte[] name, byte[] content, IntPtr size, int flags);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr flistxattr(SafeFileHandle file, byte[] list, IntPtr size);
        [DllImport("libc", SetLastError = true)]
        public static extern int fremovexattr(SafeFileHandle file, byte[] name);
        [DllImport("libc", SetLastError = true)] public static extern int memfd_create(byte[] name, uint flags);

        // posix_spawn and its attributes give an error back instead of leaving it behind;
        // 512 bytes hold either of its structures.
        public const int SpawnBytes = 512, SignalSetBytes = 128;
        public const short SpawnInGroup = 2, SpawnDefaultSignals = 4, SpawnSignalMask = 8, SpawnInSession = 0x80;
        // waitid: P_PID, WEXITED, WNOHANG, WNOWAIT
        public const int ProcessById = 1, Exited = 4, LookNow = 1, LeaveWaitable = 0x01000000;
        public const int BrokenPipeSignal = 13, KillSignal = 9;

        [StructLayout(LayoutKind.Explicit, Size = 128)]
        public struct ChildFacts                               // siginfo_t of SIGCHLD
        {
            [FieldOffset(8)] public int Code;
            [FieldOffset(16)] public int Process;
            [FieldOffset(24)] public int Status;
        }

        [DllImport("libc", SetLastError = true)] public static extern int pipe2(int[] ends, int flags);
        [DllImport("libc")]
        public static extern int posix_spawn(out int process, byte[] path, byte[] actions, byte[] attributes,
            IntPtr[] arguments, IntPtr[] environment);
        [DllImport("libc")] public static extern int posix_spawn_file_actions_init(byte[] actions);
        [DllImport("libc")] public static extern int posix_spawn_file_actions_destroy(byte[] actions);
        [DllImport("libc")]
        public static extern int posix_spawn_file_actions_adddup2(byte[] actions, SafeFileHandle file, int number);
        [DllImport("libc")] public static extern int posix_spawn_file_actions_addchdir_np(byte[] actions, byte[] path);
        [DllImport("libc")] public static extern int posix_spawnattr_init(byte[] attributes);
        [DllImport("libc")] public static extern int posix_spawnattr_setflags(byte[] attributes, short flags);
        [DllImport("libc")] public static extern int posix_spawnattr_setsigdefault(byte[] attributes, byte[] signals);
        [DllImport("libc")] public static extern int sigaddset(byte[] signals, int signal);
        [DllImport("libc", SetLastError = true)]
        public static extern int waitid(int kind, int process, out ChildFacts facts, int options);
        [DllImport("libc", SetLastError = true)] public static extern int kill(int process, int signal);

        // Sockets: AF_UNIX, SOCK_STREAM, SOCK_NONBLOCK, SOL_SOCKET, SO_PEERCRED
        public const int UnixFamily = 1, Stream = 1, NonBlocking = 0x800, SocketLevel = 1, PeerCredentials = 17;

        [DllImport("libc", SetLastError = true)] public static extern int socket(int family, int type, int protocol);
        [DllImport("libc", SetLastError = true)]
        public static extern int bind(SafeFileHandle socket, byte[] address, int length);
        [DllImport("libc", SetLastError = true)] public static extern int listen(SafeFileHandle socket, int waiting);
        [DllImport("libc", SetLastError = true)]
        public static extern int connect(SafeFileHandle socket, byte[] address, int length);
        [DllImport("libc", SetLastError = true)]
        public static extern int accept4(SafeFileHandle socket, IntPtr address, IntPtr length, int flags);
        [DllImport("libc", SetLastError = true)]
        public static extern int getsockopt(SafeFileHandle socket, int level, int option, int[] value, ref int length);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr recv(SafeFileHandle socket, byte[] buffer, IntPtr length, int flags);

        [DllImport("libc", SetLastError = true)] public static extern int mkdir(byte[] path, uint mode);
        [DllImport("libc", SetLastError = true)] public static extern int rmdir(byte[] path);
        [DllImport("libc", SetLastError = true)] public static extern int link(byte[] existing, byte[] name);
        [DllImport("libc", SetLastError = true)] public static extern int symlink(byte[] target, byte[] path);
        [DllImport("libc", SetLastError = true)] public static extern int unlink(byte[] path);
        [DllImport("libc", SetLastError = true)] public static extern int rename(byte[] from, byte[] to);
        [DllImport("libc", SetLastError = true)]
        public static extern int renameat2(int fromFolder, byte[] from, int toFolder, byte[] to, uint flags);
        [DllImport("libc", SetLastError = true)]
        public static extern IntPtr readlink(byte[] path, byte[] target, IntPtr size);
        [DllImport("libc", SetLastError = true)] public static extern IntPtr realpath(byte[] path, IntPtr resolved);
        [DllImport("libc", SetLastError = true)] public static extern int statvfs(byte[] path, out Volume volume);
    }
}
