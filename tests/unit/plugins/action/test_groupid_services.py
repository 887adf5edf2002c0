# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_services asks."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, job, trusted

Make = t.Callable[..., Host]
NAMED = {"kind": "service", "name": "GroupIDElastic*", "shared": False}


def test_request(host: Make) -> None:
    made = host("groupid_services", {"version": "10.0"}, answer("state"))
    assert made.run()["failed"] is False
    [request] = made.requests
    assert (request["operation"], request["check"], request["version"]) == ("state", False, "10.0")
    assert request["services"] == []
    assert {
        "version": "11.0",
        "kind": "pool",
        "name": "GroupIDAppPool11",
        "program": None,
        "component": None,
    } in request["runs"]
    assert "*GroupID*" in request["similar"]


def test_an_announcement_is_printed_and_not_sent(host: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    printed: list[str] = []
    action = "ansible_collections.identityops.groupid.plugins.action.groupid_services"
    monkeypatch.setattr(f"{action}.show", printed.extend)
    lines = ["Note (web01): A backup stops service Data;", "  pool secret4711."]
    made = host("groupid_services", {"state": "recorded", "announcement": lines}, job("quiesce"))
    assert made.run(groupid_network_username="CORP\\svc", groupid_network_password="secret4711")["failed"] is False
    assert printed == [lines[0], "  pool ********."]
    assert "announcement" not in str(made.requests)
    host("groupid_services", {"state": "recorded"}, job("quiesce")).run()
    assert len(printed) == 2


def test_the_account_for_shares_is_not_sent(host: Make) -> None:
    made = host("groupid_services", {}, answer("state"))
    made.run(groupid_network_username="CORP\\svc", groupid_network_password="secret4711")
    assert "network" not in made.requests[0]


@pytest.mark.parametrize(
    "given", [[NAMED], '[{"kind": "service", "name": "GroupIDElastic*"}]', trusted("{{ [named] }}")]
)
def test_the_variable_is_the_default(host: Make, given: t.Any) -> None:
    made = host("groupid_services", {}, answer("state"))
    made.run(groupid_services=given, named={"kind": "service", "name": "GroupIDElastic*"})
    assert made.requests[0]["services"] == [NAMED]


def test_the_option_is_stronger_than_the_variable(host: Make) -> None:
    made = host("groupid_services", {"services": [{"kind": "pool", "name": "a", "shared": True}]}, answer("state"))
    made.run(groupid_services=[NAMED])
    assert made.requests[0]["services"] == [{"kind": "pool", "name": "a", "shared": True}]


@pytest.mark.parametrize(
    ("given", "reported"),
    [
        ([{"kind": "site", "name": "a"}], "groupid_services, item 1, kind must be one of service, pool, task, process"),
        ([{"kind": "service"}], "groupid_services, item 1 has no name"),
        ("elastic", "groupid_services must be a list of dictionaries"),
    ],
)
def test_a_variable_that_is_wrong_is_named(host: Make, given: t.Any, reported: str) -> None:
    made = host("groupid_services", {})
    result = made.run(groupid_services=given)
    assert result["error"]["code"] == "argument"
    assert reported in result["msg"]
    assert made.requests == []


def test_a_quiesce_is_a_job_that_says_who_asks(host: Make) -> None:
    made = host("groupid_services", {"state": "quiesced", "epoch": "20261122T150405Z", "run": "r1"}, job("quiesce"))
    assert made.run(groupid_services=[NAMED])["failed"] is False
    [request] = made.operations
    assert (request["operation"], request["epoch"], request["run"]) == ("quiesce", "20261122T150405Z", "r1")
    assert (request["item_seconds"], request["services"]) == (120, [NAMED])
    assert request["controller"]


@pytest.mark.parametrize(("state", "operation"), [("quiesced", "quiesce"), ("resumed", "resume")])
def test_a_variable_says_how_long_a_service_may_take(host: Make, state: str, operation: str) -> None:
    made = host("groupid_services", {"state": state}, job(operation))
    made.run(groupid_services_timeout="600")
    assert made.operations[0]["item_seconds"] == 600
    given = host("groupid_services", {"state": state, "item_timeout": 7}, job(operation))
    given.run(groupid_services_timeout="600")
    assert given.operations[0]["item_seconds"] == 7
    wrong = host("groupid_services", {"state": state}).run(groupid_services_timeout="5 min")
    assert (wrong["error"]["code"], "groupid_services_timeout" in wrong["msg"]) == ("argument", True)


def test_a_record_is_the_first_phase(host: Make) -> None:
    args = {"state": "recorded", "epoch": "20261122T150405Z", "run": "r1", "quiesce_max": 60, "only": "elasticsearch"}
    made = host("groupid_services", args, job("quiesce"))
    assert made.run()["failed"] is False
    [request] = made.operations
    assert (request["operation"], request["phase"], request["watchdog_seconds"]) == ("quiesce", "record", 60)
    assert request["only"]["component"] == "elasticsearch"


@pytest.mark.parametrize(("required", "phase"), [(True, "stop"), (False, None)])
def test_a_run_that_has_recorded_the_host_needs_that_record(host: Make, required: bool, phase: str | None) -> None:
    args = {"epoch": "20261122T150405Z", "run": "r1", "require_record": required}
    stop = host("groupid_services", {"state": "quiesced", **args}, job("quiesce"))
    resume = host("groupid_services", {"state": "resumed", **args}, job("resume"))
    assert (stop.run()["failed"], resume.run()["failed"]) == (False, False)
    assert stop.operations[0]["phase"] == phase
    assert resume.operations[0]["require_record"] is required


def test_a_quiesce_has_both_phases_and_a_watchdog(host: Make) -> None:
    made = host("groupid_services", {"state": "quiesced"}, job("quiesce"))
    made.run()
    [request] = made.operations
    assert (request["phase"], request["watchdog_seconds"], request["only"]) == (None, 7200, None)


def test_two_quiesces_are_two_runs_and_two_jobs(host: Make) -> None:
    asked = []
    for dummy in range(2):
        made = host("groupid_services", {"state": "quiesced"}, job("quiesce"))
        made.run()
        asked.append((made.operations[0]["run"], made.requests[0]["id"]))
    assert asked[0][0] != asked[1][0]
    assert asked[0][1] != asked[1][1]


def test_a_resume_asks_for_no_names(host: Make) -> None:
    made = host("groupid_services", {"state": "resumed", "item_timeout": 7}, job("resume"))
    assert made.run(groupid_services="what is wrong is in nobody's way")["failed"] is False
    [request] = made.operations
    assert request == {
        "protocol": 1,
        "check": False,
        "operation": "resume",
        "epoch": None,
        "run": None,
        "require_record": False,
        "item_seconds": 7,
    }


@pytest.mark.parametrize("state", ["quiesced", "resumed"])
def test_in_check_mode_no_job_is_left_on_the_host(host: Make, state: str) -> None:
    made = host("groupid_services", {"state": state}, answer("quiesce"), check_mode=True)
    made.run()
    assert made.requests[0]["operation"] in ("quiesce", "resume")
    assert made.requests[0]["check"] is True


@pytest.mark.parametrize(
    ("args", "reported"),
    [
        ({"state": "quiesced", "epoch": "today"}, "Set id 'today'"),
        ({"state": "resumed", "item_timeout": 0}, "item_timeout is 0"),
        ({"state": "recorded", "quiesce_max": 86_401}, "quiesce_max is 86401"),
    ],
)
def test_what_cannot_be_is_refused(host: Make, args: dict[str, t.Any], reported: str) -> None:
    made = host("groupid_services", args)
    result = made.run()
    assert result["error"]["code"] == "argument"
    assert reported in result["msg"]
