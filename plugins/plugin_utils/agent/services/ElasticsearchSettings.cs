// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // Where a node of Elasticsearch answers HTTP requests, from its service and its elasticsearch.yml. Settings that
    // are missing or cannot be read have the defaults of Elastic's guide (Networking: http.port 9200-9300).
    internal sealed class ElasticsearchSettings
    {
        private const int Limit = 1024 * 1024;   // bytes of elasticsearch.yml
        private const string FileName = "elasticsearch.yml", FolderOption = "-Des.path.conf=";

        // Where procrun keeps the options of a service (commons.apache.org/daemon/procrun.html). The 64-bit procrun,
        // too, writes to the registry's 32-bit view.
        private static readonly string[] Procrun =
        {
            @"SOFTWARE\Wow6432Node\Apache Software Foundation\Procrun 2.0\",
            @"SOFTWARE\Apache Software Foundation\Procrun 2.0\",
        };

        // Settings of Elastic's security, of Search Guard and of its descendants.
        private static readonly string[] TlsNames =
        {
            "xpack.security.http.ssl.enabled", "searchguard.ssl.http.enabled",
            "opendistro_security.ssl.http.enabled", "plugins.security.ssl.http.enabled",
        };

        // Settings of version 6, and of 7 and later: those that list nodes.
        private static readonly string[] NodesNames =
        {
            "discovery.zen.ping.unicast.hosts", "discovery.seed_hosts", "cluster.initial_master_nodes",
        };

        private static readonly Regex WithPort = new Regex(@"^(\[(?<host>.+)\](:.*)?|(?<host>[^:]+):[^:]*)$",
            RegexOptions.CultureInvariant);

        public int FirstPort = 9200, LastPort = 9300;
        public bool IsTls;       // according to the settings
        public string Cluster;   // its name; null: not set
        public bool HasOthers;   // they name other nodes of the cluster

        private ElasticsearchSettings()
        {
        }

        public static ElasticsearchSettings Of(ServiceFacts service)
        {
            ElasticsearchSettings settings = new ElasticsearchSettings();
            try
            {
                settings.Take(Read(service));
            }
            catch (SystemError)
            {
                return settings;
            }
            catch (FormatError)
            {
                return settings;
            }
            return settings;
        }

        private static Dictionary<string, string> Read(ServiceFacts service)
        {
            string command = service.Command ?? "";
            string folder = FolderIn(OptionsOf(service.Name), null) ?? FolderIn(new[] { command }, " -");
            if (folder == null)
            {
                string home = Paths.Parent(Paths.Parent(StoredPath.ProgramOf(command)) ?? "");   // above bin
                folder = string.IsNullOrEmpty(home) ? null : Paths.Combine(home, "config");
            }
            // A share is not opened: a person who can set this path would receive this account's login.
            string twice = new string(Win32.Separator, 2);
            if (folder == null || !Win32.IsAbsolute(folder) || folder.StartsWith(twice, StringComparison.Ordinal))
                return new Dictionary<string, string>();
            byte[] content = UntrustedFile.Whole(Paths.Combine(folder, FileName), Limit);
            return FlatYaml.Parse(UntrustedFile.Text(content, 0, content.Length));
        }

        private static string[] OptionsOf(string service)
        {
            foreach (string key in Procrun)
            {
                Dictionary<string, string> values = Computer.RegistryValues(key + service + @"\Parameters\Java");
                string options;
                if (values != null && values.TryGetValue("Options", out options))
                    return options.Split('\n');
            }
            return new string[0];
        }

        // next: the beginning of the next option; null: none follows. The path or the whole option may be in
        // quotation marks.
        private static string FolderIn(IEnumerable<string> lines, string next)
        {
            foreach (string line in lines)
            {
                int at = line.IndexOf(FolderOption, StringComparison.OrdinalIgnoreCase);
                if (at < 0)
                    continue;
                string rest = line.Substring(at + FolderOption.Length);
                bool isQuoted = rest.StartsWith("\"", StringComparison.Ordinal)
                    || at > 0 && line[at - 1] == '"';
                rest = rest.TrimStart('"');
                int end = isQuoted ? rest.IndexOf('"')
                    : next == null ? -1 : rest.IndexOf(next, StringComparison.Ordinal);
                return StoredPath.Expanded((end < 0 ? rest : rest.Substring(0, end)).Trim()).TrimEnd(Win32.Separator);
            }
            return null;
        }

        private void Take(Dictionary<string, string> read)
        {
            string text;
            Cluster = read.TryGetValue("cluster.name", out text) && text.IndexOf("${", StringComparison.Ordinal) < 0
                ? text : null;
            foreach (string name in TlsNames)
                IsTls |= read.TryGetValue(name, out text) && text == "true";
            foreach (string name in NodesNames)
                HasOthers |= read.TryGetValue(name, out text) && AreSeveral(text.Split(','));
            string[] ends = read.TryGetValue("http.port", out text) ? text.Split('-') : new string[0];
            int first, last;
            if (ends.Length < 1 || ends.Length > 2 || !IsPort(ends[0], out first)
                || !IsPort(ends[ends.Length - 1], out last))
                return;
            FirstPort = first;
            LastPort = last;
        }

        private static bool AreSeveral(string[] places)
        {
            string first = null;
            foreach (string place in places)
            {
                string host = HostOf(place.Trim());
                first = string.IsNullOrEmpty(first) ? host : first;
                if (host.Length > 0 && !host.Equals(first, StringComparison.OrdinalIgnoreCase))
                    return true;
            }
            return false;
        }

        // Without its port. All names and addresses by which a computer reaches itself are one.
        private static string HostOf(string place)
        {
            Match match = WithPort.Match(place);
            string host = match.Success ? match.Groups["host"].Value : place;
            IPAddress address;
            if (!IPAddress.TryParse(host, out address))
                return host;
            return IPAddress.IsLoopback(address) ? "localhost" : address.ToString();
        }

        private static bool IsPort(string text, out int port)
        {
            return int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port > 0
                && port < 65536;
        }
    }
}
