# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills the agent at random moments of backups and restores, and looks at what is left.

    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.kill_agent mono 100       # 100 backups, 100 restores
    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.kill_agent wine 20 7      # with seed 7
    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.kill_agent habits 100

The last is Mono with all that Windows does by habit (lab/habits.py), and runs as many that nobody kills before it. Its
backups link to the first one, and a program writes to a file of the source meanwhile, whose times come late.

After each kill: no part that `list` shows as complete is rejected by `verify`; the source of a backup is as it was; the
next run succeeds, and after it a restored tree is as before or as in the part; and outside of the agent's own folder
there is nothing but parts that `list` shows, complete or unfinished. With habits, creation times are compared too.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import typing as t

from unit.agent.win32_session import AGENT_DRIVER, MonoHost, Session, WineHost

from faults.fuzz_parts import compile_agent
from lab import habits
from lab.streams import keeps_streams, put_stream, streams_of

Picture = dict[str, tuple[int, bytes | None, dict[str, bytes]]]
Kind = t.Literal["backup", "restore"]
Habits = dict[str, t.Any]

EPOCH = 116_444_736_000_000_000
"""1970, as a FILETIME."""

CREATED = "user.LabCreated"
"""In which the twin keeps when a file was created, where names hand that on."""

ALONE = "20260101T000000Z"
"""The set that restores restore."""


class FoundError(AssertionError):
    """A kill that leaves what must not be."""


class Place:
    """A host that can be killed and asked again. name: what the host is called. habits: of ``mono_place``."""

    def __init__(self, host: MonoHost | WineHost, name: str, habits: Habits | None = None) -> None:
        self.host = host
        self.habits = habits
        self.name = name
        self.root = host.drive / "Backups"
        self.source = host.drive / "Source"
        self.state = host.drive / "ProgramData" / "identityops.groupid"
        self.saved = host.drive / "Saved"

    def session(self, **more: t.Any) -> Session:
        """Start an agent. Keywords: more habits, for this one alone."""
        if not isinstance(self.host, MonoHost) or not more:
            return self.host.session()
        return self.host.session(LAB_HABITS=json.dumps({**(self.habits or {}), **more}))

    def request(self, operation: str, **members: t.Any) -> str:
        """Return a request as it is sent."""
        place = {"root": self.host.path("Backups"), "deployment": "hq", "set_id": ALONE}
        return json.dumps({"protocol": 1, "operation": operation, **place, **members})

    def backup(self, set_id: str, link_unchanged: bool = False) -> str:
        component = {"name": "data", "path": self.host.path("Source")}
        members = {"components": [component], "set_id": set_id, "link_unchanged": link_unchanged}
        return self.request("backup", retry_wait_ms=1, **members)

    def restore(self, safety: str) -> str:
        component = {"name": "data", "policy": "mirror"}
        return self.request("restore", components=[component], unsealed=True, safety_set_id=safety)

    def own(self) -> None:
        """Return what this process made to the user of the host."""
        if not isinstance(self.host, WineHost) or os.getuid() != 0:
            return
        facts = self.host.drive.stat()
        for top in filter(pathlib.Path.exists, (self.source, self.saved)):
            for path in (top, *top.rglob("*")):
                os.chown(path, facts.st_uid, facts.st_gid, follow_symlinks=False)


def mono_place(agent: pathlib.Path, folder: pathlib.Path, habits: Habits | None) -> Place:
    """Return a host on Mono. habits: for mono/LabHabits.cs."""
    settings = {"LAB_HABITS": json.dumps(habits), "LAB_PATIENCE_MS": "60000"} if habits else {}
    return Place(MonoHost(agent, folder, LAB_HOST_NAME="WEB01", LAB_MACHINE_GUID="g", **settings), "web01", habits)


def ask(session: Session, request: str) -> dict[str, t.Any]:
    """Return an answer of success."""
    answer: dict[str, t.Any] = session("Run", request)
    _demand(not answer["failed"], f"{answer}")
    return answer


