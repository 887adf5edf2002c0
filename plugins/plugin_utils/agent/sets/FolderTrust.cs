// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Whether ordinary users can write to a set's folder. Whoever can change a set can have anything restored, and
    // can redirect a backup with a link.
    internal static class FolderTrust
    {
        // For operations that write below the root. Checks those of the root and the set's folders that exist.
        // Errors: root_open, unless the request waives it for this very root; set_link; root_unreadable. Warns if it
        // was waived, or if it cannot be determined.
        public static void Require(SetFolder set, string what, JsonMap request, List<string> warnings)
        {
            Check(set, null, what, IsWaived(set, request), " Or name the root in groupid_allow_open_roots.", warnings);
        }

        // For operations that read from the root. The waiver alone is not enough: others may have made the set, so
        // the controller must have checked the signature of its seal. `part`: the folder of the part, which is
        // checked too; or null. `staged`: every file is hashed while it is copied. If another program reads the files
        // later, they may be replaced until then: that is never waived.
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
                            "It is a link, and links in a backup root are not followed.",
                            "Find out who made the link, and remove it.");
                    List<string> writers = Writers(folder);
                    if (writers == null)
                        Add(warnings, "Whether ordinary users can write to the backup root " + set.Root
                            + " is not known: it is a share, or its file system keeps no access lists.");
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

        // Makes a folder that is closed to ordinary users. On a share, it inherits from the folder above. A list made
        // here would name the account of this process, but the file server sees another one
        // (LOGON32_LOGON_NEW_CREDENTIALS), which would be locked out. OWNER RIGHTS would let this one in, but lock
        // out the account of the next server.
        public static void CreateClosed(string path)
        {
            Create(path, FolderSecurity.CreateClosedFolder);
        }

        // Makes a folder in such a folder: it inherits, and is owned by administrators, so that the next one trusts
        // it.
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

        // Who can change a folder, with its links resolved; null if this is not known.
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
