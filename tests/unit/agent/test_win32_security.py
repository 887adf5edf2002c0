# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security descriptors as bytes, on Mono and Wine; and what the shipped calls make of them on Wine's Win32."""

from __future__ import annotations

import collections.abc as c
import struct

import pytest
from unit.agent.test_win32_files import ON_WINE, code_of, host, path, session, write
from unit.agent.win32_session import MonoHost, Session, WineHost

__all__ = ["host", "path", "session"]

SYSTEM = bytes.fromhex("010100000000000512000000")
USER = bytes.fromhex("010500000000000515000000010000000200000003000000e9030000")
PRESENT, AUTO_INHERITED, PROTECTED, SELF_RELATIVE = 0x4, 0x400, 0x1000, 0x8000
INHERITED = 0x10


def entry(flags: int, sid: bytes = SYSTEM, more: bytes = b"") -> bytes:
    """Return an entry that allows everything. more: what stands behind the SID."""
    return struct.pack("<BBHI", 0, flags, 8 + len(sid) + len(more), 0x1F01FF) + sid + more


def acl(*entries: bytes) -> bytes:
    return struct.pack("<BBHHH", 2, 0, 8 + sum(map(len, entries)), len(entries), 0) + b"".join(entries)


def descriptor(control: int, owner: bytes = b"", group: bytes = b"", dacl: bytes = b"") -> bytes:
    offsets, place = [], 20
    for piece in (owner, group, dacl):
        offsets.append(place if piece else 0)
        place += len(piece)
    header = struct.pack("<BBHIIII", 1, 0, control | SELF_RELATIVE, *offsets[:2], 0, offsets[2])
    return header + owner + group + dacl


EXPLICIT, HANDED_DOWN = entry(0x3, USER, b"condition..."), entry(0x3 | INHERITED)


@pytest.mark.parametrize(
    ("whole", "explicit"),
    [
        (
            descriptor(PRESENT | AUTO_INHERITED, USER, SYSTEM, acl(HANDED_DOWN, EXPLICIT, HANDED_DOWN)),
            descriptor(PRESENT, USER, SYSTEM, acl(EXPLICIT)),
        ),
        (descriptor(PRESENT | PROTECTED, USER, SYSTEM, acl(EXPLICIT)),) * 2,
        (descriptor(PRESENT, USER, SYSTEM, acl(HANDED_DOWN)), descriptor(PRESENT, USER, SYSTEM, acl())),
        (descriptor(PRESENT, USER, SYSTEM),) * 2,
        (descriptor(0),) * 2,
    ],
    ids=["mixed", "protected", "all inherited", "no list at all: everybody", "nothing"],
)
def test_what_is_inherited_is_left_out(session: Session, whole: bytes, explicit: bytes) -> None:
    assert bytes.fromhex(session("Explicit", whole.hex())) == explicit
    assert session("DescriptorLength", (whole + bytes(100)).hex()) == len(whole)


def test_a_descriptor_that_is_cut_anywhere_is_refused(session: Session) -> None:
    whole = descriptor(PRESENT, USER, SYSTEM, acl(EXPLICIT, HANDED_DOWN))
    for length in range(len(whole)):
        assert code_of(session, "Explicit", whole[:length].hex()) == 1338


@pytest.mark.parametrize("at", [4, 8, 16])
@pytest.mark.parametrize("offset", [1, 19, 10_000, 2**31, 2**32 - 1])
def test_a_piece_outside_is_refused(session: Session, at: int, offset: int) -> None:
    whole = bytearray(descriptor(PRESENT, USER, SYSTEM, acl(EXPLICIT)))
    whole[at : at + 4] = struct.pack("<I", offset)
    assert code_of(session, "Explicit", whole.hex()) == 1338
    assert code_of(session, "DescriptorLength", whole.hex()) == 1338


@pytest.mark.parametrize("size", [0, 3, 0xFFFF])
def test_an_entry_of_another_size_is_refused(session: Session, size: int) -> None:
    broken = acl(EXPLICIT[:2] + struct.pack("<H", size) + EXPLICIT[4:])
    assert code_of(session, "Explicit", descriptor(PRESENT, USER, SYSTEM, broken).hex()) == 1338


def sid(text: str) -> bytes:
    """Return S-1-... as winnt.h has it."""
    authority, *parts = map(int, text.split("-")[2:])
    return bytes([1, len(parts)]) + authority.to_bytes(6, "big") + struct.pack(f"<{len(parts)}I", *parts)


ACCOUNT, USERS, DOMAIN_ADMINS = "S-1-5-21-7-7-7-1001", "S-1-5-32-545", "S-1-5-21-7-7-7-512"
READ, WRITE, APPEND, DELETE, LIST, OWNER = 0x1200A9, 0x2, 0x4, 0x10000, 0x40000, 0x80000


def allow(who: str, mask: int, flags: int = 0, kind: int = 0) -> bytes:
    """Return an entry. kind: 0 allows, 1 denies, 9 allows on a condition."""
    condition = b"artx" if kind == 9 else b""
    return struct.pack("<BBHI", kind, flags, 8 + len(sid(who)) + len(condition), mask) + sid(who) + condition


