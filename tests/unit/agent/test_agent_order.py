# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a document vouches for is on the medium before the document has its name.

On Mono strace tells the system calls; on Wine the shipped Win32.cs is compiled with a note in each call that matters.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import os
import pathlib
import re
import typing as t

import pytest
from unit.agent.test_agent_put_get import packed
from unit.agent.win32_session import FOLDER, NEEDS_WINE, Session, WineHost, lacks

Call = tuple[str, ...]
"""create, write, flush or delete and a path; flush_all; move and two paths."""
Ask = c.Callable[..., tuple[dict[str, t.Any], list[Call]]]

SET = "20260101T000000Z"
SAFETY = "20270101T000000Z-before-restore"
DECISIVE = ("part.json", "set.json", "set.prepared.json", "plan.jsonl", "ready", "committed")

_NOT_VOUCHED_FOR = (".log", ".lock", ".habits")
"""The last is what the twin of Windows notes for itself, with all its habits."""
_TRACED = "openat,write,fsync,syncfs,rename,renameat2,unlink"
_PATH = r'"((?:[^"\\]|\\.)*)"'
_FORMS = [
    ("create", re.compile(rf"openat\(AT_FDCWD(?:<[^>]*>)?, {_PATH}, \S*O_CREAT\S*O_EXCL")),
    ("write", re.compile(r"write\(\d+<([^>]*)>")),
    ("flush", re.compile(r"fsync\(\d+<([^>]*)>")),
    ("flush_all", re.compile(r"syncfs\(")),
    ("move", re.compile(rf"rename\({_PATH}, {_PATH}")),
    ("move", re.compile(rf"renameat2\(AT_FDCWD(?:<[^>]*>)?, {_PATH}, AT_FDCWD(?:<[^>]*>)?, {_PATH}")),
    ("delete", re.compile(rf"unlink\({_PATH}")),
]


def parsed(trace: str) -> list[Call]:
    """Return the calls of a trace that succeeded, in order."""
    calls: list[Call] = []
    for line in trace.splitlines():
        if "<unfinished" not in line and re.search(r"= -1 ", line):
            continue
        for name, form in _FORMS:
            match = form.search(line)
            if match is not None:
                calls.append((name, *match.groups()))
                break
    return calls


def check(calls: c.Sequence[Call], separator: str) -> list[str]:
    """Raise AssertionError for a decisive document before its time. Returns the documents in their order."""
    dirty: set[str] = set()
    seen: list[str] = []
    for name, *paths in calls:
        if name in ("create", "write"):
            dirty.add(paths[0])
        elif name == "flush":
            dirty.discard(paths[0])
        elif name == "flush_all":
            dirty.clear()
        elif name == "delete":
            dirty.discard(paths[0])
        elif name == "move":
            old, new = paths
            dirty = {path.replace(old, new, 1) if path.startswith(old) else path for path in dirty}
            folder, dummy, document = new.rpartition(separator)
            if document not in DECISIVE:
                continue
            seen.append(document)
            vouched = "" if document in ("ready", "committed") else folder
            unsafe = {path for path in dirty if path.startswith(vouched) and not path.endswith(_NOT_VOUCHED_FOR)}
            # In a folder of its own nothing else is vouched for.
            assert not unsafe, f"{document} has its name before {sorted(unsafe)} are on the medium"
    return seen


def restored(calls: c.Sequence[Call], separator: str) -> None:
    """Check a restore: staged, ready, swapped, committed, and only then is the old content deleted."""
    moves = [(index, paths[1]) for index, (name, *paths) in enumerate(calls) if name == "move"]
    at = {path.rpartition(separator)[2]: index for index, path in moves if path.rpartition(separator)[2] in DECISIVE}
    staged = [index for index, (name, *paths) in enumerate(calls) if name == "create" and ".restoring" in paths[0]]
    kept = [index for index, path in moves if path.endswith(".replaced")]
    gone = [index for index, (name, *paths) in enumerate(calls) if name == "delete" and ".replaced" in paths[0]]
    assert staged
    assert kept
    assert gone
    order = [at["part.json"], at["plan.jsonl"], *staged, at["ready"], *kept, at["committed"], *gone]
    assert order == sorted(order)


