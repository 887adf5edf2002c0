// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // The operation `place`: makes a part with an empty folder for a component that another program will fill.
    // `adopt` completes it. Several runs with one set id may each call it: what exists is accepted, and a complete
    // part is reported.
    internal static class Placement
    {
        private const string What = "The folder was not made";

        public static Answer Run(JsonMap request)
        {
            SetFolder set = SetFolder.Of(request);
            string server = Names.Part(request.Text("part"));
            string component = Names.Component(request.Text("component"));
            string folder = Paths.Combine(set.PartPath(server), component);
            string account = request.TextOrNull("account");
            PartWriter recorder = new PartWriter(set, server);
            Answer answer = new Answer();
            FolderTrust.Require(set, What, request, answer.Warnings);
            StoredPart stored = recorder.Completed(What, component, PartComponent.Copied);
            bool? granted = null;
            if (stored == null)
            {
                answer.Changed = !AlreadyExists(set, server, folder, recorder);
                if (!request.Flag("check", false))
                {
                    recorder.Ensure(What, component);
                    if (account != null)
                        granted = Grant(folder, account);
                }
            }
            if (granted == false)
                answer.Warnings.Add("The file system of the backup root does not support access lists, so '" + account
                    + "' was not given the right to write there.");
            answer.Members.Set("set_path", set.Path).Set("part_path", set.PartPath(server)).Set("folder", folder)
                .Set("granted", granted).Set("complete", stored != null);
            if (stored != null)
            {
                stored.Document.Report(answer.Members, set, stored.Digest);
                answer.Members.Set("details", stored.Document.Details);
            }
            return answer;
        }

        // Whether the unfinished part has its folder. A part with any other content belongs to something else, and
        // nothing can be added to a sealed set.
        private static bool AlreadyExists(SetFolder set, string server, string folder, PartWriter recorder)
        {
            FileFacts facts;
            try
            {
                if (Win32.TryFacts(Paths.Combine(set.Path, SetFolder.Sealed), out facts))
                    throw new AgentError("set_sealed", What, set.Path, "The set is sealed.",
                        "Choose a new set id: no part can be added to a sealed set.");
                if (SetFolder.IsFolder(folder))
                    return true;
                if (SetFolder.IsFolder(set.PartPath(server)) && IsEmpty(set.PartPath(server)))
                    return false;
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(What, set.Root, error);
            }
            recorder.CheckNew(What);
            return false;
        }

        private static bool IsEmpty(string folder)
        {
            foreach (FoundEntry found in Win32.Enumerate(folder))
                return false;
            return true;
        }

        private static bool Grant(string folder, string account)
        {
            try
            {
                return FolderSecurity.GrantModify(folder, account);
            }
            catch (SystemError error)
            {
                throw new AgentError("account", What, folder, error.Message,
                    "Name an account that this server knows: DOMAIN\\name, or DOMAIN\\COMPUTER$ for a service.");
            }
        }
    }
}
