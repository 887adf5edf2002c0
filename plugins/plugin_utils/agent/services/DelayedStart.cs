// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // A service that does not run yet, but that Windows starts by itself some time after its own start: "The SCM makes
    // a list of delayed auto-start services during boot and starts them one at a time after the delay has passed [...]
    // There is no specific time guarantee" (Microsoft Learn: SERVICE_DELAYED_AUTO_START_INFO).
    internal static class DelayedStart
    {
        public const int NeverStarted = 1077;   // nobody has tried to start it since Windows was started

        // "a short delay of approximately two minutes" (MS-SCMR), or what somebody has set.
        private const string Key = @"SYSTEM\CurrentControlSet\Control", Delay = "AutoStartDelay";
        private const int UsualSeconds = 120;

        // The services of the list are started one after the other, and some take minutes. A service that is still
        // not started after this margin was made or changed since Windows was started, and waits for the next start
        // of Windows.
        private const int MarginSeconds = 15 * 60;

        public static bool IsDue(ServiceFacts facts)
        {
            return IsWaiting(facts) && SystemClock.Ticks() < (Seconds() + MarginSeconds) * 1000L;
        }

        // It has not been started since the start of Windows.
        public static bool IsWaiting(ServiceFacts facts)
        {
            return facts.State == ServiceFacts.Stopped && facts.StartType == ServiceFacts.Automatic && facts.IsDelayed
                && facts.ExitCode == NeverStarted;
        }

        private static int Seconds()
        {
            try
            {
                return Computer.RegistryNumber(Key, Delay) ?? UsualSeconds;
            }
            catch (SystemError)
            {
                return UsualSeconds;
            }
        }
    }
}
