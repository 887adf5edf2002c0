# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the host can do of a rehearsal: hard cases and their record, damage, a killed restore, and nothing left."""

from __future__ import annotations

import json
import pathlib
import time
import typing as t

import pytest
from unit.agent.conftest import SET_ID, hold
from unit.agent.runtime_host import RuntimeHost

from lab.appcmd import Iis, Pool
from lab.habits import hold_name

ID = "0123456789abcdef"
PROPERTIES = ["size", "attributes", "written", "content", "streams"]


class Rehearsed:
    """A rehearsal on a host of the lab, by single requests."""

    def __init__(self, host: t.Any) -> None:
        self.host = host
        host.root.mkdir()
        self.made: dict[str, t.Any] = {}

    def send(self, operation: str, **members: t.Any) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self.host.send(json.dumps({"protocol": 1, "operation": operation, **members}))
        return answer

    def step(self, step: str, **members: t.Any) -> dict[str, t.Any]:
        own = {"folders": [{"component": "data", "path": str(self.host.source)}], "root": str(self.host.root)}
        return self.send("rehearsal", step=step, **{**own, **members})

    def make(self, identity: str = ID) -> dict[str, t.Any]:
        self.made = self.step("make", id=identity)
        assert not self.made["failed"], self.made
        return self.made

    @property
    def place(self) -> pathlib.Path:
        return pathlib.Path(self.made["places"][0]["path"])

    @property
    def state(self) -> str:
        return str(self.made["state"])

    def compare(self, **members: t.Any) -> list[dict[str, t.Any]]:
        answer = self.step(
            "compare", place=str(self.place), **{"with": "made", "properties": PROPERTIES, "extra": False, **members}
        )
        assert not answer["failed"], answer
        return list(answer["differences"])

    def request(self, operation: str, **members: t.Any) -> dict[str, t.Any]:
        own = {"root": self.made["root"], "deployment": "rehearsal", "set_id": SET_ID, "state": self.state}
        return {"protocol": 1, "operation": operation, **own, **members}

    def backup(self, **members: t.Any) -> dict[str, t.Any]:
        component = {"name": "volume1", "path": self.made["places"][0]["tree"]}
        allowed = ["volume1/junction/**", "volume1/reserved/**"]
        request = self.request("backup", components=[component], allow_partial=allowed, retry_wait_ms=1)
        answer: dict[str, t.Any] = self.host.send(json.dumps({**request, **members}))
        return answer

    def restore_request(self, policy: str = "mirror") -> dict[str, t.Any]:
        return self.request("restore", components=[{"name": "volume1", "policy": policy}], unsealed=True)

    def restore(self, policy: str = "mirror") -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self.host.send(json.dumps(self.restore_request(policy)))
        return answer


@pytest.fixture
def rehearsed(host: t.Any) -> Rehearsed:
    host.write(a="a file of the product")
    return Rehearsed(host)


def everything(host: t.Any) -> dict[str, t.Any]:
    picture: dict[str, t.Any] = host.picture(times=False)
    return picture


def test_the_hard_cases_are_made_and_come_back(rehearsed: Rehearsed) -> None:
    made = rehearsed.make()
    assert {note["case"] for note in made["places"][0]["not_made"]} == {
        "times.created",
        "sparse",
        "compressed",
        "twins",
        "security",
        "owner",
        "attributes.hidden_system",
    }
    assert rehearsed.compare() == []
    backup = rehearsed.backup()
    assert backup["state"] == "waived", backup
    assert rehearsed.compare() == []
    copy = str(pathlib.Path(backup["part_path"], "volume1"))
    differing = rehearsed.compare(path=copy, properties=["content", "streams"])
    assert {one["case"] for one in differing} == {"junction", "reserved"}
    damaged = rehearsed.step("damage", place=str(rehearsed.place))["damaged"]
    assert len(damaged) > 50
    found = {one["path"] for one in rehearsed.compare()}
    assert [path for path in damaged if not any(one.startswith(path) for one in found)] == ["attributes/hidden.txt"]
    assert not rehearsed.restore("merge")["failed"]
    assert {one["path"] for one in rehearsed.compare()} <= {
        "plain",
        "plain/added.txt",
        "plain/added folder",
        "plain/added folder/deep.txt",
    }
    restored = rehearsed.restore()
    assert not restored["failed"], restored
    assert rehearsed.compare() == []


