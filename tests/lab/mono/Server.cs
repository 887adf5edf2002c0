// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace IdentityOpsLab
{
    /// <summary>
    /// One process for many requests: a tenth of a second each time is most of what a small request costs. Each meets
    /// the agent as in a process of its own: a thread, an environment and static fields that are new.
    /// </summary>
    internal static class Server
    {
        private const BindingFlags Statics = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic
            | BindingFlags.DeclaredOnly;

        /// <summary>
        /// A line in: the settings of the environment that change (NAME=value, or NAME to remove it, each before a
        /// zero) and the request, each base64 of UTF-8. A line out: the answer. Until the input ends.
        /// </summary>
        public static void Run(Func<string, string> answer)
        {
            List<Type> types = Stateful();
            using (TextReader input = new StreamReader(Console.OpenStandardInput(), Encoding.ASCII))
            using (Stream output = Console.OpenStandardOutput())
            {
                for (string line = input.ReadLine(); line != null; line = input.ReadLine())
                {
                    string[] fields = Array.ConvertAll(line.Split(' '), Text);
                    foreach (string setting in fields[0].Split(new[] { '\0' }, StringSplitOptions.RemoveEmptyEntries))
                        Set(setting);
                    Renew(types);
                    List<string> before = Handles();
                    byte[] bytes = new UTF8Encoding(false).GetBytes(OnNewThread(answer, fields[1]) + "\n");
                    List<string> left = Handles().FindAll(one => !before.Contains(one));
                    if (left.Count > 0)
                        Console.Error.WriteLine("The agent left open: " + string.Join(", ", left.ToArray()));
                    output.Write(bytes, 0, bytes.Length);
                    output.Flush();
                }
            }
        }

        /// <summary>
        /// What is open, by number and name. What lists it is closed by then, and has none. Mono's TLS keeps the source
        /// of random numbers open, once for the process.
        /// </summary>
        private static List<string> Handles()
        {
            List<string> open = new List<string>();
            foreach (string entry in Directory.GetFileSystemEntries("/proc/self/fd"))
            {
                byte[] target = new byte[4096];
                int length = (int)readlink(Encoding.UTF8.GetBytes(entry + "\0"), target, (IntPtr)target.Length);
                string name = length > 0 ? Encoding.UTF8.GetString(target, 0, length) : "/dev/urandom";
                if (name != "/dev/urandom")
                    open.Add(Path.GetFileName(entry) + " " + name);
            }
            return open;
        }

        [DllImport("libc")]
        private static extern IntPtr readlink(byte[] path, byte[] target, IntPtr size);

        private static string Text(string field)
        {
            return Encoding.UTF8.GetString(Convert.FromBase64String(field));
        }

        private static void Set(string setting)
        {
            int end = setting.IndexOf('=');
            Environment.SetEnvironmentVariable(end < 0 ? setting : setting.Substring(0, end),
                end < 0 ? null : setting.Substring(end + 1));
        }

        private static string OnNewThread(Func<string, string> answer, string request)
        {
            string text = null;
            Thread thread = new Thread(() => text = answer(request));
            thread.Start();
            thread.Join();
            return text;
        }

        private static List<Type> Stateful()
        {
            return new List<Type>(Assembly.GetExecutingAssembly().GetTypes()).FindAll(type => type != typeof(Server)
                && !type.ContainsGenericParameters && type.Name[0] != '<' && State(type).Count > 0);
        }

        /// <summary>Not what the compiler keeps for itself.</summary>
        private static List<FieldInfo> State(Type type)
        {
            return new List<FieldInfo>(type.GetFields(Statics)).FindAll(
                field => !field.IsLiteral && field.Name[0] != '<');
        }

        private static object Default(Type type)
        {
            return type.IsValueType ? Activator.CreateInstance(type) : null;
        }

        /// <summary>Twice through the initialisers: one may read what another one sets.</summary>
        private static void Renew(List<Type> types)
        {
            foreach (Type type in types.FindAll(one => one.TypeInitializer == null))
            {
                foreach (FieldInfo field in State(type))
                    field.SetValue(null, Default(field.FieldType));
            }
            List<Type> initialised = types.FindAll(type => type.TypeInitializer != null);
            foreach (Type type in initialised)
                type.TypeInitializer.Invoke(null, null);
            foreach (Type type in initialised)
                type.TypeInitializer.Invoke(null, null);
        }
    }
}
