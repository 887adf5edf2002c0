# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alternate data streams: copied, listed, verified and restored, or reported as lost."""

from __future__ import annotations

import errno
import hashlib
import json
import pathlib
import shutil
import typing as t

import pytest

from lab.streams import keeps_streams, put_stream, streams_of

SAFETY = "20260102T000000Z-before-restore"
OLE = "\x05SummaryInformation"


@pytest.fixture(autouse=True)
def disk(tmp_path: pathlib.Path) -> None:
    """On Linux the streams are extended attributes of the disk that the test's host lies on."""
    if not keeps_streams(tmp_path):
        pytest.skip("needs a disk with extended attributes of users")


@pytest.fixture
def part(host: t.Any) -> t.Any:
    """A host with a part: data with two streams, data/a with two, data/sub with one, data/sub/b and data/c without."""
    put_stream(host.file("a", "first"), "Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=3\r\n")
    put_stream(host.source / "a", "empty", b"")
    put_stream(host.file("sub/b", "second").parent, "ü", b"of a folder")
    host.file("c", "third")
    put_stream(host.source, OLE, b"of the component")
    put_stream(host.source, "a", b"")
    before = host.picture(host.source)
    answer = host.backup()
    assert (answer["state"], answer["streams"], answer["losses"], answer["warnings"]) == ("complete", 5, [], [])
    assert host.picture(host.source) == before
    return host


def listed(host: t.Any) -> dict[str, list[dict[str, t.Any]]]:
    lines = map(json.loads, (host.part() / "files.jsonl").read_bytes().splitlines())
    return {line["path"]: line["streams"] for line in lines if "streams" in line}


def relist(host: t.Any, streams: object) -> None:
    """Return data/a other streams in the list, and make the record agree."""
    lines = [json.loads(line) for line in (host.part() / "files.jsonl").read_bytes().splitlines()]
    for line in lines:
        if line["path"] == "data/a":
            line["streams"] = streams
    (host.part() / "files.jsonl").write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    host.record()


def losses(answer: dict[str, t.Any]) -> list[tuple[str, int, str]]:
    assert not answer["failed"], answer
    return [(loss["kind"], loss["count"], loss["first"]) for loss in answer["losses"]]


def test_a_part_has_them(part: t.Any) -> None:
    def record(name: str, content: bytes) -> dict[str, t.Any]:
        return {"name": name, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()}

    zone = streams_of(part.source / "a")["Zone.Identifier"]
    assert listed(part) == {
        "data": [record(OLE, b"of the component"), record("a", b"")],
        "data/a": [record("Zone.Identifier", zone), record("empty", b"")],
        "data/sub": [record("ü", b"of a folder")],
    }
    assert part.part_document()["streams"] == 5
    assert part.picture(part.part() / "data") == part.picture(part.source)
    answer = part.call("verify")
    assert (answer["state"], answer["problems"]) == ("verified", [])


def test_all_come_back(part: t.Any) -> None:
    before = part.picture(part.source)
    shutil.rmtree(part.source)
    answer = part.restore()
    assert (losses(answer), answer["added"]) == ([], 3)
    assert part.picture(part.source) == before
    assert part.restore()["changed"] is False


@pytest.mark.parametrize("change", ["content", "removed", "added"])
def test_one_that_changed_comes_back_with_its_file(part: t.Any, change: str) -> None:
    before = part.picture(part.source)
    if change == "removed":
        shutil.copyfile(part.source / "a", part.folder / "bare")
        shutil.copystat(part.source / "c", part.folder / "bare")
        (part.source / "a").unlink()
        (part.folder / "bare").rename(part.source / "a")
    else:
        put_stream(part.source / "a", "Zone.Identifier" if change == "content" else "more", b"other")
    changed = streams_of(part.source / "a")
    for check in (True, False):
        answer = part.restore(check=check)
        assert (losses(answer), answer["replaced"]) == ([], int(change != "added")), check
    if change == "added":
        assert streams_of(part.source / "a") == changed, "what the part does not have is left alone"
    else:
        assert part.picture(part.source) == before
    assert part.restore()["changed"] is False


