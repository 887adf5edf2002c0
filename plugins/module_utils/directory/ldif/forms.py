# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of an LDIF file (RFC 2849), as far as group attributes need it: records that add or modify."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

# An attribute description of RFC 4512: name or number, then options.
_NAME = re.compile(r"(?:[A-Za-z][A-Za-z0-9-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*")
_NAME_AT_MOST = 255
# Names of lines with a special meaning.
_RESERVED = frozenset(("dn", "changetype", "control"))


@dataclasses.dataclass(frozen=True)
class Change:
    """One change of a modify record. attribute: as spelled. values: if empty, ``delete`` and ``replace`` mean all."""

    operation: t.Literal["add", "delete", "replace"]
    attribute: str
    values: tuple[bytes, ...]


@dataclasses.dataclass(frozen=True)
class Record:
    """One record of a file.

    line: of its ``dn:``, from 1. changetype: None if it has none. attributes: lower-case name -> values in the file's
    order; empty in a modify record, whose changes are in ``changes``.
    """

    line: int
    dn: str
    changetype: t.Literal["add", "modify"] | None
    attributes: dict[str, list[bytes]]
    changes: tuple[Change, ...]


@dataclasses.dataclass(frozen=True)
class Limits:
    """Limits of a file. More is an error. They limit the memory that reading needs.

    value_bytes: of one line after its folded lines were joined. record_bytes: of a record in the file.
    record_lines: of a record in the file. values: of a record, with ``dn:``, ``changetype:`` and comments.
    attributes: names in a record. The defaults are enough for everything that a directory server returns in one message
    (10 MB).
    """

    value_bytes: int = 4 * 1024 * 1024
    record_bytes: int = 16 * 1024 * 1024
    record_lines: int = 250_000
    values: int = 100_000
    attributes: int = 10_000


class LdifError(ValueError):
    """A file that is not valid LDIF, or is refused.

    line: its number, from 1. what, next_step: sentences.
    """

    def __init__(self, line: int, what: str, next_step: str) -> None:
        super().__init__(line, what, next_step)
        self.line = line
        self.what = what
        self.next_step = next_step

    def __str__(self) -> str:
        return str(Failure("ldif", f"Line {self.line}", self.what, self.next_step))


def attribute_name(name: str) -> str | None:
    """Return the name in lower case. None if no attribute of a record can have it."""
    lower = name.lower()
    good = len(name) <= _NAME_AT_MOST and _NAME.fullmatch(name) and lower not in _RESERVED
    return lower if good else None
