// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    internal sealed class ProductService
    {
        public ProductMatch Match;
        public ServiceFacts Facts;
        public List<string> Dependents;   // that are not stopped yet, in the order of stopping
        public bool IsElasticsearch;      // it is one of its nodes
    }

    internal sealed class ProductPool
    {
        public ProductMatch Match;
        public PoolFacts Facts;
        public List<string> Outside;      // applications that serve anything outside of the product's folders
    }

    internal sealed class ProductTask
    {
        public ProductMatch Match;
        public TaskFacts Facts;
    }

    internal sealed class ProductProcess
    {
        public ProductMatch Match;
        public ProcessFacts Facts;
    }

    // Everything of the product that runs on this computer or could run; each kind in the order of stopping.
    internal sealed class ProductRuntime
    {
        public readonly ProductRules Rules;
        public readonly List<ProductService> Services = new List<ProductService>();
        public readonly List<ProductPool> Pools = new List<ProductPool>();
        public readonly List<ProductTask> Tasks = new List<ProductTask>();
        // Items whose names look like the product's, but which no rule matches. Not of kinds whose items the request
        // names.
        public readonly List<JsonMap> Similar = new List<JsonMap>();
        public readonly List<string> Warnings = new List<string>();
        public bool HasIis, IsConfigurationShared;

        public ProductRuntime(JsonMap request)
        {
            Rules = new ProductRules(request);
            LookAtServices();
            LookAtPools();
            LookAtTasks();
            Narrow();
        }

        // If one component alone is requested, items that do not serve it are left out.
        private void Narrow()
        {
            Services.RemoveAll(delegate(ProductService one)
            {
                return !Rules.IsAskedFor(ItemKind.Service, new[] { one.Facts.Name, one.Facts.DisplayName },
                    new[] { StoredPath.ProgramOf(one.Facts.Command) });
            });
            Pools.RemoveAll(delegate(ProductPool one)
            {
                return !Rules.IsAskedFor(ItemKind.Pool, new string[0], one.Facts.Folders());
            });
            Tasks.RemoveAll(delegate(ProductTask one)
            {
                return !Rules.IsAskedFor(ItemKind.Task, new string[0],
                    one.Facts.Programs.ConvertAll<string>(StoredPath.ProgramOf));
            });
        }

        private void LookAtServices()
        {
            List<ServiceFacts> all = ServiceControl.All();
            foreach (ServiceFacts facts in all)
            {
                string[] names = { facts.Name, facts.DisplayName };
                HasIis |= Win32.Names.Equals(facts.Name, Iis.Service);
                string program = StoredPath.ProgramOf(facts.Command);
                ProductMatch match = Rules.Of(ItemKind.Service, names, new[] { program });
                if (match != null)
                    Services.Add(new ProductService
                    {
                        Match = match, Facts = facts, IsElasticsearch = Rules.IsElasticsearch(names, program),
                    });
                else
                    Notice(ItemKind.Service, facts.Name, names);
            }
            foreach (ProductService service in Services)
                service.Dependents = DependentsOf(service.Facts.Name).FindAll(delegate(string name)
                {
                    return !all.Exists(delegate(ServiceFacts one)
                    {
                        return Win32.Names.Equals(one.Name, name) && one.State == ServiceFacts.Stopped;
                    });
                });
            Services.Sort(delegate(ProductService a, ProductService b)
            {
                return Compare(a.Match, a.Facts.Name, b.Match, b.Facts.Name);
            });
        }

        private List<string> DependentsOf(string service)
        {
            try
            {
                return ServiceControl.Dependents(service);
            }
            catch (SystemError error)
            {
                Warnings.Add("The services that need '" + service + "' are not known: " + error.Message + ".");
                return new List<string>();
            }
        }

        private void LookAtPools()
        {
            if (!HasIis)
                return;
            IsConfigurationShared = Iis.IsConfigurationShared();
            foreach (PoolFacts facts in Iis.Pools())
            {
                ProductMatch match = Rules.Of(ItemKind.Pool, new[] { facts.Name }, facts.Folders());
                if (match != null)
                    Pools.Add(new ProductPool { Match = match, Facts = facts, Outside = OutsideOf(facts) });
                else
                    Notice(ItemKind.Pool, facts.Name, facts.Name);
            }
            Pools.Sort(delegate(ProductPool a, ProductPool b)
            {
                return Compare(a.Match, a.Facts.Name, b.Match, b.Facts.Name);
            });
        }

        private void LookAtTasks()
        {
            foreach (TaskFacts facts in TaskScheduler.All())
            {
                if (Win32.Names.Equals(facts.Path, WatchdogTask.Path))
                    continue;
                string name = Paths.FileName(facts.Path.Replace('\\', Win32.Separator));
                string[] names = { facts.Path, name };
                List<string> programs = facts.Programs.ConvertAll<string>(StoredPath.ProgramOf);
                ProductMatch match = Rules.Of(ItemKind.Task, names, programs);
                if (match != null)
                    Tasks.Add(new ProductTask { Match = match, Facts = facts });
                else
                    Notice(ItemKind.Task, facts.Path, names);
                if (match == null && facts.Unread != null)
                    Warnings.Add("The programs of the task '" + facts.Path + "' are not known: " + facts.Unread
                        + ". If the task is GroupID's, name all tasks of GroupID in groupid_services, also the ones "
                        + "that are found: others are not stopped.");
            }
            Tasks.Sort(delegate(ProductTask a, ProductTask b)
            {
                return Compare(a.Match, a.Facts.Path, b.Match, b.Facts.Path);
            });
        }

        // At this moment.
        public List<ProductProcess> Processes()
        {
            List<ProductProcess> found = new List<ProductProcess>();
            foreach (ProcessFacts facts in RunningProcesses.All())
            {
                string name = Paths.FileName(facts.Program);
                ProductMatch match = Rules.Of(ItemKind.Process, new[] { name }, new[] { facts.Program });
                if (match != null)
                    found.Add(new ProductProcess { Match = match, Facts = facts });
            }
            return found;
        }

        private void Notice(string kind, string name, params string[] names)
        {
            if (!Rules.Names(kind) && Rules.IsSimilar(names))
                Similar.Add(new JsonMap().Set("kind", kind).Set("name", name));
        }

        private List<string> OutsideOf(PoolFacts facts)
        {
            return facts.Applications.FindAll(delegate(PoolApplication application)
            {
                return application.Folders.Count == 0
                    || application.Folders.Exists(delegate(string folder) { return !Rules.Holds(folder); });
            }).ConvertAll(delegate(PoolApplication application) { return application.Name; });
        }

        private static int Compare(ProductMatch a, string nameOfA, ProductMatch b, string nameOfB)
        {
            return a.Order != b.Order ? a.Order.CompareTo(b.Order) : string.CompareOrdinal(nameOfA, nameOfB);
        }
    }
}
