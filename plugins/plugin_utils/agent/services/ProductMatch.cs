// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // Why an item of this computer belongs to the product.
    internal sealed class ProductMatch
    {
        public const string ByRequest = "request", ByName = "name", ByFolder = "folder";

        public string Version;    // null: the request names it, whatever its version
        public string FoundBy;
        public int Order;         // among its kind, as in the request: what is stopped first comes first
        public bool MayBeShared;  // as the request says

        public JsonMap AddTo(JsonMap item)
        {
            return item.Set("version", Version).Set("found_by", FoundBy);
        }
    }
}
