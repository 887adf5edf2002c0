# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The watchdog: armed and proved before anything stops; it looks, and it starts again what nobody else has."""

from __future__ import annotations

import collections.abc as c
import json
import os
import signal
import subprocess
import sys
import time
from concurrent import futures

import pytest
from unit.agent.conftest import Host, hold
from unit.agent.runtime_host import RuntimeHost
from unit.agent.watched_host import SLOW, at, pass_the_deadline, resumed, watched, word

from lab import processes, task_clock
from lab.appcmd import Pool
from lab.waiting import until

pytestmark = pytest.mark.timing


@pytest.fixture
def server(host: Host) -> c.Iterator[RuntimeHost]:
    """A server with a watchdog."""
    with watched(host) as server:
        yield server


def test_it_is_armed_and_proved_looks_and_goes(server: RuntimeHost) -> None:
    before = server.picture()
    answer = at(server)
    assert answer["watchdog"] == {"armed": True, "deadline_seconds": SLOW}
    assert server.samples()["samples"] >= 1
    mark = json.loads((server.watchdog / "mark.json").read_text(encoding="utf-8"))
    assert mark["process"] == task_clock.engine(server.host.folder)
    look = server.ask("state")
    assert look["watchdog"] == {"running": True, "word": None, "since": None}
    assert "\\identityops.groupid watchdog" not in [one["path"] for one in look["tasks"]]
    count = server.samples()["samples"]
    until(lambda: server.samples()["samples"] > count)
    answer = server.resume(epoch="20260101T000000Z")
    assert answer["failed"] is False
    assert answer["proof"] == {
        "samples": answer["proof"]["samples"],
        "longest_gap_ms": answer["proof"]["longest_gap_ms"],
        "broken": None,
        "unknown": None,
        "resumed_by": "run",
    }
    assert answer["proof"]["samples"] > count
    assert answer["down_ms"] >= 2000
    assert (answer["warnings"], server.is_armed) == ([], False)
    until(lambda: task_clock.engine(server.host.folder) is None)
    assert server.picture() == before
    again = server.resume(epoch="20260101T000000Z")
    assert (again["changed"], again["proof"], again["down_ms"]) == (False, answer["proof"], answer["down_ms"])


@pytest.mark.parametrize("order", ["register", "start"])
def test_where_it_cannot_be_armed_nothing_is_stopped(server: RuntimeHost, order: str) -> None:
    before = server.picture()
    server.host.settings = {"LAB_SCHEDULER": order}
    error = server.quiesce(phase="record", watchdog_seconds=SLOW)["error"]
    assert error["code"] == "watchdog_failed"
    assert "Access is denied" in error["cause"]
    assert (server.picture(), server.is_armed) == (before, False)
    record = server.host.lock.parent / "quiesce.json"
    assert not record.exists() if order == "register" else server.record()["resumed"]
    assert all("log" not in one for one in server.read()["services"])


def test_where_it_leaves_no_mark_nothing_is_stopped(server: RuntimeHost) -> None:
    """SYSTEM cannot write there: the process ends, and the task has run for nothing."""
    server.clock(rate=10)
    before = server.picture()
    server.host.settings = {"LAB_SYSTEM_FAULTS": json.dumps({"full_after_bytes": 0})}
    error = server.quiesce(watchdog_seconds=SLOW)["error"]
    assert error["code"] == "watchdog_failed"
    assert "did not report its start" in error["cause"]
    assert (server.picture(), server.is_armed, bool(server.record()["resumed"])) == (before, False, True)


def test_a_folder_of_another_owner_is_refused_by_name(server: RuntimeHost) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to give a folder to another account")
    server.watchdog.mkdir()
    os.chown(server.watchdog, 12345, 12345)
    before = server.picture()
    previewed = server.quiesce(watchdog_seconds=SLOW, check=True)["error"]
    error = server.quiesce(watchdog_seconds=SLOW)["error"]
    assert (error["code"], error["path"]) == ("watchdog_failed", str(server.watchdog))
    assert "owner" in error["cause"]
    assert previewed == error
    assert server.picture() == before
    assert server.watchdog.exists()


