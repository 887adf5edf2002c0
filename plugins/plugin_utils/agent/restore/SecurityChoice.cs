// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // Whether a restore puts owners and access lists back, or lets new content inherit. `auto`: puts them back only
    // to the same folder of the same computer, as accounts of one computer mean nothing on another.
    internal sealed class SecurityChoice
    {
        private const string Auto = "auto", Original = "original", Inherit = "inherit";

        private readonly string wanted;

        public SecurityChoice(JsonMap request)
        {
            wanted = request.TextOrNull("security") ?? Auto;
            if (wanted != Auto && wanted != Original && wanted != Inherit)
                throw new FormatError("'security' must be auto, original or inherit");
        }

        // If it cannot be done as requested, the losses say so.
        public bool Puts(RestoreTarget target, Part document, Losses losses)
        {
            if (wanted == Inherit || (wanted == Auto && !IsOrigin(target, document)))
                return false;
            List<Entry> known = new List<Entry>(), unknown = new List<Entry>();
            Sort(target.Top, known, unknown);
            if (wanted == Original)
                AddAll(losses, Loss.NotInPart, unknown);
            if (known.Count == 0)
                return false;
            if (FileSecurity.IsSupported(Paths.NearestExisting(target.Place)))
                return true;
            AddAll(losses, Loss.NoLists, known);
            return false;
        }

        private static bool IsOrigin(RestoreTarget target, Part document)
        {
            return document.MachineGuid == Computer.MachineGuid()
                && Win32.Names.Equals(target.Place, target.Component.Source);
        }

        private static void Sort(Entry top, List<Entry> known, List<Entry> unknown)
        {
            Stack<Entry> waiting = new Stack<Entry>();
            waiting.Push(top);
            while (waiting.Count > 0)
            {
                Entry entry = waiting.Pop();
                (entry.Security != null ? known : unknown).Add(entry);
                if (entry.Children == null)
                    continue;
                foreach (Entry child in entry.Children)
                    waiting.Push(child);
            }
        }

        private static void AddAll(Losses losses, string kind, List<Entry> entries)
        {
            foreach (Entry entry in entries)
                losses.Add(kind, entry.Path, null);
        }
    }
}
