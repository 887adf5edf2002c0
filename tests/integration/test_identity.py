# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server is who it says it is, whatever the inventory calls it."""

from __future__ import annotations

import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab


@pytest.mark.parametrize("later", ["fqdn", "address", "alias"])
def test_a_set_is_found_under_another_inventory_name(lab: Lab, controller: Controller, later: str) -> None:
    controller.play("backup").succeeded()
    [set_id] = sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")
    renamed = controller.write_inventory(inventory.Style(naming=later), name="renamed.yml")
    controller.play("verify", where=renamed).succeeded()
    report = next(
        path for path in lab.components("web01")["reports"].rglob("*") if path.is_file() and path.stat().st_size
    )
    content = report.read_bytes()
    report.write_bytes(b"damaged")
    wanted = {"groupid_deployments": ["hq"], "groupid_set_id": set_id, "groupid_restore_confirm": set_id}
    controller.play("restore", where=renamed, extra=wanted).succeeded()
    assert report.read_bytes() == content


def test_two_hosts_that_are_one_computer_are_refused(lab: Lab, controller: Controller) -> None:
    def twice(document: dict[str, t.Any]) -> None:
        hosts = document["all"]["children"]["groupid"]["children"]["deployment_hq"]["hosts"]
        hosts["web01.corp.example"] = dict(hosts["web01"])

    where = controller.write_inventory(edit=twice)
    run = controller.play("backup", where=where).failed("web01.corp.example", "the same computer")
    assert "web02" in run.output
    assert sets.set_ids(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []
    assert len(sets.sealed(lab.path("old01", inventory.LOCAL_ROOT), "branch")) == 1, "another deployment goes on"


def test_a_part_of_another_machine_needs_to_be_mapped(lab: Lab, controller: Controller) -> None:
    controller.play("backup").succeeded()
    [set_id] = sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")
    part = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": set_id, "server": "web02"}
    result = controller.module("web02", "groupid_restore_folder", part)
    assert not result.get("failed"), result
    result = controller.module("web01", "groupid_restore_folder", {**part, "server": "web09"})
    assert result["failed"], result
    assert "web09" in result["msg"]
