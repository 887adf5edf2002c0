# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that links what did not change writes next to nothing, and trusts no more than the older part's record."""

from __future__ import annotations

import collections.abc as c
import hashlib
import json
import os
import pathlib
import shutil
import time
import typing as t

import pytest

from lab.streams import keeps_streams, put_stream, streams_of

FIRST, SECOND, THIRD = "20260101T000000Z", "20260102T000000Z", "20260103T000000Z"
NAMES = ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"]
TICK = 0.2
"""Seconds, more than a file must be older than the backup that it is to be linked to."""


@pytest.fixture
def tree(host: t.Any) -> pathlib.Path:
    """A source that did not change just now."""
    host.write(a="first", b="", sub__c="third", sub__deep__d="fourth")
    (host.source / "nothing in here").mkdir()
    (host.source / "sub" / "c.txt").chmod(0o444)
    time.sleep(TICK)
    source: pathlib.Path = host.source
    return source


def seal(host: t.Any, set_id: str = FIRST) -> None:
    """Seal the set's part as it stands, by the agent's own two phases."""
    part = host.part(set_id) / "part.json"
    member = {"server": host.name.lower(), "part_sha256": hashlib.sha256(part.read_bytes()).hexdigest()}
    text = json.dumps(
        {"schema": 1, "deployment": "hq", "set_id": set_id, "decider": "web01", "parts": [member]}, sort_keys=True
    )
    assert not host.call("seal", set_id=set_id, phase="prepared", document=text)["failed"]
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert not host.call("seal", set_id=set_id, phase="sealed", document_sha256=digest)["failed"]


@pytest.fixture
def sealed(host: t.Any, tree: pathlib.Path) -> pathlib.Path:
    """Return the part of a first, sealed set."""
    assert host.backup()["state"] == "complete"
    seal(host)
    part: pathlib.Path = host.part()
    return part


def linked(host: t.Any, set_id: str = SECOND, older: str = FIRST) -> list[str]:
    """Names of the files that two parts share."""
    parts = (host.part(set_id), host.part(older))
    return [name for name in NAMES if len({(part / "data" / name).stat().st_ino for part in parts}) == 1]


def again(host: t.Any, set_id: str = SECOND, **members: t.Any) -> dict[str, t.Any]:
    """Back up once more with links; the part is right whatever was linked."""
    answer: dict[str, t.Any] = host.backup(set_id=set_id, link_unchanged=True, **members)
    assert not answer["failed"], answer["error"]
    assert answer["linked_bytes"] + answer["copied_bytes"] == answer["bytes"]
    if not members.get("check"):
        document = json.loads((host.part(set_id) / "part.json").read_bytes())
        for name in ("linked", "linked_bytes", "link_sets", "not_linked", "warnings"):
            assert document[name] == answer[name]
    return answer


def not_linked(answer: dict[str, t.Any]) -> dict[str, int]:
    kinds = {loss["kind"]: loss["count"] for loss in answer["not_linked"]}
    for loss in answer["not_linked"]:
        assert [text for text in answer["warnings"] if f"The first is {loss['first']}: {loss['cause']}" in text]
    return kinds


def test_a_second_backup_links_all_that_did_not_change(host: t.Any, sealed: pathlib.Path) -> None:
    before = host.picture(host.source)
    answer = again(host)
    assert linked(host) == NAMES
    assert (answer["files"], answer["linked"], answer["linked_bytes"], answer["copied_bytes"]) == (4, 4, 16, 0)
    assert (answer["link_sets"], answer["not_linked"], answer["warnings"]) == ([FIRST], [], [])
    for name in ("files.jsonl", "manifest.sha256"):
        assert (host.part(SECOND) / name).read_bytes() == (sealed / name).read_bytes()
    assert host.picture(host.part(SECOND) / "data") == before
    for set_id in (FIRST, SECOND):
        assert host.call("verify", set_id=set_id)["state"] == "verified"


def test_nothing_is_linked_unasked(host: t.Any, sealed: pathlib.Path) -> None:
    answer = host.backup(set_id=SECOND)
    assert linked(host) == []
    assert (answer["linked"], answer["copied_bytes"], answer["link_sets"], answer["warnings"]) == (0, 16, [], [])


def test_what_is_linked_is_not_read(host: t.Any, sealed: pathlib.Path) -> None:
    before = host.picture(host.source)
    host.faults = {"grow": ["*/Source/*", "*/data/*"]}  # what is read grows
    assert again(host)["linked"] == 4
    assert host.picture(host.source) == before


