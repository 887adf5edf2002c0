// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // Which files' content a verification reads: of all files (full), of none (quick), or of the n-th of t shares
    // (n/t). A file's share depends only on its path, so t runs read every file once, even if files come and go
    // between them.
    internal sealed class VerifyMode
    {
        public static readonly VerifyMode Full = new VerifyMode("full", 1, 1);

        private static readonly VerifyMode Quick = new VerifyMode("quick", 0, 0);
        private static readonly Regex ShareForm = new Regex(@"\A([1-9][0-9]{0,3})/([1-9][0-9]{0,3})\z");

        public readonly string Text;
        private readonly uint share;    // from 1
        private readonly uint shares;   // 0: no content is read

        private VerifyMode(string text, uint share, uint shares)
        {
            Text = text;
            this.share = share;
            this.shares = shares;
        }

        // null: full.
        public static VerifyMode Parse(string text)
        {
            if (text == null || text == Full.Text)
                return Full;
            if (text == Quick.Text)
                return Quick;
            Match match = ShareForm.Match(text);
            uint share = match.Success ? Number(match.Groups[1]) : 1;
            uint shares = match.Success ? Number(match.Groups[2]) : 0;
            if (share > shares)
                throw new FormatError(
                    "'mode' must be full, quick or n/t with n from 1 to t and t up to 9999, and is '" + text + "'");
            return new VerifyMode(text, share, shares);
        }

        // Keeps the files whose content is to be read. Share n has those for which the first four bytes of the path's
        // SHA-256, as a big-endian number, leave n - 1 when divided by t.
        public void Choose(List<Entry> files)
        {
            if (shares == 0)
                files.Clear();
            if (shares < 2)
                return;
            using (HashAlgorithm hash = Hashing.New())
                files.RemoveAll(delegate(Entry file)
                {
                    return Start(hash.ComputeHash(Encoding.UTF8.GetBytes(file.Path))) % shares != share - 1;
                });
        }

        private static uint Start(byte[] digest)
        {
            return (uint)digest[0] << 24 | (uint)digest[1] << 16 | (uint)digest[2] << 8 | digest[3];
        }

        private static uint Number(Group digits)
        {
            return uint.Parse(digits.Value, NumberStyles.None, CultureInfo.InvariantCulture);
        }
    }
}
