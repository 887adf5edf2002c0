// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // One file or folder that a backup could not save.
    internal sealed class Problem : JsonConvertible
    {
        public const string Locked = "locked", Denied = "denied", Vanished = "vanished", Changed = "changed";
        public const string Link = "link", Name = "name", Failed = "failed";

        public readonly string Component;
        public readonly string Path;
        public readonly string Kind;
        public readonly string Cause;
        public bool Allowed;

        public Problem(string component, string path, string kind, string cause)
        {
            Component = component;
            Path = path;
            Kind = kind;
            Cause = cause;
        }

        public static Problem From(string component, string path, SystemError error)
        {
            return new Problem(component, path, KindOf(error), error.Message);
        }

        public static Problem Parse(JsonMap map)
        {
            return new Problem(map.Text("component"), map.Text("path"), map.Text("problem"), map.TextOrNull("cause"));
        }

        // Worth another try: the program that has the file open may close it.
        public bool MayPass
        {
            get { return Kind == Locked || Kind == Changed; }
        }

        public JsonMap ToJson()
        {
            return new JsonMap().Set("component", Component).Set("path", Path).Set("problem", Kind).Set("cause", Cause)
                .Set("allowed", Allowed);
        }

        public static int ByPath(Problem left, Problem right)
        {
            return string.CompareOrdinal(left.Path, right.Path);
        }

        private static string KindOf(SystemError error)
        {
            if (SystemCodes.IsShared(error))
                return Locked;
            if (SystemCodes.IsDenied(error))
                return Denied;
            if (SystemCodes.IsMissing(error))
                return Vanished;
            return SystemCodes.IsLink(error) ? Link : Failed;
        }
    }
}
