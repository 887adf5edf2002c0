# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which servers a backup stops, in which order they are recorded, and when they are released."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import quiescing, steps
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState

ERROR = {"failed_when_result": False, "schema": 1, "error": DISK_FULL.explained()}
SKIPPED = {"skipped": True}
RECORDED = {"schema": 1, "record": {"epoch": SET, "resumed": None}}
NOTHING = {"schema": 1, "services": [], "pools": [], "tasks": [], "record": None}
RUNNING = {
    **NOTHING,
    "services": [{"name": "Elastic", "state": "running"}, {"name": "Off", "state": "stopped"}],
    "pools": [{"name": "Pool11", "state": "started"}],
    "tasks": [{"path": "\\Sync", "enabled": True}, {"path": "\\Old", "enabled": False}],
}


def backup(*hosts: str, running: dict[str, t.Any] | None = None, **asked: t.Any) -> Facts:
    """A backup after its preflight. running: answers by host; by default something runs on all of them."""
    facts = run_facts.answered("backup", *(hosts or ("web01", "web02")), **asked)
    for name, host in facts.items():
        host["__groupid_planned"] = {**host["__groupid_planned"], "run": "r1", "forks": 5, "batched": True}
        host["__groupid_running"] = (running or {}).get(name, RUNNING)
    return facts


def asks(facts: Facts, question: str) -> list[t.Any]:
    return [steps.QUESTIONS[question](RunState(facts), host) for host in facts if "__groupid_settings" in facts[host]]


def test_the_first_server_is_recorded_before_the_others() -> None:
    facts = backup("web02", "web01", "web03", running={"web03": NOTHING})
    assert (asks(facts, "records_first"), asks(facts, "records")) == ([False, True, False], [False] * 3)
    facts["web01"]["__groupid_recorded_first"] = RECORDED
    assert asks(facts, "records") == [True, False, False], "web03 has nothing to stop"
    facts["web01"]["__groupid_recorded_first"] = ERROR
    assert asks(facts, "records") == [False] * 3


def test_a_database_part_of_an_earlier_run_on_another_computer_stops_nothing() -> None:
    """No list of the servers shows it; who makes room for the backup learns of it, before anything is recorded."""
    facts = backup(set_id="20261125T120000Z")
    facts["web01"]["__groupid_sql_place"] = {"schema": 1, "complete": False}
    assert asks(facts, "records_first") == [True, False]
    facts["web01"]["__groupid_sql_place"]["complete"] = True
    assert asks(facts, "records_first") == [False, False]
    state = RunState(facts)
    assert [quiescing.mode(state, host) for host in ("web01", "web02")] == [quiescing.NONE] * 2
    assert "parts of an earlier run" in quiescing.hindrance(state, "web02")


def test_a_first_server_without_anything_to_stop_has_no_record() -> None:
    facts = backup(running={"web01": NOTHING})
    assert asks(facts, "records_first") == [False, True]
    assert not any(asks(backup(running={"web01": NOTHING, "web02": NOTHING}), "records_first"))


def test_servers_are_stopped_only_when_all_are_recorded() -> None:
    facts = backup("web01", "web02", "web03", running={"web03": NOTHING})
    facts["web01"]["__groupid_recorded_first"] = RECORDED
    step = asks(facts, "saving")[0]
    assert (step["quiesce"], step["run"]) == ({}, "")
    facts["web02"]["__groupid_recorded"] = RECORDED
    saving = asks(facts, "saving")
    assert [bool(one["quiesce"]) for one in saving] == [True, True, False]
    assert {one["run"] for one in saving} == {"r1"}, "web03 waits for the others too"
    assert [one["members"] for one in saving] == [["web01", "web02", "web03"]] * 3
    wanted = {"epoch": saving[0]["set_id"], "run": "r1", "only": "all", "quiesce_max": 7200, "require_record": True}
    assert {name: saving[0]["quiesce"][name] for name in wanted} == wanted


