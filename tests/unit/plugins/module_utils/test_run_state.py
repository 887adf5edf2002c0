# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows from the answers that tasks registered."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, failed, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, seals
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import PHASES, RunState
from ansible_collections.identityops.groupid.plugins.module_utils.summary import report
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.host_variables import HostVariables

ERROR = {"failed": True, "failed_when_result": False, "schema": 1, "error": DISK_FULL.explained()}
UNREACHABLE = {"unreachable": True, "msg": "no route to host"}
CRASH = {"failed": True, "msg": "'nowhere' is undefined"}
SKIPPED = {"skipped": True, "changed": False}
NO_ITEMS = {"skipped": True, "skipped_reason": "No items in the list", "results": []}
MADE = {"schema": 1, "state": "complete", "part_sha256": "a" * 64, "set_path": "D:\\Backups"}
STARTS = {"backup": "__groupid_sql_place", "restore": "__groupid_sql_restored"}


def failures_of(facts: Facts, host: str = "web01") -> list[tuple[str, str]]:
    return [(one["phase"], one["code"]) for one in RunState(facts)[host]["__groupid_failures"]]


def each(*results: tuple[t.Any, dict[str, t.Any]]) -> dict[str, t.Any]:
    """What a task that ran for several items registers."""
    return {"changed": False, "results": [{**one, "__groupid_item": item} for item, one in results]}


@pytest.mark.parametrize(("phase", "name"), [(phase, name) for phase, names in PHASES.items() for name in names])
@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (ERROR, ["no_space"]),
        (UNREACHABLE, ["unreachable"]),
        (CRASH, ["task"]),
        (SKIPPED, []),
        (NO_ITEMS, []),
        (each(("a", {"schema": 1}), ("b", ERROR), ("c", SKIPPED), ("d", UNREACHABLE)), ["no_space", "unreachable"]),
    ],
)
def test_every_answer_with_a_failure_stops_the_deployment(
    phase: str, name: str, answer: dict[str, t.Any], codes: list[str]
) -> None:
    facts = run_facts.answered("verify", "web01", "web02")
    if phase in STARTS:
        facts["web01"].setdefault(STARTS[phase], SKIPPED)
    facts["web01"][name] = answer
    assert failures_of(facts) == [(phase, code) for code in codes]
    assert failures_of(facts, "web02") == []
    assert {deployments.ready(RunState(facts), host) for host in facts} == {not codes}


def test_failures_of_what_was_given_and_of_the_review_are_among_them() -> None:
    facts = run_facts.answered("backup", "web01", "web02")
    facts["web01"]["__groupid_settings"]["failures"] = failed(DISK_FULL, phase="plan")
    facts["web02"]["__groupid_probe"]["backup_root"]["error"] = "Access is denied. (5)"
    run_facts.reviewed(facts, "backup")
    facts["web02"]["__groupid_unsealed"] = failed(DISK_FULL, phase="seal")
    assert failures_of(facts, "web01") == [("plan", "no_space")]
    assert failures_of(facts, "web02") == [("preflight", "root_unusable"), ("seal", "no_space")]


def test_a_dry_run_of_a_backup_is_none_of_the_work() -> None:
    facts = run_facts.answered("backup", "web01")
    facts["web01"]["__groupid_part"] = ERROR
    assert failures_of(facts) == [("preflight", "no_space")]
    facts["web01"]["__groupid_part"] = MADE
    assert RunState(facts)["web01"].get("__groupid_part") is None
    assert RunState(facts)["web01"]["__groupid_walked"] == MADE
    facts["web01"]["__groupid_saved"] = {"schema": 1, "part": {**MADE, "bytes": 7}}
    assert RunState(facts)["web01"]["__groupid_part"]["bytes"] == 7


def test_every_part_that_failed_is_told_and_a_task_that_failed_alone_too() -> None:
    facts = run_facts.answered("backup", "web01", "web02")
    other = {**ERROR, "error": {**DISK_FULL.explained(), "code": "login"}}
    domains = [{**other, "domain": "corp.example"}]
    facts["web01"]["__groupid_saved"] = {**ERROR, "database": ERROR, "domains": domains, "part": MADE, "resumed": None}
    assert failures_of(facts) == [("backup", "no_space"), ("backup", "login")]
    facts["web01"]["__groupid_saved"] = {**ERROR, "database": None, "domains": [], "part": MADE}
    assert failures_of(facts) == [("backup", "no_space")]


