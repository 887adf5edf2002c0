# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A part whose record was edited, every digest made right again: refused by name, and nothing is written anywhere."""

from __future__ import annotations

import collections.abc as c
import hashlib
import json
import os
import pathlib
import typing as t

import pytest
from faults.fuzz_parts import compile_agent
from unit.agent.conftest import SET_ID, Host
from unit.agent.win32_session import AGENT_DRIVER, NEEDS_MONO, NEEDS_WINE, MonoHost, Session, WineHost, lacks

from lab import powershell

Entries = list[tuple[str, str]]
Edit = c.Callable[[dict[str, t.Any]], object]

FILE, FOLDER = "file", "directory"


def file(path: str) -> Entries:
    return [(path, FILE)]


LISTED: dict[str, Entries] = {
    "up": file("../escape"),
    "up, as a folder": [("data/..", FOLDER)],
    "up, with its folder in the list": [("data/..", FOLDER), ("data/../escape", FILE)],
    "up, far": file("data/../../../../../escape"),
    "the folder itself": [("data/.", FOLDER), ("data/./escape", FILE)],
    "up, as a component": [("..", FOLDER), ("../escape", FILE)],
    "absolute": file("/escape"),
    "absolute, as a component": [("", FOLDER), ("/escape", FILE)],
    "share": file("//server/share/escape"),
    "no name": [("data/", FOLDER), ("data//escape", FILE)],
    "drive-relative": file("C:escape"),
    "drive-relative, below": file("data/C:escape"),
    "drive": [("data/C:", FOLDER), ("data/C:/escape", FILE)],
    "drive, as a component": [("C:", FOLDER), ("C:/escape", FILE)],
    "stream": file("data/a.txt:escape"),
    "stream of a folder": file("data/sub::$INDEX_ALLOCATION"),
    "device": file("data/nul"),
    "device with a suffix": file("data/COM1.log"),
    "device with a blank and a suffix": file("data/Aux .txt"),
    "device of a superscript": file("data/lpt\u00b2"),
    "device, as a folder": [("data/con", FOLDER), ("data/con/escape", FILE)],
    "console": file("data/CONOUT$"),
    "dot at the end": file("data/a.txt."),
    "blank at the end": file("data/a.txt "),
    "zero": file("data/escape\0.txt"),
    "same path twice": [("data/a.txt", FILE)],
    "below a file": file("data/a.txt/escape"),
}
"""What is added to both lists. Every way in which it is written, each system refuses."""

LISTED_ON_WINDOWS: dict[str, Entries] = {
    "up": file("data/..\\escape"),
    "up, at the top": file("..\\escape"),
    "up, one name": file("data\\..\\..\\escape"),
    "absolute": file("data/\\escape"),
    "share": file("\\\\server\\share\\escape"),
    "share, below": file("data/\\\\server\\share\\escape"),
    "device namespace": file("data/\\\\.\\pipe\\escape"),
    "device namespace, as a component": [("\\\\.", FOLDER), ("\\\\./escape", FILE)],
    "no parsing": file("data/\\\\?\\C:\\escape"),
    "no parsing, share": file("data/\\\\?\\UNC\\server\\share\\escape"),
    "files that differ in case": [("data/A.TXT", FILE)],
    "folders that differ in case": [("data/Sub", FOLDER), ("data/Sub/escape", FILE)],
    "file and folder that differ in case": [("data/SUB", FILE)],
    "not ASCII, that differ in case": [("data/\u00dcber", FILE), ("data/\u00fcber", FILE)],
    "components that differ in case": [("Data", FOLDER), ("Data/escape", FILE)],
}
"""Where a backslash stands between names, and names have no case."""

DOCUMENT: dict[str, Edit] = {
    "component": lambda part: part["components"][0].update(name=".."),
    "component of a device": lambda part: part["components"][0].update(name="nul"),
    "component in capitals": lambda part: part["components"][0].update(name="DATA"),
    "server": lambda part: part.update(server=".."),
    "another server": lambda part: part.update(server="web09"),
    "deployment": lambda part: part.update(deployment="../hq"),
    "set": lambda part: part.update(set_id=".."),
    "relative source": lambda part: part["components"][0].update(source="Source"),
    "drive-relative source": lambda part: part["components"][0].update(source="C:Source"),
    "source in the device namespace": lambda part: part["components"][0].update(source="\\\\.\\C:\\Source"),
    "source without parsing": lambda part: part["components"][0].update(source="\\\\?\\C:\\Source"),
    "source of no server": lambda part: part["components"][0].update(source="\\\\\\share\\Source"),
    "source on no drive": lambda part: part["components"][0].update(source="\\Source"),
    "source upwards": lambda part: part["components"][0].update(source=_with(part, "..")),
    "source of a device": lambda part: part["components"][0].update(source=_with(part, "nul")),
    "source of a stream": lambda part: part["components"][0].update(source=_with(part, "a:b")),
}


