# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup and a restore keep of files besides their content, and what they do about names and files in use.

By the shipped agent on Wine's Win32.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import hashlib
import itertools
import json
import os
import pathlib
import shutil
import stat
import subprocess
import time
import typing as t

import pytest
from unit.agent.test_agent_faithful import code, losses
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_WINE, Session, WineHost, lacks

pytestmark = pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)

READ_ONLY, HIDDEN, SYSTEM = 0x1, 0x2, 0x4
OPEN_TO_ALL = "(A;;0x1301ff;;;S-1-1-0)"  # what Wine makes of a mode that lets others write
WRITTEN = 1_700_000_000_123_456_700

_numbers = itertools.count()


@pytest.fixture(scope="module")
def host() -> c.Iterator[WineHost]:
    wine = WineHost(AGENT_DRIVER)
    try:
        yield wine
    finally:
        wine.stop()


@pytest.fixture(scope="module")
def session(host: WineHost) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


class Component:
    """One folder of the host, its backups and restores. ``folder`` is where it lies for this test."""

    def __init__(self, host: WineHost, session: Session) -> None:
        self._session = session
        self._host = host
        self._name = f"Source{next(_numbers)}"
        self.folder = host.drive / self._name
        self.elsewhere = host.drive / f"Elsewhere{self._name}"
        self.backups = host.drive / "Backups" / self._name.lower()
        self.folder.mkdir()
        self.own(self.folder)

    def own(self, path: pathlib.Path) -> None:
        """Return something to the host's user."""
        owner = self._host.home.stat()
        os.chown(path, owner.st_uid, owner.st_gid)

    def put(self, name: str, content: bytes, mode: int = 0o644) -> pathlib.Path:
        """Write a file that belongs to the host's user, at a time with a fraction."""
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        os.utime(path, ns=(WRITTEN, WRITTEN))
        self.own(path.parent)
        self.own(path)
        return path

    def mark(self, path: pathlib.Path, *marks: str) -> str:
        """Set attributes by the host's own attrib.exe, and give all that the file has."""
        name = "C:\\" + str(path.relative_to(self._host.drive)).replace("/", "\\")
        for mark in marks:
            self._set(mark, name)
        return self._host.program("attrib.exe", name).partition("C:")[0].strip()

    def _set(self, mark: str, name: str) -> None:
        try:
            self._host.program("attrib.exe", mark, name)
        except subprocess.CalledProcessError:
            # Seen once in 40 runs: it did not find a file that was there.
            self._host.program("attrib.exe", mark, name)

    def ask(self, operation: str, component: dict[str, t.Any], **members: t.Any) -> dict[str, t.Any]:
        answer = self.answer(operation, component, **members)
        assert code(answer) == "none", answer
        return answer

    def answer(self, operation: str, component: dict[str, t.Any], **members: t.Any) -> dict[str, t.Any]:
        """Ask what may fail."""
        place = {"root": "C:\\Backups", "deployment": self._name.lower(), "set_id": "20260101T000000Z"}
        request = {"protocol": 1, "operation": operation, **place, "components": [component], **members}
        answer: dict[str, t.Any] = self._session("Run", json.dumps(request))
        return answer

    @contextlib.contextmanager
    def holding(self, name: str) -> c.Iterator[None]:
        """Have a file of the folder open in another program, which shares it with nobody: it is waited for shortly."""
        with self._host.holding(f"C:\\{self._name}\\{name}"):
            self._session("Patience", 1000)
            yield
        self._session("Patience", 60_000)

    def backup(self) -> dict[str, dict[str, t.Any]]:
        """Back up; what the part's list has of each path."""
        answer = self.ask("backup", {"name": "data", "path": f"C:\\{self._name}"})
        [beside] = answer["warnings"]  # there is one drive
        assert (answer["state"], losses(answer)) == ("complete", {})
        assert beside.startswith("data: on the same volume as the backup root C:\\Backups.")
        [part] = (self.backups / "20260101T000000Z").iterdir()
        lines = map(json.loads, (part / "files.jsonl").read_bytes().splitlines())
        return {line["path"]: line for line in lines}

    def restore(self, target: pathlib.Path | None = None, **members: t.Any) -> dict[str, t.Any]:
        aim = {} if target is None else {"target": f"C:\\{target.name}"}
        return self.ask("restore", {"name": "data", **aim}, unsealed=True, **members)


