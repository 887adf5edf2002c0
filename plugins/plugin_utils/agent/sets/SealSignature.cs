// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Text;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // The signature at the end of a seal. The controller makes and checks it, because the key never leaves the
    // controller. Here it is only cut off, byte for byte, and the rest is hashed.
    internal static class SealSignature
    {
        private const string Member = "signature";
        private const int Longest = 256;

        private static readonly Regex Form = new Regex(",\n  \"signature\": \\{\n    \"algorithm\": \"hmac-sha256\","
            + "\n    \"key_id\": \"([0-9a-f]{16})\",\n    \"value\": \"([0-9a-f]{64})\"\n  \\}\n\\}\n\\z");
        private static readonly byte[] End = Encoding.ASCII.GetBytes("\n}\n");

        // null if the document has none. Its members are null if it does not have this collection's format.
        public static JsonMap Of(byte[] content, JsonMap document)
        {
            int start = Math.Max(0, content.Length - Longest);
            Match match = Form.Match(Encoding.ASCII.GetString(content, start, content.Length - start));
            if (!match.Success)
                return document.Has(Member) ? Told(null, null, null) : null;
            int length = content.Length - match.Length;
            byte[] unsigned = new byte[length + End.Length];
            Array.Copy(content, unsigned, length);
            Array.Copy(End, 0, unsigned, length, End.Length);
            return Told(match.Groups[1].Value, match.Groups[2].Value, Hashing.Hex(unsigned, unsigned.Length));
        }

        private static JsonMap Told(string keyId, string value, string signed)
        {
            return new JsonMap().Set("key_id", keyId).Set("value", value).Set("signed_sha256", signed);
        }
    }
}