def test_a_task_that_somebody_has_planted_is_never_made_the_watchdog(server: RuntimeHost) -> None:
    """Any user may register a task of his own there. An update would leave it to its owner."""
    server.task("\\identityops.groupid watchdog", programs=["C:\\Users\\bob\\tool.exe"], owner="CORP\\bob")
    server.write()
    at(server)
    [own] = [one for one in server.read()["tasks"] if one["path"] == "\\identityops.groupid watchdog"]
    assert "owner" not in own
    assert server.resume()["proof"]["broken"] is None
    assert not server.is_armed


def test_a_planted_task_that_cannot_be_deleted_is_named_and_nothing_is_left(server: RuntimeHost) -> None:
    """Its owner has shut out administrators."""
    name = "\\identityops.groupid watchdog"
    server.task(name, programs=["C:\\Users\\bob\\tool.exe"], owner="CORP\\bob", code=5)
    server.write()
    before = server.picture()
    for dummy in range(2):
        error = server.quiesce(watchdog_seconds=SLOW)["error"]
        assert error["code"] == "watchdog_failed"
        assert f"There is a task '{name}' that was not deleted: " in error["cause"]
        assert error["next"] == "Find out who made it, and delete it."
        assert not server.watchdog.exists()
        assert not (server.host.lock.parent / "quiesce.json").exists()
    assert server.picture() == before


def test_a_payload_that_is_not_the_registered_one_is_not_loaded(server: RuntimeHost) -> None:
    at(server)
    task_clock.end_engine(server.host.folder)
    payload = server.watchdog / "payload.txt"
    payload.write_bytes(payload.read_bytes() + b"\n")
    (server.watchdog / "mark.json").unlink()
    process = task_clock.minute(server.host.folder)
    assert process
    assert process.wait() == 3
    assert not (server.watchdog / "mark.json").exists()
    server.later(60)
    assert server.resume()["proof"]["broken"]


def test_at_its_deadline_it_starts_everything_and_says_so(server: RuntimeHost) -> None:
    before = server.picture()
    at(server)
    pass_the_deadline(server)
    until(lambda: resumed(server))
    assert server.picture() == before
    assert server.record()["resumed_by"] == "watchdog"
    answer = server.resume(epoch="20260101T000000Z")
    assert (answer["failed"], answer["changed"]) == (False, False)
    assert answer["proof"]["resumed_by"] == "watchdog"
    assert "its time limit was reached" in answer["proof"]["broken"]
    assert at(server, epoch="20260102T000000Z", run="run-2")
    assert server.resume()["proof"]["broken"] is None


def test_a_record_alone_has_its_deadline_too(server: RuntimeHost) -> None:
    assert server.quiesce(phase="record", watchdog_seconds=SLOW)["watchdog"]["armed"] is True
    pass_the_deadline(server)
    until(lambda: resumed(server))
    answer = server.quiesce(phase="stop")
    assert answer["error"]["code"] == "quiesce_record"
    assert server.resume(epoch="20260101T000000Z")["proof"] is None


def test_a_stop_whose_time_has_come_is_given_up(server: RuntimeHost) -> None:
    """The watchdog cannot start anything meanwhile, as the stop holds the lock, and does not look any more."""
    server.clock(rate=10)
    before = server.picture()
    error = server.quiesce(watchdog_seconds=1)["error"]
    assert error["code"] == "stop_failed"
    assert "The stop had not ended 1 seconds after the record was written" in error["cause"]
    assert server.picture() == before
    until(lambda: resumed(server))


def test_a_stop_whose_proof_is_broken_at_the_first_look_is_given_up(server: RuntimeHost) -> None:
    """No set of it would be sealed, so nobody needs GroupID to be down while it is made."""
    before = server.picture()
    assert server.quiesce(phase="record", watchdog_seconds=SLOW)["failed"] is False
    head = {"epoch": "20260101T000000Z", "run": "run-1"}
    look = {"samples": 0, "longest_gap_ms": 0, "last_ticks": 0, "broken": "The service 'Repl' was not stopped."}
    (server.watchdog / "samples.json").write_text(json.dumps({**head, **look}))
    error = server.quiesce(phase="stop", watchdog_seconds=SLOW)["error"]
    assert error["code"] == "stop_failed"
    assert error["cause"].startswith("The service 'Repl' was not stopped. What had been stopped was started again.")
    assert (server.picture(), server.is_armed) == (before, False)


