// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    internal sealed class ClaimedService
    {
        public Claim Claim;
        public ServiceFacts Facts;
        public List<string> Dependents;   // that are not stopped, in the order in which they must be
        public bool IsElasticsearch;      // it is a node of it
    }

    internal sealed class ClaimedPool
    {
        public Claim Claim;
        public PoolFacts Facts;
        public List<string> Outside;      // applications that serve anything outside of the product's folders
    }

    internal sealed class ClaimedTask
    {
        public Claim Claim;
        public TaskFacts Facts;
    }

    internal sealed class ClaimedProcess
    {
        public Claim Claim;
        public ProcessFacts Facts;
    }

    // Everything of the product that runs on this computer, or could; each kind in the order in which it is stopped.
    internal sealed class ProductRuntime
    {
        public readonly Claims Claims;
        public readonly List<ClaimedService> Services = new List<ClaimedService>();
        public readonly List<ClaimedPool> Pools = new List<ClaimedPool>();
        public readonly List<ClaimedTask> Tasks = new List<ClaimedTask>();
        public readonly List<ClaimedProcess> Processes = new List<ClaimedProcess>();
        // What looks like the product's by its name, and nothing claims.
        public readonly List<JsonMap> Similar = new List<JsonMap>();
        public readonly List<string> Warnings = new List<string>();
        public bool HasIis, IsConfigurationShared;

        public ProductRuntime(JsonMap request)
        {
            Claims = new Claims(request);
            LookAtServices();
            LookAtPools();
            LookAtTasks();
            LookAtProcesses();
            Narrow();
        }

        // Where one component alone is asked for, what does not serve it is left out.
        private void Narrow()
        {
            Services.RemoveAll(delegate(ClaimedService one)
            {
                return !Claims.IsAskedFor(Claims.Service, new[] { one.Facts.Name, one.Facts.DisplayName },
                    new[] { Claims.ProgramOf(one.Facts.Command) });
            });
            Pools.RemoveAll(delegate(ClaimedPool one)
            {
                return !Claims.IsAskedFor(Claims.Pool, new string[0], one.Facts.Folders());
            });
            Tasks.RemoveAll(delegate(ClaimedTask one)
            {
                return !Claims.IsAskedFor(Claims.Task, new string[0],
                    one.Facts.Programs.ConvertAll<string>(Claims.ProgramOf));
            });
        }

        private void LookAtServices()
        {
            List<ServiceFacts> all = ServiceControl.All();
            foreach (ServiceFacts facts in all)
            {
                string[] names = { facts.Name, facts.DisplayName };
                HasIis |= Win32.Names.Equals(facts.Name, Iis.Service);
                string program = Claims.ProgramOf(facts.Command);
                Claim claim = Claims.Of(Claims.Service, names, new[] { program });
                if (claim != null)
                    Services.Add(new ClaimedService
                    {
                        Claim = claim, Facts = facts, IsElasticsearch = Claims.IsElasticsearch(names, program),
                    });
                else
                    Notice(Claims.Service, facts.Name, names);
            }
            foreach (ClaimedService service in Services)
                service.Dependents = DependentsOf(service.Facts.Name).FindAll(delegate(string name)
                {
                    return !all.Exists(delegate(ServiceFacts one)
                    {
                        return Win32.Names.Equals(one.Name, name) && one.State == ServiceFacts.Stopped;
                    });
                });
            Services.Sort(delegate(ClaimedService a, ClaimedService b)
            {
                return Compare(a.Claim, a.Facts.Name, b.Claim, b.Facts.Name);
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
                Claim claim = Claims.Of(Claims.Pool, new[] { facts.Name }, facts.Folders());
                if (claim != null)
                    Pools.Add(new ClaimedPool { Claim = claim, Facts = facts, Outside = OutsideOf(facts) });
                else
                    Notice(Claims.Pool, facts.Name, facts.Name);
            }
            Pools.Sort(delegate(ClaimedPool a, ClaimedPool b)
            {
                return Compare(a.Claim, a.Facts.Name, b.Claim, b.Facts.Name);
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
                Claim claim = Claims.Of(Claims.Task, names, facts.Programs.ConvertAll<string>(Claims.ProgramOf));
                if (claim != null)
                    Tasks.Add(new ClaimedTask { Claim = claim, Facts = facts });
                else
                    Notice(Claims.Task, facts.Path, names);
                if (claim == null && facts.Unread != null)
                    Warnings.Add("The programs of the task '" + facts.Path + "' are not known: " + facts.Unread
                        + ". If the task is GroupID's, name it in groupid_services.");
            }
            Tasks.Sort(delegate(ClaimedTask a, ClaimedTask b)
            {
                return Compare(a.Claim, a.Facts.Path, b.Claim, b.Facts.Path);
            });
        }

        private void LookAtProcesses()
        {
            foreach (ProcessFacts facts in RunningProcesses.All())
            {
                string name = Paths.FileName(facts.Program);
                Claim claim = Claims.Of(Claims.Process, new[] { name }, new[] { facts.Program });
                if (claim != null)
                    Processes.Add(new ClaimedProcess { Claim = claim, Facts = facts });
            }
        }

        private void Notice(string kind, string name, params string[] names)
        {
            if (Claims.IsSimilar(names))
                Similar.Add(new JsonMap().Set("kind", kind).Set("name", name));
        }

        private List<string> OutsideOf(PoolFacts facts)
        {
            return facts.Applications.FindAll(delegate(PoolApplication application)
            {
                return application.Folders.Count == 0
                    || application.Folders.Exists(delegate(string folder) { return !Claims.Holds(folder); });
            }).ConvertAll(delegate(PoolApplication application) { return application.Name; });
        }

        private static int Compare(Claim a, string nameOfA, Claim b, string nameOfB)
        {
            return a.Order != b.Order ? a.Order.CompareTo(b.Order) : string.CompareOrdinal(nameOfA, nameOfB);
        }
    }
}
