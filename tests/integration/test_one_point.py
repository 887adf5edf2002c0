# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GroupID writes while it runs. A set of servers that were stopped is one point in time, and another one is torn."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import databases, fleet, inventory, writers
from lab.lab import Lab, discard, prepare
from lab.waiting import until

SERVERS = ("web01", "web02")


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Controller]:
    """A controller of the deployment hq, which is at work on two servers and in a database."""
    folder = tmp_path_factory.mktemp("one-point")
    root = folder / "lab"
    prepare(root, fleet.default_fleet(2, scale="small", sql=True, at_work=True))
    (folder / "controller").mkdir()
    with Lab(root) as lab:
        assert lab.sql
        made = Controller(lab, folder / "controller")
        style = inventory.Style(sql_port=lab.sql.port, sql_ca=str(databases.authority(lab.root)))
        made.inventory = made.write_inventory(style)
        yield made
    discard(root)


def states(lab: Lab) -> dict[str, dict[str, str]]:
    return {name: lab.services(name).picture() for name in SERVERS}


def back_up(controller: Controller, **variables: t.Any) -> writers.Cut:
    """Back hq up while GroupID writes, and judge the set."""
    lab = controller.lab
    since = until(lambda: writers.last_written(lab.root, "hq"), "the first writes")
    until(lambda: writers.last_written(lab.root, "hq") > since + 10, "more writes")
    controller.play("backup", extra={"groupid_verify_after": False, **variables}).succeeded()
    set_id = sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")[-1]
    return writers.cut(lab.root, lab.fleet, "hq", set_id, since)


def test_a_set_of_servers_at_work_is_torn(controller: Controller) -> None:
    excluded = [f"**/{writers.HELD}"]
    found = back_up(
        controller, groupid_quiesce="none", groupid_waive=["elasticsearch_running"], groupid_exclude=excluded
    )
    assert len(found.held) == 5
    assert found.faults != []


def test_a_backup_stops_everything_at_one_point_in_time_and_starts_what_ran(
    controller: Controller, tmp_path: pathlib.Path
) -> None:
    before = states(controller.lab)
    assert {"running, automatic", "stopped, automatic", "stopped, disabled"} <= {
        state for server in before.values() for state in server.values()
    }
    report = tmp_path / "run.json"
    found = back_up(controller, groupid_run_file=str(report))
    assert len(found.held) == 5
    assert found.faults == []
    assert states(controller.lab) == before
    ended = json.loads(report.read_text(encoding="utf-8"))["deployments"]["hq"]
    assert (ended["class"], ended["sealed"], ended["still_stopped"]) == (0, True, [])
    assert sorted(ended["downtimes"]) == list(SERVERS)
    assert ended["downtime_seconds"] == max(ended["downtimes"].values()) > 0
    last = max(found.held.values())
    until(lambda: writers.last_written(controller.lab.root, "hq") > last, "writes after the resume")


def test_nobody_waits_for_a_look_at_the_backup_of_the_database(controller: Controller) -> None:
    lab = controller.lab
    assert lab.sql
    before = states(lab)["web01"]
    seen: list[dict[str, str]] = []
    lab.sql.faults.first("^RESTORE VERIFYONLY", lambda: seen.append(states(lab)["web01"]))
    try:
        back_up(controller)
    finally:
        lab.sql.faults.clear()
    assert seen == [before]
