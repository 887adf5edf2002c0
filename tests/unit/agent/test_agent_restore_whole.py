# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore ends as before or after, never between: whatever fails, and whenever its process is killed."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pathlib
import shutil
import typing as t

import pytest

from lab import habits
from lab.streams import keeps_streams, put_stream

# Between two kills, in changes of a disk. tests/faults/kill_agent.py takes every one, and moments at random.
STRIDE = 9
SAFETY = "21{:02}0101T000000Z-before-restore"
Picture = dict[str, tuple[t.Any, ...]]


class Damaged(t.NamedTuple):
    """A source that was backed up and then changed in every way."""

    host: t.Any
    whole: Picture
    now: Picture

    def restore(self, number: int = 0, **members: t.Any) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self.host.restore(policy="mirror", safety_set_id=SAFETY.format(number), **members)
        return answer

    def picture(self) -> Picture:
        seen: Picture = self.host.picture(self.host.source)
        return seen

    def journals(self) -> list[pathlib.Path]:
        state = self.host.folder / "C" / "ProgramData" / "identityops.groupid" / "restores"
        return sorted(state.glob("*")) if state.exists() else []

    def left(self) -> list[str]:
        """Everything of a restore that is not where it belongs.

        A journal without a plan is removed in one attempt, and where a name in it is held, by the next run.
        """
        journals = [one for one in self.journals() if not habits.ON or (one / "plan.jsonl").exists()]
        hidden = [*self.host.folder.rglob("*.restoring"), *self.host.folder.rglob("*.replaced"), *journals]
        return [str(path) for path in hidden]


@pytest.fixture
def damaged(host: t.Any) -> Damaged:
    host.write(a="first", b="second", sub__c="third", sub__deep__d="fourth", gone__x="1", gone__y__z="2")
    host.file("was folder/inner.txt", "inner")
    host.file("was file", "outer")
    (host.source / "b.txt").chmod(0o444)
    (host.source / "empty" / "emptier").mkdir(parents=True)
    if keeps_streams(host.folder):
        put_stream(host.source / "a.txt", "x", b"a stream")
        put_stream(host.source / "gone", "y", b"of a folder")
    assert host.backup()["state"] == "complete"
    whole = host.picture(host.source)
    (host.source / "a.txt").write_text("FIRST")
    (host.source / "b.txt").chmod(0o644)
    (host.source / "b.txt").write_text("something longer")
    os.utime(host.source / "sub" / "deep" / "d.txt", ns=(0, 0))
    (host.source / "sub" / "new.txt").write_text("new")
    (host.source / "new" / "deep").mkdir(parents=True)
    (host.source / "new" / "deep" / "z.txt").write_text("new")
    shutil.rmtree(host.source / "gone")
    shutil.rmtree(host.source / "was folder")
    host.file("was folder", "a file now")
    (host.source / "was file").unlink()
    host.file("was file/inner.txt", "a folder now")
    os.utime(host.source, ns=(10**18, 10**18))
    return Damaged(host, whole, host.picture(host.source))


def test_it_restores_and_keeps_what_it_replaced(damaged: Damaged) -> None:
    previewed = damaged.restore(check=True)
    answer = damaged.restore()
    assert not answer["failed"], answer
    assert damaged.picture() == damaged.whole
    assert damaged.left() == []
    assert {**previewed, "seconds": 0} == {**answer, "seconds": 0}
    safety = {"set_id": SAFETY.format(0)}
    assert answer["safety"]["set_id"] == safety["set_id"]
    assert not damaged.host.call("verify", **safety)["failed"]
    back = damaged.host.call(
        "restore", **safety, components=[{"name": "data", "policy": "mirror"}], safety_set_id=SAFETY.format(1)
    )
    assert not back["failed"], back
    assert damaged.picture() == damaged.now


