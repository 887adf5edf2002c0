# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""quiesce in two calls: all servers are recorded before the first one is stopped."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shutil

import pytest
from unit.agent.conftest import Host, hold
from unit.agent.runtime_host import RuntimeHost, time_in

from lab.appcmd import Pool

NEXT = {"epoch": "20260102T000000Z", "run": "run-2"}


@pytest.fixture
def server(host: Host) -> RuntimeHost:
    """A GroupID 10 server on which a task, a pool and two services run."""
    server = RuntimeHost(host)
    server.task("\\Imanami\\Job")
    server.web(Pool("GroupID App Pool", applications={"GroupIDSite/HR": f"{server.folder}/SelfService"}))
    server.service("Repl", depends_on=["Elastic"])
    server.service("Elastic", command=f"{server.folder}/ElasticSearch/bin/x.exe")
    server.write()
    return server


def test_a_record_stops_nothing_and_a_stop_uses_it(server: RuntimeHost) -> None:
    before = server.picture()
    recorded = server.quiesce(phase="record")
    assert (recorded["failed"], recorded["changed"], recorded["watchdog"]) == (False, True, None), recorded
    assert server.picture() == before
    head = recorded["record"]
    assert (head["epoch"], head["run"], head["stopped"]) == ("20260101T000000Z", "run-1", None)
    stopped = server.quiesce(phase="stop")
    assert (stopped["failed"], stopped["entries"]) == (False, recorded["entries"])
    assert (stopped["record"]["started"], bool(stopped["record"]["stopped"])) == (head["started"], True)
    assert server.picture() != before
    resumed = server.resume()
    assert (resumed["failed"], resumed["proof"], resumed["record"]["resumed_by"]) == (False, None, "run")
    assert 0 <= resumed["down_ms"] < 120_000
    assert server.picture() == before


def test_without_a_phase_the_record_of_the_same_run_is_used(server: RuntimeHost) -> None:
    recorded = server.quiesce(phase="record")
    stopped = server.quiesce()
    assert stopped["failed"] is False
    assert stopped["record"]["started"] == recorded["record"]["started"]
    assert server.quiesce()["error"]["code"] == "quiesced"


def test_a_run_whose_record_was_ended_stops_nothing_without_a_phase_either(server: RuntimeHost) -> None:
    """Somebody, or the watchdog, has ended it: another run may be about to record its servers."""
    before = server.picture()
    server.quiesce(phase="record")
    server.resume()
    errors = [server.quiesce(check=check)["error"] for check in (True, False)]
    assert errors[0] == errors[1]
    assert errors[0]["code"] == "quiesce_record"
    assert "was ended at" in errors[0]["cause"]
    assert errors[0]["next"] == "Run again, as another run."
    assert server.picture() == before
    assert server.quiesce(**NEXT)["failed"] is False


def test_a_refusal_says_whether_the_other_run_has_stopped_anything(server: RuntimeHost) -> None:
    def refusals() -> list[str]:
        answers = [server.quiesce(**NEXT), server.quiesce(phase="record", **NEXT), server.resume(run="run-2")]
        assert [answer["error"]["code"] for answer in answers] == ["quiesced", "quiesced", "other_epoch"]
        return [answer["error"]["cause"] for answer in answers]

    assert server.quiesce(phase="record")["record"]["begun"] is False
    for cause in refusals():
        assert " recorded at 20" in cause
        assert "It has stopped nothing yet" in cause
        assert "stopped GroupID" not in cause
    assert server.ask("state")["record"]["begun"] is False
    assert server.quiesce(phase="stop")["record"]["begun"] is True
    for cause in refusals():
        assert " stopped GroupID here at 20" in cause
        assert "recorded" not in cause
    assert server.ask("state")["record"]["begun"] is True


@pytest.mark.parametrize("phase", ["record", "stop", None])
def test_the_record_of_another_run_refuses(server: RuntimeHost, phase: str | None) -> None:
    server.quiesce(phase="record")
    before = server.picture()
    for other in (NEXT, {"run": "run-2"}, {"epoch": "20260102T000000Z"}):
        error = server.quiesce(phase=phase, **other)["error"]
        assert error["code"] == "quiesced"
        assert "run-1 of ansible01" in error["cause"]
    assert server.picture() == before
    assert server.quiesce(phase="record")["error"]["code"] == "quiesced"


def test_a_stop_without_a_record_is_refused(server: RuntimeHost) -> None:
    before = server.picture()
    assert server.quiesce(phase="stop")["error"]["code"] == "quiesce_record"
    server.quiesce(phase="record")
    resumed = server.resume()
    assert (resumed["failed"], resumed["down_ms"]) == (False, None)
    error = server.quiesce(phase="stop")["error"]
    assert error["code"] == "quiesce_record"
    assert "was ended at" in error["cause"]
    assert server.picture() == before


def test_where_nothing_is_found_a_record_is_none(host: Host) -> None:
    server = RuntimeHost(host)
    server.write()
    before = host.picture()
    for check in (True, False):
        answer = server.quiesce(phase="record", check=check)
        assert (answer["failed"], answer["changed"], answer["record"], answer["entries"]) == (False, False, None, [])
    assert not (host.lock.parent / "quiesce.json").exists()
    assert {name for name in host.picture() if name not in before} <= {
        "C/ProgramData/identityops.groupid",
        "C/ProgramData/identityops.groupid/quiesce.lock",
    }


def test_check_mode_records_nothing_and_predicts_both_phases(server: RuntimeHost) -> None:
    before = server.host.picture()
    for phase in ("record", "stop"):
        previewed = server.quiesce(phase=phase, check=True)
        assert (previewed["failed"], previewed["changed"]) == (False, True)
    assert server.host.picture() == before
    assert server.quiesce(phase="record")["entries"] == previewed["entries"]


