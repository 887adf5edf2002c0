// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Which lab host this is, as its environment says. For every file of the lab, whatever the agent was sent.
    /// </summary>
    internal static class LabComputer
    {
        /// <summary>The variable that the process of a job has.</summary>
        public const string JobMark = "LAB_IN_JOB";

        public static bool IsJob
        {
            get { return Setting(JobMark) != null; }
        }

        public static string HostName()
        {
            return Setting("LAB_HOST_NAME") ?? Libc.NodeName;
        }

        public static string UserName()
        {
            return Setting("LAB_USER") ?? HostName().ToUpperInvariant() + "\\" + Environment.UserName;
        }

        /// <summary>The folder that has one for each drive.</summary>
        public static string Setting(string name)
        {
            string value = Environment.GetEnvironmentVariable(name);
            return string.IsNullOrEmpty(value) ? null : value;
        }

        public static string Root()
        {
            string root = Setting("LAB_ROOT");
            if (root == null)
                throw new InvalidOperationException("LAB_ROOT names no folder");
            return root.TrimEnd('/');
        }
    }
}
