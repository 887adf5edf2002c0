# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record that the watchdog has read: removed, damaged, of another owner, or on a full drive."""

from __future__ import annotations

import collections.abc as c
import json
import os
import signal
import time
from concurrent import futures

import pytest
from unit.agent.conftest import Host, hold
from unit.agent.runtime_host import RuntimeHost
from unit.agent.watched_host import SLOW, at, pass_the_deadline, record_of, resumed, watched, word

from lab import task_clock
from lab.waiting import until

pytestmark = pytest.mark.timing


@pytest.fixture
def server(host: Host) -> c.Iterator[RuntimeHost]:
    """A server with a watchdog."""
    with watched(host) as server:
        yield server


def test_a_record_that_was_removed_disarms(server: RuntimeHost) -> None:
    assert server.quiesce(phase="record", watchdog_seconds=SLOW)["failed"] is False
    record_of(server).unlink()
    until(lambda: not server.is_armed)


def test_a_record_that_was_removed_while_all_is_stopped_is_brought_back(server: RuntimeHost) -> None:
    """Nothing else knows what ran. Without it, another run would record that everything is stopped."""
    before = server.picture()
    at(server)
    record_of(server).unlink()
    until(lambda: not server.is_armed)
    assert (server.picture(), server.record()["resumed_by"]) == (before, "watchdog")
    answer = server.resume(run="run-1", require_record=True)
    assert (answer["failed"], answer["changed"]) == (False, False)
    assert "was removed" in answer["proof"]["broken"]


def test_a_removed_record_is_written_again_until_everything_runs(server: RuntimeHost) -> None:
    """It is the lock, too."""
    before = server.picture()
    at(server)
    server.change("services", 1, codes={"start": 1069})
    record_of(server).unlink()
    until(lambda: word(server))
    assert server.quiesce(epoch="20260102T000000Z", run="run-2")["error"]["code"] == "quiesced"
    server.change("services", 1, codes={})
    server.later(301)
    until(lambda: resumed(server))
    assert server.picture() == before


def test_while_a_record_is_missed_no_other_is_made(server: RuntimeHost) -> None:
    """It would say that everything was stopped before."""
    before = server.picture()
    at(server)
    process = task_clock.engine(server.host.folder)
    assert process
    os.kill(process, signal.SIGSTOP)
    record_of(server).unlink()
    errors = [
        server.quiesce(phase=phase, check=check, epoch="20260102T000000Z", run="run-2")["error"]
        for phase, check in (("record", True), ("record", False), (None, False))
    ]
    os.kill(process, signal.SIGCONT)
    assert {error["code"] for error in errors} == {"quiesce_record"}
    assert errors[0] == errors[1] == errors[2]
    assert "was removed" in errors[0]["cause"]
    until(lambda: not server.is_armed)
    assert server.picture() == before


def test_a_record_that_is_damaged_while_all_is_stopped_keeps_nothing_down(server: RuntimeHost) -> None:
    """The watchdog has read it before. What cannot be read is not replaced."""
    before = server.picture()
    at(server)
    record = record_of(server)
    record.write_text("{")
    pass_the_deadline(server)
    until(lambda: word(server))
    assert "the record does not say so" in word(server)
    assert (server.picture(), record.read_text()) == (before, "{")
    assert server.resume(epoch="20260101T000000Z", run="run-1")["error"]["code"] == "quiesce_record"
    record.unlink()
    until(lambda: not server.is_armed)
    assert server.picture() == before


