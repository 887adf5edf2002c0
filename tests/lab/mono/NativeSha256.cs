// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace IdentityOpsLab
{
    /// <summary>
    /// SHA-256 of OpenSSL 3 in the place of Windows' own (SHA256Cng): Mono computes it twenty times slower.
    /// Public, as CryptoConfig demands.
    /// </summary>
    public sealed class NativeSha256 : SHA256
    {
        private static readonly IntPtr Algorithm = EVP_MD_fetch(IntPtr.Zero, "SHA256", null);
        private IntPtr context = EVP_MD_CTX_new();

        public NativeSha256()
        {
            Initialize();
        }

        /// <summary>
        /// Makes the names that agents ask for mean this class; without libcrypto they keep Mono's meaning.
        /// </summary>
        public static void Register()
        {
            try
            {
                new NativeSha256().Dispose();
            }
            catch (TypeInitializationException)   // DllNotFoundException inside
            {
                return;
            }
            CryptoConfig.AddAlgorithm(typeof(NativeSha256), "System.Security.Cryptography.SHA256Cng",
                "System.Security.Cryptography.SHA256", "SHA256");
        }

        public override void Initialize()
        {
            Check(EVP_DigestInit_ex(context, Algorithm, IntPtr.Zero));
        }

        protected override void HashCore(byte[] array, int start, int size)
        {
            if (size > 0)
                Check(EVP_DigestUpdate(context, ref array[start], (UIntPtr)(uint)size));
        }

        protected override byte[] HashFinal()
        {
            byte[] digest = new byte[32];
            Check(EVP_DigestFinal_ex(context, digest, IntPtr.Zero));
            return digest;
        }

        protected override void Dispose(bool disposing)
        {
            EVP_MD_CTX_free(context);
            context = IntPtr.Zero;
            base.Dispose(disposing);
        }

        private static void Check(int result)
        {
            if (result != 1)
                throw new CryptographicException("libcrypto refuses SHA-256");
        }

        [DllImport("libcrypto.so.3")]
        private static extern IntPtr EVP_MD_fetch(IntPtr library, string algorithm, string properties);
        [DllImport("libcrypto.so.3")] private static extern IntPtr EVP_MD_CTX_new();
        [DllImport("libcrypto.so.3")] private static extern void EVP_MD_CTX_free(IntPtr context);
        [DllImport("libcrypto.so.3")]
        private static extern int EVP_DigestInit_ex(IntPtr context, IntPtr algorithm, IntPtr engine);
        [DllImport("libcrypto.so.3")]
        private static extern int EVP_DigestUpdate(IntPtr context, ref byte first, UIntPtr count);
        [DllImport("libcrypto.so.3")]
        private static extern int EVP_DigestFinal_ex(IntPtr context, byte[] digest, IntPtr size);
    }
}
