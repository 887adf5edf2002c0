# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose part a server restores."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.deployments import short_name


class AmbiguousMapError(ValueError):
    """Two parts are mapped to one server."""


class Source(t.TypedDict):
    """The server whose part is restored, and whether the map names this restore.

    Naming it says that the part was made on another machine, or on this one before it was installed anew.
    """

    server: str
    mapped: bool


def source_of(server: str, mapping: c.Mapping[str, str]) -> Source:
    """Choose the part that a server restores: its own, unless the map sends another one to it.

    mapping: server of the part → server that restores it; names or fully qualified names, in any case.

    Raises AmbiguousMapError.
    """
    parts = [short_name(part) for part, target in mapping.items() if short_name(target) == short_name(server)]
    if len(parts) > 1:
        raise AmbiguousMapError(
            f"groupid_restore_map sends the parts of {' and '.join(sorted(parts))} to {server}. "
            "A server restores one part: leave one of them."
        )
    return {"server": parts[0] if parts else server, "mapped": bool(parts)}