@pytest.fixture
def component(host: WineHost, session: Session) -> Component:
    return Component(host, session)


def mode(path: pathlib.Path) -> int:
    """Who may read and write; who may execute follows from the list, and not from the mode that was there."""
    return stat.S_IMODE(path.stat().st_mode) & 0o666


def counts(answer: dict[str, t.Any]) -> tuple[int, ...]:
    return tuple(answer[kind] for kind in ("added", "replaced", "removed", "attributes"))


def test_equal_descriptors_are_written_once(component: Component) -> None:
    for name in ("a", "b", "c"):
        component.put(name, b"x")
    component.put("open", b"x", 0o666)
    component.put("sub/open", b"x", 0o666)
    found = {path: line["security"] for path, line in component.backup().items()}
    assert [found[f"data/{name}"] for name in ("b", "c", "sub", "sub/open")] == [1, 1, 0, 2]
    assert all(str(found[path]).startswith("O:S-1-5-") for path in ("data", "data/a", "data/open"))
    assert OPEN_TO_ALL in found["data/open"]
    assert OPEN_TO_ALL not in found["data/a"] + found["data"]


def test_what_did_not_change_is_linked(component: Component) -> None:
    for name, mode_of_it in (("a", 0o644), ("sub/open", 0o666), ("read only", 0o444), ("other entries", 0o644)):
        component.put(name, b"x", mode_of_it)
    time.sleep(0.2)  # what is younger than the backup's begin is no match
    component.backup()
    [first] = (component.backups / "20260101T000000Z").iterdir()
    member = {"server": first.name, "part_sha256": hashlib.sha256((first / "part.json").read_bytes()).hexdigest()}
    seal = {"schema": 1, "set_id": "20260101T000000Z", "decider": first.name, "parts": [member]}
    document = json.dumps({**seal, "deployment": component.backups.name})
    (first.parent / "set.json").write_text(document)
    (component.folder / "other entries").chmod(0o666)
    source = f"C:\\{component.folder.name}"
    answer = component.ask("backup", {"name": "data", "path": source}, set_id="20260102T000000Z", link_unchanged=True)
    assert (answer["linked"], answer["link_sets"], answer["not_linked"]) == (3, ["20260101T000000Z"], [])
    [second] = (component.backups / "20260102T000000Z").iterdir()
    same = [path for path in ("a", "sub/open", "read only", "other entries") if samefile(first, second, path)]
    assert same == ["a", "sub/open", "read only"]
    assert component.ask("verify", {}, set_id="20260102T000000Z", components=None)["state"] == "verified"


def samefile(first: pathlib.Path, second: pathlib.Path, name: str) -> bool:
    return (first / "data" / name).samefile(second / "data" / name)


def test_entries_come_back_and_count_as_attributes(component: Component) -> None:
    changed, lost = component.put("changed", b"x", 0o666), component.put("sub/lost", b"x", 0o666)
    other = component.put("other", b"other content", 0o666)
    lost.parent.chmod(0o777)
    component.backup()
    assert counts(component.restore()) == (0, 0, 0, 0)
    changed.chmod(0o644)
    other.write_bytes(b"an other content")
    other.chmod(0o644)
    shutil.rmtree(lost.parent)
    for check in (True, False):
        answer = component.restore(check=check)
        assert (counts(answer), answer["diff"]["attributes"]) == ((1, 1, 0, 1), ["data/changed"])
        assert losses(answer) == {}
    assert [mode(path) for path in (changed, other, lost, lost.parent)] == [0o666] * 4
    assert counts(component.restore()) == (0, 0, 0, 0)