def _with(part: dict[str, t.Any], name: str) -> str:
    source = str(part["components"][0]["source"])
    separator = "/" if source.startswith("/") else "\\"
    return f"{source}{separator}{name}{separator}escape"


class OneProcess(Host):
    """The lab's host, all of whose requests one process answers: what is refused leaves nothing for the next one."""

    def __init__(self, executable: pathlib.Path, folder: pathlib.Path) -> None:
        super().__init__(executable, folder)
        settings = {"LAB_HOST_NAME": self.name, "LAB_FQDN": "web01.corp.example", "LAB_MACHINE_GUID": self.machine_guid}
        self.session = MonoHost(executable, folder, LAB_USER="CORP\\svc", **settings).session()

    def send(self, text: str) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self.session("Run", text)
        return answer


class WineServer(Host):
    """The same host by the shipped agent on Wine. Its only drive is C, on whose root all that is named lies."""

    def __init__(self, wine: WineHost, session: Session) -> None:
        self._session = session
        self.folder = wine.drive
        self.faults = {}
        self.root = wine.drive / "Backups"
        self.source = wine.drive / "Source"
        self.lock = wine.drive / "ProgramData" / "identityops.groupid" / "agent.lock"
        self.source.mkdir()

    def send(self, text: str) -> dict[str, t.Any]:
        request = text.replace(str(self.folder), "C:").replace("C:/", "C:\\\\")
        answer: dict[str, t.Any] = self._session("Run", request)
        return answer

    def part(self, set_id: str = SET_ID) -> pathlib.Path:
        [part] = (path for path in (self.root / "hq" / set_id).iterdir() if path.is_dir())
        return part


