# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup whose connection fails, or whose controller is stopped: it ends well or is met again, and is never two."""

from __future__ import annotations

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import typing as t

import pytest
from integration.controller import COLLECTION, Controller

from lab import inventory, processes, wsman
from lab.fleet import Host
from lab.lab import Lab
from lab.server import Handler
from lab.waiting import until

LONG = int(os.environ.get("GROUPID_TEST_JOB_SECONDS", "70"))
"""Seconds that the long backup takes at least; the bar speaks of 180."""
SET_ID = "20260101T000000Z"
BACKUP = {
    "backup_root": inventory.LOCAL_ROOT,
    "deployment": "hq",
    "set_id": SET_ID,
    "components": ["reports"],
    "allow_partial": ["**"],
}


class Fault:
    """Fails one request of a host: the ``number``-th with this action after ``calls`` whole calls to the agent."""

    def __init__(self, kind: str, calls: int, action: str = "Receive") -> None:
        self._kind = kind
        self._calls = calls
        self._action = action
        self._commands = 0
        self._lock = threading.Lock()
        self.failed = 0

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        with self._lock:
            self._commands += request.action == "Command"
            due = self._commands == self._calls + 1 and request.action == self._action and not self.failed
            self.failed += due
        if not due:
            return proceed(host, request)
        if self._kind == "drop":
            raise ConnectionAbortedError
        if self._kind == "drop after it was done":
            proceed(host, request)
            raise ConnectionAbortedError
        if self._kind == "500":
            return wsman.fault(request, "The WS-Management service cannot process the request.")
        return wsman.Reply(401, b"")


def make_slow(lab: Lab, seconds: float) -> dict[str, t.Any]:
    """Have another program hold a file for this long, which the backup waits for. Returns the module's arguments."""
    files = [path for path in lab.components("web01")["reports"].rglob("*") if path.is_file()]
    lab.faults["web01"] = {"locked": [str(files[0])]}
    wait = max(0.5, seconds / 90)
    return {**BACKUP, "retries": round(seconds / wait), "retry_wait": wait}


def jobs(lab: Lab) -> list[pathlib.Path]:
    return list(lab.path("web01", "C:\\ProgramData\\identityops.groupid\\jobs").glob("backup-*"))


def parts(lab: Lab) -> list[pathlib.Path]:
    return list(lab.path("web01", inventory.LOCAL_ROOT).glob("hq/*/*/part.json"))


def at_work(lab: Lab) -> list[int]:
    """Agents at work on a host of the lab."""
    return processes.marked(f"LAB_ROOT={lab.path('web01', 'C:').parent}")


def backing_up(
    controller: Controller, folder: pathlib.Path, arguments: dict[str, t.Any]
) -> t.ContextManager[subprocess.Popen[str]]:
    """Run the backup of web01 as a process that can be stopped."""
    play = folder / "play.yml"
    task = {f"{COLLECTION}.groupid_backup_folder": arguments, "register": "backup"}
    timeout = {"timeout": arguments.pop("timeout")} if "timeout" in arguments else {}
    show = {"ansible.builtin.debug": {"msg": "state is {{ backup.state }}"}}
    play.write_text(json.dumps([{"hosts": "web01", "gather_facts": False, "tasks": [{**task, **timeout}, show]}]))
    return controller.playing(str(play))


def wait_for_job(lab: Lab) -> None:
    until(lambda: any((job / "state.json").exists() for job in jobs(lab)), "the job")


@pytest.mark.timing
@pytest.mark.parametrize("kind", ["drop", "drop after it was done", "401", "500"])
@pytest.mark.parametrize("call", ["start", "poll"])
def test_a_fault_at_a_call(lab: Lab, controller: Controller, kind: str, call: str) -> None:
    fault = Fault(kind, ["start", "poll"].index(call))
    lab.interceptors.append(fault)
    result = controller.module("web01", "groupid_backup_folder", make_slow(lab, 13))
    assert (result["failed"], result.get("state")) == (False, "waived"), result
    assert fault.failed == 1
    assert (len(jobs(lab)), len(parts(lab))) == (1, 1)


@pytest.mark.timing
def test_a_fault_at_every_other_call(lab: Lab, controller: Controller) -> None:
    """The tenth call comes through, and so do those between."""
    faults = [Fault(kind, 2 * call) for call, kind in enumerate(["drop", "401", "500", "drop after it was done"])]
    lab.interceptors.extend(faults)
    result = controller.module("web01", "groupid_backup_folder", make_slow(lab, 100))
    assert (result["failed"], result.get("state")) == (False, "waived"), result
    assert [fault.failed for fault in faults] == [1] * 4
    assert (len(jobs(lab)), len(parts(lab))) == (1, 1)


