# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service with a delayed start that Windows has not started yet: it is held back, and runs after the way back."""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost

from lab import waiting

NEVER_STARTED = 1077
CONTROL = r"SYSTEM\CurrentControlSet\Control"
FAR = 9_000_000_000_000_000


def now_ms() -> int:
    """Milliseconds since 1601, in which the lab's services count."""
    return time.time_ns() // 1_000_000 + 11_644_473_600_000


@pytest.fixture
def server(host: Host) -> RuntimeHost:
    """A server that has just been started: its service is due."""
    server = RuntimeHost(host)
    server.service("Repl", "stopped", delayed=True, exit_code_now=NEVER_STARTED, delayed_ms=FAR)
    server.write()
    server.clock(began_ms=round(time.monotonic() * 1000))
    return server


def service(server: RuntimeHost) -> dict[str, t.Any]:
    """Return what the service is now, to those who ask Windows."""
    (found,) = server.ask("state")["services"]
    return {name: found[name] for name in ("state", "start_type", "delayed")}


RUNS = {"state": "running", "start_type": "automatic", "delayed": True}


def test_it_is_recorded_as_due_held_back_and_brought_back(server: RuntimeHost) -> None:
    answer = server.quiesce()
    (entry,) = answer["entries"]
    assert (entry["before"]["state"], entry["stopped"]) == ("due", True)
    server.change("services", 0, delayed_ms=now_ms())  # Windows' time for it comes
    assert service(server) == {"state": "stopped", "start_type": "disabled", "delayed": True}
    answer = server.resume()
    assert [item["outcome"] for item in answer["entries"]] == ["resumed"]
    assert service(server) == RUNS


def test_in_two_phases(server: RuntimeHost) -> None:
    """What the record says is enough; and until the stop Windows may start it."""
    server.quiesce(phase="record")
    assert server.record()["items"][0]["before"]["state"] == "due"
    assert service(server)["start_type"] == "automatic"
    assert server.quiesce(phase="stop")["failed"] is False
    assert service(server)["start_type"] == "disabled"
    server.resume()
    assert service(server) == RUNS


def test_what_windows_has_started_before_the_stop_is_stopped_and_not_disabled(server: RuntimeHost) -> None:
    server.quiesce(phase="record")
    server.change("services", 0, delayed_ms=now_ms())
    waiting.until(lambda: service(server)["state"] == "running")
    assert server.quiesce(phase="stop")["failed"] is False
    assert service(server) == {**RUNS, "state": "stopped"}
    assert server.read()["services"][0]["log"] == ["stop"]
    server.resume()
    assert service(server) == RUNS


def test_one_that_was_not_stopped_is_left_to_windows(server: RuntimeHost) -> None:
    server.quiesce(phase="record")
    answer = server.resume()
    assert [(item["outcome"], item["note"]) for item in answer["entries"]] == [("untouched", None)]
    assert service(server) == {**RUNS, "state": "stopped"}


def test_a_quiesce_that_is_undone_starts_it(server: RuntimeHost) -> None:
    server.service("Stuck", codes={"stop": 5})
    server.write()
    assert server.quiesce()["error"]["code"] == "stop_failed"
    states = {one["name"]: (one["state"], one["start_type"]) for one in server.ask("state")["services"]}
    assert states == {"Repl": ("running", "automatic"), "Stuck": ("running", "automatic")}


@pytest.mark.parametrize(
    ("facts", "uptime"),
    [
        ({}, 18 * 60),  # made, or given a delay, since the server was started
        ({"exit_code_now": 0}, 0),  # an operator has stopped it
        ({"delayed": False}, 0),
        ({"start_type": "manual"}, 0),
        ({"start_type": "disabled"}, 0),
    ],
)
def test_what_is_not_due_stays_stopped(server: RuntimeHost, facts: dict[str, t.Any], uptime: int) -> None:
    server.change("services", 0, **facts)
    server.clock(began_ms=round((time.monotonic() - uptime) * 1000))
    before = service(server)
    (entry,) = server.quiesce()["entries"]
    assert (entry["before"]["state"], entry["stopped"]) == ("stopped", False)
    server.resume()
    assert service(server) == before


def test_a_longer_delay_of_the_server_counts(server: RuntimeHost) -> None:
    (server.host.folder / "registry.json").write_text(json.dumps({CONTROL: {"AutoStartDelay": 600}}))
    server.clock(began_ms=round((time.monotonic() - 18 * 60) * 1000))
    (entry,) = server.quiesce()["entries"]
    assert entry["before"]["state"] == "due"
