# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDAP messages on the wire, as far as one who stands between client and server has to know them (RFC 4511)."""

from __future__ import annotations

import collections.abc as c
import dataclasses

BIND, SEARCH, MODIFY, RENAME = 0x60, 0x63, 0x66, 0x6C
ENTRY, SEARCH_DONE = 0x64, 0x65
# The operation that answers each request.
_ANSWERS = {BIND: 0x61, SEARCH: SEARCH_DONE, MODIFY: 0x67, 0x68: 0x69, 0x4A: 0x6B, RENAME: 0x6D}
PAGED_RESULTS = b"1.2.840.113556.1.4.319"
_CONTROLS = 0xA0


@dataclasses.dataclass(frozen=True)
class Message:
    """One message: its number, the tag of its operation, and all of its bytes."""

    number: int
    operation: int
    raw: bytes

    @property
    def paged(self) -> bool:
        """Whether it carries the control of paged results."""
        return PAGED_RESULTS in self.raw

    @property
    def page(self) -> tuple[int, bytes]:
        """Size and cookie of the page that a paged search asks for (RFC 2696)."""
        [found] = [control for control in _controls(self) if PAGED_RESULTS in control]
        [(dummy, content)] = _parts(_parts(_parts(found)[0][1])[-1][1])
        [(dummy, size), (dummy, cookie)] = _parts(content)
        return int.from_bytes(size, "big"), cookie

    def asking(self, size: int, cookie: bytes) -> Message:
        """Return the same search for another page."""
        [(dummy, whole)] = _parts(self.raw)
        [(dummy, number), (operation, body), *_rest] = _parts(whole)
        others = b"".join(control for control in _controls(self) if PAGED_RESULTS not in control)
        controls = _element(_CONTROLS, others + _page(size, cookie, critical=True))
        raw = _element(0x30, _element(0x02, number) + _element(operation, body) + controls)
        return dataclasses.replace(self, raw=raw)


def first(buffer: bytes) -> Message | None:
    """Return the first message in a buffer; None if it is not complete yet. Raises ValueError for something else."""
    if buffer and buffer[0] != 0x30:
        raise ValueError("no LDAP message")
    head = _length(buffer, 1)
    if head is None:
        return None
    length, start = head
    if len(buffer) < start + length:
        return None
    number_bytes = buffer[start + 1]
    number = int.from_bytes(buffer[start + 2 : start + 2 + number_bytes], "big")
    return Message(number, buffer[start + 2 + number_bytes], buffer[: start + length])


def answer(request: Message, code: int, text: str, referral: str = "") -> bytes:
    """Return the message by which a server ends a request with a result code."""
    body = _element(0x0A, bytes([code])) + _element(0x04, b"") + _element(0x04, text.encode())
    if referral:
        body += _element(0xA3, _element(0x04, referral.encode()))
    number = request.number.to_bytes(4, "big")
    return _element(0x30, _element(0x02, number) + _element(_ANSWERS[request.operation], body))


def empty_page(request: Message, cookie: bytes) -> bytes:
    """Return the message that ends a page of no entries after which more follow."""
    body = _element(0x0A, b"\0") + _element(0x04, b"") + _element(0x04, b"")
    number = _element(0x02, request.number.to_bytes(4, "big"))
    return _element(0x30, number + _element(SEARCH_DONE, body) + _element(_CONTROLS, _page(0, cookie)))


def _page(size: int, cookie: bytes, *, critical: bool = False) -> bytes:
    value = _element(0x30, _element(0x02, size.to_bytes(4, "big")) + _element(0x04, cookie))
    said = _element(0x01, b"\xff") if critical else b""
    return _element(0x30, _element(0x04, PAGED_RESULTS) + said + _element(0x04, value))


def _controls(message: Message) -> list[bytes]:
    """Return the controls, each as it stands there."""
    [(dummy, whole)] = _parts(message.raw)
    found = [content for tag, content in _parts(whole) if tag == _CONTROLS]
    return [_element(tag, control) for content in found for tag, control in _parts(content)]


def _parts(content: bytes) -> list[tuple[int, bytes]]:
    """Take apart what stands in an element: tags and contents."""
    return list(_each(content))


def _each(content: bytes) -> c.Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        head = _length(content, at + 1)
        assert head is not None
        length, start = head
        yield content[at], content[start : start + length]
        at = start + length


def _length(buffer: bytes, at: int) -> tuple[int, int] | None:
    """Return a length and where its content starts."""
    if len(buffer) <= at:
        return None
    short = buffer[at]
    if short < 0x80:
        return short, at + 1
    count = short & 0x7F
    if len(buffer) < at + 1 + count:
        return None
    return int.from_bytes(buffer[at + 1 : at + 1 + count], "big"), at + 1 + count


def _element(tag: int, content: bytes) -> bytes:
    if len(content) < 0x80:
        return bytes([tag, len(content)]) + content
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content
