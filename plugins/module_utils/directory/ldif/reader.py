# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads LDIF files, record by record.

It follows RFC 2849 strictly, with these exceptions: text may be plain UTF-8, in a file in UTF-8 or UTF-16 (``ldifde
-u``); a plain value may begin with ':' or '<' after a space; and a record may have no attributes, because servers
return such records. URLs in place of values, controls, and records that are neither ``add`` nor ``modify`` are refused.
A file that ends in the middle of a line and a change without its final '-' are also refused, because the file may have
been cut off.
"""

from __future__ import annotations

import binascii
import collections.abc as c
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.blocks import Block, blocks
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import (
    Change,
    LdifError,
    Limits,
    Record,
    attribute_name,
)

# One unfolded line: name, ':' or '<' where it is right behind the colon, value; or '-', or a comment.
_LINE = re.compile(rb"^(?:([^:\n# ][^:\n]*):([:<]?) *(.*)|(-|#.*))$", re.MULTILINE)
_Token = tuple[bytes, bytes, bytes, bytes]
_DASH: _Token = (b"", b"", b"", b"-")

_CHANGETYPES: dict[bytes, t.Literal["add", "modify"]] = {b"add": "add", b"modify": "modify"}
_OPERATIONS: dict[bytes, t.Literal["add", "delete", "replace"]] = {
    b"add": "add",
    b"delete": "delete",
    b"replace": "replace",
}

# Maximum number of cached spellings of names: a hostile file can have any number of names.
_NAMES_AT_MOST = 10_000
_QUOTED_AT_MOST = 40
_DEFAULT_LIMITS = Limits()

_MEND = "Correct the line, or use another file."
_ANEW = "Export the file again, as UTF-8 or with 'ldifde -u'."
_TOO_MUCH = "No group has that much: check the file."


def records(source: t.BinaryIO, limits: Limits = _DEFAULT_LIMITS) -> c.Iterator[Record]:
    """Yield the records of a file opened in binary mode, in its order.

    No more than one record and a piece of the file are in memory at a time. Raises LdifError.
    """
    reader = _Reader(limits)
    for block in blocks(source, limits):
        lines = _Lines(block, limits)
        try:
            record = reader.read(lines)
        except _FaultError as fault:
            raise LdifError(lines.place(fault.index), fault.what, fault.next_step) from None
        if record is not None:
            yield record


class _FaultError(Exception):
    """The fault in the token ``index`` of a block."""

    def __init__(self, index: int, what: str, next_step: str = _MEND) -> None:
        super().__init__(index, what, next_step)
        self.index = index
        self.what = what
        self.next_step = next_step


class _Lines:
    """The unfolded lines of a block as tokens, comments left out."""

    def __init__(self, block: Block, limits: Limits) -> None:
        self._block = block
        self._order: list[int] | None = None
        text = block.unfolded()
        self._check_text(text)
        count = text.count(b"\n") + 1
        self._check_size(text, count, limits)
        self.tokens: list[_Token] = _LINE.findall(text)
        if len(self.tokens) != count:
            index = next(index for index, line in enumerate(text.split(b"\n")) if not _LINE.fullmatch(line))
            raise self._error(index, _not_a_line(text.split(b"\n", index + 1)[index]), _MEND)
        if text.startswith(b"#") or b"\n#" in text:
            self._order = [index for index, token in enumerate(self.tokens) if not token[3].startswith(b"#")]
            self.tokens = [self.tokens[index] for index in self._order]

    def place(self, index: int) -> int:
        """Return the file's line of a token."""
        return self._block.line_of(index if self._order is None else self._order[index])

    def _error(self, index: int, what: str, next_step: str) -> LdifError:
        return LdifError(self._block.line_of(index), what, next_step)

    def _check_text(self, text: bytes) -> None:
        if b"\r" in text:
            index = text.count(b"\n", 0, text.index(b"\r"))
            what = "The line contains a carriage return without a line feed after it."
            raise self._error(index, what, _ANEW)
        if text.isascii():
            return
        try:
            text.decode()
        except UnicodeDecodeError as problem:
            raise self._error(
                text.count(b"\n", 0, problem.start),
                f"The line is not UTF-8 (byte 0x{text[problem.start]:02x}). It may be in a code page of Windows, "
                "which LDIF does not support.",
                _ANEW,
            ) from None

    def _check_size(self, text: bytes, count: int, limits: Limits) -> None:
        if count > limits.values:
            raise self._error(0, f"The record has more than {limits.values:,} values.", _TOO_MUCH)
        if len(text) > limits.value_bytes:
            for index, line in enumerate(text.split(b"\n")):
                if len(line) > limits.value_bytes:
                    raise self._error(index, f"The line has more than {limits.value_bytes:,} bytes.", _TOO_MUCH)