def test_all_of_it_is_removed_and_nothing_else(rehearsed: Rehearsed) -> None:
    before = everything(rehearsed.host)
    rehearsed.make()
    assert not rehearsed.backup()["failed"]
    there = everything(rehearsed.host)
    previewed = rehearsed.step("clean", check=True)
    assert (previewed["changed"], previewed["removed"]) == (True, 2)
    assert everything(rehearsed.host) == there
    cleaned = rehearsed.step("clean")
    assert (cleaned["failed"], cleaned["removed"], cleaned["left"]) == (False, 2, [])
    assert everything(rehearsed.host) == before
    again = rehearsed.step("clean")
    assert (again["changed"], again["removed"]) == (False, 0)


def test_what_a_killed_one_left_goes_with_the_next(rehearsed: Rehearsed) -> None:
    before = everything(rehearsed.host)
    first = rehearsed.make()
    rehearsed.backup()
    second = rehearsed.make("f" * 16)
    assert second["removed"] == 2
    assert not pathlib.Path(first["places"][0]["path"]).exists()
    rehearsed.step("clean")
    assert everything(rehearsed.host) == before


def served(rehearsed: Rehearsed, **folders: str) -> None:
    """Let IIS serve these folders, each as the site of that name."""
    server = RuntimeHost(rehearsed.host)
    server.web(Pool("DefaultAppPool", applications={f"{name}/": path for name, path in folders.items()}))
    server.write()


def test_nothing_is_made_below_a_folder_that_iis_serves(rehearsed: Rehearsed) -> None:
    """IIS restarts an application when something in its folder changes. Another volume has the folders then."""
    drive = rehearsed.host.folder / "D"
    reports = drive / "Reports"
    reports.mkdir()
    served(rehearsed, Intranet=str(drive), Other=f"{rehearsed.host.folder}/C/inetpub")
    made = rehearsed.step("make", id=ID, folders=[{"component": "reports", "path": str(reports)}], root=None)
    assert [one["component"] for one in made["not_placed"]] == ["reports"]
    assert "IIS serves" in made["not_placed"][0]["cause"]
    assert [pathlib.Path(one["path"]).parent for one in made["places"]] == [rehearsed.host.folder / "C"]
    assert [path.name for path in drive.iterdir() if path.name.startswith(".rehearsal")] == []
    assert rehearsed.step("clean")["removed"] == 1


def test_a_site_on_every_volume_leaves_no_place(rehearsed: Rehearsed) -> None:
    served(rehearsed, Intranet=f"{rehearsed.host.folder}/C")
    before = everything(rehearsed.host)
    error = rehearsed.step("make", id=ID)["error"]
    assert (error["code"], "IIS serves" in error["cause"]) == ("scratch", True)
    assert everything(rehearsed.host) == before


def test_sites_below_the_top_of_a_volume_are_in_nobodys_way(rehearsed: Rehearsed) -> None:
    served(rehearsed, Intranet=str(rehearsed.host.source))
    assert rehearsed.make()["not_placed"] == []


def test_an_iis_that_cannot_be_asked_is_a_warning(rehearsed: Rehearsed) -> None:
    assert rehearsed.make()["warnings"] == []
    served(rehearsed)
    Iis(rehearsed.host.folder).program.unlink()
    (warning,) = rehearsed.make()["warnings"]
    assert "What IIS serves is not known" in warning
    assert "its command line program is missing" in warning
    assert "Web-Scripting-Tools" in warning
    assert rehearsed.step("clean")["warnings"] == []


def test_a_volume_within_the_product_s_folders_is_not_tested(rehearsed: Rehearsed) -> None:
    reports = rehearsed.host.folder / "D" / "Reports"
    reports.mkdir()
    own = {"component_paths": {"reports": str(reports.parent)}}
    made = rehearsed.step("make", id=ID, folders=[{"component": "reports", "path": str(reports)}], root=None, **own)
    cause = "Its volume is mounted within the product's folders."
    assert made["not_placed"] == [{"component": "reports", "cause": cause}]
    assert [pathlib.Path(one["path"]).parent for one in made["places"]] == [rehearsed.host.folder / "C"]


def test_it_is_refused_while_an_operation_is_at_work(rehearsed: Rehearsed) -> None:
    rehearsed.host.lock.parent.mkdir(parents=True)
    with rehearsed.host.lock.open("w") as file:
        hold(file)
        before = everything(rehearsed.host)
        answer = rehearsed.step("make", id=ID)
        assert answer["error"]["code"] == "locked"
        assert everything(rehearsed.host) == before


def test_a_real_backup_does_not_wait_for_one(rehearsed: Rehearsed) -> None:
    """Its lock lies in its own state folder; and neither list nor probe sees it in the backup root."""
    rehearsed.make()
    rehearsed.backup()
    own = pathlib.Path(rehearsed.state, "agent.lock")
    with own.open("r+") as file:
        hold(file)
        assert rehearsed.backup(set_id="20260101T000001Z")["error"]["code"] == "locked"
        assert rehearsed.host.backup()["state"] == "complete"
    listed = rehearsed.host.call("list", deployment=None)
    assert [one["set_id"] for one in listed["sets"]] == [SET_ID]
    assert (listed["passed_over"], listed["passed_over_count"]) == ([], 0)


