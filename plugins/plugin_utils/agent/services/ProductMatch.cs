// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // Why something of this computer is the product's.
    internal sealed class ProductMatch
    {
        public const string ByRequest = "request", ByName = "name", ByFolder = "folder";

        public string Version;    // null: the request names it, whatever its version
        public string FoundBy;
        public int Order;         // of its kind, as the request has them: what is stopped first comes first
        public bool MayBeShared;  // by the request's word

        public JsonMap AddTo(JsonMap item)
        {
            return item.Set("version", Version).Set("found_by", FoundBy);
        }
    }
}
