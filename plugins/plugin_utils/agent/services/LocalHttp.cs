// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using System.Threading;

namespace IdentityOpsAgent
{
    // One GET request to a program on this computer. HttpWebRequest is not used: its TLS versions are a setting of
    // the whole process, which lacks TLS 1.2 by default, and each of its time limits counts for one step only. No
    // name is resolved, no login is sent, no proxy is used, no redirect is followed, and any certificate is accepted.
    internal sealed class LocalHttp
    {
        private const int Limit = 64 * 1024;
        private static readonly Encoding Latin = Encoding.GetEncoding("iso-8859-1");   // keeps each byte

        public int Status;        // of HTTP; 0: no HTTP answer
        public byte[] Body;       // never null; empty where there is none, or too much
        public bool HasEnded;     // the other side ended it, not the time limit
        public string Failure;    // why there is no answer; null: there is one

        private readonly IPEndPoint place;
        private readonly bool tls;

        private LocalHttp(IPEndPoint place, bool tls)
        {
            this.place = place;
            this.tls = tls;
            Body = new byte[0];
        }

        // milliseconds: for everything, from the connection to the last byte.
        public static LocalHttp Get(IPEndPoint place, bool tls, string path, int milliseconds)
        {
            LocalHttp answer = new LocalHttp(place, tls);
            answer.Ask(path, milliseconds);
            return answer;
        }

        private void Ask(string path, int milliseconds)
        {
            bool isLate = false;
            object closing = new object();
            using (Socket socket = new Socket(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
            using (new Timer(delegate
            {
                lock (closing)
                {
                    isLate = true;
                    socket.Close();   // so that waiting calls end with an error
                }
            }, null, milliseconds, Timeout.Infinite))
            {
                try
                {
                    socket.Connect(place);
                    using (NetworkStream plain = new NetworkStream(socket, false))
                        Take(tls ? Exchange(plain, path) : Exchanged(plain, path));
                }
                catch (Exception error)   // any error of the socket, stream or TLS only means no answer
                {
                    Failure = error.Message;
                }
            }
            lock (closing)   // the time may be over just now: then nothing stays open
                HasEnded = !isLate;
            if (!HasEnded)   // a socket that was closed may look like the end of the answer
            {
                Status = 0;
                Body = new byte[0];
                Failure = "it has not answered within " + milliseconds + " ms";
            }
        }

        private byte[] Exchange(Stream plain, string path)
        {
            using (SslStream stream = new SslStream(plain, true, delegate { return true; }))
            {
                stream.AuthenticateAsClient(place.Address.ToString(), null,
                    SslProtocols.Tls | SslProtocols.Tls11 | SslProtocols.Tls12, false);
                return Exchanged(stream, path);
            }
        }

        // HTTP/1.0, so that the answer is one piece and its end is the end of the connection.
        private byte[] Exchanged(Stream stream, string path)
        {
            byte[] request = Encoding.ASCII.GetBytes("GET " + path + " HTTP/1.0\r\nHost: " + place
                + "\r\nAccept: application/json\r\nConnection: close\r\n\r\n");
            stream.Write(request, 0, request.Length);
            stream.Flush();
            byte[] content = new byte[Limit];
            int count = 0;
            while (count < Limit)
            {
                int got = stream.Read(content, count, Limit - count);
                if (got == 0)
                    break;
                count += got;
            }
            if (count == Limit)
                throw new IOException("its answer has more than " + Limit + " bytes");
            Array.Resize(ref content, count);
            return content;
        }

        private void Take(byte[] content)
        {
            string text = Latin.GetString(content);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            bool isHttp = text.StartsWith("HTTP/1.", StringComparison.Ordinal) && text.Length > 12 && end > 0;
            if (!isHttp || !int.TryParse(text.Substring(9, 3), NumberStyles.None,
                CultureInfo.InvariantCulture, out Status))
            {
                Status = 0;
                Failure = content.Length == 0 ? "it closed the connection without an answer"
                    : "its answer is not HTTP";
                return;
            }
            Body = new byte[content.Length - end - 4];
            Array.Copy(content, end + 4, Body, 0, Body.Length);
        }
    }
}
