# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""quiesce and resume: recorded first, stopped in order, brought back exactly; what others changed meanwhile stays."""

from __future__ import annotations

import json
import typing as t
from concurrent import futures

import pytest
from unit.agent.conftest import Host, hold
from unit.agent.runtime_host import RuntimeHost, time_in

from lab.appcmd import Pool


@pytest.fixture
def server(host: Host) -> RuntimeHost:
    """A GroupID 10 server on which all runs, not written yet."""
    server = RuntimeHost(host)
    server.task("\\Imanami\\Job")
    server.task("\\Imanami\\Off", enabled=False)
    server.web(
        Pool("GroupID App Pool", applications={"GroupIDSite/HR": f"{server.folder}/SelfService"}),
        Pool("DefaultAppPool", applications={"Default/": "C:\\inetpub"}),
    )
    server.service("Repl", display_name="Imanami Replication", depends_on=["Elastic"])
    server.service("Elastic", command=f"{server.folder}/ElasticSearch/bin/x.exe", delayed=True)
    server.service("Old", "stopped", "disabled")
    return server


def outcomes(answer: dict[str, t.Any]) -> dict[str, str]:
    return {item["name"]: item["outcome"] for item in answer["entries"]}


def states(server: RuntimeHost) -> dict[str, str]:
    return {name: one["state"] for name, one in server.picture()["services"].items()}


def test_all_is_stopped_and_comes_back(server: RuntimeHost) -> None:
    server.write()
    before = server.picture()
    answer = server.quiesce()
    assert (answer["failed"], answer["changed"]) == (False, True), answer
    assert [(item["kind"], item["name"], item["stopped"]) for item in answer["entries"]] == [
        ("task", "\\Imanami\\Job", True),
        ("task", "\\Imanami\\Off", False),
        ("pool", "GroupID App Pool", True),
        ("service", "Old", False),
        ("service", "Repl", True),
        ("service", "Elastic", True),
    ]
    stopped = server.picture()
    assert states(server) == {"W3SVC": "running", "Repl": "stopped", "Elastic": "stopped", "Old": "stopped"}
    assert [task["enabled"] for task in stopped["tasks"]] == [False, False]
    assert stopped["pools"] == {"GroupID App Pool": ("Stopped", True), "DefaultAppPool": ("Started", True)}
    assert [one["start_type"] for one in stopped["services"].values()] == ["automatic"] * 3 + ["disabled"]
    head = server.ask("state")["record"]
    assert (head["epoch"], head["run"], head["controller"]) == ("20260101T000000Z", "run-1", "ansible01")
    assert head["resumed"] is None
    answer = server.resume()
    assert (answer["failed"], answer["changed"]) == (False, True), answer
    assert set(outcomes(answer).values()) == {"resumed", "untouched"}
    assert server.picture() == before
    assert answer["record"]["resumed"]
    assert server.record()["resumed"] == answer["record"]["resumed"]


def test_the_order_of_the_way_back(server: RuntimeHost) -> None:
    """Elasticsearch before what needs it, tasks last: a service that does not start leaves no task disabled."""
    server.write()
    server.quiesce()
    names = [item["name"] for item in server.resume()["entries"]]
    assert names == ["\\Imanami\\Job", "\\Imanami\\Off", "GroupID App Pool", "Old", "Repl", "Elastic"]


def test_a_second_quiesce_is_refused_and_names_the_owner(server: RuntimeHost) -> None:
    server.write()
    server.quiesce()
    before = server.record()
    answer = server.quiesce(epoch="20260102T000000Z", run="run-2", controller="ansible02")
    error = answer["error"]
    assert error["code"] == "quiesced"
    assert "run-1 of ansible01" in error["cause"]
    assert "20260101T000000Z" in error["cause"]
    assert "identityops.groupid.resume" in error["next"]
    assert server.record() == before
    assert server.resume()["failed"] is False
    assert server.quiesce(epoch="20260102T000000Z")["failed"] is False


def test_the_same_run_again_is_refused_too(server: RuntimeHost) -> None:
    """It would take what it has stopped itself for the state before."""
    server.write()
    server.quiesce()
    assert server.quiesce()["error"]["code"] == "quiesced"


