// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Globalization;
using System.Collections.Generic;
using System.Text;

namespace IdentityOpsAgent
{
    // Strict JSON (RFC 8259) into JsonMap, List<object>, string, long, double, bool and null. Depth and number of
    // members are limited; a member named twice, or text after the value, is refused with a FormatError.
    internal sealed class JsonReader
    {
        private const int DepthLimit = 32;

        private readonly string text;
        private int at;

        private JsonReader(string text)
        {
            this.text = text;
        }

        public static JsonMap Map(string text)
        {
            JsonReader reader = new JsonReader(text);
            JsonMap map = reader.Value(0) as JsonMap;
            reader.SkipWhitespace();
            if (map == null || reader.at != text.Length)
                throw reader.Error("one object expected");
            return map;
        }

        private object Value(int depth)
        {
            if (depth > DepthLimit)
                throw Error("nested too deep");
            SkipWhitespace();
            switch (Peek())
            {
                case '{': return MapValue(depth);
                case '[': return ListValue(depth);
                case '"': return TextValue();
                case 't': return Word("true", true);
                case 'f': return Word("false", false);
                case 'n': return Word("null", null);
                default: return NumberValue();
            }
        }

        private JsonMap MapValue(int depth)
        {
            JsonMap map = new JsonMap();
            at++;
            SkipWhitespace();
            if (Skip('}'))
                return map;
            do
            {
                SkipWhitespace();
                string name = TextValue();
                if (map.Has(name))
                    throw Error("a member named twice");
                if (map.Names.Count == JsonMap.MemberLimit)
                    throw Error("too many members");
                SkipWhitespace();
                Expect(':');
                map.Set(name, Value(depth + 1));
                SkipWhitespace();
            }
            while (Skip(','));
            Expect('}');
            return map;
        }

        private List<object> ListValue(int depth)
        {
            List<object> items = new List<object>();
            at++;
            SkipWhitespace();
            if (Skip(']'))
                return items;
            do
            {
                items.Add(Value(depth + 1));
                SkipWhitespace();
            }
            while (Skip(','));
            Expect(']');
            return items;
        }

        private string TextValue()
        {
            Expect('"');
            int start = at;
            while (at < text.Length && text[at] != '"' && text[at] != '\\' && text[at] >= ' ')
                at++;
            if (Skip('"'))
                return text.Substring(start, at - 1 - start);
            StringBuilder builder = new StringBuilder(text, start, at - start, 256);
            while (!Skip('"'))
            {
                char c = Peek();
                if (c < ' ')
                    throw Error("a control character or the end inside a text");
                at++;
                builder.Append(c == '\\' ? Escaped() : c);
            }
            return builder.ToString();
        }

        private char Escaped()
        {
            char c = Peek();
            at++;
            switch (c)
            {
                case '"': case '\\': case '/': return c;
                case 'b': return '\b';
                case 'f': return '\f';
                case 'n': return '\n';
                case 'r': return '\r';
                case 't': return '\t';
                case 'u': break;
                default: throw Error("unknown escape");
            }
            int code;
            if (at + 4 > text.Length || !int.TryParse(text.Substring(at, 4), NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture, out code))
                throw Error("four hexadecimal digits expected");
            at += 4;
            return (char)code;
        }

        private object NumberValue()
        {
            int start = at;
            while (at < text.Length && "+-.0123456789eE".IndexOf(text[at]) >= 0)
                at++;
            string digits = text.Substring(start, at - start);
            if (!IsNumber(digits))
                throw Error("a value expected");
            long whole;
            if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole))
                return whole;
            double broken;
            if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out broken)
                && !double.IsInfinity(broken))
                return broken;
            throw Error("a number that is too large");
        }

        // -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
        private static bool IsNumber(string text)
        {
            int start = text.StartsWith("-", StringComparison.Ordinal) ? 1 : 0;
            int end = AfterDigits(text, start);
            if (end == start || (text[start] == '0' && end > start + 1))
                return false;
            if (end < text.Length && text[end] == '.')
            {
                start = end + 1;
                end = AfterDigits(text, start);
                if (end == start)
                    return false;
            }
            if (end == text.Length)
                return true;
            if (text[end] != 'e' && text[end] != 'E')
                return false;
            start = end + 1;
            if (start < text.Length && (text[start] == '+' || text[start] == '-'))
                start++;
            end = AfterDigits(text, start);
            return end > start && end == text.Length;
        }

        private static int AfterDigits(string text, int at)
        {
            while (at < text.Length && text[at] >= '0' && text[at] <= '9')
                at++;
            return at;
        }

        private object Word(string word, object value)
        {
            if (string.CompareOrdinal(text, at, word, 0, word.Length) != 0)
                throw Error("a value expected");
            at += word.Length;
            return value;
        }

        private void SkipWhitespace()
        {
            while (at < text.Length && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
                at++;
        }

        private char Peek()
        {
            return at < text.Length ? text[at] : '\0';
        }

        private bool Skip(char c)
        {
            if (Peek() != c)
                return false;
            at++;
            return true;
        }

        private void Expect(char c)
        {
            if (!Skip(c))
                throw Error("'" + c + "' expected");
        }

        private FormatError Error(string what)
        {
            return new FormatError("not JSON: " + what + " at character " + at.ToString(CultureInfo.InvariantCulture));
        }
    }

    // JSON on one line in ASCII: everything else is \uXXXX, unpaired surrogates included.
    internal static class JsonWriter
    {
        public static string Text(object value)
        {
            StringBuilder builder = new StringBuilder();
            Append(builder, value);
            return builder.ToString();
        }

        public static void AppendText(StringBuilder builder, string text)
        {
            builder.Append('"');
            foreach (char c in text)
            {
                if (c == '"' || c == '\\')
                    builder.Append('\\').Append(c);
                else if (c >= ' ' && c < '\x7f')
                    builder.Append(c);
                else
                    builder.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
            }
            builder.Append('"');
        }

        private static void Append(StringBuilder builder, object value)
        {
            if (value == null)
                builder.Append("null");
            else if (value is string)
                AppendText(builder, (string)value);
            else if (value is bool)
                builder.Append((bool)value ? "true" : "false");
            else if (value is JsonMap)
                AppendMap(builder, (JsonMap)value);
            else if (value is IEnumerable)
                AppendList(builder, (IEnumerable)value);
            else
                builder.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
        }

        private static void AppendMap(StringBuilder builder, JsonMap map)
        {
            builder.Append('{');
            string gap = "";
            foreach (string name in map.Names)
            {
                builder.Append(gap);
                AppendText(builder, name);
                builder.Append(':');
                Append(builder, map[name]);
                gap = ",";
            }
            builder.Append('}');
        }

        private static void AppendList(StringBuilder builder, IEnumerable items)
        {
            builder.Append('[');
            string gap = "";
            foreach (object item in items)
            {
                builder.Append(gap);
                Append(builder, item is JsonConvertible ? ((JsonConvertible)item).ToJson() : item);
                gap = ",";
            }
            builder.Append(']');
        }
    }

    // What a list of an answer or a document may contain besides plain values.
    internal interface JsonConvertible
    {
        JsonMap ToJson();
    }
}
