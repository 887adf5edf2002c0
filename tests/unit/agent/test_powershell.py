# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What brings a request to PowerShell on Windows, with the PowerShell that there is and a very short agent."""

from __future__ import annotations

import base64
import json
import pathlib
import shutil

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_source import join_source
from lab.powershell import ALLOWED, ask, windows_powershell

ECHO = """namespace IdentityOpsAgent
{
    public static class Program
    {
        public static string Begin(string request, string source)
        {
            return System.Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(request));
        }
    }
}
"""


@pytest.fixture
def program() -> str | pathlib.Path:
    found = windows_powershell() if ALLOWED else shutil.which("pwsh")
    if found is None:
        pytest.skip("needs pwsh on PATH")
    return found


def test_a_request_comes_as_it_was_sent(program: str) -> None:
    request = {"protocol": 1, "operation": "Gruppe \N{EM DASH} \"'$x`"}
    ended = ask(program, join_source({"Program.cs": ECHO}), request)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert json.loads(base64.b64decode(ended.stdout)) == request


def test_what_does_not_compile_is_said(program: str) -> None:
    ended = ask(program, join_source({"Program.cs": ECHO.replace("return", "return nothing")}), {})
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["stage"] == "bootstrap"
