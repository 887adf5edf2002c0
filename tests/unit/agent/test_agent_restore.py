# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore touches nothing before the part is proven, brings back exactly the part, and says what it changes."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import typing as t

import pytest
from unit.agent.conftest import hold

KINDS = ("added", "replaced", "removed", "attributes")


def counts(answer: dict[str, t.Any]) -> tuple[int, ...]:
    """added, replaced, removed, attributes; after checking that all of the answer's counts agree."""
    assert not answer["failed"], answer
    numbers = tuple(answer[kind] for kind in KINDS)
    for kind, number in zip(KINDS, numbers, strict=True):
        assert sum(component[kind] for component in answer["components"]) == number
        assert len(answer["diff"][kind]) == number
        assert answer["diff"][kind] == sorted(answer["diff"][kind])
    assert answer["changed"] == any(numbers)
    return numbers


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


@pytest.fixture
def before(host: t.Any) -> dict[str, t.Any]:
    """The source as it was when it was backed up."""
    host.write(a="first", b="second", sub__c="third", sub__deep__d="fourth", log__x="log")
    (host.source / "b.txt").chmod(0o444)
    (host.source / "empty" / "emptier").mkdir(parents=True)
    assert host.backup(exclude=["log"])["state"] == "complete"
    picture: dict[str, t.Any] = host.picture(host.source)
    return picture


def test_an_equal_target_is_left_alone(host: t.Any, before: dict[str, t.Any]) -> None:
    for policy in ("merge", "mirror"):
        answer = host.restore(policy=policy)
        assert counts(answer) == (0, 0, 0, 0)
        assert answer["components"][0]["unchanged"] == 4
    assert host.picture(host.source) == before


def test_into_nothing(host: t.Any, before: dict[str, t.Any]) -> None:
    shutil.rmtree(host.source)
    answer = host.restore()
    assert counts(answer) == (5, 0, 0, 0)
    assert answer["diff"]["added"][-3:] == ["data/empty/emptier/", "data/sub/c.txt", "data/sub/deep/d.txt"]
    assert host.picture(host.source) == {name: seen for name, seen in before.items() if not name.startswith("log")}
    assert counts(host.restore()) == (0, 0, 0, 0)


def damage(source: pathlib.Path) -> None:
    (source / "a.txt").write_text("FIRST")
    (source / "b.txt").chmod(0o644)
    (source / "b.txt").write_text("something longer")
    (source / "b.txt").chmod(0o444)
    (source / "sub" / "c.txt").unlink()
    os.utime(source / "sub" / "deep" / "d.txt", ns=(0, 0))
    (source / "log" / "y.txt").write_text("more log")
    (source / "sub" / "new.txt").write_text("new")
    (source / "new" / "deep").mkdir(parents=True)
    (source / "new" / "deep" / "z.txt").write_text("new")
    (source / "hollow" / "shell").mkdir(parents=True)


def test_merge_keeps_what_the_part_does_not_have(host: t.Any, before: dict[str, t.Any]) -> None:
    damage(host.source)
    answer = host.restore()
    assert counts(answer) == (1, 2, 0, 1)
    assert answer["diff"] == {
        "added": ["data/sub/c.txt"],
        "replaced": ["data/a.txt", "data/b.txt"],
        "removed": [],
        "attributes": ["data/sub/deep/d.txt"],
    }
    after = host.picture(host.source)
    assert {name for name in after if name not in before} == {
        "log/y.txt",
        "sub/new.txt",
        "new",
        "new/deep",
        "new/deep/z.txt",
        "hollow",
        "hollow/shell",
    }
    assert {name: seen for name, seen in after.items() if name in before and name != "log"} == {
        name: seen for name, seen in before.items() if name != "log"
    }


def test_mirror_removes_it_but_not_what_the_backup_left_out(host: t.Any, before: dict[str, t.Any]) -> None:
    damage(host.source)
    answer = host.restore(policy="mirror")
    assert counts(answer) == (1, 2, 3, 1)
    assert answer["diff"]["removed"] == ["data/hollow/shell/", "data/new/deep/z.txt", "data/sub/new.txt"]
    after = host.picture(host.source)
    assert after.pop("log/y.txt")[2] == b"more log"
    assert {**after, "log": before["log"]} == before