def test_a_second_backup_writes_one_hundredth(host: t.Any) -> None:
    for number in range(200):
        host.file(f"{number % 10}/{number}.dat", os.urandom(50_000))
    time.sleep(TICK)
    host.backup()
    seal(host)
    again(host)
    own = [path.stat() for path in host.part(SECOND).rglob("*") if path.is_file() and path.stat().st_nlink == 1]
    assert len(own) == 3
    assert sum(facts.st_size for facts in own) <= 200 * 50_000 / 100


def test_other_content_of_the_same_size_and_time_is_copied(host: t.Any, sealed: pathlib.Path) -> None:
    path = host.source / "a.txt"
    times = path.stat()
    path.write_text("FIRST")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert again(host)["linked"] == 3
    assert linked(host) == NAMES[1:]
    assert (host.part(SECOND) / "data" / "a.txt").read_text() == "FIRST"
    assert (sealed / "data" / "a.txt").read_text() == "first"


def change(part: pathlib.Path, **members: t.Any) -> None:
    """Let the list say something else of a.txt."""
    lines = [json.loads(line) for line in (part / "files.jsonl").read_bytes().splitlines()]
    for line in lines:
        if line["path"] == "data/a.txt":
            line.update(members)
    (part / "files.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    "members",
    [
        {"size": 6},
        {"written": "2026-01-01T00:00:00.0000000Z"},
        {"changed": "2026-01-01T00:00:00.0000000Z"},
        {"attributes": 34},
        {"security": "O:SYG:SYD:P(A;;FA;;;SY)"},
    ],
    ids=lambda members: next(iter(members)),
)
def test_each_fact_counts(host: t.Any, tree: pathlib.Path, members: dict[str, t.Any]) -> None:
    host.backup()
    change(host.part(), **members)
    host.record()
    seal(host)
    assert again(host)["linked"] == 3
    assert linked(host) == NAMES[1:]


def test_what_changed_while_the_older_backup_began_is_copied(host: t.Any, tree: pathlib.Path) -> None:
    host.backup()
    document = host.part_document()
    document["started"] = json.loads((host.part() / "files.jsonl").read_bytes().splitlines()[1])["changed"]
    (host.part() / "part.json").write_text(json.dumps(document))
    seal(host)
    answer = again(host)
    assert (answer["linked"], answer["link_sets"]) == (0, [FIRST])


def spoil(host: t.Any, name: str) -> None:
    """Make the first set one that nothing is to be linked to."""
    part = host.part()
    if name == "unsealed":
        (part.parent / "set.json").unlink()
    elif name == "unfinished":
        (part / "part.json").unlink()
    elif name == "other seal":
        document = json.loads((part.parent / "set.json").read_bytes())
        document["parts"][0]["part_sha256"] = "0" * 64
        (part.parent / "set.json").write_text(json.dumps(document))
    elif name == "other machine":
        host.machine_guid = "22222222-0000-4000-8000-000000000002"
    elif name == "other place":
        host.source = host.source.rename(host.source.with_name("Moved"))
    elif name in ("manifest.sha256", "files.jsonl"):
        (part / name).write_bytes((part / name).read_bytes().replace(b"data/a.txt", b"data/A.txt"))


@pytest.mark.parametrize("flaw", ["unsealed", "unfinished", "other seal", "other machine", "other place"])
def test_nothing_is_linked_to_a_part_that_is_not_ours_and_sealed(host: t.Any, sealed: pathlib.Path, flaw: str) -> None:
    spoil(host, flaw)
    answer = again(host)
    assert (linked(host), answer["linked"], answer["link_sets"]) == ([], 0, [])
    assert ["no sealed set of this server" in text for text in answer["warnings"]] == [True]


def test_a_backup_that_fails_early_leaves_nothing_of_an_older_set_open(host: t.Any, sealed: pathlib.Path) -> None:
    """It is read at the same time, and takes longer. That something is open is an error of the agent (Server.cs)."""
    rows = (sealed / "files.jsonl").read_text(encoding="utf-8")
    [row] = [row for row in rows.splitlines(keepends=True) if '"data/a.txt"' in row]
    more = "".join(row.replace("a.txt", f"a{number:05}.txt") for number in range(50_000))
    (sealed / "files.jsonl").write_text(rows.replace(row, row + more), encoding="utf-8")
    host.part(SECOND).mkdir(parents=True)
    assert host.backup(set_id=SECOND, link_unchanged=True)["error"]["code"] == "part_exists"


def test_machines_without_an_identity_are_not_the_same(host: t.Any, tree: pathlib.Path) -> None:
    host.machine_guid = ""
    host.backup()
    seal(host)
    assert again(host)["linked"] == 0


