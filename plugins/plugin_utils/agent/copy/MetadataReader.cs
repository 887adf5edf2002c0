// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // What a backup reads of files and folders besides their content:
    // owner and access list, and which properties a copy cannot have.
    internal sealed class MetadataReader
    {
        public readonly Losses Losses;

        private readonly SddlCache texts = new SddlCache();

        public MetadataReader(Losses losses)
        {
            Losses = losses;
        }

        // `also`: what else wants to look at the opened folder.
        public void ReadFolder(PlannedComponent component, Entry folder, Action<SafeFileHandle> also)
        {
            AddLosses(folder);
            if (!component.KeepsSecurity && !component.KeepsStreams)
                return;
            try
            {
                using (SafeFileHandle opened = Win32.OpenRead(folder.PathBelow(component.Source)))
                {
                    ReadSecurity(component, folder, opened);
                    also(opened);
                }
            }
            catch (SystemError error)
            {
                Losses.Add(Loss.Unread, folder.Path, error.Message);
            }
        }

        // `opened`: for reading, which allows the question.
        public void ReadFile(PlannedComponent component, Entry file, SafeFileHandle opened)
        {
            AddLosses(file);
            ReadSecurity(component, file, opened);
        }

        // names: hard links of the file, of which a set knows nothing.
        public void AddHardLinkLoss(Entry file, uint names)
        {
            if (names > 1)
                Losses.Add(Loss.HardLinks, file.Path, null);
        }

        // Of a file that may be linked: no other streams, and this SDDL. What does not tell is not alike.
        public bool IsUnchanged(PlannedComponent component, SafeFileHandle opened, string security)
        {
            try
            {
                if (component.KeepsStreams && FileStreams.Names(opened).Count > 0)
                    return false;
                return Normalize(security) == (component.KeepsSecurity ? texts.Of(FileSecurity.Read(opened)) : null);
            }
            catch (SystemError)
            {
                return false;
            }
        }

        // A recorded SDDL as it would be recorded now.
        public string Normalize(string security)
        {
            return texts.Normalize(security);
        }

        private void ReadSecurity(PlannedComponent component, Entry entry, SafeFileHandle opened)
        {
            try
            {
                if (component.KeepsSecurity)
                    entry.Security = texts.Of(FileSecurity.Read(opened));
            }
            catch (SystemError error)
            {
                Losses.Add(Loss.Unread, entry.Path, error.Message);
            }
        }

        public void AddLosses(Entry entry)
        {
            if ((entry.Facts.Attributes & Attributes.Encrypted) != 0)
                Losses.Add(Loss.Encrypted, entry.Path, null);
            if ((entry.Facts.Attributes & Attributes.Compressed) != 0)
                Losses.Add(Loss.Compressed, entry.Path, null);
            if ((entry.Facts.Attributes & Attributes.Sparse) != 0)
                Losses.Add(Loss.Sparse, entry.Path, null);
        }
    }
}
