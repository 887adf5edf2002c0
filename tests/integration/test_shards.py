# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet that is backed up by several runs: by deployment the sets are the same; through deployments nothing stops."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import typing as t

import pytest
from benchmarks import controller as fleet_of
from integration.controller import Controller

from lab.lab import Lab, discard, prepare

SHARDS, A_DEPLOYMENT = 5, 2
COUNT = SHARDS * A_DEPLOYMENT
FORKS = ("--forks", str(COUNT))
DEPLOYMENTS = [f"site{number:03}" for number in range(SHARDS)]


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Controller]:
    """A controller of as many deployments as there are shards, whose servers only answer."""
    folder = tmp_path_factory.mktemp("shards")
    prepare(folder / "lab", fleet_of.fleet(COUNT, A_DEPLOYMENT))
    (folder / "controller").mkdir()
    with Lab(folder / "lab") as lab:
        made = Controller(lab, folder / "controller")
        made.inventory = made.write_inventory(edit=fleet_of.without_original)
        yield made
    discard(folder / "lab")


def asked(controller: Controller, operation: str) -> list[tuple[str, dict[str, t.Any]]]:
    """Return what servers were asked for since the last time, by name; of a job, what it was asked for."""
    assert controller.lab.echo
    found = [(host.name, request.get("request", request)) for host, request in controller.lab.echo.requests]
    return [(name, request) for name, request in found if request["operation"] == operation]


def sealed(controller: Controller) -> dict[str, set[str]]:
    """Return the members of each deployment's seal."""
    lab = controller.lab
    assert lab.echo
    deployments = {host.name: host.deployment for host in lab.fleet.hosts}
    found = {
        deployments[name]: {str(member["server"]) for member in json.loads(request["document"])["parts"]}
        for name, request in asked(controller, "seal")
        if request["phase"] == "prepared"
    }
    decided = {deployments[name] for name, request in asked(controller, "seal") if request["phase"] == "sealed"}
    assert decided == set(found)
    return found


def stopped(controller: Controller) -> list[str]:
    return sorted(name for name, request in asked(controller, "quiesce") if request["phase"] == "stop")


def test_by_deployment_the_sets_are_those_of_one_run(controller: Controller, tmp_path: pathlib.Path) -> None:
    echo = controller.lab.echo
    assert echo
    controller.play("backup", *FORKS).succeeded()
    whole, all_stopped = sealed(controller), stopped(controller)
    assert (sorted(whole), len(all_stopped), {len(members) for members in whole.values()}) == (
        DEPLOYMENTS,
        COUNT,
        {A_DEPLOYMENT},
    )
    echo.requests.clear()
    for number, name in enumerate(DEPLOYMENTS):
        by_group = number % 2 == 1
        limit = ("--limit", f"deployment_{name}") if by_group else ()
        chosen = {} if by_group else {"groupid_deployments": [name]}
        run = controller.play("backup", *FORKS, *limit, extra={"groupid_run_file": str(tmp_path / name), **chosen})
        ended = json.loads(pathlib.Path(tmp_path / name).read_text(encoding="utf-8"))
        assert (run.code, ended["class"], list(ended["deployments"])) == (0, 0, [name]), run.output[-6000:]
    assert (sealed(controller), stopped(controller)) == (whole, all_stopped)


@pytest.mark.parametrize("set_id", ["", "20260101T000000Z"])
def test_through_deployments_nothing_is_stopped(controller: Controller, set_id: str) -> None:
    """With an id, each run adds its parts to the set, if somebody accepts that nothing is stopped for it."""
    echo = controller.lab.echo
    assert echo
    echo.requests.clear()
    one_of_each = ":".join(host.name for host in controller.lab.fleet.hosts[1::A_DEPLOYMENT])
    extra = {"groupid_set_id": set_id} if set_id else {}
    run = controller.play("backup", *FORKS, "--limit", one_of_each, extra=extra)
    run.failed("elasticsearch_running" if set_id else "this run does not include echo0001")
    assert [asked(controller, operation) for operation in ("quiesce", "backup", "seal")] == [[], [], []]
