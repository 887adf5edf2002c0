// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What made a part or set smaller than the inventory alone asks for, one text for each variable. The controller
    // decides this, and the agent only stores it. An empty list: nothing did. null: not recorded; such a part never
    // counts as full.
    internal static class Narrowing
    {
        public const string Member = "narrowed";

        private const int Limit = 100, TextLimit = 500;

        // From a request.
        public static List<string> Requested(JsonMap request)
        {
            if (request[Member] == null)
                return null;
            List<string> texts = request.Texts(Member);
            if (texts.Count > Limit || texts.Exists(delegate(string text) { return text.Length > TextLimit; }))
                throw new FormatError("'" + Member + "' may have " + Limit + " texts of " + TextLimit + " characters");
            return texts;
        }

        // From a document on a disk; null if it cannot be understood.
        public static List<string> Recorded(JsonMap document)
        {
            List<object> items = document[Member] as List<object>;
            if (items == null || !items.TrueForAll(delegate(object item) { return item is string; }))
                return null;
            return Answer.First(items, Answer.ListLimit).ConvertAll(delegate(object item)
            {
                string text = (string)item;
                return text.Length <= TextLimit ? text : text.Substring(0, TextLimit);
            });
        }

        // All texts of the parts, in order; null if there is no part, or if one of them has no record of it.
        public static List<string> Union(List<List<string>> parts)
        {
            List<string> all = new List<string>();
            foreach (List<string> part in parts)
            {
                if (part == null)
                    return null;
                all.AddRange(part.FindAll(delegate(string text) { return !all.Contains(text); }));
            }
            all.Sort(StringComparer.Ordinal);
            return parts.Count == 0 ? null : Answer.First(all, Answer.ListLimit);
        }

        // `scope`: the permanent choices behind a part, stored unchanged; null: not recorded.
        public static JsonMap Scope(JsonMap map)
        {
            return map["scope"] == null ? null : map.MapOrEmpty("scope");
        }
    }
}
