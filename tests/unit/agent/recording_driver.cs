// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;
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

    /// <summary>As AgentDriver; the method Calls gives what the agent asked of the disk since the last time.</summary>
    public static class RecordingDriver
    {
        public static void Main(string[] port)
        {
            Driver.Serve(port[0], Answer);
        }

        private static string Answer(string method, List<string> arguments)
        {
            return "{\"result\": " + (method == "Calls" ? Recording.Taken() : Program.Run(arguments[0])) + "}";
        }
    }
}
