// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>Alternate data streams: further contents of a file or folder, beside the one that everybody sees.</summary>
    internal static class FileStreams
    {
        private const int EndOfFile = 38, MoreData = 234;
        private const int HeaderLength = 24;   // FILE_STREAM_INFO before its name
        private const string Content = "::$DATA";

        [ThreadStatic]
        private static byte[] buffer;

        /// <summary>Whether the file system that a file or folder lies in keeps any.</summary>
        public static bool AreKept(string path)
        {
            using (SafeFileHandle item = Win32.Open(path, NativeMethods.ReadAttributes, NativeMethods.ShareAll, NativeMethods.OpenExisting,
                NativeMethods.BackupSemantics | NativeMethods.OpenReparsePoint))
            {
                uint features;
                if (!NativeMethods.GetVolumeInformationByHandleW(item, IntPtr.Zero, 0, IntPtr.Zero, IntPtr.Zero, out features, IntPtr.Zero, 0))
                    throw Win32.Failure(Marshal.GetLastWin32Error());
                return (features & NativeMethods.NamedStreams) != 0;
            }
        }

        /// <summary>Whether an open file has one, in one call into the system for all but those with very many.</summary>
        public static bool HasAny(SafeFileHandle item)
        {
            byte[] room = buffer ?? (buffer = new byte[4096]);
            Array.Clear(room, 0, HeaderLength);
            if (!NativeMethods.GetFileInformationByHandleEx(item, NativeMethods.StreamClass, room, room.Length))
            {
                int error = Marshal.GetLastWin32Error();
                if (error == EndOfFile)   // a folder has not even its content
                    return false;
                if (error == MoreData)
                    return true;
                throw Win32.Failure(error);
            }
            for (int at = 0; at >= 0 && at <= room.Length - HeaderLength;)
            {
                int length = BitConverter.ToInt32(room, at + 4);
                if (length == 0)
                    return false;
                if (length < 0 || length > room.Length - HeaderLength - at || Encoding.Unicode.GetString(room, at + HeaderLength, length) != Content)
                    return true;
                int next = BitConverter.ToInt32(room, at);
                if (next <= 0)
                    return false;
                at += next;
            }
            return true;
        }
    }
}
