# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The summary of a run: tables of the servers, of databases and domains, and of sets, and the failures.

``Facts`` is as in `deployments` and `seals`; ``__groupid_restored`` is the answer of ``groupid_restore_folder``, and
``__groupid_sql`` and ``__groupid_sql_restored`` are those of ``groupid_sql_info`` and ``groupid_sql_restore`` on the
deployment's first host. ``__groupid_attributes`` has there, by domain, those of the modules of LDIF: ``found`` by a
preflight, ``part``, ``verified``, ``preflight`` of a restore, and ``restore``. ``__groupid_notes`` are sentences.
``__groupid_rehearsal`` is of the host itself, ``__groupid_sql_rehearsal`` on the deployment's first host of its
database, and ``__groupid_directory_rehearsal`` there has those of its domains by name.

A server that failed is not in the tables. Its failure is printed below them, once, with all servers that have it.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    columns,
    deployments,
    failures,
    listing,
    objections,
    prediction,
    quiescing,
    rehearsal_report,
    seals,
    set_table,
    shared_parts,
    signature,
    verify_mode,
)
from ansible_collections.identityops.groupid.plugins.module_utils.columns import Cell, table

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Kind = t.Literal["preflight", "list", "resume", "rehearse", "backup", "verify", "restore"]
Row: t.TypeAlias = list[Cell]

NOT_CONFIGURED = "not configured"
NAMED = 3
"""Number of ignored entries that are named for a host."""

_PREDICTED = ("backup", "restore")


def lines(facts: Facts, plan: deployments.Plan, kind: Kind, check: bool = False) -> list[str]:
    """Return the summary of a run, for a terminal with 80 columns.

    check: the run was in check mode. The tables then say what would be done, and do not name sets that will not exist.
      A preflight, a list and a verification change nothing, so check mode makes no difference.
    """
    sound = [host for host in plan["hosts"] if not _failed(facts, host)]
    if kind == "list":
        return _blocks([set_table.of_run(facts, sound), failures.lines(facts, plan["hosts"])])
    if kind == "resume":
        return _blocks([_resumed(facts, sound, check), failures.lines(facts, plan["hosts"])])
    if kind == "rehearse":
        rehearsed = {host: _answer(facts, host, "__groupid_rehearsal") for host in plan["hosts"]}
        shared = rehearsal_report.of_shared(_rehearsed_once(facts, plan["hosts"]))
        servers = rehearsal_report.of_run(rehearsed)
        return _blocks([servers, shared, _passed_databases(facts, sound), failures.lines(facts, plan["hosts"])])
    check = check and kind in _PREDICTED
    blocks = [
        ["Check mode: nothing was changed. This is what a run would do."] if check else [],
        _servers(facts, sound, kind, check),
        _shared(facts, sound, kind, check),
        _sets(facts, plan, kind, check),
        _notes(facts, plan["hosts"]),
        failures.lines(facts, plan["hosts"]),
    ]
    return _blocks(blocks)


def _resumed(facts: Facts, hosts: c.Iterable[str], check: bool) -> list[str]:
    """Return, for each server, how much was started again, and what somebody had changed meanwhile."""
    lines: list[str] = []
    for host in hosts:
        items = _answer(facts, host, "__groupid_resumed").get("entries") or []
        count = sum(item["outcome"] == "resumed" for item in items)
        started = "would be started again" if check else "started again"
        things = f"{len(items)} thing{'s' if len(items) > 1 else ''}"
        lines.append(f"{host}: {things}, {count} {started}" if items else f"{host}: nothing was stopped")
        for item in items:
            if item.get("note"):
                lines += columns.folded(f"{item['kind']} {item['name']}: {item['note']}", "  ", "    ")
    return lines


def _blocks(blocks: c.Iterable[c.Sequence[str]]) -> list[str]:
    """Put an empty line between blocks, and leave out empty ones."""
    return [line for block in blocks if block for line in ["", *block]][1:]


def _failed(facts: Facts, host: str) -> bool:
    return bool(facts[host].get("__groupid_failures"))


def _answer(facts: Facts, host: str, name: str) -> c.Mapping[str, t.Any]:
    """Return the result that a task registered on a host. Empty if the task was skipped or failed."""
    answer = facts[host].get(name) or {}
    return {} if answer.get("skipped") or failures.of_result(answer) else answer


def _servers(facts: Facts, hosts: c.Sequence[str], kind: Kind, check: bool) -> list[str]:
    if not hosts:
        return []
    headings, row_of = SERVER_TABLES[kind]
    rows = [[host, _deployment(facts, host), *row_of(facts, host, check)] for host in hosts]
    renamed = {
        host: server for host in hosts if (server := listing.server_of(facts, host)) != deployments.short_name(host)
    }
    if renamed:
        headings = ["server", *headings]
        rows = [[*row[:2], listing.server_of(facts, str(row[0])), *row[2:]] for row in rows]
    return table(["host", "deployment", *headings], rows)


