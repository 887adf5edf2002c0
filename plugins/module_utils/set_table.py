# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A table of the existing sets for a terminal, from the answers of groupid_sets of several hosts."""

from __future__ import annotations

import collections.abc as c
import re
import textwrap
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.columns import WIDTH, Cell
from ansible_collections.identityops.groupid.plugins.module_utils.listed_set import (
    COMPLETE,
    DAY,
    ListedSet,
    PassedOver,
    Verification,
    merged,
)
from ansible_collections.identityops.groupid.plugins.module_utils.narrow_table import narrow_table
from ansible_collections.identityops.groupid.plugins.module_utils.quiesce_proof import not_one_point
from ansible_collections.identityops.groupid.plugins.module_utils.signature import accepted, cause

Answers = c.Mapping[str, c.Mapping[str, t.Any]]

REGISTERED = "__groupid_sets"
"""Variable in which a playbook stores each host's answer."""
REGISTERED_AWAY = "__groupid_sets_away"
"""The same for the computer that has the database of the host's deployment."""

_HEADINGS = ("set", "age", "MB", "parts", "sealed", "narrowed", "verified")
_SIGNED = {"valid": "signed", "missing": "unsigned", "other_key": "other key", "wrong": "INVALID"}
"""How the column shows a sealed set whose signature was checked."""
_MARK = "*"
"""How the column shows a sealed set that is not one point in time."""
_NAMED = 3
"""Number of sets that a note names."""
_UNITS = ((365 * DAY, "y"), (DAY, "d"), (3600, "h"), (60, "min"), (1, "s"))
_SHARE = re.compile(r"[\\/]{2}[^\\/]")


def of_run(facts: Answers, hosts: c.Iterable[str]) -> list[str]:
    """Return the table of a run for these hosts. facts: variables by host, as hostvars."""
    answers = {host: facts[host][REGISTERED] for host in hosts if REGISTERED in facts[host]}
    # The computer of the SQL Server may have the part of the database. Its other folders may not be of this run.
    away = {
        f"{host}, its SQL Server": {
            **facts[host][REGISTERED_AWAY],
            "sets": _asked_for(facts[host]),
            "passed_over": [],
            "passed_over_count": 0,
        }
        for host in hosts
        if "sets" in facts[host].get(REGISTERED_AWAY, {})
    }
    return lines({**answers, **away})


def _asked_for(variables: c.Mapping[str, t.Any]) -> list[t.Any]:
    """Return the sets on the computer of the SQL Server: the one that was asked for, which it may not have, or all."""
    wanted = (variables.get("__groupid_asked") or {}).get("set_id")
    return [one for one in variables[REGISTERED_AWAY]["sets"] if wanted in (None, "", one["set_id"])]


def lines(answers: Answers) -> list[str]:
    """Return the sets of all hosts: a block for each deployment, newest first, with one row for each set.

    answers: of groupid_sets, by host. Below the sets are the ignored entries, and the hosts that did not answer. No
    line is longer than 80 characters, except for a longer set id or path.
    """
    sets = merged(one for answer in answers.values() for one in answer.get("sets") or [])
    body: list[str] = []
    for name in dict.fromkeys(one["deployment"] for one in sets):
        own = [_row(one) for one in sets if one["deployment"] == name]
        body += ["", f"Deployment {name}:", *narrow_table(_HEADINGS, own)]
    notes = [*_marked(sets), *_signatures(sets), *_narrowed(sets), *_notes(answers)]
    told = ["", *(line for text in notes for line in _wrapped(text, ""))] if notes else []
    return [*(body[1:] or ["There are no sets."]), *told, *_passed_over(answers), *_failed(answers)]


