# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDIF files made to exhaust their reader: each ends in an error that names the line, in bounded memory and time."""

from __future__ import annotations

import collections.abc as c
import io
import itertools
import random
import time
import tracemalloc
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import LdifError, Limits
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.writer import dn_lines, value_lines

MEGABYTE = 1024 * 1024
MODIFY = b"dn: CN=x\nchangetype: modify\n"
HEAD = b"dn: CN=x\n\ndn: CN=y\nchangetype: add\ncn: y\n"


class Made(io.RawIOBase):
    """A file made as it is read, so that memory is the reader's alone."""

    def __init__(self, *parts: bytes | c.Iterable[bytes]) -> None:
        super().__init__()
        self._parts = itertools.chain.from_iterable([part] if isinstance(part, bytes) else part for part in parts)
        self._rest = b""
        self.given = 0

    def read(self, size: int = -1, /) -> bytes:
        assert size > 0
        self._rest = self._rest or next(filter(None, self._parts), b"")
        part, self._rest = self._rest[:size], self._rest[size:]
        self.given += len(part)
        return part


class Reading(t.NamedTuple):
    """How a file was read: to its end, or to an error. memory: its peak in bytes."""

    error: LdifError | None
    memory: int
    seconds: float


def times(count: int, part: bytes) -> c.Iterator[bytes]:
    """Repeat a part, in pieces of about 64 KB."""
    at_once = max(1, min(count, 64 * 1024 // len(part)))
    return itertools.repeat(part * at_once, count // at_once)


def reading(*parts: bytes | c.Iterable[bytes], limits: Limits | None = None) -> Reading:
    return reading_of(Made(*parts), limits or Limits())


def reading_of(source: io.RawIOBase, limits: Limits | None = None) -> Reading:
    error = None
    tracemalloc.start()
    started = time.process_time()
    try:
        for dummy in records(t.cast("t.BinaryIO", source), limits or Limits()):
            pass
    except LdifError as problem:
        error = problem
    seconds = time.process_time() - started
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return Reading(error, memory, seconds)


HOSTILE: dict[str, tuple[c.Callable[[], Made], int, str]] = {
    "10 MB line, cut off": (lambda: Made(HEAD, b"mail: ", times(10_000, b"x" * 1000)), 6, "cut off"),
    "10 MB line": (lambda: Made(HEAD, b"mail: ", times(10_000, b"x" * 1000), b"\n\n"), 6, "4,194,304 bytes"),
    "10 MB in folds": (lambda: Made(HEAD, b"mail: ", times(9999, b"x" * 999 + b"\n "), b"\n\n"), 6, "4,194,304 bytes"),
    "10 MB base64": (lambda: Made(HEAD, b"mail:: ", times(2_500_000, b"QUFB"), b"\n\n"), 6, "4,194,304 bytes"),
    "10 GB line": (lambda: Made(HEAD, b"mail: ", times(10_000_000, b"x" * 1000)), 3, "16,777,216 bytes"),
    "values without end": (lambda: Made(HEAD, times(10_000_000, b"cn: y\n")), 3, "250,000 lines"),
    "150,000 values": (lambda: Made(HEAD, times(150_000, b"cn: y\n"), b"\n"), 3, "100,000 values"),
    "1,000,000 attributes": (
        lambda: Made(HEAD, (b"a%d: y\n" * 100 % tuple(range(n, n + 100)) for n in range(0, 1_000_000, 100))),
        3,
        "250,000 lines",
    ),
    "20,000 attributes": (lambda: Made(HEAD, (b"a%d: y\n" % n for n in range(20_000)), b"\n"), 3, "10,000 attributes"),
    "1,000,000 folds": (lambda: Made(HEAD, b"mail: x\n", times(1_000_000, b" y\n"), b"\n"), 3, "250,000 lines"),
    "empty folds without end": (lambda: Made(HEAD, b"mail: x\n", times(10_000_000, b" \n")), 3, "250,000 lines"),
    "comments without end": (lambda: Made(HEAD, times(10_000_000, b"#\n")), 3, "250,000 lines"),
    "comment without end": (lambda: Made(HEAD, b"# ", times(10_000_000, b"x" * 1000)), 3, "16,777,216 bytes"),
    "NULs without end": (lambda: Made(HEAD, times(30_000_000, b"\0")), 6, "NUL"),
    "NULs and lines": (lambda: Made(b"dn: CN=x\n", times(10_000_000, b"\0\n\0\n")), 2, "NUL"),
    "UTF-16 line without end": (lambda: Made(b"\xff\xfe", times(20_000_000, b"x\0")), 1, "16,777,216 bytes"),
    "colons without end": (lambda: Made(HEAD, times(30_000_000, b":")), 3, "16,777,216 bytes"),
    "dashes without end": (lambda: Made(b"dn: CN=x\n", times(9_000_000, b"-\n")), 1, "250,000 lines"),
}


@pytest.mark.parametrize(("make", "line", "what"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_file_ends_in_an_error_of_its_line(make: c.Callable[[], Made], line: int, what: str) -> None:
    source = make()
    error, memory, seconds = reading_of(source)
    assert error is not None
    assert (error.line, what in error.what) == (line, True), error
    assert memory < 64 * MEGABYTE
    assert seconds < 60
    assert source.given < 36 * MEGABYTE


def test_largest_record_is_read_in_bounded_memory() -> None:
    """As many values as there may be, in as many bytes: the most that reading ever takes."""
    error, memory, seconds = reading(HEAD, times(99_900, b"mail: %b\n" % (b"x" * 155)), b"\n")
    assert error is None
    assert memory < 128 * MEGABYTE
    assert seconds < 60


@pytest.mark.parametrize(
    ("head", "part", "count"),
    [
        (b"", b"\n", 2_000_000),
        (b"dn: CN=x\n", b"\r\n", 1_000_000),
        (b"", b"# %b\n\n" % (b"x" * 500), 8000),
        (b"", b"dn: CN=x\ncn: %b\n\n" % (b"x" * 500), 8000),
        (b"", MODIFY + b"replace: a\na: %b\n-\n\n" % (b"x" * 500), 8000),
    ],
    ids=["empty lines", "CRLF", "comments", "records", "changes"],
)
def test_long_file_takes_no_more_memory_than_a_short_one(head: bytes, part: bytes, count: int) -> None:
    error, memory, seconds = reading(head, times(count, part))
    assert error is None
    assert memory < 10 * MEGABYTE
    assert seconds < 60


def test_names_without_end_are_not_all_kept() -> None:
    error, memory, dummy = reading(b"dn: CN=x\na%d-%b: y\n\n" % (n, b"x" * 200) for n in range(20_000))
    assert error is None
    assert memory < 16 * MEGABYTE


def test_each_limit_is_the_last_thing_allowed() -> None:
    limits = Limits(value_bytes=10, record_bytes=60, record_lines=6, values=4, attributes=2)

    def refused(text: bytes) -> str | None:
        error = reading(text, limits=limits).error
        return error and error.what

    assert refused(b"dn: CN=xxx\ncn: 345678\n\n") is None
    assert refused(b"dn: CN=xxx\ncn: 3456789\n\n") == "The line has more than 10 bytes."
    assert refused(b"dn: CN=xxx\ncn: 3\n 4\n 5\n 6\n 7\n\n") is None
    assert "6 lines" in str(refused(b"dn: CN=xxx\ncn: 3\n 4\n 5\n 6\n 7\n 8\n\n"))
    assert refused(b"dn: CN=x\na: 1\na: 2\nb: 3\n\n") is None
    assert refused(b"dn: CN=x\na: 1\na: 2\na: 3\na: 4\n\n") == "The record has more than 4 values."
    assert refused(b"dn: CN=x\na: 1\nb: 2\nc: 3\n\n") == "The record has more than 2 attributes."
    assert "60 bytes" in str(refused(b"dn: CN=x\n" + b"#\n" * 2 + b"mail: x\n 2\n" + b" 3456789" * 5 + b"\n\n"))


@pytest.mark.parametrize("seed", range(20))
def test_garbage_ends_in_an_error(seed: int) -> None:
    """Random bytes, and a good file with a few of them changed: nothing but LdifError, and good records before it."""
    chance = random.Random(seed)
    assert reading(chance.randbytes(100_000)).error is not None
    good = b"".join(dn_lines(f"CN=ü{n}") + value_lines("cn", chance.randbytes(100)) + b"\r\n" for n in range(300))
    spoiled = bytearray(good)
    for dummy in range(3):
        spoiled[chance.randrange(len(spoiled))] = chance.randrange(256)
    error = reading(bytes(spoiled)).error
    assert error is None or 1 <= error.line <= spoiled.count(b"\n") + 1


def test_cut_within_a_line_is_reported() -> None:
    """One behind a line of its own is not seen here: who keeps a file keeps its hash."""
    good = dn_lines("CN=ü" * 30) + b"changetype: add\r\n" + value_lines("cn", bytes(range(100))) + b"\r\n"
    unnoticed = [good[:end] for end in range(1, len(good)) if reading(good[:end]).error is None]
    assert all(cut.endswith(b"\r\n") for cut in unnoticed)
