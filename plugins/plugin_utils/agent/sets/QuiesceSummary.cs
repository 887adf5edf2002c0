// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What a document of a set says about what was stopped for it. The controller decides this, and the agent only
    // stores it.
    internal static class QuiesceSummary
    {
        private const string Member = "quiesce";
        private const int TextLimit = 100;

        private static readonly string[] OfServer = { "samples", "longest_gap_ms", "down_ms" };

        // null: the document does not say it, as in older versions, or it cannot be understood.
        public static JsonMap Recorded(JsonMap document)
        {
            JsonMap told = document[Member] as JsonMap;
            if (told == null)
                return null;
            string mode = Short(told["mode"]);
            List<object> waived = told["waived"] as List<object>;
            JsonMap servers = told["servers"] as JsonMap;
            if (mode == null || waived == null || servers == null || !waived.TrueForAll(IsShort))
                return null;
            return new JsonMap().Set("mode", mode).Set("epoch", Short(told["epoch"]))
                .Set("waived", Answer.First(waived, Answer.ListLimit)).Set("servers", Servers(servers));
        }

        // Only a run that continues a set needs its servers. Without them, a list of many sealed sets stays short.
        public static JsonMap Listed(JsonMap recorded, bool isSealed)
        {
            if (recorded == null || !isSealed)
                return recorded;
            return new JsonMap().Set("mode", recorded["mode"]).Set("epoch", recorded["epoch"])
                .Set("waived", recorded["waived"]).Set("servers", null);
        }

        private static JsonMap Servers(JsonMap told)
        {
            JsonMap servers = new JsonMap();
            foreach (string name in Answer.First(new List<string>(told.Names), Answer.ListLimit))
            {
                JsonMap one = told[name] as JsonMap, numbers = new JsonMap();
                if (one == null || !Names.IsPart(name))
                    continue;
                foreach (string member in OfServer)
                    numbers.Set(member, one[member] is long ? one[member] : null);
                servers.Set(name, numbers);
            }
            return servers;
        }

        private static bool IsShort(object value)
        {
            return Short(value) != null;
        }

        private static string Short(object value)
        {
            string text = value as string;
            return text != null && text.Length <= TextLimit ? text : null;
        }
    }
}