def test_the_safety_set_of_a_merge_holds_what_it_replaced_and_nothing_else(damaged: Damaged) -> None:
    answer = damaged.host.restore(safety_set_id=SAFETY.format(0))
    safety = pathlib.Path(answer["safety"]["part_path"])
    files = {str(path.relative_to(safety / "data")) for path in (safety / "data").rglob("*") if path.is_file()}
    assert files == {"a.txt", "b.txt", "was folder", "was file/inner.txt"}
    assert (safety / "data" / "a.txt").read_text() == "FIRST"
    members: dict[str, t.Any] = {"set_id": SAFETY.format(0), "components": [{"name": "data", "policy": "mirror"}]}
    assert damaged.host.call("restore", **members)["error"]["code"] == "part_state"
    members["components"] = [{"name": "data"}]
    assert not damaged.host.call("restore", **members)["failed"]
    assert (damaged.host.source / "a.txt").read_text() == "FIRST"
    assert (damaged.host.source / "was folder").read_text() == "a file now"


@pytest.mark.parametrize("policy", ["merge", "mirror"])
@pytest.mark.parametrize("when", ["while it is saved", "before it is saved"])
def test_what_is_behind_a_link_that_was_planted_is_not_lost_unsaved(host: t.Any, policy: str, when: str) -> None:
    """A folder becomes a link, and may be a folder again when its files are replaced."""
    host.write(sub__a="first", sub__same="right")
    host.backup()
    host.write(sub__a="something longer", sub__same="wrong" if when == "before it is saved" else "something longer")
    outside = shutil.copytree(host.source / "sub", host.folder / "C" / "outside")
    host.faults = {"plant": {str((host.source / "sub").resolve()): str(outside)}}
    answer = host.restore(policy=policy, safety_set_id=SAFETY.format(0), threads=1)
    assert (host.source / "sub").is_symlink()
    assert (answer["error"]["code"], answer["changed"]) == ("safety", False), answer
    assert not host.part(SAFETY.format(0)).exists()


@pytest.mark.parametrize("policy", ["merge", "mirror"])
def test_links_that_are_replaced_or_removed_are_named_in_the_safety_set(host: t.Any, policy: str) -> None:
    host.write(a="first", b="second")
    host.backup()
    for name in ("a.txt", "extra"):
        (host.source / name).unlink(missing_ok=True)
        (host.source / name).symlink_to(host.folder)
    host.write(b="changed")
    answer = host.restore(policy=policy, safety_set_id=SAFETY.format(0))
    assert not answer["failed"], answer
    document = json.loads((host.part(SAFETY.format(0)) / "part.json").read_text())
    links = ["data/a.txt", "data/extra"] if policy == "mirror" else ["data/a.txt"]
    assert sorted(problem["path"] for problem in document["problems"]) == links
    assert (document["state"], {problem["problem"] for problem in document["problems"]}) == ("waived", {"link"})


def test_nothing_is_saved_where_nothing_is_lost(damaged: Damaged) -> None:
    shutil.rmtree(damaged.host.source)
    assert damaged.restore()["safety"] is None
    assert damaged.picture() == damaged.whole


def test_of_old_safety_sets_the_newest_are_kept(damaged: Damaged) -> None:
    def ids() -> list[str]:
        sets = damaged.host.call("list")["sets"]
        return [one["set_id"] for one in sets if one["set_id"].endswith("-before-restore")]

    for number in range(5):
        (damaged.host.source / "a.txt").write_text(f"changed {number}")
        assert not damaged.restore(number, safety_keep=2)["failed"]
    assert sorted(ids()) == [SAFETY.format(number) for number in (3, 4)]
    (damaged.host.root / "hq" / SAFETY.format(3) / "group_attributes.corp").mkdir()
    (damaged.host.source / "a.txt").write_text("changed again")
    damaged.restore(5, safety_keep=1)
    assert sorted(ids()) == [SAFETY.format(number) for number in (3, 5)]


def test_what_a_killed_restore_had_begun_to_save_makes_room_for_the_next(damaged: Damaged) -> None:
    """Else a disk that is full of it stays so: restore after restore ends for want of space."""
    part = damaged.host.part(SAFETY.format(0))
    at = 0
    while not (part / "data").exists():
        at += 1
        assert kill(damaged, at, 0)
    assert not (part / "part.json").exists()
    others = [part.parent / "web02", damaged.host.part("20270101T000001Z")]
    for other in others:
        shutil.copytree(part, other)
    damaged.host.faults = {"free_bytes": 1000}
    assert damaged.restore(1, check=True)["error"]["code"] == "space"
    assert part.exists()
    assert damaged.restore(1)["error"]["code"] == "space"
    assert not part.exists()
    assert all(other.exists() for other in others)
    damaged.host.faults = {}
    assert not damaged.restore(1)["failed"]
    assert damaged.picture() == damaged.whole