def test_where_nothing_runs_the_record_is_the_lock_all_the_same(host: Host) -> None:
    server = RuntimeHost(host)
    server.service("Old", "stopped", "disabled")
    server.write()
    answers = [server.quiesce(check=True), server.quiesce()]
    assert [(answer["changed"], answer["entries"][0]["stopped"]) for answer in answers] == [(True, False)] * 2
    assert server.quiesce()["error"]["code"] == "quiesced"
    assert outcomes(server.resume()) == {"Old": "untouched"}


def test_check_mode_changes_nothing_and_predicts(server: RuntimeHost) -> None:
    server.write()
    before = server.host.picture()
    previewed = server.quiesce(check=True)
    assert server.host.picture() == before
    answer = server.quiesce()
    assert previewed["entries"] == answer["entries"]
    assert previewed["changed"] is answer["changed"] is True
    before = server.host.picture()
    previewed = server.resume(check=True)
    assert server.host.picture() == before
    answer = server.resume()
    assert (previewed["changed"], outcomes(previewed)) == (answer["changed"], outcomes(answer))
    for operation in (server.resume(check=True), server.resume()):
        assert (operation["changed"], operation["entries"]) == (False, [])


def test_nothing_to_resume(server: RuntimeHost) -> None:
    server.write()
    answer = server.resume()
    assert (answer["failed"], answer["changed"], answer["record"], answer["entries"]) == (False, False, None, [])


def test_another_epoch_is_not_resumed(server: RuntimeHost) -> None:
    server.write()
    server.quiesce()
    error = server.resume(epoch="20260102T000000Z")["error"]
    assert error["code"] == "other_epoch"
    assert "run-1" in error["cause"]
    assert error["next"].startswith("Wait until that run has ended. If it has, or was killed,")
    assert server.resume(epoch="20260101T000000Z")["failed"] is False


def test_a_resume_of_a_named_run_waits_for_the_quiesce_at_work(server: RuntimeHost) -> None:
    """The run may have lost the connection in the middle of it: nobody else comes to start GroupID again."""
    server.write()
    before = server.picture()
    server.quiesce()
    with futures.ThreadPoolExecutor() as pool:
        with (server.host.lock.parent / "quiesce.lock").open("r+") as lock:
            hold(lock)
            resumed = pool.submit(server.resume, run="run-1")
            with pytest.raises(TimeoutError):
                resumed.result(5)
        assert resumed.result()["failed"] is False
    assert server.picture() == before


def test_a_drive_without_room_for_the_job_keeps_nothing_down(server: RuntimeHost) -> None:
    """What was stopped is started by the connection's own agent, if no other one can be given its request."""
    server.write()
    before = server.picture()
    server.quiesce()
    place = {"protocol": 1, "operation": "start", "id": f"resume-{'1' * 32}", "attempt": "a", "wait_ms": 60_000}
    server.host.faults = {"full": ["*/identityops.groupid/*"]}
    answer = server.host.send(json.dumps({**place, "request": json.loads(server.request("resume"))}))
    assert (answer["failed"], answer.get("route")) == (False, "inside"), answer
    assert "No space left" in answer["warnings"][0]
    # The record says that it is not ended, and its next resume does the rest.
    assert answer["answer"]["error"]["code"] == "resume_incomplete"
    server.host.faults = {}
    assert server.picture() == before


def test_an_earlier_try_that_cannot_be_removed_keeps_nothing_down(server: RuntimeHost) -> None:
    """The next try of a run has the same job, and another program may hold a file of the one before."""
    server.write()
    before = server.picture()
    server.quiesce()
    job = f"resume-{'1' * 32}"
    earlier = server.host.lock.parent / "jobs" / job
    earlier.mkdir(parents=True)
    for name, content in (("request", {}), ("result", {"failed": True}), ("delivered", {"attempt": "b"})):
        (earlier / name).with_suffix("" if name == "delivered" else ".json").write_text(json.dumps(content))
    place = {"protocol": 1, "operation": "start", "id": job, "attempt": "a", "wait_ms": 60_000}
    server.host.faults = {"locked": ["*/jobs/*/result.json"]}
    answer = server.host.send(json.dumps({**place, "request": json.loads(server.request("resume"))}))
    assert (answer["failed"], answer.get("route")) == (False, "inside"), answer
    assert answer["answer"]["failed"] is False
    assert server.picture() == before


