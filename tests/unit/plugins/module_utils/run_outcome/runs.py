# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that have come to their work: what their tasks register, and the outcome that follows."""

from __future__ import annotations

import typing as t

from unit.plugins import run_facts
from unit.plugins.run_facts import SET, Facts

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import WORK, Outcome, run_outcome
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import PHASES, RunState

Answer = dict[str, t.Any]

SKIPPED: Answer = {"skipped": True, "changed": False}
UNREACHABLE: Answer = {"unreachable": True, "changed": False, "msg": "no route to host"}
CRASH: Answer = {"failed": True, "changed": False, "msg": "A worker was found in a dead state"}
# Names that tasks register under.
FOLDERS, DATABASE, DOMAINS, RESUMED, PART = (
    "__groupid_restored",
    "__groupid_sql_restored",
    "__groupid_domains_restored",
    "__groupid_resumed",
    "__groupid_saved",
)
RECORDED, RELEASED = "__groupid_recorded_first", "__groupid_released"

RECORD = {"epoch": SET, "run": "8f1d2c3b4a596877", "resumed": None}
DB = {"database": "GroupID"}
CORP = {"domain": "corp.example", "directory_server": "dc01"}
COUNTS = {"counts": {"written": 0}, "directory_server": "dc01"}
ELASTIC, POOL = (
    {"kind": "service", "name": "Elastic", "outcome": "resumed", "note": None},
    {"kind": "pool", "name": "GroupIDAppPool11", "outcome": "failed", "note": "It did not start."},
)


def ok(changed: bool = True, **members: t.Any) -> Answer:
    """What an action or a module gives that succeeded."""
    return {"failed": False, "changed": changed, "schema": 1, "seconds": 1.0, **members}


def wrong(code: str, changed: bool = False, **members: t.Any) -> Answer:
    """What an action or a module gives that failed, as a task with ``failed_when: false`` registers it."""
    error = Failure(code, "It was not done", f"because of {code}", "Look.").explained()
    return {"failed": False, "failed_when_result": False, "changed": changed, "schema": 1, "error": error, **members}


def saved(part: Answer, **members: t.Any) -> Answer:
    """What the task that saves a server registers, with its part."""
    failed = {"failed_when_result": False, "error": part["error"]} if "error" in part else {}
    head = ok(bool(part["changed"]), stopped=None, database=None, domains=[], resumed=None, downtime_seconds=None)
    return {**head, "part": part, **failed, **members}


def each(*answers: tuple[t.Any, Answer]) -> Answer:
    """What a task with a loop registers: answers by item."""
    return {
        "changed": any(one["changed"] for dummy, one in answers),
        "results": [{**one, "__groupid_item": item} for item, one in answers],
    }


def run(kind: Kind, *servers: str, check: bool = False, **asked: t.Any) -> Facts:
    """A run of one deployment that has come to its work: every task of it was skipped so far."""
    if kind == "restore":
        asked = {"set_id": SET, "restore_confirm": [SET], **asked}
    role = kind if kind in ("backup", "verify", "restore") else "preflight"
    reviewed = kind if kind in ("backup", "verify", "restore", "preflight") else "rehearse"
    facts = run_facts.answered(t.cast("t.Any", reviewed), *(servers or ("web01",)), role=role, **asked)
    for host in facts.values():
        host["__groupid_settings"]["asked"]["check"] = check
        host["__groupid_review"]["objections"] = {}
        for name in PHASES[WORK[kind]]:
            host.setdefault(name, dict(SKIPPED))
    return facts


def outcome(facts: Facts, kind: Kind, active: t.Container[str] | None = None) -> Outcome:
    state = RunState(facts)
    plan = state[next(iter(facts))]["__groupid_plan"]
    return run_outcome(state, plan, kind, facts if active is None else active)


def classes(found: Outcome) -> tuple[int, list[int]]:
    return found["class"], [one["class"] for one in found["deployments"].values()]


def changes(found: Outcome) -> list[tuple[str, str | None, str]]:
    [one] = found["deployments"].values()
    return [(change["what"], change["name"], change["end"]) for change in one["changes"]]
