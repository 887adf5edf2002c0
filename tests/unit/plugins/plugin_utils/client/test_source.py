# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent's source as it is sent."""

from __future__ import annotations

import base64
import gzip
import json
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client import source as agent_module
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.parts import operations_of
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.script import bootstrap
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import (
    AgentSource,
    agent_files,
    agent_source,
    join_source,
)
from lab.command_line import read_input

PROGRAM = """// a comment
using System;
using System.Text;

namespace IdentityOpsAgent
{
    public static class Program
    {
        public static string Begin(string request, string packedSource)
        {
            string hex = Echo.Hex(Encoding.UTF8.GetBytes(request));
            string space = typeof(Program).Namespace;
            return "{\\"protocol\\": 1, \\"request\\": \\"" + hex + "\\", \\"space\\": \\"" + space + "\\"}";
        }
    }
}
"""
ECHO = """using System;

namespace IdentityOpsAgent
{
    internal static class Echo
    {
        public static string Hex(byte[] data) { return BitConverter.ToString(data); }
    }
}
"""


def test_using_directives_come_first_and_once() -> None:
    lines = join_source({"Program.cs": PROGRAM, "Echo.cs": ECHO}).text.splitlines()
    assert lines[1:4] == ["using System;", "using System.Text;", '#line 3 "Echo.cs"']
    assert sum(line.startswith("using ") for line in lines) == 2


def test_line_directive_names_the_line_of_the_namespace() -> None:
    lines = join_source({"Program.cs": PROGRAM}).text.splitlines()
    assert lines[lines.index('#line 5 "Program.cs"') + 1].startswith("namespace ")
    assert PROGRAM.splitlines()[5 - 1].startswith("namespace ")


def test_hash_follows_the_text_and_nothing_else() -> None:
    one = join_source({"Program.cs": PROGRAM, "Echo.cs": ECHO})
    assert one == join_source({"Echo.cs": ECHO, "Program.cs": PROGRAM})
    assert one.type_name != join_source({"Echo.cs": ECHO + "\n", "Program.cs": PROGRAM.replace("1", "2")}).type_name
    assert one.text.count(one.type_name.removesuffix(".Program")) == 2


def test_the_agents_files_are_there_and_in_order_of_their_names() -> None:
    names = list(agent_files())
    assert len(names) > 90
    assert names == sorted(names)
    assert agent_files()["Win32.cs"].parent.name == "windows"


@pytest.mark.parametrize("rooms", [[], ["files/One.cs", "sets/One.cs"]])
def test_no_file_and_two_of_one_name_are_refused(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, rooms: list[str]
) -> None:
    for path in rooms:
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text("")
    monkeypatch.setattr(agent_module, "AGENT_FOLDER", tmp_path)
    with pytest.raises(ValueError, match=f"has {len(rooms)} C# files"):
        agent_files.__wrapped__()


@pytest.mark.parametrize("text", ["using System;\n", "[assembly: X]\nnamespace IdentityOpsAgent\n{\n}\n"])
def test_file_that_cannot_be_joined_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"^Odd\.cs"):
        join_source({"Odd.cs": text})


def test_stdin_is_the_script_and_its_three_lines() -> None:
    source = join_source({"Program.cs": PROGRAM})
    script, (packed, type_name, request) = read_input(source.stdin({"root": "D:\\Sicherungen für üben"}))
    assert script.splitlines()[0] == "$env:LIB=''"
    assert gzip.decompress(base64.b64decode(packed)).decode() == source.text
    assert type_name == source.type_name
    assert json.loads(base64.b64decode(request)) == {"root": "D:\\Sicherungen für üben"}


def test_what_is_sent_has_no_comments_and_no_indentation() -> None:
    program = PROGRAM.replace(
        "string hex", '// not "sent"\n            /* kept */ string url = "http://x";   // gone\n            string hex'
    )
    lines = join_source({"Program.cs": program, "Echo.cs": ECHO}).text.splitlines()
    assert '/* kept */ string url = "http://x";' in lines
    assert not [line for line in lines if line != line.strip() or "gone" in line or "sent" in line]


def test_no_text_of_the_agent_goes_over_the_end_of_a_line() -> None:
    """As the indentation of a line is left out."""
    for path in agent_files().values():
        for line in path.read_text(encoding="utf-8").splitlines():
            verbatim = re.sub(r'@"(?:[^"]|"")*"', "", line)
            assert '@"' not in verbatim, f"{path.name}: {line}"


@pytest.mark.parametrize(
    ("request_", "limit"),
    [
        ({"operation": "start", "request": {"operation": "restore"}}, 115_000),
        ({"operation": "verify"}, 53_000),
        ({"operation": "list"}, 68_000),
        ({"operation": "put"}, 43_000),
        ({"operation": "rehearsal"}, 84_000),
    ],
    ids=lambda value: value["operation"] if isinstance(value, dict) else str(value),
)
def test_what_travels_fits_into_one_send(request_: dict[str, t.Any], limit: int) -> None:
    """winrm sends 200,000 bytes at once; of these, base64 and an envelope make 270 kB."""
    size = len(agent_source(*operations_of(request_)).stdin(request_))
    assert size < limit


def run_bootstrap(source: AgentSource) -> subprocess.CompletedProcess[bytes]:
    powershell = shutil.which("pwsh") or shutil.which("powershell")
    if powershell is None:
        pytest.skip("needs pwsh or powershell on PATH")
    encoded = base64.b64encode(bootstrap().encode("utf-16-le")).decode()
    command = [
        powershell,
        "-NoProfile",
        "-NonInteractive",
        "-ExecutionPolicy",
        "Unrestricted",
        "-EncodedCommand",
        encoded,
    ]
    return subprocess.run(command, input=source.stdin({"word": "Gruß"}), capture_output=True, check=False, timeout=120)


def test_powershell_compiles_and_runs_the_source() -> None:
    source = join_source({"Program.cs": PROGRAM, "Echo.cs": ECHO})
    done = run_bootstrap(source)
    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)
    assert json.loads(bytes.fromhex(said["request"].replace("-", ""))) == {"word": "Gruß"}
    assert f"{said['space']}.Program" == source.type_name


def test_powershell_names_file_and_line_of_a_compiler_error() -> None:
    done = run_bootstrap(join_source({"Program.cs": PROGRAM.replace("return", "returns", 1), "Echo.cs": ECHO}))
    assert done.returncode == 1
    said = json.loads(done.stdout)
    assert said["stage"] == "bootstrap"
    assert "Program.cs(13," in base64.b64decode(said["msg_b64"]).decode()
