// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // Paths as text. Every name and path from outside passes through here before it reaches the system.
    internal static class Paths
    {
        private static readonly string[] Devices =
        {
            "con", "prn", "aux", "nul", "conin$", "conout$", "com1", "com2", "com3", "com4", "com5", "com6", "com7",
            "com8", "com9", "com\u00b9", "com\u00b2", "com\u00b3", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6",
            "lpt7", "lpt8", "lpt9", "lpt\u00b9", "lpt\u00b2", "lpt\u00b3",
        };

        // Why a name cannot be part of a path that means the same on every Windows; null if it can. `found`: the name
        // was read from a disk, so only names that no path can have are refused.
        public static string NameProblem(string name, bool found = false)
        {
            if (name.Length == 0 || name == "." || name == "..")
                return "an empty name, '.' or '..'";
            if (name.Length > 255)
                return "a name of more than 255 characters";
            char last = name[name.Length - 1];
            if (!found && (last == '.' || last == ' '))
                return "a dot or a blank at the end of a name";
            for (int i = 0; i < name.Length; i++)
            {
                char c = name[i];
                if ((!found && c < ' ') || c == '\0' || c == ':' || c == '/' || c == Win32.Separator)
                    return "a character that is not allowed in a name";
                if (char.IsHighSurrogate(c) && i + 1 < name.Length && char.IsLowSurrogate(name[i + 1]))
                    i++;
                else if (!found && char.IsSurrogate(c))
                    return "half of a surrogate pair";
            }
            return !found && IsDevice(name) ? "the name of a device" : null;
        }

        // A full path as given by a person, or `found` on a disk, without a separator at its end. FormatError if it
        // could mean something else. A path from a person may begin with an environment variable of this computer.
        public static string Absolute(string path, string member, bool found = false)
        {
            if (!found)
                path = Expanded(path, member);
            if (!Win32.IsAbsolute(path))
                throw new FormatError("'" + member + "' must be a full path, and is '" + path + "'");
            int start = RootLength(path);
            string rest = path.Substring(start).TrimEnd(Win32.Separator);
            foreach (string name in rest.Split(Win32.Separator))
            {
                string flaw = rest.Length == 0 ? null : NameProblem(name, found);
                if (flaw != null)
                    throw new FormatError("'" + member + "' has " + flaw + ": '" + path + "'");
            }
            return path.Substring(0, start) + rest;
        }

        // %ProgramData%\x. A variable anywhere else is treated as a normal name.
        private static string Expanded(string path, string member)
        {
            int end = path.StartsWith("%", StringComparison.Ordinal) ? path.IndexOf('%', 1) : -1;
            if (end < 2 || (end + 1 < path.Length && path[end + 1] != '\\' && path[end + 1] != Win32.Separator))
                return path;
            string value = Computer.EnvironmentValue(path.Substring(1, end - 1));
            if (string.IsNullOrEmpty(value))
                throw new FormatError("'" + member + "' begins with " + path.Substring(0, end + 1)
                    + ", which this computer does not have: '" + path + "'");
            return Below(value, path.Substring(end + 1));
        }

        public static string Combine(string folder, string name)
        {
            return EndsWithSeparator(folder) ? folder + name : folder + Win32.Separator + name;
        }

        // Joins a relative path written with either kind of slash.
        public static string Below(string folder, string relative)
        {
            return Combine(folder,
                relative.Replace('\\', Win32.Separator).Replace('/', Win32.Separator).Trim(Win32.Separator));
        }

        // Whether an opened file is at a path, or is an alternate data stream of the file there.
        public static bool IsSameFile(string opened, string path)
        {
            return Win32.Names.Equals(opened, path) || opened.Length > path.Length && opened[path.Length] == ':'
                && Win32.Names.Equals(opened.Substring(0, path.Length), path);
        }

        // Whether the path is the folder or something below it.
        public static bool Contains(string folder, string path)
        {
            if (path.Length < folder.Length || !Win32.Names.Equals(path.Substring(0, folder.Length), folder))
                return false;
            return path.Length == folder.Length || EndsWithSeparator(folder) || path[folder.Length] == Win32.Separator;
        }

        // The folder above; null for a drive, a share and the root.
        public static string Parent(string path)
        {
            int start = RootLength(path);
            if (path.Length <= start)
                return null;
            int end = path.LastIndexOf(Win32.Separator);
            return end < start ? path.Substring(0, start) : path.Substring(0, end);
        }

        public static string FileName(string path)
        {
            return path.Substring(path.LastIndexOf(Win32.Separator) + 1);
        }

        // The last name of a relative path with '/'.
        public static string LastSegment(string relative)
        {
            return relative.Substring(relative.LastIndexOf('/') + 1);
        }

        // The drive, share or root of a path.
        public static string Volume(string path)
        {
            return path.Substring(0, RootLength(path));
        }

        // The path or the first folder above it that is there; null when not even the drive or share is.
        public static string NearestExisting(string path)
        {
            FileFacts facts;
            while (path != null && !Win32.TryFacts(path, out facts))
                path = Parent(path);
            return path;
        }

        // The path with the links of its existing folders resolved; the path itself if nothing of it exists.
        public static string ResolveLinks(string path)
        {
            string existing = NearestExisting(path);
            if (existing == null)
                return path;
            string final = Win32.FinalPath(existing);
            string rest = path.Substring(existing.Length).Trim(Win32.Separator);
            return rest.Length == 0 ? final : Combine(final, rest);
        }

        private static bool EndsWithSeparator(string path)
        {
            return path.Length > 0 && path[path.Length - 1] == Win32.Separator;
        }

        private static bool IsDevice(string name)
        {
            int dot = name.IndexOf('.');
            string stem = (dot < 0 ? name : name.Substring(0, dot)).TrimEnd(' ');
            return stem.Length <= 7 && Array.IndexOf(Devices, stem.ToLowerInvariant()) >= 0;
        }

        // The length of "C:\", of "\\server\share\" or of "/".
        private static int RootLength(string path)
        {
            string twice = new string(Win32.Separator, 2);
            if (!path.StartsWith(twice, StringComparison.Ordinal))
                return Math.Min(path.Length, path.IndexOf(Win32.Separator) + 1);
            int server = path.IndexOf(Win32.Separator, 2);
            int share = server < 0 ? -1 : path.IndexOf(Win32.Separator, server + 1);
            return share < 0 ? path.Length : share + 1;
        }
    }
}
