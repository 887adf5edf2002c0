// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Reads properties of files and folders for a backup: owner and access list, and the properties that a copy
    // cannot have.
    internal sealed class MetadataReader
    {
        public readonly Losses Losses;

        private readonly SddlCache texts = new SddlCache();

        public MetadataReader(Losses losses)
        {
            Losses = losses;
        }

        // `also`: called with the opened folder.
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

        // `opened`: the file, open for reading.
        public void ReadFile(PlannedComponent component, Entry file, SafeFileHandle opened)
        {
            AddLosses(file);
            ReadSecurity(component, file, opened);
        }

        // names: number of hard links of the file; a set does not record them.
        public void AddHardLinkLoss(Entry file, uint names)
        {
            if (names > 1)
                Losses.Add(Loss.HardLinks, file.Path, null);
        }

        // Whether a file that may be linked has this SDDL and no alternate data streams. If this cannot be read, the
        // file counts as changed.
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
