# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of databases and domains."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import columns, deployments
from ansible_collections.identityops.groupid.plugins.module_utils.columns import table
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary.cells import (
    Row,
    answer_of,
    asked_of,
    checked,
    has_failed,
    scaled,
    successful,
    would,
)

NOT_CONFIGURED = "not configured"

_WORK: t.Mapping[Kind, tuple[str, ...]] = {
    "preflight": (),
    "backup": ("part", "verified"),
    "verify": ("verified",),
    "restore": ("restore",),
}
"""The names of the answers that say what a run did with a database or a domain."""


def lines(facts: Facts, hosts: c.Iterable[str], kind: Kind, check: bool) -> list[str]:
    """Return the table of databases and domains, from the hosts that work on them.

    Of a host that failed, it has only what was done.
    """
    rows = [
        row for host in hosts for row in [*_database(facts, host, kind, check), *_domains(facts, host, kind, check)]
    ]
    headings = ["deployment", "part", "where", "state", "MB", "groups", "written", "seconds"]
    notes = columns.paragraphs(f"{row[0]}, {row[1]}: {row[-1]}" for row in rows if row[-1])
    return [*table(headings, [row[:-1] for row in rows], keys=2), *notes] if rows else []


def is_done(facts: Facts, host: str, kind: Kind) -> bool:
    """Return whether the host's work on its database or on one of its domains succeeded."""
    known = [_database_of(facts, host, kind), *(facts[host].get("__groupid_attributes") or {}).values()]
    return any(_succeeded(one, kind) for one in known if one is not None)


def _succeeded(known: c.Mapping[str, t.Any], kind: Kind) -> bool:
    return any(successful(known.get(name) or {}) for name in _WORK[kind])


def _is_reported(facts: Facts, host: str, known: c.Mapping[str, t.Any], kind: Kind) -> bool:
    return not has_failed(facts, host) or _succeeded(known, kind)


def _is_unconfigured(facts: Facts, host: str, kind: Kind, name: str) -> bool:
    """Return whether the host would work on something for its deployment that this variable does not name."""
    if kind not in ("preflight", "backup") or has_failed(facts, host) or asked_of(facts, host, name):
        return False
    review = facts[host].get("__groupid_review") or {}
    return bool((review.get(deployments.name_of(facts, host)) or {}).get("first") == host)


def _database_of(facts: Facts, host: str, kind: Kind) -> c.Mapping[str, t.Any] | None:
    """Return what is known of the host's database, with the answers about it. None if the host has none."""
    known: c.Mapping[str, t.Any] | None = facts[host].get(
        "__groupid_sql_source" if kind == "restore" else "__groupid_database"
    )
    if known is None or kind != "restore":
        return known
    return {**known, "restore": answer_of(facts, host, "__groupid_sql_restored")}


def _database(facts: Facts, host: str, kind: Kind, check: bool) -> list[Row]:
    deployment, known = deployments.name_of(facts, host), _database_of(facts, host, kind)
    if known is None:
        unconfigured = _is_unconfigured(facts, host, kind, "sql_server")
        return [[deployment, "database", None, NOT_CONFIGURED, *[None] * 5]] if unconfigured else []
    if not _is_reported(facts, host, known, kind):
        return []
    state, size, seconds, note = DATABASE_CELLS[kind](facts, host, known, check)
    name = f"database {known.get('database')}"
    return [[deployment, name, known.get("server"), state, scaled(size, 1e6), None, None, seconds, note]]


_Database: t.TypeAlias = "tuple[str | None, int | None, float | None, str]"


def _found_database(facts: Facts, host: str, _known: c.Mapping[str, t.Any], _check: bool) -> _Database:
    found = answer_of(facts, host, "__groupid_sql")
    notes = (found.get("can_backup") or {}).get("reasons") or []
    return "ready", (found.get("database") or {}).get("bytes"), found.get("seconds"), " ".join(notes)


def _saved_database(_facts: Facts, _host: str, known: c.Mapping[str, t.Any], check: bool) -> _Database:
    part, made, verified = (known.get(name) or {} for name in ("part", "backup", "verified"))
    external = part.get("external") or verified.get("external")
    notes = ["made by another run"] if made.get("shared") else []
    notes += ["not hashed, not pruned"] if external else []
    state = "recorded" if external else checked(verified) or part.get("state") or "not done"
    size = made.get("bytes") if external else part.get("bytes", verified.get("bytes"))
    return would(state, check), size, made.get("seconds", verified.get("seconds")), ", ".join(notes)


def _restored_database(_facts: Facts, _host: str, known: c.Mapping[str, t.Any], check: bool) -> _Database:
    done = known["restore"]
    safety = done.get("safety") or {}
    note = f"safety backup: {safety['name']}" if safety.get("name") and not check else ""
    state = ("would restore" if check else done.get("outcome")) if done else "not done"
    return state, None, done.get("seconds"), note


DATABASE_CELLS: t.Mapping[Kind, c.Callable[[Facts, str, c.Mapping[str, t.Any], bool], _Database]] = {
    "preflight": _found_database,
    "backup": _saved_database,
    "verify": _saved_database,
    "restore": _restored_database,
}


def _domains(facts: Facts, host: str, kind: Kind, check: bool) -> list[Row]:
    """Return a row for the group attributes of each domain."""
    deployment, domains = deployments.name_of(facts, host), facts[host].get("__groupid_attributes") or {}
    if not domains and _is_unconfigured(facts, host, kind, "domains"):
        return [[deployment, "group attributes", None, NOT_CONFIGURED, *[None] * 5]]
    return [
        [deployment, domain, *DOMAIN_CELLS[kind](known, check)]
        for domain, known in sorted(domains.items())
        if _is_reported(facts, host, known, kind)
    ]


def _saved_domain(known: c.Mapping[str, t.Any], check: bool) -> Row:
    found, part, verified = (known.get(name) or {} for name in ("found", "part", "verified"))
    export = part or found or verified.get("details") or {}
    missing = export.get("missing_attributes") or []
    state = checked(verified) or part.get("state") or ("ready" if found else "not done")
    return [
        export.get("directory_server"),
        would(state, check) if part else state,
        None,
        export.get("groups"),
        None,
        part.get("seconds", verified.get("seconds")),
        f"not in the schema: {', '.join(missing)}" if missing else "",
    ]


def _restored_domain(known: c.Mapping[str, t.Any], check: bool) -> Row:
    done = known.get("restore") or {}
    counts, safety = done.get("counts") or {}, done.get("safety") or {}
    undo = f"undo: {safety['set_id']}" if safety.get("set_id") and not check else ""
    odd = [
        f"{counts[name]} {name.replace('_', ' ')}"
        for name in ("conflicts", "refused", "gone", "new", "set_since")
        if counts.get(name)
    ]
    return [
        done.get("directory_server"),
        ("would restore" if check else "restored") if counts else "not done",
        None,
        counts.get("differing"),
        counts.get("written"),
        done.get("seconds"),
        ", ".join([*odd, *([undo] if undo else [])]),
    ]


DOMAIN_CELLS: t.Mapping[Kind, c.Callable[[c.Mapping[str, t.Any], bool], Row]] = {
    "preflight": _saved_domain,
    "backup": _saved_domain,
    "verify": _saved_domain,
    "restore": _restored_domain,
}