@pytest.mark.parametrize("action", ["Command", "Send", "Signal"])
def test_a_connection_dropped_at_any_request(lab: Lab, controller: Controller, action: str) -> None:
    fault = Fault("drop", 1, action)
    lab.interceptors.append(fault)
    result = controller.module("web01", "groupid_backup_folder", make_slow(lab, 13))
    assert (result["failed"], result.get("state")) == (False, "waived"), result
    assert fault.failed == 1
    assert (len(jobs(lab)), len(parts(lab))) == (1, 1)


def test_a_poll_is_small(lab: Lab, controller: Controller) -> None:
    """Counted on the wire, with the envelopes: it carries a script, and nothing to compile."""
    result = controller.module("web01", "groupid_backup_folder", make_slow(lab, 13))
    assert (result["failed"], result.get("state")) == (False, "waived"), result
    calls: list[int] = []
    for entry in lab.recorder.entries(host="web01"):
        if entry.action == "Command":
            calls.append(0)
        if calls and entry.action != "Delete":  # the end of the connection
            calls[-1] += entry.request_bytes + entry.answer_bytes
    print(f"start {calls[0]:,} bytes, polls {calls[1:]}")
    assert len(calls) > 1
    assert max(calls[1:-1], default=0) < 20_000
    assert calls[-1] < 20_000  # the last one brings the answer


@pytest.mark.timing
def test_a_line_every_thirty_seconds_and_few_requests(lab: Lab, controller: Controller, tmp_path: pathlib.Path) -> None:
    began = time.monotonic()
    with backing_up(controller, tmp_path, make_slow(lab, LONG)) as process:
        output = process.communicate()[0]
    seconds = time.monotonic() - began  # LONG, and more on a busy machine
    assert process.returncode == 0, output
    lines = output.count("web01: backup: copying, ")
    assert (LONG - 1) // 30 <= lines <= seconds // 30, output
    assert "left" in output
    calls = len(lab.recorder.entries(host="web01", action="Command"))
    requests = len(lab.recorder.entries(host="web01"))
    print(f"{seconds:.0f} s: {lines} lines, a start and {calls - 1} polls, {requests} requests")
    assert calls <= 1 + seconds / 10
    assert requests <= 6 + 6 * (calls - 1)


@pytest.mark.timing
def test_a_controller_that_is_killed_and_run_again(lab: Lab, controller: Controller, tmp_path: pathlib.Path) -> None:
    arguments = make_slow(lab, 20)
    with backing_up(controller, tmp_path, arguments):
        wait_for_job(lab)
    with backing_up(controller, tmp_path, arguments) as process:
        output = process.communicate()[0]
    assert process.returncode == 0, output
    assert "state is waived" in output
    assert "earlier run" in output
    assert (len(jobs(lab)), len(parts(lab))) == (1, 1)


@pytest.mark.timing
def test_two_controllers_at_once(lab: Lab, controller: Controller) -> None:
    arguments = make_slow(lab, 20)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(controller.module, "web01", "groupid_backup_folder", arguments) for dummy in range(2)]
    results = [run.result() for run in runs]
    assert [(result["failed"], result["state"]) for result in results] == [(False, "waived")] * 2, results
    assert results[0]["part_sha256"] == results[1]["part_sha256"]
    assert (len(jobs(lab)), len(parts(lab))) == (1, 1)


@pytest.mark.timing
def test_the_tasks_timeout_cancels(lab: Lab, controller: Controller, tmp_path: pathlib.Path) -> None:
    with backing_up(controller, tmp_path, {**make_slow(lab, 300), "timeout": 30}) as process:
        output = process.communicate()[0]
    assert process.returncode != 0, output
    assert "cancelled" in output
    assert parts(lab) == []
    until(lambda: at_work(lab) == [], "the end of the agents")


@pytest.mark.timing
def test_ctrl_c_cancels_or_leaves_what_the_next_run_meets(
    lab: Lab, controller: Controller, tmp_path: pathlib.Path
) -> None:
    arguments = make_slow(lab, 30)
    with backing_up(controller, tmp_path, arguments) as process:
        wait_for_job(lab)
        os.killpg(process.pid, signal.SIGINT)
        output = process.communicate()[0]
    assert process.returncode != 0, output
    with backing_up(controller, tmp_path, arguments) as process:
        output = process.communicate()[0]
    met = process.returncode == 0 and "earlier run" in output
    assert met or "part_exists" in output or "cancelled" in output, output
    assert len(parts(lab)) <= 1
    until(lambda: at_work(lab) == [], "the end of the agents")