def test_warnings_are_those_of_all_parts_also_of_one_that_failed_and_not_what_ansible_shows() -> None:
    facts = run_facts.answered("backup", "web01", "web02")
    facts["web01"]["__groupid_saved"] = {
        **ERROR,
        "warnings": ["of the database"],
        "stopped": {"schema": 1, "warnings": ["one", "two"]},
        "database": {"schema": 1, "warnings": ["of the database"]},
        "domains": [{"domain": "corp.example", "warnings": ["three"]}],
        "part": {**ERROR, "warnings": ["two", "four"]},
        "resumed": {"schema": 1, "warnings": ["five"]},
    }
    assert RunState(facts)["web01"]["__groupid_warnings"] == ["one", "two", "three", "four", "five"]
    assert RunState(facts)["web02"]["__groupid_warnings"] == []
    facts["web02"]["__groupid_saved"] = {"failed": True, "msg": "A worker was found in a dead state", "warnings": ["x"]}
    assert RunState(facts)["web02"]["__groupid_warnings"] == []


def test_a_dry_run_in_the_preflight_is_none_of_the_work() -> None:
    name = "__groupid_restored"
    facts = run_facts.answered("restore", "web01", set_id=SET, restore_confirm=[SET])
    facts["web01"]["__groupid_review"]["objections"] = {}
    # Another dry run, which comes before it.
    facts["web01"]["__groupid_domains_restored"] = NO_ITEMS
    facts["web01"][name] = ERROR
    assert failures_of(facts) == [("preflight", "no_space")]
    facts["web01"][name] = MADE
    assert RunState(facts)["web01"].get(name) is None
    facts["web01"][STARTS["restore"]] = SKIPPED
    assert RunState(facts)["web01"][name] == MADE
    facts["web01"][name] = ERROR
    assert failures_of(facts) == [("restore", "no_space")]


@pytest.mark.parametrize("kind", ["verify", "restore"])
def test_a_narrowed_set_is_among_the_notes(kind: t.Literal["verify", "restore"]) -> None:
    confirmed = {"restore_confirm": [SET]} if kind == "restore" else {}
    facts = run_facts.answered(kind, "web01", "web02", set_id=SET, **confirmed)
    for host in facts:
        facts[host]["__groupid_probe"]["backup_root"]["sets"][0]["narrowed"] = ["groupid_include: HR"]
    facts = run_facts.reviewed(facts, kind)
    assert RunState(facts)["web01"]["__groupid_notes"] == [f"Set {SET} of hq is narrowed (groupid_include: HR)."]
    assert RunState(facts)["web02"]["__groupid_notes"] == []


def test_a_server_whose_dry_run_went_well_is_not_reported_as_restored_when_its_fellow_failed() -> None:
    wanted = {"set_id": SET, "restore_confirm": [SET], "include": ["*.config"]}
    facts = run_facts.answered("restore", "web01", "web02", **wanted)
    facts["web01"]["__groupid_restored"] = {"schema": 1, "set_id": SET, "server": "web01", "added": 3}
    facts["web02"]["__groupid_restored"] = ERROR
    state = RunState(facts)
    text = "\n".join(report.lines(state, state["web01"]["__groupid_plan"], "restore"))
    assert "not done" in text
    assert "restored" not in text.replace("restore", "", 1).splitlines()[1]


def test_what_an_answer_says_against_going_on_is_a_failure_too() -> None:
    facts = run_facts.answered("backup", "web01", sql_server="sql01", sql_database="GroupID")
    no, yes = {"ok": False, "reasons": ["it is OFFLINE."]}, {"ok": True, "reasons": []}
    facts["web01"]["__groupid_sql"] = {"schema": 1, "can_backup": no, "can_verify": yes}
    assert failures_of(facts) == [("preflight", "database_not_ready")]
    facts["web01"]["__groupid_sql"] = {"schema": 1, "can_backup": yes, "can_verify": yes}
    assert failures_of(facts) == []
    facts["web01"]["__groupid_predictions"] = {"hq": {"failures": [DISK_FULL.explained()]}}
    assert failures_of(facts) == [("preflight", "no_space")]


def test_losses_of_a_rehearsal_are_failures_unless_something_else_is() -> None:
    facts = run_facts.answered("rehearse", "web01")
    facts["web01"]["__groupid_rehearsal"] = {"schema": 1, "losses": ["Streams are lost."]}
    assert failures_of(facts) == [("rehearsal", "rehearsal")]
    facts["web01"]["__groupid_domains_rehearsed"] = each(("corp.example", ERROR))
    assert failures_of(facts) == [("rehearsal", "no_space")]


def test_a_part_that_an_earlier_run_completed_is_taken() -> None:
    facts = run_facts.answered("backup", "web01", set_id=SET)
    facts["web01"]["__groupid_probe"] = probe("web01", listed(part("web01"), sealed=False))
    facts["web01"].update(__groupid_sql_place=SKIPPED, __groupid_saved=SKIPPED)
    assert RunState(facts)["web01"]["__groupid_part"]["taken"] is True
    facts["web01"]["__groupid_settings"]["asked"]["set_id"] = ""
    assert RunState(facts)["web01"].get("__groupid_part") is None


