// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `state`: reports what runs of the product on this computer. It changes nothing.
    internal static class RuntimeState
    {
        public static Answer Run(JsonMap request)
        {
            Answer answer = new Answer();
            ProductRuntime runtime = new ProductRuntime(request);
            answer.Warnings.AddRange(runtime.Warnings);
            answer.Members.Set("versions", runtime.Rules.Versions)
                .Set("services", runtime.Services.ConvertAll<JsonMap>(Described))
                .Set("iis", new JsonMap().Set("installed", runtime.HasIis)
                    .Set("shared_configuration", runtime.IsConfigurationShared))
                .Set("pools", runtime.Pools.ConvertAll<JsonMap>(Described))
                .Set("tasks", runtime.Tasks.ConvertAll<JsonMap>(Described))
                .Set("processes", Answer.First(runtime.Processes(), Answer.ListLimit).ConvertAll<JsonMap>(Described))
                .Set("similar", Answer.First(runtime.Similar, Answer.ListLimit))
                .Set("unmatched", runtime.Rules.Unmatched())
                .Set("record", Record(answer.Warnings)).Set("watchdog", Watchdog.Told());
            return answer;
        }

        // A record that cannot be read does not hide what runs.
        private static JsonMap Record(List<string> warnings)
        {
            try
            {
                QuiesceRecord record = QuiesceRecord.Current("The record of what ran was not read");
                return record == null ? null : record.Head();
            }
            catch (AgentError error)
            {
                warnings.Add(error.What + ": " + error.Cause);
                return null;
            }
        }

        private static JsonMap Described(ProductService service)
        {
            ServiceFacts facts = service.Facts;
            return service.Match.AddTo(new JsonMap().Set("name", facts.Name).Set("display_name", facts.DisplayName))
                .Set("state", RuntimeWords.ServiceState(facts.State))
                .Set("start_type", RuntimeWords.StartType(facts.StartType))
                .Set("delayed", facts.IsDelayed).Set("process", facts.Process)
                .Set("program", StoredPath.ProgramOf(facts.Command))
                .Set("recovery", !facts.Recovers ? "none" : facts.RecoversFromErrors ? "errors" : "crashes")
                .Set("dependents", service.Dependents).Set("elasticsearch", service.IsElasticsearch);
        }

        private static JsonMap Described(ProductPool pool)
        {
            return pool.Match.AddTo(new JsonMap().Set("name", pool.Facts.Name)).Set("state", pool.Facts.State)
                .Set("auto_start", pool.Facts.StartsItself).Set("outside", pool.Outside)
                .Set("applications", pool.Facts.Applications.ConvertAll(delegate(PoolApplication application)
                {
                    return new JsonMap().Set("name", application.Name).Set("folders", application.Folders);
                }));
        }

        private static JsonMap Described(ProductTask task)
        {
            return task.Match.AddTo(new JsonMap().Set("path", task.Facts.Path)).Set("enabled", task.Facts.IsEnabled)
                .Set("state", RuntimeWords.TaskState(task.Facts.State)).Set("instances", task.Facts.Instances)
                .Set("programs", task.Facts.Programs);
        }

        private static JsonMap Described(ProductProcess process)
        {
            return process.Match.AddTo(new JsonMap().Set("id", process.Facts.Id).Set("program", process.Facts.Program));
        }
    }
}
