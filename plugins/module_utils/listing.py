# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sets that a host of a run lists in its backup root. Nothing on the disk makes these functions raise.

``Facts`` is as in `deployments`.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

SEALABLE = ("complete", "waived")
"""States of a part that a seal accepts, and that may be restored."""


def sets_of(facts: Facts, host: str) -> list[c.Mapping[str, t.Any]] | None:
    """Return the sets that a host lists, newest first; None if they could not be listed.

    Each has ``set_id`` and ``parts``, and each part has ``server``. Other entries are ignored.
    """
    probe = facts[host].get("__groupid_probe") or {}
    root = probe.get("backup_root") or {}
    if root.get("error") or not isinstance(root.get("sets"), list):
        return None
    return [_readable(one) for one in root["sets"] if isinstance(one, c.Mapping) and isinstance(one.get("set_id"), str)]


def _readable(one: c.Mapping[str, t.Any]) -> c.Mapping[str, t.Any]:
    parts = one["parts"] if isinstance(one.get("parts"), list) else []
    named = [part for part in parts if isinstance(part, c.Mapping) and isinstance(part.get("server"), str)]
    return {"sealed": False, **one, "parts": named}


def find(facts: Facts, host: str, set_id: str) -> c.Mapping[str, t.Any] | None:
    """Return one set as a host lists it. None if the host does not list it."""
    return next((one for one in sets_of(facts, host) or [] if one["set_id"] == set_id), None)


def part_of(listed: c.Mapping[str, t.Any] | None, name: str) -> c.Mapping[str, t.Any] | None:
    """Return the part with a name in a listed set. None if there is none."""
    return next((part for part in (listed or {}).get("parts") or [] if part["server"] == name), None)


def server_of(facts: Facts, host: str) -> str:
    """Name a host's computer, in lower case. Empty if it did not answer."""
    probe = facts[host].get("__groupid_probe") or {}
    return str((probe.get("computer") or {}).get("server") or "")


def known_sets(facts: Facts, hosts: c.Iterable[str]) -> str:
    """Name the sets that hosts list, newest first, for a message; ``none`` when there are none."""
    found = {str(one["set_id"]) for host in hosts for one in sets_of(facts, host) or []}
    newest = sorted(found, reverse=True)
    return ", ".join(newest[:5]) + (f" and {len(newest) - 5} older ones" if len(newest) > 5 else "") or "none"


def taken_part(facts: Facts, host: str, name: str | None = None) -> dict[str, t.Any] | None:
    """Return the part that an earlier run with the same set id completed, in the form of the answer of its module.

    name: name of the part. None means the host's own server.
    Returns None if the run makes a new set, or if the part is not complete or waived.
    """
    set_id = facts[host]["__groupid_asked"]["set_id"]
    listed = find(facts, host, set_id) if set_id else None
    part = part_of(listed, name or server_of(facts, host))
    if listed is None or part is None or part.get("state") not in SEALABLE:
        return None
    return {**part, "finished_at": part["finished"], "set_path": listed["path"], "taken": True}
