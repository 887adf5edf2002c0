# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same LDIF file as the collection reads it and as python-ldap does, in one form to compare."""

from __future__ import annotations

import collections
import collections.abc as c
import io

import ldif

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Record
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.writer import (
    dn_lines,
    modify_record,
    value_lines,
)

# A record's DN, and how often each line of name and value is in it; the name in lower case. Both without what
# python-ldap takes from their start: all that Unicode calls a blank, not blanks alone.
Plain = tuple[str, collections.Counter[tuple[str, str]]]


def by_us(data: bytes) -> list[Plain]:
    """Read a file. Raises LdifError."""
    return [(record.dn.lstrip(), _counted(_lines(record))) for record in records(io.BytesIO(data))]


def by_python_ldap(data: bytes) -> list[Plain] | None:
    """Read a file, None when it cannot. A URL and a '-' have the value None there, and are empty here."""
    try:
        parser = ldif.LDIFRecordList(io.BytesIO(data))
        parser.parse_entry_records()
    except (ValueError, EOFError, TypeError, AttributeError, IndexError):
        return None
    return [
        (dn.lstrip(), _counted((name, value) for name, values in entry.items() for value in values))
        for dn, entry in parser.all_records
    ]


def written_again(read: c.Iterable[Record]) -> bytes:
    """Write records as they were read, whatever form they had."""
    parts = []
    for record in read:
        if record.changetype == "modify":
            parts.append(modify_record(record.dn, record.changes))
            continue
        parts.append(dn_lines(record.dn))
        parts += [b"changetype: add\r\n"] if record.changetype else []
        parts += [value_lines(name, value) for name, values in record.attributes.items() for value in values]
        parts.append(b"\r\n")
    return b"".join(parts)


def _lines(record: Record) -> c.Iterator[tuple[str, bytes | None]]:
    """Return the lines of a record, as python-ldap's reader of entries takes them for attributes."""
    if record.changetype:
        yield "changetype", record.changetype.encode()
    for name, values in record.attributes.items():
        yield from ((name, value) for value in values)
    for change in record.changes:
        yield change.operation, change.attribute.encode()
        yield from ((change.attribute, value) for value in change.values)
        yield "-", None


def _counted(lines: c.Iterable[tuple[str, bytes | None]]) -> collections.Counter[tuple[str, str]]:
    return collections.Counter((name.lower(), _comparable(name.lower(), value)) for name, value in lines)


def _comparable(name: str, value: bytes | None) -> str:
    text = (value or b"").decode(errors="surrogateescape")
    return text.lower() if name == "changetype" else text.lstrip()
