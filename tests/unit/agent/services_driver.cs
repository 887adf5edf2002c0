// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
using System.Globalization;

namespace IdentityOpsAgent
{
    /// <summary>
    /// As AgentDriver; and what an administrator does to a service: Start, Stop, SetStartType, Facts.
    /// </summary>
    public static class ServicesDriver
    {
        public static void Main(string[] port)
        {
            Driver.Serve(port[0], Answer);
        }

        private static string Answer(string method, List<string> arguments)
        {
            try
            {
                string result = method == "Run" ? Program.Run(arguments[0]) : Acted(method, arguments);
                return "{\"result\": " + result + "}";
            }
            catch (SystemError error)
            {
                return JsonWriter.Text(new JsonMap().Set("error", error.Code).Set("text", error.Message));
            }
        }

        private static string Acted(string method, List<string> arguments)
        {
            string name = arguments[0];
            if (method == "Start")
                ServiceControl.Start(name);
            else if (method == "Stop")
                ServiceControl.Stop(name);
            else if (method == "SetStartType")
                ServiceControl.SetStartType(name, uint.Parse(arguments[1], CultureInfo.InvariantCulture));
            ServiceFacts facts = ServiceControl.Find(name);
            return JsonWriter.Text(new List<object> { RuntimeWords.ServiceState(facts.State),
                RuntimeWords.StartType(facts.StartType) });
        }
    }
}