@pytest.mark.parametrize("phase", ["record", None])
def test_after_a_restart_it_resumes_at_once(server: RuntimeHost, phase: str | None) -> None:
    before = server.picture()
    at(server, phase=phase)
    server.reboot()
    server.minute()
    until(lambda: resumed(server))
    assert server.picture() == before
    answer = server.resume(epoch="20260101T000000Z")
    assert answer["down_ms"] is None
    if phase is None:
        assert "restarted" in answer["proof"]["broken"]


def test_a_look_that_was_missed_breaks_the_proof(server: RuntimeHost) -> None:
    at(server)
    assert task_clock.end_engine(server.host.folder)
    server.later(60)
    server.minute()
    count = server.samples()["samples"]
    until(lambda: server.samples()["samples"] > count)
    proof = server.resume()["proof"]
    assert "for 6" in proof["broken"]
    assert proof["longest_gap_ms"] >= 60_000


def test_where_nobody_looks_any_more_the_proof_is_broken(server: RuntimeHost) -> None:
    at(server)
    assert task_clock.end_engine(server.host.folder)
    server.later(60)
    answer = server.resume()
    assert (answer["failed"], server.is_armed) == (False, False)
    assert "Nothing checked" in answer["proof"]["broken"]


def test_a_start_breaks_the_proof_even_if_it_was_stopped_again(server: RuntimeHost) -> None:
    at(server)
    server.change("services", 2, state="running", target="running")
    until(lambda: server.samples()["broken"])
    server.change("services", 2, state="stopped", target="stopped")
    answer = server.resume()
    assert answer["failed"] is False
    assert "The service 'Elastic' was not stopped" in answer["proof"]["broken"]


def test_a_worker_process_of_a_stopped_pool_breaks_the_proof(server: RuntimeHost) -> None:
    at(server)
    server.iis.change(0, works="")
    until(lambda: server.samples()["broken"])
    (server.iis.folder / "pools" / "0000" / "works").unlink()
    assert "The pool 'GroupID App Pool' was not stopped" in server.resume()["proof"]["broken"]


@pytest.mark.parametrize("of_system", [False, True])
def test_worker_processes_that_even_system_does_not_know_leave_a_gap_in_the_proof(
    server: RuntimeHost, of_system: bool
) -> None:
    """The watchdog is SYSTEM: it knows most. If it does not, somebody has to accept that by name."""
    pools = {"GroupID App Pool": f"{server.folder}/SelfService", "Default": "C:/inetpub/wwwroot"}
    server.web(*(Pool(name, applications={f"{name}/": folder}) for name, folder in pools.items()))
    server.iis.hide_commands(of_system)
    server.iis.hide_workers()
    server.write()
    assert len(at(server)["warnings"]) == 1
    proof = server.resume()["proof"]
    assert (proof["broken"], proof["unknown"] is not None) == (None, of_system)
    assert not of_system or "w3wp.exe" in proof["unknown"]


def test_worker_processes_that_are_not_known_for_a_moment_are_looked_at_again(server: RuntimeHost) -> None:
    """Such as while the service of WMI is started again."""
    pools = {"GroupID App Pool": f"{server.folder}/SelfService", "Default": "C:/inetpub/wwwroot"}
    server.web(*(Pool(name, applications={f"{name}/": folder}) for name, folder in pools.items()))
    server.iis.hide_workers()
    server.write()
    at(server)
    server.iis.hide_commands(True)
    count = server.samples()["samples"]
    time.sleep(2.5)
    server.iis.show_commands()
    until(lambda: server.samples()["samples"] > count + 2)
    proof = server.resume(epoch="20260101T000000Z")["proof"]
    assert (proof["broken"], proof["unknown"]) == (None, None)


def test_a_wmi_that_hangs_keeps_nothing_down(server: RuntimeHost) -> None:
    """Neither the watchdog nor a resume waits for it. What they cannot see is no proof."""
    server.iis.hide_workers()
    before = server.picture()
    at(server)
    with server.iis.silent_management():
        until(lambda: server.samples()["unknown"])
        assert "It did not answer within 4 s" in server.samples()["unknown"]
        answer = server.resume(epoch="20260101T000000Z")
        until(lambda: not server.is_armed)
    assert (answer["failed"], answer["proof"]["broken"]) == (False, None)
    assert "It did not answer within 4 s" in answer["proof"]["unknown"]
    assert server.picture() == before


