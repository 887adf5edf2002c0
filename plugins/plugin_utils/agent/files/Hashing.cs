// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Security.Cryptography;
using System.Text;

namespace IdentityOpsAgent
{
    // SHA-256. Uses the system's implementation if there is one: the managed one is many times slower.
    internal static class Hashing
    {
        private const string Digits = "0123456789abcdef";

        public static HashAlgorithm New()
        {
            return (HashAlgorithm)CryptoConfig.CreateFromName("System.Security.Cryptography.SHA256Cng")
                ?? SHA256.Create();
        }

        // The digest of everything given to TransformBlock. The object can then be used for the next file.
        public static byte[] Finish(HashAlgorithm hash)
        {
            hash.TransformFinalBlock(new byte[0], 0, 0);
            byte[] digest = (byte[])hash.Hash.Clone();
            hash.Initialize();
            return digest;
        }

        public static string Hex(byte[] digest)
        {
            StringBuilder text = new StringBuilder(digest.Length * 2);
            foreach (byte value in digest)
                text.Append(Digits[value >> 4]).Append(Digits[value & 15]);
            return text.ToString();
        }

        public static string Hex(byte[] content, int count)
        {
            using (HashAlgorithm hash = New())
                return Hex(hash.ComputeHash(content, 0, count));
        }

        public static byte[] Parse(string hex)
        {
            if (hex.Length != 64)
                throw new FormatError("not a SHA-256 digest");
            byte[] digest = new byte[32];
            for (int i = 0; i < digest.Length; i++)
                digest[i] = (byte)(Digit(hex[2 * i]) << 4 | Digit(hex[2 * i + 1]));
            return digest;
        }

        public static bool Same(byte[] left, byte[] right)
        {
            for (int i = 0; i < left.Length; i++)
            {
                if (left[i] != right[i])
                    return false;
            }
            return true;
        }

        private static int Digit(char c)
        {
            int value = Digits.IndexOf(c);
            if (value < 0)
                throw new FormatError("not a SHA-256 digest");
            return value;
        }
    }
}