@pytest.mark.parametrize(("code", "released"), [("job_died", True), ("connection_lost", True), ("write_failed", False)])
def test_a_server_that_may_have_a_record_is_released(code: str, released: bool) -> None:
    facts = backup()
    failure = Failure(code, "The operation did not come to its end", "it died", "Run again.")
    facts["web01"]["__groupid_recorded_first"] = {**ERROR, "error": failure.explained()}
    assert asks(facts, "releases") == [released, False]


@pytest.mark.parametrize(("resumed", "released"), [(None, True), ("2026-01-01T00:00:00Z", False)])
def test_a_failure_that_has_left_a_record_open_is_released(resumed: str | None, released: bool) -> None:
    """Such as a watchdog that did not prove itself, and then a full drive."""
    facts = backup()
    failure = Failure("watchdog_failed", "GroupID was not stopped", "no mark", "Look.")
    left = {"record": {"epoch": SET, "resumed": resumed}}
    facts["web01"]["__groupid_recorded_first"] = {**ERROR, "error": failure.explained(), **left}
    assert asks(facts, "releases") == [released, False]
    assert asks(facts, "release")[0]["require_record"] is False, "nothing was stopped"


@pytest.mark.parametrize(
    ("saved", "required"),
    [
        ({}, False),
        (SKIPPED, False),
        ({"schema": 1, "stopped": None}, False),
        ({"schema": 1, "stopped": {"schema": 1, "record": {}}}, True),
        ({"schema": 1, "stopped": {"unreachable": True, "msg": "gone"}}, True),
        ({"schema": 1, "stopped": {**ERROR, "error": {**DISK_FULL.explained(), "code": "quiesce_record"}}}, False),
        ({"failed": True, "msg": "A worker was found in a dead state"}, True),
    ],
)
def test_a_release_needs_the_record_of_what_may_be_stopped(saved: dict[str, t.Any], required: bool) -> None:
    """If the record is gone before anything was stopped, nothing is lost."""
    facts = backup(set_id=SET)
    facts["web01"].update(__groupid_recorded_first=RECORDED, __groupid_saved=saved)
    assert asks(facts, "release")[0] == {"epoch": SET, "run": "r1", "require_record": required}


def test_what_vanished_before_it_was_recorded_stops_nothing() -> None:
    facts = backup()
    for host, name in (("web01", "__groupid_recorded_first"), ("web02", "__groupid_recorded")):
        facts[host][name] = {"schema": 1, "record": None}
    assert asks(facts, "records") == [False, False]
    assert [bool(one["quiesce"]) for one in asks(facts, "saving")] == [False, False]
    assert asks(facts, "saves") == [True, True]


def test_in_check_mode_the_same_servers_would_be_stopped_and_none_is_released() -> None:
    facts = backup()
    for host in facts.values():
        host["__groupid_settings"]["asked"]["check"] = True
    facts["web01"]["__groupid_recorded_first"] = {"schema": 1, "record": None}
    assert asks(facts, "records") == [False, True]
    facts["web02"]["__groupid_recorded"] = {"schema": 1, "record": None}
    assert [bool(one["quiesce"]) for one in asks(facts, "saving")] == [True, True]
    assert asks(facts, "releases") == [False, False]


@pytest.mark.parametrize(
    ("answers", "released"),
    [
        ({}, True),
        ({"__groupid_saved": SKIPPED}, True),
        ({"__groupid_saved": {"failed": True, "msg": "A worker was found in a dead state"}}, True),
        ({"__groupid_saved": {"schema": 1, "resumed": ERROR}}, True),
        ({"__groupid_saved": {"schema": 1, "resumed": {"unreachable": True, "msg": "gone"}}}, True),
        ({"__groupid_saved": {"schema": 1, "resumed": {"schema": 1, "entries": []}}}, False),
        ({"__groupid_saved": {**ERROR, "part": ERROR, "resumed": {"schema": 1, "entries": []}}}, False),
    ],
)
def test_a_record_is_released_unless_its_end_is_proved(answers: dict[str, t.Any], released: bool) -> None:
    facts = backup()
    facts["web01"].update(__groupid_recorded_first=RECORDED, **answers)
    facts["web02"]["__groupid_recorded"] = ERROR
    assert asks(facts, "releases") == [released, False]