@pytest.mark.parametrize(
    "state", ["C/elsewhere/state", "C/.rehearsal-web02-0123456789abcdef/state", "C/.rehearsal-web01-x/state"]
)
def test_no_other_folder_is_taken_for_its_state(rehearsed: Rehearsed, state: str) -> None:
    folder = rehearsed.host.folder / state
    folder.mkdir(parents=True)
    rehearsed.made = {
        "root": str(rehearsed.host.root),
        "state": str(folder),
        "places": [{"tree": str(rehearsed.host.source)}],
    }
    before = everything(rehearsed.host)
    assert rehearsed.backup()["error"]["code"] == "bad_request"
    assert everything(rehearsed.host) == before


def test_a_state_folder_that_is_a_link_or_gone_is_refused(rehearsed: Rehearsed) -> None:
    rehearsed.make()
    state = pathlib.Path(rehearsed.state)
    state.rename(state.with_name("moved"))
    assert rehearsed.backup()["error"]["code"] == "scratch"
    state.symlink_to("moved")
    assert rehearsed.backup()["error"]["code"] == "scratch"


def test_it_takes_a_fifth_of_what_is_free_at_most(rehearsed: Rehearsed) -> None:
    before = everything(rehearsed.host)
    rehearsed.host.faults = {"free_bytes": 20 * 1024 * 1024}
    assert rehearsed.step("make", id=ID)["error"]["code"] == "space"
    assert everything(rehearsed.host) == before
    rehearsed.host.faults = {"free_bytes": 30 * 1024 * 1024}
    assert rehearsed.make()["places"][0]["bytes"] * 5 < 30 * 1024 * 1024 / 5
    rehearsed.host.faults = {}
    assert rehearsed.make()["places"][0]["bytes"] * 5 < 64 * 1024 * 1024


def test_files_are_held_as_programs_have_them(rehearsed: Rehearsed) -> None:
    rehearsed.make()
    tree = pathlib.Path(rehearsed.made["places"][0]["tree"])
    files = [
        {"path": str(tree / "open" / "reading.bin"), "read": True},
        {"path": str(tree / "open" / "shared.bin"), "writes": True, "read": True, "write": True},
        {"path": str(tree / "open" / "writing.bin"), "writes": True, "read": True},
        {"path": str(tree / "open" / "exclusive.bin"), "writes": True},
    ]
    component = {"name": "volume1", "path": str(tree), "include": ["open"]}
    request = rehearsed.request("backup", components=[component], retries=0)
    answer = rehearsed.step("hold", files=files, request=request)["answer"]
    assert [(one["path"], one["problem"]) for one in answer["problems"]] == [("volume1/open/exclusive.bin", "locked")]
    [counted] = [one for one in answer["losses"] if one["kind"] == "open_for_writing"]
    assert (counted["count"], counted["first"]) == (2, "volume1/open/shared.bin")
    outside = [{"path": str(rehearsed.host.source / "a.txt")}]
    assert rehearsed.step("hold", files=outside, request=request)["error"]["code"] == "bad_request"


def test_a_file_that_is_open_for_reading_is_in_the_way_of_a_restore(rehearsed: Rehearsed) -> None:
    """Who opens it does not let others delete it, and so rename it: Windows' FILE_SHARE_DELETE."""
    rehearsed.make()
    assert rehearsed.backup()["state"] == "waived"
    rehearsed.step("damage", place=str(rehearsed.place))
    path = str(pathlib.Path(rehearsed.made["places"][0]["tree"], "speed", "2.bin"))
    held = [{"path": path, "read": True, "write": True}]
    answer = rehearsed.step("hold", files=held, request=rehearsed.restore_request())["answer"]
    assert (answer["error"]["code"], answer["error"]["path"]) == ("write_failed", path)
    assert not rehearsed.restore()["failed"]
    assert rehearsed.compare() == []


@pytest.mark.timing
def test_what_is_damaged_already_is_damaged_again_at_once(rehearsed: Rehearsed) -> None:
    """Where a restore failed before: without waiting for names that nobody lets go of, as a restore waits."""
    rehearsed.make()
    rehearsed.host.habits, rehearsed.host.patience = {"ignores_case": True}, 90_000
    rehearsed.step("damage", place=str(rehearsed.place))
    began = time.monotonic()
    assert not rehearsed.step("damage", place=str(rehearsed.place))["failed"]
    assert time.monotonic() - began < 60


