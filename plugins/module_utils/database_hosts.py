# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of the host in ``groupid_sql_host``, which is usually in no play: no task reads and checks them there.

``Facts`` is as in `deployments`.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import given, settings, windows_path
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import LOCALHOST, Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.settings import CODE
from ansible_collections.identityops.groupid.plugins.module_utils.shared_parts import DATABASE
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import did_you_mean

_ROOT = "groupid_backup_root"


def root(facts: Facts, host: str) -> str:
    """Return the backup root of such a host, in the form that the agent uses. Empty if `faults` refuses it."""
    try:
        return windows_path.canonical(_value(facts, host))
    # Ansible resolves the template when it is read, and may raise any exception if only a run of that host can.
    except Exception:
        return ""


def unknown(facts: Facts, run: c.Iterable[str], kind: Kind) -> list[Failure]:
    """Return a failure for each host that variables name for the database and the inventory does not have.

    None prevents a resume: what was stopped must be started, whatever else is wrong.
    """
    asked = [] if kind == "resume" else [facts[host]["__groupid_asked"] for host in run]
    named = {("groupid_sql_host", one["sql_host"]) for one in asked if one["sql_backup_mode"] == "host"}
    named |= {("groupid_sql_delegate_to", one["sql_delegate_to"]) for one in asked}
    return [
        Failure(
            "no_such_host",
            f"{variable} names {host!r}",
            "the inventory has no such host",
            f"{did_you_mean(host, facts)}Correct it, or add the host to the inventory.",
        )
        for variable, host in sorted(named)
        if host and host not in facts and host not in LOCALHOST
    ]


def faults(facts: Facts, run: c.Collection[str], kind: Kind, in_playbook: bool) -> list[Failure]:
    """Return what is wrong with the variables of these hosts. Nothing if the run has nothing to do with the database.

    in_playbook: a playbook refuses unknown variables too.
    """
    found = []
    for host in _hosts(facts, run, kind):
        found += [*_unknown(facts, host), *_root_faults(facts, host)] if in_playbook else _root_faults(facts, host)
    return found


def _hosts(facts: Facts, run: c.Collection[str], kind: Kind) -> list[str]:
    """Name the hosts that have backups of the database and are not in the run, which checks its own."""
    asked = [facts[host]["__groupid_asked"] for host in run]
    named = {str(one["sql_host"]) for one in asked if one["sql_backup_mode"] == "host" and uses_database(one, kind)}
    return sorted(host for host in named if host in facts and host not in run)


def uses_database(asked: c.Mapping[str, t.Any], kind: Kind) -> bool:
    """Whether a run of a host with these variables has something to do with the database."""
    if kind == "resume":
        return False
    # A verification does not read groupid_sql_server.
    configured = bool(asked["sql_server"]) or kind == "verify"
    return configured and (asked["components"] is None or DATABASE in asked["components"])


def _unknown(facts: Facts, host: str) -> list[Failure]:
    """Return a failure for each variable of such a host that has our prefix and is not one of ours."""
    place = f" ({host}, which groupid_sql_host names, has it)"
    return [dataclasses.replace(one, what=f"{one.what}{place}") for one in settings.unknown(facts[host])]


def _root_faults(facts: Facts, host: str) -> list[Failure]:
    place = f"in the variables of {host} in the inventory"
    try:
        value = _value(facts, host)
        if not given.is_empty(value):
            windows_path.canonical(value)
            return []
    except windows_path.UnclearPathError as unclear:
        return [
            Failure(
                CODE,
                f"{_ROOT} of {host}, which groupid_sql_host names, must be a full path",
                f"it is {settings.shown(value)}, {unclear}",
                f"Correct it {place}, for example: {_ROOT}: {unclear.example}",
            )
        ]
    except Exception as problem:
        return [
            Failure(
                CODE,
                f"{_ROOT} of {host}, which groupid_sql_host names, cannot be read",
                settings.shown(" ".join(str(problem).split())).strip('"'),
                f"Correct its template {place}, or the variable that it uses.",
            )
        ]
    return [
        Failure(
            CODE,
            f"{_ROOT} of {host}, which groupid_sql_host names, is not set",
            "the backup of the database is made below the backup root of that computer",
            f"Set it {place}, for example: {_ROOT}: {windows_path.EXAMPLE}",
        )
    ]


def _value(facts: Facts, host: str) -> t.Any:
    value = facts[host].get(_ROOT)
    if isinstance(value, str) and "{{" in value:
        # As Ansible before 2.19 gives a template that it cannot resolve.
        raise ValueError(f"{value} is undefined")
    return value
