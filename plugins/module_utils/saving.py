# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``groupid_backup_server`` is asked for on a host. ``Facts`` is a `run_state.RunState`.

Every value has the type of its option. Nothing that is asked for is an empty dictionary or list.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    listing,
    quiescing,
)

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Options = dict[str, t.Any]


class Export(t.TypedDict):
    """An export that the preflight has tried. The export itself uses the same engine and asks the same server."""

    domain: str
    engine: str
    directory_server: str


class Saving(t.TypedDict):
    """The options of the task.

    run: names the meeting of the servers. Empty: they do not wait for each other. longest: limit of their waits, in
    seconds.
    """

    set_id: str
    members: list[str]
    run: str
    longest: int
    quiesce: Options
    folders: Options
    database: Options
    database_host: Options
    domains: list[Options]


LONGEST = 7200
"""Seconds for which servers wait for each other, if groupid_quiesce_max is 0."""


def saves_folders(facts: Facts, host: str) -> bool:
    """Whether the host saves folders: it can continue, and no earlier run has completed its part of the set."""
    return deployments.ready(facts, host) and listing.taken_part(facts, host) is None


def saves_database(facts: Facts, host: str) -> bool:
    """Whether the database must be backed up now. It need not if another run has made that part of the set."""
    known = facts[host].get("__groupid_database")
    return deployments.ready(facts, host) and known is not None and not known["part"].get("complete")


def exports(facts: Facts, host: str) -> list[Export]:
    """Return the exports of group attributes that this host makes."""
    if not deployments.ready(facts, host):
        return []
    found = {name: known.get("found") or {} for name, known in (facts[host].get("__groupid_attributes") or {}).items()}
    return [
        {"domain": name, "engine": one["engine"], "directory_server": one["directory_server"]}
        for name, one in found.items()
    ]


def saves(facts: Facts, host: str) -> bool:
    """Whether the host saves anything, or takes part in a meeting."""
    if not deployments.ready(facts, host):
        return False
    own = saves_folders(facts, host) or saves_database(facts, host) or bool(exports(facts, host))
    return own or quiescing.stops(facts, host)


def saving(facts: Facts, host: str) -> Saving:
    """Return what the task is asked for."""
    stops, asked = quiescing.stops(facts, host), facts[host]["__groupid_asked"]
    return {
        "set_id": decisions.set_at_hand(facts, host),
        "members": [one for one in deployments.fellows(facts, host) if saves(facts, one)],
        "run": quiescing.run_of(facts, host) if stops else "",
        "longest": int(asked["quiesce_max"]) or LONGEST,
        "quiesce": {**quiesce(facts, host), "require_record": True}
        if stops and quiescing.is_recorded(facts, host)
        else {},
        "folders": folders(facts, host) if saves_folders(facts, host) else {},
        "database": database(facts, host) if saves_database(facts, host) else {},
        "database_host": database_host(facts, host),
        "domains": [domain(facts, host, one) for one in exports(facts, host)],
    }


def quiesce(facts: Facts, host: str) -> Options:
    """Return the options of ``groupid_services`` that record and stop."""
    asked = facts[host]["__groupid_asked"]
    return {
        "epoch": decisions.set_at_hand(facts, host),
        "run": quiescing.run_of(facts, host),
        "only": quiescing.mode(facts, host),
        "quiesce_max": asked["quiesce_max"],
        "version": asked["version"],
        "component_paths": asked["component_paths"],
    }


def release(facts: Facts, host: str) -> Options:
    """Return the options of ``groupid_services`` that start again what this run may have left stopped."""
    return {
        "epoch": decisions.set_at_hand(facts, host),
        "run": quiescing.run_of(facts, host),
        # If nothing was stopped, a record that is gone hides nothing.
        "require_record": quiescing.may_be_stopped(facts, host),
    }


def folders(facts: Facts, host: str) -> Options:
    """Return the options of ``groupid_backup_folder``, as roles/backup/tasks/folders.yml has them for a dry run."""
    asked = facts[host]["__groupid_asked"]
    return _given(
        **_set(facts, host),
        epoch=decisions.set_at_hand(facts, host),
        version=asked["version"],
        components=decisions.backup_components(facts, host),
        component_paths=asked["component_paths"],
        folders=asked["folders"],
        include=asked["include"],
        exclude=asked["exclude"],
        exclude_defaults=asked["exclude_defaults"],
        allow_partial=asked["allow_partial"],
        link_unchanged=asked["link_unchanged"],
        threads=asked["threads"],
        retries=asked["retries"],
        retry_wait=asked["retry_wait"],
        narrowed=decisions.narrowed(facts, host),
        scope=decisions.scope(facts, host),
    )


def database(facts: Facts, host: str) -> Options:
    """Return the options of ``groupid_sql_backup``."""
    asked, set_id = facts[host]["__groupid_asked"], decisions.set_at_hand(facts, host)
    external = asked["sql_backup_mode"] == "external"
    place = facts[host].get("__groupid_sql_place") or {}
    # Who else is in the database matters while all of GroupID is stopped.
    looks = quiescing.mode(facts, host) == quiescing.ALL and quiescing.stops(facts, host)
    return _given(
        database=asked["sql_database"],
        deployment=asked["deployment"],
        set_id=set_id,
        # All sets share the folder of an external backup, so each needs a different file name.
        file_name=" ".join([asked["sql_database"], asked["deployment"], set_id]) if external else None,
        path=asked["sql_backup_dir"] if external else place.get("folder"),
        version=decisions.version_of_database(facts, host),
        allow_unknown_database=asked["sql_allow_unknown_database"] or None,
        compression=asked["sql_compression"],
        encryption_certificate=asked["sql_certificate"] or None,
        test_restore=asked["sql_test_restore"],
        sessions=looks or None,
    )


def database_host(facts: Facts, host: str) -> Options:
    """Return where that module runs: a host, the plugin that connects to it, and its Python, if it is not usual."""
    name = str(facts[host]["__groupid_asked"]["sql_delegate_to"])
    if name in deployments.LOCALHOST:
        return {"host": name, "connection": "ansible.builtin.local"}
    return {
        "host": name,
        "connection": str(_variable(facts, name, "ansible_connection") or "ansible.builtin.ssh"),
        "interpreter": str(_variable(facts, name, "ansible_python_interpreter") or "auto"),
    }


def _variable(facts: Facts, host: str, name: str) -> t.Any:
    return facts[host].get(name) if host in facts else None


def domain(facts: Facts, host: str, one: Export) -> Options:
    """Return the options of ``groupid_ldif_export``."""
    asked = facts[host]["__groupid_asked"]
    return _given(
        **_set(facts, host),
        **one,
        attributes=asked["ldif_attributes"] or None,
        allow_empty=one["domain"] in asked["ldif_allow_empty"],
        narrowed=decisions.narrowed(facts, host),
        scope=decisions.scope(facts, host),
    )


def adopts_database(facts: Facts, host: str) -> bool:
    """Whether the backup of the database becomes a part of the set, also if something else of the deployment failed."""
    made = facts[host].get("__groupid_sql_backup") or {}
    return bool(made) and not made.get("failed") and not made.get("unreachable")


def _set(facts: Facts, host: str) -> Options:
    asked = facts[host]["__groupid_asked"]
    return {
        "backup_root": asked["backup_root"],
        "deployment": asked["deployment"],
        "set_id": decisions.set_at_hand(facts, host),
        "allow_open_roots": asked["allow_open_roots"],
    }


def _given(**options: t.Any) -> Options:
    """Leave out options that have no value, and take the default of their module."""
    return {name: value for name, value in options.items() if value is not None}
