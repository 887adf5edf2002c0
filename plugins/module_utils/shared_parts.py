# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a set that do not belong to one server: the database, and the group attributes of each domain.

They are on the deployment's first server, except for a database whose part is on the SQL Server's computer.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

DATABASE = "database"
"""Name of the component and of its part."""

GROUP_ATTRIBUTES = "group_attributes"
"""Name of the component. Each domain has a part, named after the component and the domain."""

COMPONENTS = (DATABASE, GROUP_ATTRIBUTES)

_PREFIX = f"{GROUP_ATTRIBUTES}."


def part_of_domain(domain: str) -> str:
    """Name the part of a domain's group attributes: ``group_attributes.corp.example``."""
    return f"{_PREFIX}{domain.lower()}"


def is_shared(part: str) -> bool:
    """Return whether a part does not belong to one server. The name of a server has no dot."""
    return part == DATABASE or part.startswith(_PREFIX)


def domains_in_set(probe: c.Mapping[str, t.Any], set_id: str) -> list[str]:
    """Name the domains whose group attributes a host has in a set, in order.

    probe: the answer of ``groupid_info``. None for a set that its root does not have.
    """
    sets = (probe.get("backup_root") or {}).get("sets") or []
    parts: set[str] = set()
    for one in sets:
        if one["set_id"] == set_id:
            parts |= {str(part["server"]) for part in one["parts"]}
            # The first server of the set has them. The seal also names parts whose folder was removed.
            if one.get("decider") and one["decider"] == (probe.get("computer") or {}).get("server"):
                parts |= set(one.get("members") or ())
    return sorted(part.removeprefix(_PREFIX) for part in parts if part.startswith(_PREFIX))


def server_components(components: c.Iterable[str]) -> list[str]:
    """Return those of the named components that each server has itself."""
    return [name for name in components if name not in COMPONENTS]
