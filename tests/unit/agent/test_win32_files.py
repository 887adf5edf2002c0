# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the agent may expect of Win32 wherever it runs: the lab's twin on Mono, and the shipped file on Wine's Win32."""

from __future__ import annotations

import collections.abc as c
import itertools
import time

import pytest
from unit.agent.win32_session import (
    NEEDS_MONO,
    NEEDS_WINDOWS,
    NEEDS_WINE,
    MonoHost,
    Session,
    SystemFailureError,
    WindowsHost,
    WineHost,
    compile_driver,
    lacks,
)

from lab.powershell import ALLOWED

READ_ONLY, HIDDEN, SYSTEM, FOLDER, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
FILE_TIME = 133_000_000_123_456_789

Call = c.Callable[..., object]


ON_MONO = pytest.param("mono", marks=pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO))
ON_WINE = pytest.param(
    "wine", marks=pytest.mark.skipif(lacks("wine-host", "wine-powershell", "wine"), reason=NEEDS_WINE)
)


ON_WINDOWS = pytest.param("windows", marks=pytest.mark.skipif(not ALLOWED, reason=NEEDS_WINDOWS))

Host = MonoHost | WineHost | WindowsHost


@pytest.fixture(scope="module", params=[ON_MONO, ON_WINE, ON_WINDOWS])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Host]:
    if request.param == "mono":
        yield MonoHost(compile_driver(tmp_path_factory.mktemp("driver")), tmp_path_factory.mktemp("host"))
        return
    windows = WineHost() if request.param == "wine" else WindowsHost()
    try:
        yield windows
    finally:
        windows.stop()


@pytest.fixture(scope="module")
def session(host: Host) -> c.Iterator[Session]:
    session = host.session()
    yield session
    session.close()


_numbers = itertools.count()


@pytest.fixture
def path(host: Host, session: Session) -> c.Callable[..., str]:
    """Names something in a folder of the test's own."""
    folder = f"test{next(_numbers)}"
    session("CreateFolder", host.path(folder))
    return lambda *names: host.path(folder, *names)


def code_of(call: Call, *arguments: object) -> int:
    """Return the error number of a call that must fail."""
    with pytest.raises(SystemFailureError) as failure:
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


def test_host_names_itself(session: Session, host: Host) -> None:
    assert session("HostName")
    assert "\\" in session("UserName")
    assert session("ProgramData") == host.path("ProgramData")
    assert session("EnvironmentValue", "programdata") == host.path("ProgramData")
    assert session("EnvironmentValue", "NO_SUCH_THING") is None
    drives = {drive["Root"]: drive for drive in session("FixedDrives")}
    assert drives[host.path("")]["FileSystem"] == "NTFS"
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
    assert [session("Read", reader, 4) for dummy in range(3)] == [b"abcd".hex(), b"ef".hex(), ""]
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
        del entries[name]["Name"]
        assert entries[name].items() <= session("TryFacts", path(name)).items()


def test_empty_folder_and_its_end(session: Session, path: c.Callable[..., str]) -> None:
    session("CreateFolder", path("folder"))
    write(session, path("folder", "a"))
    assert code_of(session, "DeleteFolder", path("folder")) == 145
    session("Delete", path("folder", "a"))
    assert session("Enumerate", path("folder")) == []
    session("DeleteFolder", path("folder"))
    assert session("TryFacts", path("folder")) is None


def test_closed_folder_is_open_to_its_maker(session: Session, path: c.Callable[..., str]) -> None:
    session("CreateClosedFolder", path("closed"))
    write(session, path("closed", "a"), b"a")
    assert read(session, path("closed", "a")) == b"a"


def test_grant(host: Host, session: Session, path: c.Callable[..., str]) -> None:
    session("CreateClosedFolder", path("closed"))
    assert session("GrantModify", path("closed"), "Everyone") is not isinstance(host, MonoHost)
    write(session, path("closed", "a"), b"a")
    assert read(session, path("closed", "a")) == b"a"
    assert code_of(session, "GrantModify", path("absent"), "Everyone") == 2


