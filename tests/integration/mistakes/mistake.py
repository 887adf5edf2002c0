# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One mistake, and how the inventory is edited for it."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from integration.two_deployments import Edit

RESTORE = "restore -e groupid_set_id=THE_SET"
CONFIRMED = RESTORE + " -e groupid_deployments=hq -e groupid_restore_confirm=hq/THE_SET"


@dataclasses.dataclass(frozen=True)
class Mistake:
    """One command that must be refused.

    typed: the playbook and its options, as after ``ansible-playbook -i inventory.yml``. ``THE_SET`` is the set of both
      deployments.
    says: what the message must have: the name and the value as typed, why, what to do. ``THE_SET`` as in ``typed``.
    edit: of the inventory. environment: of the command. faults: how many things are wrong.
    """

    name: str
    typed: str
    says: tuple[str, ...]
    edit: Edit | None = None
    environment: c.Mapping[str, str] = dataclasses.field(default_factory=dict)
    faults: int = 1


def servers(**variables: t.Any) -> Edit:
    """Set variables of all servers; None takes one away."""
    return lambda document: _set(document["all"]["children"]["groupid"]["vars"], variables)


def deployment(name: str, **variables: t.Any) -> Edit:
    """Set variables of a deployment's servers."""
    return lambda document: _set(group_of(document, name)["vars"], variables)


def host(name: str, **variables: t.Any) -> Edit:
    """Set variables of one server."""

    def edit(document: dict[str, t.Any]) -> None:
        for group in document["all"]["children"]["groupid"]["children"].values():
            if name in group["hosts"]:
                _set(group["hosts"][name], variables)

    return edit


def sql_host(**variables: t.Any) -> Edit:
    """Set variables of the SQL Server's computer, which is in no play."""
    return lambda document: _set(document["all"]["children"]["sql"]["hosts"]["sql01"], variables)


def domain(**options: t.Any) -> Edit:
    """Set options of hq's domain."""
    return lambda document: _set(group_of(document, "hq")["vars"]["groupid_domains"][0], options)


def group_of(document: dict[str, t.Any], deployment: str) -> dict[str, t.Any]:
    """Return the group of a deployment's servers in an inventory."""
    return t.cast("dict[str, t.Any]", document["all"]["children"]["groupid"]["children"][f"deployment_{deployment}"])


def _set(place: dict[str, t.Any], variables: dict[str, t.Any]) -> None:
    for name, value in variables.items():
        place.pop(name, None)
        if value is not None:
            place[name] = value