def test_what_is_replaced_is_saved_with_them(part: t.Any) -> None:
    put_stream(part.source / "a", "Zone.Identifier", b"changed")
    put_stream(part.source / "a", "more", b"new")
    before = part.picture(part.source / "sub"), streams_of(part.source / "a")
    answer = part.restore(safety_set_id=SAFETY)
    assert (losses(answer), answer["replaced"]) == ([], 1)
    assert "more" not in streams_of(part.source / "a")
    back = part.restore(set_id=SAFETY)
    assert (losses(back), back["replaced"]) == ([], 1)
    assert (part.picture(part.source / "sub"), streams_of(part.source / "a")) == before


def test_what_a_safety_set_does_not_hold_is_reported(part: t.Any) -> None:
    """The target's disk keeps streams and the backup root's, a file server's, does not: the replaced ones are gone."""
    (part.source / "a").write_text("other")
    part.faults = {"no_streams": ["*/Backups/*"]}
    answer = part.restore(safety_set_id=SAFETY)
    assert (losses(answer), answer["replaced"]) == ([], 1)
    reported = [warning for warning in answer["warnings"] if warning.startswith("The safety set: ")]
    assert len(reported) == 1, answer["warnings"]
    assert reported[0].startswith(
        "The safety set: 2 files or folders have alternate data streams that are not in the set"
    )


def test_a_folder_that_stays_keeps_its_own(part: t.Any) -> None:
    put_stream(part.source / "sub", "ü", b"changed")
    for check in (True, False):
        answer = part.restore(check=check)
        assert (losses(answer), answer["changed"]) == ([("streams_not_restored", 1, "data/sub")], False)
        assert "The folder existed and was kept" in answer["warnings"][0]
    assert streams_of(part.source / "sub") == {"ü": b"changed"}
    shutil.rmtree(part.source / "sub")
    assert losses(part.restore()) == []
    assert streams_of(part.source / "sub") == {"ü": b"of a folder"}


@pytest.mark.parametrize(
    ("faults", "cause"),
    [
        ({"no_streams": ["*/Backups/*"]}, "The file system of the backup root does not support them."),
        ({"denied": ["*/Backups/*:Zone.Identifier"]}, "Permission denied (5)"),
        (
            {"fail_change": {"glob": "*/Backups/*:Zone*", "at": 2, "errno": errno.ENOSPC}},
            "No space left on device (112)",
        ),
        ({"locked": ["*/Backups/*:Zone.Identifier"]}, "The incomplete copy was not removed: "),
    ],
    ids=["none", "refused", "full", "held"],
)
def test_a_root_that_does_not_take_them(host: t.Any, faults: dict[str, t.Any], cause: str) -> None:
    put_stream(host.file("a", "first"), "Zone.Identifier", b"x" * 100)
    host.faults = faults
    answer = host.backup()
    assert (answer["state"], answer["streams"], losses(answer)) == ("complete", 0, [("streams", 1, "data/a")])
    assert cause in answer["warnings"][0]
    left = {"Zone.Identifier": b""} if "locked" in faults else {}
    assert (listed(host), streams_of(host.part() / "data" / "a")) == ({}, left)
    assert (host.part() / "data" / "a").read_text() == "first"


def test_a_target_that_keeps_none(part: t.Any) -> None:
    shutil.rmtree(part.source)
    part.faults = {"no_streams": ["*/C", "*/C/*"]}
    for check, changed in ((True, True), (False, True), (False, False)):
        answer = part.restore(check=check)
        assert (losses(answer), answer["changed"]) == ([("streams_not_restored", 3, "data")], changed)
    assert streams_of(part.source / "a") == {}
    assert (part.source / "a").read_text() == "first"