def test_a_record_of_another_run_is_never_released() -> None:
    facts = backup()
    facts["web01"]["__groupid_recorded_first"] = ERROR
    assert asks(facts, "releases") == [False, False]


def test_a_run_that_does_not_see_all_members_stops_nothing_and_says_so() -> None:
    facts = backup("web01", set_id="20261125T120000Z")
    facts["web02"] = {"groupid_deployment": "hq"}
    run_facts.reviewed(facts, "backup")
    assert asks(facts, "records_first") == [False]
    [note] = [one for one in RunState(facts)["web01"]["__groupid_notes"] if "stop" in one]
    assert note == "This run does not stop GroupID on hq: this run does not include web02."
    assert RunState(facts)["web01"]["__groupid_quiesced"]["mode"] == "none"


@pytest.mark.parametrize("state", ["complete", "waived", "unfinished"])
def test_a_set_with_parts_of_an_earlier_run_is_no_point_in_time(state: str) -> None:
    facts = backup(set_id=SET)
    own = listed(part("web02", state=state), sealed=False)
    facts["web01"]["__groupid_probe"] = probe("web01")
    facts["web02"]["__groupid_probe"] = probe("web02", own)
    assert asks(facts, "quiesce")[0]["only"] == ("all" if state == "unfinished" else "none")


def test_none_stops_nothing_and_asks_for_no_answer_about_services() -> None:
    facts = backup(quiesce="none", components=["reports"])
    assert not any(asks(facts, "records_first"))
    assert by_step.against(RunState(facts), "web01", "running") == []
    facts["web01"]["__groupid_running"] = ERROR
    assert RunState(facts)["web01"]["__groupid_failures"] == []
    assert asks(facts, "saves") == [True, True]
    assert asks(facts, "saving")[0]["run"] == ""


def test_where_services_cannot_be_looked_at_nothing_is_saved() -> None:
    facts = backup()
    facts["web01"]["__groupid_running"] = ERROR
    assert [one["code"] for one in RunState(facts)["web01"]["__groupid_failures"]] == ["no_space"]
    assert asks(facts, "saves") == [False, False]


def test_what_a_backup_stops_is_shown_once_before_anything_is_recorded() -> None:
    data = {**NOTHING, "services": [{"name": name, "state": "running"} for name in ("Data", "Elastic")]}
    facts = backup("web01", "web02", "web03", "web04", running={"web01": NOTHING, "web04": data})
    shown = [
        "Note (web02, web03): A backup stops service Elastic; pool Pool11; task \\Sync.",
        "Note (web04): A backup stops services Data, Elastic.",
    ]
    assert asks(facts, "announcement") == [[], shown, [], []], "web02 is recorded first"
    assert RunState(facts)["web02"]["__groupid_notes"] == []
    facts["web01"]["__groupid_recorded_first"] = SKIPPED
    assert asks(facts, "announcement")[1] == shown
    facts["web02"]["__groupid_recorded_first"] = RECORDED
    assert asks(facts, "announcement") == [[]] * 4