def test_the_resume_of_a_run_whose_record_is_gone_fails(server: RuntimeHost) -> None:
    """Nobody has the state before: no watchdog is there to bring it back."""
    assert server.quiesce()["failed"] is False
    head = {"epoch": "20260101T000000Z", "run": "run-1"}
    record = record_of(server)
    kept = record.read_bytes()
    record.unlink()
    error = server.resume(**head, require_record=True)["error"]
    assert (error["code"], error["path"]) == ("quiesce_record", str(record))
    assert "was removed or replaced" in error["cause"]
    assert "start by hand" in error["next"]
    answer = server.resume(**head)
    assert (answer["failed"], answer["record"]) == (False, None)
    record.write_bytes(kept)
    assert server.resume(**head, require_record=True)["failed"] is False
    assert server.resume(**head, require_record=True)["failed"] is False, "it is ended, and still the run's own"
    assert (
        server.resume(epoch="20260102T000000Z", run="run-2", require_record=True)["error"]["code"] == "quiesce_record"
    )


def test_what_the_watchdog_has_started_is_not_started_twice_on_a_full_drive(server: RuntimeHost) -> None:
    """Its marks cannot be written. What somebody stops meanwhile stays stopped."""
    before = server.picture()
    at(server)
    task_clock.end_engine(server.host.folder)
    server.change_settings(LAB_SYSTEM_FAULTS=json.dumps({"full": ["*quiesce.json*"]}))
    pass_the_deadline(server)
    server.minute()
    message = server.watchdog / "word.json"
    until(message.exists)
    assert server.picture() == before
    first = message.stat().st_mtime_ns
    server.change("services", 1, state="stopped", target="stopped", process=0)
    server.later(301)
    until(lambda: message.stat().st_mtime_ns != first)
    assert server.picture()["services"]["Repl"]["state"] == "stopped"
    assert server.record()["resumed"] is None


def test_of_two_records_at_the_same_moment_one_is_written(server: RuntimeHost) -> None:
    before = server.picture()
    with futures.ThreadPoolExecutor() as pool:
        asked = [
            pool.submit(
                server.quiesce, phase="record", watchdog_seconds=SLOW, epoch=f"2026010{day}T000000Z", run=f"run-{day}"
            )
            for day in (1, 2)
        ]
    answers = [one.result() for one in asked]
    [recorded] = [answer for answer in answers if not answer["failed"]]
    [refused] = [answer for answer in answers if answer["failed"]]
    assert refused["error"]["code"] in ("locked", "quiesced")
    assert server.record()["run"] == recorded["record"]["run"]
    assert server.picture() == before
    assert server.resume()["failed"] is False
    assert not server.is_armed


def test_a_record_of_another_owner_starts_nothing_and_is_named(server: RuntimeHost) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a folder to another account")
    at(server)
    stopped = server.picture()
    state = server.host.lock.parent
    os.chown(state, 12345, 12345)
    pass_the_deadline(server)
    until(lambda: word(server))
    assert str(state) in word(server)
    assert server.picture() == stopped
    os.chown(state, 0, 0)
    server.later(301)
    until(lambda: resumed(server))


@pytest.mark.parametrize("restarted", [False, True])
def test_what_one_process_of_the_watchdog_has_read_another_one_brings_back(
    server: RuntimeHost, restarted: bool
) -> None:
    """Something hangs and keeps the lock. Whoever ends it may end the watchdog too, or restart the server."""
    before = server.picture()
    at(server)
    with (server.host.lock.parent / "quiesce.lock").open("w") as lock:
        hold(lock)
        record_of(server).unlink()
        until((server.watchdog / "missed.json").exists)
        task_clock.end_engine(server.host.folder)
    if restarted:
        server.reboot()
    errors = [
        server.quiesce(phase="record", epoch="20260102T000000Z", run="run-2", watchdog_seconds=deadline)["error"]
        for deadline in (0, SLOW)
    ]
    errors.append(server.resume()["error"])
    assert {error["code"] for error in errors} == {"quiesce_record"}
    assert {error["path"] for error in errors} == {str(server.watchdog)}
    server.minute()
    until(lambda: not server.is_armed)
    assert (server.picture(), server.record()["resumed_by"]) == (before, "watchdog")


