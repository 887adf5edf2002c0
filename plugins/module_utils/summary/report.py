# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that a run ends with."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    columns,
    deployments,
    failures,
    prediction,
    quiescing,
    rehearsal_report,
    set_table,
    shared_parts,
)
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.objections import rehearsal
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary import servers, sets, shared
from ansible_collections.identityops.groupid.plugins.module_utils.summary.cells import (
    answer_of,
    asked_of,
    has_failed,
    predicted_part,
)

NAMED = 3
"""Number of ignored entries that are named for a host."""

_PREDICTED = ("backup", "restore")


def lines(facts: Facts, plan: deployments.Plan, kind: Kind, check: bool = False) -> list[str]:
    """Return the summary of a run, for a terminal with 80 columns.

    check: the run was in check mode. The tables then say what would be done, and do not name sets that will not exist.
      A preflight, a list and a verification change nothing, so check mode makes no difference.
    """
    sound = [host for host in plan["hosts"] if not has_failed(facts, host)]
    if kind == "list":
        return _blocks([set_table.of_run(facts, sound), failures.lines(facts, plan["hosts"])])
    if kind == "resume":
        return _blocks([_resumed(facts, sound, check), failures.lines(facts, plan["hosts"])])
    if kind == "rehearse":
        rehearsed = {host: answer_of(facts, host, "__groupid_rehearsal") for host in plan["hosts"]}
        tables = [
            rehearsal_report.of_run(rehearsed),
            rehearsal_report.of_shared(_rehearsed_once(facts, plan["hosts"])),
        ]
        return _blocks([*tables, _passed_databases(facts, sound), failures.lines(facts, plan["hosts"])])
    check = check and kind in _PREDICTED
    blocks = [
        ["Check mode: nothing was changed. This is what a run would do."] if check else [],
        servers.lines(facts, sound, kind, check),
        shared.lines(facts, plan["hosts"], kind, check),
        sets.lines(facts, plan, kind, check),
        _named("Warning", facts, plan["hosts"], _warnings),
        # A backup has already shown what it stops.
        [
            *_named("Note", facts, plan["hosts"], _notes),
            *(stopping(facts, plan["hosts"]) if kind == "preflight" else []),
        ],
        failures.lines(facts, plan["hosts"]),
    ]
    return _blocks(blocks)


def _blocks(blocks: c.Iterable[c.Sequence[str]]) -> list[str]:
    """Put an empty line between blocks, and leave out empty ones."""
    return [line for block in blocks if block for line in ["", *block]][1:]


def _resumed(facts: Facts, hosts: c.Iterable[str], check: bool) -> list[str]:
    """Return, for each server, how much was started again, and what somebody had changed meanwhile."""
    lines: list[str] = []
    for host in hosts:
        items = answer_of(facts, host, "__groupid_resumed").get("entries") or []
        count = sum(item["outcome"] == "resumed" for item in items)
        started = "would be started again" if check else "started again"
        things = f"{len(items)} thing{'s' if len(items) > 1 else ''}"
        lines.append(f"{host}: {things}, {count} {started}" if items else f"{host}: nothing was stopped")
        for item in items:
            if item.get("note"):
                lines += columns.folded(f"{item['kind']} {item['name']}: {item['note']}", "  ", "    ")
    return lines


def stopping(facts: Facts, hosts: c.Iterable[str]) -> list[str]:
    """Return what a backup stops on hosts, and what it does not. It shows this before it stops anything."""
    return _named("Note", facts, hosts, _stopping)


def _named(kind: str, facts: Facts, hosts: c.Iterable[str], find: c.Callable[[Facts, str], list[str]]) -> list[str]:
    """Return each sentence that is found on hosts once, with the hosts that have it."""
    hosts_of: dict[str, list[str]] = {}
    for host in hosts:
        for sentence in find(facts, host):
            hosts_of.setdefault(sentence, []).append(host)
    return columns.paragraphs(
        f"{kind} ({failures.shortened(names)}): {sentence}" for sentence, names in hosts_of.items()
    )


def _stopping(facts: Facts, host: str) -> list[str]:
    found = quiescing.stopping(facts, host)
    return [*([found] if found else []), *quiescing.going_on(facts, host)]


def _warnings(facts: Facts, host: str) -> list[str]:
    return list(facts[host].get("__groupid_warnings") or [])


def _notes(facts: Facts, host: str) -> list[str]:
    """Return what a person should know, what a preflight found that matters for a restore, and what is no set."""
    noted = facts[host].get("__groupid_notes") or []
    tight = prediction.restore_notes(predicted_part(facts, host))
    return [*noted, *tight, *_rehearsed(facts, host), *_passed_over(facts, host)]


def _rehearsed(facts: Facts, host: str) -> list[str]:
    """Return what a rehearsal found that matters for a restore. Losses of data are failures, and not here."""
    return [
        sentence
        for answer in rehearsal.rehearsed(facts, host).values()
        for sentence in answer.get("consequences") or []
        if not failures.of_result(answer) and sentence not in (answer.get("losses") or [])
    ]


def _passed_over(facts: Facts, host: str) -> list[str]:
    """Name the entries in a host's backup root that are not sets."""
    root = answer_of(facts, host, "__groupid_probe").get("backup_root") or {}
    found = root.get("passed_over") or []
    named = [f"ignored, because it is not a set: {one['path']} ({one['reason'].rstrip('.')})." for one in found[:NAMED]]
    more = (root.get("passed_over_count") or 0) - len(named)
    return named + (
        [f"ignored, because they are not sets: {more:,} more. The playbook list names them."] if more > 0 else []
    )


def _rehearsed_once(facts: Facts, hosts: c.Iterable[str]) -> dict[str, c.Mapping[str, t.Any]]:
    """Return the answers about databases and domains. They have their claims even if the task failed."""
    found: dict[str, c.Mapping[str, t.Any]] = {}
    for host in hosts:
        deployment = deployments.name_of(facts, host)
        database = facts[host].get("__groupid_sql_rehearsal") or {}
        domains = facts[host].get("__groupid_directory_rehearsal") or {}
        # On all other hosts the task was skipped.
        found |= {f"database of {deployment}": database} if database.get("claims") else {}
        found |= {f"{name} of {deployment}": answer for name, answer in domains.items()}
    return found


def _passed_databases(facts: Facts, hosts: c.Iterable[str]) -> list[str]:
    """Return a line for each deployment whose database was not rehearsed despite groupid_sql_rehearse."""
    lines: dict[str, None] = {}
    for host in hosts:
        components = asked_of(facts, host, "components")
        if not asked_of(facts, host, "sql_rehearse") or asked_of(facts, host, "rehearsal_clean"):
            continue
        why = "groupid_sql_server is not set" if not asked_of(facts, host, "sql_server") else ""
        if components is not None and shared_parts.DATABASE not in components:
            why = "groupid_components does not name it"
        if why:
            name = deployments.name_of(facts, host)
            lines[f"groupid_sql_rehearse is true, but no database of {name} was rehearsed: {why}."] = None
    return columns.paragraphs(lines)
