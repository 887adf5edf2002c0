// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>
    /// Lets a test ask a process of its own, over a socket, as PowerShell keeps stdin to itself. A line in: a method's
    /// name and its arguments, each base64 of UTF-16, between spaces. A line out: JSON.
    /// </summary>
    internal static class Driver
    {
        /// <summary>The test listens on this port of the loopback, and ends the process by hanging up.</summary>
        public static void Serve(string port, Func<string, List<string>, string> answer)
        {
            Stream connection = new TcpClient("127.0.0.1", int.Parse(port, CultureInfo.InvariantCulture)).GetStream();
            TextReader input = new StreamReader(connection, Encoding.ASCII);
            TextWriter output = new StreamWriter(connection, Encoding.ASCII);
            for (string line = input.ReadLine(); line != null; line = input.ReadLine())
            {
                string[] fields = Array.ConvertAll(line.Split(' '), field => Encoded(field));
                output.WriteLine(answer(fields[0], new List<string>(fields).GetRange(1, fields.Length - 1)));
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
    }
}
