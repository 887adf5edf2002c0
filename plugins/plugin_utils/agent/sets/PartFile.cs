// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // One file directly in the folder of a part's component, as a request names it.
    internal sealed class PartFile
    {
        public readonly string Part;
        public readonly string Component;
        public readonly string Name;
        public readonly SetFolder Set;

        public PartFile(JsonMap request)
        {
            Set = SetFolder.Of(request);
            Part = Names.Part(request.Text("part"));
            Component = Names.Component(request.Text("component"));
            Name = PlainName(request.Text("name"), "name");
        }

        public string Folder
        {
            get { return Paths.Combine(Set.PartPath(Part), Component); }
        }

        public string Path
        {
            get { return Paths.Combine(Folder, Name); }
        }

        // A file name without a folder; otherwise FormatError.
        public static string PlainName(string name, string member)
        {
            string flaw = Paths.NameProblem(name);
            if (flaw != null)
                throw new FormatError("'" + member + "': '" + name + "' has " + flaw);
            return name;
        }
    }
}