@pytest.mark.parametrize("safety", ["20270101T000000Z", "20260101T000000Z", "x"])
def test_a_safety_set_has_a_name_that_says_so(damaged: Damaged, safety: str) -> None:
    assert damaged.host.restore(safety_set_id=safety)["error"]["code"] == "bad_request"
    assert damaged.picture() == damaged.now


def test_what_cannot_be_saved_is_not_replaced(damaged: Damaged) -> None:
    damaged.host.faults = {"locked": ["*/Source/a.txt"]}
    answer = damaged.restore(retries=0)
    assert (answer["error"]["code"], answer["changed"]) == ("safety", False)
    assert answer["error"]["path"] == str(damaged.host.source / "a.txt")
    assert damaged.picture() == damaged.now
    assert not (damaged.host.root / "hq" / SAFETY.format(0)).exists()


@pytest.mark.parametrize(("error", "stride"), [(errno.ENOSPC, 1), (errno.EIO, 6)])
def test_a_failure_at_any_point_leaves_everything_as_it_was(damaged: Damaged, error: int, stride: int) -> None:
    points, named = 1 - stride, set()
    while True:
        points += stride
        damaged.host.faults = {"fail_change": {"glob": "*/Source*", "at": points, "errno": error}}
        answer = damaged.restore(points % 100, threads=1)
        if not answer["failed"]:
            break
        reported = answer["error"]
        assert (reported["code"], answer["changed"]) == ("write_failed", False), answer
        assert damaged.picture() == damaged.now, points
        assert damaged.left() == []
        assert os.strerror(error) in reported["cause"]
        assert reported["path"].startswith(str(damaged.host.source))
        assert "as it was before" in reported["what"]
        named.add(pathlib.Path(reported["path"]).name)
        assert answer["safety"] is None
        assert not (damaged.host.root / "hq" / SAFETY.format(points % 100)).exists()
    # Creating and marking what is staged, each rename, each time and attribute that is set.
    assert points > 30
    assert stride > 1 or {"a.txt", "gone", "sub", "Source"} <= named
    # A failure to remove what was replaced comes too late to matter.
    damaged.host.faults = {}
    assert not damaged.restore(99)["failed"]
    assert (damaged.picture(), damaged.left()) == (damaged.whole, [])


def test_a_disk_that_fills_up_while_it_is_staged(damaged: Damaged) -> None:
    for room in range(0, 40, 7):
        damaged.host.faults = {"full_after_bytes": room, "fail_change": {"glob": "none", "at": 1, "errno": 1}}
        answer = damaged.host.restore(policy="mirror", threads=1)
        assert answer["failed"]
        assert damaged.picture() == damaged.now


def kill(damaged: Damaged, at: int, number: int) -> bool:
    """Restore in a process that dies before its n-th change of a disk. Returns whether it came so far."""
    damaged.host.faults = {"die_at": at}
    try:
        damaged.restore(number, threads=1)
    except AssertionError:
        return True
    finally:
        damaged.host.faults = {}
    return False


def kill_when(damaged: Damaged, document: str) -> pathlib.Path:
    """Restore in a process that dies soon after its journal has this document. Returns the journal."""
    for at in range(10, 400, 4):
        assert kill(damaged, at, 0)
        found = [journal for journal in damaged.journals() if (journal / document).exists()]
        if found:
            return found[0]
        shutil.rmtree(damaged.host.root / "hq" / SAFETY.format(0), ignore_errors=True)
    raise AssertionError(document)


def test_killed_at_any_change_and_run_again(damaged: Damaged) -> None:
    saved = shutil.copytree(damaged.host.source, damaged.host.folder / "saved", symlinks=True)
    at = 1 - STRIDE
    while True:
        at += STRIDE
        if not kill(damaged, at, 0):
            break
        answer = damaged.restore(1)
        assert not answer["failed"], (at, answer)
        assert damaged.picture() == damaged.whole, at
        assert damaged.left() == []
        shutil.rmtree(damaged.host.source)
        shutil.copytree(saved, damaged.host.source, symlinks=True)
        for number in range(2):
            shutil.rmtree(damaged.host.root / "hq" / SAFETY.format(number), ignore_errors=True)
    assert at > 100
    assert (damaged.picture(), damaged.left()) == (damaged.whole, [])


