// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;
using System.IO;
using System.Net.Sockets;
using System.Text;

namespace IdentityOpsAgent
{
    /// <summary>The whole agent in one process, by the protocol of Win32Driver: the method Run and a request in, {"result": answer} out.</summary>
    public static class AgentDriver
    {
        /// <summary>The test listens on this port of the loopback, and ends the process by hanging up.</summary>
        public static void Main(string[] port)
        {
            Stream connection = new TcpClient("127.0.0.1", int.Parse(port[0], CultureInfo.InvariantCulture)).GetStream();
            TextReader input = new StreamReader(connection, Encoding.ASCII);
            TextWriter output = new StreamWriter(connection, Encoding.ASCII);
            for (string line = input.ReadLine(); line != null; line = input.ReadLine())
            {
                string request = Encoding.Unicode.GetString(Convert.FromBase64String(line.Split(' ')[1]));
                output.WriteLine("{\"result\": " + Program.Run(request) + "}");
                output.Flush();
            }
        }
    }
}
