# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the scripts of the Windows workflow prove: each finds what it is there for. Windows' own cmdlets are played."""

from __future__ import annotations

import base64
import json
import pathlib
import shutil
import subprocess
import typing as t

import pytest
from unit.plugins.recorded_host import RecordedConnection, answer, job

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job import run_job
from lab.command_line import read_input

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "windows"
ENGINE = shutil.which("pwsh")
pytestmark = pytest.mark.skipif(ENGINE is None, reason="needs pwsh on PATH")


def ended(folder: pathlib.Path, script: str) -> str:
    """Return what a script prints."""
    file = folder / "cases.ps1"
    file.write_text(script, encoding="utf-8")
    command = [str(ENGINE), "-NoProfile", "-NonInteractive", "-File", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


LOGGED = r"""
class Event {
    [int] $Id = 4103
    [string] $Text
    [object[]] $Properties
    [string] ToXml() { return '<Event>' + [Security.SecurityElement]::Escape($this.Text) + '</Event>' }
}
function Get-WinEvent($LogName, $FilterHashtable, $MaxEvents) { ,$global:event }
foreach ($file in [IO.Directory]::GetFiles('WORK/events')) {
    $text = [IO.File]::ReadAllText($file)
    $global:event = [Event] @{Text = $text; Properties = @([pscustomobject] @{Value = $text})}
    $said = 'nothing'
    try { [void] (& 'SCRIPT' -Work 'WORK') } catch { $said = "$_".Split(':')[0] }
    [IO.Path]::GetFileName($file) + '=' + $said
}
"""
FOUND = "A secret or a request was logged"
NETWORK = {"network": {"username": "CORP\\backup", "password": "elsewhere"}}
REQUESTS: dict[str, dict[str, t.Any]] = {
    "probe": {"roots": ["D:\\Backups"]},
    "list": {"roots": ["D:\\Backups"]},
    "verify": {"root": "D:\\Backups", "set_id": "20260101T000000Z"},
    "restore": {"root": "D:\\Backups", "set_id": "20260101T000000Z"},
}


def sent(operation: str, network: dict[str, t.Any], as_job: bool) -> list[str]:
    """The lines that the client sends for an operation, and the request in them as text."""
    connection = RecordedConnection([job(operation) if as_job else answer(operation)])

    def execute(command: str, in_data: bytes, sudoable: bool) -> dict[str, t.Any]:
        rc, stdout, stderr = connection.exec_command(command, in_data, sudoable)
        return {"rc": rc, "stdout": stdout.decode(), "stderr": stderr.decode()}

    client = AgentClient(connection, execute, str, "web01", network, check=False)
    request = {"operation": operation, **REQUESTS[operation]}
    if as_job:
        run_job(client, request)
    else:
        client.call(request)
    line = read_input(connection.inputs[0])[1][2]
    return [line, base64.b64decode(line).decode()]


def test_a_request_in_an_event_log_is_found(tmp_path: pathlib.Path) -> None:
    """Whatever the operation, as it travels and as text; and neither an answer nor the scripts themselves are one."""
    (tmp_path / "secrets.txt").write_text("tQ5/secret/of/an/account\n")
    events = {f"script.{file.name}": file.read_text() for file in SCRIPTS.glob("*.ps1")}
    for operation in REQUESTS:
        for number, line in enumerate(sent(operation, {}, as_job=operation in ("verify", "restore"))):
            events[f"found.{operation}.{number}"] = f"ParameterBinding(Out-Default): value={line}"
    events["found.network"] = f"value={json.dumps(NETWORK)}"
    # As the agent's own writer makes it for the process of a job: without spaces.
    work = {"protocol": 1, "operation": "work", "id": "backup-1", "network": None}
    events["found.work"] = json.dumps(work, separators=(",", ":"))
    events["found.secret"] = "x" + base64.b64encode(b"y: tQ5/secret/of/an/account").decode()
    said = {"protocol": 1, "operation": "probe", "failed": False, "warnings": []}
    events["answer"] = json.dumps(said, separators=(",", ":"))
    (tmp_path / "events").mkdir()
    for name, text in events.items():
        (tmp_path / "events" / name).write_text(text, encoding="utf-8")
    script = LOGGED.replace("WORK", str(tmp_path)).replace("SCRIPT", str(SCRIPTS / "logged.ps1"))
    answers = dict(line.split("=") for line in ended(tmp_path, script).splitlines() if "=" in line)
    assert answers == {name: FOUND if name.startswith("found.") else "nothing" for name in events}


DEFENDER = r"""
$global:on = 0; $global:mode = 'Normal'; $global:excluded = @('C:\', 'D:\'); $global:slept = 0
function Remove-ItemProperty($Path, $Name, $ErrorAction) { }
function Set-MpPreference($DisableRealtimeMonitoring) { }
function Get-MpPreference { [pscustomobject] @{ExclusionPath = $global:excluded} }
function Remove-MpPreference($ExclusionPath) {
    if ($global:fixed) { return }
    $global:excluded = @($global:excluded -ne $ExclusionPath)
    if (!$global:excluded) { $global:excluded = $null }
}
function Get-MpComputerStatus {
    [pscustomobject] @{RealTimeProtectionEnabled = $global:slept -ge $global:on; AMRunningMode = $global:mode}
}
function Start-Sleep($Seconds) { $global:slept += $Seconds }
try { & 'SCRIPT'; "on after $global:slept" } catch { "$_" }
"""


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("", "on after 0"),
        ("$global:on = 5", "on after 5"),
        ("$global:on = 999", "Real-time protection: False, mode: Normal, excluded:"),
        ("$global:mode = 'Passive'", "Real-time protection: True, mode: Passive, excluded:"),
        ("$global:fixed = 1", "Real-time protection: True, mode: Normal, excluded: C:\\, D:\\"),
    ],
)
def test_a_defender_that_stays_off_ends_the_run(tmp_path: pathlib.Path, state: str, told: str) -> None:
    first, rest = DEFENDER.strip().split("\n", 1)
    script = f"{first}\n$global:fixed = 0\n{state}\n{rest}".replace("SCRIPT", str(SCRIPTS / "defender.ps1"))
    assert ended(tmp_path, script).strip().endswith(told)