def test_killed_and_then_a_backup_finds_before_or_after(damaged: Damaged) -> None:
    saved = shutil.copytree(damaged.host.source, damaged.host.folder / "saved", symlinks=True)
    outcomes = {"undone": 0, "ended": 0, "nothing": 0}
    at = 1 - STRIDE
    while True:
        at += STRIDE
        if not kill(damaged, at, 0):
            break
        answer = damaged.host.backup(set_id=f"{2100 + at}0202T000000Z")
        assert not answer["failed"], (at, answer)
        seen = damaged.picture()
        reported = " ".join(answer["warnings"])
        outcome = "undone" if "undone now" in reported else "ended" if "ended now" in reported else "nothing"
        outcomes[outcome] += 1
        # Nothing to end: it had not begun to change anything, or was through with it.
        allowed = {"undone": [damaged.now], "ended": [damaged.whole], "nothing": [damaged.now, damaged.whole]}
        assert seen in allowed[outcome], (at, outcome)
        assert damaged.left() == []
        shutil.rmtree(damaged.host.source)
        shutil.copytree(saved, damaged.host.source, symlinks=True)
        shutil.rmtree(damaged.host.root / "hq" / SAFETY.format(0), ignore_errors=True)
    assert all(outcomes.values()), outcomes


def test_check_mode_says_what_the_next_run_will_end_and_leaves_it(damaged: Damaged) -> None:
    kill_when(damaged, "ready")
    before = damaged.host.picture()
    answer = damaged.restore(1, check=True)
    assert "the next operation ends it" in " ".join(answer["warnings"])
    assert damaged.host.picture() == before


@pytest.mark.parametrize(
    "spoil",
    [
        lambda line: {**line, "place": "/etc/passwd", "old": None, "kept": None, "staged": "/etc/.00000000.restoring"},
        lambda line: {**line, "kept": "/etc/passwd"},
        lambda line: {**line, "staged": line["place"] + "/../x"},
        lambda line: {**line, "staged": line["place"].rpartition("/")[0] + "/innocent.txt"},
        lambda line: {**line, "place": line["place"] + "\0"},
        lambda line: {**line, "bytes": -1},
        lambda line: {},
    ],
)
def test_a_journal_that_no_restore_wrote_is_refused(damaged: Damaged, spoil: t.Callable[..., t.Any]) -> None:
    journal = kill_when(damaged, "plan.jsonl")
    plan = journal / "plan.jsonl"
    lines = [json.loads(line) for line in plan.read_text().splitlines()]
    lines[1] = spoil(lines[1])
    plan.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    before = damaged.picture()
    answer = damaged.restore(1)
    assert (answer["error"]["code"], answer["error"]["path"]) == ("journal", str(plan))
    assert damaged.picture() == before


@pytest.mark.parametrize("document", ["plan.jsonl", "ready"])
def test_a_journal_names_whatever_a_disk_can_have(damaged: Damaged, document: str) -> None:
    """Names that Windows keeps for devices, cuts, or could not write down as UTF-8, exist where a program made them."""
    for name in ("aux", "con.txt", "x.", "y ", "nul/inner.", "half \udcff"):
        damaged.host.file(f"sub/{name}", "of a program")
    for at in range(10, 400, 4):
        damaged.host.faults = {"die_at": at}
        with contextlib.suppress(AssertionError):
            damaged.host.restore(policy="mirror", threads=1)
        if [journal for journal in damaged.journals() if (journal / document).exists()]:
            break
    [plan] = damaged.journals()
    assert '/aux"' in (plan / "plan.jsonl").read_text()
    damaged.host.faults = {}
    answer = damaged.host.restore(policy="mirror")
    assert not answer["failed"], answer
    assert ("ended now" if document == "ready" else "undone now") in " ".join(answer["warnings"])
    assert (damaged.picture(), damaged.left()) == (damaged.whole, [])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder to somebody else")
def test_a_journal_of_somebody_else_is_not_read(damaged: Damaged) -> None:
    journal = kill_when(damaged, "plan.jsonl")
    os.chown(journal, 4321, 4321)
    answer = damaged.restore(1)
    assert answer["error"]["code"] == "state_owner"


