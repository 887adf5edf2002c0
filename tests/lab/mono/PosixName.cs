// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>
    /// A name of Linux as the agent sees it and back: UTF-8, and a byte that is not UTF-8 becomes the lone surrogate
    /// U+DC00 + byte, so that the agent meets what Windows too can hold, a name that is not valid Unicode.
    /// </summary>
    internal static class PosixName
    {
        [ThreadStatic] private static byte[] first;
        [ThreadStatic] private static byte[] second;

        /// <summary>The path, ended by a zero, in a buffer of this thread that lives until the next call.</summary>
        public static byte[] Encode(string path)
        {
            LabShares.Enter(path);
            return Encode(path, ref first);
        }

        /// <summary>The same in a buffer of its own, past the shares.</summary>
        public static byte[] EncodeApart(string path)
        {
            byte[] apart = null;
            return Encode(path, ref apart);
        }

        /// <summary>The same for a text that names nothing here.</summary>
        public static byte[] EncodeText(string text)
        {
            return Encode(text, ref first);
        }

        /// <summary>The same in another buffer, for calls that take two paths.</summary>
        public static byte[] EncodeSecond(string path)
        {
            LabShares.Enter(path);
            return Encode(path, ref second);
        }

        private static byte[] Encode(string path, ref byte[] buffer)
        {
            int room = path.Length * 3 + 1;
            if (buffer == null || buffer.Length < room)
                buffer = new byte[Math.Max(room, 4096)];
            byte[] bytes = buffer;
            int end = 0;
            for (int index = 0; index < path.Length; index++)
            {
                int code = path[index];
                if (char.IsHighSurrogate(path[index]) && index + 1 < path.Length
                    && char.IsLowSurrogate(path[index + 1]))
                    code = char.ConvertToUtf32(path[index], path[++index]);
                if (code == 0)
                    throw new SystemError(123, "A zero character in a path");
                if (code < 0x80)
                    bytes[end++] = (byte)code;
                else if (code >= 0xDC80 && code <= 0xDCFF)
                    bytes[end++] = (byte)code;
                else
                    end = EncodeLong(code, bytes, end);
            }
            bytes[end] = 0;
            return bytes;
        }

        private static int EncodeLong(int code, byte[] bytes, int end)
        {
            if (code < 0x800)
            {
                bytes[end++] = (byte)(0xC0 | code >> 6);
            }
            else
            {
                if (code < 0x10000)
                {
                    bytes[end++] = (byte)(0xE0 | code >> 12);
                }
                else
                {
                    bytes[end++] = (byte)(0xF0 | code >> 18);
                    bytes[end++] = (byte)(0x80 | code >> 12 & 0x3F);
                }
                bytes[end++] = (byte)(0x80 | code >> 6 & 0x3F);
            }
            bytes[end++] = (byte)(0x80 | code & 0x3F);
            return end;
        }

        /// <summary>The name of <paramref name="length"/> bytes at <paramref name="start"/>.</summary>
        public static string Decode(byte[] bytes, int start, int length)
        {
            char[] name = new char[length];
            int count = 0;
            int end = start + length;
            for (int index = start; index < end;)
            {
                int size = SequenceLength(bytes, index, end);
                if (size == 0)
                {
                    name[count++] = (char)(0xDC00 + bytes[index++]);
                    continue;
                }
                int code = size == 1 ? bytes[index] : bytes[index] & 0xFF >> size + 1;
                for (int next = 1; next < size; next++)
                    code = code << 6 | bytes[index + next] & 0x3F;
                index += size;
                if (code < 0x10000)
                {
                    name[count++] = (char)code;
                    continue;
                }
                name[count++] = (char)(0xD7C0 + (code >> 10));
                name[count++] = (char)(0xDC00 + (code & 0x3FF));
            }
            return new string(name, 0, count);
        }

        /// <summary>
        /// Bytes of the well-formed UTF-8 sequence that starts at <paramref name="index"/> (Unicode,
        /// table 3-7); 0 when there is none.
        /// </summary>
        private static int SequenceLength(byte[] bytes, int index, int end)
        {
            byte lead = bytes[index];
            if (lead < 0x80)
                return 1;
            int size = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
            if (size == 0 || index + size > end)
                return 0;
            byte second = bytes[index + 1];
            if (second < (lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80)
                || second > (lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF))
                return 0;
            for (int next = index + 2; next < index + size; next++)
                if ((bytes[next] & 0xC0) != 0x80)
                    return 0;
            return size;
        }
    }
}
