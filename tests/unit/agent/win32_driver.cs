// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Lets a test call any method of Win32 in a process of its own, over a socket, as PowerShell keeps stdin to itself. A line in: the method's name and its arguments, each base64 of UTF-16, between spaces.
    /// A line out: JSON, {"result": ...} or {"error": number, "text": ...}. An open file is "#0", "#1", ...; bytes are hexadecimal digits;
    /// of a method with an out parameter the result is that, or null when the method said false. Besides Win32: Hold (a file, shared with nobody) and Close.
    /// </summary>
    public static class Win32Driver
    {
        private static readonly List<IDisposable> Open = new List<IDisposable>();

        /// <summary>The test listens on this port of the loopback, and ends the process by hanging up.</summary>
        public static void Serve(int port)
        {
            Stream connection = new TcpClient("127.0.0.1", port).GetStream();
            TextReader input = new StreamReader(connection, Encoding.ASCII);
            TextWriter output = new StreamWriter(connection, Encoding.ASCII);
            for (string line = input.ReadLine(); line != null; line = input.ReadLine())
            {
                string[] fields = Array.ConvertAll(line.Split(' '), field => Encoded(field));
                output.WriteLine(Answer(fields[0], new List<string>(fields).GetRange(1, fields.Length - 1)));
                output.Flush();
            }
        }

        /// <summary>Not Encoding.Unicode: a lone surrogate must come through.</summary>
        private static string Encoded(string field)
        {
            byte[] bytes = Convert.FromBase64String(field);
            char[] text = new char[bytes.Length / 2];
            Buffer.BlockCopy(bytes, 0, text, 0, bytes.Length);
            return new string(text);
        }

        private static string Answer(string name, List<string> arguments)
        {
            try
            {
                return "{\"result\": " + Json(Call(name, arguments)) + "}";
            }
            catch (Exception failure)
            {
                SystemError error = (failure.InnerException ?? failure) as SystemError;
                if (error == null)
                    return "{\"error\": null, \"text\": " + Json((failure.InnerException ?? failure).ToString()) + "}";
                return "{\"error\": " + Json(error.Code) + ", \"text\": " + Json(error.Message) + "}";
            }
        }

        private static object Call(string name, List<string> arguments)
        {
            if (name == "Hold")
                return Kept(new FileStream(arguments[0], FileMode.Open, FileAccess.ReadWrite, FileShare.None));
            if (name == "Close")
            {
                Open[FileNumber(arguments[0])].Dispose();
                return null;
            }
            MethodInfo method = Method(name, arguments);
            ParameterInfo[] parameters = method.GetParameters();
            object[] values = new object[parameters.Length];
            for (int index = 0; index < arguments.Count; index++)
                values[index] = Value(arguments[index], parameters[index].ParameterType);
            object result = method.Invoke(null, values);
            if (values.Length > arguments.Count)
                return (bool)result ? values[values.Length - 1] : null;
            if (name == "Read")
                return BitConverter.ToString((byte[])values[1], 0, (int)result).Replace("-", "").ToLowerInvariant();
            if (result is SafeFileHandle)
                return Kept((SafeFileHandle)result);
            return result;
        }

        private static MethodInfo Method(string name, List<string> arguments)
        {
            foreach (MethodInfo method in typeof(Win32).GetMethods())
            {
                ParameterInfo[] parameters = method.GetParameters();
                int given = Array.FindAll(parameters, parameter => !parameter.IsOut).Length;
                if (method.Name == name && given == arguments.Count
                    && (given == 0 || arguments[0].StartsWith("#", StringComparison.Ordinal) == (parameters[0].ParameterType == typeof(SafeFileHandle))))
                    return method;
            }
            throw new MissingMethodException("Win32", name);
        }

        private static object Value(string text, Type type)
        {
            if (type == typeof(SafeFileHandle))
                return Open[FileNumber(text)];
            if (type == typeof(byte[]))
                return Bytes(text);
            return Convert.ChangeType(text, type, CultureInfo.InvariantCulture);
        }

        private static byte[] Bytes(string digits)
        {
            byte[] bytes = new byte[digits.Length / 2];
            for (int index = 0; index < bytes.Length; index++)
                bytes[index] = Convert.ToByte(digits.Substring(index * 2, 2), 16);
            return bytes;
        }

        private static int FileNumber(string name)
        {
            return int.Parse(name.Substring(1), CultureInfo.InvariantCulture);
        }

        private static string Kept(IDisposable file)
        {
            Open.Add(file);
            return "#" + (Open.Count - 1).ToString(CultureInfo.InvariantCulture);
        }

        private static string Json(object value)
        {
            if (value == null)
                return "null";
            if (value is bool)
                return (bool)value ? "true" : "false";
            if (value is string)
                return Quoted((string)value);
            if (value is IDictionary)
                return Members((IDictionary)value);
            if (value is IEnumerable)
                return Items((IEnumerable)value);
            if (value.GetType().IsPrimitive)
                return Convert.ToString(value, CultureInfo.InvariantCulture);
            Dictionary<string, object> fields = new Dictionary<string, object>();
            foreach (FieldInfo field in value.GetType().GetFields())
                fields[field.Name] = field.GetValue(value);
            return Members(fields);
        }

        private static string Members(IDictionary members)
        {
            List<string> parts = new List<string>();
            foreach (DictionaryEntry member in members)
                parts.Add(Quoted((string)member.Key) + ": " + Json(member.Value));
            return "{" + string.Join(", ", parts.ToArray()) + "}";
        }

        private static string Items(IEnumerable items)
        {
            List<string> parts = new List<string>();
            foreach (object item in items)
                parts.Add(Json(item));
            return "[" + string.Join(", ", parts.ToArray()) + "]";
        }

        private static string Quoted(string text)
        {
            StringBuilder quoted = new StringBuilder("\"");
            foreach (char character in text)
                quoted.Append(@"\u").Append(((int)character).ToString("x4", CultureInfo.InvariantCulture));
            return quoted.Append('"').ToString();
        }
    }
}
