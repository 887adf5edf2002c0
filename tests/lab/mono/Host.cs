// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;
using System.Reflection;
using System.Text;
using System.Threading;

namespace IdentityOpsLab
{
    /// <summary>
    /// What the PowerShell bootstrap does on Windows: the request on stdin to
    /// the agent's Run(string), its answer to stdout.
    /// </summary>
    internal static class Host
    {
        /// <summary>
        /// `arguments`: none, or the folder that the compiler of a job writes to, or the name of the pipe that the
        /// request comes by (after 32 digits of salt), and its digest; or --serve.
        /// </summary>
        private static void Main(string[] arguments)
        {
            NativeSha256.Register();
            if (arguments.Length == 1 && arguments[0] == "--serve")
                Server.Run(Answer);
            else if (arguments.Length == 3 && arguments[0] == "--watchdog")
                Watch(arguments[1], arguments[2]);
            else
                Write(Answer(Request(arguments)));
        }

        private static string Request(string[] arguments)
        {
            if (arguments.Length == 1)
                Compile(arguments[0]);
            return arguments.Length < 2
                ? new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false)).ReadToEnd()
                : FromPipe(arguments[0], arguments[1]);
        }

        private static string Answer(string request)
        {
            return (string)Member("Program", "Begin", typeof(string), typeof(string)).Invoke(null,
                new object[] { request, "lab" });
        }

        /// <summary>As the script of WatchdogTask.cs does.</summary>
        private static void Watch(string folder, string digest)
        {
            EndWithOwner();
            if (!(bool)Member("FolderSecurity", "IsOwnedByUs", typeof(string)).Invoke(null, new object[] { folder }))
                Environment.Exit(4);
            byte[] payload = File.ReadAllBytes(Path.Combine(folder, "payload.txt"));
            if ((string)Member("Hashing", "Hex", typeof(byte[]), typeof(int)).Invoke(null,
                new object[] { payload, payload.Length }) != digest)
                Environment.Exit(3);
            Answer(Encoding.UTF8.GetString(Convert.FromBase64String(Encoding.ASCII.GetString(payload).Split('\n')[2])));
        }

        /// <summary>Nothing of the lab outlives who has started it: LAB_OWNER is its process.</summary>
        private static void EndWithOwner()
        {
            string owner = Environment.GetEnvironmentVariable("LAB_OWNER");
            if (string.IsNullOrEmpty(owner))
                return;
            Thread guard = new Thread(delegate()
            {
                while (Directory.Exists("/proc/" + owner))
                    Thread.Sleep(500);
                Environment.Exit(5);
            });
            guard.IsBackground = true;
            guard.Start();
        }

        private static void Write(string answer)
        {
            byte[] line = new UTF8Encoding(false).GetBytes(answer + "\n");
            using (Stream output = Console.OpenStandardOutput())
                output.Write(line, 0, line.Length);
        }

        /// <summary>As a job's script does: a compiler that fails is tried again, and its word is kept.</summary>
        private static void Compile(string temporary)
        {
            for (int i = 1; !Directory.Exists(temporary); i++)
            {
                File.WriteAllText("waited.txt", "Could not find a part of the path.");
                Thread.Sleep(1000 * i);
                if (i < 5)
                    continue;
                File.WriteAllText("failure.json", "{\"cause\":\"Could not find a part of the path.\"}");
                Environment.Exit(1);
            }
        }

        private static string FromPipe(string name, string digest)
        {
            string line = (string)Member("RequestPipe", "Line", typeof(string)).Invoke(null, new object[] { name });
            byte[] bytes = Encoding.ASCII.GetBytes(line);
            if ((string)Member("Hashing", "Hex", typeof(byte[]), typeof(int)).Invoke(null,
                new object[] { bytes, bytes.Length }) != digest)
                Environment.Exit(1);
            return line.Substring(32);
        }

        /// <summary>Of the agent's one type of this name: its namespace carries a hash of the source.</summary>
        private static MethodInfo Member(string type, string name, params Type[] parameters)
        {
            Type found = Array.Find(Assembly.GetExecutingAssembly().GetTypes(), one => one.Name == type);
            return found.GetMethod(name, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic, null,
                parameters, null);
        }
    }
}
