# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distinguished names: where the first name ends, and when two texts name one object (RFC 4514)."""

from __future__ import annotations

import re

_NAME = re.compile(r"(?:[^,\\]+|\\.)*", re.DOTALL)
_ESCAPES = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_BLANKS_BEHIND = re.compile(r"(?<!\\) +\Z")


def split(dn: str) -> tuple[str, str]:
    """Return the object's own name (``CN=Sales``) and the DN of its container (``OU=Groups,DC=corp,DC=example``)."""
    end = _end(dn, 0)
    return dn[:end], dn[end + 1 :]


def normal(dn: str) -> tuple[str, ...]:
    """Return a form that is equal for all spellings of a name, regardless of case, escapes and spaces around a name.

    Raises ValueError for a text that is not a distinguished name.
    """
    names = []
    begin = 0
    while begin <= len(dn):
        end = _end(dn, begin)
        kind, equals, value = dn[begin:end].partition("=")
        begin = end + 1
        if not equals or not kind.strip():
            raise ValueError(f"{dn!r} is not a distinguished name such as CN=Sales,OU=Groups,DC=corp,DC=example.")
        value = _BLANKS_BEHIND.sub("", value.lstrip(" "))
        names.append(f"{kind.strip()}={_ESCAPES.sub(_unescaped, value)}".casefold())
    return tuple(names)


def _end(dn: str, begin: int) -> int:
    """Find where the name that begins there ends: at a comma that is not escaped, or with the text."""
    found = _NAME.match(dn, begin)
    return found.end() if found else begin


def _unescaped(found: re.Match[str]) -> str:
    if found[1]:
        return bytes.fromhex(found[1].replace("\\", "")).decode(errors="replace")
    return found[2]
