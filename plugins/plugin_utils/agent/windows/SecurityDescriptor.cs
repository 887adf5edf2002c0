// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;

namespace IdentityOpsAgent
{
    /// <summary>
    /// A self-relative SECURITY_DESCRIPTOR of winnt.h as bytes. SystemError 1338 if a piece is not inside of it.
    /// </summary>
    internal static class SecurityDescriptor
    {
        private const int HeaderLength = 20, OwnerAt = 4, GroupAt = 8, DaclAt = 16;
        private const int AclHeaderLength = 8, AceHeaderLength = 4;
        private const byte Inherited = 0x10;
        private const int ControlKept = 0x8000 | 0x1000 | 0x4;   // self-relative, list protected, list present

        /// <summary>How many bytes it uses of a larger buffer.</summary>
        public static int Length(byte[] buffer)
        {
            int end = HeaderLength;
            foreach (int at in new[] { OwnerAt, GroupAt })
            {
                int start = Offset(buffer, at);
                end = Math.Max(end, start + SidLength(buffer, start));
            }
            int list = Offset(buffer, DaclAt);
            return Math.Max(end, list + AclLength(buffer, list));
        }

        /// <summary>
        /// The same owner, group and list without the list's inherited entries,
        /// and without the marks of how it was inherited.
        /// </summary>
        public static byte[] Explicit(byte[] whole)
        {
            MemoryStream made = new MemoryStream();
            made.Write(new byte[HeaderLength], 0, HeaderLength);
            int owner = Append(made, whole, Offset(whole, OwnerAt), SidLength(whole, Offset(whole, OwnerAt)));
            int group = Append(made, whole, Offset(whole, GroupAt), SidLength(whole, Offset(whole, GroupAt)));
            int list = AppendExplicit(made, whole, Offset(whole, DaclAt));
            byte[] descriptor = made.ToArray();
            descriptor[0] = whole[0];
            Put(descriptor, 2, BitConverter.ToUInt16(whole, 2) & ControlKept, 2);
            Put(descriptor, OwnerAt, owner, 4);
            Put(descriptor, GroupAt, group, 4);
            Put(descriptor, DaclAt, list, 4);
            return descriptor;
        }

        // Returns the new offset; 0 if there is nothing to copy.
        private static int Append(MemoryStream made, byte[] whole, int start, int length)
        {
            if (length == 0)
                return 0;
            int place = (int)made.Length;
            made.Write(whole, start, length);
            return place;
        }

        private static int AppendExplicit(MemoryStream made, byte[] whole, int start)
        {
            int length = AclLength(whole, start);
            if (length == 0)
                return 0;
            MemoryStream kept = new MemoryStream();
            int count = 0;
            int at = start + AclHeaderLength;
            for (int left = BitConverter.ToUInt16(whole, start + 4); left > 0; left--)
            {
                Check(at + AceHeaderLength <= start + length);
                int size = BitConverter.ToUInt16(whole, at + 2);
                Check(size >= AceHeaderLength && at + size <= start + length);
                if ((whole[at + 1] & Inherited) == 0)
                {
                    kept.Write(whole, at, size);
                    count++;
                }
                at += size;
            }
            byte[] header = { whole[start], 0, 0, 0, 0, 0, 0, 0 };
            Put(header, 2, AclHeaderLength + (int)kept.Length, 2);
            Put(header, 4, count, 2);
            int place = Append(made, header, 0, AclHeaderLength);
            Append(made, kept.ToArray(), 0, (int)kept.Length);
            return place;
        }

        private static int Offset(byte[] whole, int at)
        {
            Check(whole.Length >= HeaderLength);
            int offset = BitConverter.ToInt32(whole, at);
            Check(offset == 0 || (offset >= HeaderLength && offset <= whole.Length - AclHeaderLength));
            return offset;
        }

        private static int SidLength(byte[] whole, int start)
        {
            if (start == 0)
                return 0;
            int length = 8 + 4 * whole[start + 1];
            Check(length <= whole.Length - start);
            return length;
        }

        private static int AclLength(byte[] whole, int start)
        {
            if (start == 0)
                return 0;
            int length = BitConverter.ToUInt16(whole, start + 2);
            Check(length >= AclHeaderLength && length <= whole.Length - start);
            return length;
        }

        private static void Put(byte[] target, int at, int value, int count)
        {
            Array.Copy(BitConverter.GetBytes(value), 0, target, at, count);
        }

        private static void Check(bool sound)
        {
            if (!sound)
                throw new SystemError(1338, "The security descriptor structure is invalid.");
        }
    }
}
