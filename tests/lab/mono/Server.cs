// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
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
        private const string Handles = "/proc/self/fd";
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
                    int open = Directory.GetFileSystemEntries(Handles).Length;
                    byte[] bytes = new UTF8Encoding(false).GetBytes(OnNewThread(answer, fields[1]) + "\n");
                    int left = Directory.GetFileSystemEntries(Handles).Length - open;
                    if (left > 0)
                        Console.Error.WriteLine("The agent left " + left + " handles open.");
                    output.Write(bytes, 0, bytes.Length);
                    output.Flush();
                }
            }
        }

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

        /// <summary>Twice through the initialisers: one may read what another one sets.</summary>
        private static void Renew(List<Type> types)
        {
            foreach (Type type in types.FindAll(one => one.TypeInitializer == null))
            {
                foreach (FieldInfo field in State(type))
                    field.SetValue(null, field.FieldType.IsValueType ? Activator.CreateInstance(field.FieldType) : null);
            }
            List<Type> initialised = types.FindAll(type => type.TypeInitializer != null);
            foreach (Type type in initialised)
                type.TypeInitializer.Invoke(null, null);
            foreach (Type type in initialised)
                type.TypeInitializer.Invoke(null, null);
        }
    }
}
