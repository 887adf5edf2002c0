# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Of runs that nobody has thought of: none is told better than it was."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from unit.plugins.module_utils.run_outcome.runs import (
    CORP,
    COUNTS,
    CRASH,
    DB,
    DOMAINS,
    PART,
    SKIPPED,
    UNREACHABLE,
    Answer,
    each,
    ok,
    outcome,
    run,
    saved,
    wrong,
)

from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import AS_IT_WAS, DONE, REFUSED, WORK
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import PHASES

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
