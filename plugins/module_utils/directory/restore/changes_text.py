# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore changes, as text for people: the two sides that Ansible's diff mode shows."""

from __future__ import annotations

import base64
import collections.abc as c
import hashlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.changes import Step

GROUPS: t.Final = 100
"""Groups that are shown, at most."""

_WIDTH = 200


def steps_diff(steps: c.Sequence[Step], domain: str, groups: int = GROUPS) -> dict[str, str]:
    """Return before, after, before_header and after_header: the current values of the directory, and the new ones.

    groups: how many are shown. Of the others, only the number is shown.
    """
    sides: dict[str, list[str]] = {"before": [], "after": []}
    for step in steps[:groups]:
        for side, lines in sides.items():
            lines.append(f"{shown_name(step.dn)}\n")
            for attribute in step.attributes:
                values = attribute.before if side == "before" else attribute.after
                lines += [f"  {attribute.name}: {shown_value(value)}\n" for value in values]
    if len(steps) > groups:
        for lines in sides.values():
            lines.append(f"... and {len(steps) - groups} more groups\n")
    return {
        "before": "".join(sides["before"]),
        "after": "".join(sides["after"]),
        "before_header": f"{domain}, group attributes now",
        "after_header": f"{domain}, group attributes of the set",
    }


def shown_value(value: bytes) -> str:
    """Show a value on one line: text unchanged, others in base64; of a long value, the beginning and a digest."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = ""
    shown = text if text.isprintable() and (text or not value) else f"base64 {base64.b64encode(value).decode()}"
    if len(shown) <= _WIDTH:
        return shown
    return f"{shown[:_WIDTH]}... ({len(value)} bytes, SHA-256 {hashlib.sha256(value).hexdigest()[:16]}...)"


def shown_name(dn: str) -> str:
    """Show a DN on one line: what cannot be printed is escaped."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in dn)