@pytest.mark.parametrize("operation", ["quiesce", "resume"])
def test_one_at_a_time(server: RuntimeHost, operation: str) -> None:
    server.write()
    server.host.lock.parent.mkdir()
    with (server.host.lock.parent / "quiesce.lock").open("w") as lock:
        hold(lock)
        assert getattr(server, operation)()["error"]["code"] == "locked"


def test_of_two_at_the_same_moment_one_stops_and_the_other_is_refused(server: RuntimeHost) -> None:
    server.write()
    before = server.picture()
    for number in range(3):
        runs = [f"run-{number}-1", f"run-{number}-2"]
        with futures.ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda run: server.quiesce(run=run), runs))
        [stopped] = [answer for answer in answers if not answer["failed"]]
        [refused] = [answer for answer in answers if answer["failed"]]
        assert refused["error"]["code"] in ("locked", "quiesced")
        assert server.record()["run"] == stopped["record"]["run"]
        assert server.resume()["failed"] is False
        assert server.picture() == before


def test_a_backup_at_work_is_in_nobodys_way(server: RuntimeHost) -> None:
    server.write()
    server.host.lock.parent.mkdir()
    with server.host.lock.open("w") as lock:
        hold(lock)
        assert server.quiesce()["failed"] is False


@pytest.mark.parametrize("content", ["", "{}", '{"schema": 1', '{"schema": 2}', "[]"])
def test_a_record_that_cannot_be_is_never_replaced(server: RuntimeHost, content: str) -> None:
    server.write()
    server.host.lock.parent.mkdir()
    record = server.host.lock.parent / "quiesce.json"
    record.write_text(content)
    for answer in (server.quiesce(), server.resume()):
        assert answer["error"]["code"] == "quiesce_record"
        assert answer["error"]["path"] == str(record)
    look = server.ask("state")
    assert (look["failed"], look["record"], len(look["warnings"])) == (False, None, 1)
    assert record.read_text() == content
    assert set(states(server).values()) == {"running", "stopped"}


def test_a_pool_that_serves_others_is_refused_unless_named(server: RuntimeHost) -> None:
    applications = {"GroupIDSite/HR": f"{server.folder}/SelfService", "Shop/": "D:\\Shop"}
    server.iis.install([Pool("GroupID App Pool", applications=applications)])
    server.write()
    error = server.quiesce()["error"]
    assert error["code"] == "pool_shared"
    assert "Shop/" in error["cause"]
    named = [{"kind": "pool", "name": "GroupID App Pool", "shared": True}]
    assert server.quiesce(services=named)["failed"] is False


def test_what_is_named_must_be_there(server: RuntimeHost) -> None:
    server.write()
    error = server.quiesce(services=[{"kind": "service", "name": "Elastik"}])["error"]
    assert error["code"] == "services_unmatched"
    assert "Elastik" in error["cause"]


@pytest.mark.parametrize("runs", [False, True])
def test_a_program_that_is_named_may_run_or_not(server: RuntimeHost, runs: bool) -> None:
    server.processes = [{"id": 7, "program": f"{server.folder}/Console.exe"}] if runs else []
    server.write()
    services = [{"kind": "process", "name": "Console.exe"}]
    assert server.ask("state", services=services)["unmatched"] == []
    answer = server.quiesce(services=services)
    assert (answer["failed"], len(answer["processes"])) == (False, runs)


def test_a_server_without_groupid_is_refused(host: Host) -> None:
    server = RuntimeHost(host)
    server.write()
    assert server.quiesce()["error"]["code"] == "nothing_to_stop"


def test_a_dependent_that_is_not_groupids_is_stopped_before(server: RuntimeHost) -> None:
    server.service("Monitor", command="C:\\m.exe", depends_on=["Repl"])
    server.write()
    before = server.picture()
    names = [item["name"] for item in server.quiesce()["entries"]]
    assert names[-3:] == ["Monitor", "Repl", "Elastic"]
    server.resume()
    assert server.picture() == before


@pytest.mark.parametrize(
    ("pending", "target"), [("start_pending", "running"), ("stop_pending", "stopped"), ("pause_pending", "paused")]
)
def test_a_transition_is_awaited_and_its_end_recorded(server: RuntimeHost, pending: str, target: str) -> None:
    server.services["Repl"].update(state=pending, target=target, due_ms=time_in(0.3))
    server.write()
    assert server.quiesce()["failed"] is False
    assert states(server)["Repl"] == "stopped"
    server.resume()
    assert states(server)["Repl"] == target


