# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that a job object forbids to leave it, on Windows: WMI starts them, and a named pipe brings their request.

Not on Wine, whose WMI does not start them.
"""

from __future__ import annotations

import json
import pathlib
import secrets
import typing as t

import pytest
from unit.agent.win32_session import NEEDS_WINDOWS

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_source
from lab.powershell import ALLOWED, ask, windows_powershell

pytestmark = pytest.mark.skipif(not ALLOWED, reason=NEEDS_WINDOWS)

# As wsmprovhost's own is: it ends with its process, and nothing may leave it (no JOB_OBJECT_LIMIT_BREAKAWAY_OK).
ENTERED = """
using System;
using System.Runtime.InteropServices;

public static class JobObject
{
    [DllImport("kernel32.dll")] private static extern IntPtr CreateJobObjectW(IntPtr security, IntPtr name);
    [DllImport("kernel32.dll")]
    private static extern bool SetInformationJobObject(IntPtr job, int kind, byte[] limits, int size);
    [DllImport("kernel32.dll")] private static extern bool AssignProcessToJobObject(IntPtr job, IntPtr process);
    [DllImport("kernel32.dll")] private static extern IntPtr GetCurrentProcess();

    public static bool Enter()
    {
        IntPtr job = CreateJobObjectW(IntPtr.Zero, IntPtr.Zero);
        byte[] limits = new byte[144];   // JOBOBJECT_EXTENDED_LIMIT_INFORMATION: LimitFlags lie at 16
        BitConverter.GetBytes(0x2000).CopyTo(limits, 16);   // JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE
        return SetInformationJobObject(job, 9, limits, limits.Length)
            && AssignProcessToJobObject(job, GetCurrentProcess());
    }
}
"""


def start(preamble: str) -> dict[str, t.Any]:
    """Send a verification of a set that there is not, as a job; preamble: runs before the bootstrap, in its engine."""
    place = {"root": "C:\\Backups", "deployment": "hq", "set_id": "20260101T000000Z", "components": ["data"]}
    inner = {"protocol": 1, "operation": "verify", **place}
    identity = f"verify-{secrets.token_hex(16)}"
    request = {"protocol": 1, "operation": "start", "id": identity, "attempt": "a", "wait_ms": 90_000, "request": inner}
    ended = ask(windows_powershell(), agent_source("start", "work", "verify"), request, preamble)
    answer: dict[str, t.Any] = json.loads(ended.stdout[ended.stdout.index(b"{") :])
    return answer


def test_what_may_not_leave_is_started_by_wmi(tmp_path: pathlib.Path) -> None:
    source = tmp_path / "job_object.cs"
    source.write_text(ENTERED, encoding="utf-8")
    preamble = (
        f"Add-Type -IgnoreWarnings -TypeDefinition ([IO.File]::ReadAllText('{source}'))\n"
        "if(-not [JobObject]::Enter()){exit 9}\n"
    )
    answer = start(preamble)
    assert not answer["failed"], answer
    assert (answer["route"], answer["warnings"]) == ("wmi", []), answer
    assert answer["answer"]["error"]["code"] == "set_missing", answer


def test_what_may_leave_does() -> None:
    answer = start("")
    assert (answer["route"], answer["warnings"]) == ("breakaway", []), answer
    assert answer["answer"]["error"]["code"] == "set_missing", answer