def test_a_wmi_that_is_always_a_little_late_breaks_no_proof(server: RuntimeHost) -> None:
    """Its answer comes when nobody waits any more. A check that asks again each time would take too long."""
    server.iis.hide_workers()
    before = server.picture()
    at(server)
    server.iis.slow_management(4050)
    until(lambda: server.samples()["unknown"])
    answer = server.resume(epoch="20260101T000000Z")
    assert (answer["failed"], answer["proof"]["broken"]) == (False, None)
    assert "It did not answer within 4 s" in answer["proof"]["unknown"]
    assert answer["proof"]["longest_gap_ms"] <= 10_000
    assert server.picture() == before


def test_a_wmi_whose_answers_are_refused_keeps_nothing_down(server: RuntimeHost) -> None:
    server.iis.hide_workers()
    before = server.picture()
    at(server)
    process = task_clock.engine(server.host.folder)
    server.iis.broken_management()
    until(lambda: server.samples()["unknown"])
    assert task_clock.engine(server.host.folder) == process
    answer = server.resume(epoch="20260101T000000Z")
    assert (answer["failed"], answer["proof"]["broken"]) == (False, None)
    assert "Specified cast is not valid" in answer["proof"]["unknown"]
    assert server.picture() == before


def test_at_its_deadline_a_wmi_that_hangs_is_no_reason_to_wait(server: RuntimeHost) -> None:
    before = server.picture()
    at(server)
    with server.iis.silent_management():
        pass_the_deadline(server)
        until(lambda: resumed(server))
    assert server.picture() == before


def test_a_start_right_before_the_resume_breaks_the_proof(server: RuntimeHost) -> None:
    at(server)
    task_clock.end_engine(server.host.folder)
    server.change("tasks", 0, enabled=True)
    assert "\\Imanami\\Job" in server.resume()["proof"]["broken"]


def test_what_somebody_has_killed_is_started_before_the_first_stop(server: RuntimeHost) -> None:
    assert server.quiesce(phase="record", watchdog_seconds=SLOW)["failed"] is False
    assert task_clock.end_engine(server.host.folder)
    assert server.quiesce(phase="stop", watchdog_seconds=SLOW)["failed"] is False
    assert task_clock.engine(server.host.folder)
    assert server.resume()["proof"]["broken"] is None


def test_a_resume_that_names_no_run_breaks_the_proof(server: RuntimeHost) -> None:
    """Somebody starts GroupID in the middle of a backup, whose own resume then finds all as it was."""
    before = server.picture()
    at(server)
    by_hand = server.ask("resume")
    assert (by_hand["failed"], server.picture()) == (False, before)
    own = server.resume(run="run-1")
    assert (own["failed"], own["changed"], own["proof"]) == (False, False, by_hand["proof"])
    assert "without naming the run" in own["proof"]["broken"]


def test_the_rest_that_somebody_resumes_by_hand_breaks_no_proof(server: RuntimeHost) -> None:
    """The run had ended its work before."""
    at(server)
    server.change("services", 1, codes={"start": 1069})
    assert server.resume()["error"]["code"] == "resume_incomplete"
    server.change("services", 1, codes={})
    assert server.ask("resume")["failed"] is False
    assert server.resume()["proof"]["broken"] is None


def test_another_run_is_not_resumed(server: RuntimeHost) -> None:
    """Two runs may be for one set, and so for one epoch."""
    at(server)
    stopped = server.picture()
    error = server.resume(run="run-2")["error"]
    assert error["code"] == "other_epoch"
    assert "run-1" in error["cause"]
    assert "run-2" in error["cause"]
    assert server.picture() == stopped


def test_one_that_fails_is_tried_again_every_5_minutes_and_named(server: RuntimeHost) -> None:
    before = server.picture()
    at(server)
    server.change("services", 1, codes={"start": 1069})
    pass_the_deadline(server)
    until(lambda: word(server))
    look = server.ask("state")
    assert "(1069)" in look["watchdog"]["word"]
    assert look["record"]["resumed"] is None
    assert server.is_armed
    states = {name: one["state"] for name, one in server.picture()["services"].items()}
    assert (states["Repl"], states["Elastic"]) == ("stopped", "running")
    server.change("services", 1, codes={})
    server.later(301)
    until(lambda: resumed(server))
    assert server.picture() == before


