// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System.Text;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    // Writes a small file so that it is there whole or not at all: under another name in the same folder, flushed to
    // the disk, then renamed. All methods throw SystemError.
    internal static class AtomicFile
    {
        // Writes a line of text.
        public static void Replace(string path, string text)
        {
            Replace(path, Encoding.UTF8.GetBytes(text + "\n"));
        }

        // Replaces an existing file. Only one process at a time does this: a draft of a killed process is removed.
        public static void Replace(string path, byte[] content)
        {
            string draft = Paths.Combine(Paths.Parent(path), "." + Paths.FileName(path) + ".tmp");
            FileFacts facts;
            if (Win32.TryFacts(draft, out facts))
                Win32.Delete(draft);
            Write(draft, path, content, true);
        }

        // draft: a name that nothing else uses.
        public static void Write(string draft, string path, byte[] content, bool replace)
        {
            SafeFileHandle file = Win32.OpenNew(draft);
            try
            {
                using (file)
                {
                    Win32.Write(file, content, content.Length);
                    Win32.Flush(file);
                }
                Win32.Move(draft, path, replace);
            }
            catch (SystemError)
            {
                Deletion.TryDelete(draft);
                throw;
            }
        }
    }
}
