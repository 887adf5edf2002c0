// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Whether a set lies where ordinary users can write: who can change a set can have anything restored,
    // and can lead a backup anywhere by a link.
    internal static class FolderTrust
    {
        // For what writes below the root. Of the root and the set's folders, those that are there are looked at.
        // Errors: root_open, unless the request waives it for this very root; set_link; root_unreadable.
        // What was waived and what cannot be told is a warning.
        public static void Require(SetFolder set, string what, JsonMap request, List<string> warnings)
        {
            Check(set, null, what, IsWaived(set, request), " Or name the root in groupid_allow_open_roots.", warnings);
        }

        // For what takes from the root. The waiver alone is not enough: others may have made the set, so the
        // controller must have checked the signature of its seal.
        // `part`: the folder of the part, to look at too; or null. `staged`: every file is hashed as it is taken. One
        // that another program reads later may be replaced until then, and is never waived.
        public static void RequireForRestore(SetFolder set, string part, string what, JsonMap request, bool staged,
            List<string> warnings)
        {
            bool waived = staged && IsWaived(set, request) && request.TextOrNull("seal_sha256") != null;
            Check(set, part, what, waived, staged
                ? " Or name the root in groupid_allow_open_roots and set groupid_signing_key: files of a set with a"
                    + " valid signature are restored from it."
                : " Its files are not restored from a folder that others can change.", warnings);
        }

        private static bool IsWaived(SetFolder set, JsonMap request)
        {
            return request.Texts("allow_open_roots").Exists(delegate(string root)
            {
                return Win32.Names.Equals(Paths.Absolute(root, "allow_open_roots"), set.Root);
            });
        }

        private static void Check(SetFolder set, string part, string what, bool waived, string otherwise,
            List<string> warnings)
        {
            try
            {
                foreach (string folder in new[] { set.Root, set.DeploymentPath, set.Path, part })
                {
                    FileFacts facts;
                    if (folder == null || !Win32.TryFacts(folder, out facts))
                        break;
                    if (folder != set.Root && Attributes.IsLink(facts.Attributes, facts.ReparseTag))
                        throw new AgentError("set_link", what, folder,
                            "It is a link, and nothing is followed out of a backup root.",
                            "Find out who made the link, and remove it.");
                    List<string> writers = Writers(folder);
                    if (writers == null)
                        Add(warnings, "Whether ordinary users can write to the backup root " + set.Root
                            + " cannot be told: it is a share, or its file system keeps no access lists.");
                    else if (writers.Count > 0 && !waived)
                        throw Open(what, folder, writers, otherwise);
                    else if (writers.Count > 0)
                        Add(warnings, folder + " can be changed by " + string.Join(", ", writers.ToArray())
                            + ": this was allowed by name.");
                }
            }
            catch (SystemError error)
            {
                throw RootFailure.Unreadable(what, set.Root, error);
            }
        }

        // Makes one that is closed to ordinary users; on a share it has what the folder above hands
        // down. A list made here would name the account of this process, and the file server sees
        // another one (LOGON32_LOGON_NEW_CREDENTIALS), who would be locked out. OWNER RIGHTS would let
        // in that one, and lock out the next server's.
        public static void CreateClosed(string path)
        {
            Create(path, FolderSecurity.CreateClosedFolder);
        }

        // Makes one in such a folder: it inherits, and the next administrator finds that no ordinary user owns it.
        public static void CreateInside(string path)
        {
            Create(path, FolderSecurity.CreateOwnFolder);
        }

        private static void Create(string path, System.Action<string> onDisk)
        {
            if (Win32.IsShare(path) || Win32.IsShare(Paths.ResolveLinks(path)))
                Win32.CreateFolder(path);
            else
                onDisk(path);
        }

        // Of a folder, where it really lies; null when that cannot be told.
        public static List<string> Writers(string folder)
        {
            return Win32.IsShare(folder) ? null : FileSecurity.Writers(Win32.FinalPath(folder));
        }

        private static void Add(List<string> warnings, string warning)
        {
            if (!warnings.Contains(warning))
                warnings.Add(warning);
        }

        private static AgentError Open(string what, string folder, List<string> writers, string otherwise)
        {
            string icacls = "icacls \"" + folder + "\" ";
            return new AgentError("root_open", what, folder,
                "It can be changed by " + string.Join(", ", writers.ToArray()) + ".",
                "Close it: " + icacls + "/setowner \"*S-1-5-32-544\", then " + icacls
                + "/inheritance:r /grant:r \"*S-1-5-18:(OI)(CI)F\" \"*S-1-5-32-544:(OI)(CI)F\" \"" + Computer.UserName()
                + ":(OI)(CI)F\" and /remove for each of those named." + otherwise);
        }
    }
}
