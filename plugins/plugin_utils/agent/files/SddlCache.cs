// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Collections.Generic;

namespace IdentityOpsAgent
{
    // SDDL of descriptors. Each one is translated once, as thousands of files share a few. Can be used by all
    // threads.
    internal sealed class SddlCache
    {
        private readonly Dictionary<string, string> normalized = new Dictionary<string, string>(StringComparer.Ordinal);
        private readonly Dictionary<string, string> texts = new Dictionary<string, string>(StringComparer.Ordinal);

        public string Of(byte[] descriptor)
        {
            string key = Convert.ToBase64String(descriptor);
            lock (texts)
            {
                string text;
                if (!texts.TryGetValue(key, out text))
                    texts.Add(key, text = FileSecurity.Text(descriptor));
                return text;
            }
        }

        // A recorded text as `Of` writes it now: before 0.6.0 some accounts were written as two letters. null stays
        // null.
        public string Normalize(string recorded)
        {
            if (recorded == null)
                return null;
            string text;
            lock (normalized)
            {
                if (!normalized.TryGetValue(recorded, out text))
                    normalized.Add(recorded, text = FileSecurity.Numeric(recorded));
                return text;
            }
        }
    }
}
