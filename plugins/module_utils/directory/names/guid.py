# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GUIDs: 16 bytes in a directory, and the text that Microsoft's tools show for them.

The text has the first three groups in the order of a little-endian machine (MS-DTYP 2.3.4).
"""

from __future__ import annotations

import collections.abc as c
import re

_TEXT = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def guid_text(guid: bytes) -> str:
    """Return the text of a GUID's 16 bytes, in lower case."""
    # uuid.UUID does the same at four times the cost, once for every group of a domain.
    digits = guid.hex()
    return (
        f"{digits[6:8]}{digits[4:6]}{digits[2:4]}{digits[:2]}-{digits[10:12]}{digits[8:10]}-"
        f"{digits[14:16]}{digits[12:14]}-{digits[16:20]}-{digits[20:]}"
    )


def guid_bytes(text: str) -> bytes:
    """Return the 16 bytes of a GUID's text, without braces and in any case. Raises ValueError for another text."""
    if not _TEXT.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is not a GUID such as 6b29fc40-ca47-1067-b31d-00dd010662da.")
    shown = bytes.fromhex(text.replace("-", ""))
    return shown[3::-1] + shown[5:3:-1] + shown[7:5:-1] + shown[8:]


def guid_filter(guids: c.Iterable[bytes]) -> str:
    """Return the LDAP filter that finds the objects with one of these objectGUIDs."""
    return f"(|{''.join(f'(objectGUID={_escaped(guid)})' for guid in guids)})"


def _escaped(value: bytes) -> str:
    """Escape every byte, as in RFC 4515."""
    return "".join(f"\\{byte:02x}" for byte in value)
