# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How each operation ends: the class of the run, and what is named as not as it was."""

from __future__ import annotations

import failures_in_code
import pytest
from unit.plugins.module_utils.run_outcome.runs import (
    CORP,
    COUNTS,
    CRASH,
    DATABASE,
    DB,
    DOMAINS,
    ELASTIC,
    FOLDERS,
    PART,
    POOL,
    RECORD,
    RECORDED,
    RELEASED,
    RESUMED,
    UNREACHABLE,
    Answer,
    changes,
    classes,
    each,
    ok,
    outcome,
    run,
    saved,
    wrong,
)
from unit.plugins.run_facts import probe

from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import (
    AS_IT_WAS,
    DONE,
    MAY_HAVE_BEGUN,
    NOT_AS_IT_WAS,
    REFUSED,
    Change,
)

# Kind, answers, class, and what is named.
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
    "database changed, and nobody knows how": (
        "restore",
        {DATABASE: wrong("write_failed", True)},
        NOT_AS_IT_WAS,
        [("database", "GroupID", "not_known")],
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
    "record removed while it is stopped": (
        "backup",
        {
            RECORDED: ok(record=RECORD),
            PART: saved(ok(), stopped=ok(), resumed=wrong("quiesce_record")),
            RELEASED: wrong("quiesce_record"),
        },
        NOT_AS_IT_WAS,
        [("services", None, "not_known")],
    ),
    "record removed before it is stopped": (
        "backup",
        {RECORDED: ok(record=RECORD), PART: saved(wrong("quiesce_record")), RELEASED: ok(record=None, entries=[])},
        AS_IT_WAS,
        [],
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
