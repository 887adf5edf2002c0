// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // The names of a rehearsal's folders: ".rehearsal-web01-0123456789abcdef".
    internal static class ScratchName
    {
        private const string Prefix = ".rehearsal-";

        private static readonly Regex Form = new Regex(@"\A\.rehearsal-[a-z0-9_-]{1,63}-[0-9a-f]{16}\z");
        private static readonly Regex IdForm = new Regex(@"\A[0-9a-f]{16}\z");

        // For any server: on a share, others have theirs beside this one's.
        public static bool Is(string name)
        {
            return Form.IsMatch(name);
        }

        public static bool IsOfThisServer(string name)
        {
            string prefix = Prefix + Names.ThisServer() + "-";
            return name.StartsWith(prefix, StringComparison.Ordinal) && IdForm.IsMatch(name.Substring(prefix.Length));
        }

        // FormatError for an id that is not valid.
        public static string Of(string id)
        {
            if (!IdForm.IsMatch(id))
                throw new FormatError("'id' must be 16 hexadecimal digits");
            return Prefix + Names.ThisServer() + "-" + id;
        }
    }
}
