// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Diagnostics;

namespace IdentityOpsAgent
{
    // The only entry point of the agent. Request and answer are one JSON text each. Never throws.
    public static class Program
    {
        // The bootstrap calls this. Not an overload of Run, because not every PowerShell can tell overloads apart.
        public static string Begin(string request, string packedSource)
        {
            ThisAgent.PackedSource = packedSource;
            return Run(request);
        }

        public static string Run(string request)
        {
            Stopwatch watch = Stopwatch.StartNew();
            string operation = "";
            Answer answer;
            try
            {
                LockedFileRetry.Reset();
                JsonMap map = JsonReader.Map(request);
                operation = map.Text("operation");
                map.Number("protocol", ThisAgent.Protocol, ThisAgent.Protocol);
                using (IdentityOf(map))
                using (StateFolder.Of(map))
                    answer = Perform(operation, map);
            }
            catch (Exception error)
            {
                answer = new Answer { Failure = AgentError.Of(operation, error) };
            }
            return answer.ToText(operation, watch.Elapsed);
        }

        // Each operation has a section in docs/reference/protocol.md. Those that run as jobs are also in
        // Job.Operations.
        private static Answer Perform(string operation, JsonMap request)
        {
            switch (operation)
            {
                case "probe": return Probe.Run(request);
                case "list": return Probe.List(request);
                case "backup": return new Backup(request).Run();
                case "verify": return Verify.Run(request);
                case "restore": return new Restore(request).Run();
                case "seal": return Seal.Run(request);
                case "place": return Placement.Run(request);
                case "adopt": return new Adopt(request).Run();
                case "put": return Put.Run(request);
                case "get": return Get.Run(request);
                case "run": return new Run(request).Start();
                case "state": return RuntimeState.Run(request);
                case "quiesce": return new Quiesce(request).Run();
                case "resume": return Resume.Run(request);
                case "watch": return new WatchdogProcess(request).Run();
                case "start": return new Job(request, Run).Start(request.MapOrEmpty("request"));
                case "rehearsal": return Rehearsal.Run(request, Run);
                case "work": return new JobRunner(request, Run).Run();
                default: throw new FormatError("there is no operation '" + operation + "'");
            }
        }

        // Active until the request is done, also for a request inside it. null: shares see the connection's account.
        private static NetworkIdentity IdentityOf(JsonMap request)
        {
            if (request["network"] == null)
                return null;
            JsonMap network = request.MapOrEmpty("network");
            string user = network.Text("username"), password = network.Text("password");
            try
            {
                return NetworkIdentity.LogOn(user, password);
            }
            catch (SystemError error)
            {
                throw new AgentError("network_identity",
                    "The network identity could not be used, and nothing was started", null, error.Message,
                    "Correct groupid_network_username and groupid_network_password, or leave both out.");
            }
        }
    }
}