def test_it_ends_this_epochs_backups_first(server: RuntimeHost) -> None:
    """Also beside a job that another program, such as an antivirus, lets nobody read."""
    server.host.settings = {"LAB_SYSTEM_FAULTS": json.dumps({"locked": ["*/jobs/*-0*/request.json"]})}
    at(server)
    jobs = server.host.lock.parent / "jobs"
    own, other, unread = (jobs / f"backup-{digit * 32}" for digit in "120")
    for folder, set_id in ((own, "20260101T000000Z"), (other, "20250101T000000Z"), (unread, "20260101T000000Z")):
        folder.mkdir(parents=True)
        (folder / "request.json").write_text(json.dumps({"operation": "backup", "set_id": set_id}))
    with (own / "lock").open("w") as lock:
        hold(lock)
        pass_the_deadline(server)
        until((own / "cancel").exists)
        assert server.record()["resumed"] is None
    until(lambda: resumed(server))
    assert not (other / "cancel").exists()


def test_a_backup_that_cannot_be_asked_to_end_keeps_nothing_down(server: RuntimeHost) -> None:
    """The drive with its folder is full, and the backup goes on with another one."""
    before = server.picture()
    at(server)
    task_clock.end_engine(server.host.folder)
    own = server.host.lock.parent / "jobs" / f"backup-{'1' * 32}"
    own.mkdir(parents=True)
    (own / "request.json").write_text(json.dumps({"operation": "backup", "set_id": "20260101T000000Z"}))
    holds = "import fcntl, sys; f = open(sys.argv[1], 'w'); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", holds, str(own / "lock")]
    backup = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert backup.stdout
        backup.stdout.readline()
        (own / "state.json").write_text(json.dumps({"process": backup.pid}))
        server.change_settings(LAB_SYSTEM_FAULTS=json.dumps({"full": ["*cancel*"]}))
        pass_the_deadline(server)
        server.minute()
        until(lambda: resumed(server))
        assert backup.wait(60) == -signal.SIGKILL
    finally:
        backup.kill()
        backup.communicate()
    assert server.picture() == before
    assert not (own / "cancel").exists()


def test_it_starts_nothing_while_a_restore_is_half_done(server: RuntimeHost) -> None:
    at(server)
    stopped = server.picture()
    journal = server.host.lock.parent / "restores" / ("a" * 32)
    journal.mkdir(parents=True)
    (journal / "plan.jsonl").write_text("{}\n")
    pass_the_deadline(server)
    until(lambda: word(server))
    assert str(journal) in word(server)
    assert server.picture() == stopped
    (journal / "plan.jsonl").unlink()
    server.later(301)
    until(lambda: resumed(server))


def test_a_resume_at_work_is_not_disturbed(server: RuntimeHost) -> None:
    at(server)
    with (server.host.lock.parent / "quiesce.lock").open("w") as lock:
        hold(lock)
        pass_the_deadline(server)
        server.later(60)
        assert server.record()["resumed"] is None
    until(lambda: resumed(server))


def test_it_says_who_keeps_it_from_starting_anything(server: RuntimeHost) -> None:
    """A quiesce or a resume that hangs in one of Windows' managers."""
    at(server)
    holder = {"operation": "resume", "set": "any epoch", "started": "2026-01-01T00:00:00Z", "process": 4711}
    with (server.host.lock.parent / "quiesce.lock").open("w") as lock:
        lock.write(json.dumps({**holder, "user": "CORP\\jo"}))
        lock.flush()
        hold(lock)
        pass_the_deadline(server)

        def after_a_minute() -> str:
            server.later(61)
            return word(server)

        until(lambda: "resume of set any epoch by CORP\\jo, process 4711" in after_a_minute())
        assert "If that process hangs, end it." in after_a_minute()
        assert server.record()["resumed"] is None
    until(lambda: resumed(server))


@pytest.mark.parametrize("step", [1, 2, 5, 9, 14])
def test_killed_while_it_stops(server: RuntimeHost, step: int) -> None:
    """Whatever is down then comes up at the deadline, and it is the state before that comes back."""
    before = server.picture()
    assert server.quiesce(phase="record", watchdog_seconds=SLOW)["failed"] is False
    server.host.faults = {"die_at": step}
    assert server.host._run(server.request("quiesce", phase="stop", watchdog_seconds=SLOW)).returncode in (0, -9)
    server.host.faults = {}
    pass_the_deadline(server)
    until(lambda: resumed(server))
    assert server.picture() == before


