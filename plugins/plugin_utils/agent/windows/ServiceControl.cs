// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;

namespace IdentityOpsAgent
{
    /// <summary>
    /// The services of this computer, by its service control manager. What it refuses becomes a SystemError.
    /// </summary>
    internal static class ServiceControl
    {
        // Enough for one call of EnumServicesStatusExW (at most 256 KB), and for a configuration (at most 8 KB).
        private const int Room = 256 * 1024, ConfigRoom = 8 * 1024;

        private delegate bool Query(IntPtr buffer, int size, out int needed);

        /// <summary>
        /// All services but drivers, in the manager's order. If the account may not read a configuration, it is
        /// missing.
        /// </summary>
        public static List<ServiceFacts> All()
        {
            List<ServiceFacts> found = new List<ServiceFacts>();
            using (NativeServices.SafeServiceHandle manager = Open(NativeServices.Connect | NativeServices.Enumerate))
            {
                IntPtr buffer = Marshal.AllocHGlobal(Room);
                try
                {
                    int resume = 0;
                    while (!Enumerated(manager, buffer, ref resume, found))
                        continue;
                }
                finally
                {
                    Marshal.FreeHGlobal(buffer);
                }
                foreach (ServiceFacts facts in found)
                    Configure(manager, facts);
            }
            return found;
        }

        /// <summary>Null if there is no service of the name.</summary>
        public static ServiceFacts Find(string name)
        {
            using (NativeServices.SafeServiceHandle manager = Open(NativeServices.Connect))
            using (NativeServices.SafeServiceHandle service = NativeServices.OpenServiceW(manager, name,
                NativeServices.QueryStatus))
            {
                if (service.IsInvalid && Marshal.GetLastWin32Error() == NativeServices.NoSuchService)
                    return null;
                Check(!service.IsInvalid);
                NativeServices.Status status;
                int needed;
                Check(NativeServices.QueryServiceStatusEx(service, NativeServices.ProcessInformation, out status,
                    Marshal.SizeOf(typeof(NativeServices.Status)), out needed));
                ServiceFacts facts = FactsOf(name, status);
                Configure(manager, facts);
                return facts;
            }
        }

        /// <summary>
        /// Services that cannot run without this one, directly or through others, in any state, in the order of
        /// stopping.
        /// </summary>
        public static List<string> Dependents(string name)
        {
            using (NativeServices.SafeServiceHandle manager = Open(NativeServices.Connect))
            using (NativeServices.SafeServiceHandle service = NativeServices.OpenServiceW(manager, name,
                NativeServices.EnumerateDependents))
            {
                Check(!service.IsInvalid);
                List<string> names = new List<string>();
                int count = 0;
                WithAnswer(delegate(IntPtr buffer, int size, out int needed)
                {
                    return NativeServices.EnumDependentServicesW(service, NativeServices.AllStates, buffer, size,
                        out needed, out count);
                }, NativeServices.MoreData, delegate(IntPtr buffer)
                {
                    int length = Marshal.SizeOf(typeof(NativeServices.Dependent));
                    for (int i = 0; i < count; i++)
                        names.Add(Marshal.PtrToStringUni(((NativeServices.Dependent)Marshal.PtrToStructure(
                            (IntPtr)((long)buffer + i * length), typeof(NativeServices.Dependent))).Name));
                });
                return names;
            }
        }

        /// <summary>Begins to start it; Windows first starts those that it needs.</summary>
        public static void Start(string name)
        {
            With(name, NativeServices.StartIt, delegate(NativeServices.SafeServiceHandle service)
            {
                return NativeServices.StartServiceW(service, 0, IntPtr.Zero);
            });
        }

        /// <summary>Begins to stop it.</summary>
        public static void Stop(string name)
        {
            Control(name, NativeServices.StopIt, NativeServices.StopControl);
        }

        /// <summary>Begins to pause it.</summary>
        public static void Pause(string name)
        {
            Control(name, NativeServices.PauseIt, NativeServices.PauseControl);
        }

        /// <summary>Sets whether and when it starts by itself. The rest of its configuration stays.</summary>
        public static void SetStartType(string name, uint startType)
        {
            With(name, NativeServices.ChangeConfig, delegate(NativeServices.SafeServiceHandle service)
            {
                return NativeServices.ChangeServiceConfigW(service, NativeServices.NoChange, startType,
                    NativeServices.NoChange, null, null, IntPtr.Zero, null, null, null, null);
            });
        }

        private static void Control(string name, uint access, uint control)
        {
            NativeServices.BasicStatus status;
            With(name, access, delegate(NativeServices.SafeServiceHandle service)
            {
                return NativeServices.ControlService(service, control, out status);
            });
        }

        private static void With(string name, uint access, Predicate<NativeServices.SafeServiceHandle> act)
        {
            using (NativeServices.SafeServiceHandle manager = Open(NativeServices.Connect))
            using (NativeServices.SafeServiceHandle service = NativeServices.OpenServiceW(manager, name, access))
            {
                Check(!service.IsInvalid);
                Check(act(service));
            }
        }

