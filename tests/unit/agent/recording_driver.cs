// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>What the agent asks of the disk, in order: the test puts calls of `Note` into Win32.cs.</summary>
    internal static class Recording
    {
        private static readonly List<object> Calls = new List<object>();
        private static readonly Dictionary<SafeFileHandle, string> Paths = new Dictionary<SafeFileHandle, string>();

        public static SafeFileHandle Opened(SafeFileHandle file, string path)
        {
            lock (Calls)
                Paths[file] = path;
            Note("create", path);
            return file;
        }

        public static void Note(string call, SafeFileHandle file)
        {
            string path;
            lock (Calls)
                Paths.TryGetValue(file, out path);
            Note(call, path ?? "");
        }

        public static void Note(params string[] call)
        {
            lock (Calls)
                Calls.Add(new List<string>(call));
        }

        public static string Taken()
        {
            lock (Calls)
            {
                string text = JsonWriter.Text(new JsonMap().Set("calls", Calls));
                Calls.Clear();
                Paths.Clear();
                return text;
            }
        }
    }

    /// <summary>The whole agent in one process, as AgentDriver; the method Calls gives what it asked of the disk since the last time.</summary>
    public static class AgentDriver
    {
        public static void Main(string[] port)
        {
            Stream connection = new TcpClient("127.0.0.1", int.Parse(port[0], CultureInfo.InvariantCulture)).GetStream();
            TextReader input = new StreamReader(connection, Encoding.ASCII);
            TextWriter output = new StreamWriter(connection, Encoding.ASCII);
            for (string line = input.ReadLine(); line != null; line = input.ReadLine())
            {
                string[] fields = Array.ConvertAll(line.Split(' '), field => Encoding.Unicode.GetString(Convert.FromBase64String(field)));
                output.WriteLine("{\"result\": " + (fields[0] == "Calls" ? Recording.Taken() : Program.Run(fields[1])) + "}");
                output.Flush();
            }
        }
    }
}
