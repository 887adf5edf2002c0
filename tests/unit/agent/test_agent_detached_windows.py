# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs that a job object forbids to leave it, on Win32: WMI starts them, and a named pipe brings their request."""

from __future__ import annotations

import base64
import collections.abc as c
import json
import pathlib
import subprocess
import typing as t

import pytest
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_WINDOWS, NEEDS_WINE, WindowsHost, WineHost, lacks

from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_source import agent_source
from ansible_collections.identityops.groupid.plugins.plugin_utils.host_script import bootstrap
from lab.powershell import ALLOWED, windows_powershell
from lab.wine_disk import as_user

pytestmark = pytest.mark.skipif(
    not ALLOWED and lacks("wine-host", "wine-powershell", "wine"), reason=f"{NEEDS_WINE}; or {NEEDS_WINDOWS}"
)

Host = WineHost | WindowsHost

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


@pytest.fixture(scope="module")
def host() -> c.Iterator[Host]:
    windows = WindowsHost(AGENT_DRIVER) if ALLOWED else WineHost(AGENT_DRIVER)
    try:
        yield windows
    finally:
        windows.stop()


def start(host: Host, preamble: str) -> dict[str, t.Any]:
    """Send a verification of a set that there is not, as a job; preamble: runs before the bootstrap, in its engine."""
    place = {"root": "C:\\Backups", "deployment": "hq", "set_id": "20260101T000000Z", "components": ["data"]}
    inner = {"protocol": 1, "operation": "verify", **place}
    identity = f"verify-{'0' * 31}{len(preamble) % 10}"
    request = {"protocol": 1, "operation": "start", "id": identity, "attempt": "a", "wait_ms": 90_000, "request": inner}
    script = base64.b64encode((preamble + bootstrap()).encode("utf-16-le")).decode("ascii")
    command = ["-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-EncodedCommand", script]
    own = [str(windows_powershell()), *command] if ALLOWED else as_user(["wine-powershell", *command])
    environment = host._disk.environment() if isinstance(host, WineHost) else None
    stdin = agent_source("start", "work", "verify").stdin(request)
    ended = subprocess.run(own, input=stdin, env=environment, capture_output=True, timeout=240, check=False)
    answer: dict[str, t.Any] = json.loads(ended.stdout[ended.stdout.index(b"{") :])
    return answer


def test_what_may_not_leave_is_started_by_wmi(host: Host) -> None:
    source = pathlib.Path(host.drive, "job_object.cs")
    source.write_text(ENTERED, encoding="utf-8")
    preamble = (
        "Add-Type -IgnoreWarnings -TypeDefinition ([IO.File]::ReadAllText('C:\\job_object.cs'))\n"
        "if(-not [JobObject]::Enter()){exit 9}\n"
    )
    answer = start(host, preamble)
    assert not answer["failed"], answer
    assert (answer["route"], answer["warnings"]) == ("wmi", []), answer
    assert answer["in_job_object"] is (not ALLOWED)  # Wine's service starts it in the caller's own
    assert answer["answer"]["error"]["code"] == "set_missing", answer


def test_what_may_leave_does(host: Host) -> None:
    answer = start(host, "")
    assert (answer["route"], answer["warnings"]) == ("breakaway", []), answer
    assert answer["answer"]["error"]["code"] == "set_missing", answer
