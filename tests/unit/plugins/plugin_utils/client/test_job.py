# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A job followed to its end: calls, pauses, lost connections, interruptions, lines of progress."""

from __future__ import annotations

import json
import re
import typing as t

import pytest
import requests
from ansible.errors import AnsibleAuthenticationFailure, AnsibleConnectionFailure
from unit.plugins.recorded_host import Host, Outcome, bootstrap_failure, error, job, job_state

from ansible_collections.identityops.groupid.plugins.module_utils import retry
from ansible_collections.identityops.groupid.plugins.plugin_utils.client import client as client_module
from ansible_collections.identityops.groupid.plugins.plugin_utils.client import job as job_module

Make = t.Callable[..., Host]
ARGS = {"backup_root": "D:\\Backups", "deployment": "hq", "set_id": "20260101T000000Z"}
LOST = requests.ConnectionError("gone")
HICCUP = bootstrap_failure("c:\\x.0.cs(1) : Der Prozess kann nicht auf die Datei zugreifen")
PROGRESS = {"phase": "copying", "files": 5, "files_total": 10, "bytes": 500, "bytes_total": 1000, "seconds": 5}
RUNNING = job_state("poll", progress=PROGRESS)
DONE = job_state("poll", state="ended", answer=json.loads(job("verify")["stdout"])["answer"])


class Clock:
    """Time that passes only when somebody sleeps, or the host waits."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class Screen:
    """What is shown."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.details: list[str] = []

    def display(self, text: str) -> None:
        self.lines.append(text)

    def warning(self, text: str) -> None:
        self.lines.append(f"warning: {text}")

    def vv(self, text: str, host: str) -> None:
        assert host in text
        self.details.append(text)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (client_module, job_module):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    screen = Screen()
    for module in (client_module, job_module):
        monkeypatch.setattr(module, "Display", lambda: screen)
    monkeypatch.setattr(job_module, "show", screen.lines.extend)
    return screen


def verify(host: Make, *outcomes: Outcome, **options: t.Any) -> Host:
    return host("groupid_backup_verify", ARGS, *outcomes, **options)


def calls(made: Host) -> list[str]:
    return [request["operation"] for request in made.requests]


def test_short_work_is_one_call(host: Make, clock: Clock) -> None:
    made = verify(host, job("verify", files=3))
    assert made.run()["files"] == 3
    [request] = made.requests
    assert (request["operation"], request["wait_ms"]) == ("start", 10000)
    assert (request["request"]["operation"], request["request"]["check"]) == ("verify", False)
    assert request["request"]["protocol"] == 1
    assert clock.slept == []


def test_check_mode_is_no_job(host: Make, clock: Clock) -> None:
    made = host("groupid_backup_verify", ARGS, job("verify"), check_mode=True)
    made.run()
    assert calls(made) == ["verify"]


def test_long_work_is_asked_for_until_it_ends(host: Make, clock: Clock, screen: Screen) -> None:
    made = verify(host, job_state("start"), RUNNING, RUNNING, RUNNING, DONE)
    assert made.run()["failed"] is False
    assert calls(made) == ["start", "poll", "poll", "poll", "poll"]
    assert clock.slept == [1, 1, 1, 1]
    assert len({(request["id"], request["attempt"]) for request in made.requests}) == 1
    assert all(request["wait_ms"] <= 10000 for request in made.requests)


def test_id_is_made_of_what_is_asked(host: Make, clock: Clock) -> None:
    ids, attempts = [], []
    for args in (ARGS, ARGS, {**ARGS, "deployment": "branch"}):
        made = host("groupid_backup_verify", args, job("verify"))
        made.run()
        ids.append(made.requests[0]["id"])
        attempts.append(made.requests[0]["attempt"])
    assert ids[0] == ids[1] != ids[2]
    assert len(set(attempts)) == 3


