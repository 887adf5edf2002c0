// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows passes one text to a program. This writes it so that CommandLineToArgvW and the C runtime split it
    /// into exactly the same arguments.
    /// </summary>
    internal static class CommandLine
    {
        /// <summary>Characters, the zero at the end not counted (CreateProcessW).</summary>
        public const int Limit = 32766;

        /// <summary>The same for a program that has the network identity (CreateProcessWithTokenW).</summary>
        public const int IdentityLimit = 1023;

        /// <summary>
        /// The program's own name is quoted by a rule without escapes: like every path on Windows, it has no quotes.
        /// </summary>
        public static string Of(string program, List<string> arguments)
        {
            StringBuilder line = new StringBuilder("\"").Append(program).Append('"');
            foreach (string argument in arguments)
                Append(line.Append(' '), argument);
            return line.ToString();
        }

        // Backslashes are literal, except before a quote: there each is doubled, and the quote gets one more.
        private static void Append(StringBuilder line, string argument)
        {
            if (argument.Length > 0 && argument.IndexOfAny(new[] { ' ', '\t', '\n', '\v', '"' }) < 0)
            {
                line.Append(argument);
                return;
            }
            line.Append('"');
            int backslashes = 0;
            foreach (char c in argument)
            {
                if (c == '"')
                    line.Append('\\', backslashes + 1);
                backslashes = c == '\\' ? backslashes + 1 : 0;
                line.Append(c);
            }
            line.Append('\\', backslashes).Append('"');
        }
    }
}
