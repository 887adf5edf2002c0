// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `run`: starts a program of the host by its full path, in a new folder and without a shell. Files
    // that it leaves in the folder are returned by name. The rest is removed with the folder, and all processes that
    // the program started are ended.
    internal sealed class Run
    {
        private const string What = "The program was not run";
        private const string WorkMark = "{work}";
        private const int ServiceDisabled = 1058;
        private const long NotInitialised = 0xC0000142;   // STATUS_DLL_INIT_FAILED, Microsoft KB 165194

        // For reading the rest of the pipes after all processes that wrote into them were killed.
        private const int LastWords = 5000;

        private readonly string program;
        private readonly List<string> arguments;
        private readonly int seconds;
        private readonly List<string> collected;
        private readonly bool check;
        private readonly Answer answer = new Answer { Changed = true };

        public Run(JsonMap request)
        {
            program = ProgramOf(request.Text("program"));
            arguments = request.Texts("arguments");
            seconds = (int)request.Number("time_limit", 1, 3600);
            collected = request.Texts("collect");
            check = request.Flag("check", false);
            foreach (string argument in arguments)
            {
                if (argument.IndexOf('\0') >= 0)
                    throw new FormatError("'arguments' has a zero character");
            }
            foreach (string name in collected)
                PartFile.PlainName(name, "collect");
        }

        public Answer Start()
        {
            CheckProgram();
            Report(null, "", "", false);
            if (check)
                return answer;
            TemporaryFolder work = TemporaryFolder.Make(What);
            try
            {
                Perform(work.Path);
            }
            catch (AgentError error)
            {
                answer.Failure = error;
            }
            finally
            {
                work.Remove(answer.Warnings);
            }
            return answer;
        }

        // The program is never searched for. Scripts are refused, because a shell would read them.
        private static string ProgramOf(string path)
        {
            string cause = "'program' must end with .exe.";
            try
            {
                string program = Paths.Absolute(path, "program");
                if (program.EndsWith(".exe", StringComparison.OrdinalIgnoreCase))
                    return program;
            }
            catch (FormatError error)
            {
                cause = error.Message + ".";
            }
            throw Form(path, cause);
        }

        private void CheckProgram()
        {
            try
            {
                FileFacts facts;
                if (!Win32.TryFacts(program, out facts))
                    throw new AgentError("program_missing", What, program, "There is no such program.",
                        "Install what it belongs to, or name the program by its full path.");
                if (Attributes.IsFolder(facts.Attributes) || Attributes.IsLink(facts.Attributes, facts.ReparseTag))
                    throw Form(program, "It is a folder or a link, not a file.");
            }
            catch (SystemError error)
            {
                throw new AgentError("program_missing", What, program, error.Message,
                    "Check the path, and the rights of the account.");
            }
        }

        private static AgentError Form(string path, string cause)
        {
            return new AgentError("program_form", What, path, cause,
                "Name the program by its full path, such as C:\\Windows\\System32\\ldifde.exe.");
        }

        private void Perform(string work)
        {
            using (ChildProcess started = Started(work))
            {
                PipeReader output = new PipeReader(started.ReadOutput), errors = new PipeReader(started.ReadErrors);
                bool ended = started.Wait(seconds * 1000);
                long? code = ended ? started.ExitCode() : (long?)null;
                started.Kill();   // what it started must not write into the folder any longer
                output.Join(LastWords);
                errors.Join(LastWords);
                Report(code, output.Text(), errors.Text(), output.Truncated || errors.Truncated);
                if (code == NotInitialised)
                    throw new AgentError("start_failed", What, program,
                        "It ended while it started: one of its DLLs could not be initialized (0xC0000142).",
                        "This happens if the account may not use the session's desktop, or the session has no memory "
                            + "left for desktops. Run it again. If it fails again, run it "
                            + "without groupid_network_username, or as another account.");
                if (!ended)
                    throw new AgentError("time_limit", "The program was stopped", program,
                        "It had not ended after " + seconds + " seconds.",
                        "Find out what it waits for, or allow it more time.");
            }
            answer.Members.Set("files", Collected(work));
        }

        private ChildProcess Started(string work)
        {
            List<string> given = arguments.ConvertAll(delegate(string argument)
            {
                return argument.Replace(WorkMark + "\\", work + Win32.Separator).Replace(WorkMark, work);
            });
            int limit = NetworkIdentity.IsActive() ? CommandLine.IdentityLimit : CommandLine.Limit;
            if (CommandLine.Of(program, given).Length > limit)
                throw new FormatError("'arguments' make a command line of more than " + limit + " characters"
                    + (NetworkIdentity.IsActive()
                        ? ", the limit of Windows for a program with a network identity" : ""));
            try
            {
                return ChildProcess.Start(program, given, work);
            }
            catch (SystemError error)
            {
                answer.Changed = false;
                throw new AgentError("start_failed", What, program, error.Message, error.Code == ServiceDisabled
                    ? "Windows starts programs with a network identity by its service Secondary Logon (seclogon), "
                        + "which is disabled on this server: set it to start manually "
                        + "(Set-Service seclogon -StartupType Manual), or leave groupid_network_username out."
                    : "Check that it is a program for this computer, and the rights of the account.");
            }
        }

        private JsonMap Collected(string work)
        {
            JsonMap files = new JsonMap();
            foreach (string name in collected)
            {
                string path = Paths.Combine(work, name);
                try
                {
                    FileFacts facts;
                    JsonMap file = Win32.TryFacts(path, out facts) ? new JsonMap() : null;
                    if (file != null)
                        PackedContent.Set(file, PackedContent.Read(path, "The program's file was not read"));
                    files.Set(name, file);
                }
                catch (SystemError error)
                {
                    throw Uncollected(path, error.Message);
                }
                catch (FormatError error)
                {
                    throw Uncollected(path, "It cannot be read as a file: " + error.Message + ".");
                }
            }
            return files;
        }

        private static AgentError Uncollected(string path, string cause)
        {
            return new AgentError("collect_failed", "The program's file was not read", path, cause,
                "Find out what the program left under this name.");
        }

        private void Report(long? code, string output, string errors, bool truncated)
        {
            answer.Members.Set("exit_code", code).Set("stdout", output).Set("stderr", errors)
                .Set("output_truncated", truncated).Set("files", new JsonMap());
        }
    }
}
