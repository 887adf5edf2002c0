# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A seal says what was stopped for its set, and what was accepted; list, verify and restore tell of it."""

from __future__ import annotations

import json
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

HQ = ("web01", "web02")
HQ_ALONE = {"groupid_deployments": "hq"}


@pytest.fixture
def running(lab: Lab) -> Lab:
    """Elasticsearch runs on both servers of a deployment."""
    for server in HQ:
        elastic = {
            "name": "elasticsearch-service-x64",
            "display_name": "Elasticsearch 7.17",
            "command": "%ProgramFiles%/Imanami/GroupID 10.0/ElasticSearch/bin/elasticsearch-service-x64.exe",
            "process": 4321,
            "start_type": "automatic",
            "state": "running",
        }
        document = {"services": [elastic], "tasks": [], "processes": []}
        (lab.root / "hosts" / server / "services.json").write_text(json.dumps(document), encoding="utf-8")
    return lab


def seal(lab: Lab) -> dict[str, t.Any]:
    """The newest seal of the deployment, which is the same on all of its servers."""
    roots = [lab.path(server, inventory.LOCAL_ROOT) for server in HQ]
    texts = {(root / "hq" / sets.sealed(root, "hq")[-1] / "set.json").read_text(encoding="utf-8") for root in roots}
    assert len(texts) == 1
    document: dict[str, t.Any] = json.loads(texts.pop())
    return document


def test_proof_of_each_server_stands_in_the_seal(running: Lab, controller: Controller) -> None:
    controller.play("backup", extra=HQ_ALONE).succeeded()
    sealed = seal(running)
    quiesce = sealed["quiesce"]
    assert (quiesce["mode"], quiesce["epoch"], quiesce["waived"]) == ("all", sealed["set_id"], [])
    assert sealed["quiesced"] is True
    assert sorted(quiesce["servers"]) == list(HQ)
    for server in quiesce["servers"].values():
        assert server["samples"] >= 1
        assert server["down_ms"] > 0
    listed = controller.play("list", extra=HQ_ALONE).succeeded()
    assert "Not one point in time" not in listed.output


def test_a_copy_of_what_runs_is_refused_until_it_is_accepted_and_told_for_ever(
    running: Lab, controller: Controller
) -> None:
    asked = {**HQ_ALONE, "groupid_quiesce": "none"}
    controller.play("backup", extra=asked).failed("Elasticsearch runs on web01", "groupid_waive=elasticsearch_running")
    assert not [one for server in HQ for one in sets.sealed(running.path(server, inventory.LOCAL_ROOT), "hq")]
    made = controller.play("backup", extra={**asked, "groupid_waive": "elasticsearch_running"}).succeeded()
    assert "Accepted by groupid_waive for the set of hq" in " ".join(made.output.split())
    sealed = seal(running)
    assert sealed["quiesce"] == {"mode": "none", "epoch": None, "servers": {}, "waived": ["elasticsearch_running"]}
    listed = controller.play("list", extra=HQ_ALONE).succeeded()
    assert "yes *" in listed.output
    told = "GroupID was not stopped for it; its seal accepts elasticsearch_running"
    assert told in " ".join(listed.output.split())
    verified = controller.play("verify", extra=HQ_ALONE).succeeded()
    assert told in " ".join(verified.output.split())
