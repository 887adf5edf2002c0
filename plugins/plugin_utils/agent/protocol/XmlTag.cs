// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text;

namespace IdentityOpsAgent
{
    // A tag of an XML document, with its attributes and the tags in it. Text between tags is ignored, as Windows' own
    // programs do not use it. The agent has no XML assembly. FormatError for a document that is not well formed or
    // has declarations.
    internal sealed class XmlTag
    {
        private const int DepthLimit = 64;

        public readonly string Name;
        public readonly List<XmlTag> Tags = new List<XmlTag>();
        private readonly Dictionary<string, string> attributes = new Dictionary<string, string>(StringComparer.Ordinal);

        private XmlTag(string name)
        {
            Name = name;
        }

        // null if it has no such attribute.
        public string Attribute(string name)
        {
            string value;
            return attributes.TryGetValue(name, out value) ? value : null;
        }

        // The first tag of the name in it; null if there is none.
        public XmlTag First(string name)
        {
            return Tags.Find(delegate(XmlTag tag) { return tag.Name == name; });
        }

        public static XmlTag Document(string text)
        {
            return new Reader(text).Document();
        }

        private sealed class Reader
        {
            private readonly string text;
            private int at;

            public Reader(string text)
            {
                this.text = text;
            }

            public XmlTag Document()
            {
                XmlTag root = null;
                for (XmlTag tag = Next(0); tag != null; tag = Next(0))
                {
                    if (root != null)
                        throw Bad("two tags at the top");
                    root = tag;
                }
                if (root == null || at < text.Length)
                    throw Bad("one tag expected");
                return root;
            }

            // The next whole tag; null before an end tag, and at the end of the text.
            private XmlTag Next(int depth)
            {
                for (; ; )
                {
                    at = text.IndexOf('<', at);
                    if (at < 0)
                    {
                        at = text.Length;
                        return null;
                    }
                    if (Stands("</"))
                        return null;
                    if (Stands("<?"))
                        SkipTo("?>");
                    else if (Stands("<!--"))
                        SkipTo("-->");
                    else if (Stands("<!"))
                        throw Bad("a declaration");
                    else
                        return Tag(depth);
                }
            }

            private XmlTag Tag(int depth)
            {
                if (depth > DepthLimit)
                    throw Bad("nested too deep");
                at++;
                XmlTag tag = new XmlTag(NameText());
                for (Blanks(); !Stands("/>") && !Stands(">"); Blanks())
                {
                    string name = NameText();
                    if (tag.attributes.ContainsKey(name))
                        throw Bad("an attribute named twice");
                    Blanks();
                    Demand("=");
                    Blanks();
                    tag.attributes.Add(name, Value());
                }
                if (Stands("/>"))
                {
                    at += 2;
                    return tag;
                }
                at++;
                for (XmlTag inner = Next(depth + 1); inner != null; inner = Next(depth + 1))
                    tag.Tags.Add(inner);
                Demand("</" + tag.Name);
                Blanks();
                Demand(">");
                return tag;
            }

            private string NameText()
            {
                int start = at;
                while (at < text.Length && (char.IsLetterOrDigit(text[at]) || "_:.-".IndexOf(text[at]) >= 0))
                    at++;
                if (at == start)
                    throw Bad("a name expected");
                return text.Substring(start, at - start);
            }

            private string Value()
            {
                string mark = Stands("'") ? "'" : "\"";
                Demand(mark);
                int end = text.IndexOf(mark[0], at);
                if (end < 0)
                    throw Bad("the end inside a value");
                StringBuilder value = new StringBuilder();
                while (at < end)
                {
                    if (text[at] == '<')
                        throw Bad("a tag inside a value");
                    value.Append(text[at] == '&' ? Entity(end) : text[at++].ToString());
                }
                at = end + 1;
                return value.ToString();
            }

            private string Entity(int end)
            {
                int stop = text.IndexOf(';', at, end - at);
                string name = stop < 0 ? "" : text.Substring(at + 1, stop - at - 1);
                at = stop + 1;
                switch (name)
                {
                    case "lt": return "<";
                    case "gt": return ">";
                    case "amp": return "&";
                    case "quot": return "\"";
                    case "apos": return "'";
                }
                bool hex = name.StartsWith("#x", StringComparison.Ordinal);
                int code;
                if (name.StartsWith("#", StringComparison.Ordinal) && int.TryParse(name.Substring(hex ? 2 : 1),
                    hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out code)
                    && code > 0 && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF))
                    return char.ConvertFromUtf32(code);
                throw Bad("an unknown character '&" + name + ";'");
            }

            private void SkipTo(string mark)
            {
                int found = text.IndexOf(mark, at, StringComparison.Ordinal);
                if (found < 0)
                    throw Bad("'" + mark + "' expected");
                at = found + mark.Length;
            }

            private void Blanks()
            {
                while (at < text.Length && " \t\r\n".IndexOf(text[at]) >= 0)
                    at++;
            }

            private bool Stands(string mark)
            {
                return string.CompareOrdinal(text, at, mark, 0, mark.Length) == 0;
            }

            private void Demand(string mark)
            {
                if (!Stands(mark))
                    throw Bad("'" + mark + "' expected");
                at += mark.Length;
            }

            private FormatError Bad(string what)
            {
                return new FormatError("not XML: " + what + " at character "
                    + at.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}
