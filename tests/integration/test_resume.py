# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GroupID is stopped by the module and started again by the playbook, on every server where it was stopped."""

from __future__ import annotations

import json
import pathlib
import typing as t

import pytest
from integration.controller import Controller

from lab.lab import Lab

SERVERS = ("web01", "web02")


def service(name: str, **facts: t.Any) -> dict[str, t.Any]:
    command = "%ProgramFiles%/Imanami/GroupID 10.0/bin/x.exe"
    usual = {"name": name, "display_name": name, "command": command, "process": 7, "start_type": "automatic"}
    return {**usual, "state": "running", **facts}


def write(lab: Lab, server: str, *services: dict[str, t.Any]) -> None:
    content = {"services": services, "tasks": [], "processes": []}
    (lab.root / "hosts" / server / "services.json").write_text(json.dumps(content), encoding="utf-8")


def states(controller: Controller, server: str) -> dict[str, str]:
    answer = controller.module(server, "groupid_services", {"version": "10.0"})
    return {one["name"]: one["state"] for one in answer["services"]}


@pytest.fixture
def running(lab: Lab) -> Lab:
    for server in SERVERS:
        write(lab, server, service("Elastic"), service("Off", state="stopped", start_type="disabled"))
    return lab


def test_what_was_stopped_runs_again(running: Lab, controller: Controller) -> None:
    before = states(controller, "web01")
    assert before == {"Elastic": "running", "Off": "stopped"}
    controller.module("web01", "groupid_services", {"state": "quiesced"})
    assert states(controller, "web01") == {"Elastic": "stopped", "Off": "stopped"}
    previewed = controller.play("resume", "--check").succeeded()
    assert "web01: 2 things, 1 would be started again" in previewed.output
    assert states(controller, "web01") == {"Elastic": "stopped", "Off": "stopped"}
    run = controller.play("resume").succeeded()
    assert "web01: 2 things, 1 started again" in run.output
    assert "web02: nothing was stopped" in run.output
    assert states(controller, "web01") == before
    assert "web01: nothing was stopped" in controller.play("resume").succeeded().output


def test_one_that_does_not_start_fails_its_server_and_holds_no_other_up(
    running: Lab, controller: Controller, tmp_path: pathlib.Path
) -> None:
    for server in SERVERS:
        controller.module(server, "groupid_services", {"state": "quiesced"})
    write(
        running,
        "web01",
        service("Elastic", state="stopped", codes={"start": 1069}),
        service("Off", state="stopped", start_type="disabled"),
    )
    result = tmp_path / "run.json"
    run = controller.play("resume", extra={"groupid_run_file": str(result)}).failed("(1069)")
    assert "'Elastic'" in run.output
    document = json.loads(result.read_text(encoding="utf-8"))
    changes = document["deployments"]["hq"]["changes"]
    assert document["class"] == 4
    assert {(one["host"], one["what"], one["name"], one["end"]) for one in changes} == {
        ("web01", "service", "Elastic", "not_as_before"),
        ("web02", "service", "Elastic", "as_before"),
    }
    assert "web02: 2 things, 1 started again" in run.output
    assert states(controller, "web02")["Elastic"] == "running"
    write(running, "web01", service("Elastic", state="stopped", start_type="disabled"))
    run = controller.play("resume").succeeded()
    assert "its start type was automatic and is disabled" in run.output
    assert "service Off: it is no longer there" in run.output
