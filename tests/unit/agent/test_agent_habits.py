# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Windows does by habit: names that are held for a moment, times that move by themselves, owners by policy."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import time
import typing as t

import pytest
from unit.agent.conftest import CREATED, SET_ID, Host
from unit.agent.test_agent_links import SECOND, seal

from lab.habits import hold_name
from lab.streams import keeps_streams

ANTIVIRUS = {"antivirus_ms": 200}
SLOW_DELETIONS = {"pending_ms": 700, "pending_one_in": 1}


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def damage(host: t.Any) -> None:
    """Change a tree in every way that a mirroring restore puts right."""
    host.file("a.txt", "damaged")
    host.file("folder/b.txt").unlink()
    host.file("new/deep/c.txt", "not in the part")


@pytest.fixture
def saved(host: t.Any) -> t.Any:
    """A host whose source is in a part."""
    host.write(a="1", folder__b="2", folder__deep__c="3")
    assert code(host.backup()) == "none"
    return host


@pytest.mark.parametrize("habits", [ANTIVIRUS, SLOW_DELETIONS, {**ANTIVIRUS, **SLOW_DELETIONS}])
def test_a_restore_waits_for_names_that_are_held_for_a_moment(saved: t.Any, habits: dict[str, int]) -> None:
    before = saved.picture(saved.source)
    damage(saved)
    saved.habits = habits
    answer = saved.restore(policy="mirror")
    assert (code(answer), answer["warnings"]) == ("none", [])
    assert saved.picture(saved.source) == before


def test_a_backup_waits_for_an_antivirus(host: t.Any) -> None:
    host.write(a="1", folder__b="2")
    host.habits = ANTIVIRUS
    assert code(host.backup()) == "none"
    assert host.call("verify")["state"] == "verified"


def test_without_patience_it_would_have_failed(saved: t.Any) -> None:
    saved.habits, saved.patience = ANTIVIRUS, 0
    damage(saved)
    answer = saved.restore(policy="mirror")
    assert code(answer) == "write_failed"
    assert answer["error"]["cause"].endswith("(32)")


TUNNELING = {"tunneling": True}
OLD, NEW = "130000000000000000", "130000000010000000"


@pytest.fixture
def dated(host: t.Any) -> Host:
    """A host whose source was created at one time, saved, and replaced by files of another time."""
    if not keeps_streams(host.folder):
        pytest.skip("needs a disk with extended attributes")
    host.habits = TUNNELING
    host.write(a="1", folder__b="2", sub__deep__c="3")
    date(host.source, OLD)
    assert code(host.backup()) == "none"
    for path in host.source.rglob("*"):
        if path.is_file():
            path.write_text("damaged")
    date(host.source, NEW)
    host.picture(host.source)
    return t.cast(Host, host)


def date(folder: pathlib.Path, created: str) -> None:
    for path in folder.rglob("*"):
        os.setxattr(path, CREATED, created.encode())


def test_a_restored_file_was_created_when_the_saved_one_was(dated: Host) -> None:
    assert code(dated.restore()) == "none"
    assert set(dated.created(dated.source).values()) == {OLD}


def test_a_restored_folder_was_created_when_the_saved_one_was(dated: Host) -> None:
    (dated.source / "sub" / "deep" / "c.txt").unlink()
    (dated.source / "sub" / "deep").rmdir()
    (dated.source / "sub" / "deep").write_text("a file now")
    assert code(dated.restore(policy="mirror")) == "none"
    assert os.getxattr(dated.source / "sub" / "deep", CREATED).decode() == OLD


@pytest.mark.parametrize("swapped", range(1, 4))
def test_what_goes_back_was_created_when_it_was(dated: Host, swapped: int) -> None:
    before, created = dated.picture(dated.source), dated.created(dated.source)
    dated.faults = {"fail_change": {"glob": f"{dated.source}/*.txt", "at": 2 * swapped, "errno": 5}}
    answer = dated.restore()
    assert code(answer) == "write_failed"
    assert (dated.picture(dated.source), dated.created(dated.source)) == (before, created)