def test_a_target_that_refuses_one(part: t.Any) -> None:
    shutil.rmtree(part.source)
    part.faults = {"fail_change": {"glob": "*/C/*:empty", "at": 1, "errno": errno.EOPNOTSUPP}}
    answer = part.restore()
    assert losses(answer) == [("streams_not_restored", 1, "data/a")]
    assert list(streams_of(part.source / "a")) == ["Zone.Identifier"]


@pytest.mark.parametrize("at", [1, 2])
def test_a_disk_that_is_full_at_one_goes_back(part: t.Any, at: int) -> None:
    (part.source / "a").write_text("other")
    before = part.picture(part.source)
    part.faults = {"fail_change": {"glob": "*/C/*:Zone*", "at": at, "errno": errno.ENOSPC}}
    answer = part.restore()
    assert (answer["error"]["code"], answer["changed"]) == ("write_failed", False)
    assert "everything is as it was before" in answer["error"]["what"]
    assert part.picture(part.source) == before


@pytest.mark.parametrize("times", [2, 99])
def test_one_that_is_in_use(host: t.Any, times: int) -> None:
    put_stream(host.file("a", "first"), "x", b"content")
    host.faults = {"reads": {"*/Source/a:x": times}}
    answer = host.backup()
    kinds = [problem["problem"] for problem in answer["problems"]]
    assert (answer["state"], kinds) == (("complete", []) if times == 2 else ("partial", ["locked"]))
    assert (host.part() / "data" / "a").exists() == (times == 2)


def test_one_of_a_folder_that_is_in_use_costs_no_other(host: t.Any) -> None:
    folder = host.file("sub/a", "first").parent
    for name in ("a", "b", "c"):
        put_stream(folder, name, b"content")
    host.faults = {"reads": {"*/Source/sub:b": 99}}
    answer = host.backup()
    assert (answer["state"], losses(answer)) == ("complete", [("streams", 1, "data/sub")])
    assert "(32)" in answer["warnings"][0]
    assert [stream["name"] for stream in listed(host)["data/sub"]] == ["a", "c"]


def test_more_than_a_line_holds(host: t.Any) -> None:
    file = host.file("a", "first")
    for number in range(65):
        put_stream(file, f"{number:02}", b"")
    answer = host.backup()
    assert (answer["streams"], losses(answer)) == (64, [("streams", 1, "data/a")])
    assert "more than 64" in answer["warnings"][0]
    assert host.call("verify")["state"] == "verified"


def test_a_name_that_no_set_holds(host: t.Any) -> None:
    put_stream(host.file("a", "first"), "a:b", b"")
    answer = host.backup()
    assert (answer["streams"], losses(answer)) == (0, [("streams", 1, "data/a")])
    assert "'a:b' has a character that is not allowed in a name" in answer["warnings"][0]


@pytest.mark.parametrize("damage", ["content", "removed", "both", "file"])
def test_a_damaged_one_is_found_and_never_restored(part: t.Any, damage: str) -> None:
    stored = part.part() / "data" / "a"
    if damage in ("content", "both"):
        put_stream(stored, "Zone.Identifier", b"[ZoneTransfer]\r\nZoneId=0\r\n")
    if damage in ("removed", "both"):
        shutil.copyfile(part.part() / "data" / "c", part.folder / "bare")
        (part.folder / "bare").write_bytes(stored.read_bytes())
        stored.unlink()
        shutil.copystat(part.part() / "data" / "c", part.folder / "bare")
        shutil.move(part.folder / "bare", stored)
    if damage == "file":
        stored.unlink()
    answer = part.call("verify")
    found = [(problem["path"], problem["problem"]) for problem in answer["problems"]]
    zone, empty = ("data/a:Zone.Identifier", "stream"), ("data/a:empty", "stream")
    wanted = {"content": [zone], "removed": [zone, empty], "both": [zone, empty], "file": [("data/a", "missing")]}
    assert (answer["failed"], found) == (True, wanted[damage])
    if damage == "file":
        assert part.restore()["error"]["code"] == "damaged"
        return
    assert part.call("verify", mode="quick")["state"] == "verified"
    before = streams_of(part.source / "a")
    (part.source / "a").write_text("other")
    answer = part.restore()
    assert losses(answer) == [("streams_not_restored", len(found), "data/a:Zone.Identifier")]
    assert (part.source / "a").read_text() == "first"
    assert streams_of(part.source / "a") == ({"empty": before["empty"]} if damage == "content" else {})


