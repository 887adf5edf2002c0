# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify names every difference between a part and its record once, and trusts nothing that it reads."""

from __future__ import annotations

import json
import pathlib
import shutil
import typing as t

import pytest


@pytest.fixture
def part(host: t.Any) -> pathlib.Path:
    host.write(a="first", b="second", sub__c="third", sub__d="fourth", other__e="fifth")
    (host.source / "empty").mkdir()
    assert host.backup()["state"] == "complete"
    place: pathlib.Path = host.part()
    return place


def found(answer: dict[str, t.Any]) -> dict[str, str]:
    assert len(answer["problems"]) == answer["problem_count"]
    assert answer["failed"] == (answer["state"] == "damaged") == bool(answer["problems"])
    assert not answer["changed"]
    return {problem["path"]: problem["problem"] for problem in answer["problems"]}


def test_a_sound_part_is_verified(host: t.Any, part: pathlib.Path) -> None:
    before = host.picture(host.root)
    answer = host.call("verify")
    assert found(answer) == {}
    assert answer["warnings"] == []
    assert (answer["files"], answer["bytes"], answer["sealed"], answer["server"]) == (5, 27, False, host.name.lower())
    assert host.picture(host.root) == before


def test_each_difference_is_named_once(host: t.Any, part: pathlib.Path) -> None:
    (part / "data" / "a.txt").write_text("FIRST")
    (part / "data" / "b.txt").write_text("longer than before")
    (part / "data" / "sub" / "c.txt").unlink()
    (part / "data" / "sub" / "d.txt").unlink()
    (part / "data" / "sub" / "d.txt").mkdir()
    shutil.rmtree(part / "data" / "other")
    (part / "data" / "empty").rmdir()
    (part / "data" / "empty").write_text("a file now")
    (part / "data" / "new folder").mkdir()
    (part / "data" / "new folder" / "x").write_text("x")
    (part / "new component").mkdir()
    answer = host.call("verify")
    assert found(answer) == {
        "data/a.txt": "content",
        "data/b.txt": "size",
        "data/sub/c.txt": "missing",
        "data/sub/d.txt": "kind",
        "data/other": "missing",
        "data/empty": "kind",
        "data/new folder": "added",
        "new component": "added",
    }
    assert answer["error"]["code"] == "damaged"


def test_a_link_is_no_file(host: t.Any, part: pathlib.Path) -> None:
    (part / "data" / "a.txt").unlink()
    (part / "data" / "a.txt").symlink_to(host.source / "a.txt")
    shutil.rmtree(part / "data" / "sub")
    (part / "data" / "sub").symlink_to(host.source / "sub")
    assert found(host.call("verify")) == {"data/a.txt": "kind", "data/sub": "kind"}


@pytest.mark.parametrize("fault", ["locked", "denied"])
def test_what_cannot_be_read_is_not_verified(host: t.Any, part: pathlib.Path, fault: str) -> None:
    host.faults = {fault: [f"{part}/data/a.txt"]}
    assert found(host.call("verify")) == {"data/a.txt": "unreadable"}


def test_a_folder_that_cannot_be_listed_is_not_verified(host: t.Any, part: pathlib.Path) -> None:
    host.faults = {"denied": [f"{part}/data/sub"]}
    assert found(host.call("verify")) == {"data/sub": "unreadable"}


@pytest.mark.parametrize("name", ["manifest.sha256", "files.jsonl", "part.json"])
@pytest.mark.parametrize("edit", ["change", "truncate", "empty", "not text"])
def test_a_damaged_record_is_named(host: t.Any, part: pathlib.Path, name: str, edit: str) -> None:
    content = (part / name).read_bytes()
    edits = {
        "change": content.replace(b"b", b"c", 1),
        "truncate": content[:-20],
        "empty": b"",
        "not text": b"\xff" + content,
    }
    (part / name).write_bytes(edits[edit])
    assert set(found(host.call("verify")).values()) == {"record"}


@pytest.mark.parametrize("name", ["manifest.sha256", "files.jsonl"])
def test_a_missing_list_is_named(host: t.Any, part: pathlib.Path, name: str) -> None:
    (part / name).unlink()
    assert found(host.call("verify")) == {name: "record"}


def test_counts_that_do_not_hold(host: t.Any, part: pathlib.Path) -> None:
    document = host.part_document()
    (part / "part.json").write_text(json.dumps({**document, "files": 4}))
    assert found(host.call("verify")) == {"part.json": "record"}


def test_a_part_of_another_server_is_no_part(host: t.Any, part: pathlib.Path) -> None:
    part.rename(part.with_name("web02"))
    assert found(host.call("verify", server="web02")) == {"part.json": "record"}