@pytest.mark.parametrize(("polls", "line"), [(24, 35), (200, 65)])
def test_a_line_every_thirty_seconds_and_later_at_every_poll(
    host: Make, clock: Clock, screen: Screen, polls: int, line: int
) -> None:
    made = verify(host, job_state("start"), *[RUNNING] * polls, DONE)
    execute = made.connection.exec_command

    def slow(cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        outcome = execute(cmd, in_data, sudoable)
        clock.now += made.requests[-1]["wait_ms"] / 1000 + 1  # what a call costs beside its wait
        at.append(clock.now)
        return outcome

    at: list[float] = []
    made.connection.exec_command = slow  # type: ignore[method-assign]
    made.run()
    seconds = at[-1] - 1000
    assert seconds / line - 1 <= len(screen.lines) <= seconds / 30
    assert set(screen.lines) == {
        "web01.inventory: verify: copying, 5 of 10 files, 500 bytes of 1.0 KB, 100 bytes/s, 0:00:05 left"
    }


@pytest.mark.parametrize("fault", [LOST, AnsibleConnectionFailure("http 500"), AnsibleAuthenticationFailure("401")])
@pytest.mark.parametrize("poll", range(1, 11))
def test_connection_lost_at_a_poll(host: Make, clock: Clock, screen: Screen, fault: Exception, poll: int) -> None:
    outcomes = [job_state("start"), *[RUNNING] * (poll - 1), fault, *[RUNNING] * 2, DONE]
    made = verify(host, *outcomes)
    assert made.run()["failed"] is False
    assert calls(made) == ["start", *["poll"] * (len(outcomes) - 1)]
    assert made.connection.outcomes == []


def test_secrets_are_masked_in_what_is_shown_of_a_lost_connection(host: Make, clock: Clock, screen: Screen) -> None:
    echo = {"rc": 1, "stdout": "", "stderr": "At line:1: hunter2222"}
    made = verify(host, job_state("start"), AnsibleConnectionFailure("401: svc:hunter2222"), echo, DONE)
    assert made.run(groupid_network_username="CORP\\svc", groupid_network_password="hunter2222")["failed"] is False
    _route, first, _second = screen.details
    assert "hunter2222" not in str(screen.details)
    assert "401" in first


def test_connection_lost_at_the_start(host: Make, clock: Clock) -> None:
    made = verify(host, LOST, job_state("start"), DONE)
    result = made.run()
    assert (result["failed"], calls(made), result["warnings"]) == (False, ["start", "start", "poll"], [])
    assert made.requests[0] == made.requests[1]


def test_answer_cut_off_is_asked_for_again(host: Make, clock: Clock) -> None:
    made = verify(host, {"rc": 0, "stdout": '{"protocol": 1, "opera'}, job("verify"))
    assert (made.run()["failed"], calls(made)) == (False, ["start", "start"])


def test_no_answer_for_good_is_reported_as_such(host: Make, clock: Clock) -> None:
    made = verify(host, *[{"rc": 5, "stdout": ""}] * 6)
    result = made.run()
    assert (result["error"]["code"], len(made.requests)) == ("no_answer", 6)


def test_connection_lost_for_good(host: Make, clock: Clock) -> None:
    made = verify(host, job_state("start"), *[LOST] * 10)
    result = made.run()
    assert (result["failed"], result["error"]["code"]) == (True, "connection_lost")
    assert "unreachable" not in result
    assert len(made.requests) == 2 + len(retry.PAUSES)
    assert made.requests[0]["id"] in result["msg"]
    assert "Run the same again" in result["msg"]


def test_a_lost_backup_says_with_what_its_set_is_finished(host: Make, clock: Clock) -> None:
    """A new set would be another job, and a set of two runs is not sealed if nobody accepts it."""
    made = host("groupid_backup_folder", ARGS, job_state("start"), *[LOST] * 10)
    said = made.run()["error"]["next"]
    options = re.findall(r"-e (\S+)", said)
    assert options == [
        "groupid_deployments=hq",
        "groupid_set_id=20260101T000000Z",
        "groupid_waive=elasticsearch_running",
    ]
    assert "leave this out" in said


def test_host_gone_for_good_is_no_unreachable_host(host: Make, clock: Clock) -> None:
    made = verify(host, job_state("start"), *[AnsibleConnectionFailure("no route")] * 10)
    result = made.run()
    assert (result["failed"], result["error"]["code"]) == (True, "connection_lost")
    assert "no route" in result["error"]["cause"]


@pytest.mark.parametrize("poll", [1, 2, 4])
def test_a_hiccup_at_a_poll_is_waited_out(host: Make, clock: Clock, screen: Screen, poll: int) -> None:
    """The job goes on, whatever keeps PowerShell from looking."""
    made = verify(host, job_state("start"), *[RUNNING] * (poll - 1), *[HICCUP] * 5, RUNNING, *[HICCUP, LOST] * 2, DONE)
    assert made.run()["failed"] is False
    assert (made.connection.outcomes, set(calls(made)[1:])) == ([], {"poll"})


def test_hiccups_without_end_never_say_that_a_job_was_not_started(host: Make, clock: Clock, screen: Screen) -> None:
    result = verify(host, job_state("start"), *[HICCUP] * 9).run()
    assert result["error"]["code"] == "connection_lost"
    assert "not started" not in result["msg"]
    assert "The operation continues" in result["msg"]
    assert "Der Prozess kann nicht" in result["error"]["cause"]


def test_a_hiccup_at_the_start_is_waited_out(host: Make, clock: Clock, screen: Screen) -> None:
    made = verify(host, *[HICCUP] * 5, job("verify"))
    assert (made.run()["failed"], clock.slept) == (False, list(retry.PAUSES))


def test_hiccups_at_every_start_are_reported_as_not_started(host: Make, clock: Clock, screen: Screen) -> None:
    result = verify(host, *[HICCUP] * 9).run()
    assert result["error"]["code"] == "bootstrap"
    assert "not started" in result["msg"]


def test_a_start_that_may_have_been_heard_is_never_reported_as_not_started(
    host: Make, clock: Clock, screen: Screen
) -> None:
    result = verify(host, LOST, *[HICCUP] * 9).run()
    assert result["error"]["code"] == "connection_lost"
    assert "not started" not in result["msg"]


def test_host_that_was_never_there_is_unreachable(host: Make, clock: Clock) -> None:
    made = verify(host, opening=AnsibleConnectionFailure("no route"))
    with pytest.raises(AnsibleConnectionFailure, match="no route"):
        made.run()
    assert clock.slept == []


def test_a_new_connection_is_opened(host: Make, clock: Clock) -> None:
    made = verify(host, job_state("start"), LOST, DONE)
    opened: list[bool] = []
    connect = made.connection._connect
    made.connection._connect = lambda: opened.append(True) or connect()  # type: ignore[method-assign,func-returns-value,assignment]
    made.run()
    assert len(opened) == 2


class Interruption(BaseException):
    """As Ctrl-C and the task's timeout come."""


@pytest.mark.parametrize("at", [0, 1, 2])
def test_interruption_cancels(host: Make, clock: Clock, screen: Screen, at: int) -> None:
    outcomes: list[t.Any] = [job_state("start"), RUNNING, RUNNING]
    cancelled = job_state("cancel", state="ended", answer={})
    made = verify(host, *outcomes[:at], Interruption("now"), cancelled)
    execute = made.connection.exec_command

    def interrupted(cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        if isinstance(made.connection.outcomes[0], Interruption):
            raise made.connection.outcomes.pop(0)  # type: ignore[misc]
        return execute(cmd, in_data, sudoable)

    made.connection.exec_command = interrupted  # type: ignore[method-assign]
    with pytest.raises(Interruption):
        made.run()
    assert calls(made) == [*["start", "poll", "poll"][:at], "cancel"]
    assert any("cancelled" in line for line in screen.lines)


def test_cancel_that_fails_hides_nothing(host: Make, clock: Clock, screen: Screen) -> None:
    made = verify(host, job_state("start"), LOST)

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    clock.sleep = interrupted  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        made.run()
    assert calls(made) == ["start", "cancel"]


def test_failure_of_the_start_is_the_answer(host: Make, clock: Clock) -> None:
    result = verify(host, job_state("start", **error("state_owner"))).run()
    assert (result["failed"], result["error"]["code"]) == (True, "state_owner")


@pytest.mark.parametrize("code", ["system", "state_owner"])
def test_a_poll_that_could_not_look_is_not_the_end(host: Make, clock: Clock, screen: Screen, code: str) -> None:
    """Something has a file of the job for a moment; the job goes on."""
    kept = job_state("poll", **error(code, cause="Held by another process. hunter2222 (32)"))
    made = verify(host, job_state("start"), *[kept] * 5, RUNNING, *[kept] * 5, DONE)
    assert made.run(ansible_password="hunter2222")["failed"] is False
    _route, *held = screen.details
    assert (made.connection.outcomes, len(held)) == ([], 10)
    assert "********" in held[0]
    assert "hunter2222" not in str(screen.details)


def test_polls_that_never_could_look_are_the_end(host: Make, clock: Clock, screen: Screen) -> None:
    made = verify(host, job_state("start"), *[job_state("poll", **error("system"))] * 9)
    assert made.run()["error"]["code"] == "system"
    assert calls(made) == ["start", *["poll"] * (1 + len(retry.PAUSES))]


@pytest.mark.parametrize("code", ["job_missing"])
def test_a_poll_that_will_never_be_answered_is_not_sent_again(host: Make, clock: Clock, code: str) -> None:
    made = verify(host, job_state("start"), job_state("poll", **error(code)))
    assert (made.run()["error"]["code"], made.connection.outcomes) == (code, [])


def test_job_that_is_gone(host: Make, clock: Clock) -> None:
    result = verify(host, job_state("start"), job_state("poll", **error("job_missing"))).run()
    assert (result["failed"], result["error"]["code"]) == (True, "job_missing")


@pytest.mark.parametrize(("module", "changed"), [("groupid_restore_folder", True), ("groupid_backup_verify", False)])
def test_a_job_that_nobody_can_look_at_any_more_has_changed_something(
    host: Make, clock: Clock, module: str, changed: bool
) -> None:
    """It goes on. One that did not start has changed nothing."""
    args = {**ARGS, "components": ["reports"], "safety": False} if changed else ARGS
    lost = host(module, args, job_state("start"), job_state("poll", **error("job_missing"))).run()
    assert (lost["failed"], lost["changed"]) == (True, changed)
    refused = host(module, args, job_state("start", **error("state_owner"))).run()
    assert (refused["failed"], refused["changed"]) == (True, False)


def test_an_old_answer_is_reported_with_its_time(host: Make, clock: Clock) -> None:
    """A restore that ended last night is not the one that somebody asks for now."""
    inner = json.loads(job("verify")["stdout"])["answer"]
    made = verify(
        host, job_state("start", state="ended", answer=inner, attached=True, ended="2026-01-01T02:03:04.0000000Z")
    )
    [warning] = made.run()["warnings"]
    assert "had ended at 2026-01-01T02:03:04.0000000Z" in warning
    assert "nothing was done now" in warning


def test_warnings_of_both(host: Make, clock: Clock) -> None:
    inner = json.loads(job("verify", warnings=["inner"])["stdout"])["answer"]
    outer = job_state("start", state="ended", answer=inner, warnings=["inside"], attached=True)
    warnings = verify(host, outer).run()["warnings"]
    assert [warnings[0], warnings[2]] == ["inside", "inner"]
    assert "earlier run" in warnings[1]


def test_a_restore_that_is_run_again_is_the_same_job() -> None:
    request = {"operation": "restore", "set_id": "20260101T000000Z", "safety_set_id": "20260102T000000Z-before-restore"}
    again = {**request, "safety_set_id": "20260103T000000Z-before-restore"}
    assert job_module.job_id(request) == job_module.job_id(again)
    assert job_module.job_id(request) != job_module.job_id({**request, "set_id": "20260104T000000Z"})