def test_a_damaged_one_that_nobody_wants_is_not_reported(part: t.Any) -> None:
    put_stream(part.part() / "data" / "a", "Zone.Identifier", b"other")
    (part.source / "c").unlink()
    answer = part.restore(include=["c"])
    assert (losses(answer), answer["warnings"], answer["added"]) == ([], [], 1)


def test_each_is_read_by_one_share(part: t.Any) -> None:
    put_stream(part.part() / "data" / "a", "empty", b"more")
    states = [part.call("verify", mode=f"{share}/3")["state"] for share in (1, 2, 3)]
    assert sorted(states) == ["damaged", "verified", "verified"]


def test_a_folder_that_is_none_stands_for_its_streams(part: t.Any) -> None:
    put_stream(part.source / "sub" / "b", "x", b"below")
    assert part.backup(set_id="20260101T000001Z")["streams"] == 6
    stored = part.part("20260101T000001Z") / "data" / "sub"
    shutil.rmtree(stored)
    stored.write_text("a file")
    answer = part.call("verify", set_id="20260101T000001Z")
    assert [problem["path"] for problem in answer["problems"]] == ["data/sub"], answer


def test_streams_behind_a_link_are_not_read(part: t.Any) -> None:
    """A link in a part leads anywhere, to another computer too: only that it is one is reported."""
    put_stream(part.source / "sub" / "b", "x", b"below")
    assert part.backup(set_id="20260101T000001Z")["streams"] == 6
    stored = part.part("20260101T000001Z") / "data" / "sub"
    stored.rename(part.folder / "elsewhere")
    stored.symlink_to(part.folder / "elsewhere")
    put_stream(part.folder / "elsewhere" / "b", "x", b"other")
    answer = part.call("verify", set_id="20260101T000001Z")
    assert [(problem["path"], problem["problem"]) for problem in answer["problems"]] == [("data/sub", "kind")]


@pytest.mark.parametrize(
    "streams",
    [
        "x",
        [1],
        [{"name": "x"}],
        *([{"name": name, "size": 0, "sha256": "0" * 64}] for name in ("", ".", "a:b", "a/b", "a\0:b", "x" * 256)),
        [{"name": "x", "size": -1, "sha256": "0" * 64}],
        [{"name": "x", "size": 0, "sha256": "0" * 63}],
        [{"name": "x", "size": 0, "sha256": hashlib.sha256().hexdigest()}] * 2,
        [{"name": f"{number}", "size": 0, "sha256": "0" * 64} for number in range(65)],
        [{"name": f"{number:0200}", "size": 0, "sha256": "0" * 64} for number in range(1000)],
    ],
)
def test_a_list_that_cannot_be(part: t.Any, streams: object) -> None:
    relist(part, streams)
    before = part.picture(part.source)
    (part.source / "a").unlink()
    answer = part.restore()
    assert answer["error"]["code"] == "damaged"
    assert not (part.source / "a").exists()
    del before["a"]
    assert part.picture(part.source) == before


def test_an_invented_one_is_not_made(part: t.Any) -> None:
    relist(part, [{"name": "evil", "size": 4, "sha256": hashlib.sha256(b"evil").hexdigest()}])
    (part.source / "a").unlink()
    answer = part.restore()
    assert losses(answer) == [("streams_not_restored", 1, "data/a:evil")]
    assert streams_of(part.source / "a") == {}
