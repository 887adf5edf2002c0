// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // The version of the documents in a set.
    internal static class Schema
    {
        public const int Number = 1;

        // FormatError for any other version; the message says if it is a later one.
        public static void Require(JsonMap document)
        {
            object schema = document["schema"];
            if (schema is long && (long)schema > Number)
                throw new FormatError("a later version of this collection wrote it (schema " + schema + ")");
            document.Number("schema", Number, Number);
        }
    }
}