@pytest.mark.parametrize(
    ("owner", "entries", "writers"),
    [
        ("S-1-5-18", [allow("S-1-5-18", 0x1F01FF), allow("S-1-5-32-544", 0x1F01FF), allow(ACCOUNT, 0x1F01FF)], []),
        (ACCOUNT, [allow(USERS, READ), allow(DOMAIN_ADMINS, 0x1F01FF), allow("S-1-5-21-7-7-7-519", WRITE)], []),
        ("S-1-5-21-7-7-7-500", [allow("S-1-5-32-551", WRITE)], []),
        *((ACCOUNT, [allow(USERS, mask)], [USERS]) for mask in (WRITE, APPEND, 0x40, DELETE, LIST, OWNER)),
        *((ACCOUNT, [allow(USERS, mask)], [USERS]) for mask in (0x10000000, 0x40000000)),
        *((ACCOUNT, [allow(USERS, mask)], []) for mask in (0x100, 0x10, 0x80000000, 0x20000000, 0x100000)),
        (ACCOUNT, [allow(USERS, WRITE, flags=0x0B)], [USERS]),  # in what is made here
        (ACCOUNT, [allow(USERS, WRITE, kind=1)], []),
        (ACCOUNT, [allow(USERS, WRITE, kind=9)], [USERS]),
        (ACCOUNT, [allow("S-1-3-0", 0x1F01FF, flags=0x0B), allow("S-1-3-4", 0x1F01FF)], []),
        (ACCOUNT, [allow("S-1-3-1", 0x1F01FF, flags=0x0B)], ["S-1-3-1"]),
        (ACCOUNT, [allow("S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464", 0x1F01FF)], []),
        (ACCOUNT, [allow("S-1-5-80-1-2-3-4-512", WRITE)], ["S-1-5-80-1-2-3-4-512"]),
        (ACCOUNT, [allow("S-1-5-21-7-7-7-1512", WRITE)], ["S-1-5-21-7-7-7-1512"]),
        (USERS, [allow("S-1-1-0", WRITE), allow("S-1-1-0", APPEND)], [USERS, "S-1-1-0"]),
        (ACCOUNT, [], []),
        (ACCOUNT, None, ["S-1-1-0"]),
    ],
)
def test_who_can_change_it(session: Session, owner: str, entries: list[bytes] | None, writers: list[str]) -> None:
    dacl = b"" if entries is None else acl(*entries)
    whole = descriptor(PRESENT, sid(owner), SYSTEM, dacl)
    assert session("WritersIn", whole.hex(), ACCOUNT) == writers
    if entries is None:
        assert session("WritersIn", descriptor(0, sid(owner), SYSTEM).hex(), ACCOUNT) == writers


@pytest.mark.parametrize(
    ("text", "numeric"),
    [
        ("O:LAG:DAD:P(A;OICI;FA;;;BU)(D;;FA;;;DA)", "O:{0}G:{1}D:P(A;OICI;FA;;;{2})(D;;FA;;;{1})"),
        ('O:LAG:DAD:(XA;;FX;;;BU;(a == ")(" && (b)))(A;;FA;;;DA)', None),
        ("O:LAG:DAD:AI(A;;FA;;;BU)(A;;FA;;;S-1-5-21-7-7-7-512)", "O:{0}G:{1}D:AI(A;;FA;;;{2})(A;;FA;;;{1})"),
        ("O:LAG:DAD:(A;;FA;;;BU)", "O:LAG:DAD:(A;;FA;;;BU)"),  # of another list: it stays
        ("O:LAG:DAD:(A;;FA", "O:LAG:DAD:(A;;FA"),
        ("O:LAG:DA", "O:{0}G:{1}"),
    ],
)
def test_accounts_stand_by_their_numbers(session: Session, text: str, numeric: str | None) -> None:
    """LA and DA mean other accounts on another computer."""
    whole = descriptor(PRESENT, sid(ACCOUNT), sid(DOMAIN_ADMINS), acl(allow(USERS, READ), allow(DOMAIN_ADMINS, READ)))
    expected = (numeric or text).format(ACCOUNT, DOMAIN_ADMINS, USERS)
    if numeric is None:
        expected = text.replace("O:LAG:DA", f"O:{ACCOUNT}G:{DOMAIN_ADMINS}").replace(";BU;", f";{USERS};")
        expected = expected.replace(";;;DA)", f";;;{DOMAIN_ADMINS})")
    assert session("NumericSddl", text, whole.hex()) == expected


def test_what_the_disk_keeps(session: Session, host: object, path: c.Callable[..., str]) -> None:
    """The lab's disks on Mono say that they keep no lists; the agent then asks for none. Wine's keep no streams."""
    assert session("IsSecurityKept", path()) is not isinstance(host, MonoHost)
    assert session("AreStreamsKept", path()) is not isinstance(host, WineHost)
    for method in ("IsSecurityKept", "AreStreamsKept"):
        assert code_of(session, method, path("absent")) == 2


