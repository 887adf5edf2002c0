# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that a run ends with: a table of hosts, one of databases, after a backup one of sets, and what failed.

``Facts`` is as in `deployments` and `seals`; ``__groupid_restored`` is the answer of ``groupid_restore_folder``, and
``__groupid_sql`` and ``__groupid_sql_restored`` are those of ``groupid_sql_info`` and ``groupid_sql_restore`` on the
deployment's first host. ``__groupid_attributes`` has there, by domain, those of the modules of LDIF: ``found`` by a
preflight, ``part``, ``verified``, ``preflight`` of a restore, and ``restore``.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, seals, verify_mode

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Cell: t.TypeAlias = "str | int | float | None"
Kind = t.Literal["preflight", "backup", "verify", "restore"]

NOTHING = "-"


def lines(facts: Facts, chosen: deployments.Plan, kind: Kind, check: bool = False) -> list[str]:
    """Say what a run did, in words and columns for a terminal.

    check: the run was in check mode. Then the tables say what would have been done.
    """
    headings, row_of = HOST_TABLES[kind]
    body = table(["host", "server", "deployment", *headings], [row_of(facts, host) for host in chosen["hosts"]])
    databases = [row for host in chosen["hosts"] for row in DATABASE_ROWS[kind](facts, host)]
    if databases:
        body += ["", *table(DATABASE_HEADINGS, databases)]
    domains = [row for host in chosen["hosts"] for row in _domain_rows(facts, host, kind)]
    if domains:
        body += ["", *table(DOMAIN_HEADINGS[kind], domains)]
    if kind == "backup":
        body += ["", *_set_table(facts, chosen, check)]
    predicted = check and kind in ("backup", "restore")
    opening = ["Check mode: nothing was changed. This is what a run would do.", ""] if predicted else []
    return [*opening, *body, *failure_lines(facts, chosen["hosts"])]


def failure_lines(facts: Facts, hosts: c.Iterable[str]) -> list[str]:
    """Name every failure: host, phase, message. Nothing when there is none."""
    failed = [
        f"{host}, {failure['phase']}: {failure['message']}"
        for host in hosts
        for failure in facts[host].get("groupid_failures") or []
    ]
    return ["", "Failed:", *failed] if failed else []


