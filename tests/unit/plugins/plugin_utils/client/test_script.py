# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The PowerShell that is sent: what it is made of, by PowerShell's own parser, and how it is laid out."""

from __future__ import annotations

import base64
import json
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import job_answer
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import (
    AGENT,
    bootstrap,
    look_input,
    script_input,
)
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files
from lab.command_line import normalise, read_input

PLUGINS = pathlib.Path(__file__).parents[5] / "plugins"
WITNESS = PLUGINS / "plugin_utils" / "client" / "witness.ps1"
"""Runs by itself on the files of a rehearsal, and never sees a request."""
SCRIPTS = sorted(set(PLUGINS.rglob("*.ps1")) - {WITNESS})
ALLOWED = {("agent.ps1", "Add-Type")}
"""Commands of a script. Each may be written to the event log with all that is bound to its parameters."""

PARSE = """
$errors = $null
$tree = [Management.Automation.Language.Parser]::ParseInput($given, [ref]$null, [ref]$errors)
$errors | % { 'error ' + $_.Message }
$tree.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) | % {
    'command ' + $_.InvocationOperator + ' ' + $_.GetCommandName() + ' ' + $_.Extent.Text }
$tree.FindAll({ $args[0] -is [Management.Automation.Language.PipelineAst] }, $true) | % {
    'elements ' + $_.PipelineElements.Count }
exit 0
"""


def parsed(script: str) -> list[list[str]]:
    """Return what PowerShell's parser finds: errors, commands, and how many elements each pipeline has."""
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        pytest.skip("needs pwsh or powershell on PATH")
    encoded = base64.b64encode(f"$given = @'\n{script}\n'@\n{PARSE}".encode("utf-16-le")).decode("ascii")
    command = [program, "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, text=True, timeout=120)
    return [line.split(" ", 3) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_no_cmdlet_and_no_pipeline_touches_a_request(file: pathlib.Path) -> None:
    found = parsed(normalise(file.read_text(encoding="utf-8")))
    assert [entry for entry in found if entry[0] == "error"] == []
    assert {entry[1] for entry in found if entry[0] == "elements"} <= {"1"}
    for dummy, operator, name, *text in (entry for entry in found if entry[0] == "command"):
        if operator != "Dot" or name:  # the dot runs a script block, without parameters
            assert (file.name, name) in ALLOWED, text
            assert "$l[2]" not in str(text), "the request"


@pytest.mark.parametrize("script", ["$l|%{$_}", "Write-Output $l", "&{$l}", "@($l).ForEach({$_})|Out-Null"])
def test_the_parser_sees_a_cmdlet_and_a_pipeline(script: str) -> None:
    found = parsed(script)
    assert [entry for entry in found if entry[0] == "command" or entry == ["elements", "2"]]


def test_every_script_is_looked_at() -> None:
    assert {"bootstrap.ps1", "agent.ps1", "job.ps1"} == {file.name for file in SCRIPTS}


def test_the_witness_parses() -> None:
    assert [entry for entry in parsed(WITNESS.read_text(encoding="utf-8")) if entry[0] == "error"] == []


def job_script(part: str) -> str:
    """Return a constant of the agent that has PowerShell's text in it, as string.Format takes it."""
    text = agent_files()["AgentProcess.cs"].read_text(encoding="utf-8")
    [constant] = re.findall(rf"const string {part} =(.*?);\n\n", text, re.DOTALL)
    pieces: list[str] = re.findall(r'"((?:[^"\\]|\\.)*)"', constant)
    return "".join(pieces).replace("\\n", "\n").replace('\\"', '"')


@pytest.mark.parametrize(("before", "request_"), [("", "FromInput"), ("Asking", "FromPipe")])
def test_no_cmdlet_touches_a_request_in_the_process_of_a_job(before: str, request_: str) -> None:
    """A pipeline with the compiler's error is all that such a process has of them."""
    asking = job_script(before).format("name", "digest", 60000) if before else ""
    taken = job_script(request_).format(64)
    found = parsed(
        job_script("Script").format("C:\\jobs\\", "source", "failure", "Agent.Program", asking, taken, "waited")
    )
    assert [entry for entry in found if entry[0] == "error"] == []
    commands = [entry for entry in found if entry[0] == "command"]
    assert {entry[2] for entry in commands} == {"New-Object", "Add-Type", "ConvertTo-Json"}
    for entry in commands:
        assert not any(word in " ".join(entry[3:]) for word in ("$q", "$input", "ReadLine")), entry
    assert [entry for entry in found if entry[0] == "elements" and entry[1] != "1"] == [["elements", "2"]]


def test_bootstrap_fits_on_a_command_line() -> None:
    assert len(bootstrap()) < 1107  # encoded twice, as ssh of ansible-core 2.17 does it, in cmd.exe's 8,191 characters
    assert bootstrap().isascii()
    assert [line for line in bootstrap().splitlines() if line != line.strip() or not line or line.startswith("#")] == []


def test_input_is_a_script_and_its_lines() -> None:
    script, lines = read_input(script_input(AGENT, ["one", "two"]))
    assert lines == ["one", "two"]
    assert script == normalise((PLUGINS / "plugin_utils" / "client" / "agent.ps1").read_text(encoding="utf-8"))


def engine(stdin: bytes) -> tuple[int, t.Any]:
    program = shutil.which("pwsh") or shutil.which("powershell")
    if program is None:
        pytest.skip("needs pwsh or powershell on PATH")
    encoded = base64.b64encode(bootstrap().encode("utf-16-le")).decode("ascii")
    command = [program, "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False, timeout=120)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("stdin", [b"x\n", b"1\nthrow 'words'\n", b"1\n}\n"], ids=repr)
def test_what_ends_before_anything_was_done_says_so(stdin: bytes) -> None:
    code, said = engine(stdin)
    assert (code, said["stage"]) == (1, "bootstrap")
    assert base64.b64decode(said["msg_b64"])


def test_what_ends_later_does_not(tmp_path: pathlib.Path) -> None:
    """A request that may have been begun is never reported as one that was not."""
    code, said = engine(b"2\n$stage='agent'\nthrow 'words'\n")
    assert (code, said["stage"]) == (1, "agent")


def test_a_look_at_a_job_answers_on_any_engine() -> None:
    """Where there is no such job, that is: what a host has is for test_job_look."""
    code, said = engine(look_input("poll", {"id": "backup-" + "0" * 32, "attempt": "a"}, 0))
    assert (code, said["operation"], said["code"]) == (0, "poll", "job_missing")
    assert job_answer(said, "backup-" + "0" * 32)["error"]["cause"] == "There is none of this id."


def test_what_travels_for_a_look_is_small() -> None:
    """The command line too, in UTF-16 and base64, and stdin in base64: at most 20 kB."""
    look = look_input("cancel", {"id": "restore-" + "0" * 32, "attempt": "0" * 16}, 600)
    assert b"Add-Type" not in look, "a look compiles nothing"
    assert "Add-Type" not in bootstrap()
    assert len(look) * 4 / 3 + len(bootstrap()) * 2 * 4 / 3 < 9_000