def test_a_folder_of_which_only_the_list_differs(component: Component) -> None:
    component.put("sub/a", b"x")
    component.folder.chmod(0o777)
    component.backup()
    component.folder.chmod(0o755)
    answer = component.restore()
    assert (counts(answer), answer["diff"]["attributes"]) == ((0, 0, 0, 1), ["data/"])
    assert mode(component.folder) == 0o666
    assert counts(component.restore()) == (0, 0, 0, 0)


def test_a_list_outside_of_what_is_asked_for_stays(component: Component) -> None:
    component.put("sub/a", b"x")
    component.folder.chmod(0o777)
    component.backup()
    component.folder.chmod(0o755)
    answer = component.ask("restore", {"name": "data", "include": ["sub"]}, unsealed=True)
    assert (counts(answer), mode(component.folder)) == ((0, 0, 0, 0), 0o644)


@pytest.mark.parametrize("choice", [{"include": ["sub"]}, {"overwrite": "never"}])
def test_a_list_stays_though_something_is_put_below_it(component: Component, choice: dict[str, t.Any]) -> None:
    """The time of the folder above what is missing is set again; its list was not asked for."""
    component.put("sub/a", b"x")
    component.folder.chmod(0o777)
    component.backup()
    shutil.rmtree(component.folder / "sub")
    component.folder.chmod(0o755)
    answer = component.ask("restore", {"name": "data", **choice}, unsealed=True)
    assert (counts(answer), mode(component.folder)) == ((1, 0, 0, 0), 0o644)
    assert (component.folder / "sub" / "a").read_bytes() == b"x"


def test_inherited_where_asked_and_elsewhere(component: Component) -> None:
    path = component.put("a", b"x", 0o666)
    component.backup()
    path.chmod(0o644)
    assert counts(component.restore(security="inherit")) == (0, 0, 0, 0)
    assert mode(path) == 0o644
    assert counts(component.restore(component.elsewhere)) == (1, 0, 0, 0)
    assert mode(component.elsewhere / "a") == 0o644
    assert counts(component.restore(component.elsewhere, security="original")) == (0, 0, 0, 1)
    assert mode(component.elsewhere / "a") == 0o666


def test_an_owner_that_is_refused_is_reported_and_the_rest_restored(component: Component) -> None:
    path = component.put("a", b"content")
    if os.getuid() != 0:
        pytest.skip("only root gives files away")
    os.chown(path, 0, 0)
    recorded = component.backup()["data/a"]["security"]
    path.unlink()
    answer = component.restore()
    assert (losses(answer), path.read_bytes()) == ({"security_refused": (1, "data/a")}, b"content")
    assert recorded in answer["losses"][0]["cause"]


def test_hidden_system_read_only_and_an_empty_folder(component: Component) -> None:
    hidden, read_only = component.put("hidden", b"x"), component.put("read_only", b"x")
    component.mark(hidden, "+h", "+s")
    component.mark(read_only, "+r")
    empty = component.folder / "empty"
    empty.mkdir()
    component.own(empty)
    found = component.backup()
    marks = READ_ONLY | HIDDEN | SYSTEM
    assert found["data/hidden"]["attributes"] & marks == HIDDEN | SYSTEM
    assert found["data/read_only"]["attributes"] & marks == READ_ONLY
    shutil.rmtree(component.folder)
    assert counts(component.restore()) == (3, 0, 0, 0)
    assert {"H", "S"} <= set(component.mark(hidden))
    assert "R" in component.mark(read_only)
    assert (hidden.stat().st_mtime_ns, empty.is_dir()) == (WRITTEN, True)
    component.mark(hidden, "-h")
    component.mark(read_only, "-r")
    assert component.restore()["diff"]["attributes"] == ["data/hidden", "data/read_only"]
    assert {"H", "S"} <= set(component.mark(hidden))
    assert "R" in component.mark(read_only)


