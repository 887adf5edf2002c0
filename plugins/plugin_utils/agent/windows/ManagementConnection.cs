// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Windows Management Instrumentation of this computer, by its scripting objects. What it refuses becomes a
    /// SystemError.
    /// </summary>
    internal static class ManagementConnection
    {
        private const int Impersonate = 3;   // wbemImpersonationLevelImpersonate

        /// <summary>`act` gets the object SWbemServices, as this process's own account: WMI checks who asks.</summary>
        public static void Use(Action<Automation> act)
        {
            bool impersonated = NetworkIdentity.IsActive();
            if (impersonated)
                NetworkIdentity.Revert();
            try
            {
                Automation services = Automation.New("WbemScripting.SWbemLocator")
                    .Call("ConnectServer", ".", @"root\cimv2");
                services.Get("Security_").Set("ImpersonationLevel", Impersonate);
                act(services);
            }
            finally
            {
                if (impersonated)
                    NetworkIdentity.Impersonate();
            }
        }

        public static Automation Value(Automation item, string name)
        {
            return item.Get("Properties_").Call("Item", name).Get("Value");
        }

        public static long Number(Automation item, string name)
        {
            return Value(item, name).Number() & uint.MaxValue;
        }
    }
}
