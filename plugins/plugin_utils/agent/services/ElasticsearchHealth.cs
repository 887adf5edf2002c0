// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;

namespace IdentityOpsAgent
{
    // The health of one node of Elasticsearch, as the node reports it: GET /_cluster/health?local=true, for which it
    // asks no other node. No login is sent: a node that requires one is up.
    internal sealed class ElasticsearchHealth
    {
        // The node's own words, the worst first.
        private static readonly string[] Words = { "red", "yellow", "green" };
        private const string Up = "up";   // it requires a login

        // What Search Guard and its descendants answer while they cannot read their own index.
        private static readonly string[] Waiting =
        {
            "Search Guard not initialized", "Open Distro Security not initialized",
            "OpenSearch Security not initialized",
        };

        private const string Path = "/_cluster/health?local=true";
        private const int MostPlaces = 8, MillisecondsEach = 5000, MillisecondsOtherwise = 2000,
            FairMilliseconds = 1000, LeastMilliseconds = 100;

        public string Word;    // of the last look; null: not known
        public string Cause;   // why it is not known
        private bool waits;    // it answers, but cannot say it yet (503)
        private long nodes;    // of its cluster, as it counts them; 0: not known

        private readonly ElasticsearchSettings settings;

        public ElasticsearchHealth(ServiceFacts service)
        {
            settings = ElasticsearchSettings.Of(service);
        }

        // Whether it is one of several nodes: by its own count, or by its settings if it requires a login.
        public bool IsOfCluster
        {
            get { return Word == Up ? settings.HasOthers : nodes > 1; }
        }

        // Whether the node is again as good as it was. One of several may have to wait for nodes on servers that are
        // not started yet: until a master is elected, it calls itself red (ClusterStateHealth: a global block), and a
        // plugin for security may answer 503. So it is enough that it answers.
        public bool IsAsBefore(string before, bool wasOfCluster)
        {
            if (wasOfCluster && waits)
                return true;
            if (wasOfCluster || Word == null || Word == Up || before == Up)
                return Word != null;
            return Array.IndexOf(Words, Word) >= Array.IndexOf(Words, before);
        }

        // FormatError for any other word.
        public static string Known(string word)
        {
            if (word != null && word != Up && Array.IndexOf(Words, word) < 0)
                throw new FormatError("'" + word + "' is not a health of Elasticsearch");
            return word;
        }

        // milliseconds: for all places that may be the node's. If they are too few for a reliable look, the last
        // result counts.
        public void Look(long milliseconds)
        {
            if (milliseconds < FairMilliseconds && (Word != null || Cause != null))
                return;
            Word = Cause = null;
            waits = false;
            nodes = 0;
            Stopwatch watch = Stopwatch.StartNew();
            foreach (IPEndPoint place in Places())
            {
                long left = Math.Min(milliseconds - watch.ElapsedMilliseconds, MillisecondsEach);
                Ask(place, (int)Math.Max(left, LeastMilliseconds));
                if (Word != null && Word != Up)
                    break;
            }
            if (Word == null && Cause == null)
                Cause = "nothing listens on " + (settings.FirstPort == settings.LastPort ? "port " + settings.FirstPort
                    : "a port from " + settings.FirstPort + " to " + settings.LastPort);
        }

        // Places on this computer where a program listens, from Windows' own list. So no other computer is asked,
        // whatever host the settings name.
        private List<IPEndPoint> Places()
        {
            List<IPEndPoint> places = new List<IPEndPoint>();
            IPEndPoint[] all;
            try
            {
                all = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners();
            }
            catch (NetworkInformationException error)
            {
                Cause = error.Message;
                return places;
            }
            foreach (IPEndPoint listener in all)
            {
                IPAddress address = listener.Address.Equals(IPAddress.Any) ? IPAddress.Loopback
                    : listener.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback : listener.Address;
                IPEndPoint place = new IPEndPoint(address, listener.Port);
                if (place.Port >= settings.FirstPort && place.Port <= settings.LastPort && !places.Contains(place))
                    places.Add(place);
            }
            places.Sort(InOrder);
            if (places.Count > MostPlaces)
                places.RemoveRange(MostPlaces, places.Count - MostPlaces);
            return places;
        }

        private static int InOrder(IPEndPoint a, IPEndPoint b)
        {
            if (a.Port != b.Port)
                return a.Port.CompareTo(b.Port);
            bool isLocal = IPAddress.IsLoopback(a.Address);
            return isLocal != IPAddress.IsLoopback(b.Address) ? isLocal ? -1 : 1
                : string.CompareOrdinal(a.Address.ToString(), b.Address.ToString());
        }

        private void Ask(IPEndPoint place, int milliseconds)
        {
            LocalHttp answer = LocalHttp.Get(place, settings.IsTls, Path, milliseconds);
            // A TLS server ends the connection of a plain request ("received plaintext http traffic on an https
            // channel, closing connection"). A server without TLS may wait for more of a handshake.
            if (answer.Status == 0 && (answer.HasEnded || settings.IsTls))
            {
                LocalHttp other = LocalHttp.Get(place, !settings.IsTls, Path,
                    Math.Min(milliseconds, MillisecondsOtherwise));
                if (other.Status != 0)
                {
                    answer = other;
                    settings.IsTls = !settings.IsTls;   // known from now on
                }
            }
            string cause = null;
            if (answer.Status == 401 || answer.Status == 403)
                Word = Up;
            else if (answer.Status == 200 || answer.Status == 408)   // 408: the health, and that a wait has timed out
                cause = Take(answer.Body);
            else
                cause = answer.Failure ?? "it answers with the status " + answer.Status;
            waits |= answer.Status == 503 && (settings.FirstPort == settings.LastPort || IsOfNode(answer.Body));
            if (cause != null && Cause == null)
                Cause = place + ": " + cause;
        }

        // Whether Elasticsearch or a plugin of it says it: other programs may listen in the same range of ports, and
        // any of them may answer 503. An error of Elasticsearch itself has a `root_cause`.
        private static bool IsOfNode(byte[] body)
        {
            try
            {
                string text = UntrustedFile.Text(body, 0, body.Length);
                return Array.Exists(Waiting, delegate(string said)
                {
                    return text.StartsWith(said, StringComparison.Ordinal);
                }) || JsonReader.Map(text).MapOrEmpty("error")["root_cause"] != null;
            }
            catch (FormatError)
            {
                return false;
            }
        }

        // null, or why it is not the answer of the node.
        private string Take(byte[] body)
        {
            string word, name;
            long count;
            try
            {
                JsonMap health = UntrustedFile.Json(body);
                name = health.Text("cluster_name");
                word = health.Text("status");
                count = health["number_of_nodes"] is long ? (long)health["number_of_nodes"] : 0;
            }
            catch (FormatError)
            {
                return "its answer is not the health of a cluster";
            }
            if (settings.Cluster != null && name != settings.Cluster)
                return "it is not in the cluster '" + settings.Cluster + "'";
            if (Array.IndexOf(Words, word) < 0)
                return "its answer is not the health of a cluster";
            Word = word;
            nodes = count;
            return null;
        }
    }
}