def picture(folder: pathlib.Path) -> Picture:
    """Everything below a folder: when it was written (100 ns), what is in it and in its alternate data streams."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mtime_ns // 100,
            path.read_bytes() if path.is_file() else None,
            {**streams_of(path), **_created(path)},
        )
        for path in sorted(folder.rglob("*"))
    }


def _created(path: pathlib.Path) -> dict[str, bytes]:
    return {CREATED: os.getxattr(path, CREATED)} if CREATED in os.listxattr(path) else {}


def date(folder: pathlib.Path, chance: random.Random, saved: Picture | None = None) -> None:
    """Return what lies below a folder creation times, as a host with habits keeps them; not what is as it was saved."""
    now = picture(folder)
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if saved is None or (path.is_file() and now[name] != saved.get(name)):
            os.setxattr(path, CREATED, str(chance.randrange(10**17, 13 * 10**16)).encode())


def grow(folder: pathlib.Path, chance: random.Random, streams: bool) -> None:
    """Make a tree of some 60 files, a few of them with alternate data streams where the host has these."""
    for number in range(60):
        path = folder / f"folder {number % 7}" / ("deep" if number % 3 else ".") / f"file {number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.choice((0, 10, 5_000, 200_000))))
        if streams and number % 5 == 0:
            put_stream(path, "one", chance.randbytes(500))
    (folder / "empty").mkdir()


def change(folder: pathlib.Path, chance: random.Random) -> None:
    """Change a tree in every way that a restore puts right."""
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        if number % 4 == 0:
            path.write_bytes(chance.randbytes(3_000))
        elif number % 4 == 1:
            path.unlink()
        elif streams_of(path):
            put_stream(path, "one", chance.randbytes(50))
    shutil.rmtree(folder / "folder 3")
    grow(folder / "folder 8", chance, streams=False)
    (folder / "empty").rmdir()
    (folder / "empty").write_bytes(b"a file now")


def _make(place: Place, kind: Kind, chance: random.Random) -> None:
    """Make what an operation works on: a source, a part of it, and for restores what they find."""
    shutil.rmtree(place.saved, ignore_errors=True)
    if not place.source.exists():
        grow(place.source, chance, isinstance(place.host, MonoHost) and keeps_streams(place.host.drive))
        if place.habits:
            date(place.source, chance)
            time.sleep(0.2)  # what is fresher than a tick of the clock is never linked
        place.own()
        with contextlib.closing(place.session()) as session:
            made = ask(session, place.backup(ALONE))
            if place.habits:
                _seal(place, session, made["part_sha256"])
    if kind == "restore":
        shutil.copytree(place.source, place.saved)
        change(place.saved, chance)
        if place.habits:
            date(place.saved, chance, picture(place.source))
        place.own()


def _seal(place: Place, session: Session, part_sha256: str) -> None:
    """Make the set one that others link to."""
    member = {"server": place.name, "part_sha256": part_sha256, "state": "complete"}
    document = {"schema": 1, "deployment": "hq", "set_id": ALONE, "decider": place.name, "parts": [member]}
    prepared = ask(session, place.request("seal", phase="prepared", document=json.dumps(document)))
    ask(session, place.request("seal", phase="sealed", document_sha256=prepared["document_sha256"]))


class Writer:
    """A program that has a file of the source open all the time. The file's times stay as they were until it ends."""

    def __init__(self, place: Place) -> None:
        files = [path for path in sorted(place.source.rglob("*")) if path.is_file() and not streams_of(path)]
        self._path = next(path for path in files if path.stat().st_size)
        self._linkable = len(files) - 1  # what has streams is copied
        self._content = self._path.read_bytes()
        self._facts = self._path.stat()
        self._place = place
        times = {"written": self._facts.st_mtime_ns, "changed": self._facts.st_ctime_ns}
        told = {name: EPOCH + nanoseconds // 100 for name, nanoseconds in times.items()}
        self.habit: Habits = {"writers": {str(self._path): told}} if place.habits else {}

    def write(self, chance: random.Random) -> None:
        if self.habit:
            self._path.write_bytes(chance.randbytes(len(self._content)))

    def look(self, set_id: str, answer: dict[str, t.Any]) -> None:
        """Look at a backup: it has what was written, though no time told of it, and links to all else that it can."""
        if not self.habit:
            return
        relative = self._path.relative_to(self._place.source)
        copy = self._place.root / "hq" / set_id / self._place.name / "data" / relative
        _demand(copy.read_bytes() == self._path.read_bytes(), f"{relative} is not copied as it is")
        counted = {loss["kind"]: loss["count"] for loss in answer["losses"]}
        _demand(counted.get("open_for_writing") == 1, f"it counts {counted}")
        _demand(answer["linked"] == self._linkable, f"{answer['linked']} files are linked, not {self._linkable}")

    def end(self) -> None:
        self._path.write_bytes(self._content)
        os.utime(self._path, ns=(self._facts.st_atime_ns, self._facts.st_mtime_ns))


def undisturbed(place: Place, kind: Kind, count: int, seed: int) -> float:
    """Run one kind of operation so many times to its end. Returns the seconds of the longest. Raises FoundError."""
    chance = random.Random(seed)
    _make(place, kind, chance)
    part, longest = picture(place.root / "hq" / ALONE / place.name / "data"), 0.0
    writer = Writer(place)
    with contextlib.closing(place.session(**(writer.habit if kind == "backup" else {}))) as session:
        for number in range(count):
            begun = time.monotonic()
            if kind == "backup":
                writer.write(chance)
                answer = ask(session, place.backup(_set_id(1, number), link_unchanged=True))
                longest = max(longest, time.monotonic() - begun)
                writer.look(_set_id(1, number), answer)
                ask(session, place.request("verify", set_id=_set_id(1, number), server=place.name))
            else:
                _reset(place)
                begun = time.monotonic()
                answer = ask(session, place.restore(_set_id(2, number) + "-before-restore"))
                longest = max(longest, time.monotonic() - begun)
                _demand(picture(place.source) == part, "a restore does not give the part")
                _demand(not answer["warnings"], f"a restore warns: {answer['warnings']}")
            _remove_others(place)
    writer.end()
    return longest


def kills(place: Place, kind: Kind, count: int, seed: int) -> collections.Counter[str]:
    """Kill one kind of operation so many times. Returns what the kills met. Raises FoundError."""
    chance = random.Random(seed)
    _make(place, kind, chance)
    part, before = picture(place.root / "hq" / ALONE / place.name / "data"), picture(place.source)
    met: collections.Counter[str] = collections.Counter()
    lasts = 0.3
    for number in range(count):
        if kind == "restore":
            before = _reset(place)
        session = place.session()
        moment = chance.uniform(0, 1.1 * lasts)
        first, safety = _set_id(1, number), _set_id(2, number) + "-before-restore"
        begun = time.monotonic()
        session.begin("Run", place.backup(first) if kind == "backup" else place.restore(safety))
        time.sleep(moment)
        session.kill()
        with contextlib.closing(place.session()) as after:
            if number == 0:
                lasts = _undisturbed(place, after, kind)
                met["milliseconds undisturbed"] = round(lasts * 1000)
            else:
                met[_look(place, after, kind, before, part, number)] += 1
        _demand(time.monotonic() - begun < 600, "it takes far too long")
    return met


def _set_id(day: int, number: int) -> str:
    """Return a second of a day for each number."""
    return f"202701{day:02}T{number // 3600:02}{number // 60 % 60:02}{number % 60:02}Z"


def _reset(place: Place) -> Picture:
    shutil.rmtree(place.source)
    shutil.copytree(place.saved, place.source)
    place.own()
    return picture(place.source)


def _undisturbed(place: Place, session: Session, kind: Kind) -> float:
    """How many seconds the operation takes where nobody kills it."""
    begun = time.monotonic()
    ask(
        session,
        place.backup("20270103T000000Z") if kind == "backup" else place.restore("20270103T000000Z-before-restore"),
    )
    seconds = time.monotonic() - begun
    _remove_others(place)
    return seconds


def _look(place: Place, session: Session, kind: Kind, before: Picture, part: Picture, number: int) -> str:
    """Check what a kill left, run again, check what that left. Returns what the kill met."""
    unfinished = _check_parts(place, session)
    journals = [plan.parent for plan in place.state.glob("restores/*/plan.jsonl")]  # without a plan one means nothing
    ready = any((journal / "ready").exists() for journal in journals)
    if kind == "backup":
        _demand(picture(place.source) == before, "the source of a backup has changed")
        ask(session, place.backup("20270104T000000Z"))
        met = "an unfinished part" if unfinished else "nothing or all"
    elif number % 2:
        answer = ask(session, place.backup("20270104T000000Z"))
        reported = " ".join(answer["warnings"])
        now = picture(place.source)
        expected = [part] if ready else [before] if journals else [before, part]
        _demand(
            now in expected,
            f"a mixture: {_difference(now, before)} from before, {_difference(now, part)} from the part",
        )
        met = (
            "ended by a backup"
            if "ended now" in reported
            else "undone by a backup"
            if "undone now" in reported
            else "nothing to end"
        )
    else:
        ask(session, place.restore("20270104T000000Z-before-restore"))
        _demand(picture(place.source) == part, "a second restore does not give the part")
        met = "restored again"
    _check_parts(place, session)
    _check_leavings(place)
    _remove_others(place)
    return met


def _check_parts(place: Place, session: Session) -> int:
    """Verify each part that is shown as complete. Returns how many are not finished."""
    unfinished = 0
    for found in ask(session, place.request("list"))["sets"]:
        shown = {part["server"] for part in found["parts"]}
        folder = pathlib.Path(place.root, "hq", found["set_id"])
        there = {path.name for path in folder.iterdir() if path.name not in ("set.prepared.json", "set.json")}
        _demand(shown == there, f"set {found['set_id']} holds {there}, and {shown} are shown")
        for part in found["parts"]:
            if part["state"] == "unfinished":
                unfinished += 1
                continue
            ask(session, place.request("verify", set_id=found["set_id"], server=part["server"]))
    return unfinished


def _check_leavings(place: Place) -> None:
    hidden = [path for path in place.host.drive.rglob("*") if path.name.endswith((".restoring", ".replaced", ".tmp"))]
    # A part that is not finished is shown as such, whatever lies in it.
    left = [str(path) for path in hidden if not _is_unfinished(place, path)]
    _demand(not left, f"left behind: {left[:3]}")
    journals = [(path / "plan.jsonl").exists() for path in (place.state / "restores").glob("*")]
    if place.habits and journals and not any(journals):
        _let_go(place)
        journals = [path.exists() for path in (place.state / "restores").glob("*")]
    _demand(not journals, f"a journal is left, with a plan: {any(journals)}")
    sets = {path.name for path in (place.root / "hq").iterdir()}
    _demand(all(name[:4] in ("2026", "2027") for name in sets), f"no sets: {sets}")


def _let_go(place: Place) -> None:
    """Let go of all names and run once more. A journal without a plan means nothing, and is tried once by each run."""
    pathlib.Path(f"{place.host.root}.habits").unlink()
    with contextlib.closing(place.session()) as session:
        ask(session, place.backup("20270105T000000Z"))


def _is_unfinished(place: Place, path: pathlib.Path) -> bool:
    if not path.is_relative_to(place.root / "hq"):
        return False
    names = path.relative_to(place.root / "hq").parts
    return not place.root.joinpath("hq", *names[:2], "part.json").exists()


def _remove_others(place: Place) -> None:
    for path in (place.root / "hq").iterdir():
        if path.name != ALONE:
            shutil.rmtree(path)


def _difference(one: Picture, other: Picture) -> int:
    return sum(one.get(name) != other.get(name) for name in one.keys() | other.keys())


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise FoundError(otherwise)


def main(runner: str, count: int, seed: int) -> None:
    """Kill backups and restores on one runner, and print what the kills met."""
    with tempfile.TemporaryDirectory() as folder:
        if runner == "wine":
            wine = WineHost(AGENT_DRIVER)
            place = Place(wine, wine.program("cmd.exe", "/c", "hostname").strip().lower())
        else:
            place = mono_place(
                compile_agent(pathlib.Path(folder)),
                pathlib.Path(folder, "host"),
                habits.ALL if runner == "habits" else None,
            )
        try:
            for kind in t.get_args(Kind):
                if place.habits:
                    begun = time.monotonic()
                    longest = undisturbed(place, kind, count, seed)
                    took = time.monotonic() - begun
                    print(f"{kind}: {count} times, seed {seed}: {took:.0f} s, the longest {longest:.1f} s", flush=True)
                begun = time.monotonic()
                met = kills(place, kind, count + 1, seed)
                print(f"{kind}: killed {count} times on {runner}, seed {seed}:", dict(met), end=" ")
                print(f"in {time.monotonic() - begun:.0f} s", flush=True)
        finally:
            if runner == "wine":
                wine.stop()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**6))
