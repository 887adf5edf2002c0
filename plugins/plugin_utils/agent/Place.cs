// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `place`: a new part with an empty folder for a component, which another program will fill. `adopt` makes it complete.
    internal static class Place
    {
        private const string What = "The folder was not made";

        public static Answer Run(JsonMap request)
        {
            SetFolder set = SetFolder.Of(request);
            string server = Names.Part(request.Text("part"));
            string folder = Paths.Combine(set.PartPath(server), Names.Component(request.Text("component")));
            string account = request.TextOrNull("account");
            Recorder recorder = new Recorder(set, server);
            recorder.CheckNew(What);
            bool? granted = null;
            if (!request.Flag("check", false))
            {
                recorder.Make(What);
                Writer writer = new Writer(What, "Correct groupid_backup_root, or give the account the right to write there.", false);
                writer.CreateFolder(folder);
                if (account != null)
                    granted = Grant(folder, account);
            }
            Answer answer = new Answer { Changed = true };
            if (granted == false)
                answer.Warnings.Add("The file system of the backup root keeps no access lists: whether '" + account + "' may write there was not settled here.");
            answer.Members.Set("set_path", set.Path).Set("part_path", set.PartPath(server)).Set("folder", folder).Set("granted", granted);
            return answer;
        }

        private static bool Grant(string folder, string account)
        {
            try
            {
                return Win32.GrantModify(folder, account);
            }
            catch (SystemError error)
            {
                throw new AgentError("account", What, folder, error.Message, "Name an account that this server knows: DOMAIN\\name, or DOMAIN\\COMPUTER$ for a service's.");
            }
        }
    }
}
