# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests/benchmarks/robocopy.py makes of its figures, and the script and request that it sends."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import typing as t

import pytest
from benchmarks import robocopy


def test_a_ratio_is_the_median_of_the_pairs() -> None:
    row = robocopy.Row("20 files", ((1.0, 2.0), (3.0, 3.0), (8.0, 10.0)))
    lines = robocopy.table([row]).splitlines()
    assert lines[2:] == ["| 20 files | 3.0 s | 3.0 s | 0.80 |"]
    assert {line.count("|") for line in lines} == {5}


@pytest.mark.parametrize(("code", "copied"), [(0, True), (1, True), (7, True), (8, False), (16, False), (-1, False)])
def test_robocopys_exit_codes_are_bits(code: int, copied: bool) -> None:
    assert robocopy.has_copied(code) is copied


def test_a_name_cannot_end_the_script() -> None:
    assert "-LiteralPath 'it''s a tree' -Recurse" in robocopy.hashing(pathlib.Path("it's a tree"))


def test_every_file_is_hashed(tmp_path: pathlib.Path) -> None:
    program = shutil.which("pwsh") or shutil.which("powershell")
    probe = ["-NoProfile", "-Command", "Get-Command Get-ChildItem, Get-FileHash, Export-Csv -ErrorAction Stop"]
    if program is None or subprocess.run([program, *probe], capture_output=True, check=False).returncode:
        pytest.skip("needs a PowerShell with all of its commands")
    tree = tmp_path / "it's a tree"
    (tree / "deep").mkdir(parents=True)
    for name in ("a.txt", "deep/b [1].txt"):
        (tree / name).write_text(name)
    subprocess.run([program, "-NoProfile", "-Command", robocopy.hashing(tree)], check=True, capture_output=True)
    lines = [line for line in tree.with_suffix(".csv").read_text().splitlines() if not line.startswith("#")]
    found = {os.path.relpath(row["Path"], tree): row["Hash"].lower() for row in csv.DictReader(lines)}
    assert found == {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a.txt", "deep/b [1].txt")}


def test_the_agent_takes_the_request(host: t.Any) -> None:
    host.write(a="first", sub__b="second")
    answer = host.send(json.dumps(robocopy.backup_request(host.source, host.root)))
    assert (answer["failed"], answer["state"], answer["files"]) == (False, "complete", 2), answer
