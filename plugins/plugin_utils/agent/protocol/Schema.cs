// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // The version of the documents that a set holds.
    internal static class Schema
    {
        public const int Number = 1;

        // FormatError for any other; of a later one it says so.
        public static void Require(JsonMap document)
        {
            object schema = document["schema"];
            if (schema is long && (long)schema > Number)
                throw new FormatError("a later version of this collection wrote it (schema " + schema + ")");
            document.Number("schema", Number, Number);
        }
    }
}
