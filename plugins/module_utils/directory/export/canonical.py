# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical form of a group's record: two exports of an unchanged domain are equal byte for byte.

``dn``, ``changetype: add``, then the attributes in order of their names in lower case, spelled as the export asked for
them, the values of one attribute in order of their bytes, and an empty line. Lines are folded at 76 bytes and end in
CRLF; there is no ``version:`` line. The records of a file are in order of the 16 bytes of objectGUID. The file does not
contain objectGUID itself. RFC 2849 says what needs base64.
"""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.writer import dn_lines, value_lines

ATTRIBUTES: t.Final = (
    "extensionData",
    "extensionAttribute15",
    "extensionAttribute14",
    "extensionAttribute13",
    "extensionAttribute12",
)
"""The vendor's list: where GroupID keeps its own data of a group."""

GUID: t.Final = "objectGUID"

ADD: t.Final = b"changetype: add\r\n"
END: t.Final = b"\r\n"
"""The empty line that ends a record."""

RECORD_LIMIT: t.Final = 16 * 1024 * 1024
"""Maximum bytes of one record. The reader accepts no more. An object in Active Directory is always smaller."""

_CHUNK = 1024 * 1024
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,255}")

Values: t.TypeAlias = c.Mapping[str, c.Sequence[bytes]]
"""Values of a group by attribute name in lower case. An attribute without values is not in it."""


def ordered(attributes: c.Sequence[str]) -> tuple[str, ...]:
    """Return the attributes of an export in the order of its records.

    Raises ValueError for an invalid name, a name that occurs twice, objectGUID, and an empty list.
    """
    folded = sorted((name.lower(), name) for name in attributes)
    if not folded:
        raise ValueError("No attribute is named.")
    for name in attributes:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an attribute: letters, digits and hyphens.")
    for (lower, name), (following, dummy) in zip(folded, [*folded[1:], ("", "")], strict=True):
        if lower == following:
            raise ValueError(f"The attribute {name} is named twice.")
        if lower == GUID.lower():
            raise ValueError(f"{GUID} identifies a group. It is always read, and cannot be one of the attributes.")
    return tuple(name for dummy, name in folded)


def head(dn: str) -> bytes:
    """Return the beginning of a record: the lines before the attributes."""
    return dn_lines(dn) + ADD


def body(attributes: c.Sequence[str], values: Values) -> bytes:
    """Return the lines of a group's attributes, and the empty line. Empty if the group has none of them.

    attributes: as ``ordered`` returns them.
    """
    lines = [value_lines(name, value) for name in attributes for value in sorted(values.get(name.lower(), ()))]
    return b"".join([*lines, END]) if lines else b""


def raw_records(source: t.BinaryIO, limit: int = RECORD_LIMIT) -> c.Iterator[bytes]:
    """Cut a file in canonical form into its records, each with its empty line. They are not parsed.

    Raises ValueError for a record that is longer than the limit, and for a file that ends in the middle of a record.
    """
    rest = b""
    while chunk := source.read(_CHUNK):
        # A block may end between the two line ends, and a long record must not be searched again from its beginning.
        begin = max(0, len(rest) - 3)
        rest += chunk
        end = rest.find(b"\r\n\r\n", begin)
        if end < 0:
            if len(rest) > limit:
                raise ValueError(f"it has a record of more than {limit} bytes")
            continue
        last = rest.rindex(b"\r\n\r\n") + 4
        records = rest[:last].split(b"\r\n\r\n")
        records.pop()
        for record in records:
            yield record + b"\r\n\r\n"
        rest = rest[last:]
    if rest:
        raise ValueError("it ends within a record")