def test_a_transition_without_end_refuses(server: RuntimeHost) -> None:
    server.services["Repl"].update(state="start_pending", target="running", due_ms=2**60)
    server.write()
    before = server.read()
    answer = server.quiesce(item_seconds=1)
    assert answer["error"]["code"] == "service_pending"
    assert not (server.host.lock.parent / "quiesce.json").exists()
    assert server.read() == before


@pytest.mark.parametrize(
    "trouble", [{"hangs": ["stop"]}, {"codes": {"stop": 1052}}, {"codes": {"stop": 5}}, {"lingers_ms": 3_600_000}]
)
def test_where_one_thing_does_not_stop_all_is_started_again(server: RuntimeHost, trouble: dict[str, t.Any]) -> None:
    server.services["Elastic"].update(trouble)
    server.write()
    before = server.picture()
    answer = server.quiesce(item_seconds=1)
    if trouble.get("hangs"):
        assert answer["error"]["code"] == "stop_failed"
        assert "except: " in answer["error"]["cause"]
        assert "identityops.groupid.resume" in answer["error"]["next"]
        assert server.record()["resumed"] is None
        server.change("services", 2, state="stopped", target="stopped", due_ms=0, hangs=[])
        assert server.resume()["failed"] is False
        before["services"]["Elastic"]["hangs"] = []
    else:
        assert (answer["error"]["code"], answer["changed"]) == ("stop_failed", False)
        assert "'Elastic'" in answer["error"]["cause"]
        assert server.record()["resumed"]
    assert server.picture() == before


def test_a_process_that_outlives_its_service_is_awaited(server: RuntimeHost) -> None:
    server.services["Elastic"].update(lingers_ms=700)
    server.write()
    answer = server.quiesce()
    assert answer["failed"] is False
    assert answer["seconds"] > 0.7


def test_a_pool_that_iis_starts_again_is_held(server: RuntimeHost) -> None:
    server.iis.change(0, again="1")
    server.write()
    before = server.picture()
    assert server.quiesce()["failed"] is False
    assert server.picture()["pools"]["GroupID App Pool"] == ("Stopped", False)
    server.resume()
    assert server.picture() == before


def test_pools_of_an_iis_that_is_stopped_are_left_alone(server: RuntimeHost) -> None:
    server.iis.change(0, state="Unknown")
    server.write()
    before = server.picture()
    assert server.quiesce()["failed"] is False
    assert server.resume()["failed"] is False
    assert server.picture() == before


def test_a_shared_configuration_is_never_written(server: RuntimeHost) -> None:
    server.iis.change(0, again="1")
    server.iis.share_configuration()
    server.write()
    before = server.picture()
    error = server.quiesce()["error"]
    assert error["code"] == "stop_failed"
    assert "shared with other servers" in error["cause"]
    assert "set" not in (server.iis.folder / "pools" / "0000" / "log").read_text().split()
    assert server.picture() == before


def test_a_running_task_is_awaited_before_what_it_needs_stops(server: RuntimeHost) -> None:
    server.tasks[1]["busy_until_ms"] = time_in(0.5)
    server.write()
    assert server.quiesce()["failed"] is False
    assert server.tasks[1]["enabled"] is False
    assert server.ask("state")["tasks"][1]["instances"] == 0


def test_a_task_that_goes_on_for_ever_stops_nothing(server: RuntimeHost) -> None:
    server.tasks[0]["busy_until_ms"] = 2**60
    server.write()
    before = server.picture()
    error = server.quiesce(item_seconds=1)["error"]
    assert error["code"] == "stop_failed"
    assert "\\Imanami\\Job" in error["cause"]
    assert server.picture() == before
    assert all("log" not in one for one in server.read()["services"])


