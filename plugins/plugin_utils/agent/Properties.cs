// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // What a backup reads of files and folders besides their content: owner and access list, and which properties a copy cannot have.
    internal sealed class Properties
    {
        private readonly SecurityTexts texts = new SecurityTexts();
        private readonly Losses losses;

        public Properties(Losses losses)
        {
            this.losses = losses;
        }

        public void OfFolder(PlannedComponent component, Entry folder)
        {
            AddLosses(folder);
            if (!component.KeepsSecurity && !component.KeepsStreams)
                return;
            try
            {
                using (SafeFileHandle opened = Win32.OpenRead(folder.PathBelow(component.Source)))
                    Ask(component, folder, opened);
            }
            catch (SystemError error)
            {
                losses.Add(Loss.Unread, folder.Path, error.Message);
            }
        }

        // `opened`: for reading, which allows both questions.
        public void OfFile(PlannedComponent component, Entry file, SafeFileHandle opened)
        {
            AddLosses(file);
            Ask(component, file, opened);
        }

        // Of a file that may be linked: no other streams, and this SDDL. What does not tell is not alike.
        public bool AreAlike(PlannedComponent component, SafeFileHandle opened, string security)
        {
            try
            {
                if (component.KeepsStreams && FileStreams.HasAny(opened))
                    return false;
                return security == (component.KeepsSecurity ? texts.Of(FileSecurity.Of(opened)) : null);
            }
            catch (SystemError)
            {
                return false;
            }
        }

        // Each question is one call into the system.
        private void Ask(PlannedComponent component, Entry entry, SafeFileHandle opened)
        {
            try
            {
                if (component.KeepsStreams && FileStreams.HasAny(opened))
                    losses.Add(Loss.Streams, entry.Path, null);
            }
            catch (SystemError error)
            {
                losses.Add(Loss.Streams, entry.Path, error.Message);
            }
            try
            {
                if (component.KeepsSecurity)
                    entry.Security = texts.Of(FileSecurity.Of(opened));
            }
            catch (SystemError error)
            {
                losses.Add(Loss.Unread, entry.Path, error.Message);
            }
        }

        public void AddLosses(Entry entry)
        {
            if ((entry.Facts.Attributes & Attributes.Encrypted) != 0)
                losses.Add(Loss.Encrypted, entry.Path, null);
            if ((entry.Facts.Attributes & Attributes.Compressed) != 0)
                losses.Add(Loss.Compressed, entry.Path, null);
            if ((entry.Facts.Attributes & Attributes.Sparse) != 0)
                losses.Add(Loss.Sparse, entry.Path, null);
        }
    }
}
