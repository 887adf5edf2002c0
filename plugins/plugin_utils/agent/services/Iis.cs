// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // An application of a site, and the folders that it and its virtual directories serve.
    internal sealed class PoolApplication
    {
        public string Name;
        public readonly List<string> Folders = new List<string>();
    }

    // An application pool of IIS.
    internal sealed class PoolFacts
    {
        public string Name, State;   // started, starting, stopped, stopping, unknown
        public bool StartsItself;    // autoStart: when IIS starts
        public readonly List<PoolApplication> Applications = new List<PoolApplication>();

        public List<string> Folders()
        {
            List<string> all = new List<string>();
            foreach (PoolApplication application in Applications)
                all.AddRange(application.Folders);
            return all;
        }
    }

    // The states of all pools at one moment, and their worker processes: each is asked for once, when it is needed.
    internal sealed class PoolStates
    {
        private List<PoolFacts> pools;
        private PoolWorkers workers;

        public PoolWorkers Workers
        {
            get { return workers = workers ?? PoolWorkers.Now(); }
        }

        // See Iis.Find.
        public PoolFacts Find(string name)
        {
            pools = pools ?? Iis.States();
            return pools.Find(delegate(PoolFacts facts) { return Win32.Names.Equals(facts.Name, name); });
        }
    }

    // IIS, through the XML of its program appcmd.exe, which is started by its full path. The configuration contains
    // the passwords of the pools' accounts, so only what is named here is reported or kept of the output.
    internal static class Iis
    {
        public const string Service = "W3SVC";
        private const string What = "The application pools of IIS were not read or changed";
        private const int Limit = 16 * 1024 * 1024, Seconds = 120, LastWords = 5000;

        // With their applications. Error appcmd_missing if IIS is installed without this program.
        public static List<PoolFacts> Pools()
        {
            List<PoolFacts> pools = States();
            Dictionary<string, PoolApplication> applications = new Dictionary<string, PoolApplication>();
            foreach (XmlTag tag in Ask("list", "app", "/xml").Tags)
            {
                string pool = Demanded(tag, "APPPOOL.NAME");
                PoolApplication application = new PoolApplication { Name = Demanded(tag, "APP.NAME") };
                applications[application.Name] = application;
                foreach (PoolFacts facts in pools)
                {
                    if (Win32.Names.Equals(facts.Name, pool))
                        facts.Applications.Add(application);
                }
            }
            foreach (XmlTag tag in Ask("list", "vdir", "/xml").Tags)
            {
                PoolApplication application;
                if (applications.TryGetValue(Demanded(tag, "APP.NAME"), out application))
                    application.Folders.Add(StoredPath.Expanded(Demanded(tag, "physicalPath")));
            }
            return pools;
        }

        // Without their applications.
        public static List<PoolFacts> States()
        {
            List<PoolFacts> pools = new List<PoolFacts>();
            foreach (XmlTag tag in Ask("list", "apppool", "/config:*", "/xml").Tags)
            {
                XmlTag settings = tag.First("add");
                pools.Add(new PoolFacts
                {
                    Name = Demanded(tag, "APPPOOL.NAME"),
                    State = Demanded(tag, "state").ToLowerInvariant(),
                    StartsItself = settings == null || settings.Attribute("autoStart") != "false",
                });
            }
            return pools;
        }

        // Without its applications; null if there is no pool of the name.
        public static PoolFacts Find(string name)
        {
            return new PoolStates().Find(name);
        }

        // The pools of the worker processes, by the numbers of these. Only the feature Web-Request-Monitor lists them.
        public static Dictionary<string, string> Workers()
        {
            Dictionary<string, string> pools = new Dictionary<string, string>();
            foreach (XmlTag tag in Ask("list", "wp", "/xml").Tags)
                pools[Demanded(tag, "WP.NAME")] = Demanded(tag, "APPPOOL.NAME");
            return pools;
        }

        public static void Start(string pool)
        {
            Ask("start", "apppool", "/apppool.name:" + pool, "/xml");
        }

        public static void Stop(string pool)
        {
            Ask("stop", "apppool", "/apppool.name:" + pool, "/xml");
        }

        public static void SetStartsItself(string pool, bool starts)
        {
            Ask("set", "apppool", "/apppool.name:" + pool, "/autoStart:" + (starts ? "true" : "false"), "/xml");
        }

        // Several servers can read one configuration from a share. A change there affects all of them.
        public static bool IsConfigurationShared()
        {
            string path = Below(@"config\redirection.config");
            try
            {
                byte[] content = UntrustedFile.DocumentOrNull(path);
                if (content == null)
                    return false;
                XmlTag redirection = XmlTag.Document(UntrustedFile.Text(content, 0, content.Length))
                    .First("configurationRedirection");
                return redirection != null && string.Equals(redirection.Attribute("enabled"), "true",
                    StringComparison.OrdinalIgnoreCase);
            }
            catch (FormatError error)
            {
                throw new AgentError("iis_configuration", What, path, "It cannot be read: " + error.Message + ".",
                    "Look at the file, and repair it in IIS Manager (Shared Configuration).");
            }
        }

        private static XmlTag Ask(params string[] arguments)
        {
            string program = Below("appcmd.exe");
            FileFacts facts;
            if (!Win32.TryFacts(program, out facts))
                throw new AgentError("appcmd_missing", What, program,
                    "IIS is installed (service " + Service + "), but its command line program is missing.",
                    "Add the feature Web-Scripting-Tools (IIS Management Scripts and Tools) to this server.");
            string output, errors;
            bool whole;
            try
            {
                using (ChildProcess started = ChildProcess.Start(program, new List<string>(arguments),
                    Paths.Parent(program)))
                {
                    PipeReader reader = new PipeReader(started.ReadOutput, Limit),
                        errorReader = new PipeReader(started.ReadErrors);
                    bool ended = started.Wait(Seconds * 1000);
                    started.Kill();
                    reader.Join(LastWords);
                    errorReader.Join(LastWords);
                    if (!ended)
                        throw Failed(program, arguments, "it had not ended after " + Seconds + " seconds");
                    output = reader.Text();
                    errors = errorReader.Text().Trim();
                    whole = !reader.Truncated;
                }
            }
            catch (SystemError error)
            {
                throw Failed(program, arguments, error.Message);
            }
            return Read(program, arguments, whole, output, errors);
        }

        // The exit code is not used: it is 1 also if there is nothing to list.
        private static XmlTag Read(string program, string[] arguments, bool whole, string output, string errors)
        {
            XmlTag root = null;
            string flaw = whole ? "its answer has no tag 'appcmd'" : "its answer is too long";
            try
            {
                root = whole ? XmlTag.Document(output) : null;
            }
            catch (FormatError error)
            {
                flaw = error.Message;
            }
            if (root == null || root.Name != "appcmd")
                throw Failed(program, arguments, flaw + (errors.Length == 0 ? "" : "; it says: " + errors));
            XmlTag failure = root.First("ERROR");
            if (failure != null)
                throw Failed(program, arguments, failure.Attribute("message") ?? "it gave an error without a message");
            return root;
        }

        private static string Demanded(XmlTag tag, string attribute)
        {
            string value = tag.Attribute(attribute);
            if (value == null)
                throw Failed(Below("appcmd.exe"), new[] { "list" }, "'" + tag.Name + "' has no '" + attribute + "'");
            return value;
        }

        private static AgentError Failed(string program, string[] arguments, string cause)
        {
            return new AgentError("appcmd_failed", What, program,
                "'" + string.Join(" ", arguments) + "' failed: " + cause.TrimEnd('.') + ".",
                "Run it on the server in a console as administrator, and remove the cause.");
        }

        private static string Below(string path)
        {
            return Paths.Below(Computer.SystemFolder(), @"inetsrv\" + path);
        }
    }
}