def test_what_this_account_has_made_is_ours(session: Session, path: c.Callable[..., str]) -> None:
    session("CreateClosedFolder", path("own"))
    assert session("IsOwnedByUs", path("own")) is True
    assert code_of(session, "IsOwnedByUs", path("absent")) == 2


def test_move(session: Session, path: c.Callable[..., str]) -> None:
    write(session, path("new"), b"new")
    write(session, path("old"), b"old")
    assert code_of(session, "Move", path("new"), path("old"), False) == 183
    session("Move", path("new"), path("old"), True)
    session("Move", path("old"), path("elsewhere"), False)
    assert read(session, path("elsewhere")) == b"new"
    assert [entry["Name"] for entry in session("Enumerate", path())] == ["elsewhere"]
    assert code_of(session, "Move", path("absent"), path("b"), True) == 2


def test_second_name(session: Session, path: c.Callable[..., str]) -> None:
    write(session, path("first"), b"one")
    session("SetFactsOf", path("first"), FILE_TIME, FILE_TIME, READ_ONLY)
    before = session("TryFacts", path("first"))
    session("CreateHardLink", path("first"), path("second"))
    file = session("OpenRead", path("second"))
    assert session("NamesOf", file) == 2
    session("Close", file)
    after = session("TryFacts", path("second"))
    assert {name for name in before if before[name] != after[name]} <= {"Changed"}
    assert code_of(session, "CreateHardLink", path("first"), path("second")) == 183
    assert code_of(session, "CreateHardLink", path("absent"), path("third")) == 2
    session("Delete", path("first"))
    assert session("TryFacts", path("first")) is None
    assert session("TryFacts", path("second"))["Attributes"] & READ_ONLY  # the file's, whatever became of a name
    assert read(session, path("second")) == b"one"


def test_read_only_is_replaced_and_deleted(session: Session, path: c.Callable[..., str]) -> None:
    for name in ("new", "old"):
        write(session, path(name), name.encode())
        session("SetFactsOf", path(name), 0, 0, READ_ONLY)
    session("Move", path("new"), path("old"), True)
    assert read(session, path("old")) == b"new"
    assert session("TryFacts", path("old"))["Attributes"] & READ_ONLY
    session("Delete", path("old"))
    assert session("Enumerate", path()) == []


def test_folder_is_not_replaced_by_a_file(session: Session, path: c.Callable[..., str]) -> None:
    write(session, path("file"))
    session("CreateFolder", path("folder"))
    assert code_of(session, "Move", path("file"), path("folder"), True) == 5
    assert session("TryFacts", path("folder"))["Attributes"] & FOLDER


@pytest.mark.parametrize("host", [ON_MONO], indirect=True)
def test_read_only_folder(session: Session, path: c.Callable[..., str]) -> None:
    """Not on Wine, whose folders do not keep the attribute."""
    write(session, path("file"))
    session("CreateFolder", path("folder"))
    session("SetFactsOf", path("folder"), 0, 0, READ_ONLY)
    assert code_of(session, "Move", path("file"), path("folder"), True) == 5
    assert session("TryFacts", path("folder"))["Attributes"] & (READ_ONLY | FOLDER) == READ_ONLY | FOLDER
    session("DeleteFolder", path("folder"))
    assert session("TryFacts", path("folder")) is None


def test_long_path(host: Host, session: Session, path: c.Callable[..., str]) -> None:
    names = [letter * 100 for letter in "abcd"]
    for depth in range(1, 5):
        session("CreateFolder", path(*names[:depth]))
    write(session, path(*names, "file.txt"), b"deep")
    assert len(path(*names, "file.txt")) > 400
    assert [entry["Name"] for entry in session("Enumerate", path(*names))] == ["file.txt"]
    session("Move", path(*names, "file.txt"), path(*names, "moved.txt"), True)
    assert read(session, path(*names, "moved.txt")) == b"deep"
    assert session("FreeBytes", path(*names)) > 0
    within_wine = names if isinstance(host, MonoHost) else names[:2]  # Wine answers 234 above 260 characters
    assert session("FinalPath", path(*within_wine)) == path(*within_wine)


