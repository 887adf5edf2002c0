// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // A rehearsal keeps its lock, jobs and journal in a folder of its own, so that it never blocks a real operation.
    // A request that names this folder uses it instead of %ProgramData%\identityops.groupid while it runs.
    internal sealed class StateFolder : IDisposable
    {
        public const string Name = "state";

        // null: the host's own. For the whole process: an agent does one request at a time.
        public static string Own { get; private set; }

        private readonly string before;

        private StateFolder(string own)
        {
            before = Own;
            Own = own;
        }

        // The folder of what the agent keeps on a computer between its runs: closed to ordinary users, and made when
        // it is first needed.
        public static string Current
        {
            get { return Own ?? Paths.Combine(Computer.ProgramData(), "identityops.groupid"); }
        }

        // To be called before the folder is used: if an ordinary user has made it, it is neither read nor written.
        // Error `state_owner`.
        public static void Ensure(Writer writer, string what)
        {
            writer.EnsureFolder(Current, FolderSecurity.CreateClosedFolder);
            RequireOwn(Current, what);
        }

        // What an ordinary user has made is not read: anybody may make a folder in %ProgramData%, and own it.
        public static void RequireOwn(string path, string what)
        {
            string cause = "Its owner is neither SYSTEM nor the group Administrators nor this account.";
            try
            {
                if (FolderSecurity.IsOwnedByUs(path))
                    return;
            }
            catch (SystemError error)
            {
                cause = error.Message;
            }
            throw new AgentError("state_owner", what, path, cause, "Find out who made it, and remove it.");
        }

        // For a file in the folder. If only we can make files there, its owner is not checked: Windows' policy may
        // make a single administrator the owner.
        public static void RequireOwnFile(string path, string what)
        {
            List<string> others = FileSecurity.Writers(Current);
            if (others == null || others.Count > 0)
                RequireOwn(path, what);
        }

        // Accepts only a folder that a rehearsal has made: closed, owned by us, and in a scratch folder of this
        // server. Error: scratch.
        public static StateFolder Of(JsonMap request)
        {
            string path = request.TextOrNull("state");
            return new StateFolder(path == null ? null : Checked(Paths.Absolute(path, "state")));
        }

        public void Dispose()
        {
            Own = before;
        }

        private static string Checked(string path)
        {
            string scratch = Paths.Parent(path);
            if (scratch == null || Paths.FileName(path) != Name || !ScratchName.IsOfThisServer(Paths.FileName(scratch))
                || Win32.IsShare(path))
                throw new FormatError("'state' must be the folder '" + Name
                    + "' in a scratch folder of a rehearsal on this server's own disks");
            foreach (string folder in new[] { scratch, path })
            {
                if (!SetFolder.IsFolder(folder))
                    throw new AgentError("scratch", "The rehearsal's request was not performed", folder,
                        "There is no such folder.", "Run the rehearsal again.");
                StateFolder.RequireOwn(folder, "The rehearsal's request was not performed");
            }
            return path;
        }
    }
}