def _row(one: ListedSet) -> tuple[str, list[Cell]]:
    known = set(one["members"] or ()) | {part["server"] for part in one["parts"]}
    complete = sum(part["state"] in COMPLETE for part in one["parts"])
    narrowed = "unknown" if one["narrowed"] is None else "yes" if one["narrowed"] else "no"
    return one["set_id"], [
        "future" if one["future"] else _age(one["age"]),
        -(-one["bytes"] // 10**6),
        f"{complete}/{max(len(known), one['part_count'])}",
        _sealed(one),
        narrowed,
        _verified(one["verified"], len(known)),
    ]


def _sealed(one: ListedSet) -> str:
    if not one["sealed"]:
        return "prepared" if one["prepared"] else "no"
    sealed = _SIGNED.get(one["signature"]["state"], "yes") if one["signature"] else "yes"
    return f"{sealed} {_MARK}" if _not_one_point(one) else sealed


def _not_one_point(one: ListedSet) -> str:
    """Return why a sealed set is not one point in time. Empty if it is, or if this is not known."""
    return not_one_point(one["quiesce"]) if one["sealed"] and one["quiesce"] else ""


def _marked(sets: c.Iterable[ListedSet]) -> list[str]:
    """Return what the mark in the column means: a line for each cause, with the sets."""
    causes: dict[str, list[str]] = {}
    for one in sets:
        if why := _not_one_point(one):
            causes.setdefault(why, []).append(f"{one['deployment']}/{one['set_id']}")
    return [f"{_MARK} Not one point in time, because {why}: {_some(names)}." for why, names in causes.items()]


def _age(seconds: int) -> str:
    """Return an age as text, such as ``5 h``. An age in the future, as of a clock that is a little wrong, is 0 s."""
    past = max(seconds, 0)
    return next((f"{past // unit} {name}" for unit, name in _UNITS if past >= 2 * unit), f"{past} s")


def _verified(record: Verification | None, parts: int) -> str:
    if record is None:
        return "never"
    if record["state"] != "verified":
        return f"damaged {_age(record['age'])} ago"
    of_how_many = "" if record["parts"] >= parts else f", {record['parts']}/{parts}"
    return f"{record['mode']} {_age(record['age'])} ago{of_how_many}"


def _signatures(sets: c.Iterable[ListedSet]) -> list[str]:
    """Return why sealed sets are not trusted, and whether signatures were not checked."""
    causes: dict[str, list[str]] = {}
    states = set()
    for one in sets:
        verdict = one["signature"]
        if one["sealed"] and verdict:
            states.add(verdict["state"])
            if not accepted(verdict):
                causes.setdefault(cause(verdict), []).append(f"{one['deployment']}/{one['set_id']}")
    refused = [f"Verify and restore refuse {_some(names)}: {why}." for why, names in causes.items()]
    unchecked = "Signatures were not checked: groupid_signing_key is not given."
    return [*refused, *([unchecked] if "unchecked" in states else [])]


def _some(names: c.Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _narrowed(sets: c.Sequence[ListedSet]) -> list[str]:
    """Name narrowed sealed sets that are newer than every sealed set of their deployment that is not narrowed."""
    sealed = [one for one in sets if one["sealed"] and accepted(one["signature"])]
    full: dict[str, str] = {}
    for one in sealed:
        if not one["narrowed"]:
            full[one["deployment"]] = max(one["set_id"], full.get(one["deployment"], ""))
    newer: dict[str, list[str]] = {}
    for one in sealed:
        if one["narrowed"] and one["set_id"] > full.get(one["deployment"], ""):
            newer.setdefault(one["deployment"], []).append(one["set_id"])
    words = dict.fromkeys(newer, "a newer narrowed set")
    words |= {name: f"{len(ids)} newer narrowed sets, the newest" for name, ids in newer.items() if len(ids) > 1}
    return [f"'latest' of {name} does not choose {words[name]}: {max(ids)}" for name, ids in newer.items()]


def _notes(answers: Answers) -> list[str]:
    """Return what a list lacks: a backup root that does not exist, sets beyond the limit of an answer."""
    notes = []
    for host, answer in answers.items():
        if answer.get("exists") is False:
            root = _shown(answer.get("backup_root"))
            notes.append(f"{host} has no folder {root}: it has no backup yet, or groupid_backup_root is wrong.")
        if answer.get("unlisted"):
            notes.append(f"{host} has {answer['unlisted']:,} older sets that are not listed.")
    return notes


def _passed_over(answers: Answers) -> list[str]:
    """List entries that are not sets: host, path, reason. An entry that several hosts see on a share is listed once."""
    rows: list[str] = []
    seen: set[str] = set()
    for host, answer in answers.items():
        found: list[PassedOver] = answer.get("passed_over") or []
        new = [one for one in found if one["path"].casefold() not in seen]
        seen.update(one["path"].casefold() for one in new if _SHARE.match(one["path"]))
        for one in new:
            rows += [f"  {host}: {_shown(one['path'])}"]
            if len(rows[-1]) > WIDTH:
                rows[-1:] = [f"  {host}:", f"  {_shown(one['path'])}"]
            rows += _wrapped(_shown(one["reason"]), "    ")
        more = (answer.get("passed_over_count") or 0) - len(found)
        if more > 0:
            rows += _wrapped(f"{host}: and {more:,} more", "  ")
    return ["", "Ignored, because they are not sets:", *rows] if rows else []


def _failed(answers: Answers) -> list[str]:
    rows: list[str] = []
    for host, answer in answers.items():
        if answer.get("failed") or answer.get("unreachable"):
            rows += _wrapped(f"{host}: {_shown(answer.get('msg'))}", "  ")
    return ["", "Not listed:", *rows] if rows else []


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def _shown(text: object) -> str:
    """Return a text from a disk with control characters escaped, because a terminal would obey them."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in str(text or ""))