def test_an_open_file_shows_where_it_lies(session: Session, path: c.Callable[..., str]) -> None:
    name = "x" * 150 + ".txt"
    write(session, path(name))
    reader = session("OpenRead", path(name))
    assert session("FinalPathOfOpen", reader) == path(name)
    session("Close", reader)


def test_volume(host: Host, session: Session, path: c.Callable[..., str]) -> None:
    write(session, path("file"))
    volume = session("VolumeOf", path("file"))
    assert volume == session("VolumeOf", path()) == session("VolumeOf", host.path(""))
    if isinstance(host, WineHost):
        assert volume.startswith("\\\\?\\Volume{")
        host.share("server", "backup")
        assert session("VolumeOf", "\\\\server\\backup") is None


def test_lock_has_one_holder(host: Host, session: Session, path: c.Callable[..., str]) -> None:
    lock = session("TryLock", path("lock"))
    session("Write", lock, b"long story".hex())
    session("Truncate", lock)
    session("Write", lock, b"web01".hex())
    other = host.session()
    try:
        assert other("TryLock", path("lock")) is None
        assert read(other, path("lock")) == b"web01"
        session("Close", lock)
        assert other("TryLock", path("lock")) is not None
        assert session("TryLock", path("lock")) is None
    finally:
        other.kill()
    assert session("TryLock", path("lock")) is not None


@pytest.mark.parametrize(
    ("name", "absolute"),
    [
        ("C:\\", True),
        ("C:\\a", True),
        ("z:\\a", True),
        ("\\\\nas01\\backup", True),
        ("\\\\nas01\\backup\\a", True),
        ("C:", False),
    ]
    + [
        (name, False)
        for name in ("C:a", "\\a", "a\\b", "", "1:\\a", "\\\\nas01", "\\\\nas01\\", "\\\\?\\C:\\a", "\\\\.\\C:")
    ],
)
@pytest.mark.parametrize("host", [ON_WINE], indirect=True)
def test_absolute(session: Session, name: str, absolute: bool) -> None:
    assert session("IsAbsolute", name) is absolute


@pytest.mark.parametrize(("name", "share"), [("\\\\nas01\\backup", True), ("C:\\a", False), ("C:\\\\a\\b", False)])
@pytest.mark.parametrize("host", [ON_WINE], indirect=True)
def test_share(session: Session, name: str, share: bool) -> None:
    assert session("IsShare", name) is share


