# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""start, poll, cancel: a process that outlives the connection, found again by its id, and never a second one."""

from __future__ import annotations

import concurrent.futures
import contextlib
import datetime
import json
import os
import pathlib
import signal
import subprocess
import time
import typing as t

import pytest
from unit.agent.conftest import SET_ID

from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import job_answer
from lab.job_look import JobLook
from lab.waiting import until

ID = f"backup-{'0' * 31}1"
OTHER_ID = f"restore-{'0' * 31}2"
SECONDS = 90


class Jobs:
    """A host whose operations are jobs."""

    def __init__(self, host: t.Any) -> None:
        self.host = host
        self.state = host.folder / "C" / "ProgramData" / "identityops.groupid"
        self.place = {"root": str(host.root), "deployment": "hq", "set_id": SET_ID}

    @property
    def folder(self) -> pathlib.Path:
        return self.state / "jobs" / ID

    def request(self, operation: str = "backup", **members: t.Any) -> dict[str, t.Any]:
        component: dict[str, t.Any] = {"name": "data"}
        if operation == "backup":
            component["path"] = str(self.host.source)
        own = {"components": [component], "retry_wait_ms": 1, "unsealed": True}
        return {"protocol": 1, "operation": operation, **self.place, **own, **members}

    def start(self, request: dict[str, t.Any] | None = None, **members: t.Any) -> dict[str, t.Any]:
        call = {"id": ID, "attempt": "a", "wait_ms": SECONDS * 1000, "request": request or self.request()}
        return self.send("start", **{**call, **members})

    def poll(self, **members: t.Any) -> dict[str, t.Any]:
        return self.look("poll", **members)

    def cancel(self, **members: t.Any) -> dict[str, t.Any]:
        return self.look("cancel", **members)

    def look(self, operation: str, wait_ms: int = SECONDS * 1000, **place: str) -> dict[str, t.Any]:
        identity, attempt = place.get("id", ID), place.get("attempt", "a")
        line = JobLook(self.state.parent, str, bytes).answer([operation, identity, attempt, str(wait_ms)])
        return job_answer(json.loads(line), identity)

    def send(self, operation: str, **members: t.Any) -> dict[str, t.Any]:
        answer: dict[str, t.Any] = self.host.send(json.dumps({"protocol": 1, "operation": operation, **members}))
        return answer

    def slow(self, pause: float = 0.2, rounds: int = 100) -> dict[str, t.Any]:
        """Return the request of a backup that waits for a file that is in use, ``rounds`` times."""
        self.host.write(free="content", used="content")
        self.host.faults = {"locked": ["*/used.txt"]}
        return self.request(retries=rounds, retry_wait_ms=round(pause * 1000))

    def process(self) -> int:
        """Wait until the job is at work; its process."""
        state = until_there(self.folder / "state.json")
        return int(json.loads(state.read_text())["process"])

    def copying(self) -> dict[str, t.Any]:
        """Wait until a slow job has reported that it has come to the file that is in use; its progress."""

        def at_the_file() -> dict[str, t.Any] | None:
            progress = self.poll(wait_ms=0)["progress"]
            return progress if progress and progress["bytes"] == len("content") else None

        return until(at_the_file, "the progress") or {}

    @contextlib.contextmanager
    def stopped(self, identity: str = ID) -> t.Iterator[int]:
        """Stop the job's process for the length of the block, so that it cannot end meanwhile."""
        state = until_there(self.state / "jobs" / identity / "state.json")
        process = int(json.loads(state.read_text())["process"])
        os.kill(process, signal.SIGSTOP)
        try:
            yield process
        finally:
            os.kill(process, signal.SIGCONT)

    def kill(self) -> None:
        process = self.process()
        os.kill(process, signal.SIGKILL)
        until(lambda: _has_ended(process), "the end of a killed process")


def _has_ended(process: int) -> bool:
    """Tell whether a process and all of its threads are gone, or zombies: only then are its locks free."""
    try:
        threads = list(pathlib.Path(f"/proc/{process}/task").glob("*/stat"))
        return all(thread.read_text().rpartition(")")[2].split()[0] == "Z" for thread in threads)
    except (FileNotFoundError, ProcessLookupError):
        return not pathlib.Path(f"/proc/{process}").exists()


