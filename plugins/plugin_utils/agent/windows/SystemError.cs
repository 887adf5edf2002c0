// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.Globalization;

namespace IdentityOpsAgent
{
    /// <summary>A call into the operating system that failed: the system's number and the system's own words.</summary>
    internal sealed class SystemError : Exception
    {
        /// <summary>Win32 error number, winerror.h.</summary>
        public readonly int Code;

        public SystemError(int code, string text)
            : base(string.Format(CultureInfo.InvariantCulture, "{0} ({1})", text, code))
        {
            Code = code;
        }
    }
}