def stream(name: str, last: bool = False, length: int | None = None) -> bytes:
    """Return a FILE_STREAM_INFO. length: what it says of its name."""
    text = name.encode("utf-16-le")
    size = -(-(24 + len(text)) // 8) * 8
    header = struct.pack("<IIqq", 0 if last else size, len(text) if length is None else length, 5, 8)
    return (header + text).ljust(size, b"\0")


@pytest.mark.parametrize(
    ("listed", "names"),
    [
        (stream("::$DATA", last=True), []),
        (
            stream("::$DATA") + stream(":Zone.Identifier:$DATA", last=True) + b"from a longer list before",
            ["Zone.Identifier"],
        ),
        (stream(":ü:$DATA") + stream(":a:b:$DATA", last=True), ["ü", "a:b"]),
        (stream(":x:$OTHER") + stream(":$DATA", last=True), [":x:$OTHER", ":$DATA"]),
        (stream("") + stream(":x:$DATA", last=True), []),
        (stream(":x:$DATA", length=2**31 - 1), []),
        (stream(":x:$DATA", length=-1 & 0x7FFFFFFE), []),
        (stream(":x:$DATA")[4:].rjust(64, b"\xff"), []),
        (stream(":x:$DATA"), ["x"]),
        (b"\0" * 20, []),
    ],
)
def test_names_of_streams_as_windows_lists_them(session: Session, listed: bytes, names: list[str]) -> None:
    assert session("StreamNames", listed.hex()) == names


@pytest.mark.parametrize("host", [ON_WINE], indirect=True)
class TestWindows:
    """What the twin cannot show. Wine keeps of a list what fits into a mode, and calls no entry inherited."""

    def test_list_of_a_file(self, session: Session, path: c.Callable[..., str]) -> None:
        write(session, path("a"))
        closed = session("Security", path("a"))
        owner, dummy, entries = closed.partition("D:")
        opened = closed.replace("0x1200a9;;;S-1-1-0", "0x1301ff;;;S-1-1-0")
        assert (owner[:2], entries.count("("), opened != closed) == ("O:", 3, True)
        for wanted in (opened, opened, closed):
            assert session("SetSecurity", path("a"), wanted) is None
            assert session("Security", path("a")) == wanted
            reader = session("OpenRead", path("a"))
            assert session("SecurityOfOpen", reader) == wanted
            session("Close", reader)

    def test_a_list_by_letters_is_the_same_list(self, session: Session, path: c.Callable[..., str]) -> None:
        write(session, path("a"))
        numeric = session("Security", path("a"))
        assert numeric.count("S-1-1-0") == 1
        letters = numeric.replace("S-1-1-0", "WD")
        assert session("SetSecurity", path("a"), letters) is None
        assert session("Security", path("a")) == numeric

    def test_list_of_a_folder(self, session: Session, path: c.Callable[..., str]) -> None:
        wanted = session("Security", path()).replace("0x1200a9;;;S-1-1-0", "0x1301ff;;;S-1-1-0")
        assert session("SetSecurity", path(), wanted) is None
        assert session("Security", path()) == wanted

    @pytest.mark.parametrize("change", ["owner", "protected"])
    def test_what_was_accepted_and_not_kept_is_reported(
        self, session: Session, path: c.Callable[..., str], change: str
    ) -> None:
        write(session, path("a"))
        before = session("Security", path("a"))
        wanted = f"O:S-1-5-18{before[before.index('G:') :]}" if change == "owner" else before.replace("D:", "D:P")
        assert session("SetSecurity", path("a"), wanted) == f"It was set to {wanted} and is {before}."

    @pytest.mark.parametrize("text", ["rubbish", "D:(A;;FA;;;NOBODY)", "O:S-1-x"])
    def test_what_is_no_descriptor_is_refused(self, session: Session, path: c.Callable[..., str], text: str) -> None:
        write(session, path("a"))
        before = session("Security", path("a"))
        assert session("SetSecurity", path("a"), text).endswith(")")
        assert session("Security", path("a")) == before
        assert session("SetSecurity", path("absent"), before).endswith("(2)")

    def test_who_can_change_a_folder(self, session: Session, path: c.Callable[..., str], host: WineHost) -> None:
        session("CreateClosedFolder", path("closed"))
        assert session("Writers", path("closed")) == []
        listed = session("Security", path())
        assert session("SetSecurity", path(), listed.replace("0x1200a9;;;S-1-1-0", "0x1301ff;;;S-1-1-0")) is None
        [everyone] = session("Writers", path())
        assert everyone.endswith("(S-1-1-0)")
        assert code_of(session, "Writers", path("absent")) == 2

    def test_of_a_share_it_is_not_known(self, session: Session, host: WineHost) -> None:
        host.share("server", "backup")
        assert session("Writers", "\\\\server\\backup") is None

    def test_privileges(self, session: Session) -> None:
        """Wine's users hold them all."""
        assert session("TryEnable", "SeBackupPrivilege") is True
        assert session("TryEnable", "SeNoSuchPrivilege") is False
