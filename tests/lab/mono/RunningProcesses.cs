// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    /// <summary>The lab's twin of the shipped RunningProcesses.cs, with the processes of LabServices.</summary>
    internal static class RunningProcesses
    {
        public static List<ProcessFacts> All()
        {
            return LabServices.List(LabServices.Read(), "processes")
                .FindAll(process => !process.ContainsKey("until_ms")
                    || LabServices.Number(process, "until_ms") > LabServices.Now)
                .ConvertAll(process => new ProcessFacts
                {
                    Id = (uint)LabServices.Number(process, "id"),
                    Program = LabServices.Text(process, "program"),
                });
        }
    }
}