CHANGES: dict[str, tuple[str, int, dict[str, t.Any], dict[str, t.Any], str]] = {
    # who, what somebody does meanwhile, what is there in the end, what is reported
    "started": ("services", 1, {"state": "running"}, {"state": "running"}, ""),
    "paused": ("services", 1, {"state": "paused"}, {"state": "paused"}, "it was running and is paused"),
    "disabled": (
        *("services", 1, {"start_type": "disabled"}, {"state": "stopped", "start_type": "disabled"}),
        "its start type was automatic and is disabled",
    ),
    "manual": (
        *("services", 1, {"start_type": "manual"}, {"state": "running", "start_type": "manual"}),
        "its start type was automatic and is manual",
    ),
    "one that was stopped": (
        "services",
        3,
        {"state": "running"},
        {"state": "running"},
        "it was stopped and is running",
    ),
    "enabled": ("tasks", 1, {"enabled": True}, {"enabled": True}, "it is enabled now, and was not before"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_somebody_changed_meanwhile_stays_and_is_named(server: RuntimeHost, case: str) -> None:
    kind, number, change, after, reported = CHANGES[case]
    server.write()
    server.quiesce()
    server.change(kind, number, **change)
    previewed = server.resume(check=True)
    answer = server.resume()
    assert answer["failed"] is False
    assert previewed["entries"] == answer["entries"]
    one = server.read()[kind][number]
    found = server.picture()["services"][one["name"]] if kind == "services" else one
    assert {name: found[name] for name in after} == after
    notes = {item["name"]: item["note"] for item in answer["entries"] if item["note"]}
    assert notes == ({one.get("name", one.get("path")): reported} if reported else {})


def test_what_is_gone_is_named(server: RuntimeHost) -> None:
    server.write()
    server.quiesce()
    found = server.read()
    gone = {"services": found["services"][:1], "tasks": [], "processes": []}
    (server.host.folder / "services.json").write_text(json.dumps(gone))
    previewed = server.resume(check=True)
    answer = server.resume()
    assert previewed["entries"] == answer["entries"]
    assert answer["failed"] is False
    assert {item["note"] for item in answer["entries"] if item["kind"] != "pool"} == {"it is no longer there"}


@pytest.mark.parametrize(
    ("trouble", "reported"),
    [
        ({"codes": {"start": 1069}}, "(1069)"),
        ({"falls": 1067}, "it stopped again, error 1067"),
        ({"hangs": ["start"]}, "it has not started after 1 seconds"),
    ],
)
def test_one_that_does_not_start_holds_no_other_up(
    server: RuntimeHost, trouble: dict[str, t.Any], reported: str
) -> None:
    server.write()
    before = server.picture()
    server.quiesce()
    server.change("services", 1, **trouble)
    answer = server.resume(item_seconds=1)
    assert answer["error"]["code"] == "resume_incomplete"
    assert "'Repl'" in answer["error"]["cause"]
    assert reported in answer["error"]["cause"]
    assert outcomes(answer) == {
        "\\Imanami\\Job": "resumed",
        "\\Imanami\\Off": "untouched",
        "GroupID App Pool": "resumed",
        "Old": "untouched",
        "Repl": "failed",
        "Elastic": "resumed",
    }
    assert [task["enabled"] for task in server.picture()["tasks"]] == [True, False]
    assert server.quiesce(epoch="20260102T000000Z")["error"]["code"] == "quiesced"
    server.change("services", 1, codes={}, falls=0, hangs=[], state="stopped", target="stopped", due_ms=0)
    assert server.resume()["failed"] is False
    after = server.picture()
    for name in ("codes", "falls", "hangs"):
        after["services"]["Repl"].pop(name, None)
    assert after == before


def test_a_pool_that_does_not_start_holds_no_task_up(server: RuntimeHost) -> None:
    server.write()
    server.quiesce()
    server.iis.change(0, refuses="start")
    answer = server.resume()
    assert answer["error"]["code"] == "resume_incomplete"
    assert "The service cannot accept control messages at this time. <start>" in answer["error"]["cause"]
    assert server.picture()["tasks"][0]["enabled"] is True


def test_a_full_drive_keeps_nothing_down(server: RuntimeHost) -> None:
    server.write()
    before = server.picture()
    server.quiesce()
    server.host.faults = {"full_after_bytes": 500}
    answer = server.resume()
    assert answer["error"]["code"] == "resume_incomplete"
    assert "the record does not say so" in answer["error"]["cause"]
    assert server.picture() == before
    server.host.faults = {}
    assert server.resume()["failed"] is False
    assert server.picture() == before


def test_a_full_drive_stops_nothing(server: RuntimeHost) -> None:
    server.write()
    before = server.picture()
    server.host.faults = {"full_after_bytes": 500}
    assert server.quiesce()["error"]["code"] == "write_failed"
    assert server.picture() == before
