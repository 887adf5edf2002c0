# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TDS 7.2 to 7.4 on the wire: packets, types, and the tokens of an answer.

Source: Microsoft's open specification [MS-TDS]; which DONE tokens a statement gets was recorded from real servers.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import decimal
import struct
import typing as t
import uuid

from lab.sql import languages

BATCH, RPC, REPLY, ATTENTION, TRANSACTION, LOGIN, PRELOGIN = 1, 3, 4, 6, 14, 16, 18
"""Types of packets."""

HEADER = struct.Struct(">BBHHBB")
PACKET_BYTES = 4096

MORE, ERROR, COUNT, ATTENTION_DONE = 0x1, 0x2, 0x10, 0x20
"""Bits of a DONE token's status."""

_DONE, _DONE_PROC, _DONE_IN_PROC = 0xFD, 0xFE, 0xFF
_COLLATION = bytes((0x09, 0x04, 0xD0, 0x00, 0x34))
_LONGEST_NVARCHAR = 4000
_EPOCH = datetime.datetime(1900, 1, 1)

Value: t.TypeAlias = bool | int | float | decimal.Decimal | str | bytes | datetime.datetime | uuid.UUID | None


class ClosedError(Exception):
    """The other side is gone."""


@dataclasses.dataclass(frozen=True)
class Message:
    """What a server says about a statement; an error from severity 11 on."""

    number: int
    text: str
    severity: int = 0
    state: int = 1
    procedure: str = ""


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a result set.

    kind: ``bit``, ``int`` (size 1, 2, 4, 8), ``float``, ``numeric`` (size: precision; scale), ``datetime``,
      ``uniqueidentifier``, ``nvarchar`` (size in characters, 0: max), ``nchar``, ``char``, ``varbinary``,
      ``sql_variant``.
    """

    name: str
    kind: str
    size: int = 0
    scale: int = 0


def packets(kind: int, payload: bytes, final: bool, sequence: int = 1, size: int = PACKET_BYTES) -> c.Iterator[bytes]:
    """Cut a payload into packets; the last one carries the end-of-message bit when ``final``."""
    room = size - HEADER.size
    pieces = [payload[start : start + room] for start in range(0, len(payload), room)] or [b""]
    for index, piece in enumerate(pieces):
        status = 1 if final and index == len(pieces) - 1 else 0
        yield HEADER.pack(kind, status, len(piece) + HEADER.size, 0, (sequence + index) % 256, 0) + piece


def b_varchar(text: str) -> bytes:
    """Return a text with its length in one byte."""
    raw = text.encode("utf-16-le")
    return bytes((len(raw) // 2,)) + raw


class Reply:
    """The answer to one request: tokens, sent when flushed.

    A DONE waits until it is known whether more follows: the bit for that is part of it.

    send: sends a piece; its second argument says whether the answer ends with it.
    """

    def __init__(self, send: c.Callable[[bytes, bool], None], server: str) -> None:
        self._send = send
        self._server = server
        self._buffer = bytearray()
        self._pending: tuple[int, int, int, int] | None = None
        self.in_procedure = False
        self.language = "us_english"

    def message(self, message: Message) -> None:
        """Add an INFO or, from severity 11 on, an ERROR."""
        self._settle()
        text = languages.translate(message.number, message.text, self.language).encode("utf-16-le")
        body = struct.pack("<iBBH", message.number, message.state, message.severity, len(text) // 2) + text
        body += b_varchar(self._server) + b_varchar(message.procedure) + struct.pack("<i", 1)
        self._buffer += struct.pack("<BH", 0xAA if message.severity > 10 else 0xAB, len(body)) + body

    def environment(self, kind: int, new: bytes, old: bytes = b"\0") -> None:
        """Add an ENVCHANGE; its values carry their lengths."""
        self._settle()
        self._buffer += struct.pack("<BHB", 0xE3, len(new) + len(old) + 1, kind) + new + old

    def login_acknowledged(self, version: int, product: tuple[int, int, int]) -> None:
        """Add a LOGINACK."""
        self._settle()
        major, minor, build = product
        body = struct.pack(">BI", 1, version) + b_varchar("Microsoft SQL Server")
        body += struct.pack(">BBH", major, minor, build)
        self._buffer += struct.pack("<BH", 0xAD, len(body)) + body

    def rows(self, columns: c.Sequence[Column], rows: c.Iterable[c.Sequence[Value]]) -> int:
        """Add a result set without its DONE, and give the count of rows."""
        self._settle()
        self._buffer += struct.pack("<BH", 0x81, len(columns))
        for column in columns:
            self._buffer += struct.pack("<IH", 0, 1) + _type_info(column) + b_varchar(column.name)
        count = 0
        for row in rows:
            self._buffer.append(0xD1)
            for column, value in zip(columns, row, strict=True):
                self._buffer += _encode(column, value)
            count += 1
            if len(self._buffer) > 16 * PACKET_BYTES:
                self.flush()
        return count

    def return_status(self, value: int) -> None:
        """Add the return code of a procedure."""
        self._settle()
        self._buffer += struct.pack("<Bi", 0x79, value)

    def done(self, command: int, status: int = 0, count: int = 0) -> None:
        """End a statement."""
        self._settle()
        self._pending = (_DONE_IN_PROC if self.in_procedure else _DONE, status, command, count)

    def done_procedure(self, command: int = 224, status: int = 0) -> None:
        """End a procedure."""
        self._settle()
        self._pending = (_DONE_PROC, status, command, 0)

    def flush(self, more: bool = False) -> None:
        """Send what there is. With ``more`` the statement goes on, so that its last DONE may leave too."""
        if more:
            self._settle()
        if self._buffer:
            self._send(bytes(self._buffer), False)
            self._buffer.clear()

    def end(self) -> None:
        """Send the rest as the end of the answer."""
        if self._pending is None and not self._buffer:
            self.done(0)
        self._settle(last=True)
        self._send(bytes(self._buffer), True)
        self._buffer.clear()

    def attention(self) -> None:
        """Drop what is not sent, and confirm the client's cancel."""
        self._buffer.clear()
        self._pending = (_DONE, ATTENTION_DONE, 0, 0)
        self.end()

    def _settle(self, last: bool = False) -> None:
        if self._pending is None:
            return
        token, status, command, count = self._pending
        self._pending = None
        self._buffer += struct.pack("<BHHQ", token, status if last else status | MORE, command, count)