@pytest.mark.parametrize("change", range(20, 60, 4))
def test_a_killed_restore_ends_with_the_times_of_one_side(dated: Host, change: int) -> None:
    dated.faults = {"die_at": change}
    with contextlib.suppress(AssertionError):
        dated.restore(threads=1)
    dated.faults = {}
    assert code(dated.backup(set_id="20260103T000000Z")) == "none"
    contents = {path.read_text() for path in dated.source.rglob("*") if path.is_file()}
    assert (contents == {"damaged"}, set(dated.created(dated.source).values())) in ((True, {NEW}), (False, {OLD}))


def test_a_file_system_that_cannot_list_streams_loses_no_file(host: t.Any) -> None:
    """It says that it keeps some, and does not know the question (87): that is reported, and no file is left out."""
    host.write(a="1", folder__b="2")
    host.habits = {"no_classes": [f"{host.source}*"]}
    if not keeps_streams(host.folder):
        pytest.skip("needs a disk with extended attributes")
    answer = host.backup()
    assert (code(answer), answer["state"], answer["files"]) == ("none", "complete", 2)
    [loss] = answer["losses"]
    assert (loss["kind"], loss["count"], loss["cause"][-4:]) == ("streams", 4, "(87)")


def test_disks_that_report_no_tag_of_a_link_take_a_set_through_its_life(host: t.Any) -> None:
    """Only a listing shows there that something is a link: it is reported, and never followed."""
    if not keeps_streams(host.folder):
        pytest.skip("needs a disk with extended attributes")
    host.write(a="1", folder__b="2")
    host.file("outside/c.txt", "3").parent.rename(host.folder / "C" / "Outside")
    (host.source / "link").symlink_to(host.folder / "C" / "Outside")
    host.habits = {"no_classes": ["*"]}
    answer = host.backup(allow_partial=["data/link"])
    assert (code(answer), answer["state"], answer["files"]) == ("none", "waived", 2)
    assert [(one["path"], one["problem"]) for one in answer["problems"]] == [("data/link", "link")]
    assert host.call("verify")["state"] == "verified"
    seal(host, SET_ID)
    damage(host)
    answer = host.restore(policy="mirror", unsealed=False)
    assert code(answer) == "none"
    assert sorted(host.picture(host.source)) == ["a.txt", "folder", "folder/b.txt", "link"]
    assert [(host.source / name).read_text() for name in ("a.txt", "folder/b.txt")] == ["1", "2"]
    assert (host.folder / "C" / "Outside" / "c.txt").read_text() == "3"


EPOCH = 116_444_736_000_000_000


