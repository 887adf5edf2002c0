// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

namespace IdentityOpsAgent
{
    // The kinds of items of the product, in requests, records and answers.
    internal static class ItemKind
    {
        public const string Service = "service", Pool = "pool", Task = "task", Process = "process";
        public static readonly string[] All = { Service, Pool, Task, Process };
    }
}