def _type_info(column: Column) -> bytes:
    kind, size = column.kind, column.size
    if kind in ("nvarchar", "nchar"):
        limit = 0xFFFF if not size else size * 2
        return struct.pack("<BH", 0xE7 if kind == "nvarchar" else 0xEF, limit) + _COLLATION
    if kind == "char":
        return struct.pack("<BH", 0xAF, size) + _COLLATION
    if kind == "varbinary":
        return struct.pack("<BH", 0xA5, size or 8000)
    if kind == "numeric":
        return bytes((0x6C, 17, size, column.scale))
    if kind == "sql_variant":
        return struct.pack("<BI", 0x62, 8009)
    token, length = {"bit": (0x68, 1), "float": (0x6D, 8), "datetime": (0x6F, 8), "uniqueidentifier": (0x24, 16)}.get(
        kind, (0x26, size or 4)
    )
    return bytes((token, length))


def _encode(column: Column, value: t.Any) -> bytes:
    kind = column.kind
    if kind == "sql_variant":
        return _variant(value)
    if kind in ("nvarchar", "nchar", "char", "varbinary"):
        return _encode_long(column, value)
    if value is None:
        return b"\0"
    raw = _fixed(kind, column, value)
    return bytes((len(raw),)) + raw


def _fixed(kind: str, column: Column, value: t.Any) -> bytes:
    if kind == "bit":
        return bytes((1 if value else 0,))
    if kind == "float":
        return struct.pack("<d", value)
    if kind == "datetime":
        return _datetime(value)
    if kind == "uniqueidentifier":
        return uuid.UUID(str(value)).bytes_le
    if kind == "numeric":
        number = int(decimal.Decimal(value).scaleb(column.scale))
        return bytes((1 if number >= 0 else 0,)) + abs(number).to_bytes(16, "little")
    return int(value).to_bytes(column.size or 4, "little", signed=(column.size or 4) > 1)


def _datetime(value: datetime.datetime) -> bytes:
    passed = value.replace(tzinfo=None) - _EPOCH
    ticks = round((passed.seconds + passed.microseconds / 1e6) * 300)
    return struct.pack("<iI", passed.days, min(ticks, 25_919_999))


def _encode_long(column: Column, value: t.Any) -> bytes:
    large = column.kind == "nvarchar" and not column.size
    if value is None:
        return b"\xff" * (8 if large else 2)
    raw = bytes(value) if column.kind == "varbinary" else str(value).encode("utf-16-le")
    if column.kind == "char":
        raw = str(value).encode("cp1252")
    if not large:
        return struct.pack("<H", len(raw)) + raw
    pieces = struct.pack("<I", len(raw)) + raw if raw else b""
    return struct.pack("<Q", len(raw)) + pieces + struct.pack("<I", 0)


def _variant(value: t.Any) -> bytes:
    if value is None:
        return struct.pack("<I", 0)
    if isinstance(value, int):
        body = bytes((0x38, 0)) + struct.pack("<i", value)
    else:
        raw = str(value).encode("utf-16-le")
        body = bytes((0xE7, 7)) + _COLLATION + struct.pack("<H", 2 * _LONGEST_NVARCHAR) + raw
    return struct.pack("<I", len(body)) + body


def infer_columns(names: c.Sequence[str], rows: c.Sequence[c.Sequence[Value]]) -> list[Column]:
    """Return columns wide enough for every value of the rows; a column of NULLs only is an nvarchar."""
    return [_infer(name, [row[index] for row in rows]) for index, name in enumerate(names)]


def _infer(name: str, values: list[Value]) -> Column:
    known = [value for value in values if value is not None]
    kinds = {type(value) for value in known}
    if not known:
        return Column(name, "nvarchar", 128)
    if kinds == {bool}:
        return Column(name, "bit")
    if kinds <= {int, bool}:
        widest = max(abs(int(value)) for value in known)  # type: ignore[arg-type]
        return Column(name, "int", 4 if widest < 2**31 else 8)
    if kinds <= {int, bool, float}:
        return Column(name, "float")
    if kinds <= {int, decimal.Decimal}:
        scale = max(-int(decimal.Decimal(value).as_tuple().exponent) for value in known)  # type: ignore[arg-type]
        return Column(name, "numeric", 38, max(scale, 0))
    for kind, wire in ((datetime.datetime, "datetime"), (uuid.UUID, "uniqueidentifier"), (bytes, "varbinary")):
        if kinds == {kind}:
            return Column(name, wire)
    longest = max(len(str(value).encode("utf-16-le")) // 2 for value in known)
    return Column(name, "nvarchar", max(longest, 1) if longest <= _LONGEST_NVARCHAR else 0)
