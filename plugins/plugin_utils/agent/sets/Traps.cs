// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // One kind of file that does harm in its place, as the request describes it.
    internal sealed class Trap
    {
        public readonly string Component, Meaning, Next;
        public readonly bool Held;   // only while a program has it open: the file alone means nothing

        private readonly Glob path, name;

        public Trap(JsonMap map)
        {
            Component = Names.Component(map.Text("component"));
            Meaning = map.Text("meaning");
            Next = map.Text("next");
            Held = map.Flag("held", false);
            string glob = map.Text("glob");
            path = new Glob(glob);
            name = new Glob(glob.Substring(glob.LastIndexOf('/') + 1));
        }

        // relative: to the component's root. It is only called for files with a matching name, as there may be
        // millions.
        public bool Matches(string fileName, System.Func<string> relative)
        {
            return name.Matches(fileName) && path.Matches(relative());
        }
    }

    // Finds the files of a backup or a restore that a person must know about.
    internal sealed class Traps
    {
        private const int Shown = 20;

        private readonly List<Trap> traps;
        private readonly List<string> shown = new List<string>();
        private long count;

        public Traps(JsonMap request)
        {
            traps = request.Maps("traps").ConvertAll(delegate(JsonMap map) { return new Trap(map); });
        }

        // place: where the component's folder is, or will be.
        public void Look(string component, string place, IEnumerable<Entry> files)
        {
            List<Trap> own = traps.FindAll(delegate(Trap trap) { return trap.Component == component && !trap.Held; });
            if (own.Count == 0)
                return;
            foreach (Entry file in files)
            {
                Trap matched = own.Find(delegate(Trap trap)
                {
                    return trap.Matches(file.Name, delegate { return file.Path.Substring(component.Length + 1); });
                });
                if (matched != null)
                    AddWarning(matched, file.PathBelow(place));
            }
        }

        public void LookAtHeld(string component, string place, List<Problem> problems)
        {
            foreach (Problem problem in problems)
            {
                if (problem.Kind != Problem.Locked || problem.Path.Length <= component.Length)
                    continue;
                string relative = problem.Path.Substring(component.Length + 1);
                Trap matched = traps.Find(delegate(Trap trap)
                {
                    return trap.Component == component && trap.Held
                        && trap.Matches(Paths.LastSegment(relative), delegate { return relative; });
                });
                if (matched != null)
                    AddWarning(matched, Paths.Below(place, relative));
            }
        }

        public List<string> Warnings
        {
            get
            {
                List<string> all = new List<string>(shown);
                if (count > shown.Count)
                    all.Add("There are " + count + " such files; the first " + shown.Count + " are named.");
                return all;
            }
        }

        private void AddWarning(Trap trap, string place)
        {
            if (count++ < Shown)
                shown.Add(trap.Component + ": " + place + ": " + trap.Meaning + " " + trap.Next);
        }
    }
}
