# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What brings a request to PowerShell on Windows, with the PowerShell that there is and a very short agent."""

from __future__ import annotations

import base64
import json
import pathlib
import shutil
import subprocess

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import join_source
from lab import engine_log
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


PASSWORD = "Rose-Kamel-7-Ofen"
REQUEST = {"operation": "backup", "network": {"username": "CORP\\svc", "password": PASSWORD}, "root": "D:\\Place-9"}


def test_module_logging_would_see_neither_password_nor_request(program: str, tmp_path: pathlib.Path) -> None:
    """Events 800 and 4103 have what the engine binds to the parameters of cmdlets."""
    log = tmp_path / "bound.log"
    ended = ask(program, join_source({"Program.cs": ECHO}), REQUEST, engine_log.logging_to(log))
    assert json.loads(base64.b64decode(ended.stdout)) == REQUEST
    assert engine_log.cmdlets(log) == {"Add-Type", *engine_log.SCREEN}
    logged = log.read_text(encoding="utf-8", errors="replace").replace(ended.stdout.decode().strip(), "<the answer>")
    for text in (PASSWORD, "D:\\\\Place-9"):
        assert [form for form in engine_log.forms_of(text) if form in logged] == [], text


def test_module_logging_is_seen_by_this_test(program: str, tmp_path: pathlib.Path) -> None:
    log = tmp_path / "bound.log"
    script = engine_log.logging_to(log) + "$input | ForEach-Object { $_.Length }\n"
    encoded = base64.b64encode(script.encode("utf-16-le")).decode("ascii")
    subprocess.run(
        [str(program), "-NoProfile", "-EncodedCommand", encoded], input=PASSWORD.encode(), check=True, timeout=120
    )
    assert f"[{PASSWORD}]" in log.read_text(encoding="utf-8")
    assert engine_log.cmdlets(log) == {"ForEach-Object", *engine_log.SCREEN}
