# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes LDIF records in a form that every reader according to RFC 2849 understands in the same way."""

from __future__ import annotations

import binascii
import collections.abc as c
import functools
import re

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change, attribute_name

WIDTH = 76
"""Bytes of a line, its end not counted; longer ones are folded. A convention: the RFC allows any width."""

# Values that need no base64 according to the RFC. They have no space at the end.
_SAFE = re.compile(rb"(?![ :<])[\x01-\x09\x0b\x0c\x0e-\x7f]+(?<! )\Z")


def value_lines(name: str, value: bytes) -> bytes:
    """Return one value of an attribute: in base64 if necessary, folded, with CRLF at the end of each line.

    Raises ValueError for an invalid name of an attribute.
    """
    return _lines(_encoded(name), value)


def dn_lines(dn: str) -> bytes:
    """Return the line that begins a record, folded, with CRLF at each line's end."""
    return _lines(b"dn", dn.encode())


def modify_record(dn: str, changes: c.Sequence[Change]) -> bytes:
    """Return a record that modifies an entry, with the empty line that ends it.

    Raises ValueError for an ``add`` without values and for an invalid name of an attribute.
    """
    parts = [dn_lines(dn), b"changetype: modify\r\n"]
    for change in changes:
        if change.operation == "add" and not change.values:
            raise ValueError(f"No value is given to add to {change.attribute}.")
        name = _encoded(change.attribute)
        parts.append(_lines(change.operation.encode(), name))
        parts += [_lines(name, value) for value in change.values]
        parts.append(b"-\r\n")
    return b"".join([*parts, b"\r\n"])


@functools.lru_cache(maxsize=4096)
def _encoded(name: str) -> bytes:
    if attribute_name(name) is None:
        raise ValueError(f"{name[:40]!r} is not the name of an attribute.")
    return name.encode()


def _lines(name: bytes, value: bytes) -> bytes:
    if _SAFE.match(value):
        line = b"%b: %b" % (name, value)
    elif value:
        line = b"%b:: %b" % (name, binascii.b2a_base64(value, newline=False))
    else:
        line = name + b":"
    if len(line) <= WIDTH:
        return line + b"\r\n"
    # A continued line begins with a blank, which counts.
    folds = [line[start : start + WIDTH - 1] for start in range(WIDTH, len(line), WIDTH - 1)]
    return b"\r\n ".join([line[:WIDTH], *folds]) + b"\r\n"
