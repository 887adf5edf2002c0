// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `state`: what of the product runs on this computer. It only looks.
    internal static class RuntimeState
    {
        private static readonly string[] ServiceStates =
        {
            "unknown", "stopped", "start_pending", "stop_pending", "running", "continue_pending", "pause_pending",
            "paused",
        };
        private static readonly string[] StartTypes = { "boot", "system", "automatic", "manual", "disabled" };
        private static readonly string[] TaskStates = { "unknown", "disabled", "queued", "ready", "running" };

        public static Answer Run(JsonMap request)
        {
            Answer answer = new Answer();
            ProductRuntime runtime = new ProductRuntime(request);
            answer.Members.Set("versions", runtime.Claims.Versions)
                .Set("services", runtime.Services.ConvertAll<JsonMap>(Described))
                .Set("iis", new JsonMap().Set("installed", runtime.HasIis)
                    .Set("shared_configuration", runtime.IsConfigurationShared))
                .Set("pools", runtime.Pools.ConvertAll<JsonMap>(Described))
                .Set("tasks", runtime.Tasks.ConvertAll<JsonMap>(Described))
                .Set("processes", Answer.First(runtime.Processes, Answer.ListLimit).ConvertAll<JsonMap>(Described))
                .Set("similar", Answer.First(runtime.Similar, Answer.ListLimit))
                .Set("unmatched", runtime.Claims.Unmatched());
            return answer;
        }

        public static string StateOf(ServiceFacts facts)
        {
            return Word(ServiceStates, facts.State);
        }

        private static JsonMap Described(ClaimedService service)
        {
            ServiceFacts facts = service.Facts;
            return service.Claim.Tell(new JsonMap().Set("name", facts.Name).Set("display_name", facts.DisplayName))
                .Set("state", StateOf(facts)).Set("start_type", Word(StartTypes, facts.StartType))
                .Set("delayed", facts.IsDelayed).Set("process", facts.Process)
                .Set("program", Claims.ProgramOf(facts.Command))
                .Set("recovery", !facts.Recovers ? "none" : facts.RecoversFromErrors ? "errors" : "crashes")
                .Set("dependents", service.Dependents);
        }

        private static JsonMap Described(ClaimedPool pool)
        {
            return pool.Claim.Tell(new JsonMap().Set("name", pool.Facts.Name)).Set("state", pool.Facts.State)
                .Set("auto_start", pool.Facts.StartsItself).Set("outside", pool.Outside)
                .Set("applications", pool.Facts.Applications.ConvertAll(delegate(PoolApplication application)
                {
                    return new JsonMap().Set("name", application.Name).Set("folders", application.Folders);
                }));
        }

        private static JsonMap Described(ClaimedTask task)
        {
            return task.Claim.Tell(new JsonMap().Set("path", task.Facts.Path)).Set("enabled", task.Facts.IsEnabled)
                .Set("state", Word(TaskStates, (uint)task.Facts.State)).Set("instances", task.Facts.Instances)
                .Set("programs", task.Facts.Programs);
        }

        private static JsonMap Described(ClaimedProcess process)
        {
            return process.Claim.Tell(new JsonMap().Set("id", process.Facts.Id).Set("program", process.Facts.Program));
        }

        private static string Word(string[] words, uint number)
        {
            return number < words.Length ? words[number] : "unknown";
        }
    }
}