def test_a_server_that_was_restarted_between_the_phases_is_not_stopped(server: RuntimeHost) -> None:
    server.quiesce(phase="record")
    server.reboot()
    error = server.quiesce(phase="stop")["error"]
    assert error["code"] == "quiesce_record"
    assert "restarted" in error["cause"]
    assert server.resume()["failed"] is False


def test_a_task_that_somebody_disables_between_the_phases_stays_disabled(server: RuntimeHost) -> None:
    """Its instance is awaited, but nothing of it was stopped by the quiesce."""
    server.quiesce(phase="record")
    server.change("tasks", 0, enabled=False, busy_until_ms=time_in(1.0))
    assert server.quiesce(phase="stop")["failed"] is False
    assert server.ask("state")["tasks"][0]["instances"] == 0
    assert server.record()["items"][0]["stopping"] is None
    answer = server.resume()
    [task] = [one for one in answer["entries"] if one["kind"] == "task"]
    assert (task["outcome"], task["note"]) == ("changed", "it is disabled now, and was not before")
    assert server.picture()["tasks"][0]["enabled"] is False


def test_a_service_that_may_be_started_again_is_held_in_the_second_phase_too(server: RuntimeHost) -> None:
    server.service("Fell", "stopped", recovery=True, recovers_from_errors=True, exit_code_now=1067)
    server.write()
    server.quiesce(phase="record")
    assert server.quiesce(phase="stop")["failed"] is False
    assert server.picture()["services"]["Fell"]["start_type"] == "disabled"
    assert server.resume()["failed"] is False
    assert server.picture()["services"]["Fell"]["start_type"] == "automatic"


def killed_restore(host: Host) -> pathlib.Path:
    """Kill a restore that has all of its content, and can be ended by any operation. Returns its journal."""
    host.write(a="first", sub__deep__d="fourth")
    host.file("sub/deep/e.txt", "fifth")
    assert host.backup()["state"] == "complete"
    host.write(a="changed")
    os.utime(host.source / "sub" / "deep" / "d.txt", ns=(0, 0))
    for at in range(10, 200):
        host.faults = {"die_at": at}
        with contextlib.suppress(AssertionError):
            host.restore()
        host.faults = {}
        journals = list((host.lock.parent / "restores").glob("*"))
        if any((journal / "ready").exists() for journal in journals):
            return journals[0]
        shutil.rmtree(host.lock.parent / "restores", ignore_errors=True)
    raise AssertionError("no restore has come so far")


def test_a_restore_that_was_killed_is_ended_before_anything_is_recorded(server: RuntimeHost) -> None:
    """The watchdog would start nothing before."""
    journal = killed_restore(server.host)
    assert "the next operation ends it" in " ".join(server.quiesce(phase="record", check=True)["warnings"])
    assert journal.exists()
    answer = server.quiesce(phase="record")
    assert answer["failed"] is False, answer
    assert "it was ended now" in " ".join(answer["warnings"])
    assert not journal.exists()
    assert (server.host.source / "a.txt").read_text() == "first"
    assert server.quiesce(phase="stop")["failed"] is False


@pytest.mark.parametrize("phase", ["record", None])
def test_a_restore_that_cannot_be_ended_stops_nothing(server: RuntimeHost, phase: str | None) -> None:
    journal = killed_restore(server.host)
    outside = server.host.folder / "C" / "outside"
    (server.host.source / "sub" / "deep").rename(outside)
    (server.host.source / "sub" / "deep").symlink_to(outside)
    before = server.picture()
    error = server.quiesce(phase=phase)["error"]
    assert error["code"] == "restore_unfinished"
    assert str(journal) in error["next"]
    assert "any backup or restore on this computer continues it" in error["next"]
    assert server.picture() == before
    assert not (server.host.lock.parent / "quiesce.json").exists()


@pytest.mark.parametrize("phase", ["record", None])
def test_a_damaged_journal_of_a_restore_stops_nothing(server: RuntimeHost, phase: str | None) -> None:
    plan = server.host.lock.parent / "restores" / ("a" * 32) / "plan.jsonl"
    plan.parent.mkdir(parents=True)
    plan.write_text("{}\n")
    before = server.picture()
    errors = [server.quiesce(phase=phase, check=check)["error"] for check in (True, False)]
    assert errors[0] == errors[1]
    assert (errors[0]["code"], errors[0]["path"]) == ("journal", str(plan))
    assert server.picture() == before
    assert not (server.host.lock.parent / "quiesce.json").exists()


def test_a_restore_at_work_stops_nothing(server: RuntimeHost) -> None:
    killed_restore(server.host)
    with server.host.lock.open("w") as lock:
        hold(lock)
        error = server.quiesce(phase="record")["error"]
    assert (error["code"], error["path"]) == ("locked", str(server.host.lock))
    assert not (server.host.lock.parent / "quiesce.json").exists()


def test_elasticsearch_alone(server: RuntimeHost) -> None:
    """With what needs it; a service of the product that does not is left alone, and so are pools and tasks."""
    server.service("Mail")
    server.service("Named", command="D:\\es\\x.exe", display_name="Elasticsearch 7.1 (Named)")
    server.write()
    only = {"component": "elasticsearch", "names": ["*elasticsearch*"]}
    assert [one["name"] for one in server.ask("state", only=only)["services"]] == ["Elastic"]
    names = [{"kind": "service", "name": name} for name in ("Elastic", "Named", "Mail")]
    answer = server.quiesce(only=only, services=names)
    assert [one["name"] for one in answer["entries"]] == ["Repl", "Elastic", "Named"]
    states = {name: one["state"] for name, one in server.picture()["services"].items()}
    assert states["Mail"] == states["W3SVC"] == "running"
    assert server.resume()["failed"] is False
