// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>A service as the service control manager reports it, with Windows' own numbers.</summary>
    internal sealed class ServiceFacts
    {
        // SERVICE_STATUS_PROCESS.dwCurrentState
        public const uint Stopped = 1, StartPending = 2, StopPending = 3, Running = 4, ContinuePending = 5,
            PausePending = 6, Paused = 7;

        // QUERY_SERVICE_CONFIGW.dwStartType
        public const uint Boot = 0, System = 1, Automatic = 2, Manual = 3, Disabled = 4, NotKnown = uint.MaxValue;

        public string Name, DisplayName;
        public uint State, Process;   // Process: 0 where none runs
        public bool HasOwnProcess;    // no other service is in it
        public uint ExitCode;         // why it is not running: 0, or an error of Windows

        // The following is not known if the account may not query the service: then Command is null.
        public uint StartType = NotKnown;
        public bool IsDelayed;
        public string Command;        // program and arguments, as they are stored

        // Windows starts it again, or does something else, when it fails.
        public bool Recovers;
        // Also when it stops by itself with an error (fFailureActionsOnNonCrashFailures).
        public bool RecoversFromErrors;
    }

    /// <summary>A task of the Task Scheduler.</summary>
    internal sealed class TaskFacts
    {
        // TASK_STATE
        public const int DisabledState = 1, Queued = 2, Ready = 3, Running = 4;

        public string Path;           // \Folder\Name
        public bool IsEnabled;
        public int State;
        public int Instances;         // that run now, as far as the account may see them
        public readonly List<string> Programs = new List<string>();   // of its actions, as they are stored
        public string Unread;         // why its programs are not known; null: they are

        // An instance of it runs or waits to run, even if the account cannot see it.
        public bool IsBusy()
        {
            return Instances > 0 || State == Queued || State == Running;
        }
    }

    /// <summary>A process of this computer.</summary>
    internal sealed class ProcessFacts
    {
        public uint Id;
        public string Program;        // full path
        public string CommandLine;    // only where it was asked for; null: the account may not see it
    }
}
