# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operation needs of the agent: it compiles, for .NET Framework and with the lab's twin, and answers."""

from __future__ import annotations

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.parts import ENTRY, needed, operations_of
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files, agent_source
from lab import agent_build
from lab.processes import ProcessGroup
from lab.repository import CACHE, MONO_FILES

FILES = {name: path.read_text(encoding="utf-8") for name, path in agent_files().items()}
ASKED = [
    *(
        {"operation": name}
        for name in re.findall(r'case "(\w+)": return', FILES[ENTRY])
        if name not in ("start", "work")
    ),
    *({"operation": "start", "request": {"operation": name}} for name in ("backup", "restore", "verify")),
]
SENT = [operations_of(request) for request in ASKED]


def test_a_job_needs_what_starts_it_and_what_it_does() -> None:
    assert operations_of({"operation": "list"}) == ("list",)
    held = {"operation": "rehearsal", "request": {"operation": "start", "request": {"operation": "restore"}}}
    assert operations_of(held) == ("rehearsal", "start", "work", "restore")
    several = {"operation": "rehearsal", "requests": [{"operation": "backup"}, {"operation": "verify"}]}
    assert operations_of(several) == ("rehearsal", "backup", "verify")
    assert operations_of({"operation": "start", "request": {"operation": "backup"}}) == ("start", "work", "backup")


def test_small_work_needs_little() -> None:
    assert {"Verify.cs", "UntrustedFile.cs", "Win32.cs"} <= set(needed(FILES, ["verify"]))
    assert not {"RestoreSwap.cs", "ChildProcess.cs", "DetachedAgent.cs"} & set(needed(FILES, ["verify"]))
    assert not {"Restore.cs", "Verify.cs", "DetachedAgent.cs"} & set(needed(FILES, ["put"]))
    assert "Verify.Run" not in needed(FILES, ["put"])[ENTRY]


def test_the_entry_keeps_its_lines() -> None:
    assert needed(FILES, ["put"])[ENTRY].count("\n") == FILES[ENTRY].count("\n")


def test_an_operation_that_there_is_not() -> None:
    with pytest.raises(ValueError, match="no operation polling"):
        needed(FILES, ["polling"])


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("Other x;", True),
        ("return new Other();", True),
        ("x = y as Other;", True),
        ("List<Other> x;", True),
        ("class A : Other {", True),
        ("typeof(Other)", True),
        ("[Other(1)]", True),
        ("Other.Call();", True),
        ("uint Other;", False),
        ("x.Other = 1;", False),
        ("public Answer Other()", False),
        ('string x = "Other y";', False),
        ("// Other y", False),
        ("/* Other\ny */", False),
    ],
)
def test_what_names_a_type(text: str, chosen: bool) -> None:
    files = {
        ENTRY: f'case "x": return 1;\n{text}',
        "Other.cs": "namespace IdentityOpsAgent\n{\n    internal sealed class Other\n    {\n",
    }
    assert ("Other.cs" in needed(files, ["x"])) is chosen


@pytest.mark.parametrize("operations", SENT, ids=" ".join)
def test_it_compiles_for_net_framework(operations: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    if shutil.which("csc") is None:
        pytest.skip("needs csc on PATH")
    (tmp_path / "agent.cs").write_text(agent_source(*operations).text)
    command = ["csc", "-target:net45", str(tmp_path / "agent.cs")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(bool(agent_build.missing_programs()), reason=f"no Mono: {agent_build.APT_LINE}")
@pytest.mark.parametrize("operations", SENT, ids=" ".join)
def test_it_runs_on_mono(operations: tuple[str, ...], tmp_path: pathlib.Path) -> None:
    """It comes as far as the request, which lacks everything; and what was not sent it does not know."""
    source = agent_source(*operations)
    namespace = source.type_name.rpartition(".")[0]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LAB_ROOT": str(tmp_path)}
    builder = agent_build.AgentBuilder(CACHE, MONO_FILES)
    executable = builder.build(source.text, namespace, ProcessGroup(), environment)
    other = "seal" if "seal" not in operations else "put"
    for operation in (operations[0], other):
        request = json.dumps({"protocol": 1, "operation": operation}).encode()
        done = ProcessGroup().run(["mono", str(executable)], stdin=request, env=environment)
        answer = json.loads(done.stdout)
        assert answer["operation"] == operation
        unknown = answer["failed"] and "there is no operation" in answer["error"]["cause"]
        assert unknown == (operation == other), answer
        assert not answer["failed"] or answer["error"]["code"] == "bad_request"