def _preflight_row(facts: Facts, host: str, _check: bool) -> Row:
    probe = _answer(facts, host, "__groupid_probe")
    root = probe.get("backup_root") or {}
    versions = dict.fromkeys(str(found["version"]) for found in probe.get("installations") or [])
    own = _predicted_part(facts, host)
    return [
        ", ".join(versions),
        "ready",
        own.get("files"),
        _scaled(own.get("bytes"), 1e6),
        _scaled(own.get("needed_bytes"), 1e6),
        _scaled(root.get("free_bytes"), 1e9),
        _scaled(prediction.source_free_bytes(own), 1e9),
    ]


def _backup_row(facts: Facts, host: str, check: bool) -> Row:
    part = _answer(facts, host, "__groupid_part")
    state = part.get("state")
    if check and state:
        state = f"would be {state}"
    if part.get("taken"):
        state = f"{state} before"
    return [
        part.get("version"),
        state or "not done",
        _checked(_answer(facts, host, "__groupid_verified")),
        *_size(part),
        part.get("seconds"),
        part.get("problem_count"),
        None if check else quiescing.downtime(facts, host),
    ]


def _verify_row(facts: Facts, host: str, _check: bool) -> Row:
    found = _answer(facts, host, "__groupid_verified")
    sealed = found.get("sealed")
    return [
        found.get("state") or "not done",
        found.get("mode"),
        None if sealed is None else _yes(sealed),
        *_size(found),
        found.get("seconds"),
    ]


def _restore_row(facts: Facts, host: str, check: bool) -> Row:
    restored = _answer(facts, host, "__groupid_restored")
    done = "would restore" if check else "restored"
    source = restored.get("server")
    return [
        None if source == listing.server_of(facts, host) else source,
        done if restored.get("set_id") else "not done",
        *(restored.get(name) for name in ("added", "replaced", "removed", "attributes")),
        restored.get("seconds"),
    ]


SERVER_TABLES: t.Mapping[Kind, tuple[list[str], c.Callable[[Facts, str, bool], Row]]] = {
    "preflight": (["version", "state", "files", "MB", "needs MB", "free GB", "source GB"], _preflight_row),
    "backup": (["version", "part", "check", "files", "MB", "seconds", "problems", "stopped s"], _backup_row),
    "verify": (["part", "mode", "sealed", "files", "MB", "seconds"], _verify_row),
    "restore": (["part of", "state", "added", "replaced", "removed", "attributes", "seconds"], _restore_row),
}


def _shared(facts: Facts, hosts: c.Iterable[str], kind: Kind, check: bool) -> list[str]:
    """Return the table of databases and domains, from the hosts that work on them."""
    rows = [
        row for host in hosts for row in [*_database(facts, host, kind, check), *_domains(facts, host, kind, check)]
    ]
    headings = ["deployment", "part", "where", "state", "MB", "groups", "written", "seconds"]
    notes = [f"{row[0]}, {row[1]}: {row[-1]}" for row in rows if row[-1]]
    return [*table(headings, [row[:-1] for row in rows], keys=2), *notes] if rows else []


def _is_first(facts: Facts, host: str) -> bool:
    review = facts[host].get("__groupid_review") or {}
    return bool((review.get(_deployment(facts, host)) or {}).get("first") == host)


def _database(facts: Facts, host: str, kind: Kind, check: bool) -> list[Row]:
    known = facts[host].get("__groupid_sql_source" if kind == "restore" else "__groupid_database")
    if known is None:
        unconfigured = (
            kind in ("preflight", "backup") and _is_first(facts, host) and not _asked(facts, host, "sql_server")
        )
        return [[_deployment(facts, host), "database", None, NOT_CONFIGURED, *[None] * 5]] if unconfigured else []
    state, size, seconds, note = DATABASE_CELLS[kind](facts, host, known, check)
    name = f"database {known.get('database')}"
    return [[_deployment(facts, host), name, known.get("server"), state, _scaled(size, 1e6), None, None, seconds, note]]


_Database: t.TypeAlias = "tuple[str | None, int | None, float | None, str]"


def _found_database(facts: Facts, host: str, _known: c.Mapping[str, t.Any], _check: bool) -> _Database:
    found = _answer(facts, host, "__groupid_sql")
    notes = (found.get("can_backup") or {}).get("reasons") or []
    return "ready", (found.get("database") or {}).get("bytes"), found.get("seconds"), " ".join(notes)


