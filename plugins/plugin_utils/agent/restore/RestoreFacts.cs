// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Times, attributes and security of something that stays: before and after the restore.
    internal sealed class RestoreFacts
    {
        public readonly string Place;
        public readonly bool IsFolder;
        public readonly FileFacts Before, After;
        public readonly string SecurityBefore, SecurityAfter;   // SDDL; null: not changed

        private RestoreFacts(string place, bool isFolder, FileFacts before, FileFacts after, string securityBefore,
            string securityAfter)
        {
            Place = place;
            IsFolder = isFolder;
            Before = before;
            After = after;
            SecurityBefore = securityBefore;
            SecurityAfter = securityAfter;
        }

        public static RestoreFacts Of(string place, Entry wanted, bool putsSecurity)
        {
            FileFacts before;
            if (!Win32.TryFacts(place, out before))
                throw new SystemError(2, "It is no longer there.");
            string security = putsSecurity ? wanted.Security : null;
            return new RestoreFacts(place, wanted.IsFolder, before, wanted.Facts,
                security == null ? null : SecurityOrNull(place), security);
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("facts", Place).Set("folder", IsFolder)
                .Set("before", ToJson(Before, SecurityBefore)).Set("after", ToJson(After, SecurityAfter));
        }

        public static RestoreFacts Parse(JsonMap map)
        {
            JsonMap before = map.MapOrEmpty("before"), after = map.MapOrEmpty("after");
            return new RestoreFacts(Paths.Absolute(map.Text("facts"), "facts"), map.Flag("folder", false),
                Read(before), Read(after), before.TextOrNull("security"), after.TextOrNull("security"));
        }

        // If the security cannot be read, the new one is set, and is kept if the restore is undone.
        private static string SecurityOrNull(string place)
        {
            try
            {
                return FileSecurity.Text(FileSecurity.Read(place));
            }
            catch (SystemError)
            {
                return null;
            }
        }

        private static JsonMap ToJson(FileFacts facts, string security)
        {
            return new JsonMap()
                .Set("created", Timestamps.Text(facts.Created)).Set("written", Timestamps.Text(facts.Written))
                .Set("attributes", (long)(facts.Attributes & Attributes.Stored)).Set("security", security);
        }

        private static FileFacts Read(JsonMap map)
        {
            return new FileFacts
            {
                Created = Timestamps.Parse(map.Text("created")),
                Written = Timestamps.Parse(map.Text("written")),
                Attributes = (uint)map.Number("attributes", 0, Attributes.Stored),
            };
        }
    }

    // The folder that a component is restored to, as it was found:
    // every path below it must still lead there when it is used.
    internal sealed class RestorePlace : JsonConvertible
    {
        public readonly string Path, Resolved;

        private RestorePlace(string path, string resolved)
        {
            Path = path;
            Resolved = resolved;
        }

        public static RestorePlace Find(string path)
        {
            return new RestorePlace(path, Paths.ResolveLinks(path));
        }

        public static RestorePlace Parse(JsonMap map)
        {
            return new RestorePlace(Paths.Absolute(map.Text("path"), "path"),
                Paths.Absolute(map.Text("resolved"), "resolved", true));
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("path", Path).Set("resolved", Resolved);
        }

        // Null if a path below the folder, or beside it, leads to what was opened there; otherwise where it leads.
        public string Elsewhere(string path, SafeFileHandle opened)
        {
            try
            {
                string there = Win32.FinalPath(opened);
                return Paths.IsSameFile(there, Expected(path)) ? null : there;
            }
            catch (SystemError)   // the file system cannot report this, so compare the folders as they are now
            {
                for (string folder = Paths.Parent(path); folder != null && Paths.Contains(Path, folder);
                    folder = Paths.Parent(folder))
                {
                    if (!SetFolder.IsFolder(folder))
                        return "the target of " + folder;
                }
                return null;
            }
        }

        private string Expected(string path)
        {
            string near = Path, there = Resolved;
            if (!Paths.Contains(Path, path))
            {
                near = Paths.Parent(Path);
                there = Paths.Parent(Resolved);
            }
            return path.Length == near.Length
                ? there : Paths.Combine(there, path.Substring(near.Length).TrimStart(Win32.Separator));
        }
    }
}
