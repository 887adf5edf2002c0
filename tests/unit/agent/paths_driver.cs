// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The shipped Paths over the shipped Win32:
    /// the method Absolute and a path in, {"result": {"path" or "refused"}} out.
    /// </summary>
    public static class PathsDriver
    {
        public static void Main(string[] port)
        {
            Driver.Serve(port[0], Answer);
        }

        private static string Answer(string method, List<string> arguments)
        {
            JsonMap answer = new JsonMap();
            try
            {
                answer.Set("path", Paths.Absolute(arguments[0], "path"));
            }
            catch (FormatError error)
            {
                answer.Set("refused", error.Message);
            }
            return "{\"result\": " + JsonWriter.Text(answer) + "}";
        }
    }
}
