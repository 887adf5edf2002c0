# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's POSIX twin of Win32.cs: what only Linux has, who it says it is, the faults it orders."""

from __future__ import annotations

import collections.abc as c
import json
import os
import pathlib
import time
import typing as t

import pytest
from unit.agent.win32_session import NEEDS_MONO, MonoHost, Session, SystemFailureError, compile_driver, lacks

pytestmark = pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)

LINK, FOLDER, SYMBOLIC_LINK = 0x400, 0x10, 0xA000000C
Start = c.Callable[..., Session]


@pytest.fixture(scope="module")
def executable(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return compile_driver(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def host(executable: pathlib.Path, tmp_path: pathlib.Path) -> MonoHost:
    return MonoHost(executable, tmp_path)


@pytest.fixture
def start(host: MonoHost) -> c.Iterator[Start]:
    """Starts a process on the host. Keywords: environment variables, ``faults`` as LAB_FAULTS."""
    sessions = []

    def begin(faults: dict[str, t.Any] | None = None, **environment: str) -> Session:
        sessions.append(host.session(LAB_FAULTS=json.dumps(faults) if faults else "", **environment))
        return sessions[-1]

    yield begin
    for session in sessions:
        session.close()


def test_is_who_the_lab_says(start: Start, host: MonoHost) -> None:
    (host.root / "D").mkdir()
    (host.root / "notes").mkdir()
    session = start(LAB_HOST_NAME="web01", LAB_FQDN="web01.corp.example", LAB_MACHINE_GUID="guid", LAB_USER="CORP\\svc")
    names = [session(method) for method in ("HostName", "FullyQualifiedName", "MachineGuid", "UserName", "ProgramData")]
    assert names == ["web01", "web01.corp.example", "guid", "CORP\\svc", f"{host.root}/C/ProgramData"]
    drives = session("FixedDrives")
    assert [drive["Root"] for drive in drives] == [f"{host.root}/C/", f"{host.root}/D/"]
    assert drives[0]["Bytes"] >= drives[0]["FreeBytes"] > 0


def test_registry_is_a_file_of_the_lab(start: Start, host: MonoHost) -> None:
    session = start()
    assert session("RegistryValues", r"SOFTWARE\Any") is None
    (host.root / "registry.json").write_text(json.dumps({r"SOFTWARE\GroupID": {"Path": 'C:\\\u00fc "q"'}}))
    assert session("RegistryValues", r"software\groupid") == {"Path": 'C:\\\u00fc "q"'}
    assert session("RegistryValues", r"SOFTWARE\Group") is None


def test_link_is_seen_and_never_followed(start: Start, host: MonoHost) -> None:
    target = host.drive / "target"
    target.mkdir()
    (target / "kept.txt").write_text("kept")
    (host.drive / "to_folder").symlink_to(target)
    (host.drive / "to_file").symlink_to(target / "kept.txt")
    (host.drive / "to_nothing").symlink_to("nothing")
    session = start()
    seen = {entry["Name"]: entry for entry in session("Enumerate", host.path())}
    assert seen["to_folder"]["Attributes"] & (LINK | FOLDER) == LINK | FOLDER
    for name in ("to_file", "to_nothing"):
        assert seen[name]["Attributes"] & (LINK | FOLDER) == LINK
        assert (seen[name]["ReparseTag"], session("TryFacts", host.path(name))["ReparseTag"]) == (SYMBOLIC_LINK,) * 2
    for method, name in [("OpenRead", "to_file"), ("OpenRead", "to_folder"), ("Enumerate", "to_folder")]:
        with pytest.raises(SystemFailureError) as refused:
            session(method, host.path(name))
        assert refused.value.code == 4392
    assert session("FinalPath", host.path("to_folder")) == str(target.resolve())
    with pytest.raises(SystemFailureError):
        session("OpenNew", host.path("to_nothing"))
    session("DeleteFolder", host.path("to_folder"))
    session("Delete", host.path("to_file"))
    assert [path.name for path in target.iterdir()] == ["kept.txt"]
    assert not (host.drive / "nothing").exists()


@pytest.mark.parametrize("raw", [b"latin-\xfc", b"\xe2\x82", b"\xed\xb2\x80", b"\xc0\xaf", b"ok-\xf0\x9d\x92\xb3-\xff"])
def test_name_that_is_not_utf_8_comes_back_as_the_same_bytes(start: Start, host: MonoHost, raw: bytes) -> None:
    path = os.fsencode(host.drive) + b"/" + raw
    with open(path, "wb") as file:
        file.write(b"seen")
    session = start()
    (entry,) = session("Enumerate", host.path())
    assert entry["Name"] == raw.decode("utf-8", "surrogateescape")
    assert bytes.fromhex(session("Read", session("OpenRead", host.path(entry["Name"])), 9)) == b"seen"
    session("Delete", host.path(entry["Name"]))
    assert not os.path.exists(path)


def test_read_only_is_the_write_bits(start: Start, host: MonoHost) -> None:
    file = host.drive / "a.txt"
    file.touch(mode=0o664)
    session = start()
    session("SetFactsOf", host.path("a.txt"), 0, 0, 1)
    assert file.stat().st_mode & 0o777 == 0o444
    session("SetFactsOf", host.path("a.txt"), 0, 0, 0x20)
    assert file.stat().st_mode & 0o777 == 0o644
    session("CreateClosedFolder", host.path("closed"))
    assert (host.drive / "closed").stat().st_mode & 0o777 == 0o700


def test_time_before_1970(start: Start, host: MonoHost) -> None:
    (host.drive / "old").touch()
    session = start()
    session("SetFactsOf", host.path("old"), 0, 116444736000000000 - 1, 0x20)
    assert (host.drive / "old").stat().st_mtime_ns == -100
    assert session("TryFacts", host.path("old"))["Written"] == 116444736000000000 - 1


def test_a_file_has_1024_names_as_on_ntfs(start: Start, host: MonoHost) -> None:
    (host.drive / "1").touch()
    session = start()
    for number in range(2, 1025):
        session("CreateHardLink", host.path("1"), host.path(str(number)))
    with pytest.raises(SystemFailureError) as refused:
        session("CreateHardLink", host.path("1"), host.path("1025"))
    assert refused.value.code == 1142
    assert (host.drive / "1").stat().st_nlink == 1024


def test_volume_can_be_flushed(start: Start, host: MonoHost) -> None:
    session = start()
    assert session("CanFlushVolume", host.path()) is True
    assert session("FlushFolder", host.path()) is None


class TestFaults:
    """What tests/lab can order to go wrong."""

    @pytest.fixture(autouse=True)
    def files(self, host: MonoHost) -> None:
        for name in ("a.txt", "b.txt"):
            (host.drive / name).write_text(name)

    @pytest.mark.parametrize(("fault", "code"), [("locked", 32), ("denied", 5), ("vanish", 2)])
    def test_opening(self, start: Start, host: MonoHost, fault: str, code: int) -> None:
        session = start({fault: ["*/a.*"]})
        assert {entry["Name"] for entry in session("Enumerate", host.path())} == {"a.txt", "b.txt"}
        with pytest.raises(SystemFailureError) as refused:
            session("OpenRead", host.path("a.txt"))
        assert refused.value.code == code
        assert session("OpenRead", host.path("b.txt"))
        assert (session("TryFacts", host.path("a.txt")) is None) == (fault == "vanish")

    @pytest.mark.parametrize(("fault", "code"), [("locked", 32), ("denied", 5)])
    def test_replacing_and_deleting(self, start: Start, host: MonoHost, fault: str, code: int) -> None:
        session = start({fault: ["*/a.txt"]})
        for call in (("Move", host.path("b.txt"), host.path("a.txt"), True), ("Delete", host.path("a.txt"))):
            with pytest.raises(SystemFailureError) as refused:
                session(*call)
            assert refused.value.code == code
        assert (host.drive / "a.txt").read_text() == "a.txt"

    def test_denied_folder(self, start: Start, host: MonoHost) -> None:
        session = start({"denied": ["*/C", "*/new"]})
        for call in (("Enumerate", host.path()), ("CreateFolder", host.path("new")), ("OpenNew", host.path("new"))):
            with pytest.raises(SystemFailureError) as refused:
                session(*call)
            assert refused.value.code == 5

    def test_transient(self, start: Start, host: MonoHost) -> None:
        session = start({"reads": {"*.txt": 2}})
        for name in ("a.txt", "b.txt"):
            with pytest.raises(SystemFailureError) as refused:
                session("OpenRead", host.path(name))
            assert refused.value.code == 32
        assert session("OpenRead", host.path("a.txt"))

    def test_growing(self, start: Start, host: MonoHost) -> None:
        session = start({"grow": ["*a.txt"]})
        file = session("OpenRead", host.path("a.txt"))
        before = session("Facts", file)
        assert bytes.fromhex(session("Read", file, 100)) == b"a.txtx"
        after = session("Facts", file)
        assert (before["Size"], after["Size"]) == (5, 6)
        assert after["Changed"] > before["Changed"]

    def test_link(self, start: Start, host: MonoHost) -> None:
        session = start({"link_code": 50})
        with pytest.raises(SystemFailureError) as refused:
            session("CreateHardLink", host.path("a.txt"), host.path("c.txt"))
        assert refused.value.code == 50
        assert not (host.drive / "c.txt").exists()

    def test_full_disk(self, start: Start, host: MonoHost) -> None:
        session = start({"free_bytes": 7, "full_after_bytes": 3, "no_volume_flush": True})
        assert session("FreeBytes", host.path()) == 7
        assert session("CanFlushVolume", host.path()) is False
        file = session("OpenNew", host.path("new"))
        session("Write", file, "616263")
        with pytest.raises(SystemFailureError) as refused:
            session("Write", file, "64")
        assert refused.value.code == 112
        assert (host.drive / "new").read_bytes() == b"abc"


def test_shares_are_folders_of_the_lab_and_some_ask_who_comes(start: Start, host: MonoHost) -> None:
    (host.root / "shares" / "nas01").mkdir(parents=True)
    (host.root / "shares" / "nas02").mkdir()
    account = {"username": "CORP\\svc", "password_sha256": "0" * 64}
    shares = {f"{host.root}/shares": None, f"{host.root}/shares/nas01": account}
    session = start(LAB_SHARES=json.dumps(shares))
    asked = [f"{host.root}/{name}" for name in ("shares/nas01", "shares/nas02/a", "shares2", "C")]
    assert [session("IsShare", path) for path in asked] == [True, True, False, False]
    assert session("TryFacts", f"{host.root}/shares/nas02") is not None
    for call in (
        ("TryFacts", f"{host.root}/shares/nas01"),
        ("CreateFolder", f"{host.root}/shares/nas01/new"),
        ("Move", f"{host.root}/shares/nas02", f"{host.root}/shares/nas01/new", False),
        ("FreeBytes", f"{host.root}/shares/nas01"),
    ):
        with pytest.raises(SystemFailureError) as caught:
            session(*call)
        assert caught.value.code == 5


def refused(session: Session, *call: object) -> tuple[int, float]:
    """The number that a call fails with, and after how many seconds."""
    begun = time.monotonic()
    with pytest.raises(SystemFailureError) as caught:
        session(*call)
    return caught.value.code, time.monotonic() - begun


@pytest.mark.timing
def test_many_refusals_cost_one_budget_of_patience(start: Start, host: MonoHost) -> None:
    (host.drive / "file").touch()
    session = start({"locked": ["*/file"]}, LAB_PATIENCE_MS="1000")
    reported = [refused(session, "Delete", f"{host.drive}/file") for dummy in range(20)]
    assert {number for number, _seconds in reported} == {32}
    assert reported[0][1] > 0.9
    assert sum(seconds for _number, seconds in reported) < 3


@pytest.mark.timing
def test_what_no_wait_can_change_is_not_waited_for(start: Start, host: MonoHost) -> None:
    (host.drive / "folder").mkdir()
    (host.drive / "folder" / "file").touch()
    session = start({"denied": ["*/new"]}, LAB_PATIENCE_MS="30000")
    for number, call in (
        (145, ("DeleteFolder", f"{host.drive}/folder")),
        (5, ("OpenNew", f"{host.drive}/new")),
        (5, ("CreateFolder", f"{host.drive}/new")),
        (2, ("Delete", f"{host.drive}/absent")),
        (183, ("Move", f"{host.drive}/folder/file", f"{host.drive}/folder", False)),
    ):
        reported, seconds = refused(session, *call)
        assert (reported, seconds < 5) == (number, True)


def test_a_name_that_is_going_is_listed_and_not_there(start: Start, host: MonoHost) -> None:
    (host.drive / "folder").mkdir()
    (host.drive / "folder" / "file").touch()
    habits = json.dumps({"pending_ms": 60_000, "pending_one_in": 1})
    session = start(LAB_HABITS=habits, LAB_PATIENCE_MS="0")
    file, folder = f"{host.drive}/folder/file", f"{host.drive}/folder"
    session("Delete", file)
    assert [entry["Name"] for entry in session("Enumerate", folder)] == ["file"]
    assert session("TryFacts", file) is None
    assert refused(session, "OpenNew", file)[0] == 303
    assert refused(session, "DeleteFolder", folder)[0] == 145
    assert refused(start(LAB_HABITS=habits, LAB_PATIENCE_MS="0"), "Move", folder, f"{host.drive}/other", False)[0] == 5
