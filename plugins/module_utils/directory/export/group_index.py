# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The companion of an export: every group of the pass, also those without any of the attributes.

One JSON object per line, in UTF-8 with LF, in order of the 16 bytes of objectGUID, like the records: ``{"guid":
"<Microsoft's text form, lower case>", "dn": "...", "exported": true|false}``. With it, a restore can distinguish a
group that had nothing at backup time from a newer one, and finds groups that were moved or renamed.
"""

from __future__ import annotations

import collections.abc as c
import json
import json.encoder
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_bytes, guid_text

LINE_LIMIT: t.Final = 64 * 1024
"""Maximum bytes of one line. The DN of an object in Active Directory is much shorter."""

_KEYS: t.Final = {"guid", "dn", "exported"}

Group: t.TypeAlias = tuple[bytes, str, bool]
"""objectGUID's 16 bytes, DN, whether the group has a record in the file beside the companion."""

# Quotes one text as json.dumps does, without the cost of a whole call: there is one for every group of a domain.
_quoted = json.encoder.encode_basestring


def line(guid: bytes, dn: str, exported: bool) -> bytes:
    """Write one group. guid: 16 bytes."""
    flag = "true" if exported else "false"
    return f'{{"guid": "{guid_text(guid)}", "dn": {_quoted(dn)}, "exported": {flag}}}\n'.encode()


def groups(source: t.BinaryIO) -> c.Iterator[Group]:
    """Read a companion. The file may have any content.

    Raises ValueError that names the line: not such an object, an unknown or a missing key, an invalid GUID, wrong
    order.
    """
    before = b""
    number = 0
    while text := source.readline(LINE_LIMIT):
        number += 1
        try:
            group = _group(text)
        except ValueError as problem:
            raise ValueError(f"line {number}: {problem}") from None
        if group[0] <= before:
            raise ValueError(f"line {number}: its group is not in order of objectGUID")
        before = group[0]
        yield group


def _group(text: bytes) -> Group:
    """Read one line. Raises ValueError."""
    if not text.endswith(b"\n"):
        raise ValueError(f"it has no end, or more than {LINE_LIMIT} bytes")
    try:
        fields = json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON in UTF-8") from None
    if not isinstance(fields, dict) or fields.keys() != _KEYS:
        raise ValueError("it is not an object with guid, dn and exported, and nothing else")
    shown, dn, exported = fields["guid"], fields["dn"], fields["exported"]
    if not isinstance(shown, str) or not isinstance(dn, str) or not isinstance(exported, bool):
        raise ValueError("a value has the wrong type")
    try:
        dn.encode()
    except UnicodeEncodeError:
        raise ValueError("its DN is not text") from None
    if shown.lower() != shown:
        raise ValueError("its GUID is not in lower case")
    return guid_bytes(shown), dn, exported