@pytest.mark.parametrize("step", [1, 4, 9])
def test_killed_while_it_resumes_twice_in_a_row(server: RuntimeHost, step: int) -> None:
    before = server.picture()
    at(server)
    for dummy in range(2):
        server.is_killed("resume", step)
    pass_the_deadline(server)
    until(lambda: resumed(server))
    assert server.picture() == before


def test_a_restart_while_a_resume_waits_for_its_end_leaves_nothing(server: RuntimeHost) -> None:
    """Its task is there as long as its process, and so removes both after the restart."""
    before = server.picture()
    at(server)
    process = task_clock.engine(server.host.folder)
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    server.host.faults = {"die_at": sys.maxsize}  # a process of its own, which the restart ends
    with futures.ThreadPoolExecutor() as pool:
        resuming = pool.submit(server.host._run, server.request("resume"))
        until(lambda: server.record()["resumed"])
        time.sleep(1)
        assert task_clock.tasks(server.host.folder)
        processes.kill_marked(f"LAB_ROOT={server.host.folder}")
        assert resuming.result().returncode == -signal.SIGKILL
    server.host.faults = {}
    server.reboot()
    server.minute()
    until(lambda: not server.is_armed)
    assert server.picture() == before


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("step", range(1, 16, 2))
def test_killed_while_it_is_armed(server: RuntimeHost, step: int, restarted: bool) -> None:
    """Nothing has stopped, and nobody is needed: the deadline, or a restart, ends the record if there is one."""
    before = server.picture()
    server.host.faults = {"die_at": step}
    assert server.host._run(server.request("quiesce", phase="record", watchdog_seconds=SLOW)).returncode in (0, -9)
    server.host.faults = {}
    assert server.picture() == before
    if restarted:
        server.reboot()
    else:
        pass_the_deadline(server)
    server.minute()
    until(lambda: task_clock.engine(server.host.folder) is None)
    at(server, epoch="20260102T000000Z", run="run-2")
    assert server.resume()["proof"]["broken"] is None
    assert (server.picture(), server.is_armed) == (before, False)


def test_killed_at_the_deadline_it_comes_again(server: RuntimeHost) -> None:
    before = server.picture()
    server.host.settings = {"LAB_SYSTEM_FAULTS": json.dumps({"die_at": 14})}
    at(server)
    pass_the_deadline(server)
    until(lambda: resumed(server) or task_clock.engine(server.host.folder) is None)
    server.host.settings = {}
    server.change_settings(LAB_SYSTEM_FAULTS="")
    server.minute()
    until(lambda: resumed(server))
    assert server.picture() == before


def test_a_full_drive_keeps_nothing_down_and_no_watchdog_away(server: RuntimeHost) -> None:
    before = server.picture()
    at(server)
    task_clock.end_engine(server.host.folder)
    server.change_settings(LAB_SYSTEM_FAULTS=json.dumps({"full_after_bytes": 1500}))
    pass_the_deadline(server)
    server.minute()
    until(lambda: server.picture() == before)
    server.change_settings(LAB_SYSTEM_FAULTS="")
    task_clock.end_engine(server.host.folder)
    server.minute()
    until(lambda: resumed(server))


HOUR_MS = 3_600_000


@pytest.mark.parametrize("ahead_ms", [600_000, -600_000, 2 * HOUR_MS, -24 * HOUR_MS])
def test_a_clock_that_is_set_changes_nothing(server: RuntimeHost, ahead_ms: int) -> None:
    """The record's times are for people: the deadline is in ticks, and so are the looks."""
    before = server.picture()
    at(server)
    server.clock(ahead_ms=ahead_ms)
    count = server.samples()["samples"]
    until(lambda: server.samples()["samples"] > count + 1)
    assert (server.record()["resumed"], server.samples()["broken"]) == (None, None)
    pass_the_deadline(server)
    until(lambda: resumed(server))
    assert server.picture() == before


def test_a_clock_that_is_set_does_not_break_the_proof(server: RuntimeHost) -> None:
    answer = at(server)
    server.clock(ahead_ms=-HOUR_MS)
    count = server.samples()["samples"]
    until(lambda: server.samples()["samples"] > count)
    ended = server.resume(epoch=answer["record"]["epoch"])
    assert (ended["failed"], ended["proof"]["broken"]) == (False, None)
    assert ended["down_ms"] < HOUR_MS