def test_what_another_process_of_the_watchdog_cannot_read_is_not_removed(server: RuntimeHost) -> None:
    """Nothing else says what ran. Somebody has to look at it."""
    at(server)
    stopped = server.picture()
    missed = server.watchdog / "missed.json"
    with (server.host.lock.parent / "quiesce.lock").open("w") as lock:
        hold(lock)
        record_of(server).unlink()
        until(missed.exists)
        task_clock.end_engine(server.host.folder)
    missed.write_text("{")
    process = task_clock.minute(server.host.folder)
    assert process
    process.wait()
    assert str(missed) in word(server)
    assert "start by hand what is missing" in word(server)
    assert (server.picture(), missed.read_text(), server.is_armed) == (stopped, "{", True)
    assert server.resume()["error"]["code"] == "quiesce_record"
    missed.unlink()
    server.minute()
    until(lambda: not server.is_armed)


def test_a_try_that_could_not_begin_is_forgotten_when_the_record_is_there_again(server: RuntimeHost) -> None:
    """The lock's file cannot be opened, so nothing has been started."""
    at(server)
    stopped = server.picture()
    record = record_of(server)
    kept = record.read_bytes()
    lock = server.host.lock.parent / "quiesce.lock"
    lock.unlink()
    lock.mkdir()
    record.unlink()
    until(lambda: word(server))
    assert str(lock) in word(server)
    record.write_bytes(kept)
    until(lambda: not (server.watchdog / "missed.json").exists())
    lock.rmdir()
    server.later(301)
    time.sleep(2)
    assert (server.picture(), server.record()["ending"]) == (stopped, False)
    assert server.resume(epoch="20260101T000000Z")["failed"] is False


def test_what_is_kept_of_a_removed_record_is_deleted_also_later(server: RuntimeHost) -> None:
    """Another program may have had it open when the record was there again."""
    at(server)
    missed = server.watchdog / "missed.json"
    missed.write_bytes(record_of(server).read_bytes())
    until(lambda: not missed.exists())


def test_a_removed_record_is_written_again_before_anything_can_fail(server: RuntimeHost) -> None:
    """A restore that cannot be ended keeps everything down. Nobody may believe that this was the state before."""
    before = server.picture()
    at(server)
    journal = server.host.lock.parent / "restores" / ("a" * 32)
    journal.mkdir(parents=True)
    (journal / "plan.jsonl").write_text("{}\n")
    record_of(server).unlink()
    until(lambda: word(server))
    assert server.record()["resumed"] is None
    (journal / "plan.jsonl").unlink()
    server.later(301)
    until(lambda: resumed(server))
    assert server.picture() == before


def test_while_a_record_is_missed_no_resume_says_that_all_is_well(server: RuntimeHost) -> None:
    at(server)
    process = task_clock.engine(server.host.folder)
    assert process
    os.kill(process, signal.SIGSTOP)
    record_of(server).unlink()
    errors = [server.resume()["error"], server.resume(epoch="20260101T000000Z", check=True)["error"]]
    os.kill(process, signal.SIGCONT)
    assert {error["code"] for error in errors} == {"quiesce_record"}
    assert "its watchdog is about to start GroupID again" in errors[0]["cause"]
    until(lambda: not server.is_armed)
    answer = server.resume()
    assert (answer["failed"], answer["changed"]) == (False, False)


def test_a_record_that_is_there_again_is_no_reason(server: RuntimeHost) -> None:
    """It was missed while another process had the lock."""
    at(server)
    stopped = server.picture()
    record = record_of(server)
    kept = record.read_bytes()
    with (server.host.lock.parent / "quiesce.lock").open("w") as lock:
        hold(lock)
        record.unlink()
        until((server.watchdog / "missed.json").exists)
        record.write_bytes(kept)
        until(lambda: not (server.watchdog / "missed.json").exists())
    time.sleep(2)
    assert (server.picture(), server.record()["ending"]) == (stopped, False)
    assert server.resume(epoch="20260101T000000Z")["proof"]["broken"] is None
