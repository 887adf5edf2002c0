// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // A rehearsal keeps lock, jobs and journal in a folder of its own, so that nothing of it stands in the way of a real operation. A request that names
    // it sees that folder in the place of %ProgramData%\identityops.groupid, for as long as it runs.
    internal sealed class StateFolder : IDisposable
    {
        public const string Name = "state";

        // null: the host's own. Of the whole process: an agent does one request at a time, and its threads are the request's.
        public static string Own { get; private set; }

        private readonly string before;

        private StateFolder(string own)
        {
            before = Own;
            Own = own;
        }

        // Only a folder that a rehearsal has made is taken: closed, ours, and in a scratch of this server. Error: scratch.
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
            if (scratch == null || Paths.LastName(path) != Name || !ScratchName.IsOfThisServer(Paths.LastName(scratch)) || Win32.IsShare(path))
                throw new FormatError("'state' must be the folder '" + Name + "' of a rehearsal's scratch on this server's own disks");
            foreach (string folder in new[] { scratch, path })
            {
                if (!SetFolder.IsFolder(folder))
                    throw new AgentError("scratch", "The rehearsal's request was not performed", folder, "There is no such folder.", "Begin the rehearsal anew.");
                JobFolder.RequireOwn(folder, "The rehearsal's request was not performed");
            }
            return path;
        }
    }

    // The names of a rehearsal's folders: ".rehearsal-web01-0123456789abcdef".
    internal static class ScratchName
    {
        private const string Prefix = ".rehearsal-";

        private static readonly Regex Form = new Regex(@"\A\.rehearsal-[a-z0-9_-]{1,63}-[0-9a-f]{16}\z");
        private static readonly Regex IdForm = new Regex(@"\A[0-9a-f]{16}\z");

        // Of any server: on a share others have theirs beside this one's.
        public static bool Is(string name)
        {
            return Form.IsMatch(name);
        }

        public static bool IsOfThisServer(string name)
        {
            string prefix = Prefix + Names.ThisServer() + "-";
            return name.StartsWith(prefix, StringComparison.Ordinal) && IdForm.IsMatch(name.Substring(prefix.Length));
        }

        // FormatError for an id that is none.
        public static string Of(string id)
        {
            if (!IdForm.IsMatch(id))
                throw new FormatError("'id' must be 16 hexadecimal digits");
            return Prefix + Names.ThisServer() + "-" + id;
        }
    }
}