def test_a_link_that_is_planted_while_it_runs_is_not_followed(damaged: Damaged) -> None:
    """Between the plan and the swap somebody replaces a folder by a link that leads elsewhere."""
    kill_when(damaged, "ready")
    outside = damaged.host.folder / "C" / "outside"
    (damaged.host.source / "sub").rename(outside)
    (damaged.host.source / "sub").symlink_to(outside)
    before = damaged.host.picture(outside)
    answer = damaged.restore(1)
    assert answer["failed"]
    assert damaged.host.picture(outside) == before


def test_somebody_who_writes_meanwhile_is_not_overwritten(damaged: Damaged) -> None:
    kill_when(damaged, "ready")
    (damaged.host.source / "a.txt").write_text("of the last minute")
    answer = damaged.host.backup(set_id="20270202T000000Z")
    assert "undone now" in " ".join(answer["warnings"]), answer
    assert (damaged.host.source / "a.txt").read_text() == "of the last minute"


@pytest.mark.parametrize(
    ("overwrite", "expected"),
    [
        ("always", {"a.txt": "first", "same.txt": "right", "b.txt": "second", "sub/c.txt": "third"}),
        ("if-changed", {"a.txt": "first", "same.txt": "wrong", "b.txt": "second", "sub/c.txt": "third"}),
        ("never", {"a.txt": "FIRST", "same.txt": "wrong", "b.txt": "second", "sub/c.txt": "third"}),
    ],
)
def test_overwrite(host: t.Any, overwrite: str, expected: dict[str, str]) -> None:
    host.write(a="first", same="right", b="second", sub__c="third")
    host.backup()
    written = (host.source / "same.txt").stat().st_mtime_ns
    host.write(a="FIRST", same="wrong")
    os.utime(host.source / "same.txt", ns=(written, written))
    shutil.rmtree(host.source / "sub")
    (host.source / "b.txt").unlink()
    component = {"name": "data", "overwrite": overwrite}
    previewed = host.call("restore", components=[component], unsealed=True, check=True)
    answer = host.call("restore", components=[component], unsealed=True)
    assert {name: (host.source / name).read_text() for name in expected} == expected
    assert {**previewed, "seconds": 0} == {**answer, "seconds": 0}
    assert answer["components"][0]["spared"] == (2 if overwrite == "never" else 0)


def test_a_failure_at_the_journal_is_reported_as_its_outcome(damaged: Damaged) -> None:
    """Once everything is at its new place for good there is no way back, whatever then keeps it from clearing up."""
    outcomes = set()
    for at in range(1, 40):
        damaged.host.faults = {"fail_change": {"glob": "*/restores/*", "at": at, "errno": errno.EACCES}}
        before = damaged.picture()
        answer = damaged.restore(at, threads=1, safety_keep=1000)
        damaged.host.faults = {}
        outcomes.add(answer["failed"])
        if not answer["failed"]:
            assert damaged.picture() == damaged.whole, at
            reported = damaged.restore(98)
            assert (reported["failed"], reported["changed"]) == (False, False), (at, reported)
            break
        assert damaged.picture() == before, (at, answer)
    assert outcomes == {True, False}


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_plan_that_cannot_be_removed_does_not_undo_the_restore(damaged: Damaged, at: int) -> None:
    """An antivirus that looks into the plan of a restore that is done keeps it from being removed."""
    damaged.host.faults = {"fail_change": {"glob": "*/plan.jsonl", "at": at, "errno": errno.EACCES}}
    answer = damaged.restore(threads=1)
    damaged.host.faults = {}
    assert damaged.picture() == (damaged.now if answer["failed"] else damaged.whole), answer
    if answer["failed"]:
        assert at == 1
        return
    reported = damaged.restore(1)
    assert not reported["changed"], reported
    assert damaged.left() == []


def test_an_old_safety_set_that_cannot_be_read_does_not_undo_the_restore(damaged: Damaged) -> None:
    assert not damaged.restore(0)["failed"]
    (damaged.host.source / "a.txt").write_text("changed")
    damaged.host.faults = {"denied": [f"*/{SAFETY.format(0)}/web01/part.json"]}
    answer = damaged.restore(1, safety_keep=1)
    assert (answer["failed"], answer["changed"]) == (False, True), answer
    assert damaged.picture() == damaged.whole