class _Reader:
    """Makes records from lines. It remembers ``version:`` and names that it has read."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._names: dict[bytes, str] = {}
        self._at_start = True

    def read(self, lines: _Lines) -> Record | None:
        """Return the record of a block, None if there is none. Raises _FaultError."""
        tokens = lines.tokens
        start = 0
        if self._at_start and tokens:
            self._at_start = False
            start = _past_version(tokens[0])
        if start == len(tokens):
            return None
        line, dn = lines.place(start), _distinguished_name(start, tokens[start])
        start += 1
        if start == len(tokens) or tokens[start][0].lower() != b"changetype":
            return Record(line, dn, None, self._attributes(tokens, start), ())
        changetype = _changetype(start, tokens[start])
        start += 1
        if changetype == "modify":
            return Record(line, dn, changetype, {}, tuple(self._changes(tokens, start)))
        return Record(line, dn, changetype, self._attributes(tokens, start), ())

    def _attributes(self, tokens: list[_Token], start: int) -> dict[str, list[bytes]]:
        attributes: dict[str, list[bytes]] = {}
        names = self._names
        for index in range(start, len(tokens)):
            name, mark, value, dummy = tokens[index]
            lower = names.get(name) or self._name(index, name)
            content = _decoded(index, mark, value) if mark else value
            if lower in attributes:
                attributes[lower].append(content)
            else:
                attributes[lower] = [content]
        if len(attributes) > self._limits.attributes:
            raise _FaultError(0, f"The record has more than {self._limits.attributes:,} attributes.", _TOO_MUCH)
        return attributes

    def _changes(self, tokens: list[_Token], start: int) -> c.Iterator[Change]:
        while start < len(tokens):
            operation, attribute = self._operation(start, tokens[start])
            try:
                end = tokens.index(_DASH, start + 1)
            except ValueError:
                what = "The '-' that ends this change is missing: the file may have been cut off."
                raise _FaultError(start, what, "Use a complete file. If this one is complete, add the '-'.") from None
            values = self._values(tokens, start + 1, end, attribute)
            if operation == "add" and not values:
                raise _FaultError(start, f"No value is given to add to {attribute}.")
            yield Change(operation, attribute, values)
            start = end + 1

    def _operation(self, index: int, token: _Token) -> tuple[t.Literal["add", "delete", "replace"], str]:
        name, mark, value, dash = token
        operation = _OPERATIONS.get(name.lower())
        if operation is None or mark:
            said = _short(dash or name)
            raise _FaultError(
                index, f"{said} is found where 'add:', 'delete:' or 'replace:' and an attribute are expected."
            )
        self._name(index, value)
        return operation, value.decode()

    def _values(self, tokens: list[_Token], start: int, end: int, attribute: str) -> tuple[bytes, ...]:
        """Return the values of one change. Their lines may spell its attribute in another case."""
        found = []
        for index in range(start, end):
            name, mark, value, dummy = tokens[index]
            if self._name(index, name) != attribute.lower():
                raise _FaultError(index, f"A value of {_short(name)} is in a change of {attribute}.")
            found.append(_decoded(index, mark, value) if mark else value)
        return tuple(found)

    def _name(self, index: int, raw: bytes) -> str:
        lower = self._names.get(raw)
        if lower is None:
            lower = attribute_name(raw.decode("ascii", "replace"))
            if lower is None:
                raise _FaultError(index, _not_a_name(raw))
            if len(self._names) >= _NAMES_AT_MOST:
                self._names.clear()
            self._names[raw] = lower
        return lower


def _past_version(token: _Token) -> int:
    """Return the index of the token after ``version:``. Only the file's first line can be ``version:``."""
    name, mark, value, dummy = token
    if name.lower() != b"version":
        return 0
    if mark or value != b"1":
        raise _FaultError(0, f"The file is LDIF of version {_short(value)}, and only version 1 is known.", _ANEW)
    return 1


def _distinguished_name(index: int, token: _Token) -> str:
    name, mark, value, dash = token
    if name.lower() != b"dn":
        raise _FaultError(index, f"{_short(dash or name)} is found where the 'dn:' that begins a record is expected.")
    try:
        return (_decoded(index, mark, value) if mark else value).decode()
    except UnicodeDecodeError:
        raise _FaultError(index, "The distinguished name in base64 is not UTF-8.", _ANEW) from None


def _changetype(index: int, token: _Token) -> t.Literal["add", "modify"]:
    changetype = _CHANGETYPES.get(token[2].lower())
    if changetype is None or token[1]:
        raise _FaultError(
            index,
            f"The changetype {_short(token[2])} is not supported: only 'add' and 'modify' are.",
            "Remove records of other kinds from the file.",
        )
    return changetype


def _decoded(index: int, mark: bytes, value: bytes) -> bytes:
    """Return the decoded base64. Only the form of a strict writer is accepted, with nothing before or after it."""
    if mark == b"<":
        raise _FaultError(index, "The value is a URL. URLs are never opened.", "Write the value itself in its place.")
    try:
        content = binascii.a2b_base64(value)
    except binascii.Error:
        content = None
    if content is None or binascii.b2a_base64(content, newline=False) != value:
        raise _FaultError(index, "The text after '::' is not base64: it is damaged or was cut off.")
    return content


def _not_a_line(line: bytes) -> str:
    if line.startswith(b" "):
        return "The line begins with a blank, but there is no line before it to continue."
    if line.startswith(b":"):
        return "There is no name before the ':'."
    return f"There is no ':' after the name {_short(line)}."


def _not_a_name(raw: bytes) -> str:
    lower = raw.lower()
    if not raw:
        return "A '-' is found where an attribute is expected."
    if lower in (b"dn", b"changetype"):
        return f"{_short(raw)} is found within a record: an empty line may be missing before it."
    if lower == b"control":
        return "The record has a control. Controls are not supported."
    return f"{_short(raw)} is not the name of an attribute."


def _short(text: bytes) -> str:
    said = text[:_QUOTED_AT_MOST].decode(errors="replace")
    return repr(said if len(text) <= _QUOTED_AT_MOST else said + "...")
