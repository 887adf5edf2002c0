# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ran before a quiesce runs after the resume, and nothing else: many states, many kills."""

from __future__ import annotations

import collections.abc as c
import itertools
import pathlib
import random
import typing as t

import pytest
from faults.fuzz_parts import compile_agent
from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost
from unit.agent.test_agent_hostile import OneProcess
from unit.agent.win32_session import NEEDS_MONO, lacks

from lab.appcmd import Pool

pytestmark = pytest.mark.skipif(lacks("mcs", "mono"), reason=NEEDS_MONO)

CASES = 500
SERVICES: dict[str, dict[str, t.Any]] = {
    "running": {"state": "running", "start_type": "automatic"},
    "stopped": {"state": "stopped", "start_type": "automatic"},
    "disabled": {"state": "stopped", "start_type": "disabled"},
    "running but disabled": {"state": "running", "start_type": "disabled"},
    "paused": {"state": "paused", "start_type": "manual"},
    "paused but disabled": {"state": "paused", "start_type": "disabled"},
    "delayed start": {"state": "running", "start_type": "automatic", "delayed": True},
    "recovers": {"state": "running", "start_type": "manual", "recovery": True, "recovers_from_errors": True},
}
POOLS = [(state, auto) for state in ("Started", "Stopped") for auto in (True, False)]
TASKS = (True, False)
Case = tuple[tuple[str, ...], tuple[tuple[str, bool], ...], tuple[bool, ...]]
ALL: list[Case] = list(
    itertools.product(
        itertools.product(SERVICES, repeat=3), itertools.product(POOLS, repeat=2), itertools.product(TASKS, repeat=2)
    )
)


def prepare(server: RuntimeHost, case: Case, chance: random.Random) -> None:
    """Let a server be as a case says. One service needs another one at times, where that can be."""
    services, pools, tasks = case
    server.services.clear()
    server.tasks.clear()
    server.web(
        *(
            Pool(f"GroupID pool {number}", state, auto, {f"Site/{number}": f"{server.folder}/{number}"})
            for number, (state, auto) in enumerate(pools)
        )
    )
    for number, kind in enumerate(services):
        facts = dict(SERVICES[kind])
        below = number - 1
        if number and (facts["state"] == "stopped" or SERVICES[services[below]]["state"] != "stopped"):
            facts["depends_on"] = [f"s{below}"] * chance.randint(0, 1)
        server.service(f"s{number}", exit_code=1067 if facts.get("recovery") else 0, **facts)
    for number, enabled in enumerate(tasks):
        server.task(f"\\Imanami\\t{number}", enabled)
    server.write()


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return compile_agent(tmp_path_factory.mktemp("quiesce"))


@pytest.fixture
def server(driver: pathlib.Path, tmp_path: pathlib.Path) -> c.Iterator[RuntimeHost]:
    host = OneProcess(driver, tmp_path / "host")
    yield RuntimeHost(host)
    host.session.close()


def test_every_combination_comes_back_exactly(server: RuntimeHost) -> None:
    chance = random.Random(15)
    for case in chance.sample(ALL, CASES):
        prepare(server, case, chance)
        before = server.picture()
        stopped = server.quiesce()
        assert stopped["failed"] is False, (case, stopped)
        meanwhile = server.picture()
        assert {one["state"] for name, one in meanwhile["services"].items() if name != "W3SVC"} == {"stopped"}, case
        assert {state for state, dummy in meanwhile["pools"].values()} == {"Stopped"}, case
        assert {task["enabled"] for task in meanwhile["tasks"]} == {False}, case
        start_types = [
            {name: one["start_type"] for name, one in picture["services"].items()} for picture in (before, meanwhile)
        ]
        assert start_types[0] == start_types[1], case
        resumed = server.resume()
        assert resumed["failed"] is False, (case, resumed)
        assert server.picture() == before, case


def test_the_table_has_every_combination() -> None:
    assert len(ALL) == len(SERVICES) ** 3 * len(POOLS) ** 2 * len(TASKS) ** 2
    assert len(ALL) > CASES


KILLED: Case = (
    ("running but disabled", "recovers", "paused"),
    (("Started", True), ("Stopped", True)),
    (True, False),
)


def killed_case(server: RuntimeHost) -> dict[str, t.Any]:
    """Prepare the case, and give its picture. No service needs another: each is on its own."""
    prepare(server, KILLED, random.Random(4))
    for service in server.services.values():
        service.pop("depends_on", None)
    server.write()
    return server.picture()


def test_a_quiesce_killed_anywhere_loses_nothing(host: Host) -> None:
    """Before its first change, its second, and so on; the resume after it is killed too, somewhere."""
    server = RuntimeHost(host)
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


def test_a_resume_killed_anywhere_loses_nothing(host: Host) -> None:
    """Twice in a row: what the first one has done is not taken for somebody's change by the next ones."""
    server = RuntimeHost(host)
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
        assert server.quiesce(check=True)["entries"][0]["before"] == {"enabled": True}
        if not killed:
            break
    assert at > 40


def test_a_kill_between_record_and_first_stop(host: Host) -> None:
    """From the first change on, one by one, until the record is there; a quiesce is refused from then on."""
    server = RuntimeHost(host)
    prepare(server, KILLED, random.Random(1))
    before = server.picture()
    record = host.lock.parent / "quiesce.json"
    for at in range(1, 40):
        assert server.is_killed("quiesce", at)
        assert server.picture() == before, at
        if record.exists():
            break
    assert record.exists()
    assert server.quiesce()["error"]["code"] == "quiesced"
    assert server.resume()["failed"] is False
    assert server.picture() == before
