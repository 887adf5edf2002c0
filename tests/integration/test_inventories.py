# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories as owners of Windows fleets write them: Windows' variables in `all` reach the controller's tasks too."""

from __future__ import annotations

import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab


@pytest.mark.parametrize("localhost", [True, False], ids=["with localhost", "without localhost"])
@pytest.mark.parametrize("run_by", ["group_vars", "inventory"])
def test_windows_variables_in_all(lab: Lab, controller: Controller, localhost: bool, run_by: str) -> None:
    documents: list[dict[str, t.Any]] = []
    where = controller.write_inventory(inventory.Style(localhost=localhost), edit=documents.append)
    if run_by == "group_vars":
        variables = documents[0]["all"]["vars"]
        where = controller.write_inventory(
            inventory.Style(localhost=localhost), edit=lambda document: document["all"].pop("vars")
        )
        (where.parent / "group_vars").mkdir()
        lines = [f"{name}: {value}\n" for name, value in variables.items()]
        (where.parent / "group_vars" / "all.yml").write_text("".join(lines))
    controller.play("backup", where=where).succeeded()
    controller.play("verify", where=where).succeeded()
    assert len(sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")) == 1


@pytest.mark.parametrize("method", ["runas", "sudo"])
def test_become_is_refused_by_name_on_hosts_only(lab: Lab, controller: Controller, method: str) -> None:
    def become(document: dict[str, t.Any]) -> None:
        document["all"]["vars"].update(ansible_become=True, ansible_become_method=method, ansible_become_user="SYSTEM")

    where = controller.write_inventory(inventory.Style(localhost=True), edit=become)
    run = controller.play("backup", where=where).failed(method, "ansible_become: false")
    assert "Summary" in run.output or "summary" in run.output, "the controller's own tasks still run"
    assert sets.set_ids(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []


def test_a_host_that_is_not_windows_is_named_as_such(lab: Lab, controller: Controller) -> None:
    def not_windows(document: dict[str, t.Any]) -> None:
        document["all"]["vars"].update(ansible_connection="local", ansible_shell_type="sh")

    where = controller.write_inventory(edit=not_windows)
    result = controller.module("web01", "groupid_info", {"measure": False}, where=where)
    assert result["failed"], result
    assert "Windows" in result["msg"]
    assert "winrm" in result["msg"]
