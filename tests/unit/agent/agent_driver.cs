// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The whole agent in one process: the method Run and a request in, {"result": answer} out. Patience: how many
    /// milliseconds each operation waits for names that are held.
    /// </summary>
    public static class AgentDriver
    {
        public static void Main(string[] port)
        {
            Driver.Serve(port[0], Answer);
        }

        private static string Answer(string method, List<string> arguments)
        {
            if (method == "Run")
                return "{\"result\": " + Program.Run(arguments[0]) + "}";
            LockedFileRetry.Budget = int.Parse(arguments[0]);
            return "{\"result\": null}";
        }
    }
}