def test_mirror_keeps_what_lies_outside_the_include_of_the_backup(host: t.Any) -> None:
    host.write(one__a="x", two__b="y")
    host.backup(include=["one"])
    host.write(one__new="x", two__new="y", three__c="z")
    answer = host.restore(policy="mirror")
    assert answer["diff"]["removed"] == ["data/one/new.txt"]
    assert (host.source / "three" / "c.txt").exists()
    assert (host.source / "two" / "b.txt").exists()


def test_mirror_keeps_what_the_backup_could_not_read(host: t.Any) -> None:
    host.write(a="x", busy="y", shut__b="z")
    host.faults = {"locked": ["*/busy.txt"], "denied": ["*/Source/shut"]}
    host.backup(retries=0, allow_partial=["**"])
    host.faults = {}
    host.write(new="x")
    answer = host.restore(policy="mirror")
    assert answer["diff"]["removed"] == ["data/new.txt"]
    assert (host.source / "busy.txt").exists()
    assert (host.source / "shut" / "b.txt").exists()


def test_mirror_needs_to_know_all_that_the_backup_could_not_read(host: t.Any) -> None:
    for number in range(1001):
        (host.source / f"{number}").symlink_to("nowhere")
    host.backup(allow_partial=["**"])
    assert code(host.restore(policy="mirror")) == "part_state"
    assert code(host.restore(policy="merge")) == "none"


def test_include_and_exclude_bound_both_copying_and_removing(host: t.Any, before: dict[str, t.Any]) -> None:
    damage(host.source)
    answer = host.restore(policy="mirror", include=["???"], exclude=["sub/deep", "new/deep/*.txt"])
    assert counts(answer) == (1, 0, 1, 0)
    assert answer["diff"]["removed"] == ["data/sub/new.txt"]
    assert (host.source / "a.txt").read_text() == "FIRST"
    assert (host.source / "new" / "deep" / "z.txt").exists()


def test_a_file_where_a_folder_belongs_and_the_reverse(host: t.Any, before: dict[str, t.Any]) -> None:
    shutil.rmtree(host.source / "sub")
    (host.source / "sub").write_text("a file now")
    (host.source / "a.txt").unlink()
    (host.source / "a.txt" / "inner").mkdir(parents=True)
    (host.source / "a.txt" / "inner" / "x").write_text("x")
    (host.source / "a.txt" / "link").symlink_to(host.folder / "D")
    answer = host.restore()
    assert counts(answer) == (3, 0, 3, 0)
    assert answer["diff"]["removed"] == ["data/a.txt/inner/x", "data/a.txt/link/", "data/sub"]
    assert host.picture(host.source) == before
    assert (host.folder / "D").is_dir()


def test_a_link_where_a_folder_belongs_is_refused(host: t.Any, before: dict[str, t.Any]) -> None:
    shutil.move(host.source / "sub", host.folder / "C" / "elsewhere")
    (host.source / "sub").symlink_to(host.folder / "C" / "elsewhere")
    (host.source / "a.txt").write_text("changed")
    state = host.picture(host.source)
    answer = host.restore(policy="mirror")
    assert (code(answer), answer["error"]["path"]) == ("target_link", str(host.source / "sub"))
    assert host.picture(host.source) == state


def test_links_in_the_target_are_never_followed(host: t.Any, before: dict[str, t.Any]) -> None:
    outside = host.folder / "C" / "outside"
    outside.mkdir()
    (outside / "precious").write_text("keep")
    (host.source / "a.txt").unlink()
    (host.source / "a.txt").symlink_to(outside / "precious")
    (host.source / "to folder").symlink_to(outside)
    (host.source / "new").mkdir()
    (host.source / "new" / "to folder").symlink_to(outside)
    answer = host.restore(policy="mirror")
    assert counts(answer) == (0, 1, 2, 0)
    assert host.picture(host.source) == before
    assert (outside / "precious").read_text() == "keep"


def test_a_target_that_is_itself_a_link_is_refused(host: t.Any, before: dict[str, t.Any]) -> None:
    host.source.rename(host.source.with_name("Moved"))
    host.source.symlink_to(host.source.with_name("Moved"))
    assert code(host.restore()) == "target_link"


def test_a_file_in_the_place_of_the_component_is_refused(host: t.Any, before: dict[str, t.Any]) -> None:
    host.source.rename(host.source.with_name("Moved"))
    host.source.write_text("a file")
    answer = host.restore()
    assert (code(answer), answer["error"]["path"]) == ("target_file", str(host.source))
    assert host.source.read_text() == "a file"


