# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped bootstrap in this computer's own PowerShell: all of a request's way but for the connection."""

from __future__ import annotations

import base64
import collections.abc as c
import os
import pathlib
import subprocess
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import AgentSource

ALLOWED = os.name == "nt" and bool(os.environ.get("GROUPID_TEST_WINDOWS"))
"""This is Windows, and somebody has said that tests may write to its drive C."""

Ended = subprocess.CompletedProcess[bytes]
_SECONDS = 600


def windows_powershell() -> pathlib.Path:
    """Name PowerShell 5.1, which every Windows server has."""
    return pathlib.Path(os.environ["SYSTEMROOT"], "System32", "WindowsPowerShell", "v1.0", "powershell.exe")


def ask(program: str | pathlib.Path, source: AgentSource, request: c.Mapping[str, t.Any], preamble: str = "") -> Ended:
    """Send one request, as a connection would, and give how PowerShell ended.

    preamble: runs before the bootstrap, in the same engine.
    """
    return run(program, source.stdin(request), preamble)


def run(program: str | pathlib.Path, stdin: bytes, preamble: str = "") -> Ended:
    """Run the bootstrap on an input."""
    script = base64.b64encode((preamble + bootstrap()).encode("utf-16-le")).decode("ascii")
    command = [str(program), "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-EncodedCommand"]
    return subprocess.run([*command, script], input=stdin, capture_output=True, timeout=_SECONDS, check=False)
