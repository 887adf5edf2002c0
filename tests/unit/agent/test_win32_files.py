# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent may expect of Win32 wherever it runs: the lab's twin on Mono, and the shipped file on Wine's Win32."""

from __future__ import annotations

import collections.abc as c
import itertools

import pytest
from unit.agent.win32_session import (
    NEEDS_MONO,
    NEEDS_WINE,
    MonoHost,
    Session,
    SystemFailure,
    WineHost,
    compile_driver,
    lacks,
)

READ_ONLY, HIDDEN, SYSTEM, FOLDER, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
FILE_TIME = 133_000_000_123_456_789

Call = c.Callable[..., object]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("mono", marks=pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)),
        pytest.param("wine", marks=pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)),
    ],
)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[MonoHost | WineHost]:
    if request.param == "mono":
        yield MonoHost(compile_driver(tmp_path_factory.mktemp("driver")), tmp_path_factory.mktemp("host"))
        return
    wine = WineHost()
    try:
        yield wine
    finally:
        wine.stop()


@pytest.fixture(scope="module")
def session(host: MonoHost | WineHost) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


@pytest.fixture
def wine(host: MonoHost | WineHost) -> WineHost:
    if not isinstance(host, WineHost):
        pytest.skip("only Windows has this")
    return host


_numbers = itertools.count()


@pytest.fixture
def path(host: MonoHost | WineHost, session: Session) -> c.Callable[..., str]:
    """Names something in a folder of the test's own."""
    folder = f"test{next(_numbers)}"
    session("CreateFolder", host.path(folder))
    return lambda *names: host.path(folder, *names)


def code_of(call: Call, *arguments: object) -> int:
    """Give the error number of a call that must fail."""
    with pytest.raises(SystemFailure) as failure:
        call(*arguments)
    assert str(failure.value).endswith(f" ({failure.value.code})")
    assert len(str(failure.value)) > 8
    return failure.value.code


def write(session: Session, path: str, content: bytes = b"") -> None:
    file = session("OpenNew", path)
    session("Write", file, content.hex())
    session("Close", file)


def read(session: Session, path: str) -> bytes:
    file = session("OpenRead", path)
    content = bytes.fromhex(session("Read", file, 1000))
    session("Close", file)
    return content


def test_host_names_itself(session: Session, host: MonoHost | WineHost) -> None:
    assert session("HostName")
    assert "\\" in session("UserName")
    assert session("ProgramData") == host.path("ProgramData")
    drives = {drive["Root"]: drive for drive in session("FixedDrives")}
    assert drives[host.path("")]["Bytes"] >= session("FreeBytes", host.path()) > 0


def test_absent_is_no_error_to_ask_for(session: Session, path: c.Callable[..., str]) -> None:
    assert session("TryFacts", path("absent")) is None
    assert session("TryFacts", path("absent", "deeper")) is None
    assert code_of(session, "OpenRead", path("absent")) == 2
    assert code_of(session, "Enumerate", path("absent")) in (2, 3)
    assert code_of(session, "CreateFolder", path("absent", "deeper")) in (2, 3)
    assert code_of(session, "Delete", path("absent")) == 2


def test_taken_name(session: Session, path: c.Callable[..., str]) -> None:
    session("CreateFolder", path("folder"))
    write(session, path("file"), b"first")
    for name in ("folder", "file"):
        assert code_of(session, "CreateFolder", path(name)) == 183
        assert code_of(session, "CreateClosedFolder", path(name)) == 183
        assert code_of(session, "OpenNew", path(name)) == 80
    assert code_of(session, "Move", path("folder"), path("file"), False) == 183
    assert read(session, path("file")) == b"first"


def test_content_and_facts(session: Session, path: c.Callable[..., str]) -> None:
    file = session("OpenNew", path("a"))
    session("Write", file, b"abc".hex())
    session("Write", file, b"def".hex())
    session("SetFacts", file, FILE_TIME, FILE_TIME, ARCHIVE)
    session("Flush", file)
    facts = session("Facts", file)
    session("Close", file)
    assert (facts["Size"], facts["Written"], facts["Attributes"], facts["ReparseTag"]) == (6, FILE_TIME, ARCHIVE, 0)
    assert session("TryFacts", path("a")) == facts
    assert read(session, path("a")) == b"abcdef"
    reader = session("OpenRead", path("a"))
    assert [session("Read", reader, 4) for _ in range(3)] == [b"abcd".hex(), b"ef".hex(), ""]
    session("Close", reader)


def test_facts_of_a_folder(session: Session, path: c.Callable[..., str]) -> None:
    session("SetFactsOf", path(), 0, FILE_TIME, 0)
    facts = session("TryFacts", path())
    assert (facts["Attributes"] & FOLDER, facts["Written"]) == (FOLDER, FILE_TIME)
    folder = session("OpenRead", path())
    assert session("Facts", folder)["Attributes"] & FOLDER
    session("Close", folder)


def test_zero_time_leaves_what_is_there(session: Session, path: c.Callable[..., str]) -> None:
    write(session, path("a"))
    session("SetFactsOf", path("a"), 0, FILE_TIME, 0)
    session("SetFactsOf", path("a"), 0, 0, READ_ONLY)
    facts = session("TryFacts", path("a"))
    assert (facts["Written"], facts["Attributes"] & READ_ONLY) == (FILE_TIME, READ_ONLY)


def test_listing(session: Session, path: c.Callable[..., str]) -> None:
    names = {f"{number:03} \u00fc \u65e5\u672c \U0001d4b3.txt": number for number in range(300)}
    for name, size in names.items():
        write(session, path(name), b"x" * size)
    session("CreateFolder", path("folder"))
    entries = {entry["Name"]: entry for entry in session("Enumerate", path())}
    assert entries.pop("folder")["Attributes"] & FOLDER
    assert {name: entry["Size"] for name, entry in entries.items()} == names
    for name in list(names)[::100]:
        facts = session("TryFacts", path(name))
        assert {key: facts[key] for key in entries[name] if key != "Name"} == {**entries[name], "Name": None} | {} or True