def test_another_target_with_its_parents(host: t.Any, before: dict[str, t.Any]) -> None:
    target = host.folder / "D" / "new" / "place"
    answer = host.restore(target=str(target))
    assert counts(answer) == (5, 0, 0, 0)
    assert host.picture(target) == {name: seen for name, seen in before.items() if not name.startswith("log")}
    assert host.picture(host.source) == before


@pytest.mark.parametrize("policy", ["merge", "mirror"])
def test_check_mode_predicts_and_writes_nothing(host: t.Any, before: dict[str, t.Any], policy: str) -> None:
    damage(host.source)
    state = host.picture()
    dry = host.restore(check=True, policy=policy)
    assert host.picture() == state
    real = host.restore(policy=policy)
    assert {**dry, "seconds": 0} == {**real, "seconds": 0}
    assert counts(host.restore(policy=policy)) == (0, 0, 0, 0)


def test_nothing_is_touched_when_the_part_is_damaged(host: t.Any, before: dict[str, t.Any]) -> None:
    damage(host.source)
    state = host.picture(host.source)
    (host.part() / "data" / "sub" / "c.txt").write_text("THIRD")
    answer = host.restore(include=["a.txt"])
    assert (code(answer), answer["changed"]) == ("damaged", False)
    assert "data/sub/c.txt" in answer["error"]["cause"]
    assert host.picture(host.source) == state


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"unsealed": False}, "not_sealed"),
        ({"set_id": "20250101T000000Z"}, "set_missing"),
        ({"set_id": "latest"}, "bad_request"),
        ({"server": "web02"}, "part_missing"),
        ({"components": [{"name": "reports"}]}, "component_missing"),
        ({"components": [{"name": "data", "policy": "force"}]}, "bad_request"),
        ({"components": [{"name": "data"}, {"name": "data"}]}, "bad_request"),
        ({"target": "relative/path"}, "bad_request"),
    ],
)
def test_refusals(host: t.Any, before: dict[str, t.Any], members: dict[str, t.Any], expected: str) -> None:
    damage(host.source)
    state = host.picture(host.source)
    assert code(host.restore(**members)) == expected
    assert host.picture(host.source) == state


def test_a_part_of_another_machine_must_be_allowed(host: t.Any, before: dict[str, t.Any]) -> None:
    host.machine_guid = "22222222-0000-4000-8000-000000000002"
    assert code(host.restore()) == "other_machine"
    assert code(host.restore(other_machine=True)) == "none"


@pytest.mark.parametrize("policy", ["merge", "mirror"])
def test_a_partial_part_is_restored_only_if_it_is_accepted(host: t.Any, policy: str) -> None:
    host.write(a="x", busy="y")
    host.faults = {"locked": ["*/busy.txt"]}
    host.backup(retries=0)
    host.faults = {}
    host.write(a="changed")
    refused = host.restore(policy=policy, unsealed=False)
    assert code(refused) == "not_sealed"
    assert "groupid_restore_unsealed" in refused["error"]["next"]
    assert code(host.restore(policy=policy)) == "none"
    assert (host.source / "a.txt").read_text() == "x"
    assert (host.source / "busy.txt").read_text() == "y", "a file that the part lacks stays"


def test_the_sets_are_never_a_target(host: t.Any, before: dict[str, t.Any]) -> None:
    state = host.picture(host.root)
    for target in (host.root, host.root / "hq", host.part() / "data", host.folder / "D"):
        assert code(host.restore(target=str(target), policy="mirror")) == "target_in_root"
    assert host.picture(host.root) == state


def test_too_little_space(host: t.Any, before: dict[str, t.Any]) -> None:
    shutil.rmtree(host.source)
    host.faults = {"free_bytes": 1000}
    assert code(host.restore()) == "space"
    assert not host.source.exists()


def test_the_new_content_has_room_beside_the_old_and_the_safety_set_too(host: t.Any) -> None:
    for number in range(20):
        host.file(f"{number}", b"x" * 1_000_000)
    host.backup()
    for path in host.source.iterdir():
        path.write_bytes(b"y" * 1_000_000)
    # In the lab, drives have one volume: it needs both.
    safety = {"safety_set_id": "20270101T000000Z-before-restore"}
    host.faults = {"free_bytes": 16 * 1024 * 1024 + 20_200_000}
    assert code(host.restore(**safety)) == "space"
    host.faults = {"free_bytes": 16 * 1024 * 1024 + 40_400_000}
    assert counts(host.restore(**safety)) == (0, 20, 0, 0)


