// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What an operation returns: whether it changed the host, its own members, and the failure if there is one.
    internal sealed class Answer
    {
        public const int ListLimit = 1000;

        public readonly List<string> Warnings = new List<string>();
        public readonly JsonMap Members = new JsonMap();
        public bool Changed;
        public AgentError Failure;

        // The first `limit` items, for a list that is given with its full count.
        public static List<T> First<T>(List<T> items, int limit)
        {
            return items.Count <= limit ? items : items.GetRange(0, limit);
        }

        public string ToText(string operation, TimeSpan time)
        {
            JsonMap all = new JsonMap()
                .Set("protocol", ThisAgent.Protocol).Set("operation", operation).Set("failed", Failure != null)
                .Set("changed", Changed).Set("warnings", Warnings).Set("seconds", Math.Round(time.TotalSeconds, 3));
            foreach (string name in Members.Names)
                all.Set(name, Members[name]);
            if (Failure != null)
                all.Set("error", Failure.ToJson());
            return JsonWriter.Text(all);
        }
    }
}
