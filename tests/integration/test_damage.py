# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify names what is wrong with a part: all of it, and nothing else."""

from __future__ import annotations

import pathlib
import random

import pytest
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

SET = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": "20260101T000000Z"}


@pytest.fixture
def part(lab: Lab, controller: Controller) -> pathlib.Path:
    """A part with 400 files, some folders and an empty folder."""
    source = lab.path("web01", r"C:\Data\Many")
    chance = random.Random(5)
    for number in range(400):
        folder = source / f"folder {number % 20}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file {number}.bin").write_bytes(chance.randbytes(chance.randrange(1, 9_000)))
    (source / "nothing here").mkdir()
    folders = [{"name": "many", "path": r"C:\Data\Many"}]
    result = controller.module("web01", "groupid_backup_folder", {**SET, "components": [], "folders": folders})
    assert result["state"] == "complete", result
    return lab.path("web01", rf"{SET['backup_root']}\hq\{SET['set_id']}\web01")


def verify(controller: Controller) -> dict[str, object]:
    return controller.module("web01", "groupid_backup_verify", SET)


def test_a_sound_part_has_no_problem(controller: Controller, part: pathlib.Path) -> None:
    result = verify(controller)
    assert (result["state"], result["problem_count"], result["files"]) == ("verified", 0, 400), result


def test_every_damage_is_named_and_nothing_else(controller: Controller, part: pathlib.Path) -> None:
    chance = random.Random(7)
    files = sorted(path for path in (part / "many").rglob("*") if path.is_file() and path.stat().st_size > 1)
    chosen = chance.sample(files, 103)
    expected = {}
    for file in chosen[:100]:
        content = bytearray(file.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        file.write_bytes(bytes(content))
        expected[file.relative_to(part).as_posix()] = "content"
    truncated, emptied, removed = chosen[100:]
    truncated.write_bytes(truncated.read_bytes()[:-1])
    emptied.write_bytes(b"")
    removed.unlink()
    (part / "many" / "folder 3" / "new.txt").write_text("not of this set")
    (part / "many" / "nothing here").rmdir()
    for path, problem in ((truncated, "size"), (emptied, "size"), (removed, "missing")):
        expected[path.relative_to(part).as_posix()] = problem
    expected["many/folder 3/new.txt"] = "added"
    expected["many/nothing here"] = "missing"

    result = verify(controller)
    assert (result["failed"], result["state"]) == (True, "damaged"), result
    assert {problem["path"]: problem["problem"] for problem in result["problems"]} == expected
    assert len(result["problems"]) == result["problem_count"] == len(expected)


@pytest.mark.parametrize("record", ["manifest.sha256", "files.jsonl", "part.json"])
def test_an_edited_record_is_found(controller: Controller, part: pathlib.Path, record: str) -> None:
    file = part / record
    file.write_bytes(file.read_bytes().replace(b"file 1.bin", b"file I.bin").replace(b'"files":400', b'"files":399'))
    result = verify(controller)
    assert result["failed"], result
    assert [problem["problem"] for problem in result["problems"]][:1] == ["record"], result


def test_a_damaged_part_is_never_restored(lab: Lab, controller: Controller, part: pathlib.Path) -> None:
    source = lab.path("web01", r"C:\Data\Many")
    victim = next(path for path in (part / "many").rglob("*.bin"))
    victim.write_bytes(victim.read_bytes() + b"x")
    (source / "folder 0" / "file 0.bin").write_text("newer")
    result = controller.module("web01", "groupid_restore_folder", {**SET, "unsealed": True})
    assert (result["failed"], result["changed"]) == (True, False), result
    assert (source / "folder 0" / "file 0.bin").read_text() == "newer"
