// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Ends a restore that was killed, before anything else is done on this computer. Otherwise a backup would save a
    // mixture, and another restore would not know what was there.
    internal static class RestoreRecovery
    {
        // The caller holds the host's lock. In check mode nothing is changed. `warnings` gets what was done, or what
        // the next run will do. Error: restore_unfinished.
        public static void Run(bool check, List<string> warnings)
        {
            foreach (RestoreJournal journal in RestoreJournal.Open(check))
            {
                string told = "The restore of set " + journal.Set + " that was begun at " + journal.Started
                    + " was not ended: ";
                bool forward = journal.Has(RestoreJournal.Ready) && !journal.Has(RestoreJournal.Back);
                if (check)
                    warnings.Add(told + (forward ? "the next operation ends it." : "the next operation undoes it."));
                else
                    warnings.Add(told + Complete(journal, forward));
            }
        }

        // The same, for a caller that does not hold the host's lock. Error also: locked.
        public static void RunIfOpen(string operation, string subject, bool check, List<string> warnings)
        {
            if (RestoreJournal.Open(true).Count == 0)
                return;
            using (HostLock.Acquire(operation, subject, check))
                Run(check, warnings);
        }

        private static string Complete(RestoreJournal journal, bool forward)
        {
            RestoreSwap swap = new RestoreSwap(journal, new Losses());
            string refused = null;   // what blocks the way forward rarely blocks the way back
            if (journal.Has(RestoreJournal.Committed)
                || (forward && (refused = FailureOf(delegate { swap.Apply(0); })) == null))
            {
                string left = swap.TryCleanUp();
                return "it was ended now." + (left == null ? "" : " " + CleanupWarning(left));
            }
            RollBack(journal, swap);
            return "it was undone now." + (refused == null ? "" : " It could not be ended: " + refused);
        }

        // What a finished restore could not remove.
        public static string CleanupWarning(string cause)
        {
            return "The replaced files are not removed yet. Their names end with " + TemporaryName.Replaced + ": "
                + cause + " The next operation on this computer removes it.";
        }

        // Null, or why an action failed.
        public static string FailureOf(Action act)
        {
            try
            {
                act();
                return null;
            }
            catch (AgentError error)
            {
                return error.Path + ": " + error.Cause;
            }
            catch (SystemError error)
            {
                return error.Message;
            }
        }

        public static void RollBack(RestoreJournal journal, RestoreSwap swap)
        {
            try
            {
                swap.RollBack();
            }
            catch (AgentError error)
            {
                throw Unfinished(journal, error.Path, error.Cause);
            }
            catch (SystemError error)
            {
                throw Unfinished(journal, null, error.Message);
            }
        }

        private static AgentError Unfinished(RestoreJournal journal, string path, string cause)
        {
            return new AgentError("restore_unfinished",
                "The restore of set " + journal.Set + " could neither be ended nor undone", path, cause,
                "Remove the cause and run again: any backup or restore on this computer continues it. Its plan is "
                + journal.Path + ". Remove the plan if the folder that it changed no longer exists.");
        }
    }
}