        private static NativeServices.SafeServiceHandle Open(uint access)
        {
            NativeServices.SafeServiceHandle manager = NativeServices.OpenSCManagerW(null, null, access);
            Check(!manager.IsInvalid);
            return manager;
        }

        // False: there are more, which the next call gives.
        private static bool Enumerated(NativeServices.SafeServiceHandle manager, IntPtr buffer, ref int resume,
            List<ServiceFacts> found)
        {
            int needed, count;
            bool done = NativeServices.EnumServicesStatusExW(manager, NativeServices.ProcessInformation,
                NativeServices.Win32Services, NativeServices.AllStates, buffer, Room, out needed, out count,
                ref resume, null);
            Check(done || (Marshal.GetLastWin32Error() == NativeServices.MoreData && count > 0));
            int length = Marshal.SizeOf(typeof(NativeServices.Listed));
            for (int i = 0; i < count; i++)
            {
                NativeServices.Listed entry = (NativeServices.Listed)Marshal.PtrToStructure(
                    (IntPtr)((long)buffer + i * length), typeof(NativeServices.Listed));
                found.Add(FactsOf(Marshal.PtrToStringUni(entry.Name), entry.Status));
                found[found.Count - 1].DisplayName = Marshal.PtrToStringUni(entry.DisplayName);
            }
            return done;
        }

        private static ServiceFacts FactsOf(string name, NativeServices.Status status)
        {
            return new ServiceFacts
            {
                Name = name,
                State = status.State,
                Process = status.Process,
                HasOwnProcess = (status.Type & NativeServices.OwnProcess) != 0,
                ExitCode = status.ExitCode,
            };
        }

        // Some services of Windows do not let administrators query them, and one may have been deleted meanwhile.
        private static void Configure(NativeServices.SafeServiceHandle manager, ServiceFacts facts)
        {
            using (NativeServices.SafeServiceHandle service = NativeServices.OpenServiceW(manager, facts.Name,
                NativeServices.QueryConfig))
            {
                if (service.IsInvalid && (Marshal.GetLastWin32Error() == NativeServices.AccessDenied
                    || Marshal.GetLastWin32Error() == NativeServices.NoSuchService))
                    return;
                Check(!service.IsInvalid);
                WithAnswer(delegate(IntPtr buffer, int size, out int needed)
                {
                    return NativeServices.QueryServiceConfigW(service, buffer, size, out needed);
                }, NativeServices.InsufficientBuffer, delegate(IntPtr buffer)
                {
                    NativeServices.Config config = (NativeServices.Config)Marshal.PtrToStructure(buffer,
                        typeof(NativeServices.Config));
                    facts.StartType = config.StartType;
                    facts.Command = Marshal.PtrToStringUni(config.Command) ?? "";
                    facts.DisplayName = Marshal.PtrToStringUni(config.DisplayName);
                });
                facts.IsDelayed = Flag(service, NativeServices.DelayedStart);
                facts.RecoversFromErrors = Flag(service, NativeServices.FailureActionsFlag);
                facts.Recovers = HasActions(service);
            }
        }

        private static bool Flag(NativeServices.SafeServiceHandle service, uint level)
        {
            bool flag = false;
            WithConfig(service, level, delegate(IntPtr buffer) { flag = Marshal.ReadInt32(buffer) != 0; });
            return flag;
        }

        private static bool HasActions(NativeServices.SafeServiceHandle service)
        {
            bool found = false;
            WithConfig(service, NativeServices.FailureActions, delegate(IntPtr buffer)
            {
                NativeServices.Failures failures = (NativeServices.Failures)Marshal.PtrToStructure(buffer,
                    typeof(NativeServices.Failures));
                for (int i = 0; i < failures.Count && failures.Actions != IntPtr.Zero; i++)
                    found |= Marshal.ReadInt32(failures.Actions, i * 2 * sizeof(int)) != NativeServices.NoAction;
            });
            return found;
        }

        private static void WithConfig(NativeServices.SafeServiceHandle service, uint level, Action<IntPtr> read)
        {
            WithAnswer(delegate(IntPtr buffer, int size, out int needed)
            {
                return NativeServices.QueryServiceConfig2W(service, level, buffer, size, out needed);
            }, NativeServices.InsufficientBuffer, read);
        }

        // Asks again with the buffer size that the manager wants, if the error is `tooSmall`.
        private static void WithAnswer(Query query, int tooSmall, Action<IntPtr> read)
        {
            int size = ConfigRoom;
            for (int attempt = 1; ; attempt++)
            {
                IntPtr buffer = Marshal.AllocHGlobal(size);
                try
                {
                    int needed;
                    if (query(buffer, size, out needed))
                    {
                        read(buffer);
                        return;
                    }
                    Check(attempt == 1 && Marshal.GetLastWin32Error() == tooSmall);
                    size = needed;
                }
                finally
                {
                    Marshal.FreeHGlobal(buffer);
                }
            }
        }

        private static void Check(bool done)
        {
            if (!done)
                throw Win32.Failure(Marshal.GetLastWin32Error());
        }
    }
}
