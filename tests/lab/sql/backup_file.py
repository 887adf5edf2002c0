# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup file: backup sets one behind the other, each with its header, data and checksums.

Layout: ``TAPE`` and the media's identity; then for each set ``SSET``, the header as JSON, its CRC; the data in blocks
of 64 KiB, each with its length and its checksum; ``ESET`` with the count of blocks. A set without ``ESET`` was never
finished. What SQL Server writes is another format; how damage shows is the same.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import json
import os
import pathlib
import struct
import typing as t
import zlib

from lab.sql.problems import StatementError

_MEDIA = b"TAPE\0\0\3\0"
_SET, _END, _BLOCK = b"SSET", b"ESET", b"DBLK"
_LENGTH = struct.Struct("<4sII")
BLOCK_BYTES = 64 * 1024


@dataclasses.dataclass(frozen=True)
class Set:
    """A backup set in a file. ``header``: as it was written. ``trailer``: of its end, None when it was never finished.

    start, end: offsets of its data; the end's own record is part of it.
    """

    header: dict[str, t.Any]
    start: int
    end: int
    trailer: dict[str, t.Any] | None

    @property
    def finished(self) -> bool:
        """Whether its writer came to the end."""
        return self.trailer is not None


class Writer:
    """Writes a backup set at the end of a file. Raises OSError."""

    def __init__(self, path: pathlib.Path, media: dict[str, t.Any], header: dict[str, t.Any], fresh: bool) -> None:
        self._file = path.open("wb" if fresh else "r+b")
        if fresh:
            self._file.write(_MEDIA)
            self._record(_SET, json.dumps(media).encode())
        else:
            self._file.seek(0, os.SEEK_END)
        self._checksums = bool(header["checksums"])
        self._blocks = 0
        self._record(_SET, json.dumps(header).encode())
        self._file.flush()

    def write(self, block: bytes) -> None:
        """Write a block of data."""
        self._blocks += 1
        checksum = zlib.crc32(block) if self._checksums else 0
        self._file.write(_LENGTH.pack(_BLOCK, len(block), checksum) + block)

    def tell(self) -> int:
        """Return the bytes that the file has now."""
        return self._file.tell()

    def finish(self, trailer: dict[str, t.Any]) -> int:
        """End the set and give the file's size."""
        self._record(_END, json.dumps(trailer | {"blocks": self._blocks}).encode())
        size = self._file.tell()
        self.abandon()
        return size

    def abandon(self) -> None:
        """Close the file as it is."""
        self._file.close()

    def _record(self, mark: bytes, body: bytes) -> None:
        self._file.write(_LENGTH.pack(mark, len(body), zlib.crc32(body)) + body)


def read_media(path: pathlib.Path, device: str) -> tuple[dict[str, t.Any], list[Set]]:
    """Read a file's media header and its sets. Raises OSError; StatementError when they cannot be made out."""
    raw = path.read_bytes()
    incorrect = StatementError.of(
        3241,
        f"The media family on device '{device}' is incorrectly formed. SQL Server cannot process this media family.",
    )
    if not raw.startswith(_MEDIA):
        raise incorrect
    found = _record(raw, len(_MEDIA))
    if found is None or found[0] != _SET:
        raise incorrect
    dummy, body, position = found
    media = json.loads(body)
    sets: list[Set] = []
    while position < len(raw):
        found = _record(raw, position)
        if found is None or found[0] != _SET:
            if sets and not sets[-1].finished:
                break
            text = f"The file on device '{device}' is not a valid Microsoft Tape Format backup set."
            raise StatementError.of(3242, text) if not sets else incorrect
        dummy, body, position = found
        end, trailer = _skip(raw, position)
        sets.append(Set(json.loads(body), position, end, trailer))
        position = end
    return media, sets


def blocks(path: pathlib.Path, one: Set) -> c.Iterator[tuple[bytes, bool]]:
    """Return the blocks of a set, each with whether its checksum holds. Raises EOFError where the file ends early."""
    with path.open("rb") as file:
        file.seek(one.start)
        while True:
            head = file.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                raise EOFError
            mark, length, checksum = _LENGTH.unpack(head)
            body = file.read(length if mark in (_BLOCK, _END) else 0)
            if mark == _END:
                return
            if mark != _BLOCK or len(body) < length:
                if mark != _BLOCK:
                    yield b"", False
                raise EOFError
            yield body, not one.header["checksums"] or zlib.crc32(body) == checksum


def _record(raw: bytes, position: int) -> tuple[bytes, bytes, int] | None:
    """Read a record; None where it is damaged or cut."""
    if position + _LENGTH.size > len(raw):
        return None
    mark, length, checksum = _LENGTH.unpack_from(raw, position)
    body = raw[position + _LENGTH.size : position + _LENGTH.size + length]
    if len(body) < length or zlib.crc32(body) != checksum:
        return None
    return mark, body, position + _LENGTH.size + length


def _skip(raw: bytes, position: int) -> tuple[int, dict[str, t.Any] | None]:
    """Find the end of a set's data and its trailer; none where the file ends before, {} where it is damaged."""
    while position + _LENGTH.size <= len(raw):
        mark, length, dummy = _LENGTH.unpack_from(raw, position)
        if mark == _END:
            found = _record(raw, position)
            whole = position + _LENGTH.size + length <= len(raw)
            return min(position + _LENGTH.size + length, len(raw)), json.loads(
                found[1]
            ) if found else {} if whole else None
        if mark != _BLOCK:
            return len(raw), {}
        position += _LENGTH.size + length
    return len(raw), None


def ends_between(path: pathlib.Path, one: Set) -> bool:
    """Say whether a file without an end stops between two blocks, as a writer leaves it that was stopped."""
    size = path.stat().st_size
    position = one.start
    with path.open("rb") as file:
        while position < size:
            file.seek(position)
            head = file.read(_LENGTH.size)
            if len(head) < _LENGTH.size:
                return False
            position += _LENGTH.size + _LENGTH.unpack(head)[1]
    return position == size
