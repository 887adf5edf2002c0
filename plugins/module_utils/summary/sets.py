# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The set of each deployment that a run found, made or read, with its folders and what a backup needs."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    columns,
    deployments,
    failures,
    listing,
    quiescing,
    seals,
    shared_parts,
    signature,
)
from ansible_collections.identityops.groupid.plugins.module_utils.columns import table
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary import shared
from ansible_collections.identityops.groupid.plugins.module_utils.summary.cells import (
    Row,
    answer_of,
    asked_of,
    has_failed,
    prediction_of,
    yes,
)


def lines(facts: Facts, plan: deployments.Plan, kind: Kind, check: bool) -> list[str]:
    """Return the set of each deployment and its folders. Long paths have their own lines."""
    rows: list[Row] = []
    below: list[str] = []
    for name, group in plan["deployments"].items():
        if not any(not has_failed(facts, host) or shared.is_done(facts, host, kind) for host in group["hosts"]):
            continue
        row, places = SET_CELLS[kind](facts, name, group["hosts"], check)
        rows += [[name, *row]] if row else []
        below += places
    headings = ["deployment", *SET_HEADINGS[kind]]
    return [*(table(headings, rows) if rows else []), *below]


_Set = tuple[Row, list[str]]


def _sets_found(facts: Facts, name: str, hosts: c.Sequence[str], _check: bool) -> _Set:
    found = [one for host in hosts for one in listing.sets_of(facts, host) or []]
    listed = {one["set_id"] for one in found if one["sealed"] and signature.accepted(one.get("signature"))}
    roots = dict.fromkeys(str(asked_of(facts, host, "backup_root")) for host in hosts)
    row: Row = [len(hosts), len(listed), max(listed, default=None)]
    return row, [*_predicted(facts, name, hosts[0]), *(f"{name}: backup root {root}" for root in roots)]


def _predicted(facts: Facts, name: str, host: str) -> list[str]:
    """Return how long a backup will take, and the space that it needs on shares and for the database."""
    found = prediction_of(facts, host)
    if not found:
        return []
    bases = sorted({" ".join(part["time_basis"].split()[:2]) for part in found["parts"] if part["seconds"] is not None})
    unknown = f", not counting {', '.join(found['untimed'])}" if found["untimed"] else ""
    minutes = max(1, round(found["seconds"] / 60))
    sentences = (
        [f"{name}: a backup takes about {minutes} min (estimated by: {', '.join(bases)}){unknown}"] if bases else []
    )
    sentences += [
        f"{name}: {_needed(room)} needed, {_free(room)} free on {', '.join(filter(None, (room['host'], room['root'])))}"
        for room in found["rooms"]
        # The rows of servers have the needs of their own drives.
        if not room["host"] or f"{name}/{shared_parts.DATABASE}" in room["parts"]
    ]
    return columns.paragraphs(sentences)


def _needed(room: c.Mapping[str, t.Any]) -> str:
    if room["unknown"] and not room["needed_bytes"]:
        return "an unknown number of MB"
    return f"{'more than ' if room['unknown'] else ''}{room['needed_bytes'] / 1e6:,.1f} MB"


def _free(room: c.Mapping[str, t.Any]) -> str:
    return "an unknown number of MB" if room["free_bytes"] is None else f"{room['free_bytes'] / 1e6:,.1f} MB"


def _set_made(facts: Facts, name: str, hosts: c.Sequence[str], check: bool) -> _Set:
    set_id = next((facts[host]["__groupid_set_id"] for host in hosts if facts[host].get("__groupid_set_id")), None)
    if set_id is None or not (check or any(_begun(facts, host) for host in hosts)):
        return [None, "no", None], []
    paths = {str(path) for host in hosts if (path := answer_of(facts, host, "__groupid_part").get("set_path"))}
    narrowed = any(facts[host].get("__groupid_narrowed") for host in hosts)
    sealed = _sealed(facts, hosts, set_id, check)
    places = [] if check else [f"{name}: {path}" for path in sorted(paths)]
    return [None if check else set_id, sealed, yes(narrowed)], [*_stopping(facts, name, hosts, check), *places]


def _stopping(facts: Facts, name: str, hosts: c.Sequence[str], check: bool) -> list[str]:
    """Return for how long GroupID was stopped on a deployment, or where it would be."""
    if check:
        named = [host for host in hosts if quiescing.is_recorded(facts, host)]
        text = f"{name}: GroupID would be stopped on {failures.shortened(named)}"
        return columns.paragraphs([text]) if named else []
    found = [seconds for host in hosts if (seconds := quiescing.downtime(facts, host)) is not None]
    return [f"{name}: GroupID was stopped for {max(found):,.1f} s"] if found else []


def _begun(facts: Facts, host: str) -> bool:
    """Return whether the host has made anything of a set. Otherwise there is no set, and its id is not shown."""
    parts = [facts[host].get(name) or {} for name in ("__groupid_part", "__groupid_database")]
    parts += (facts[host].get("__groupid_attributes") or {}).values()
    return any(part.get("set_path") or part.get("part") for part in parts)


def _set_verified(facts: Facts, name: str, hosts: c.Sequence[str], _check: bool) -> _Set:
    ids = dict.fromkeys(found for host in hosts if (found := facts[host].get("__groupid_verify_set")))
    return [], [f"{name}: set {set_id}" for set_id in ids]


def _set_restored(facts: Facts, name: str, hosts: c.Sequence[str], check: bool) -> _Set:
    done = [answer_of(facts, host, "__groupid_restored") for host in hosts]
    safety = dict.fromkeys((one.get("safety") or {}).get("set_id") for one in done)
    kept = [f"{name}: the replaced files are in set {set_id}" for set_id in safety if set_id and not check]
    return [], columns.paragraphs([f"{name}: set {asked_of(facts, hosts[0], 'set_id')}", *kept])


def _sealed(facts: Facts, hosts: c.Sequence[str], set_id: str, check: bool) -> str:
    failed = any(has_failed(facts, host) for host in hosts)
    if seals.progress(facts, hosts, set_id)["decided"]:
        return "yes, not yet on all" if failed else "yes"
    missing = facts[hosts[0]]["__groupid_review"][deployments.name_of(facts, hosts[0])]["missing"]
    return "would be" if check and not failed and not missing else "no"


SET_HEADINGS: t.Mapping[Kind, list[str]] = {
    "preflight": ["servers", "sealed sets", "newest sealed set"],
    "backup": ["set", "sealed", "narrowed"],
    "verify": [],
    "restore": [],
}
SET_CELLS: t.Mapping[Kind, c.Callable[[Facts, str, c.Sequence[str], bool], _Set]] = {
    "preflight": _sets_found,
    "backup": _set_made,
    "verify": _set_verified,
    "restore": _set_restored,
}
