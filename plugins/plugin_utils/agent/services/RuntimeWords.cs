// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // Words for the numbers of Windows' managers, in answers and in the record of a quiesce.
    internal static class RuntimeWords
    {
        private static readonly string[] ServiceStates =
        {
            "unknown", "stopped", "start_pending", "stop_pending", "running", "continue_pending", "pause_pending",
            "paused",
        };
        private const string Unknown = "unknown";
        private static readonly string[] StartTypes = { "boot", "system", "automatic", "manual", "disabled" };
        private static readonly string[] TaskStates = { "unknown", "disabled", "queued", "ready", "running" };

        public static string ServiceState(uint number)
        {
            return number < ServiceStates.Length ? ServiceStates[number] : Unknown;
        }

        public static string StartType(uint number)
        {
            return number < StartTypes.Length ? StartTypes[number] : Unknown;
        }

        public static string TaskState(int number)
        {
            return number > 0 && number < TaskStates.Length ? TaskStates[number] : Unknown;
        }

        // FormatError for another word.
        public static uint ServiceStateOf(string word)
        {
            return NumberOf(ServiceStates, word);
        }

        public static uint StartTypeOf(string word)
        {
            return word == Unknown ? ServiceFacts.NotKnown : NumberOf(StartTypes, word);
        }

        private static uint NumberOf(string[] words, string word)
        {
            int number = Array.IndexOf(words, word);
            if (number < 0)
                throw new FormatError("'" + word + "' is none of " + string.Join(", ", words));
            return (uint)number;
        }
    }
}