@pytest.mark.parametrize("moment", ["plan.jsonl", "ready"])
def test_a_restore_is_killed_in_the_middle_and_ended_by_the_next(rehearsed: Rehearsed, moment: str) -> None:
    rehearsed.make()
    assert rehearsed.backup()["state"] == "waived"
    rehearsed.step("damage", place=str(rehearsed.place))
    start = {
        "id": f"restore-{'0' * 32}",
        "attempt": "a",
        "wait_ms": 0,
        "state": rehearsed.state,
        "request": rehearsed.restore_request(),
    }
    killed = rehearsed.step(
        "kill",
        state=rehearsed.state,
        moment=moment,
        wait_ms=60000,
        request={"protocol": 1, "operation": "start", **start},
    )
    assert killed["killed"], killed
    assert list(pathlib.Path(rehearsed.state, "restores").iterdir())
    assert rehearsed.compare() != []
    ended = rehearsed.restore()
    assert not ended["failed"], ended
    assert any("was not ended" in warning for warning in ended["warnings"]), ended["warnings"]
    assert rehearsed.compare() == []
    assert not list(pathlib.Path(rehearsed.state, "restores").iterdir())


def test_what_another_witness_saw_is_compared(rehearsed: Rehearsed) -> None:
    rehearsed.make()
    place = str(rehearsed.place)
    assert not rehearsed.step("script", place=place, text="param($Place)\n")["failed"]
    assert (rehearsed.place / "witness.ps1").read_text() == "param($Place)\n"
    lines = [json.loads(line) for line in (rehearsed.place / "made").read_text().splitlines()]
    seen = [line for line in lines if line["path"] in ("plain/a.txt", "streams/a.txt")]
    record = rehearsed.place / "witness_files"
    record.write_text("".join(json.dumps(line) + "\n" for line in seen))
    compared: dict[str, t.Any] = {"with": "witness_files", "extra": True, "properties": ["size", "content", "streams"]}
    assert rehearsed.compare(**compared) == []
    seen[1]["streams"] = dict(reversed(seen[1]["streams"].items()))
    record.write_text("".join(json.dumps(line) + "\n" for line in seen))
    assert rehearsed.compare(**compared) == []
    seen[1]["streams"]["first"] = "1 00"
    record.write_text("".join(json.dumps(line) + "\n" for line in seen))
    assert [(one["path"], one["property"]) for one in rehearsed.compare(**compared)] == [("streams/a.txt", "streams")]


def test_a_look_passes_over_what_was_deleted_and_somebody_still_holds(rehearsed: Rehearsed) -> None:
    rehearsed.host.habits = {"pending_ms": 1, "pending_one_in": 1_000_000}
    rehearsed.make()
    tree = rehearsed.place / "tree"
    hold_name(rehearsed.host.folder, tree / "plain" / "was here.txt", "going")
    hold_name(rehearsed.host.folder, tree / "was here", "going-folder")
    assert rehearsed.compare() == []
    assert not rehearsed.step("record", place=str(rehearsed.place), name="again")["failed"]


def test_what_an_antivirus_has_for_a_moment_is_removed(rehearsed: Rehearsed) -> None:
    rehearsed.host.habits, rehearsed.host.patience = {"antivirus_ms": 1}, 60_000
    rehearsed.make()
    path = rehearsed.place / "tree" / "plain" / "folder"
    (path / "new.txt").write_text("new")
    hold_name(rehearsed.host.folder, path / "new.txt", "scanned", seconds=1)
    answer = rehearsed.step("remove", path=str(path))
    assert (answer["failed"], path.exists()) == (False, False), answer


def test_nobody_waits_for_a_file_that_the_rehearsal_itself_holds(rehearsed: Rehearsed) -> None:
    """Others are waited for: the patience is longer than a call may take."""
    rehearsed.host.habits, rehearsed.host.patience = {"pending_ms": 1, "pending_one_in": 1_000_000}, 1_000_000
    rehearsed.make()
    rehearsed.backup()
    assert not rehearsed.step("damage", place=str(rehearsed.place))["failed"]
    again = rehearsed.step("damage", place=str(rehearsed.place))
    assert not again["failed"]
    path = rehearsed.place / "tree" / "speed" / "0.bin"
    hold_name(rehearsed.host.folder, rehearsed.place / "tree" / "plain" / "b.txt", "going", seconds=3)
    held = rehearsed.step("hold", files=[{"path": str(path), "writes": True}], request=rehearsed.restore_request())
    assert not held["failed"], held
    error = held["answer"]["error"]
    assert (error["code"], error["path"]) == ("write_failed", str(path)), error
