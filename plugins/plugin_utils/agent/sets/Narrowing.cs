// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // What made less of a part or set than the inventory alone asks for, a text for each variable.
    // The controller knows; here it is carried. An empty list says that nothing did; null that
    // nobody told, and such a part never counts as full.
    internal static class Narrowing
    {
        public const string Member = "narrowed";

        private const int Limit = 100, TextLimit = 500;

        // Of a request.
        public static List<string> Requested(JsonMap request)
        {
            if (request[Member] == null)
                return null;
            List<string> texts = request.Texts(Member);
            if (texts.Count > Limit || texts.Exists(delegate(string text) { return text.Length > TextLimit; }))
                throw new FormatError("'" + Member + "' may have " + Limit + " texts of " + TextLimit + " characters");
            return texts;
        }

        // Of a document on a disk. One that is not understood tells nothing.
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

        // All that the parts tell, in order; null while there is none, and when one of them does not tell.
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

        // `scope`: the permanent choices behind a part, kept as they came; null: not told.
        public static JsonMap Scope(JsonMap map)
        {
            return map["scope"] == null ? null : map.MapOrEmpty("scope");
        }
    }
}
