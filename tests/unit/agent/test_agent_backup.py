# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup takes everything it was asked for, names everything it could not take, and changes nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import typing as t

import pytest
from unit.agent.conftest import hold


def problems(answer: dict[str, t.Any]) -> dict[str, str]:
    assert len(answer["problems"]) == answer["problem_count"]
    return {problem["path"]: problem["problem"] for problem in answer["problems"]}


def error(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def small_tree(host: t.Any) -> None:
    host.write(a="first", b="", sub__c="third", sub__deep__d="fourth")
    host.file("sub.txt", "sorts between sub and sub/c")
    host.file("we\\ird", "a backslash in the name")
    (host.source / "nothing in here").mkdir()


def test_part_holds_the_same_tree(host: t.Any) -> None:
    small_tree(host)
    os.utime(host.source / "a.txt", ns=(0, 1234567890123456700))
    (host.source / "b.txt").chmod(0o444)
    os.utime(host.source / "sub", ns=(0, 987654321000000000))
    before = host.picture(host.source)
    answer = host.backup()
    assert error(answer) == "none"
    assert (answer["changed"], answer["state"], answer["files"], answer["directories"]) == (True, "complete", 6, 4)
    assert host.picture(host.source) == before
    assert host.picture(host.part() / "data") == before


def test_manifest_satisfies_sha256sum_and_names_every_file(host: t.Any) -> None:
    small_tree(host)
    host.backup()
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest.sha256"], cwd=host.part(), check=True)
    listed = [json.loads(line) for line in (host.part() / "files.jsonl").read_bytes().splitlines()]
    paths = [line["path"] for line in listed]
    assert paths == sorted(paths)
    found = {str(path.relative_to(host.part())) for path in host.part().rglob("*") if path.parent != host.part()}
    assert set(paths) == found | {"data"}
    manifest = (host.part() / "manifest.sha256").read_text().splitlines()
    assert len(manifest) == len([line for line in listed if line["kind"] == "file"])


def test_times_are_kept_to_100_ns(host: t.Any) -> None:
    host.write(a="x")
    os.utime(host.source / "a.txt", ns=(0, 1234567890123456700))
    host.backup()
    line = json.loads((host.part() / "files.jsonl").read_bytes().splitlines()[1])
    assert line["written"] == "2009-02-13T23:31:30.1234567Z"
    assert (host.part() / "data" / "a.txt").stat().st_mtime_ns == 1234567890123456700


def test_part_document_carries_the_digests(host: t.Any) -> None:
    host.write(a="x")
    answer = host.backup(epoch="e1", inventory_name="web01.inventory", exclude=["*.log"])
    document = host.part_document()
    for name, member in (("manifest.sha256", "manifest_sha256"), ("files.jsonl", "files_sha256")):
        assert document[member] == hashlib.sha256((host.part() / name).read_bytes()).hexdigest()
    assert answer["part_sha256"] == hashlib.sha256((host.part() / "part.json").read_bytes()).hexdigest()
    assert (document["epoch"], document["inventory_name"], document["server"]) == (
        "e1",
        "web01.inventory",
        host.name.lower(),
    )
    assert document["components"][0]["source"] == str(host.source)
    assert document["components"][0]["exclude"] == ["*.log"]
    assert sorted(path.name for path in host.part().iterdir()) == [
        "data",
        "files.jsonl",
        "manifest.sha256",
        "part.json",
    ]


def test_excluded_folders_are_not_entered(host: t.Any) -> None:
    host.write(keep="x", log__a="x", log__b="x", sub__log__c="x")
    host.file("node.lock")
    host.faults = {"denied": ["*/log"]}
    answer = host.backup(exclude=["**/log", "node.lock"])
    assert error(answer) == "none"
    assert (answer["files"], answer["excluded"]) == (1, 3)


def test_include_keeps_only_the_folders_that_lead_to_something(host: t.Any) -> None:
    host.write(one__a="x", two__deep__b="x", two__c="x", three__d="x")
    answer = host.backup(include=["two/deep"])
    assert error(answer) == "none"
    found = sorted(str(path.relative_to(host.part() / "data")) for path in (host.part() / "data").rglob("*"))
    assert found == ["two", "two/deep", "two/deep/b.txt"]


@pytest.mark.parametrize(
    ("fault", "kind"), [("locked", "locked"), ("denied", "denied"), ("vanish", "vanished"), ("grow", "changed")]
)
def test_a_file_that_cannot_be_read_is_named_and_leaves_nothing(host: t.Any, fault: str, kind: str) -> None:
    host.write(good="x", sub__bad="y")
    host.faults = {fault: ["*/Source/sub/bad.txt"]}
    answer = host.backup()
    assert error(answer) == "partial"
    assert (answer["state"], answer["files"], answer["components"][0]["status"]) == ("partial", 1, "partial")
    assert problems(answer) == {"data/sub/bad.txt": kind}
    assert answer["problems"][0]["cause"]
    assert "data/sub/bad.txt" in answer["error"]["cause"]
    assert [path.name for path in (host.part() / "data" / "sub").iterdir()] == []
    assert host.part_document()["problems"] == answer["problems"]
    host.faults = {}
    assert host.call("verify")["state"] == "verified"


def test_links_and_names_of_no_use_on_windows_are_problems(host: t.Any) -> None:
    host.write(good="x", elsewhere__a="y")
    for name, target in (("to file", "good.txt"), ("to folder", "elsewhere"), ("to nothing", "gone")):
        (host.source / name).symlink_to(target)
    for name in ("dot.", "blank ", "AUX", "nul.txt", "a:stream", "bell\a"):
        host.file(name)
    answer = host.backup()
    assert answer["files"] == 2
    names = {f"data/{name}": "name" for name in ("dot.", "blank ", "AUX", "nul.txt", "a:stream", "bell\a")}
    assert problems(answer) == {**names, "data/to file": "link", "data/to folder": "link", "data/to nothing": "link"}


def test_half_a_character_is_a_problem_of_its_name(host: t.Any) -> None:
    host.write(good="x")
    (host.source / os.fsdecode(b"half \xed\xa0\x80")).write_text("y")
    answer = host.backup()
    assert [problem["problem"] for problem in answer["problems"]] == ["name"]


def test_a_folder_that_cannot_be_listed_is_a_problem(host: t.Any) -> None:
    host.write(good="x", shut__a="y")
    host.faults = {"denied": ["*/Source/shut"]}
    answer = host.backup()
    assert (error(answer), problems(answer)) == ("partial", {"data/shut": "denied"})


def test_what_the_caller_allowed_is_waived(host: t.Any) -> None:
    host.write(good="x", sub__bad="y")
    host.faults = {"locked": ["*/bad.txt"]}
    answer = host.backup(allow_partial=["data/sub"])
    assert (error(answer), answer["state"], answer["problems"][0]["allowed"]) == ("none", "waived", True)


def test_a_file_that_is_locked_for_a_moment_is_taken(host: t.Any) -> None:
    host.write(busy="x", other="y")
    host.faults = {"reads": {"*/busy.txt": 3}}
    assert (host.backup(retries=3)["state"], host.part_document()["files"]) == ("complete", 2)


def test_retries_are_bounded(host: t.Any) -> None:
    host.write(busy="x")
    host.faults = {"reads": {"*/busy.txt": 3}}
    assert problems(host.backup(retries=2)) == {"data/busy.txt": "locked"}


@pytest.mark.parametrize("faults", [{"full_after_bytes": 100_000}, {"denied": ["*/Backups/*/big.txt"]}])
def test_a_failed_write_ends_the_backup(host: t.Any, faults: dict[str, t.Any]) -> None:
    host.write(big=b"x" * 300_000, small="y")
    host.faults = faults
    answer = host.backup(threads=1)  # the largest first
    assert (error(answer), answer["changed"]) == ("write_failed", True)
    assert answer["error"]["path"] == str(host.part() / "data" / "big.txt")
    assert not (host.part() / "part.json").exists()
    host.faults = {}
    assert host.call("list")["sets"][0]["parts"][0]["state"] == "unfinished"


def test_too_little_space_is_found_before_the_first_byte(host: t.Any) -> None:
    host.write(a=b"x" * 1000)
    host.faults = {"free_bytes": 16 * 1024 * 1024 + 1000}
    for check in (True, False):
        assert error(host.backup(check=check)) == "space"
    assert not host.root.exists()


def test_check_mode_says_what_lies_on_each_drive_and_how_much_is_free_there(host: t.Any) -> None:
    host.write(a="one", b="three")
    other = host.folder / "C" / "Other"
    other.mkdir()
    (other / "c.txt").write_text("seven..")
    components = [{"name": "data", "path": str(host.source)}, {"name": "other", "path": str(other)}]
    absent = {"name": "absent", "path": str(host.folder / "C" / "Absent"), "required": False}
    host.faults = {"free_bytes": 10**9}
    # In the lab, drives have one volume.
    assert host.call("backup", components=[*components, absent], check=True)["sources"] == [
        {"path": "/", "bytes": 15, "free_bytes": 10**9}
    ]
    assert host.backup(check=True, exclude=["b.txt"])["sources"][0]["bytes"] == 3
    assert host.call("backup", components=[absent], check=True)["sources"] == []
    assert "sources" not in host.backup()


def test_a_part_is_never_written_twice(host: t.Any) -> None:
    host.write(a="x")
    host.backup()
    before = host.picture(host.root)
    for check in (True, False):
        assert error(host.backup(check=check)) == "part_exists"
    assert host.picture(host.root) == before


@pytest.mark.parametrize("check", [True, False])
def test_the_loser_of_the_lock_learns_who_holds_it(host: t.Any, check: bool) -> None:
    host.write(a="x")
    host.lock.parent.mkdir()
    holder = {"operation": "restore", "set": "hq 1", "started": "now", "process": 4711, "user": "CORP\\ann"}
    with host.lock.open("w") as lock:
        json.dump(holder, lock)
        lock.flush()
        hold(lock)
        answer = host.backup(check=check)
    assert error(answer) == "locked"
    assert "CORP\\ann" in answer["error"]["cause"]
    assert "4711" in answer["error"]["cause"]
    assert not host.root.exists()


def test_the_lock_names_its_last_holder(host: t.Any) -> None:
    host.write(a="x")
    host.lock.parent.mkdir()
    host.lock.write_text("a much longer line than the one to come " * 20)
    host.backup()
    holder = json.loads(host.lock.read_text())
    assert (holder["operation"], holder["set"], holder["user"]) == ("backup", "hq 20260101T000000Z", "CORP\\svc")


def test_only_folders_made_by_the_backup_are_closed(host: t.Any) -> None:
    host.write(a="x")
    host.root.mkdir(mode=0o755)
    host.backup()
    assert stat.S_IMODE(host.root.stat().st_mode) == 0o755
    assert stat.S_IMODE((host.root / "hq").stat().st_mode) == 0o700
    assert stat.S_IMODE(host.lock.parent.stat().st_mode) == 0o700


def test_a_missing_source(host: t.Any) -> None:
    host.source.rmdir()
    assert error(host.backup()) == "source_missing"
    answer = host.backup(required=False)
    assert (error(answer), answer["components"][0]["status"], answer["state"]) == ("none", "absent", "complete")
    assert host.call("verify")["state"] == "verified"


def test_a_file_is_no_source(host: t.Any) -> None:
    host.source.rmdir()
    host.source.write_text("x")
    assert error(host.backup()) == "source_missing"


@pytest.mark.parametrize("root", ["C/Source/Backups", "C", "C/Source"])
def test_source_and_set_never_lie_in_each_other(host: t.Any, root: str) -> None:
    host.root = host.folder / root
    if root == "C":
        host.source = host.root / "hq" / "20260101T000000Z" / "web09"
    host.file("a.txt", "x")
    for check in (True, False):
        assert error(host.backup(check=check)) == "source_in_root"


def test_a_link_as_the_component_itself_is_resolved(host: t.Any) -> None:
    host.write(a="x")
    real = host.source.rename(host.source.with_name("Moved"))
    host.source.symlink_to(real)
    answer = host.backup()
    assert (answer["state"], answer["files"], answer["components"][0]["source"]) == ("complete", 1, str(real))


def test_check_mode_predicts_and_writes_nothing(host: t.Any) -> None:
    small_tree(host)
    (host.source / "link").symlink_to("a.txt")
    before = host.picture()
    dry = host.backup(check=True, allow_partial=["data/link"])
    assert host.picture() == before
    real = host.backup(allow_partial=["data/link"])
    for name in (
        "changed",
        "state",
        "files",
        "directories",
        "bytes",
        "excluded",
        "components",
        "problems",
        "part_path",
    ):
        assert dry[name] == real[name]
    assert (dry["part_sha256"], dry["finished"]) == (None, None)


def test_every_file_goes_to_the_medium_where_a_volume_flush_is_refused(host: t.Any) -> None:
    small_tree(host)
    host.faults = {"no_volume_flush": True}
    assert host.backup()["state"] == "complete"
    assert host.call("verify")["state"] == "verified"


def test_many_files_of_all_sizes_with_many_threads(host: t.Any) -> None:
    for number in range(300):
        host.file(f"{number % 7}/{number}.bin", os.urandom(number * 37 % 5000))
    for size in (262_143, 262_144, 262_145, 3_000_000):
        host.file(f"large {size}", os.urandom(size))
    answer = host.backup(threads=16)
    assert (answer["state"], answer["files"]) == ("complete", 304)
    assert host.picture(host.part() / "data") == host.picture(host.source)


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"components": []}, "components"),
        ({"components": [{"name": "../x", "path": "/x"}]}, "../x"),
        ({"components": [{"name": "data", "path": "relative"}]}, "path"),
        ({"components": [{"name": "data", "path": "/x/../y"}]}, "path"),
        ({"components": [{"name": "data", "path": "/x"}, {"name": "data", "path": "/y"}]}, "twice"),
        ({"deployment": "a/b"}, "deployment"),
        ({"deployment": "con"}, "deployment"),
        ({"set_id": "20260101T000000Z-../.."}, "set_id"),
        ({"set_id": "latest"}, "set_id"),
        ({"root": "Backups"}, "root"),
        ({"threads": "four"}, "threads"),
        ({"allow_partial": ["/absolute"]}, "absolute"),
        ({"version": "12.0"}, "12.0"),
    ],
)
def test_a_bad_request_is_refused_by_name(host: t.Any, members: dict[str, t.Any], named: str) -> None:
    before = host.picture()
    answer = host.backup(**members)
    assert error(answer) == "bad_request"
    assert named in answer["error"]["cause"]
    assert host.picture() == before


def test_a_drive_that_is_not_there_is_not_made(host: t.Any) -> None:
    host.root = host.folder / "D" / "file" / "Backups"
    (host.folder / "D" / "file").write_text("x")
    host.write(a="x")
    assert error(host.backup()) == "write_failed"