def test_what_is_stopped_is_shown_for_all_deployments_at_once_but_those_that_failed() -> None:
    facts = {**backup("web01"), **backup("old01", "old02", deployment="branch"), **backup("new01", deployment="new")}
    for host in facts.values():
        host.pop("__groupid_review")
    run_facts.reviewed(facts, "backup")
    for host in facts.values():
        host["__groupid_planned"] = {**host["__groupid_planned"], "run": "r1", "forks": 5, "batched": True}
    first, *others = RunState(facts)["web01"]["__groupid_plan"]["hosts"]
    of_all = ["Note (new01, old01, old02, web01): A backup stops service Elastic; pool Pool11;", "  task \\Sync."]
    state = RunState(facts)
    told = {host: steps.QUESTIONS["announcement"](state, host) for host in facts}
    assert {host: lines for host, lines in told.items() if lines} == {first: of_all}
    deployment = state[first]["__groupid_settings"]["asked"]["deployment"]
    left = [host for host in others if state[host]["__groupid_settings"]["asked"]["deployment"] != deployment]
    facts[first]["__groupid_recorded_first"] = ERROR
    state = RunState(facts)
    assert not any(steps.QUESTIONS["announcement"](state, host) for host in facts), "they were shown already"
    facts[first]["__groupid_recorded_first"] = {}
    facts[first]["__groupid_running"] = ERROR
    state = RunState(facts)
    assert [host for host in facts if steps.QUESTIONS["announcement"](state, host)] == left[:1]


STRAYS = {
    **RUNNING,
    "similar": [
        {"kind": "service", "name": "NetwrixAgent"},
        {"kind": "service", "name": "GroupIDHelper"},
        {"kind": "task", "name": "\\GroupID nightly"},
    ],
    "services": [{"name": "Elastic", "state": "running", "process": 4}],
    "processes": [
        {"id": 4, "program": "C:\\Program Files\\Imanami\\GroupID 10.0\\Elastic.exe"},
        {"id": 7, "program": "C:\\Program Files\\Imanami\\GroupID 10.0\\GroupID.exe"},
        {"id": 8, "program": "C:\\Program Files\\Imanami\\GroupID 10.0\\GroupID.exe"},
    ],
}


def test_what_looks_like_groupid_and_is_not_stopped_is_named() -> None:
    facts = RunState(backup(running={"web01": STRAYS}))
    assert quiescing.stopping(facts, "web01") == "A backup stops service Elastic; pool Pool11; task \\Sync."
    similar, programs = quiescing.going_on(facts, "web01")
    assert "does not stop them: services NetwrixAgent, GroupIDHelper; task \\GroupID nightly. If one" in similar
    assert "groupid_services" in similar
    assert "does not stop them itself: GroupID.exe. If one still runs" in programs
    assert "programs_running" in programs


def test_what_looks_like_groupid_is_named_even_if_nothing_of_it_is_known() -> None:
    strays = {**NOTHING, "similar": STRAYS["similar"]}
    [similar] = quiescing.going_on(RunState(backup(running={"web01": strays})), "web01")
    assert "\\GroupID nightly" in similar


@pytest.mark.parametrize("quiesce", ["elasticsearch", "none"])
def test_where_not_all_is_stopped_nothing_is_said_of_what_goes_on(quiesce: str) -> None:
    facts = RunState(backup(running={"web01": STRAYS}, quiesce=quiesce, components=["reports"]))
    assert quiescing.going_on(facts, "web01") == []


def test_only_elasticsearch_is_asked_for_where_nothing_else_would_be_stopped() -> None:
    assert asks(backup(quiesce="elasticsearch"), "quiesced_kind") == ["elasticsearch"] * 2
    assert asks(backup(quiesce="none"), "quiesced_kind") == ["all"] * 2


def test_a_seal_is_told_how_each_server_was_stopped() -> None:
    facts = backup()
    stopped, resumed = {"schema": 1, "entries": []}, {"schema": 1, "entries": [], "down_ms": 5, "proof": None}
    facts["web01"]["__groupid_saved"] = {"schema": 1, "stopped": stopped, "resumed": resumed, "downtime_seconds": 0.005}
    known = RunState(facts)["web01"]["__groupid_quiesced"]
    assert known == {"mode": "all", "running": RUNNING, "stopped": stopped, "resumed": resumed}
    facts["web01"]["__groupid_released"] = {**resumed, "down_ms": 7}
    assert RunState(facts)["web01"]["__groupid_quiesced"]["resumed"]["down_ms"] == 7
    assert quiescing.downtime(RunState(facts), "web01") == 0.005
