// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;
using System.Reflection;
using System.Text;

namespace IdentityOpsLab
{
    /// <summary>What the PowerShell bootstrap does on Windows: the request on stdin to the agent's Run(string), its answer to stdout.</summary>
    internal static class Host
    {
        private static void Main()
        {
            NativeSha256.Register();
            string request = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false)).ReadToEnd();
            string answer = (string)Agent().Invoke(null, new object[] { request });
            byte[] line = new UTF8Encoding(false).GetBytes(answer + "\n");
            using (Stream output = Console.OpenStandardOutput())
                output.Write(line, 0, line.Length);
        }

        /// <summary>Run of the one type named Program: its namespace carries a hash of the source.</summary>
        private static MethodInfo Agent()
        {
            Type program = Array.Find(Assembly.GetExecutingAssembly().GetTypes(), type => type.Name == "Program");
            return program.GetMethod("Run", new[] { typeof(string) });
        }
    }
}