def table(headings: c.Sequence[str], rows: c.Sequence[c.Sequence[Cell]]) -> list[str]:
    """Align cells: text to the left, numbers to the right with thousands marked; ``-`` for what is not there."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    numeric = [
        all(cell is None or isinstance(cell, (int, float)) for cell in column) for column in zip(*rows, strict=True)
    ]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(line, widths, numeric or [False] * len(widths), strict=True)
        ).rstrip()
        for line in [list(headings), *cells]
    ]


def _preflight_row(facts: Facts, host: str) -> list[Cell]:
    probe = _answer(facts, host, "__groupid_probe")
    root = probe.get("backup_root") or {}
    sealed = [one["set_id"] for one in root.get("sets") or [] if one["sealed"]]
    versions = dict.fromkeys(found["version"] for found in probe.get("installations") or [])
    free = root.get("free_bytes")
    return [
        *_who(facts, host),
        ", ".join(versions),
        "failed" if facts[host].get("groupid_failures") else "ready",
        None if free is None else free / 1e9,
        len(sealed),
        max(sealed, default=None),
        root.get("path"),
    ]


def _backup_row(facts: Facts, host: str) -> list[Cell]:
    part = _answer(facts, host, "__groupid_part")
    return [
        *_who(facts, host),
        part.get("version"),
        part.get("state") or _outcome(facts, host),
        _checked(_answer(facts, host, "__groupid_verified")),
        *_size(part),
        part.get("seconds"),
        part.get("problem_count"),
    ]


def _verify_row(facts: Facts, host: str) -> list[Cell]:
    check = _answer(facts, host, "__groupid_verified")
    sealed = check.get("sealed")
    return [
        *_who(facts, host),
        check.get("set_id"),
        check.get("state") or _outcome(facts, host),
        check.get("mode"),
        None if sealed is None else "yes" if sealed else "no",
        *_size(check),
        check.get("seconds"),
        check.get("problem_count"),
    ]


def _restore_row(facts: Facts, host: str) -> list[Cell]:
    restored = _answer(facts, host, "__groupid_restored")
    done = restored.get("set_id") and not restored.get("failed")
    counts: list[Cell] = [restored.get(name) for name in ("added", "replaced", "removed", "attributes")]
    return [
        *_who(facts, host),
        restored.get("set_id"),
        restored.get("server"),
        "restored" if done else _outcome(facts, host),
        *counts,
        restored.get("seconds"),
        (restored.get("safety") or {}).get("set_id"),
    ]


HOST_TABLES: t.Mapping[Kind, tuple[list[str], c.Callable[[Facts, str], list[Cell]]]] = {
    "preflight": (["version", "state", "free GB", "sealed sets", "newest", "backup root"], _preflight_row),
    "backup": (["version", "part", "check", "files", "MB", "seconds", "problems"], _backup_row),
    "verify": (["set", "part", "mode", "sealed", "files", "MB", "seconds", "problems"], _verify_row),
    "restore": (
        ["set", "part of", "state", "added", "replaced", "removed", "attributes", "seconds", "replaced is in"],
        _restore_row,
    ),
}


DATABASE_HEADINGS = ["deployment", "database", "SQL Server", "mode", "state", "MB", "seconds", "note"]


def _found_database(facts: Facts, host: str) -> list[list[Cell]]:
    """Tell of the database that a backup would save, by the answer of groupid_sql_info."""
    known = facts[host].get("__groupid_database")
    if known is None:
        return []
    found = _answer(facts, host, "__groupid_sql")
    size = (found.get("database") or {}).get("bytes")
    notes = (found.get("can_backup") or {}).get("reasons") or []
    return [
        [
            *_which_database(facts, host, known),
            "failed" if facts[host].get("groupid_failures") else "ready",
            None if size is None else size / 1e6,
            found.get("seconds"),
            " ".join(notes),
        ]
    ]


def _saved_database(facts: Facts, host: str) -> list[list[Cell]]:
    """Tell of the part of the database as backup and verify leave it, on the host that brings it."""
    known = facts[host].get("__groupid_database")
    if known is None:
        return []
    part, made, check = (known.get(name) or {} for name in ("part", "backup", "verified"))
    external = part.get("external") or check.get("external")
    size = made.get("bytes") if external else part.get("bytes", check.get("bytes"))
    notes = ["made by another run"] if made.get("shared") else []
    notes += ["not hashed, not pruned"] if external else []
    return [
        [
            *_which_database(facts, host, known),
            "recorded" if external else _checked(check) or part.get("state") or _outcome(facts, host),
            None if size is None else size / 1e6,
            made.get("seconds", check.get("seconds")),
            ", ".join(notes),
        ]
    ]


def _restored_database(facts: Facts, host: str) -> list[list[Cell]]:
    source = facts[host].get("__groupid_sql_source")
    if source is None:
        return []
    done = _answer(facts, host, "__groupid_sql_restored")
    safety = done.get("safety") or {}
    return [
        [
            *_which_database(facts, host, source),
            done.get("outcome") or _outcome(facts, host),
            None,
            done.get("seconds"),
            f"safety backup: {safety['name']}" if safety.get("name") else "",
        ]
    ]


def _which_database(facts: Facts, host: str, source: c.Mapping[str, t.Any]) -> list[Cell]:
    deployment = facts[host]["__groupid_asked"]["deployment"]
    return [deployment, source.get("database"), source.get("server"), source.get("mode")]


DATABASE_ROWS: t.Mapping[Kind, c.Callable[[Facts, str], list[list[Cell]]]] = {
    "preflight": _found_database,
    "backup": _saved_database,
    "verify": _saved_database,
    "restore": _restored_database,
}


_DOMAIN_COLUMNS = ["deployment", "domain", "directory server", "state"]
_EXPORT_HEADINGS = [*_DOMAIN_COLUMNS, "engine", "groups", "exported", "seconds", "note"]
DOMAIN_HEADINGS: t.Mapping[Kind, list[str]] = {
    "preflight": _EXPORT_HEADINGS,
    "backup": _EXPORT_HEADINGS,
    "verify": _EXPORT_HEADINGS,
    "restore": [*_DOMAIN_COLUMNS, "differing", "written", "conflicts", "gone", "new", "set since", "seconds", "note"],
}


def _domain_rows(facts: Facts, host: str, kind: Kind) -> list[list[Cell]]:
    """Tell of the group attributes of each domain, on the host that brings them."""
    deployment = facts[host]["__groupid_asked"]["deployment"]
    row_of = DOMAIN_ROWS[kind]
    domains = _answer(facts, host, "__groupid_attributes")
    return [[deployment, domain, *row_of(facts, host, domains[domain])] for domain in sorted(domains)]


def _found_domain(facts: Facts, host: str, known: c.Mapping[str, t.Any]) -> list[Cell]:
    state = "failed" if facts[host].get("groupid_failures") else "ready"
    return _export(known.get("found") or {}, state)


def _saved_domain(facts: Facts, host: str, known: c.Mapping[str, t.Any]) -> list[Cell]:
    found, part, check = (known.get(name) or {} for name in ("found", "part", "verified"))
    state = _checked(check) or part.get("state") or _outcome(facts, host)
    return _export(
        {**(part or found or check.get("details") or {}), "seconds": part.get("seconds", check.get("seconds"))}, state
    )


def _export(export: c.Mapping[str, t.Any], state: str) -> list[Cell]:
    missing = export.get("missing_attributes") or []
    return [
        export.get("directory_server"),
        state,
        export.get("engine"),
        export.get("groups"),
        export.get("exported"),
        export.get("seconds"),
        f"not in the schema: {', '.join(missing)}" if missing else "",
    ]


def _restored_domain(facts: Facts, host: str, known: c.Mapping[str, t.Any]) -> list[Cell]:
    done = known.get("restore") or {}
    finished = done.get("counts") is not None and not done.get("failed")
    counts = done.get("counts") or {}
    safety = done.get("safety") or {}
    return [
        done.get("directory_server"),
        "restored" if finished else _outcome(facts, host),
        *(counts.get(name) for name in ("differing", "written", "conflicts", "gone", "new", "set_since")),
        done.get("seconds"),
        f"undo: {safety['set_id']}; replication was not waited for" if safety.get("set_id") else "",
    ]


DOMAIN_ROWS: t.Mapping[Kind, c.Callable[[Facts, str, c.Mapping[str, t.Any]], list[Cell]]] = {
    "preflight": _found_domain,
    "backup": _saved_domain,
    "verify": _saved_domain,
    "restore": _restored_domain,
}


def _set_table(facts: Facts, chosen: deployments.Plan, check: bool) -> list[str]:
    rows: list[list[Cell]] = []
    for name, group in chosen["deployments"].items():
        hosts = group["hosts"]
        ids = [facts[host]["__groupid_set_id"] for host in hosts if facts[host].get("__groupid_set_id")]
        paths = {_answer(facts, host, "__groupid_part").get("set_path") for host in hosts}
        sealed = _sealed(facts, name, hosts, ids[0], check) if ids else "no"
        servers = ", ".join(str(_who(facts, host)[1] or host) for host in hosts)
        rows.append([name, ids[0] if ids else None, sealed, servers, ", ".join(sorted(filter(None, paths)))])
    return table(["deployment", "set", "sealed", "servers", "path"], rows)


def _sealed(facts: Facts, deployment: str, hosts: c.Sequence[str], set_id: str, check: bool) -> str:
    """Say whether a set is sealed, or why not."""
    failed = ", ".join(host for host in hosts if facts[host].get("groupid_failures"))
    if seals.progress(facts, hosts, set_id)["decided"]:
        return f"yes, but not yet on {failed}" if failed else "yes"
    if failed:
        return f"no: {failed} failed"
    missing = facts[hosts[0]]["__groupid_review"][deployment]["missing"]
    if missing:
        return f"no: not in this run: {', '.join(missing)}"
    return "would be" if check else "no"


def _answer(facts: Facts, host: str, name: str) -> c.Mapping[str, t.Any]:
    answer: c.Mapping[str, t.Any] = facts[host].get(name) or {}
    return answer


def _checked(check: c.Mapping[str, t.Any]) -> str | None:
    """Say how a verification ended, and its mode unless every byte was read."""
    state, mode = check.get("state"), check.get("mode", verify_mode.FULL)
    return state if state is None or mode == verify_mode.FULL else f"{state} ({mode})"


def _who(facts: Facts, host: str) -> list[Cell]:
    computer = _answer(facts, host, "__groupid_probe").get("computer") or {}
    return [host, computer.get("server"), facts[host]["__groupid_asked"]["deployment"]]


def _outcome(facts: Facts, host: str) -> str:
    return "failed" if facts[host].get("groupid_failures") else "not done"


def _size(answer: c.Mapping[str, t.Any]) -> list[Cell]:
    size = answer.get("bytes")
    return [answer.get("files"), None if size is None else size / 1e6]


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return f"{cell:,.1f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    return cell or NOTHING