HOSTILE = [
    "../escape",
    "data/../../escape",
    "data/sub/../c.txt",
    "data//c.txt",
    "data/./c.txt",
    "data/",
    "/etc/passwd",
    "data/c.txt:stream",
    "data/nul",
    "data/COM1.log",
    "data/dot.",
    "data/blank ",
    "data/line\nbreak",
    "data/null\0",
    "data/no such folder/file",
    "data/a.txt/file",
    "data/half\ud800",
    "data/" + "x" * 256,
    "loose file",
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_is_refused(host: t.Any, part: pathlib.Path, path: str) -> None:
    edit_lists(host, {"path": path, "kind": "file", "size": 0})
    assert found(host.call("verify"))["files.jsonl"] == "record"
    assert not host.restore()["changed"]


def edit_lists(host: t.Any, entry: dict[str, t.Any]) -> None:
    """Add an entry to both lists, with every digest made right again."""
    lines = [json.loads(line) for line in (host.part() / "files.jsonl").read_bytes().splitlines()]
    lines.append({**lines[1], **entry})
    lines.sort(key=lambda line: str(line["path"]))
    (host.part() / "files.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    rows = [f"{'0' * 64}  {json.dumps(line['path'])[1:-1]}\n" for line in lines if line["kind"] == "file"]
    (host.part() / "manifest.sha256").write_text("".join(rows))
    host.record()


@pytest.mark.parametrize(
    "entry",
    [
        {"path": "data/a.txt"},
        {"path": "data/z", "size": -1},
        {"path": "data/z", "size": 2**63},
        {"path": "data/z", "size": 2**63 - 1},
        {"path": "data/z", "size": "1"},
        {"path": "data/z", "kind": "link"},
        {"path": "data/z", "written": "yesterday"},
        {"path": "data/z", "written": "2026-13-01T00:00:00.0000000Z"},
        {"path": "data/z", "attributes": 0x400},
        {"path": 7},
    ],
)
def test_a_senseless_entry_is_refused(host: t.Any, part: pathlib.Path, entry: dict[str, t.Any]) -> None:
    if entry["path"] == 7 or entry.get("size") in (2**63, "1", -1, 2**63 - 1):
        lines = (part / "files.jsonl").read_bytes()
        (part / "files.jsonl").write_bytes(
            lines + json.dumps({**json.loads(lines.splitlines()[1]), **entry}).encode() + b"\n"
        )
    else:
        edit_lists(host, {"kind": "file", "size": 0, **entry})
    assert found(host.call("verify"))["files.jsonl"] == "record"


def test_lists_in_another_order_are_refused(host: t.Any, part: pathlib.Path) -> None:
    lines = (part / "files.jsonl").read_bytes().splitlines(keepends=True)
    (part / "files.jsonl").write_bytes(b"".join([lines[0], *reversed(lines[1:])]))
    host.record()
    assert found(host.call("verify"))["files.jsonl"] == "record"


def test_one_component_alone(host: t.Any, part: pathlib.Path) -> None:
    (part / "data" / "a.txt").write_text("FIRST")
    assert found(host.call("verify", components=["data"])) == {"data/a.txt": "content"}
    assert host.call("verify", components=["reports"])["error"]["code"] == "component_missing"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"set_id": "20250101T000000Z"}, "set_missing"),
        ({"server": "web02"}, "part_missing"),
        ({"set_id": "latest"}, "bad_request"),
        ({"set_id": "20260231T000000Z"}, "bad_request"),
        ({"set_id": "19990101T000000Z"}, "bad_request"),
        ({"server": ".."}, "bad_request"),
        ({"deployment": "branch"}, "set_missing"),
    ],
)
def test_what_is_not_there(host: t.Any, part: pathlib.Path, members: dict[str, t.Any], code: str) -> None:
    assert host.call("verify", **members)["error"]["code"] == code


def test_an_unfinished_part(host: t.Any, part: pathlib.Path) -> None:
    (part / "part.json").unlink()
    assert host.call("verify")["error"]["code"] == "part_state"


def test_a_part_that_is_a_link_is_not_followed(host: t.Any, part: pathlib.Path) -> None:
    part.rename(host.folder / "elsewhere")
    part.symlink_to(host.folder / "elsewhere")
    assert host.call("verify")["error"]["code"] == "part_missing"


def test_long_lists_of_problems_are_cut_but_counted(host: t.Any) -> None:
    for number in range(1100):
        host.file(f"{number:04}", "x")
    host.backup()
    for path in (host.part() / "data").iterdir():
        path.write_text("y")
    answer = host.call("verify")
    assert (len(answer["problems"]), answer["problem_count"]) == (1000, 1100)