@pytest.mark.parametrize("name", ["manifest.sha256", "files.jsonl"])
def test_a_set_whose_lists_are_damaged_is_named_and_left_alone(host: t.Any, sealed: pathlib.Path, name: str) -> None:
    spoil(host, name)
    answer = again(host)
    assert (linked(host), answer["linked"], answer["link_sets"]) == ([], 0, [])
    assert [text for text in answer["warnings"] if text.startswith(f"Set {FIRST} is not linked to: {name}")]


def test_a_partial_part_is_no_reference(host: t.Any, tree: pathlib.Path) -> None:
    host.faults = {"locked": ["*/Source/b.txt"]}
    assert host.backup(retries=0)["state"] == "partial"
    host.faults = {}
    digest = hashlib.sha256((host.part() / "part.json").read_bytes()).hexdigest()
    member = {"server": "web01", "part_sha256": digest}
    seal_of_a_partial = {"schema": 1, "deployment": "hq", "set_id": FIRST, "decider": "web01", "parts": [member]}
    (host.part().parent / "set.json").write_text(json.dumps(seal_of_a_partial))
    assert again(host)["linked"] == 0


def test_a_waived_part_is_one(host: t.Any, tree: pathlib.Path) -> None:
    host.faults = {"locked": ["*/Source/b.txt"]}
    assert host.backup(retries=0, allow_partial=["data/b.txt"])["state"] == "waived"
    host.faults = {}
    seal(host)
    assert again(host)["linked"] == 3
    assert (host.part(SECOND) / "data" / "b.txt").stat().st_nlink == 1


def test_the_newest_sealed_part_that_has_the_component_is_linked_to(host: t.Any, sealed: pathlib.Path) -> None:
    host.backup(set_id=SECOND)
    other = host.folder / "C" / "Other"
    other.mkdir()
    host.call("backup", set_id="20260102T120000Z", components=[{"name": "other", "path": str(other)}])
    seal(host, SECOND)
    seal(host, "20260102T120000Z")
    host.backup(set_id="20260102T130000Z")
    assert again(host, THIRD)["link_sets"] == [SECOND]
    assert linked(host, THIRD, SECOND) == NAMES
    assert linked(host, THIRD, FIRST) == []


@pytest.mark.parametrize("damage", ["shorter", "rewritten", "gone", "a link"])
def test_a_file_of_the_older_part_that_is_not_as_recorded_is_copied_from_the_source(
    host: t.Any, sealed: pathlib.Path, damage: str
) -> None:
    path = sealed / "data" / "a.txt"
    if damage == "shorter":
        path.write_text("firs")
    elif damage == "rewritten":
        path.write_text("FIRST")
    else:
        moved = path.rename(host.folder / "elsewhere.txt")
        if damage == "a link":
            path.symlink_to(moved)
    answer = again(host)
    kind = "link_other_time" if damage == "rewritten" else "link_damaged"
    assert (answer["linked"], not_linked(answer)) == (3, {kind: 1})
    assert (host.part(SECOND) / "data" / "a.txt").read_text() == "first"
    assert host.call("verify", set_id=SECOND)["state"] == "verified"


def test_damage_that_no_fact_shows_is_found_by_the_new_part_s_verify(host: t.Any, sealed: pathlib.Path) -> None:
    path = sealed / "data" / "a.txt"
    times = path.stat()
    path.write_text("FIRST")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert again(host)["linked"] == 4
    answer = host.call("verify", set_id=SECOND)
    assert (answer["state"], [problem["problem"] for problem in answer["problems"]]) == ("damaged", ["content"])
    assert host.backup(set_id=THIRD)["linked"] == 0
    seal(host, THIRD)
    assert again(host, "20260104T000000Z")["link_sets"] == [THIRD]
    assert host.call("verify", set_id="20260104T000000Z")["state"] == "verified"


def test_the_1025th_name_of_a_file_is_a_copy(host: t.Any, sealed: pathlib.Path) -> None:
    for number in range(1023):
        os.link(sealed / "data" / "a.txt", host.folder / f"{number}")
    answer = again(host)
    assert (answer["linked"], not_linked(answer)) == (3, {"link_limit": 1})
    assert linked(host) == NAMES[1:]
    assert (host.part(SECOND) / "data" / "a.txt").stat().st_nlink == 1
    (host.folder / "0").unlink()
    assert again(host, THIRD)["linked"] == 4
    assert (sealed / "data" / "a.txt").stat().st_nlink == 1024


