# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing goes into folders that ordinary users can write, nothing comes out of them, and no link leads elsewhere."""

from __future__ import annotations

import collections.abc as c
import json
import os
import pathlib
import shutil
import typing as t

import pytest

STRANGER = 12345
NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder to somebody else")


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def besides_state(host: t.Any, picture: dict[str, t.Any]) -> dict[str, t.Any]:
    """A picture of the host without what the agent keeps for itself: who holds the lock, what was verified."""
    state = host.lock.parent.relative_to(host.folder)
    return {
        name: seen for name, seen in picture.items() if state not in (pathlib.Path(name), *pathlib.Path(name).parents)
    }


def place(host: t.Any, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("place", part="database", component="database", account=None, **members)
    return answer


@pytest.fixture
def saved(host: t.Any) -> t.Any:
    """The host with one part of one set."""
    host.write(a="first", sub__b="second", sub__deep__c="third")
    assert host.backup()["state"] == "complete"
    return host


class TestOpenRoots:
    """Backup and place write nothing there, restore takes nothing from there, unless this very root is waived."""

    @pytest.mark.parametrize("level", ["root", "deployment", "set"])
    def test_a_folder_that_all_can_write(self, saved: t.Any, level: str) -> None:
        folder = {"root": saved.root, "deployment": saved.root / "hq", "set": saved.part().parent}[level]
        folder.chmod(0o777)
        saved.write(a="changed since")
        saved.name = "WEB02"
        before = saved.picture()
        for check in (True, False):
            for answer in (
                saved.backup(check=check),
                place(saved, check=check),
                saved.call("adopt", check=check, part="p", component="c", files=[], external=True),
                saved.restore(check=check, server="web01", other_machine=True),
            ):
                assert (code(answer), answer["error"]["path"]) == ("root_open", str(folder)), answer
                assert answer["error"]["cause"] == "It can be changed by Everyone."
                assert f'icacls "{folder}" /inheritance:r' in answer["error"]["next"]
                assert "groupid_allow_open_roots" in answer["error"]["next"]
        after = saved.picture()
        holder = str(saved.lock.relative_to(saved.folder))
        assert {**after, holder: None} == {**before, holder: None}

    def test_a_part_that_all_can_write_is_not_restored(self, saved: t.Any) -> None:
        saved.part().chmod(0o777)
        saved.write(a="changed since")
        answer = saved.restore()
        assert (code(answer), answer["error"]["path"]) == ("root_open", str(saved.part()))
        assert (saved.source / "a.txt").read_text() == "changed since"

    @pytest.mark.parametrize("operation", ["backup", "place", "adopt"])
    def test_a_root_that_is_made_is_closed(self, host: t.Any, operation: str) -> None:
        host.root = host.folder / "D" / "new" / "Backups"
        external = {"part": "database", "component": "database", "files": [], "external": True}
        make = {"backup": host.backup, "place": lambda: place(host), "adopt": lambda: host.call("adopt", **external)}
        assert code(make[operation]()) == "none"
        for folder in (host.root.parent, host.root, host.root / "hq"):
            assert folder.stat().st_mode & 0o777 == 0o700

    def test_the_waiver_is_for_one_root(self, saved: t.Any) -> None:
        saved.root.chmod(0o777)
        for other in ([], [str(saved.root.parent)], [str(saved.root / "hq")]):
            assert code(place(saved, allow_open_roots=other)) == "root_open"
        named = ["/somewhere/else", f"{saved.root}/"]
        warning = f"{saved.root} can be changed by Everyone: this was allowed by name."
        assert place(saved, allow_open_roots=named)["warnings"] == [warning]
        shutil.rmtree(saved.part())
        assert saved.backup(allow_open_roots=named)["warnings"] == [warning]
        assert saved.part_document()["warnings"] == [warning]

    def test_a_waiver_must_be_a_full_path(self, host: t.Any) -> None:
        assert code(host.backup(allow_open_roots=["Backups"])) == "bad_request"

    def test_in_a_sticky_folder_each_changes_his_own(self, saved: t.Any) -> None:
        saved.root.chmod(0o1777)
        assert code(saved.restore()) == "none"

    @NEEDS_ROOT
    @pytest.mark.parametrize(
        ("user", "group", "mode", "who"), [(STRANGER, 0, 0o755, "user"), (0, STRANGER, 0o775, "group")]
    )
    def test_an_owner_or_group_can_write_too(self, saved: t.Any, user: int, group: int, mode: int, who: str) -> None:
        os.chown(saved.root, user, group)
        saved.root.chmod(mode)
        answer = saved.restore()
        assert (code(answer), answer["error"]["cause"]) == ("root_open", f"It can be changed by {who} {STRANGER}.")

    def test_a_root_that_is_a_link_is_judged_by_where_it_leads(self, saved: t.Any) -> None:
        real = saved.root.rename(saved.root.with_name("Real"))
        saved.root.symlink_to(real)
        assert code(saved.restore()) == "none"
        real.chmod(0o777)
        assert code(saved.restore()) == "root_open"

    def test_the_probe_reports_writers(self, host: t.Any) -> None:
        def asked() -> t.Any:
            request = {"protocol": 1, "operation": "probe", "products": [], "roots": [str(host.root)]}
            return host.send(json.dumps(request))["roots"][0]["writable_by"]

        assert asked() is None
        host.root.mkdir(mode=0o755)
        assert asked() == []
        host.root.chmod(0o777)
        assert asked() == ["Everyone"]


@NEEDS_ROOT
@pytest.mark.parametrize("check", [True, False])
def test_somebody_elses_state_folder_is_not_touched(saved: t.Any, check: bool) -> None:
    state = saved.lock.parent
    os.chown(state, STRANGER, STRANGER)
    tool = saved.folder / "C" / "tool.exe"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    before = saved.picture()
    calls: dict[str, dict[str, t.Any]] = {
        "backup": {},
        "restore": {},
        "adopt": {"part": "p", "component": "c", "files": ["f"]},
        "run": {"program": str(tool), "arguments": [], "time_limit": 10, "collect": []},
    }
    for operation, members in calls.items():
        if operation == "run" and check:
            continue  # it makes no working folder then
        own = {"backup": saved.backup, "restore": saved.restore}.get(operation)
        answer = own(check=check) if own else saved.call(operation, check=check, **members)
        assert (code(answer), answer["error"]["path"]) == ("state_owner", str(state)), operation
    assert saved.picture() == before


class TestVolumes:
    """What lies on the volume of its own backup is named once."""

    @pytest.fixture
    def components(self, host: t.Any) -> list[dict[str, str]]:
        for drive in "CDE":
            (host.folder / drive / "Data").mkdir(parents=True)
            (host.folder / drive / "Data" / "a.txt").write_text("a")
        return [{"name": f"on_{drive.lower()}", "path": str(host.folder / drive / "Data")} for drive in "CDE"]

    def test_a_component_beside_the_root(self, host: t.Any, components: list[dict[str, str]]) -> None:
        more = {"name": "more", "path": str(host.folder / "D" / "More")}
        (host.folder / "D" / "More").mkdir()
        (host.folder / "D" / "More" / "a.txt").write_text("a")
        (host.folder / "E" / "Mounted").symlink_to(host.folder / "D")  # as a volume is mounted in a folder
        host.root = host.folder / "E" / "Mounted" / "Backups"
        for check in (True, False):
            answer = host.backup(components=[*components, more], check=check)
            assert len(answer["warnings"]) == 1
            assert answer["warnings"][0].startswith(f"on_d, more: on the same volume as the backup root {host.root}.")
        assert host.part_document()["warnings"] == answer["warnings"]

    def test_nothing_is_said_of_others(self, host: t.Any, components: list[dict[str, str]]) -> None:
        answer = host.backup(components=[*components[:1], components[2]])
        assert answer["warnings"] == []


class TestPlantedLinks:
    """A folder that becomes a link between the walk and the opening of its files."""

    @pytest.mark.parametrize("planted", ["sub", "sub/deep", "."])
    def test_nothing_is_taken_from_where_it_leads(self, host: t.Any, planted: str) -> None:
        host.write(a="own", sub__b="own", sub__deep__c="own")
        secret = host.folder / "C" / "Secret"
        for name in ("a.txt", "b.txt", "c.txt", "sub/b.txt", "sub/deep/c.txt", "deep/c.txt"):
            (secret / name).parent.mkdir(parents=True, exist_ok=True)
            (secret / name).write_text("secret")
        host.faults = {"plant": {str((host.source / planted).resolve()): str(secret)}}
        answer = host.backup(threads=1)
        below = {"sub": ["sub/b", "sub/deep/c"], "sub/deep": ["sub/deep/c"], ".": ["a", "sub/b", "sub/deep/c"]}[planted]
        assert {problem["path"]: problem["problem"] for problem in answer["problems"]} == {
            f"data/{name}.txt": "link" for name in below
        }
        assert (code(answer), answer["files"]) == ("partial", 3 - len(below))
        for path in (path for path in host.part().rglob("*") if path.is_file()):
            assert b"secret" not in path.read_bytes()

    def test_without_one_all_is_taken(self, host: t.Any) -> None:
        host.write(a="own", sub__b="own")
        above = host.folder / "C" / "Above"
        above.symlink_to(host.source.parent)  # a link above the component was there before, and is the administrator's
        answer = host.backup(components=[{"name": "data", "path": str(above / host.source.name)}])
        assert (answer["state"], answer["files"]) == ("complete", 2)

    def test_a_file_that_is_deleted_while_it_is_read_is_whole(self, host: t.Any) -> None:
        host.write(a="own", b="own")
        host.faults = {"unlink": ["*/b.txt"]}
        assert (host.backup()["files"], (host.part() / "data" / "b.txt").read_text()) == (2, "own")


LOOPS: dict[str, tuple[str, str]] = {
    "to the folder above": ("sub/up", ".."),
    "to the component": ("sub/deep/top", "../.."),
    "to itself": ("self", "self"),
    "two that lead to each other": ("sub/one", "deep/two"),
}


@pytest.mark.parametrize("loop", LOOPS)
def test_loops_end_as_problems(host: t.Any, loop: str) -> None:
    host.write(a="x", sub__deep__b="y")
    name, target = LOOPS[loop]
    (host.source / name).symlink_to(target)
    links = [name]
    if target == "deep/two":
        (host.source / "sub" / target).symlink_to("../one")
        links.append("sub/deep/two")
    answer = host.backup(allow_partial=["**"])
    assert {problem["path"]: problem["problem"] for problem in answer["problems"]} == {
        f"data/{link}": "link" for link in links
    }
    assert (answer["state"], answer["files"]) == ("waived", 2)
    assert host.call("verify")["state"] == "verified"


class TestLinksInSets:
    """Whatever of a set is a link is not followed, though what it leads to be the very thing."""

    @pytest.fixture
    def outside(self, saved: t.Any) -> c.Callable[[str], t.Any]:
        def replace(name: str) -> t.Any:
            path = saved.root / "hq" / name if name else saved.root / "hq"
            elsewhere = saved.folder / "C" / "Elsewhere"
            path.rename(elsewhere)
            path.symlink_to(elsewhere)
            shutil.rmtree(saved.source)
            return saved

        return replace

    SET = "20260101T000000Z"
    PART = f"{SET}/web01"

    @pytest.mark.parametrize(
        ("name", "verified", "restored"),
        [
            ("", "set_missing", "set_missing"),
            (SET, "set_missing", "set_missing"),
            (PART, "part_missing", "part_missing"),
            (f"{PART}/data", {"data": "kind"}, "damaged"),
            (f"{PART}/data/sub", {"data/sub": "kind"}, "damaged"),
            (f"{PART}/data/sub/b.txt", {"data/sub/b.txt": "kind"}, "damaged"),
            (f"{PART}/part.json", {"part.json": "record"}, "damaged"),
            (f"{PART}/files.jsonl", {"files.jsonl": "record"}, "damaged"),
            (f"{PART}/manifest.sha256", {"manifest.sha256": "record"}, "damaged"),
        ],
    )
    def test_it_is_named(
        self, outside: c.Callable[[str], t.Any], name: str, verified: str | dict[str, str], restored: str
    ) -> None:
        host = outside(name)
        before = host.picture()
        answer = host.call("verify")
        if isinstance(verified, str):
            assert code(answer) == verified
        else:
            assert {problem["path"]: problem["problem"] for problem in answer["problems"]} == verified
        assert code(host.restore()) == restored
        parts = [part for found in host.call("list")["sets"] for part in found["parts"]]
        assert [part["state"] for part in parts] == ([] if isinstance(verified, str) else [self._listed(name)])
        assert besides_state(host, host.picture()) == besides_state(host, before)

    @staticmethod
    def _listed(name: str) -> str:
        return "unreadable" if name.endswith("part.json") else "complete"

    @pytest.mark.parametrize("name", [PART, f"{PART}/data", f"{PART}/data/a.txt"])
    def test_one_file_is_not_read_through_it(self, outside: c.Callable[[str], t.Any], name: str) -> None:
        answer = outside(name).call("get", part="web01", component="data", name="a.txt")
        assert code(answer) in ("part_missing", "damaged")
        assert "content" not in answer

    @pytest.mark.parametrize("level", ["", SET])
    def test_nothing_new_is_made_behind_it(self, outside: c.Callable[[str], t.Any], level: str) -> None:
        host = outside(level)
        host.source.mkdir()
        host.name = "WEB02"
        for answer in (host.backup(), place(host)):
            assert (code(answer), answer["error"]["path"]) == ("set_link", str(host.root / "hq" / level).rstrip("/"))
        assert {path.name for path in (host.folder / "C" / "Elsewhere").rglob("web02*")} == set()
