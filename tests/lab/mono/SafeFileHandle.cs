// Copyright (c) 2026, identityops contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later

using System;
using System.IO;
using Microsoft.Win32.SafeHandles;

namespace IdentityOpsAgent
{
    /// <summary>
    /// An open file of Linux. Mono's class of this name closes only what Mono itself has opened;
    /// being nearer, this one wins wherever the agent says SafeFileHandle.
    /// </summary>
    internal sealed class SafeFileHandle : SafeHandleMinusOneIsInvalid
    {
        /// <summary>Where a growing file (LabFaults) is to grow; else null.</summary>
        public string GrowingPath;

        /// <summary>
        /// Of an alternate data stream: the file that has it, its name, and what was written (null: it is read).
        /// </summary>
        public SafeFileHandle StreamOf;
        public string StreamName, FaultPath;
        public MemoryStream Written;

        /// <summary>Reading is refused (LabFaults).</summary>
        public bool HasLockedRegion;

        /// <summary>Nothing can be written into it (LabFaults).</summary>
        public bool IsOnFullDisk;

        /// <summary>Of a new file, of which others take note when it is closed (LabHabits); else null.</summary>
        public string NewPath;
        /// <summary>What others in this process may not do with it meanwhile; else null.</summary>
        public LabShareMode Held;

        public SafeFileHandle(int file)
            : base(true)
        {
            SetHandle(new IntPtr(file));
        }

        protected override bool ReleaseHandle()
        {
            LabShareModes.LetGo(Held);
            bool closed = Libc.close(handle) == 0;
            if (StreamOf != null)
                StreamOf.Dispose();
            if (NewPath != null)
                LabHabits.Current.Closed(NewPath);
            return closed;
        }
    }
}