def _saved_database(_facts: Facts, _host: str, known: c.Mapping[str, t.Any], check: bool) -> _Database:
    part, made, verified = (known.get(name) or {} for name in ("part", "backup", "verified"))
    external = part.get("external") or verified.get("external")
    notes = ["made by another run"] if made.get("shared") else []
    notes += ["not hashed, not pruned"] if external else []
    state = "recorded" if external else _checked(verified) or part.get("state") or "not done"
    size = made.get("bytes") if external else part.get("bytes", verified.get("bytes"))
    return _would(state, check), size, made.get("seconds", verified.get("seconds")), ", ".join(notes)


def _restored_database(facts: Facts, host: str, _known: c.Mapping[str, t.Any], check: bool) -> _Database:
    done = _answer(facts, host, "__groupid_sql_restored")
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
    deployment, domains = _deployment(facts, host), facts[host].get("__groupid_attributes") or {}
    if (
        not domains
        and kind in ("preflight", "backup")
        and _is_first(facts, host)
        and not _asked(facts, host, "domains")
    ):
        return [[deployment, "group attributes", None, NOT_CONFIGURED, *[None] * 5]]
    return [[deployment, domain, *DOMAIN_CELLS[kind](domains[domain], check)] for domain in sorted(domains)]


def _saved_domain(known: c.Mapping[str, t.Any], check: bool) -> Row:
    found, part, verified = (known.get(name) or {} for name in ("found", "part", "verified"))
    export = part or found or verified.get("details") or {}
    missing = export.get("missing_attributes") or []
    state = _checked(verified) or part.get("state") or ("ready" if found else "not done")
    return [
        export.get("directory_server"),
        _would(state, check) if part else state,
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


def _sets(facts: Facts, plan: deployments.Plan, kind: Kind, check: bool) -> list[str]:
    """Return the set of each deployment and its folders. Long paths have their own lines."""
    rows: list[Row] = []
    below: list[str] = []
    for name, group in plan["deployments"].items():
        if all(_failed(facts, host) for host in group["hosts"]):
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
    roots = dict.fromkeys(str(_asked(facts, host, "backup_root")) for host in hosts)
    row: Row = [len(hosts), len(listed), max(listed, default=None)]
    return row, [*_predicted(facts, name, hosts[0]), *(f"{name}: backup root {root}" for root in roots)]


def _predicted(facts: Facts, name: str, host: str) -> list[str]:
    """Return how long a backup will take, and the space that it needs on shares and for the database."""
    found = _prediction(facts, host)
    if not found:
        return []
    bases = sorted({" ".join(part["time_basis"].split()[:2]) for part in found["parts"] if part["seconds"] is not None})
    unknown = f", not counting {', '.join(found['untimed'])}" if found["untimed"] else ""
    minutes = max(1, round(found["seconds"] / 60))
    duration = (
        [f"{name}: a backup takes about {minutes} min (estimated by: {', '.join(bases)}){unknown}"] if bases else []
    )
    return duration + [
        f"{name}: {_needed(room)} needed, {_free(room)} free on {', '.join(filter(None, (room['host'], room['root'])))}"
        for room in found["rooms"]
        # The rows of servers have the needs of their own drives.
        if not room["host"] or f"{name}/{shared_parts.DATABASE}" in room["parts"]
    ]


def _predicted_part(facts: Facts, host: str) -> c.Mapping[str, t.Any]:
    """Return what was predicted of the host's own folders. Empty: nothing."""
    parts = (_prediction(facts, host) or {}).get("parts") or []
    return next((part for part in parts if (part["kind"], part["host"]) == ("folders", host)), {})


def _needed(room: c.Mapping[str, t.Any]) -> str:
    if room["unknown"] and not room["needed_bytes"]:
        return "an unknown number of MB"
    return f"{'more than ' if room['unknown'] else ''}{room['needed_bytes'] / 1e6:,.1f} MB"


def _free(room: c.Mapping[str, t.Any]) -> str:
    return "an unknown number of MB" if room["free_bytes"] is None else f"{room['free_bytes'] / 1e6:,.1f} MB"


def _prediction(facts: Facts, host: str) -> c.Mapping[str, t.Any] | None:
    found: c.Mapping[str, t.Any] | None = (facts[host].get("__groupid_predictions") or {}).get(_deployment(facts, host))
    return found


def _set_made(facts: Facts, name: str, hosts: c.Sequence[str], check: bool) -> _Set:
    set_id = next((facts[host]["__groupid_set_id"] for host in hosts if facts[host].get("__groupid_set_id")), None)
    if set_id is None or not (check or any(_begun(facts, host) for host in hosts)):
        return [None, "no", None], []
    paths = {str(path) for host in hosts if (path := _answer(facts, host, "__groupid_part").get("set_path"))}
    narrowed = any(facts[host].get("__groupid_narrowed") for host in hosts)
    sealed = _sealed(facts, hosts, set_id, check)
    places = [] if check else [f"{name}: {path}" for path in sorted(paths)]
    return [None if check else set_id, sealed, _yes(narrowed)], [*_stopping(facts, name, hosts, check), *places]


def _stopping(facts: Facts, name: str, hosts: c.Sequence[str], check: bool) -> list[str]:
    """Return for how long GroupID was stopped on a deployment, or where it would be."""
    if check:
        named = [host for host in hosts if quiescing.is_recorded(facts, host)]
        text = f"{name}: GroupID would be stopped on {failures.shortened(named)}"
        return columns.folded(text, "", "  ") if named else []
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
    done = [_answer(facts, host, "__groupid_restored") for host in hosts]
    safety = dict.fromkeys((one.get("safety") or {}).get("set_id") for one in done)
    kept = [f"{name}: the replaced files are in set {set_id}" for set_id in safety if set_id and not check]
    return [], [f"{name}: set {_asked(facts, hosts[0], 'set_id')}", *kept]


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


def _sealed(facts: Facts, hosts: c.Sequence[str], set_id: str, check: bool) -> str:
    failed = any(_failed(facts, host) for host in hosts)
    if seals.progress(facts, hosts, set_id)["decided"]:
        return "yes, not yet on all" if failed else "yes"
    missing = facts[hosts[0]]["__groupid_review"][_deployment(facts, hosts[0])]["missing"]
    return "would be" if check and not failed and not missing else "no"


def _notes(facts: Facts, hosts: c.Iterable[str]) -> list[str]:
    """Return each note once, with the hosts that have it."""
    shared: dict[str, list[str]] = {}
    for host in hosts:
        for note in [*(facts[host].get("__groupid_notes") or []), *_found(facts, host)]:
            shared.setdefault(note, []).append(host)
    return [f"Note ({failures.shortened(names)}): {note}" for note, names in shared.items()]


def _found(facts: Facts, host: str) -> list[str]:
    """Return what a preflight found that matters for a restore, and what is no set."""
    tight = prediction.restore_notes(_predicted_part(facts, host))
    return [*tight, *_rehearsed(facts, host), *_passed_over(facts, host)]


def _rehearsed(facts: Facts, host: str) -> list[str]:
    """Return what a rehearsal found that matters for a restore. Losses of data are failures, and not here."""
    return [
        sentence
        for answer in objections.rehearsed(facts, host).values()
        for sentence in answer.get("consequences") or []
        if not failures.of_result(answer) and sentence not in (answer.get("losses") or [])
    ]


def _rehearsed_once(facts: Facts, hosts: c.Iterable[str]) -> dict[str, c.Mapping[str, t.Any]]:
    """Return the answers about databases and domains. They have their claims even if the task failed."""
    found: dict[str, c.Mapping[str, t.Any]] = {}
    for host in hosts:
        deployment = _deployment(facts, host)
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
        components = _asked(facts, host, "components")
        if not _asked(facts, host, "sql_rehearse") or _asked(facts, host, "rehearsal_clean"):
            continue
        why = "groupid_sql_server is not set" if not _asked(facts, host, "sql_server") else ""
        if components is not None and shared_parts.DATABASE not in components:
            why = "groupid_components does not name it"
        if why:
            name = _deployment(facts, host)
            lines[f"groupid_sql_rehearse is true, but no database of {name} was rehearsed: {why}."] = None
    return [line for text in lines for line in columns.folded(text, "", "  ")]


def _passed_over(facts: Facts, host: str) -> list[str]:
    """Name the entries in a host's backup root that are not sets."""
    root = _answer(facts, host, "__groupid_probe").get("backup_root") or {}
    found = root.get("passed_over") or []
    named = [f"ignored, because it is not a set: {one['path']} ({one['reason'].rstrip('.')})." for one in found[:NAMED]]
    more = (root.get("passed_over_count") or 0) - len(named)
    return named + (
        [f"ignored, because they are not sets: {more:,} more. The playbook list names them."] if more > 0 else []
    )


def _deployment(facts: Facts, host: str) -> str:
    return str(facts[host]["__groupid_asked"]["deployment"])


def _asked(facts: Facts, host: str, name: str) -> t.Any:
    return facts[host]["__groupid_asked"].get(name)


def _checked(check: c.Mapping[str, t.Any]) -> str | None:
    """Return how a verification ended, with its mode unless it was full."""
    state, mode = check.get("state"), check.get("mode", verify_mode.FULL)
    return state if state is None or mode == verify_mode.FULL else f"{state} ({mode})"


def _would(state: str, check: bool) -> str:
    return f"would be {state}" if check else state


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _size(answer: c.Mapping[str, t.Any]) -> Row:
    return [answer.get("files"), _scaled(answer.get("bytes"), 1e6)]


def _scaled(size: float | None, unit: float) -> float | None:
    return None if size is None else size / unit