@pytest.mark.parametrize("host", [ON_WINE], indirect=True)
class TestWindows:
    """What the twin cannot show."""

    def test_grant_to_nobody(self, session: Session, path: c.Callable[..., str]) -> None:
        assert code_of(session, "GrantModify", path(), "NOWHERE\\nobody") in (1332, 87)  # the second is Wine's

    def test_file_in_use(self, session: Session, path: c.Callable[..., str]) -> None:
        write(session, path("used"), b"used")
        write(session, path("new"))
        held = session("Hold", path("used"))
        assert code_of(session, "OpenRead", path("used")) == 32
        assert code_of(session, "Delete", path("used")) == 32
        assert code_of(session, "Move", path("new"), path("used"), True) in (5, 32)
        assert session("TryFacts", path("used"))["Size"] == 4
        session("Close", held)
        assert read(session, path("used")) == b"used"

    def test_reading_does_not_keep_others_out(self, session: Session, path: c.Callable[..., str]) -> None:
        write(session, path("a"), b"a")
        reader = session("OpenRead", path("a"))
        session("Move", path("a"), path("b"), False)
        session("Delete", path("b"))
        assert bytes.fromhex(session("Read", reader, 9)) == b"a"
        session("Close", reader)

    def test_failed_replacement_keeps_read_only(self, session: Session, path: c.Callable[..., str]) -> None:
        for name in ("new", "used"):
            write(session, path(name))
        held = session("Hold", path("used"))
        session("SetFactsOf", path("used"), 0, 0, READ_ONLY)
        assert code_of(session, "Delete", path("used")) in (5, 32)
        session("Close", held)
        assert session("TryFacts", path("used"))["Attributes"] & READ_ONLY

    def test_hidden_and_system(self, session: Session, path: c.Callable[..., str]) -> None:
        write(session, path("a"))
        session("SetFactsOf", path("a"), 0, FILE_TIME, HIDDEN | SYSTEM)
        facts = session("TryFacts", path("a"))
        assert (facts["Attributes"] & (HIDDEN | SYSTEM), facts["Written"]) == (HIDDEN | SYSTEM, FILE_TIME)
        assert session("Enumerate", path())[0]["Attributes"] & (HIDDEN | SYSTEM) == HIDDEN | SYSTEM
        session("SetFactsOf", path("a"), 0, 0, 0)
        assert session("TryFacts", path("a"))["Attributes"] & (HIDDEN | SYSTEM) == 0

    def test_names_without_case(self, session: Session, path: c.Callable[..., str]) -> None:
        write(session, path("Case.txt"), b"one")
        assert code_of(session, "OpenNew", path("cASE.TXT")) == 80
        assert read(session, path("cASE.TXT")) == b"one"
        session("Move", path("Case.txt"), path("CASE.TXT"), True)
        names = [entry["Name"] for entry in session("Enumerate", path())]
        assert names in (["CASE.TXT"], ["Case.txt"])  # the second is Wine's, which renames nothing then

    def test_names_that_only_the_prefix_keeps(self, session: Session, path: c.Callable[..., str]) -> None:
        for name in ("NUL.txt", "dot.", "space "):
            write(session, path(name), name.encode())
            assert read(session, path(name)) == name.encode()
        assert {entry["Name"] for entry in session("Enumerate", path())} == {"NUL.txt", "dot.", "space "}

    def test_name_that_is_not_unicode(self, session: Session, path: c.Callable[..., str]) -> None:
        assert code_of(session, "OpenNew", path("a\ud800")) > 0

    def test_volume_flush_is_refused_to_users(self, session: Session, path: c.Callable[..., str]) -> None:
        assert session("CanFlushVolume", path()) is False
        assert code_of(session, "FlushVolume", path()) > 0

    def test_share(self, session: Session, host: WineHost) -> None:
        host.share("nas01", "backup")
        root = r"\\nas01\backup"
        session("CreateFolder", rf"{root}\hq")
        write(session, rf"{root}\hq\a", b"share")
        session("Move", rf"{root}\hq\a", rf"{root}\hq\b", False)
        assert read(session, rf"{root}\hq\b") == b"share"
        assert [entry["Name"] for entry in session("Enumerate", root)] == ["hq"]
        assert session("TryFacts", root)["Attributes"] & FOLDER
        assert session("FreeBytes", root) > 0
        assert session("CanFlushVolume", root) is False
        lock = session("TryLock", rf"{root}\lock")
        assert session("TryLock", rf"{root}\lock") is None
        session("Close", lock)

    def test_registry(self, session: Session, host: WineHost) -> None:
        key = r"HKLM\SOFTWARE\Imanami\GroupID\Version 10.0"
        for name, kind, value in (
            ("Path", "REG_SZ", r"C:\G"),
            ("Root", "REG_EXPAND_SZ", r"%SystemRoot%\G"),
            ("N", "REG_DWORD", "1"),
            ("Options", "REG_MULTI_SZ", r"-Xms2g\0-Dx=C:\G"),
        ):
            host.program("reg.exe", "add", key, "/v", name, "/t", kind, "/d", value, "/f", "/reg:64")
        values = session("RegistryValues", key.removeprefix("HKLM\\"))
        assert {name: value.lower() for name, value in values.items()} == {
            "Path": r"c:\g",
            "Root": r"c:\windows\g",
            "Options": "-xms2g\n-dx=c:\\g",
        }
        assert session("RegistryValues", r"SOFTWARE\Imanami\Other") is None
        numbers = [session("RegistryNumber", key.removeprefix("HKLM\\"), name) for name in ("N", "Path", "Other")]
        assert numbers == [1, None, None]
        assert session("RegistryNumber", r"SOFTWARE\Imanami\Other", "N") is None
        assert len(session("MachineGuid")) == 36