@pytest.mark.parametrize(
    ("code", "kind"),
    [(17, "link_other_volume"), (1, "link_unsupported"), (50, "link_unsupported"), (5, "link_refused")],
)
def test_where_no_link_can_be_made_all_is_copied(host: t.Any, sealed: pathlib.Path, code: int, kind: str) -> None:
    host.faults = {"link_code": code}
    answer = again(host)
    assert (answer["linked"], answer["copied_bytes"], not_linked(answer)) == (0, 16, {kind: 4})
    assert f"({code})" in answer["not_linked"][0]["cause"]
    assert linked(host) == []
    assert host.call("verify", set_id=SECOND)["state"] == "verified"


def test_a_link_that_is_refused_counts_once_however_often_its_file_is_read(host: t.Any, sealed: pathlib.Path) -> None:
    """What another program has locked a region of opens, and is tried again and again."""
    host.faults = {"link_code": 1142, "region": ["*/Source/a.txt"]}
    answer = again(host, retries=3, allow_partial=["**"])
    assert (answer["problem_count"], answer["problems"][0]["problem"]) == (1, "locked")
    assert not_linked(answer) == {"link_limit": 4}


def test_check_mode_predicts_the_links(host: t.Any, sealed: pathlib.Path) -> None:
    host.file("a.txt", "FIRST")
    (sealed / "data" / "b.txt").touch()
    before = host.picture()
    previewed = again(host, check=True)
    assert host.picture() == before
    done = again(host)
    assert (previewed["linked"], previewed["linked_bytes"]) == (2, 11)
    for name in ("linked", "linked_bytes", "copied_bytes", "link_sets", "not_linked", "warnings", "files", "bytes"):
        assert previewed[name] == done[name]


def remove(host: t.Any, set_id: str) -> None:
    shutil.rmtree(host.part(set_id).parent)


def restore(host: t.Any, set_id: str) -> None:
    for name in NAMES[:3]:
        (host.source / name).unlink()
        (host.source / name).write_text("something else")
    answer = host.restore(set_id=set_id)
    assert (answer["failed"], answer["replaced"]) == (False, 3)


@pytest.mark.parametrize("use", [remove, restore])
@pytest.mark.parametrize(("one", "other"), [(FIRST, SECOND), (SECOND, FIRST)])
def test_a_set_that_is_used_or_removed_leaves_the_other_whole(
    host: t.Any, sealed: pathlib.Path, use: c.Callable[[t.Any, str], None], one: str, other: str
) -> None:
    again(host)
    before = host.picture(host.part(other))
    use(host, one)
    assert host.picture(host.part(other)) == before
    assert host.call("verify", set_id=other)["state"] == "verified"


def test_links_are_made_where_the_volume_cannot_be_flushed(host: t.Any, sealed: pathlib.Path) -> None:
    host.faults = {"no_volume_flush": True}
    assert again(host)["linked"] == 4


def test_the_first_backup_says_that_there_is_nothing_to_link_to(host: t.Any, tree: pathlib.Path) -> None:
    answer = again(host, FIRST)
    assert (answer["linked"], answer["link_sets"], answer["not_linked"]) == (0, [], [])
    assert answer["warnings"] == ["All of data is copied: no sealed set of this server has files to link to."]


def test_a_file_with_another_stream_is_copied(host: t.Any, tree: pathlib.Path) -> None:
    if not keeps_streams(host.folder):
        pytest.skip("needs a disk with extended attributes of users")
    put_stream(tree / "a.txt", "Zone.Identifier", b"ZoneId=3")
    time.sleep(TICK)
    assert host.backup()["streams"] == 1
    seal(host)
    answer = again(host)
    assert (linked(host), answer["streams"], answer["losses"]) == (NAMES[1:], 1, [])
    assert streams_of(host.part(SECOND) / "data" / "a.txt") == {"Zone.Identifier": b"ZoneId=3"}


def test_a_set_whose_times_were_rounded_is_reported_as_such(host: t.Any, sealed: pathlib.Path) -> None:
    """As after a copy to FAT, which keeps times of two seconds: content is right, and nothing can be linked."""
    for name in NAMES:
        seconds = 2 * int((sealed / "data" / name).stat().st_mtime / 2)
        os.utime(sealed / "data" / name, (seconds, seconds))
    assert host.call("verify")["state"] == "verified"
    answer = again(host)
    assert (answer["linked"], not_linked(answer)) == (0, {"link_other_time": 4})
    [warning] = [text for text in answer["warnings"] if "older set" in text]
    assert warning.startswith("4 files or folders did not change but were copied: ")
    assert "other modification times than its record, for example after a copy that rounds times" in warning
