# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of a run follows from what its tasks registered, and whatever is not as it was is named."""

from __future__ import annotations

import typing as t

import failures_in_code
import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.plugins import run_facts
from unit.plugins.run_facts import SET, Facts, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import failures
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import (
    AS_IT_WAS,
    DONE,
    MAY_HAVE_BEGUN,
    NOT_AS_IT_WAS,
    REFUSED,
    WORK,
    Change,
    Outcome,
    run_outcome,
)
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import PHASES, RunState

Answer = dict[str, t.Any]

SKIPPED: Answer = {"skipped": True, "changed": False}
UNREACHABLE: Answer = {"unreachable": True, "changed": False, "msg": "no route to host"}
CRASH: Answer = {"failed": True, "changed": False, "msg": "A worker was found in a dead state"}


def ok(changed: bool = True, **members: t.Any) -> Answer:
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


# How a restore, a resume and what is left by an earlier restore end: kind, answers, class, and what is named.

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

Row = tuple[Kind, dict[str, Answer], int, list[tuple[str, "str | None", str]]]

ROWS: dict[str, Row] = {
    # Folders.
    "restored": ("restore", {FOLDERS: ok()}, DONE, [("folders", None, "as_asked")]),
    "equal already": ("restore", {FOLDERS: ok(changed=False)}, DONE, [("folders", None, "as_before")]),
    "undone": ("restore", {FOLDERS: wrong("write_failed", seconds=1.0)}, AS_IT_WAS, [("folders", None, "as_before")]),
    "cannot be undone": (
        "restore",
        {FOLDERS: wrong("restore_unfinished", True, seconds=1.0)},
        NOT_AS_IT_WAS,
        [("folders", None, "not_as_before")],
    ),
    "an earlier journal that nobody understands": (
        "restore",
        {FOLDERS: wrong("journal", seconds=1.0)},
        NOT_AS_IT_WAS,
        [("folders", None, "not_known")],
    ),
    "host never reached": ("restore", {FOLDERS: UNREACHABLE}, AS_IT_WAS, [("folders", None, "as_before")]),
    "agent never compiled": ("restore", {FOLDERS: wrong("bootstrap")}, AS_IT_WAS, [("folders", None, "as_before")]),
    "host lost in the middle": (
        "restore",
        {FOLDERS: wrong("connection_lost")},
        NOT_AS_IT_WAS,
        [("folders", None, "not_known")],
    ),
    "process ended": ("restore", {FOLDERS: wrong("job_died", True)}, NOT_AS_IT_WAS, [("folders", None, "not_known")]),
    "job that could not be looked at": (
        "restore",
        {FOLDERS: wrong("system", True, seconds=1.0)},
        NOT_AS_IT_WAS,
        [("folders", None, "not_known")],
    ),
    "task crashed": ("restore", {FOLDERS: CRASH}, NOT_AS_IT_WAS, [("folders", None, "not_known")]),
    # Database.
    "database restored": (
        "restore",
        {DATABASE: ok(outcome="restored", **DB)},
        DONE,
        [("database", "GroupID", "as_asked")],
    ),
    "database not opened": (
        "restore",
        {DATABASE: wrong("sql_5061", True, outcome="restored", **DB)},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_as_before")],
    ),
    "database as found": (
        "restore",
        {DATABASE: wrong("sql_3201", outcome="as_found", **DB)},
        AS_IT_WAS,
        [("database", "GroupID", "as_before")],
    ),
    "database as in its safety backup": (
        "restore",
        {DATABASE: wrong("sql_3203", True, outcome="rolled_back", **DB)},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_as_before")],
    ),
    "database broken": (
        "restore",
        {DATABASE: wrong("sql_3203", True, outcome="broken", **DB)},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_as_before")],
    ),
    "database unknown": (
        "restore",
        {DATABASE: wrong("unreachable", True, outcome="unknown", **DB)},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_known")],
    ),
    "an outcome of a newer module": (
        "restore",
        {DATABASE: wrong("sql", True, outcome="parked", **DB)},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_known")],
    ),
    "database with a wrong option": (
        "restore",
        {DATABASE: wrong("argument")},
        AS_IT_WAS,
        [("database", "GroupID", "as_before")],
    ),
    "module without a result": (
        "restore",
        {DATABASE: wrong("unexpected")},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_known")],
    ),
    "controller of the database lost": (
        "restore",
        {DATABASE: UNREACHABLE},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_known")],
    ),
    # Group attributes.
    "groups written": (
        "restore",
        {DOMAINS: each((CORP, ok(**COUNTS)))},
        DONE,
        [("group_attributes", "corp.example", "as_asked")],
    ),
    "groups equal already": (
        "restore",
        {DOMAINS: each((CORP, ok(changed=False, **COUNTS)))},
        DONE,
        [("group_attributes", "corp.example", "as_before")],
    ),
    "some groups written": (
        "restore",
        {DOMAINS: each((CORP, wrong("refused", True, **COUNTS)))},
        NOT_AS_IT_WAS,
        [("group_attributes", "corp.example", "not_as_before")],
    ),
    "every group refused": (
        "restore",
        {DOMAINS: each((CORP, wrong("refused", **COUNTS)))},
        AS_IT_WAS,
        [("group_attributes", "corp.example", "as_before")],
    ),
    "directory lost at the first group": (
        "restore",
        {DOMAINS: each((CORP, wrong("unreachable", **COUNTS)))},
        NOT_AS_IT_WAS,
        [("group_attributes", "corp.example", "not_known")],
    ),
    "login refused": (
        "restore",
        {DOMAINS: each((CORP, wrong("login")))},
        AS_IT_WAS,
        [("group_attributes", "corp.example", "as_before")],
    ),
    "host lost before the first group": (
        "restore",
        {DOMAINS: each((CORP, wrong("connection_lost")))},
        AS_IT_WAS,
        [("group_attributes", "corp.example", "as_before")],
    ),
    "groups' action crashed": (
        "restore",
        {DOMAINS: each((CORP, wrong("unexpected")))},
        NOT_AS_IT_WAS,
        [("group_attributes", "corp.example", "not_known")],
    ),
    # What succeeded beside what failed is not as it was either.
    "half a restore": (
        "restore",
        {DATABASE: ok(outcome="restored", **DB), FOLDERS: wrong("target_changed", seconds=1.0)},
        NOT_AS_IT_WAS,
        [("folders", None, "as_before"), ("database", "GroupID", "as_asked")],
    ),
    # Services.
    "resumed": (
        "resume",
        {RESUMED: ok(entries=[ELASTIC, {**POOL, "outcome": "changed"}])},
        DONE,
        [("service", "Elastic", "as_before")],
    ),
    "one stays stopped": (
        "resume",
        {RESUMED: wrong("resume_incomplete", True, seconds=1.0, entries=[ELASTIC, POOL])},
        NOT_AS_IT_WAS,
        [("service", "Elastic", "as_before"), ("pool", "GroupIDAppPool11", "not_as_before")],
    ),
    "resume by somebody else": (
        "resume",
        {RESUMED: wrong("locked", seconds=1.0)},
        NOT_AS_IT_WAS,
        [("services", None, "not_known")],
    ),
    "host that may be stopped": ("resume", {RESUMED: UNREACHABLE}, NOT_AS_IT_WAS, [("services", None, "not_known")]),
    # A backup never changes what it saves, but it may meet what a restore has left.
    "saved": ("backup", {PART: saved(ok(state="complete", part_sha256="a" * 64))}, DONE, []),
    "not saved": ("backup", {PART: saved(wrong("write_failed", True, seconds=1.0))}, AS_IT_WAS, []),
    "host lost while it saves": ("backup", {PART: saved(wrong("connection_lost"))}, AS_IT_WAS, []),
    "a restore that was never ended": (
        "backup",
        {PART: saved(wrong("restore_unfinished", seconds=1.0))},
        NOT_AS_IT_WAS,
        [("folders", None, "not_as_before")],
    ),
    # A backup that has stopped GroupID.
    "started again": (
        "backup",
        {RECORDED: ok(record=RECORD), PART: saved(ok(), resumed=ok(entries=[ELASTIC]))},
        DONE,
        [("service", "Elastic", "as_before")],
    ),
    "not saved, and started again": (
        "backup",
        {RECORDED: ok(record=RECORD), PART: saved(wrong("write_failed", True), resumed=ok(entries=[ELASTIC]))},
        AS_IT_WAS,
        [("service", "Elastic", "as_before")],
    ),
    "one does not start": (
        "backup",
        {
            RECORDED: ok(record=RECORD),
            PART: saved(ok(), resumed=wrong("resume_incomplete", True, entries=[ELASTIC, POOL])),
            RELEASED: wrong("resume_incomplete", True, entries=[POOL]),
        },
        NOT_AS_IT_WAS,
        [("pool", "GroupIDAppPool11", "not_as_before")],
    ),
    "started by the second try": (
        "backup",
        {
            RECORDED: ok(record=RECORD),
            PART: saved(ok(), resumed=wrong("resume_incomplete", True, entries=[POOL])),
            RELEASED: ok(entries=[{**POOL, "outcome": "resumed"}]),
        },
        AS_IT_WAS,
        [("pool", "GroupIDAppPool11", "as_before")],
    ),
    "host lost while it is stopped": (
        "backup",
        {RECORDED: ok(record=RECORD), PART: CRASH, RELEASED: UNREACHABLE},
        NOT_AS_IT_WAS,
        [("services", None, "not_known")],
    ),
    "worker lost while it is stopped": (
        "backup",
        {RECORDED: ok(record=RECORD), PART: CRASH},
        NOT_AS_IT_WAS,
        [("services", None, "not_known")],
    ),
    "another run has stopped it": ("backup", {RECORDED: wrong("quiesced")}, AS_IT_WAS, []),
    # What only reads.
    "verified": ("verify", {"__groupid_verified": ok(changed=False, state="verified")}, DONE, []),
    "damaged": ("verify", {"__groupid_verified": wrong("damaged", seconds=1.0)}, AS_IT_WAS, []),
    "listed": ("list", {"__groupid_sets": ok(changed=False, sets=[])}, DONE, []),
    "not listed": ("list", {"__groupid_sets": UNREACHABLE}, AS_IT_WAS, []),
    "rehearsed": ("rehearse", {"__groupid_rehearsal": ok(claims=[])}, DONE, []),
    "scratch left": ("rehearse", {"__groupid_rehearsal": wrong("scratch_left", True, seconds=1.0)}, AS_IT_WAS, []),
    "ready": ("preflight", {"__groupid_probe": probe("web01")}, DONE, []),
    "not ready": ("preflight", {"__groupid_probe": UNREACHABLE}, REFUSED, []),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_every_end_has_its_class_and_its_names(row: Row) -> None:
    kind, answers, expected, named = row
    facts = run(kind, sql_database="GroupID", sql_server="sql01") if DATABASE in answers else run(kind)
    facts["web01"].update(answers)
    found = outcome(facts, kind)
    assert (classes(found), changes(found)) == ((expected, [expected]), named)
    assert found["state"] == {DONE: "done", REFUSED: "refused"}.get(expected, "failed")
    [one] = found["deployments"].values()
    assert bool(one["failures"]) == (expected != DONE)


WRITING = {name: row for name, row in ROWS.items() if row[0] in ("restore", "resume", "backup")}


@pytest.mark.parametrize("row", WRITING.values(), ids=WRITING.keys())
def test_in_check_mode_nothing_is_touched(row: Row) -> None:
    kind, answers, dummy, _named = row
    facts = run(kind, check=True, sql_database="GroupID", sql_server="sql01")
    facts["web01"].update(answers)
    found = outcome(facts, kind)
    [one] = found["deployments"].values()
    left_before = any(told["code"] in ("restore_unfinished", "journal") for told in one["failures"])
    assert found["class"] == (NOT_AS_IT_WAS if left_before else REFUSED if one["failures"] else DONE)


def test_a_change_names_the_host_the_thing_and_the_reason() -> None:
    facts = run("restore", sql_database="GroupID", sql_server="sql01")
    facts["web01"][DATABASE] = wrong("sql_3203", True, outcome="broken", **DB)
    [change] = outcome(facts, "restore")["deployments"]["hq"]["changes"]
    assert change == Change(
        host="web01", what="database", name="GroupID", where="sql01", end="not_as_before", note="because of sql_3203"
    )


def test_what_is_refused_before_the_work_has_touched_nothing() -> None:
    for kind in ("backup", "restore", "verify"):
        facts = run(t.cast(Kind, kind), "web01", "web02")
        for host in facts.values():
            for name in PHASES[WORK[t.cast(Kind, kind)]]:
                host.pop(name)
        facts["web02"]["__groupid_probe"] = UNREACHABLE
        found = outcome(facts, t.cast(Kind, kind))
        assert classes(found) == (REFUSED, [REFUSED])
        [told] = found["deployments"]["hq"]["failures"]
        assert (told["phase"], told["code"], told["hosts"]) == ("preflight", "unreachable", ["web02"])


def two_deployments(kind: Kind) -> Facts:
    """Both have come to their work."""
    facts = {**run(kind, "web01"), **run(kind, "old01", deployment="branch")}
    for host in facts.values():
        del host["__groupid_review"], host["__groupid_planned"]
    run_facts.reviewed(facts, t.cast("t.Any", kind))
    for host in facts.values():
        host["__groupid_review"]["objections"] = {}
    return facts


def test_a_run_in_which_one_deployment_was_refused_and_another_saved_was_not_refused() -> None:
    facts = two_deployments("backup")
    facts["web01"][PART] = saved(ok(state="complete"))
    for name in PHASES["backup"]:
        facts["old01"].pop(name)
    facts["old01"]["__groupid_probe"] = UNREACHABLE
    found = outcome(facts, "backup")
    assert found["class"] == AS_IT_WAS
    assert {name: one["class"] for name, one in found["deployments"].items()} == {"branch": REFUSED, "hq": DONE}


def test_the_worst_of_the_deployments_is_that_of_the_run() -> None:
    facts = two_deployments("backup")
    facts["web01"][PART] = saved(wrong("restore_unfinished"))
    facts["old01"][PART] = saved(wrong("write_failed", True))
    assert classes(outcome(facts, "backup")) == (NOT_AS_IT_WAS, [AS_IT_WAS, NOT_AS_IT_WAS])


def test_a_host_that_ansible_took_out_is_never_a_success() -> None:
    facts = run("backup", "web01", "web02")
    found = outcome(facts, "backup", active=["web01"])
    [told] = found["deployments"]["hq"]["failures"]
    assert (found["class"], told["code"], told["hosts"]) == (REFUSED, "left_the_run", ["web02"])
    facts["web02"][PART] = saved(ok(state="complete"))
    assert outcome(facts, "backup", active=["web01"])["class"] == AS_IT_WAS
    found = outcome(run("restore", "web01", "web02"), "restore", active=["web01"])
    assert (found["class"], changes(found)) == (NOT_AS_IT_WAS, [("folders", None, "not_known")])


@pytest.mark.parametrize("kind", [kind for kind in WORK if kind != "preflight"])
def test_a_host_for_which_nothing_was_done_is_never_a_success(kind: Kind) -> None:
    facts = run(kind, "web01", "web02")
    for name in PHASES[WORK[kind]]:
        del facts["web02"][name]
    found = outcome(facts, kind)
    [told] = found["deployments"]["hq"]["failures"]
    assert (found["class"], told["code"], told["hosts"]) == (REFUSED, "nothing_done", ["web02"])


def test_a_failure_is_told_once_with_its_hosts() -> None:
    facts = run("backup", "web01", "web02", "web03")
    for host in ("web01", "web03"):
        facts[host][PART] = saved(wrong("write_failed", True))
    facts["web02"][PART] = saved(ok(state="complete"))
    [told] = outcome(facts, "backup")["deployments"]["hq"]["failures"]
    assert told == failures.Shared(
        phase="backup",
        code="write_failed",
        what="It was not done",
        cause="because of write_failed",
        next="Look.",
        component=None,
        path=None,
        hosts=["web01", "web03"],
    )


def test_a_set_is_named_with_its_folders_until_it_is_sealed() -> None:
    facts = run("backup", "web01", "web02", sql_server="sql01", sql_database="GroupID", sql_backup_mode="host")
    for host in facts.values():
        host["__groupid_settings"]["asked"]["sql_host"] = "sql01"
    facts["sql01"] = {"groupid_backup_root": "E:\\Sets\\"}
    facts["web01"][PART] = saved(ok(state="complete"))
    facts["web02"][PART] = saved(wrong("space", seconds=1.0))
    facts["web01"]["__groupid_sql_place"] = ok(folder="E:\\Sets\\hq\\x\\database")
    one = outcome(facts, "backup")["deployments"]["hq"]
    set_id = str(RunState(facts)["web01"]["__groupid_set_id"])
    assert (one["set_id"], one["sealed"]) == (set_id, False)
    assert one["unsealed"] == [f"D:\\Backups\\hq\\{set_id}", f"E:\\Sets\\hq\\{set_id}"]
    digest = {"document_sha256": "d" * 64}
    facts["web02"][PART] = saved(ok(state="complete"))
    for host in ("web01", "web02"):
        facts[host]["__groupid_seal_prepared"] = ok(**digest)
    facts["web01"]["__groupid_seal_decided"] = ok(**digest)
    one = outcome(facts, "backup")["deployments"]["hq"]
    assert (one["class"], one["set_id"], one["sealed"], one["unsealed"]) == (DONE, set_id, True, [])


def test_a_set_that_is_not_made_has_no_id() -> None:
    one = outcome(run("backup", check=True), "backup")["deployments"]["hq"]
    assert (one["set_id"], one["sealed"], one["unsealed"]) == (None, False, [])
    one = outcome(run("preflight"), "preflight")["deployments"]["hq"]
    assert (one["set_id"], one["sealed"]) == (None, None)


def test_a_set_that_is_read_has_its_id() -> None:
    assert outcome(run("verify"), "verify")["deployments"]["hq"]["set_id"] == SET
    facts = run("restore")
    safety = {"set_id": "20261125T120000Z-before-restore"}
    facts["web01"][FOLDERS] = ok(safety=safety)
    facts["web01"][DOMAINS] = each((CORP, ok(safety={"set_id": "20261125T120001Z-before-restore"}, **COUNTS)))
    one = outcome(facts, "restore")["deployments"]["hq"]
    assert (one["set_id"], one["sealed"]) == (SET, None)
    assert one["safety_set_ids"] == ["20261125T120000Z-before-restore", "20261125T120001Z-before-restore"]


def test_a_part_that_an_earlier_run_has_made_is_not_unsealed_by_this_one() -> None:
    facts = run("backup", set_id=SET)
    facts["web01"]["__groupid_probe"] = probe("web01", listed(part("web01"), sealed=False))
    one = outcome(facts, "backup")["deployments"]["hq"]
    assert (one["class"], one["set_id"], one["unsealed"]) == (DONE, SET, [])


NOT_BEGUN = {
    "become",
    "bootstrap",
    "constrained_language",
    "not_windows",
    "content_differs",
    "too_large",
    "set_missing",
}


def test_it_is_known_of_each_failure_without_an_answer_whether_the_operation_may_have_begun() -> None:
    places = ("plugins/plugin_utils/client/", "plugins/plugin_utils/actions/")
    codes = {one.code for one in failures_in_code.python_entries() if one.place.startswith(places)}
    assert codes <= MAY_HAVE_BEGUN | NOT_BEGUN
    assert not MAY_HAVE_BEGUN & NOT_BEGUN


POOL_OF_ANSWERS = [
    SKIPPED,
    UNREACHABLE,
    CRASH,
    ok(),
    ok(changed=False),
    *(wrong(code) for code in ("space", "connection_lost", "journal", "argument")),
    *(wrong(code, True, seconds=1.0) for code in ("restore_unfinished", "write_failed", "resume_incomplete")),
    ok(outcome="restored", **DB),
    *(wrong("sql", True, outcome=name, **DB) for name in ("restored", "rolled_back", "broken", "unknown")),
    wrong("sql", outcome="as_found", **DB),
    each((CORP, ok(**COUNTS)), (CORP, wrong("refused", True, **COUNTS))),
    each((CORP, wrong("login"))),
]


@given(st.data())
def test_no_run_is_told_better_than_it_was(data: st.DataObject) -> None:
    kind: Kind = data.draw(st.sampled_from(["backup", "restore", "verify", "resume", "list", "rehearse"]))
    facts = run(kind, "web01", "web02", check=data.draw(st.booleans()), sql_database="GroupID", sql_server="sql01")
    for host in facts.values():
        if data.draw(st.integers(0, 5)) == 0:
            host["__groupid_probe"] = UNREACHABLE
        for name in PHASES[WORK[kind]]:
            several = name in (DOMAINS, "__groupid_domains_verified")
            answers = [one for one in POOL_OF_ANSWERS if one is SKIPPED or several == ("results" in one)]
            drawn = data.draw(st.sampled_from(answers))
            whole = drawn in (SKIPPED, UNREACHABLE, CRASH)
            host[name] = saved(drawn) if name == PART and not whole else drawn
    active = [host for host in facts if data.draw(st.integers(0, 9))]
    found = outcome(facts, kind, active)
    [one] = found["deployments"].values()
    registered = [host[name] for host in facts.values() for name in PHASES[WORK[kind]]]
    real = not facts["web01"]["__groupid_settings"]["asked"]["check"]
    wrong_ones = [answer for answer in registered for single in answer.get("results") or [answer] if fails(single)]
    unreachable = any(host["__groupid_probe"] is UNREACHABLE for host in facts.values())
    all_well = not wrong_ones and not unreachable and len(active) == len(facts)
    assert (found["class"] == DONE) == all_well
    if found["class"] == REFUSED and real:
        assert not any(answer["changed"] for answer in registered)
    if found["class"] == AS_IT_WAS:
        assert {change["end"] for change in one["changes"]} <= {"as_before"}
        if kind == "restore" and real:
            assert not any(answer["changed"] for answer in registered)
    assert one["class"] == found["class"]
    assert bool(one["failures"]) == (found["class"] != DONE)


def fails(answer: Answer) -> bool:
    return "error" in answer or bool(answer.get("unreachable")) or bool(answer.get("failed"))