def test_what_wine_does_not_keep(component: Component, host: WineHost) -> None:
    """A creation time; hidden or system beside read-only.

    Further, as test_win32_security has it: alternate data streams, inheritance, protected lists, other owners.
    docs/windows.md has them all, and should Wine keep one some day, these tests say so.
    """
    path = component.put("a", b"x")
    assert {"H", "R"} <= set(component.mark(path, "+h", "+r"))
    name = f"C:\\{component.folder.name}\\a"
    host.program("powershell.exe", "-NoProfile", "-Command", f"[IO.File]::SetCreationTimeUtc('{name}', '2001-02-03')")
    assert not component.backup()["data/a"]["created"].startswith("2001")
    shutil.rmtree(component.folder)
    component.restore()
    assert "R" in component.mark(path)
    assert "H" not in component.mark(path)


def test_names_that_differ_in_case_alone_are_a_problem_of_one_of_them(component: Component) -> None:
    """A folder that minds case holds both; the part, on a disk that does not, one, and all that is beside them."""
    for name in ("Notes.txt", "notes.txt", "Logs/a.txt", "logs/b.txt", "other.txt"):
        component.put(name, name.encode())
    answer = component.ask("backup", {"name": "data", "path": f"C:\\{component.folder.name}"}, allow_partial=["**"])
    assert (answer["state"], answer["files"]) == ("waived", 3)
    problems = {problem["path"].casefold(): problem for problem in answer["problems"]}
    assert sorted(problems) == ["data/logs", "data/notes.txt"]
    [part] = (component.backups / "20260101T000000Z").iterdir()
    for path, problem in problems.items():
        [taken] = [one for one in (part / "data").iterdir() if one.name.casefold() == pathlib.Path(path).name]
        assert problem["problem"] == "name"
        assert {taken.name, pathlib.Path(problem["path"]).name} == {
            one.name for one in component.folder.iterdir() if one.name.casefold() == taken.name.casefold()
        }
        assert f"'{taken.name}'" in problem["cause"]
        assert taken.is_dir() or taken.read_text() == taken.name
    assert component.ask("verify", {"name": "data"}, components=["data"])["state"] == "verified"


def test_names_that_differ_in_case_are_one_file(component: Component) -> None:
    component.put("Case.xml", b"<case/>")
    component.backup()
    (component.folder / "Case.xml").rename(component.folder / "CASE.XML")
    component.put("CASE.XML", b"<other/>")
    component.restore(policy="mirror")
    [found] = component.folder.iterdir()
    assert found.read_bytes() == b"<case/>"


def test_a_file_in_use_makes_the_part_partial(component: Component) -> None:
    held, data = component.put("in use.dat", b"in use"), {"name": "data", "path": f"C:\\{component.folder.name}"}
    component.put("other.txt", b"other")
    with component.holding("in use.dat"):
        refused = component.answer("backup", data, retries=0)
        assert code(refused) == "partial"
        assert [text for text in ("data/in use.dat", "(32)") if text not in refused["error"]["cause"]] == [], refused
        assert "groupid_allow_partial" in refused["error"]["next"]
        answer = component.ask("backup", data, retries=0, allow_partial=["data/in use.dat"], set_id="20260102T000000Z")
    assert (answer["state"], answer["files"]) == ("waived", 1)
    [part] = (component.backups / "20260102T000000Z").iterdir()
    assert [path.name for path in (part / "data").iterdir()] == ["other.txt"]
    component.restore(policy="mirror", set_id="20260102T000000Z")
    assert held.read_bytes() == b"in use", "mirror leaves alone what the backup could not take"


def test_a_target_in_use_fails_by_name_and_the_same_restore_finishes(component: Component) -> None:
    target = component.put("target.dat", b"as backed up")
    component.backup()
    component.put("target.dat", b"changed and open")
    with component.holding("target.dat"):
        refused = component.answer("restore", {"name": "data"}, unsealed=True, retries=0)
        assert refused["failed"], refused
        assert "target.dat" in refused["error"]["path"]
        assert "run the same restore again" in refused["error"]["next"]
    assert target.read_bytes() == b"changed and open"
    assert [path.name for path in component.folder.iterdir()] == ["target.dat"]
    component.restore()
    assert target.read_bytes() == b"as backed up"
