// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // A JSON object: members in order, read with a type. A member that is missing or
    // of another type is a FormatError that names it.
    internal sealed class JsonMap
    {
        public const int MemberLimit = 1000;

        private readonly List<string> names = new List<string>();
        private readonly List<object> values = new List<object>();

        public IList<string> Names
        {
            get { return names; }
        }

        // The value, null when there is no such member.
        public object this[string name]
        {
            get
            {
                int index = names.IndexOf(name);
                return index < 0 ? null : values[index];
            }
        }

        public bool Has(string name)
        {
            return names.IndexOf(name) >= 0;
        }

        public JsonMap Set(string name, object value)
        {
            int index = names.IndexOf(name);
            if (index >= 0)
            {
                values[index] = value;
                return this;
            }
            names.Add(name);
            values.Add(value);
            return this;
        }

        public string Text(string name)
        {
            string text = this[name] as string;
            if (text == null)
                throw new FormatError("'" + name + "' must be a text");
            return text;
        }

        public string TextOrNull(string name)
        {
            return this[name] == null ? null : Text(name);
        }

        public bool Flag(string name, bool otherwise)
        {
            object value = this[name];
            if (value == null)
                return otherwise;
            if (!(value is bool))
                throw new FormatError("'" + name + "' must be true or false");
            return (bool)value;
        }

        public long Number(string name, long least, long most)
        {
            object value = this[name];
            if (!(value is long) || (long)value < least || (long)value > most)
                throw new FormatError("'" + name + "' must be a whole number from " + least + " to " + most);
            return (long)value;
        }

        public int NumberOr(string name, int otherwise, int least, int most)
        {
            return this[name] == null ? otherwise : (int)Number(name, least, most);
        }

        // Sizes and counts.
        public long Amount(string name)
        {
            return Number(name, 0, long.MaxValue);
        }

        public JsonMap MapOrEmpty(string name)
        {
            object value = this[name];
            if (value != null && !(value is JsonMap))
                throw new FormatError("'" + name + "' must be an object");
            return (JsonMap)value ?? new JsonMap();
        }

        // A missing list is an empty one.
        public List<string> Texts(string name)
        {
            List<string> texts = new List<string>();
            foreach (object item in Items(name))
            {
                if (!(item is string))
                    throw new FormatError("'" + name + "' must be a list of texts");
                texts.Add((string)item);
            }
            return texts;
        }

        public List<JsonMap> Maps(string name)
        {
            List<JsonMap> maps = new List<JsonMap>();
            foreach (object item in Items(name))
            {
                if (!(item is JsonMap))
                    throw new FormatError("'" + name + "' must be a list of objects");
                maps.Add((JsonMap)item);
            }
            return maps;
        }

        private List<object> Items(string name)
        {
            object value = this[name];
            if (value != null && !(value is List<object>))
                throw new FormatError("'" + name + "' must be a list");
            return (List<object>)value ?? new List<object>();
        }
    }
}
