// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Alternate data streams: further contents of a file or folder, each with a name, beside the main content.
    /// </summary>
    internal static class FileStreams
    {
        private const int EndOfFile = 38, MoreData = 234;
        private const int Largest = 1024 * 1024;   // bytes of a list

        [ThreadStatic]
        private static byte[] buffer;

        /// <summary>Whether the file system of a file or folder keeps any.</summary>
        public static bool AreSupported(string path)
        {
            using (SafeFileHandle item = Win32.Open(path, NativeMethods.ReadAttributes, NativeMethods.ShareAll,
                NativeMethods.OpenExisting, NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint))
            {
                return (Win32.FeaturesOf(item) & NativeMethods.NamedStreams) != 0;
            }
        }

        /// <summary>
        /// Their names, usually with one call into the system. The main content is not one of them.
        /// </summary>
        public static List<string> Names(SafeFileHandle item)
        {
            byte[] room = buffer ?? (buffer = new byte[4096]);
            Array.Clear(room, 0, StreamNames.HeaderLength);
            while (!NativeMethods.GetFileInformationByHandleEx(item, NativeMethods.StreamClass, room, room.Length))
            {
                int error = Marshal.GetLastWin32Error();
                if (error == EndOfFile)   // a folder does not even have a main content
                    return new List<string>();
                if (error != MoreData || room.Length >= Largest)
                    throw Win32.Failure(error);
                room = new byte[4 * room.Length];
            }
            return StreamNames.In(room);
        }

        public static SafeFileHandle OpenRead(string path, string name)
        {
            return Win32.OpenRead(path + ":" + name + StreamNames.Type);
        }

        public static SafeFileHandle OpenNew(string path, string name)
        {
            return Win32.OpenNew(path + ":" + name + StreamNames.Type);
        }

        public static void Delete(string path, string name)
        {
            Win32.Delete(path + ":" + name + StreamNames.Type);
        }
    }
}
