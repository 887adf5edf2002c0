// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Reads the lab's own settings: objects become Dictionary&lt;string, object&gt;, arrays List&lt;object&gt;,
    /// numbers long, true and false bool.
    /// </summary>
    internal sealed class LabJson
    {
        private readonly string text;
        private int at;

        private LabJson(string text)
        {
            this.text = text;
        }

        public static Dictionary<string, object> Object(string text)
        {
            LabJson reader = new LabJson(text);
            Dictionary<string, object> value = reader.Value() as Dictionary<string, object>;
            if (value == null || reader.Next() != '\0')
                throw reader.Wrong("one object");
            return value;
        }

        private object Value()
        {
            switch (Next())
            {
                case '{': return ObjectValue();
                case '[': return ArrayValue();
                case '"': return Text();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return Number();
            }
        }

        private Dictionary<string, object> ObjectValue()
        {
            Dictionary<string, object> value = new Dictionary<string, object>();
            for (Take('{'); Next() != '}'; Separator('}'))
            {
                string key = Text();
                Take(':');
                value[key] = Value();
            }
            Take('}');
            return value;
        }

        private List<object> ArrayValue()
        {
            List<object> value = new List<object>();
            for (Take('['); Next() != ']'; Separator(']'))
                value.Add(Value());
            Take(']');
            return value;
        }

        private string Text()
        {
            StringBuilder value = new StringBuilder();
            Take('"');
            while (text[at] != '"')
            {
                char character = text[at++];
                if (character == '\\')
                    character = Escape(text[at++]);
                value.Append(character);
            }
            at++;
            return value.ToString();
        }

        private char Escape(char letter)
        {
            if (letter == 'u')
            {
                at += 4;
                return (char)int.Parse(text.Substring(at - 4, 4), NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture);
            }
            int index = "bfnrt".IndexOf(letter);
            return index < 0 ? letter : "\b\f\n\r\t"[index];
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
                throw Wrong(word);
            at += word.Length;
            return value;
        }

        private long Number()
        {
            int start = at;
            while (at < text.Length && "-0123456789".IndexOf(text[at]) >= 0)
                at++;
            return long.Parse(text.Substring(start, at - start), CultureInfo.InvariantCulture);
        }

        private void Separator(char end)
        {
            if (Next() != end)
                Take(',');
        }

        private void Take(char expected)
        {
            if (Next() != expected)
                throw Wrong(expected.ToString());
            at++;
        }

        private char Next()
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            return at < text.Length ? text[at] : '\0';
        }

        private InvalidDataException Wrong(string expected)
        {
            return new InvalidDataException("The lab's JSON has no " + expected + " at "
                + at.ToString(CultureInfo.InvariantCulture) + ": " + text);
        }
    }
}