@pytest.fixture
def jobs(host: t.Any) -> t.Iterator[Jobs]:
    made = Jobs(host)
    yield made
    for state in made.state.glob("jobs/*/state.json"):
        if not (state.parent / "result.json").exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(json.loads(state.read_text())["process"], signal.SIGKILL)


def until_there(file: pathlib.Path) -> pathlib.Path:
    """Wait until a file is there."""
    until(file.exists, str(file))
    return file


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def test_a_short_one_is_one_call(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    answer = jobs.start()
    assert (code(answer), answer["id"], answer["state"], answer["attached"]) == ("none", ID, "ended", False)
    assert answer["warnings"] == []
    inner = answer["answer"]
    assert (inner["operation"], code(inner), inner["state"], inner["files"]) == ("backup", "none", "complete", 1)
    assert jobs.host.call("verify")["state"] == "verified"


def test_the_answer_is_that_of_the_operation_itself(jobs: Jobs) -> None:
    jobs.host.write(a="content", b__c="more")
    inner = jobs.start()["answer"]
    jobs.place["set_id"] = "20260102T000000Z"
    alone = jobs.send("backup", **{key: value for key, value in jobs.request().items() if key != "operation"})
    assert list(inner) == list(alone)
    changing = {"seconds", "set_path", "part_path", "part_sha256", "finished", "epoch"}
    assert {key: inner[key] for key in set(inner) - changing} == {key: alone[key] for key in set(alone) - changing}


def test_a_failure_of_the_operation_is_in_its_answer(jobs: Jobs) -> None:
    answer = jobs.start(jobs.request("restore"), id=OTHER_ID)
    assert (code(answer), answer["state"], code(answer["answer"])) == ("none", "ended", "set_missing")


@pytest.mark.timing
def test_a_long_one_is_asked_for_until_it_has_ended(jobs: Jobs) -> None:
    request = jobs.slow(rounds=10)
    answer = jobs.start(request, wait_ms=0)
    assert (answer["state"], answer["answer"]) == ("running", None)
    with jobs.stopped():
        answer = jobs.poll(wait_ms=0)
        assert (answer["state"], answer["answer"]) == ("running", None)
    answer = jobs.poll()
    assert (answer["state"], code(answer["answer"]), answer["answer"]["files"]) == ("ended", "partial", 1)
    assert jobs.poll(wait_ms=0)["answer"] == answer["answer"]


@pytest.mark.timing
def test_progress_is_reported(jobs: Jobs) -> None:
    jobs.start(jobs.slow(pause=1), wait_ms=0)
    progress = jobs.copying()
    assert (progress["phase"], progress["files_total"], progress["bytes_total"]) == ("copying", 2, 14)
    assert progress["bytes"] == 7
    assert progress["files"] >= 1
    assert progress["heartbeat"].endswith("Z")


@pytest.mark.timing
def test_who_asks_the_same_meets_the_job_at_work(jobs: Jobs) -> None:
    request = jobs.slow(rounds=40)
    jobs.start(request, wait_ms=0)
    first = jobs.process()
    again = jobs.start(request, attempt="b")
    assert (again["attached"], again["state"], code(again["answer"])) == (True, "ended", "partial")
    assert again["ended"] is None  # not yet when it was asked
    assert jobs.process() == first
    assert jobs.poll()["answer"] == again["answer"]


@pytest.mark.timing
def test_many_that_start_at_once_are_one(jobs: Jobs) -> None:
    request = jobs.slow(rounds=60)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda number: jobs.start(request, attempt=str(number)), range(6)))
    assert sorted(answer["attached"] for answer in answers) == [False, True, True, True, True, True]
    assert {code(answer["answer"]) for answer in answers} == {"partial"}
    assert len({answer["answer"]["part_sha256"] for answer in answers}) == 1


