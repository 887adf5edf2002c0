// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The names of alternate data streams as Windows lists them: FILE_STREAM_INFO, one after the other.
    /// </summary>
    internal static class StreamNames
    {
        /// <summary>
        /// Bytes of an entry before its name: the offset of the next one (0: the last), the bytes of the name, two
        /// sizes.
        /// </summary>
        public const int HeaderLength = 24;

        public const string Type = ":$DATA";

        /// <summary>Without the colon and the type around them, and without the main content.</summary>
        public static List<string> In(byte[] list)
        {
            List<string> names = new List<string>();
            for (int at = 0, next = 1; next > 0 && at >= 0 && at <= list.Length - HeaderLength; at += next)
            {
                next = BitConverter.ToInt32(list, at);
                int length = BitConverter.ToInt32(list, at + 4);
                if (length <= 0 || length > list.Length - HeaderLength - at)
                    break;
                string name = Encoding.Unicode.GetString(list, at + HeaderLength, length);
                if (name != ":" + Type)
                    names.Add(Bare(name));
            }
            return names;
        }

        private static string Bare(string name)
        {
            bool usual = name.Length > 1 + Type.Length && name[0] == ':'
                && name.EndsWith(Type, StringComparison.Ordinal);
            return usual ? name.Substring(1, name.Length - 1 - Type.Length) : name;
        }
    }
}
