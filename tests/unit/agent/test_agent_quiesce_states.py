# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ran before a quiesce runs after the resume, and nothing else: many states, many kills."""

from __future__ import annotations

import collections.abc as c
import itertools
import os
import pathlib
import random
import tempfile
import typing as t

import pytest
from faults.fuzz_parts import compile_agent
from unit.agent.runtime_host import RuntimeHost
from unit.agent.test_agent_hostile import OneProcess
from unit.agent.win32_session import NEEDS_MONO, lacks

from lab.appcmd import Pool

pytestmark = pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)

SERVICES: dict[str, dict[str, t.Any]] = {
    "running": {"state": "running", "start_type": "automatic"},
    "stopped": {"state": "stopped", "start_type": "automatic"},
    "disabled": {"state": "stopped", "start_type": "disabled"},
    "running but disabled": {"state": "running", "start_type": "disabled"},
    "paused": {"state": "paused", "start_type": "manual"},
    "paused but disabled": {"state": "paused", "start_type": "disabled"},
    "delayed start": {"state": "running", "start_type": "automatic", "delayed": True},
    "recovers": {
        "state": "running",
        "start_type": "manual",
        "exit_code": 1067,
        "recovery": True,
        "recovers_from_errors": True,
    },
}
POOLS = [(state, auto) for state in ("Started", "Stopped") for auto in (True, False)]
TASKS = (True, False)
Three = tuple[str, ...]
Others = tuple[tuple[tuple[str, bool], ...], tuple[bool, ...]]
THREES: list[Three] = list(itertools.product(SERVICES, repeat=3))
OTHERS: list[Others] = list(itertools.product(itertools.product(POOLS, repeat=2), itertools.product(TASKS, repeat=2)))
ON_ONE = len(THREES) // len(OTHERS)
"""Times three services that one server has, which know nothing of each other."""


def prepare(server: RuntimeHost, threes: c.Sequence[Three], others: Others, chance: random.Random) -> None:
    """Let a server be as a case says. Of three services, one needs another one at times, where that can be."""
    pools, tasks = others
    # As of a new server: a run whose record has ended stops nothing any more.
    (server.host.lock.parent / "quiesce.json").unlink(missing_ok=True)
    server.services.clear()
    server.tasks.clear()
    server.web(
        *(
            Pool(f"GroupID pool {number}", state, auto, {f"Site/{number}": f"{server.folder}/{number}"})
            for number, (state, auto) in enumerate(pools)
        )
    )
    for three, kinds in enumerate(threes):
        for number, kind in enumerate(kinds):
            facts = dict(SERVICES[kind])
            below = SERVICES[kinds[number - 1]]["state"] if number else "stopped"
            if number and (facts["state"] == "stopped" or below != "stopped"):
                facts["depends_on"] = [f"s{three}-{number - 1}"] * chance.randint(0, 1)
            server.service(f"s{three}-{number}", **facts)
    for number, enabled in enumerate(tasks):
        server.task(f"\\Imanami\\t{number}", enabled)
    server.write()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return compile_agent(tmp_path_factory.mktemp("quiesce"))


@pytest.fixture
def server(driver: pathlib.Path, executable: pathlib.Path) -> c.Iterator[RuntimeHost]:
    """A host whose requests one process answers, but for those that are killed.

    It lies in memory where that is possible: the record is flushed so often that a disk would take most of the time.
    """
    memory = pathlib.Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        host = OneProcess(driver, pathlib.Path(folder, "host"))
        host.command = ["mono", str(executable)]
        yield RuntimeHost(host)
        host.session.close()


def start_types(picture: dict[str, t.Any]) -> dict[str, str]:
    return {name: one["start_type"] for name, one in picture["services"].items()}


def test_every_combination_comes_back_exactly(server: RuntimeHost) -> None:
    """512 of them: each of three services once, and each of two pools and two tasks eight times."""
    chance = random.Random(15)
    threes = chance.sample(THREES, len(THREES))
    for number, others in enumerate(OTHERS):
        case = (threes[number * ON_ONE : (number + 1) * ON_ONE], others)
        prepare(server, *case, chance)
        before = server.picture()
        stopped = server.quiesce()
        assert stopped["failed"] is False, (case, stopped)
        meanwhile = server.picture()
        assert {one["state"] for name, one in meanwhile["services"].items() if name != "W3SVC"} == {"stopped"}, case
        assert {state for state, dummy in meanwhile["pools"].values()} == {"Stopped"}, case
        assert {task["enabled"] for task in meanwhile["tasks"]} == {False}, case
        # Nothing is disabled but what Windows would start again.
        recovers = {name for name, one in before["services"].items() if one.get("recovery")}
        assert start_types(meanwhile) == start_types(before) | dict.fromkeys(recovers, "disabled"), case
        resumed = server.resume()
        assert resumed["failed"] is False, (case, resumed)
        assert server.picture() == before, case


def test_the_table_has_every_combination() -> None:
    assert (len(THREES), len(OTHERS)) == (len(SERVICES) ** 3, len(POOLS) ** 2 * len(TASKS) ** 2)
    assert ON_ONE * len(OTHERS) == len(THREES) >= 500


KILLED: tuple[list[Three], Others] = (
    [("running but disabled", "recovers", "paused")],
    ((("Started", True), ("Stopped", True)), (True, False)),
)


def killed_case(server: RuntimeHost) -> dict[str, t.Any]:
    """Prepare the case, and give its picture. No service needs another: each is on its own."""
    prepare(server, *KILLED, random.Random(4))
    for service in server.services.values():
        service.pop("depends_on", None)
    server.write()
    return server.picture()


def test_a_quiesce_killed_anywhere_loses_nothing(server: RuntimeHost) -> None:
    """Before its first change, its second, and so on; the resume after it is killed too, somewhere."""
    chance = random.Random(4)
    for at in itertools.count(1):
        before = killed_case(server)
        killed = server.is_killed("quiesce", at)
        server.is_killed("resume", chance.randint(1, 60))
        answer = server.resume()
        assert answer["failed"] is False, (at, answer)
        assert server.picture() == before, at
        if not killed:
            break
    assert at > 40


def test_a_resume_killed_anywhere_loses_nothing(server: RuntimeHost) -> None:
    """Twice in a row: what the first one has done is not taken for somebody's change by the next ones."""
    chance = random.Random(5)
    for at in itertools.count(1):
        before = killed_case(server)
        assert server.quiesce()["failed"] is False
        killed = server.is_killed("resume", at)
        server.is_killed("resume", chance.randint(1, 60))
        answer = server.resume()
        assert answer["failed"] is False, (at, answer)
        assert server.picture() == before, at
        # Nothing stands in the way of the next one, and it records what runs.
        assert server.quiesce(run="the next one", check=True)["entries"][0]["before"] == {"enabled": True}
        if not killed:
            break
    assert at > 40


def test_a_kill_between_record_and_first_stop(server: RuntimeHost) -> None:
    """From the first change on, one by one, until the record is there. From then on, another run is refused."""
    prepare(server, *KILLED, random.Random(1))
    before = server.picture()
    record = server.host.lock.parent / "quiesce.json"
    for at in range(1, 40):
        assert server.is_killed("quiesce", at)
        assert server.picture() == before, at
        if record.exists():
            break
    assert record.exists()
    assert server.quiesce(run="another")["error"]["code"] == "quiesced"
    assert server.quiesce()["failed"] is False, "nothing was stopped, so its own record is still the state before"
    assert server.picture() != before
    assert server.quiesce()["error"]["code"] == "quiesced", "now it is not"
    assert server.resume()["failed"] is False
    assert server.picture() == before
