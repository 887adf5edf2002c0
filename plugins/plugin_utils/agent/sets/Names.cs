// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;
using System.Text.RegularExpressions;

namespace IdentityOpsAgent
{
    // The names that become folders of a set. Each is checked here, once, on its way in;
    // FormatError when it is not one.
    internal static class Names
    {
        private const string Label = "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?";

        private static readonly Regex DeploymentForm = new Regex(@"\A[a-z0-9][a-z0-9._-]{0,62}\z");
        private static readonly Regex SetIdForm = new Regex(@"\A[0-9]{8}T[0-9]{6}Z(-[a-z0-9._-]{1,40})?\z");
        private static readonly Regex ComponentForm = new Regex(@"\A[a-z][a-z0-9_]{0,62}\z");
        private static readonly Regex ServerForm = new Regex(@"\A" + Label + @"\z");
        private static readonly Regex PartForm = new Regex(@"\A(?=.{1,200}\z)" + Label + @"(\." + Label + @")*\z");
        private static readonly Regex DigestForm = new Regex(@"\A[0-9a-f]{64}\z");

        public static string Deployment(string text)
        {
            return Checked(text.ToLowerInvariant(), DeploymentForm, "deployment");
        }

        public static string SetId(string text)
        {
            if (!IsSetId(text))
                throw new FormatError(
                    "'" + text + "' is not a set_id: a time in UTC such as 20261122T150405Z, and a label");
            return text;
        }

        public static string Component(string text)
        {
            return Checked(text, ComponentForm, "component");
        }

        public static string Server(string text)
        {
            return Checked(text.ToLowerInvariant(), ServerForm, "server");
        }

        // A server's name, or a name with dots: the part of a domain.
        public static string Part(string text)
        {
            string folded = text.ToLowerInvariant();
            if (!IsPart(folded))
                throw new FormatError("'" + text + "' is not the name of a part");
            return folded;
        }

        // This computer's own name: the name of its part.
        public static string ThisServer()
        {
            return Server(Computer.HostName());
        }

        public static string Digest(string text)
        {
            return Checked(text, DigestForm, "SHA-256 digest");
        }

        public static bool IsDeployment(string text)
        {
            return Fits(text, DeploymentForm);
        }

        // The time must exist in the calendar, as anybody can make a folder.
        public static bool IsSetId(string text)
        {
            return Fits(text, SetIdForm) && IsSecond(text.Substring(0, text.IndexOf('Z') + 1));
        }

        // False for the names of the documents beside the parts.
        public static bool IsPart(string text)
        {
            return Fits(text, PartForm) && text != SetFolder.Prepared && text != SetFolder.Sealed;
        }

        private static bool IsSecond(string text)
        {
            DateTime moment;
            return DateTime.TryParseExact(text, "yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture,
                DateTimeStyles.None, out moment) && moment.Year >= 2000;
        }

        private static bool Fits(string text, Regex form)
        {
            return form.IsMatch(text) && Paths.NameProblem(text) == null;
        }

        private static string Checked(string text, Regex form, string what)
        {
            if (!Fits(text, form))
                throw new FormatError("'" + text + "' is not the name of a " + what);
            return text;
        }
    }
}