def test_a_name_whose_file_is_still_open_is_gone_and_made_anew_after_that(
    host: Host, session: Session, path: c.Callable[..., str]
) -> None:
    """On Windows it goes with the last handle, and until then nothing else can have it."""
    if isinstance(host, WineHost):
        pytest.skip("Wine lets everybody open a file that is being deleted")
    write(session, path("file"), b"old")
    other = host.session()
    held = other("OpenRead", path("file"))
    session("Delete", path("file"))
    assert session("TryFacts", path("file")) is None
    session.begin("OpenNew", path("file"))
    time.sleep(0.5)
    other("Close", held)
    other.close()
    session("Close", session.answer())
    assert read(session, path("file")) == b""
    session("Delete", path("file"))
    session("DeleteFolder", path())
    session("CreateFolder", path())


def test_a_file_that_is_copied_keeps_writers_out_unless_one_is_in(
    host: Host, session: Session, path: c.Callable[..., str]
) -> None:
    if isinstance(host, MonoHost):
        pytest.skip("Linux asks no program whether another one may write")
    writer = session("OpenNew", path("file"))
    session("Write", writer, b"one".hex())
    other = host.session()
    copied, is_written = other("OpenToCopy", path("file"))
    assert (is_written, bytes.fromhex(other("Read", copied, 10))) == (True, b"one")
    session("Close", writer)
    other("Close", copied)
    copied, is_written = other("OpenToCopy", path("file"))
    assert (is_written, code_of(session, "TryLock", path("file"))) == (False, 32)
    other("Close", copied)
    other.close()


@pytest.mark.parametrize("host", [ON_WINE, ON_WINDOWS], indirect=True)
def test_a_name_that_is_held_for_a_moment_is_waited_for(
    host: Host, session: Session, path: c.Callable[..., str]
) -> None:
    """Not on Linux, where nobody's open file is in the way of a change to its name."""
    for name in ("moved", "new", "replaced", "deleted"):
        write(session, path(name), name.encode())
    for name in ("held", "gone", "renamed"):
        session("CreateFolder", path(name))
    other = host.session()
    try:
        for hold, name, call in (
            ("Hold", "moved", ("Move", path("moved"), path("moved there"), False)),
            ("Hold", "replaced", ("Move", path("new"), path("replaced"), True)),
            ("Hold", "deleted", ("Delete", path("deleted"))),
            ("OpenToDelete", "held", ("HoldFolder", path("held"))),
            ("HoldFolder", "gone", ("DeleteFolder", path("gone"))),
            ("HoldFolder", "renamed", ("Move", path("renamed"), path("renamed there"), False)),
        ):
            held = other(hold, path(name))
            session("Patience", 0)
            assert code_of(session, *call) in (5, 32)
            session("Patience", 60_000)
            session.begin(*call)
            time.sleep(0.5)
            other("Close", held)
            session.answer()
    finally:
        session("Patience", 1000)
        other.close()
    assert read(session, path("replaced")) == b"new"
    names = {entry["Name"] for entry in session("Enumerate", path())}
    assert names == {"moved there", "replaced", "held", "renamed there"}