def test_what_somebody_writes_to_is_copied_though_its_times_stand_still(host: t.Any) -> None:
    """A link would have the content of before, and verify would not see it: the digest is the older record's."""
    host.write(a="before", b="stays")
    time.sleep(0.2)
    assert code(host.backup()) == "none"
    seal(host)
    path = host.source / "a.txt"
    facts = path.stat()
    times = {"written": EPOCH + facts.st_mtime_ns // 100, "changed": EPOCH + facts.st_ctime_ns // 100}
    path.write_text("after!")
    host.habits = {"writers": {str(path): times}}
    check = host.backup(set_id=SECOND, link_unchanged=True, check=True)
    answer = host.backup(set_id=SECOND, link_unchanged=True)
    assert (code(answer), answer["linked"], check["linked"]) == ("none", 1, 1)
    assert (host.part(SECOND) / "data" / "a.txt").read_text() == "after!"
    assert host.call("verify", set_id=SECOND)["state"] == "verified"
    assert [(loss["kind"], loss["count"], loss["first"]) for loss in answer["losses"]] == [
        ("open_for_writing", 1, "data/a.txt")
    ]
    assert "1 files or folders were open for writing while they were copied" in " ".join(answer["warnings"])
    host.habits = {}
    assert json.loads((host.part(SECOND) / "part.json").read_bytes())["losses"] == answer["losses"]


def test_a_second_administrator_goes_on_where_the_first_one_was(host: t.Any) -> None:
    """By policy each administrator owns what he makes, and is not the group Administrators."""
    if not keeps_streams(host.folder):
        pytest.skip("needs a disk with extended attributes")
    host.habits = {"owner_by_policy": True}
    host.write(a="1", folder__b="2")
    assert code(host.backup()) == "none"
    assert code(host.call("verify")) == "none"
    host.file("a.txt", "damaged")
    assert code(host.restore(safety_set_id="20260102T000000Z-before-restore")) == "none"
    host.user = "CORP\\second"
    host.file("a.txt", "damaged")
    assert code(host.backup(set_id="20260103T000000Z")) == "none"
    assert code(host.call("verify")) == "none"
    assert code(host.restore()) == "none"
    assert (host.source / "a.txt").read_text() == "1"


def test_what_a_restore_has_deleted_and_somebody_still_holds_is_in_nobodys_way(saved: t.Any) -> None:
    """Its name is listed until then."""
    saved.habits = {"pending_ms": 8000, "pending_one_in": 1}
    saved.file("a.txt", "damaged")
    assert code(saved.restore(policy="mirror")) == "none"
    answer = saved.backup(set_id="20260103T000000Z")
    assert code(answer) == "none"
    assert answer["files"] == 3
    saved.file("a.txt", "damaged")
    answer = saved.restore(policy="mirror")
    assert (code(answer), answer["diff"]["removed"]) == ("none", [])


ALMOST_NONE = {"pending_ms": 1, "pending_one_in": 1_000_000}
"""Nothing but what a test itself has deleted."""


def delete(host: t.Any, name: str, seconds: float = 600) -> None:
    """Delete a file or folder of the source that another program holds open for some time."""
    path, folder = host.source / name, (host.source / name).is_dir()
    shutil.rmtree(path) if folder else path.unlink()
    hold_name(host.folder, path, "going-folder" if folder else "going", seconds)


def test_a_plan_passes_over_what_was_deleted_and_somebody_still_holds(host: t.Any) -> None:
    host.write(a="1", empty="", folder__b="2", folder__deep__c="3")
    assert code(host.backup()) == "none"
    host.file("new/deep/d.txt")
    host.file("new.txt")
    host.habits = ALMOST_NONE
    for name in ("a.txt", "empty.txt", "folder", "new", "new.txt"):
        delete(host, name)
    answer = host.restore(policy="mirror", check=True)
    assert (code(answer), answer["added"], answer["replaced"], answer["removed"]) == ("none", 4, 0, 0), answer
    spared = host.call("restore", components=[{"name": "data", "overwrite": "never"}], unsealed=True, check=True)
    assert (code(spared), spared["added"], spared["components"][0]["spared"]) == ("none", 4, 0), spared


def test_what_is_deleted_and_held_below_a_folder_that_goes_is_in_nobodys_way(host: t.Any) -> None:
    host.write(a="1")
    assert code(host.backup()) == "none"
    host.file("new/deep/d.txt")
    host.file("new/e.txt")
    host.habits = ALMOST_NONE
    delete(host, "new/deep")
    answer = host.restore(policy="mirror", check=True)
    assert (code(answer), answer["removed"]) == ("none", 1), answer


@pytest.mark.parametrize("change", range(1, 14, 2))
def test_what_was_deleted_and_held_does_not_come_with_a_restore_that_goes_back(saved: t.Any, change: int) -> None:
    """It is no old content that would have to be put back, and what took its place goes."""
    saved.habits, saved.patience = ALMOST_NONE, 60_000
    for name in ("a.txt", "folder"):
        delete(saved, name, seconds=1)
    saved.file("z.txt")
    before = saved.picture(saved.source)
    saved.faults = {"fail_change": {"glob": f"{saved.source}/*", "at": 4 + change, "errno": 5}}
    answer = saved.restore(policy="mirror", threads=1)
    assert code(answer) in ("write_failed", "none")
    if code(answer) != "none":
        assert saved.picture(saved.source) == before