def test_the_safety_set_just_made_is_kept_whatever_its_id(damaged: Damaged) -> None:
    assert not damaged.restore(7)["failed"]
    (damaged.host.source / "a.txt").write_text("changed")
    assert not damaged.restore(3, safety_keep=1)["failed"]
    assert damaged.host.part(SAFETY.format(3)).is_dir()
    assert not damaged.host.part(SAFETY.format(7)).exists()


def test_a_restore_that_was_undone_keeps_no_safety_set_and_removes_none(damaged: Damaged) -> None:
    assert not damaged.restore(0, safety_keep=2)["failed"]
    (damaged.host.source / "a.txt").write_text("changed")
    before = damaged.picture()
    for number in range(1, 5):
        damaged.host.faults = {"fail_change": {"glob": "*/Source*", "at": number, "errno": errno.EIO}}
        answer = damaged.restore(number, safety_keep=2)
        damaged.host.faults = {}
        assert (answer["failed"], answer["changed"], answer["safety"]) == (True, False, None), answer
        assert damaged.picture() == before
    assert damaged.host.part(SAFETY.format(0)).is_dir()
    assert [number for number in range(1, 5) if (damaged.host.root / "hq" / SAFETY.format(number)).exists()] == []
    assert not damaged.restore(9, safety_keep=2)["failed"]
    assert damaged.host.part(SAFETY.format(0)).is_dir()


def test_a_folder_that_is_removed_after_a_kill_while_staging_does_not_stop_all_that_follows(damaged: Damaged) -> None:
    journal = kill_when(damaged, "plan.jsonl")
    assert not (journal / "ready").exists()
    shutil.rmtree(damaged.host.source)
    answer = damaged.restore(1)
    assert not answer["failed"], answer
    assert "it was undone now." in " ".join(answer["warnings"])
    assert (damaged.picture(), damaged.left()) == (damaged.whole, [])


def test_a_folder_that_is_removed_before_all_is_cleared_up_does_not_stop_all_that_follows(damaged: Damaged) -> None:
    damaged.host.faults = {"fail_change": {"glob": "*/plan.jsonl", "at": 2, "errno": errno.EIO}}
    assert not damaged.restore(0)["failed"]
    damaged.host.faults = {}
    assert (damaged.journals()[0] / "committed").exists()
    shutil.rmtree(damaged.host.source)
    answer = damaged.restore(1)
    assert not answer["failed"], answer
    assert "it was ended now." in " ".join(answer["warnings"])
    assert (damaged.picture(), damaged.left()) == (damaged.whole, [])


def test_new_content_that_somebody_took_is_missed(damaged: Damaged) -> None:
    """What an antivirus took away between staging and swap was not restored, and must not be reported as restored."""
    kill_when(damaged, "ready")
    plan = (damaged.journals()[0] / "plan.jsonl").read_text().splitlines()
    step = next(json.loads(line) for line in plan if json.loads(line).get("place", "").endswith("/b.txt"))
    pathlib.Path(step["staged"]).unlink()
    answer = damaged.host.backup(set_id="20270202T000000Z")
    reported = f"undone now. It could not be ended: {step['staged']}: It was changed or removed"
    assert reported in " ".join(answer["warnings"])
    assert damaged.picture() == damaged.now


def test_what_is_written_into_a_kept_file_after_a_kill_is_not_lost(damaged: Damaged) -> None:
    """Killed between the two renames of a step: the old content is looked at all the same."""
    journal = kill_when(damaged, "ready")
    plan = (journal / "plan.jsonl").read_text().splitlines()
    step = next(json.loads(line) for line in plan if json.loads(line).get("place", "").endswith("/b.txt"))
    assert pathlib.Path(step["staged"]).exists()
    pathlib.Path(step["old"]).rename(step["kept"])
    pathlib.Path(step["kept"]).write_text("of the last minute")
    answer = damaged.host.backup(set_id="20270202T000000Z")
    assert "undone now" in " ".join(answer["warnings"]), answer
    assert (damaged.host.source / "b.txt").read_text() == "of the last minute"


