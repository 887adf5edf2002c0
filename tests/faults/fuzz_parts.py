# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks for damaged or hostile parts that the agent takes wrongly.

    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.fuzz_parts 10000        # mutations
    PYTHONPATH=tests:build/source build/venv/bin/python -m faults.fuzz_parts 1 7 4711     # seed 7, mutation 4711 alone

Every mutation of a sealed part's documents goes to `verify`, `list` and `restore` in check mode, all in one process of
the agent on Mono. Each answers within seconds, and not with `internal`. Nothing on the host changes. What verifies, or
would be restored, is what lies there: each file of the lists with its size and digest, no other, and part.json as the
seal has it; without the digests made right, that is the part as it was. A find ends the run with its number.
"""

from __future__ import annotations

import collections
import hashlib
import json
import os
import pathlib
import random
import re
import sys
import tempfile
import time
import typing as t

from unit.agent.win32_session import AGENT_DRIVER, SERVING, TWIN, MonoHost, Session, run

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.source import agent_files
from faults.part_mutations import FILES, MANIFEST, NAMES, ON_DISK, PART, SEAL, Record, lists, mutated, redone, resealed
from lab.ahead_of_time import compile_ahead
from lab.streams import keeps_streams, put_stream, streams_of

LIMIT = 20.0
"""Seconds that an answer may take on a busy machine."""
MODES = ("quick", "1/1", "2/3")

_SET = "20260101T000000Z"
_CONTENT = {
    "a.txt": b"first",
    "b.txt": b"second",
    "sub/c.txt": b"third",
    "sub/deep/d.txt": b"",
    "\u00fc (1).xml": b"x" * 999,
}


class FoundError(AssertionError):
    """A mutation that the agent takes wrongly."""


def compile_agent(folder: pathlib.Path) -> pathlib.Path:
    """Compile the whole agent with a driver that asks it again and again, for Mono."""
    replaced = {path.name for path in TWIN}
    shipped = [path for path in agent_files().values() if path.name not in replaced]
    portable = [path for path in shipped if not re.search(r"\[DllImport\(", path.read_text(encoding="utf-8"))]
    twin = [path for path in TWIN if path.name != "Host.cs"]  # which has a Main of its own
    driver = folder / "agent.exe"
    run(
        [
            "mcs",
            "-langversion:5",
            "-optimize+",
            "-unsafe",
            "-r:System",
            f"-out:{driver}",
            *portable,
            *twin,
            SERVING,
            AGENT_DRIVER,
        ]
    )
    compile_ahead(driver)
    return driver


class Subject:
    """A sealed part on a host of its own, and an agent that is asked about it."""

    def __init__(self, executable: pathlib.Path, folder: pathlib.Path) -> None:
        host = MonoHost(executable, folder, LAB_HOST_NAME="WEB01", LAB_MACHINE_GUID="g")
        for name in ("C/ProgramData", "D/Backups"):
            (folder / name).mkdir(parents=True)
        for name, content in _CONTENT.items():
            path = folder / "C" / "Source" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (folder / "C" / "Source" / "empty").mkdir()
        if keeps_streams(folder):
            put_stream(folder / "C" / "Source" / "a.txt", "one", b"of a.txt")
            put_stream(folder / "C" / "Source" / "a.txt", "two", b"")
            put_stream(folder / "C" / "Source" / "sub", "one", b"of a folder")
        self.folder = folder
        self.set = folder / "D" / "Backups" / "hq" / _SET
        self.part = self.set / "web01"
        self._session: Session = host.session()
        self._seal()
        self.record = {name: self._place(name).read_bytes() for name in NAMES}
        self.entries = [json.loads(line) for line in self.record[FILES].split(b"\n")[:-1]]
        self.digests = _rows(self.record[MANIFEST])
        self.picture = self._picture()

    def _seal(self) -> None:
        component = {"name": "data", "path": str(self.folder / "C" / "Source")}
        made = self.ask("backup", components=[component], retry_wait_ms=1)
        member = {"server": "web01", "part_sha256": made["part_sha256"], "state": "complete"}
        document = {"schema": 1, "deployment": "hq", "set_id": _SET, "decider": "web01", "parts": [member]}
        prepared = self.ask("seal", phase="prepared", document=json.dumps(document))
        self.ask("seal", phase="sealed", document_sha256=prepared["document_sha256"])

    def close(self) -> None:
        self._session.close()

    def ask(self, operation: str, **members: t.Any) -> dict[str, t.Any]:
        """Return an answer that is one, in time."""
        request = {
            "protocol": 1,
            "operation": operation,
            "root": str(self.folder / "D" / "Backups"),
            "deployment": "hq",
        }
        begin = time.monotonic()
        answer: dict[str, t.Any] = self._session("Run", json.dumps({**request, "set_id": _SET, **members}))
        _demand(time.monotonic() - begin < LIMIT, f"{operation} took {time.monotonic() - begin:.1f} s")
        _demand(not _senseless(answer), f"the answer is no JSON: {answer}")
        code = answer.get("error", {}).get("code")
        _demand(code not in ("internal", "bad_request"), f"{operation} ended with {answer.get('error')}")
        return answer

    def one(self, chance: random.Random) -> tuple[str, str]:
        """Try one mutation; give what it was and what became of it."""
        mutation = mutated(self.record, chance)
        self._write(mutation.record)
        state = self._states(chance, mutation.what)
        if "verified" in state:
            self.compare(mutation.record)
            same = all(mutation.record[name] == self.record[name] for name in NAMES if name != SEAL)
            _demand(mutation.clever or same, "another record verifies")
        self._write(self.record)
        return mutation.what, state

    def one_on_disk(self, chance: random.Random) -> tuple[str, str]:
        """Try a file with a hostile name that lies there as the lists say it."""
        name = chance.choice(ON_DISK)
        path = f"data/{name}"
        entry = {**next(one for one in self.entries if one["kind"] == "file"), "path": path, "size": 0}
        digests = {**self.digests, path: hashlib.sha256().hexdigest()}
        (self.part / path).touch()
        self._write(resealed(redone({**self.record, **lists([*self.entries, entry], digests)})))
        try:
            state = self._states(chance, path)
            _demand("verified" not in state, f"{path!r} verifies")
        finally:
            (self.part / path).unlink()
            self._write(self.record)
        return "a hostile name on the disk", state

    def _states(self, chance: random.Random, what: str) -> str:
        """Ask all three; give how a full verification ended."""
        before = self._picture()
        verified = self.ask("verify")
        less = self.ask("verify", mode=chance.choice(MODES))
        problems = {one["problem"] for one in verified.get("problems", [])}
        unread = problems <= {"content", "stream"}
        _demand(less["failed"] == verified["failed"] or unread, f"{less} instead of {verified}")
        listed = self.ask("list")
        restored = self.ask("restore", check=True, unsealed=chance.random() < 0.5)
        _demand(not listed["failed"] and len(listed["sets"]) == 1, f"the set is not listed: {listed}")
        _demand(self._picture() == before, "something on the host changed")
        state = str(verified.get("state") or verified["error"]["code"])
        _demand(verified["failed"] == (state != "verified"), f"{state}, and failed is {verified['failed']}")
        usable = state == "verified" or problems == {"stream"}
        _demand(restored["failed"] or usable, f"{state}, and would be restored after {what}: {restored}")
        if state == "verified" and (self.set / SEAL).exists():
            _demand(verified["sealed"] is True, "a seal is there and does not stand for the part that verifies")
        return state

    def compare(self, record: Record) -> None:
        """What the documents say, read by Python, is what lies there."""
        entries = [json.loads(line) for line in record[FILES].split(b"\n")[:-1]]
        _demand(_places(entries) == _places(self.entries), f"the list is not of what is there: {entries}")
        for entry in entries:
            _demand(all(self._has(entry["path"], stream) for stream in entry.get("streams") or []), f"streams: {entry}")
        _demand(_rows(record[MANIFEST]) == self.digests, "the manifest is not of what is there")
        document, seal = json.loads(record[PART]), json.loads(record[SEAL])
        _demand(document["files_sha256"] == hashlib.sha256(record[FILES]).hexdigest(), "files.jsonl has another digest")
        _demand(document["manifest_sha256"] == hashlib.sha256(record[MANIFEST]).hexdigest(), "manifest.sha256 too")
        digests = [one["part_sha256"] for one in seal["parts"] if one["server"].lower() == "web01"]
        _demand(digests == [hashlib.sha256(record[PART]).hexdigest()], "part.json is not the sealed one")

    def _has(self, path: str, stream: dict[str, t.Any]) -> bool:
        content = streams_of(self.part / path)[stream["name"]]
        return (stream["size"], stream["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())

    def _write(self, record: Record) -> None:
        for name, content in record.items():
            self._place(name).write_bytes(content)

    def _place(self, name: str) -> pathlib.Path:
        return (self.set if name == SEAL else self.part) / name

    def _picture(self) -> list[tuple[str, int, int]]:
        """Everything on the host but the documents and the state folder: name, size, time."""
        found = []
        for top, folders, files in os.walk(self.folder):
            for path in (os.path.join(top, name) for name in [*folders, *files] if name not in NAMES):
                facts = os.lstat(path)
                if "/ProgramData/" not in path:
                    found.append((path, facts.st_size, facts.st_mtime_ns))
        return sorted(found)


def _demand(holds: bool, otherwise: str) -> None:
    if not holds:
        raise FoundError(otherwise[:4000])


def _senseless(answer: dict[str, t.Any]) -> bool:
    try:
        json.dumps(answer, allow_nan=False)
    except ValueError:
        return True
    return False


def _places(entries: list[dict[str, t.Any]]) -> list[tuple[t.Any, ...]]:
    return [(one["path"], one["kind"], one.get("size") if one["kind"] == "file" else None) for one in entries]


def _rows(manifest: bytes) -> dict[str, str]:
    lines = manifest.decode().split("\n")[:-1]
    # One that begins with '\' says only that a path may have escapes; none of ours has.
    plain = [line[1:] if line.startswith("\\") else line for line in lines]
    return {line[66:]: line[:64] for line in plain}


def fuzz(executable: pathlib.Path, numbers: t.Iterable[int], seed: int) -> collections.Counter[str]:
    """Try these mutations; give how many ended how. Raises FoundError with the first that the agent takes wrongly."""
    outcomes: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        subject = Subject(executable, pathlib.Path(folder))
        try:
            for number in numbers:
                chance = random.Random(f"{seed}/{number}")
                try:
                    what, state = subject.one_on_disk(chance) if number % 50 == 0 else subject.one(chance)
                except FoundError as found:
                    what = mutated(subject.record, random.Random(f"{seed}/{number}")).what
                    raise FoundError(f"seed {seed}, mutation {number} ({what}): {found}") from found
                outcomes[state] += 1
                outcomes[f"{what.partition(' in ')[0]}: {state}"] += 1
        finally:
            subject.close()
    return outcomes


def main(count: int, seed: int, first: int) -> None:
    """Try `count` mutations and print what became of them."""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        outcomes = fuzz(compile_agent(pathlib.Path(folder)), range(first, first + count), seed)
    for what, number in sorted(outcomes.items()):
        print(f"{number:7,}  {what}")
    print(f"{count:,} mutations, {time.monotonic() - begin:.0f} s, nothing found")


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:]]
    main(*numbers, *(10_000, 1, 1)[len(numbers) :])
