// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;

namespace IdentityOpsAgent
{
    // Paths as Windows stores them for services, tasks and sites.
    internal static class StoredPath
    {
        // The program of a command line, without its arguments, as far as its text shows.
        public static string ProgramOf(string command)
        {
            string text = (command ?? "").Trim();
            int end = text.IndexOf(".exe ", StringComparison.OrdinalIgnoreCase);
            if (text.StartsWith("\"", StringComparison.Ordinal))
                text = text.Substring(1, Math.Max(0, text.IndexOf('"', 1) - 1));
            else if (end >= 0)
                text = text.Substring(0, end + 4);
            if (text.StartsWith(@"\??\", StringComparison.Ordinal))
                text = text.Substring(4);
            return Expanded(text);
        }

        // A path as Windows stores it, with a variable at its beginning.
        public static string Expanded(string path)
        {
            int end = path.StartsWith("%", StringComparison.Ordinal) ? path.IndexOf('%', 1) : -1;
            string value = end < 0 ? null : Computer.EnvironmentValue(path.Substring(1, end - 1));
            return value == null ? path : value + path.Substring(end + 1);
        }
    }
}
