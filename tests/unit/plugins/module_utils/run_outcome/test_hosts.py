# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of several hosts and deployments."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.module_utils.run_outcome.runs import (
    PART,
    UNREACHABLE,
    changes,
    classes,
    ok,
    outcome,
    run,
    saved,
    wrong,
)
from unit.plugins.run_facts import Facts

from ansible_collections.identityops.groupid.plugins.module_utils import failures
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import (
    AS_IT_WAS,
    DONE,
    NOT_AS_IT_WAS,
    REFUSED,
    WORK,
)
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import PHASES


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