def test_an_answer_that_was_lost_on_its_way_is_given_again(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    first = jobs.start()
    again = jobs.start()
    assert (again["attached"], again["ended"], again["answer"]) == (
        False,
        None,
        first["answer"],
    )  # its own, of this run


def test_an_answer_that_nobody_got_is_for_the_next_run(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.start(wait_ms=0)
    os.utime(until_there(jobs.folder / "result.json"), (1760000000, time.time() - 3600))
    again = jobs.start(attempt="b")
    assert (again["attached"], code(again["answer"])) == (True, "none")
    ended = datetime.datetime.fromisoformat(again["ended"].replace("Z", "+00:00"))
    assert 3500 < (datetime.datetime.now(datetime.timezone.utc) - ended).total_seconds() < 3700


def test_an_answer_that_was_got_is_not_for_the_next_run(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.start()
    jobs.host.write(a="changed")
    request = jobs.request("restore")
    assert jobs.start(request, id=OTHER_ID)["answer"]["replaced"] == 1
    jobs.host.write(a="changed again")
    again = jobs.start(request, id=OTHER_ID, attempt="b")
    assert (again["attached"], again["answer"]["replaced"]) == (False, 1)
    assert (jobs.host.source / "a.txt").read_text() == "content"


@pytest.mark.parametrize("operation", ["restore", "verify"])
def test_what_nobody_got_is_done_anew_where_the_world_went_on(jobs: Jobs, operation: str) -> None:
    """The same words, hours later: folders and sets have changed since. A backup's set id makes its answer right."""
    jobs.host.write(a="content")
    jobs.start()
    identity = f"{operation}-{'0' * 31}2"
    answer = jobs.state / "jobs" / identity / "result.json"
    members = {"components": ["data"]} if operation == "verify" else {}
    request = jobs.request(operation, **members)
    jobs.start(request, id=identity, wait_ms=0)
    begun = json.loads(until_there(answer).read_text())
    assert jobs.start(request, id=identity)["answer"] == begun  # the same run, over a new connection
    (answer.parent / "delivered").unlink()
    jobs.host.write(a="changed")
    (jobs.host.part() / "data" / "more.txt").write_text("damage")
    again = jobs.start(request, id=identity, attempt="b")
    assert (again["attached"], code(again["answer"])) == (False, "damaged")


def test_an_answer_that_was_got_never_becomes_one_that_nobody_got(jobs: Jobs) -> None:
    """Something holds the answer open, and its folder cannot make room: the old restore is not taken for a new one."""
    jobs.host.write(a="content")
    jobs.start()
    request = jobs.request("restore")
    jobs.start(request, id=OTHER_ID)
    jobs.host.write(a="changed")
    jobs.host.faults = {"locked": ["*/result.json"]}
    assert code(jobs.start(request, id=OTHER_ID, attempt="b")) == "write_failed"
    jobs.host.faults = {}
    again = jobs.start(request, id=OTHER_ID, attempt="c")
    assert (again["attached"], again["answer"]["replaced"]) == (False, 1)
    assert (jobs.host.source / "a.txt").read_text() == "content"


def test_an_answer_is_given_where_it_cannot_be_noted_who_got_it(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.host.faults = {"fail_change": {"glob": "*delivered*", "at": 1, "errno": 28}}
    answer = jobs.start()
    assert (code(answer), code(answer["answer"]), answer["answer"]["files"]) == ("none", "none", 1)
    assert len(answer["warnings"]) == 1
    assert "(112)" in answer["warnings"][0]


@pytest.mark.timing
@pytest.mark.parametrize("route", ["breakaway", "wmi"])
def test_it_outlives_the_connection(jobs: Jobs, executable: pathlib.Path, route: str) -> None:
    """WinRM ends all that a shell has started; here, all of the session."""
    request = jobs.slow(rounds=10)
    if route == "wmi":
        jobs.host.faults["no_breakaway"] = True
    environment = {
        **os.environ,
        "LAB_ROOT": str(jobs.host.folder),
        "LAB_HOST_NAME": jobs.host.name,
        "LAB_FQDN": "web01.corp.example",
        "LAB_MACHINE_GUID": jobs.host.machine_guid,
        "LAB_USER": "CORP\\svc",
        "LAB_FAULTS": json.dumps(jobs.host.faults),
    }
    call = {
        "protocol": 1,
        "operation": "start",
        "id": ID,
        "attempt": "a",
        "wait_ms": SECONDS * 1000,
        "request": request,
    }
    with subprocess.Popen(
        ["mono", str(executable)], stdin=subprocess.PIPE, env=environment, start_new_session=True
    ) as starter:
        assert starter.stdin is not None
        starter.stdin.write(json.dumps(call).encode())
        starter.stdin.close()
        process = jobs.process()
        os.killpg(starter.pid, signal.SIGKILL)
    assert os.getsid(process) not in (starter.pid, os.getsid(0))
    again = jobs.start(request, attempt="b")
    assert (again["attached"], again["state"], code(again["answer"])) == (True, "ended", "partial")


def test_it_has_nothing_of_its_parent_open(jobs: Jobs) -> None:
    jobs.start(jobs.slow(), wait_ms=0)
    process = jobs.process()
    links = {os.readlink(f"/proc/{process}/fd/{number}") for number in (0, 1, 2)}
    assert links - {"/dev/null"} == {next(iter(links - {"/dev/null"}))}
    assert next(iter(links - {"/dev/null"})).startswith("pipe:")  # the request came by it, and its other end is closed


@pytest.mark.timing
def test_one_whose_process_is_gone_has_died(jobs: Jobs) -> None:
    jobs.start(jobs.slow(pause=1), wait_ms=0)
    jobs.copying()
    jobs.kill()
    answer = jobs.poll()
    assert (code(answer), answer["state"]) == ("none", "ended")
    died = answer["answer"]
    assert (code(died), died["operation"], died["changed"]) == ("job_died", "backup", True)
    assert "of 2 files" in died["error"]["cause"]
    assert "T" in died["error"]["cause"]
    assert died["error"]["path"] == str(jobs.folder)


def test_after_one_that_died_comes_a_new_one(jobs: Jobs) -> None:
    jobs.start(jobs.slow(), wait_ms=0)
    jobs.kill()
    jobs.host.faults = {}
    again = jobs.start(jobs.request(set_id="20260102T000000Z"), attempt="b")
    assert (again["attached"], code(again["answer"])) == (False, "none")


@pytest.mark.parametrize("ago", [200, -3600])
def test_one_that_never_began_has_died_after_a_while(jobs: Jobs, ago: int) -> None:
    """Also if the clock was set back since it was asked for."""
    jobs.start(jobs.slow(), wait_ms=0)
    jobs.kill()
    (jobs.folder / "state.json").unlink()
    assert jobs.poll(wait_ms=0)["state"] == "running"
    for path in (jobs.folder / "request.json", jobs.folder):
        os.utime(path, (time.time() - ago, time.time() - ago))
    answer = jobs.poll(wait_ms=0)
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")
    assert "had not started" in answer["answer"]["error"]["cause"]


@pytest.mark.timing
def test_one_that_cannot_report_its_progress_does_its_work(jobs: Jobs) -> None:
    """The report of the work, on a system drive that is full or forbidden, must not keep it from being done."""
    jobs.host.write(a="content")
    jobs.host.faults = {"denied": ["*/.state.json.tmp"]}
    begun = time.monotonic()
    answer = jobs.start()
    assert (code(answer), code(answer["answer"]), answer["answer"]["files"]) == ("none", "none", 1)
    assert time.monotonic() - begun < SECONDS * 2 / 3  # and not after all that it was to wait
    assert not (jobs.folder / "state.json").exists()


@pytest.mark.timing
@pytest.mark.parametrize("how", ["start", "poll"])
@pytest.mark.parametrize("full", [False, True])
def test_why_one_left_no_answer_is_reported_at_once(jobs: Jobs, how: str, full: bool) -> None:
    """And not after minutes, with a guess: its folder refuses the answer, or its drive has no room for any word."""
    jobs.host.write(a="content")
    jobs.host.faults = {"denied": ["*/.state.json.tmp", "*/.result.json.*"]}
    if full:
        jobs.host.faults["full_after_bytes"] = len(json.dumps(jobs.request())) + 100  # the request's own, and no more
    begun = time.monotonic()
    answer = jobs.start(wait_ms=SECONDS * 1000 if how == "start" else 0)
    jobs.host.faults = {}
    if how == "poll":
        answer = jobs.poll()
    assert time.monotonic() - begun < SECONDS * 2 / 3  # and not after all that it was to wait
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")
    assert answer["answer"]["operation"] == "backup"
    assert ("could not write there" if full else "(5)") in answer["answer"]["error"]["cause"], answer
    assert "a full drive" in answer["answer"]["error"]["next"]


def test_an_answer_that_something_stands_in_the_way_of_is_left_a_little_later(jobs: Jobs) -> None:
    """An antivirus has the draft for a moment: the answer of hours of work is not lost for that."""
    jobs.host.write(a="content")
    jobs.host.faults = {"fail_change": {"glob": "*result.json*", "at": 1, "errno": 16}}
    answer = jobs.start()
    assert (code(answer), code(answer["answer"]), answer["answer"]["files"]) == ("none", "none", 1)


def test_an_answer_that_has_no_room_leaves_no_drafts(jobs: Jobs) -> None:
    """Each would take what room there is, or comes to be, from the next attempt."""
    jobs.host.write(a="content")
    jobs.host.faults = {"full_after_bytes": len(json.dumps(jobs.request())) + 100}
    answer = jobs.start(wait_ms=SECONDS * 1000)
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")
    assert [path.name for path in jobs.folder.iterdir() if path.name.startswith((".result", ".failure"))] == []


def test_an_answer_that_has_no_room_leaves_no_drafts_to_an_antivirus_either(jobs: Jobs) -> None:
    jobs.host.habits = {"antivirus_ms": 200}
    test_an_answer_that_has_no_room_leaves_no_drafts(jobs)


def test_the_room_of_a_source_that_an_antivirus_has_at_first_is_free_for_the_answer(jobs: Jobs) -> None:
    jobs.host.habits = {"antivirus_ms": 200}
    answer = jobs.start(jobs.slow(rounds=5), wait_ms=SECONDS * 1000)
    assert answer["state"] == "ended"
    assert not (jobs.folder / "agent.txt").exists()


def test_the_room_of_its_source_is_free_for_its_answer(jobs: Jobs) -> None:
    jobs.host.habits = {}  # an antivirus has what is new
    jobs.start(jobs.slow(rounds=15), wait_ms=0)
    source = jobs.folder / "agent.txt"
    jobs.process()
    assert not source.exists()


def test_one_that_could_not_be_asked_is_not_waited_for(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.host.faults = {"fail_change": {"glob": "*request.json*", "at": 1, "errno": 28}}
    assert code(jobs.start()) == "write_failed"
    jobs.host.faults = {}
    again = jobs.start(attempt="b", wait_ms=SECONDS * 1000)
    assert (again["attached"], code(again["answer"])) == (False, "none")


def test_what_the_compiler_said_is_the_cause(jobs: Jobs) -> None:
    jobs.start(jobs.slow(), wait_ms=0)
    jobs.kill()
    (jobs.folder / "state.json").unlink()
    (jobs.folder / "failure.json").write_text('{"cause": "(1,18): error CS1026: ) expected"}')
    assert "CS1026" in jobs.poll(wait_ms=0)["answer"]["error"]["cause"]


def test_cancel_is_honoured_between_files(jobs: Jobs) -> None:
    jobs.start(jobs.slow(), wait_ms=0)
    jobs.process()
    answer = jobs.cancel()
    assert (answer["state"], code(answer["answer"])) == ("ended", "cancelled")
    assert not (jobs.host.part() / "part.json").exists()


@pytest.mark.timing
def test_one_that_does_not_honour_it_is_ended(jobs: Jobs) -> None:
    jobs.start(jobs.slow(pause=50), wait_ms=0)
    process = jobs.process()
    jobs.copying()
    answer = jobs.cancel(wait_ms=500)
    assert (answer["state"], code(answer["answer"])) == ("ended", "job_died")
    with contextlib.suppress(FileNotFoundError):
        assert os.listdir(f"/proc/{process}/fd") == []


@pytest.mark.timing
def test_a_restore_is_never_ended_in_the_middle(jobs: Jobs) -> None:
    """It goes back by itself, however long that takes: killed, it would leave a mixture, and nobody to say so."""
    jobs.host.write(**{f"f{number}": "content" for number in range(3000)})
    jobs.start()
    jobs.host.write(**{f"f{number}": "changed" for number in range(3000)})
    before = jobs.host.picture(jobs.host.source)
    jobs.start(jobs.request("restore"), id=OTHER_ID, wait_ms=0)
    with jobs.stopped(OTHER_ID):
        assert jobs.cancel(id=OTHER_ID, wait_ms=0)["state"] == "running"
    answer = jobs.poll(id=OTHER_ID)
    assert (answer["state"], code(answer["answer"])) == ("ended", "cancelled")
    assert jobs.host.picture(jobs.host.source) == before


def test_cancel_of_one_that_has_ended_changes_nothing(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    first = jobs.start()
    assert jobs.cancel()["answer"] == first["answer"]


def test_one_that_leaves_its_job_object_says_so(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    answer = jobs.start()
    assert (answer["route"], answer["in_job_object"]) == ("breakaway", False)
    again = jobs.start()
    assert (again["route"], again["in_job_object"]) == (None, None)  # this call has started none


@pytest.mark.parametrize("leave", [0, 8, 21])
def test_where_none_may_leave_its_job_object_wmi_starts_it(jobs: Jobs, leave: int) -> None:
    """As under psrp. Where WMI's own host has a job object that it may not leave either, that is reported."""
    jobs.host.write(a="content")
    jobs.host.faults = {"no_breakaway": True, "wmi_leave": leave}
    answer = jobs.start()
    assert (code(answer["answer"]), answer["state"], answer["answer"]["files"]) == ("none", "ended", 1)
    assert (answer["route"], answer["in_job_object"], answer["warnings"]) == ("wmi", leave != 0, [])
    assert sorted(path.name for path in jobs.folder.iterdir()) == [
        "delivered",
        "lock",
        "request.json",
        "result.json",
        "state.json",
    ]


def test_what_wmi_starts_has_its_request_from_a_pipe_alone(jobs: Jobs) -> None:
    """What is secret in it (the password of a network identity) is on no command line, and in no file or setting."""
    jobs.slow()
    jobs.host.faults["no_breakaway"] = True
    network = {"username": "CORP\\backup", "password": "Sesame-9-open"}
    jobs.start(jobs.request(retries=100, retry_wait_ms=200), wait_ms=0, network=network)
    process = jobs.process()
    for name in ("cmdline", "environ"):
        assert b"Sesame" not in pathlib.Path(f"/proc/{process}/{name}").read_bytes()
    assert {os.readlink(f"/proc/{process}/fd/{number}") for number in (0, 1, 2)} == {"/dev/null"}
    for path in jobs.state.rglob("*"):
        assert not path.is_file() or b"Sesame" not in path.read_bytes(), path


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ({"wmi_create": 2}, "access denied (2)"),
        ({"wmi_create": 3}, "insufficient privilege (3)"),
        ({"wmi_create": 8}, "unknown failure (8)"),
        ({"wmi_create": 9}, "path not found (9)"),
        ({"wmi_create": 21}, "invalid parameter (21)"),
        ({"wmi_create": 4294967295}, "another cause (-1)"),
        ({"wmi_error": 1058}, "(1058)"),
        ({"wmi_process": "hangs"}, "It did not answer within 2 s. (1460)"),
        ({"pipe": "taken"}, "(231)"),
        ({"wmi_process": "dies"}, "The process ended before it received its request. (1067)"),
        ({"wmi_process": "mute"}, "The process did not ask for its request within 2 s. (1460)"),
    ],
    ids=str,
)
def test_where_both_routes_are_refused_it_runs_inside_the_connection(
    jobs: Jobs, faults: dict[str, t.Any], why: str
) -> None:
    jobs.host.write(a="content")
    jobs.host.faults = {"no_breakaway": True, **faults}
    before = agents_of(jobs)
    answer = jobs.start()
    assert (code(answer["answer"]), answer["state"], answer["answer"]["files"]) == ("none", "ended", 1)
    assert (answer["route"], answer["in_job_object"]) == ("inside", None)
    assert len(answer["warnings"]) == 1
    assert "inside the connection" in answer["warnings"][0]
    assert "job object: Permission denied (5). By WMI: " in answer["warnings"][0]
    assert why in answer["warnings"][0]
    assert not jobs.folder.exists()
    assert agents_of(jobs) == before  # what had been started is ended


def agents_of(jobs: Jobs) -> set[str]:
    """Name the processes that work in a folder of the host."""
    found = set()
    for process in pathlib.Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if os.readlink(process).startswith(str(jobs.host.folder)):
                found.add(process.parent.name)
    return found


def test_another_process_that_finds_the_pipe_gets_nothing(jobs: Jobs) -> None:
    """Not even one of the same account, which its list would let in: the number of the process decides."""
    jobs.host.write(a="content")
    jobs.host.faults = {"no_breakaway": True, "pipe": "thief"}
    answer = jobs.start()
    assert (code(answer["answer"]), answer["route"], answer["answer"]["files"]) == ("none", "wmi", 1)
    assert (jobs.host.folder / "stolen").read_bytes() == b""


def test_the_folder_is_closed(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.start()
    for folder in (jobs.state, jobs.state / "jobs", jobs.folder):
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give a folder to somebody else")
@pytest.mark.parametrize("whose", ["state", "jobs", "job"])
def test_what_an_ordinary_user_has_made_is_not_read(jobs: Jobs, whose: str) -> None:
    jobs.host.write(a="content")
    jobs.start()
    folder = {"state": jobs.state, "jobs": jobs.state / "jobs", "job": jobs.folder}[whose]
    os.chown(folder, 12345, 12345)
    for answer in (jobs.start(), jobs.poll()):
        assert (code(answer), answer["error"]["path"]) == ("state_owner", str(folder))


def test_a_link_is_not_a_state_folder(jobs: Jobs, tmp_path: pathlib.Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    jobs.state.mkdir()
    (jobs.state / "jobs").symlink_to(tmp_path / "elsewhere")
    assert code(jobs.start()) == "state_owner"
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_results_are_kept_a_day(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.start()
    for path in (*jobs.folder.iterdir(), jobs.folder):
        os.utime(path, (time.time() - 23 * 3600, time.time() - 23 * 3600))
    jobs.start(jobs.request("verify"), id=OTHER_ID)
    assert jobs.folder.exists()
    for path in (*jobs.folder.iterdir(), jobs.folder):
        os.utime(path, (time.time() - 25 * 3600, time.time() - 25 * 3600))
    jobs.start(jobs.request("verify"), id=OTHER_ID, attempt="b")
    assert not jobs.folder.exists()


@pytest.mark.parametrize("fault", ["locked", "denied"])
def test_an_old_one_that_cannot_be_removed_is_in_nobodys_way(jobs: Jobs, fault: str) -> None:
    jobs.host.write(a="content")
    jobs.start()
    for path in (*jobs.folder.iterdir(), jobs.folder):
        os.utime(path, (time.time() - 25 * 3600, time.time() - 25 * 3600))
    jobs.host.faults = {fault: [f"{jobs.folder}/*"]}
    assert code(jobs.start(jobs.request("verify"), id=OTHER_ID)) == "none"
    assert (jobs.folder / "delivered").exists() or not (jobs.folder / "result.json").exists()


@pytest.mark.timing
def test_one_at_work_is_never_removed(jobs: Jobs) -> None:
    request = jobs.slow(rounds=40)
    jobs.start(request, wait_ms=0)
    jobs.process()
    for path in (jobs.folder / "request.json", jobs.folder / "state.json", jobs.folder):
        os.utime(path, (time.time() - 25 * 3600, time.time() - 25 * 3600))
    jobs.start(jobs.request("verify"), id=OTHER_ID)
    assert code(jobs.poll()["answer"]) == "partial"


@pytest.mark.parametrize(
    "members",
    [
        {"id": "../../x"},
        {"id": "backup-" + "g" * 32},
        {"id": "backup"},
        {"id": None},
        {"attempt": None},
        {"wait_ms": -1},
        {"wait_ms": None},
        {"request": {"operation": "start"}},
        {"request": {"operation": "work"}},
        {"request": {"operation": "run"}},
        {"request": {"operation": None}},
        {"request": "text"},
    ],
    ids=str,
)
def test_bad_requests(jobs: Jobs, members: dict[str, t.Any]) -> None:
    before = jobs.host.picture()
    assert code(jobs.start(**members)) == "bad_request"
    assert jobs.host.picture() == before


def test_none_of_this_id(jobs: Jobs) -> None:
    before = jobs.host.picture()
    assert (code(jobs.poll()), code(jobs.cancel())) == ("job_missing", "job_missing")
    assert jobs.host.picture() == before


def test_what_cannot_be_understood_is_no_answer(jobs: Jobs) -> None:
    jobs.host.write(a="content")
    jobs.start()
    (jobs.folder / "result.json").write_text('{"protocol": 1')
    assert code(jobs.poll()["answer"]) == "job_died"
