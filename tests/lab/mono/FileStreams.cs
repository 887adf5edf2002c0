// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Alternate data streams as Samba keeps them on Linux: an extended attribute user.DosStream.NAME for each. As on
    /// NTFS, to write one is to write the file: its time moves.
    /// </summary>
    internal static class FileStreams
    {
        private const string Prefix = "user.DosStream.";
        private const int Largest = 64 * 1024;   // XATTR_SIZE_MAX, XATTR_LIST_MAX

        [ThreadStatic] private static byte[] buffer;

        public static bool AreSupported(string path)
        {
            FileFacts facts;
            if (!Win32.TryFacts(path, out facts))
                throw Win32.Failure(Libc.ENOENT);
            if (LabFaults.Current != null && LabFaults.Current.WithoutStreams(path))
                return false;
            byte[] name = PosixName.Encode(path), stream = PosixName.EncodeSecond(Prefix);
            return (int)Libc.lgetxattr(name, stream, new byte[1], (IntPtr)1) >= 0
                || Marshal.GetLastWin32Error() != Libc.EOPNOTSUPP;
        }

        public static List<string> Names(SafeFileHandle item)
        {
            if (LabHabits.Current != null && LabHabits.Current.LacksClasses
                && LabHabits.Current.LacksClass(Win32.FinalPath(item)))
                throw new SystemError(87, "The parameter is incorrect.");
            byte[] list = buffer ?? (buffer = new byte[Largest]);
            int length = Win32.Check((int)Libc.flistxattr(item, list, (IntPtr)list.Length));
            List<string> names = new List<string>();
            for (int start = 0; start < length;)
            {
                int end = Array.IndexOf(list, (byte)0, start);
                string name = PosixName.Decode(list, start, end - start);
                if (name.StartsWith(Prefix, StringComparison.Ordinal))
                    names.Add(name.Substring(Prefix.Length));
                start = end + 1;
            }
            return names;
        }

        public static SafeFileHandle OpenRead(string path, string name)
        {
            if (LabFaults.Current != null)
                Win32.Refuse(LabFaults.Current.OnRead(path + ":" + name));
            return Opened(path, name, delegate(SafeFileHandle stream)
            {
                byte[] content = new byte[Largest];
                int length = Win32.Check((int)Libc.fgetxattr(
                    stream.StreamOf, PosixName.Encode(Prefix + name), content, (IntPtr)content.Length));
                for (int done = 0; done < length;)
                    done += Win32.Check((int)Libc.write(stream, ref content[done], (IntPtr)(length - done)));
                Win32.Check((int)Libc.lseek(stream, 0, 0));
            });
        }

        public static SafeFileHandle OpenNew(string path, string name)
        {
            Win32.RefuseCreation(path + ":" + name);
            return Opened(path, name, delegate(SafeFileHandle stream)
            {
                stream.Written = new MemoryStream();
                stream.FaultPath = path + ":" + name;
                Put(stream, Libc.CreateAttribute);
            });
        }

        public static void Delete(string path, string name)
        {
            Win32.RefuseChange(path + ":" + name);
            using (SafeFileHandle file = Win32.OpenItem(path))
                Win32.Check(Libc.fremovexattr(file, PosixName.Encode(Prefix + name)));
        }

        /// <summary>What Win32.Write gives to a stream.</summary>
        internal static void Write(SafeFileHandle stream, byte[] buffer, int count)
        {
            Win32.RefuseChange(stream.FaultPath);
            stream.Written.Write(buffer, 0, count);
            Put(stream, 0);
        }

        private static SafeFileHandle Opened(string path, string name, Action<SafeFileHandle> fill)
        {
            SafeFileHandle file = Win32.OpenItem(path);
            int draft = Win32.Check(Libc.memfd_create(PosixName.Encode(Prefix), Libc.CloseWithProgram));
            SafeFileHandle stream = new SafeFileHandle(draft) { StreamOf = file, StreamName = name };
            try
            {
                fill(stream);
                return stream;
            }
            catch (SystemError)
            {
                stream.Dispose();
                throw;
            }
        }

        private static void Put(SafeFileHandle stream, int flags)
        {
            if (LabFaults.Loses("streams", stream.FaultPath))
                return;
            byte[] content = stream.Written.ToArray();
            Win32.Check(Libc.fsetxattr(stream.StreamOf, PosixName.Encode(Prefix + stream.StreamName), content,
                (IntPtr)content.Length, flags));
            Libc.AccessAndWrite now = new Libc.AccessAndWrite { AccessNanoseconds = Libc.OmitTime,
                WriteNanoseconds = Libc.TimeOfNow };
            Win32.Check(Libc.futimens(stream.StreamOf, ref now));
        }
    }
}