def test_the_state_of_a_database() -> None:
    facts = run_facts.answered("backup", "web01", sql_server="sql01", sql_database="GroupID", sql_backup_mode="host")
    facts["web01"]["__groupid_settings"]["asked"]["sql_host"] = "sql01"
    facts["sql01"] = {"groupid_backup_root": "E:\\Backups"}
    assert RunState(facts)["web01"].get("__groupid_database") is None
    facts["web01"]["__groupid_sql"] = {"schema": 1}
    known = RunState(facts)["web01"]["__groupid_database"]
    assert (known["holder"], known["root"], known["part"]) == ("sql01", "E:\\Backups", {})
    facts["web01"]["__groupid_sql_place"] = {"schema": 1, "complete": True}
    known = RunState(facts)["web01"]["__groupid_database"]
    assert (known["part"]["complete"], known["backup"]) == (True, {"shared": True})
    facts["web01"].update(__groupid_sql_place={"schema": 1, "folder": "E:\\"}, __groupid_sql_part=ERROR)
    assert RunState(facts)["web01"]["__groupid_database"]["part"] == {}


def test_a_verification_names_a_database_that_the_run_did_not_save() -> None:
    facts = run_facts.answered("verify", "web01")
    facts["web01"]["__groupid_sql_verified"] = {"schema": 1, "state": "verified", "details": {"database": "GroupID"}}
    known = RunState(facts)["web01"]["__groupid_database"]
    assert (known["database"], known["verified"]["state"]) == ("GroupID", "verified")


def test_domains_by_what_was_done() -> None:
    facts = run_facts.answered("backup", "web01")
    assert RunState(facts)["web01"].get("__groupid_attributes") is None
    facts["web01"]["__groupid_domains_found"] = each(("a.example", {"schema": 1, "groups": 2}), ("b.example", ERROR))
    facts["web01"]["__groupid_saved"] = {"schema": 1, "domains": [{**MADE, "domain": "a.example"}]}
    known = RunState(facts)["web01"]["__groupid_attributes"]
    assert list(known) == ["a.example", "b.example"]
    assert (known["a.example"]["found"]["groups"], known["a.example"]["part"]["state"]) == (2, "complete")
    assert known["b.example"] == {}


def test_seals_are_steps_that_were_answered() -> None:
    facts = run_facts.answered("backup", "web01", set_id=SET)
    older = {"set_id": "20261101T000000Z", "document_sha256": "e" * 64}
    facts["web01"].update(
        __groupid_finish_decided=each((older, {"schema": 1, "document_sha256": "e" * 64})),
        __groupid_seal_prepared={"schema": 1, "document_sha256": "d" * 64},
        __groupid_seal_decided=ERROR,
    )
    state = RunState(facts)
    assert state["web01"]["__groupid_seals"] == {SET: {"prepared": "d" * 64}, older["set_id"]: {"sealed": "e" * 64}}
    assert seals.progress(state, ["web01"], older["set_id"])["decided"]
    assert not seals.progress(state, ["web01"], SET)["decided"]


@pytest.mark.parametrize("error", [{"code": "half"}, {}])
def test_an_answer_that_cannot_be_understood_is_not_taken_for_one_without_failures(error: dict[str, t.Any]) -> None:
    """A mapping whose item raises KeyError has no such item: what `get` returns then must not be that all is well."""
    facts = run_facts.answered("backup", "web01")
    facts["web01"]["__groupid_sql"] = {"schema": 1, "error": error}
    with pytest.raises(RuntimeError, match=r"__groupid_failures of web01 cannot be derived: '\w+' is missing"):
        deployments.ready(RunState(facts), "web01")


def test_a_run_state_is_the_hosts_of_the_inventory() -> None:
    state = RunState({"web01": {"groupid_deployment": "hq"}})
    assert (list(state), len(state), "web01" in state, "web02" in state) == (["web01"], 1, True, False)
    assert state["web01"]["groupid_deployment"] == "hq"
    assert state["web01"].get("__groupid_asked") is None
    assert "groupid_deployment" in set(state["web01"])


class _HostVars(dict[str, dict[str, t.Any]]):
    """As Ansible's: items are resolved, and `raw_get` is not."""

    def raw_get(self, host: str) -> dict[str, t.Any]:
        return {**super().__getitem__(host), "__groupid_probe": {"msg": "{{ lookup('pipe', 'id') }}"}}


def test_an_answer_is_never_read_as_a_template_and_a_variable_is() -> None:
    variables = HostVariables(_HostVars(web01={"groupid_deployment": "resolved", "__groupid_probe": "resolved"}))
    assert variables["web01"]["__groupid_probe"] == {"msg": "{{ lookup('pipe', 'id') }}"}
    assert variables["web01"]["groupid_deployment"] == "resolved"
    assert (list(variables), len(variables), "web01" in variables) == (["web01"], 1, True)
