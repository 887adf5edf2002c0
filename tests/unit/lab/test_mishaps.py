# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong at one request, by what the agent is asked."""

from __future__ import annotations

import collections.abc as c
import pathlib

import pytest
from integration.controller import Controller

from lab import agent_build, fleet, inventory
from lab.lab import Lab, prepare
from lab.mishaps import Mishap, faulty, faulty_job
from lab.services import ELASTICSEARCH, POOL
from lab.waiting import until

pytestmark = pytest.mark.skipif(bool(agent_build.missing_programs()), reason=f"no Mono: {agent_build.APT_LINE}")
BACKUP = {
    "backup_root": inventory.SHARED_ROOT,
    "deployment": "hq",
    "components": ["reports"],
    "retries": 0,
}
LOOK = {"state": "reported"}
WATCHDOG = "task \\identityops.groupid watchdog"


@pytest.fixture
def lab(tmp_path: pathlib.Path) -> c.Iterator[Lab]:
    prepare(tmp_path / "lab", fleet.default_fleet(1, scale="small", at_work=True))
    with Lab(tmp_path / "lab") as running:
        yield running


@pytest.fixture
def controller(lab: Lab, tmp_path: pathlib.Path) -> Controller:
    (tmp_path / "controller").mkdir()
    return Controller(lab, tmp_path / "controller")


def test_a_fault_is_one_of_one_request(lab: Lab, controller: Controller) -> None:
    lost, full, killed = (
        Mishap("web01", "backup", faulty(lost_share=53)),
        Mishap("web01", "backup", faulty_job(full=["*/shares/*"]), number=2),
        Mishap("web01", "backup", faulty_job(die_at=20), number=3),
    )
    lab.mishaps.extend([lost, full, killed])
    sets = [{**BACKUP, "set_id": f"2026010{day}T000000Z"} for day in range(1, 5)]
    results = [controller.module("web01", "groupid_backup_folder", arguments) for arguments in sets]
    assert [result["failed"] for result in results] == [True, True, True, False], results
    assert [result["error"]["code"] for result in results[:3]] == ["root_unreadable", "write_failed", "job_died"]
    assert "(53)" in results[0]["error"]["cause"]
    assert all(mishap.happened.is_set() for mishap in lab.mishaps)


def test_a_host_that_is_cut_off_stays_out_of_reach(lab: Lab, controller: Controller) -> None:
    host = lab.host("web01")
    lab.mishaps.append(Mishap("web01", "state", lab.outages.cut))
    assert controller.module("web01", "groupid_services", LOOK)["failed"]
    assert controller.module("web01", "groupid_services", LOOK)["failed"]
    lab.outages.end(host)
    result = controller.module("web01", "groupid_services", LOOK)
    assert not result["failed"], result


def test_a_restart_brings_back_what_starts_by_itself(lab: Lab, controller: Controller) -> None:
    services = lab.services("web01")
    before = services.picture()
    lab.mishaps.append(Mishap("web01", "quiesce", after=lab.reboot))
    controller.module("web01", "groupid_services", {"state": "quiesced"})
    # The watchdog begins with the restart, resumes the rest, and goes.
    until(lambda: WATCHDOG not in services.picture(), "the end of the watchdog")
    after = services.picture()
    assert after[f"service {ELASTICSEARCH}"] == before[f"service {ELASTICSEARCH}"] == "running, automatic"
    assert after[f"pool {POOL}"] == "started, starts with IIS"
    # An operator had stopped it. The restart starts it, and no resume stops it again.
    assert after["service GroupIDEmailService"] == "running, automatic"
    assert after["task \\Schema Replication"] == before["task \\Schema Replication"] == "enabled"