def test_times_are_not_set_through_a_link_that_was_planted(damaged: Damaged) -> None:
    """A folder in which only a file's time changes has no step that would look at it."""
    kill_when(damaged, "ready")
    outside = damaged.host.folder / "C" / "outside"
    (damaged.host.source / "sub" / "deep").rename(outside)
    (damaged.host.source / "sub" / "deep").symlink_to(outside)
    before = damaged.host.picture(outside)
    answer = damaged.restore(1)
    assert answer["error"]["code"] == "restore_unfinished"
    assert damaged.host.picture(outside) == before


def test_check_mode_leaves_a_journal_that_another_run_has_just_begun(damaged: Damaged) -> None:
    """It does not hold the lock while it looks."""
    state = damaged.host.folder / "C" / "ProgramData" / "identityops.groupid"
    assert not damaged.restore()["failed"]
    begun = state / "restores" / ("0" * 32)
    begun.mkdir(mode=0o700)
    (begun / "draft").write_text("{}\n")
    (damaged.host.source / "a.txt").write_text("changed")
    assert damaged.restore(1, check=True)["changed"]
    assert (begun / "draft").exists()
    assert not damaged.restore(1)["failed"]
    assert not begun.exists()


def test_the_safety_set_of_a_mirror_has_what_the_backup_left_out_and_is_in_the_way(host: t.Any) -> None:
    host.write(a="first")
    host.file("config", "a file")
    assert host.backup(exclude=["**/*.log"])["state"] == "complete"
    (host.source / "config").unlink()
    host.file("config/only.log", "nowhere else")
    host.file("config/inner.txt", "taken by a backup")
    host.file("kept.log", "stays where it is")
    answer = host.restore(policy="mirror", safety_set_id=SAFETY.format(0))
    assert not answer["failed"], answer
    assert (host.source / "config").read_text() == "a file"
    assert (host.source / "kept.log").exists()
    saved = host.part(SAFETY.format(0)) / "data"
    assert (saved / "config" / "only.log").read_text() == "nowhere else"
    assert (saved / "config" / "inner.txt").read_text() == "taken by a backup"
    assert not (saved / "kept.log").exists()
    assert not host.call("verify", set_id=SAFETY.format(0))["failed"]


@pytest.mark.parametrize("policy", ["merge", "mirror"])
def test_what_comes_into_a_folder_after_it_was_listed_is_not_removed_unsaved(damaged: Damaged, policy: str) -> None:
    """The folder in the way is listed, then files are compared; the safety set of a merge knows what was listed."""
    late = damaged.host.source / "was file" / "late.txt"
    os.utime(damaged.host.source / "a.txt")
    damaged.host.faults = {"appear": {"*/Source/a.txt": str(late)}}
    answer = damaged.host.restore(policy=policy, safety_set_id=SAFETY.format(0))
    assert (answer["error"]["code"], answer["changed"]) == ("target_changed", False), answer
    assert late.exists()
    assert damaged.left() == []
    assert not damaged.host.restore(policy=policy, safety_set_id=SAFETY.format(0))["failed"]
    assert (damaged.host.part(SAFETY.format(0)) / "data" / "was file" / "late.txt").exists()


@pytest.mark.parametrize("document", ["plan.jsonl", "committed"])
def test_a_drive_that_is_away_keeps_the_plan(damaged: Damaged, document: str) -> None:
    """What lies there is not gone: the plan is needed when the drive is back."""
    if document == "committed":
        damaged.host.faults = {"fail_change": {"glob": "*/plan.jsonl", "at": 2, "errno": errno.EIO}}
        assert not damaged.restore(0)["failed"]
    else:
        assert not (kill_when(damaged, document) / "ready").exists()
    away = [damaged.host.source, *damaged.host.source.parents]
    damaged.host.faults = {"vanish": [*map(str, away), f"{damaged.host.source}/*"]}
    other = damaged.host.folder / "D" / "other"
    other.mkdir()
    components = [{"name": "other", "path": str(other)}]
    answer = damaged.host.backup(components=components, set_id="20270202T000000Z")
    reported = json.dumps(answer["error"] if document == "plan.jsonl" else answer["warnings"])
    assert "The drive or share is not there." in reported
    assert len(damaged.journals()) == 1
    damaged.host.faults = {}
    assert not damaged.restore(1)["failed"]
    assert (damaged.picture(), damaged.left()) == (damaged.whole, [])