def edit_lists(host: Host, entries: Entries) -> None:
    """Add entries to both lists, in their order."""
    lines = [json.loads(line) for line in (host.part() / "files.jsonl").read_bytes().splitlines()]
    like = {kind: next(line for line in lines if line["kind"] == kind) for kind in (FILE, FOLDER)}
    for path, kind in entries:
        added = {**like[kind], "path": path}
        added.pop("security", None)
        lines.append(added)
    texts = {line["security"] for line in lines if isinstance(line.get("security"), str)}
    lines.sort(key=lambda line: str(line["path"]))
    for line in lines:  # the first that has one gives it as a text
        if texts and "security" in line:
            line["security"] = next(iter(texts))
    (host.part() / "files.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    rows = [_row(line["path"]) for line in lines if line["kind"] == FILE]
    (host.part() / "manifest.sha256").write_text("".join(rows), encoding="utf-8")
    host.record()


def _row(path: str) -> str:
    """Return a path's line of a manifest, with the digest of the text that all files have."""
    mark = "\\" if "\\" in path else ""
    digest = hashlib.sha256(b"content").hexdigest()
    return f"{mark}{digest}  " + path.replace("\\", "\\\\") + "\n"


def seen(host: Host) -> dict[str, tuple[t.Any, ...]]:
    """Everything on the host but what names the lock's holder and what was verified; of Windows' own files not the
    content."""
    noted = host.lock.parent / "verified"
    found: dict[str, tuple[t.Any, ...]] = {}
    for path in sorted(host.folder.rglob("*")):
        facts = path.lstat()
        name = path.relative_to(host.folder)
        if path in (host.lock, noted.parent) or noted in (path, *path.parents):
            continue
        if name.parts[0] != "users":  # a program's own cache, on Wine
            content = path.read_bytes() if path.is_file() and name.parts[0] != "windows" else None
            found[str(name)] = (facts.st_mode, facts.st_size, facts.st_mtime_ns, content)
    return found


def refused(host: Host, *paths: str) -> dict[str, str]:
    """Verify and restore, both refused without a write; what verify says of each record. One of the paths is named."""
    before = seen(host)
    answer = host.call("verify")
    assert answer["error"]["code"] == "damaged"
    assert {problem["problem"] for problem in answer["problems"]} == {"record"}
    causes = {problem["path"]: problem["cause"] for problem in answer["problems"]}
    if paths:
        # Of two that differ in case either one; of a path all of it, or the folder that is at fault.
        named = [f"'{'/'.join(path.split('/')[:depth])}'".lower() for path in paths for depth in range(1, 9)]
        assert any(name in cause.lower() for name in named for cause in causes.values()), causes
    for policy in ("merge", "mirror"):
        for target in (None, str(host.folder / "Target")):
            restored = host.restore(policy=policy, target=target)
            assert (restored["error"]["code"], restored["changed"]) == ("damaged", False)
    assert seen(host) == before
    return causes


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    if lacks("mcs", "mono"):
        pytest.skip(NEEDS_MONO)
    return compile_agent(tmp_path_factory.mktemp("hostile"))


@pytest.fixture
def saved(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> c.Iterator[Host]:
    if powershell.ALLOWED:
        yield prepared(request.getfixturevalue("host"))
        return
    host = OneProcess(request.getfixturevalue("driver"), tmp_path / "host")
    yield prepared(host)
    host.session.close()


def prepared(host: Host) -> Host:
    host.write(a="content", sub__b="content")
    assert host.backup()["state"] == "complete"
    host.write(a="changed since", sub__new="content")
    return host


@pytest.mark.parametrize("case", LISTED)
def test_an_entry_of_the_lists(saved: Host, case: str) -> None:
    edit_lists(saved, LISTED[case])
    assert "files.jsonl" in refused(saved, *(path for path, kind in LISTED[case]))


@pytest.mark.parametrize("case", LISTED)
def test_a_row_of_the_manifest_alone(saved: Host, case: str) -> None:
    path = LISTED[case][-1][0]
    manifest = saved.part() / "manifest.sha256"
    manifest.write_bytes(manifest.read_bytes().replace(b"data/sub/b.txt", path.encode()))
    saved.record()
    assert set(refused(saved)) == {"manifest.sha256"}


@pytest.mark.parametrize("case", DOCUMENT)
def test_the_part_document(saved: Host, case: str) -> None:
    edit_document(saved, case)
    assert "part.json" in refused(saved)


def edit_document(host: Host, case: str) -> None:
    document = host.part_document()
    DOCUMENT[case](document)
    (host.part() / "part.json").write_text(json.dumps(document))


def test_an_honest_edit_is_taken(saved: Host) -> None:
    """The tests above would refuse anything, were the lists not written as a backup writes them."""
    edit_lists(saved, [("data/new", FOLDER), ("data/new/a\\b", FILE)])
    (saved.part() / "data" / "new").mkdir()
    (saved.part() / "data" / "new" / "a\\b").write_text("content")
    assert saved.call("verify")["state"] == "verified"
    assert (saved.restore()["added"], (saved.source / "new" / "a\\b").read_text()) == (1, "content")


@pytest.fixture(scope="module")
def server() -> c.Iterator[WineServer]:
    wine = WineHost(AGENT_DRIVER)
    try:
        session = wine.session()
        server = WineServer(wine, session)
        prepared(server)
        yield server
        session.close()
    finally:
        wine.stop()


@pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)
class TestWindows:
    """The same by the shipped agent."""

    @pytest.fixture
    def saved(self, server: WineServer) -> c.Iterator[WineServer]:
        """The server, whose record is put back afterwards."""
        record = {path: path.read_bytes() for path in server.part().iterdir() if path.is_file()}
        yield server
        for path, content in record.items():
            path.write_bytes(content)

    @pytest.mark.parametrize("case", [*LISTED, *(f"backslash or case: {case}" for case in LISTED_ON_WINDOWS)])
    def test_an_entry_of_the_lists(self, saved: WineServer, case: str) -> None:
        entries = {**LISTED, **{f"backslash or case: {name}": found for name, found in LISTED_ON_WINDOWS.items()}}[case]
        edit_lists(saved, entries)
        assert "files.jsonl" in refused(saved, *(path for path, kind in entries))

    @pytest.mark.parametrize("case", DOCUMENT)
    def test_the_part_document(self, saved: WineServer, case: str) -> None:
        edit_document(saved, case)
        assert "part.json" in refused(saved)

    def test_an_honest_edit_is_taken(self, saved: WineServer) -> None:
        edit_lists(saved, [("data/new", FOLDER), ("data/new/a b", FILE)])
        folder = saved.part() / "data" / "new"
        folder.mkdir()
        (folder / "a b").write_text("content")
        for path in (folder, folder / "a b"):
            os.chown(path, saved.part().stat().st_uid, saved.part().stat().st_gid)
        assert saved.call("verify")["state"] == "verified"
        assert saved.restore(target="C:\\Elsewhere")["added"] == 3
        assert (saved.folder / "Elsewhere" / "new" / "a b").read_text() == "content"