def scenario(ask: Ask, source: str, root: str, separator: str, damage: c.Callable[[], None]) -> None:
    """Every path that ends with a document."""

    def done(operation: str, **members: t.Any) -> tuple[dict[str, t.Any], list[Call]]:
        answer, calls = ask(
            {"protocol": 1, "operation": operation, "root": root, "deployment": "hq", "set_id": SET, **members}
        )
        assert not answer["failed"], answer
        return answer, calls

    backup, calls = done("backup", components=[{"name": "data", "path": source}], retry_wait_ms=1, threads=1)
    assert sum(name == "write" for name, *dummy in calls) > 3
    assert check(calls, separator) == ["part.json"]
    other = {"part": "domain.example", "component": "group_attributes"}
    done("place", **other, account=None)
    put, calls = done("put", **other, name="a.ldf", **packed(b"x" * 1000))
    assert put["changed"]
    dummy, calls_of_adopt = done(
        "adopt", **other, files=["a.ldf"], external=False, epoch=SET, version=None, inventory_name="x", details={}
    )
    assert check([*calls, *calls_of_adopt], separator) == ["part.json"]
    member = {"server": backup["server"], "part_sha256": backup["part_sha256"], "state": "complete"}
    document = {"schema": 1, "deployment": "hq", "set_id": SET, "decider": backup["server"], "parts": [member]}
    prepared, calls = done("seal", phase="prepared", document=json.dumps(document))
    assert check(calls, separator) == ["set.prepared.json"]
    dummy, calls = done("seal", phase="sealed", document_sha256=prepared["document_sha256"])
    assert check(calls, separator) == ["set.json"]
    damage()
    dummy, calls = done("restore", components=[{"name": "data", "policy": "mirror"}], safety_set_id=SAFETY, threads=1)
    assert check(calls, separator) == ["part.json", "plan.jsonl", "ready", "committed"]
    restored(calls, separator)


def grow(folder: pathlib.Path) -> None:
    (folder / "sub" / "deep").mkdir(parents=True)
    for name in ("a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"):
        (folder / name).write_text(name)


def damage(folder: pathlib.Path) -> None:
    (folder / "a.txt").write_text("changed")
    (folder / "b.txt").unlink()
    (folder / "new.txt").write_text("new")


@pytest.mark.skipif(lacks("strace"), reason="needs strace: apt-get install --no-install-recommends strace")
@pytest.mark.parametrize("faults", [{}, {"no_volume_flush": True}], ids=["volume", "each file"])
def test_on_mono(host: t.Any, tmp_path: pathlib.Path, faults: dict[str, t.Any], executable: pathlib.Path) -> None:
    trace = tmp_path / "trace"
    host.faults = faults
    host.command = [
        "strace",
        "-f",
        "-y",
        "-s",
        "0",
        "-e",
        f"trace={_TRACED}",
        "-o",
        str(trace),
        "mono",
        str(executable),
    ]
    grow(host.source)

    def ask(request: dict[str, t.Any]) -> tuple[dict[str, t.Any], list[Call]]:
        answer = host.send(json.dumps(request))
        inside = [call for call in parsed(trace.read_text()) if len(call) < 2 or call[1].startswith(str(host.folder))]
        return answer, inside

    scenario(ask, str(host.source), str(host.root), "/", lambda: damage(host.source))


@pytest.mark.parametrize(
    ("document", "missing"), [("part.json", "flush_all"), ("part.json", "flush"), ("ready", "flush_all")]
)
def test_a_flush_that_is_missing_is_found(document: str, missing: str) -> None:
    good: list[Call] = [
        ("create", "/p/a"),
        ("write", "/p/a"),
        ("flush_all",),
        ("create", "/p/.tmp"),
        ("write", "/p/.tmp"),
        ("flush", "/p/.tmp"),
        ("move", "/p/.tmp", f"/p/{document}"),
    ]
    assert check(good, "/") == [document]
    with pytest.raises(AssertionError, match=document):
        check([call for call in good if call[0] != missing], "/")


def noted(name: str, win32: str) -> str:
    """Return Win32.cs with a note in each call that a test asks for, and any other file as it is."""
    if name != "Win32.cs":
        return win32
    notes = {
        "public static void Write(SafeFileHandle file, byte[] buffer, int count)": 'Recording.Note("write", file);',
        "public static void Flush(SafeFileHandle file)": 'Recording.Note("flush", file);',
        "public static void Move(string from, string to, bool replace)": 'Recording.Note("move", from, to);',
        "public static void Delete(string path)": 'Recording.Note("delete", path);',
    }
    for head, note in notes.items():
        assert win32.count(head + "\n        {") == 1, head
        win32 = win32.replace(head + "\n        {", f"{head}\n        {{ {note}")
    head = "public static SafeFileHandle OpenNew(string path)"
    assert win32.count(head) == 1
    wrapper = f"{head} {{ return Recording.Opened(OpenNewUnnoted(path), path); }}"
    return win32.replace(head, f"{wrapper}\n        private static SafeFileHandle OpenNewUnnoted(string path)")


@pytest.fixture
def wine() -> c.Iterator[WineHost]:
    host = WineHost(FOLDER / "recording_driver.cs", noted)
    try:
        yield host
    finally:
        host.stop()


@pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)
def test_on_wine(wine: WineHost) -> None:
    source = wine.drive / "Source"
    source.mkdir()
    grow(source)
    (wine.drive / "Backups").mkdir()

    def own() -> None:
        facts = wine.drive.stat()
        for path in (source, wine.drive / "Backups", *source.rglob("*")):
            os.chown(path, facts.st_uid, facts.st_gid)

    def hurt() -> None:
        damage(source)
        own()

    own()
    session: Session
    with contextlib.closing(wine.session()) as session:

        def ask(request: dict[str, t.Any]) -> tuple[dict[str, t.Any], list[Call]]:
            answer = session("Run", json.dumps(request))
            return answer, [tuple(call) for call in session("Calls")["calls"]]

        scenario(ask, wine.path("Source"), wine.path("Backups"), "\\", hurt)