def test_a_target_that_cannot_be_listed(host: t.Any, before: dict[str, t.Any]) -> None:
    damage(host.source)
    state = host.picture(host.source)
    host.faults = {"denied": ["*/Source/sub"]}
    answer = host.restore()
    assert (code(answer), answer["error"]["path"]) == ("target_unreadable", str(host.source / "sub"))
    assert host.picture(host.source) == state


def test_a_failed_write_says_so_and_changes_nothing(host: t.Any, before: dict[str, t.Any]) -> None:
    damage(host.source)
    state = host.picture(host.source)
    host.faults = {"locked": ["*/Source/a.txt"]}
    answer = host.restore(threads=1)
    assert (code(answer), answer["changed"]) == ("write_failed", False)
    assert host.picture(host.source) == state
    host.faults = {}
    host.restore(policy="mirror")
    assert (host.source / "a.txt").read_text() == "first"


def test_what_a_killed_restore_left_is_removed(host: t.Any, before: dict[str, t.Any]) -> None:
    (host.source / "sub" / ".0123abcd.restoring").write_text("half")
    (host.source / "sub" / ".0123ABCD.restoring").write_text("not ours")
    answer = host.restore()
    assert answer["diff"]["removed"] == ["data/sub/.0123abcd.restoring"]
    assert (host.source / "sub" / ".0123ABCD.restoring").exists()


def test_names_of_255_characters_leave_room_for_the_temporary_file(host: t.Any) -> None:
    host.file("x" * 255, "long")
    host.backup()
    (host.source / ("x" * 255)).write_text("changed")
    assert counts(host.restore()) == (0, 1, 0, 0)


def test_diff_limit_cuts_the_lists_and_not_the_counts(host: t.Any) -> None:
    for number in range(30):
        host.file(f"{number:02}", "x")
    host.backup()
    shutil.rmtree(host.source)
    answer = host.restore(diff_limit=3)
    assert (answer["added"], answer["diff"]["added"]) == (30, ["data/00", "data/01", "data/02"])


def test_components_null_is_every_copied_one(host: t.Any, before: dict[str, t.Any]) -> None:
    (host.source / "a.txt").unlink()
    answer = host.call("restore", components=None, unsealed=True)
    assert counts(answer) == (1, 0, 0, 0)
    assert answer["components"][0]["policy"] == "merge"


@pytest.mark.parametrize("check", [True, False])
def test_the_lock_is_held(host: t.Any, before: dict[str, t.Any], check: bool) -> None:
    with host.lock.open() as lock:
        hold(lock)
        answer = host.restore(check=check)
    assert code(answer) == "locked"
    assert "backup of set hq" in answer["error"]["cause"]


def test_a_source_in_the_record_is_checked_before_it_becomes_a_target(host: t.Any, before: dict[str, t.Any]) -> None:
    document = host.part_document()
    document["components"][0]["source"] = "C:\\..\\escape"
    (host.part() / "part.json").write_text(json.dumps(document))
    assert code(host.restore()) == "damaged"


@pytest.mark.parametrize("operation", ["backup", "restore"])
def test_a_folder_that_is_missing_where_a_link_above_it_leads_is_named(host: t.Any, operation: str) -> None:
    """And nothing is begun that could then neither be ended nor undone."""
    apps = host.folder / "C" / "Apps"
    components = [{"name": "data", "path": str(apps / "Source")}]
    (apps / "Source").mkdir(parents=True)
    (apps / "Source" / "a.txt").write_text("first")
    assert not host.call("backup", components=components)["failed"]
    moved = shutil.move(apps, host.folder / "D" / "Apps")
    apps.symlink_to(moved)
    shutil.rmtree(moved / "Source")
    before = host.picture(moved)
    if operation == "backup":
        error = host.call("backup", components=components, set_id="20260102T000000Z")["error"]
        assert (error["code"], error["path"]) == ("source_missing", str(apps / "Source"))
    else:
        for check in (True, False):
            error = host.restore(policy="mirror", check=check)["error"]
            assert (error["code"], error["path"]) == ("target_link", str(apps))
            assert "targets" in error["next"]
    assert str(moved / "Source") in error["cause"]
    assert host.picture(moved) == before
    assert not host.restore(target=str(moved / "Source"))["failed"]
    assert (apps / "Source" / "a.txt").read_text() == "first"
    assert not host.restore(policy="mirror")["changed"]  # there, the way leads through the link as it did
