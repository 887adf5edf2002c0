# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sets that there are, and what the next one will need."""

from __future__ import annotations

from integration import sets
from integration.controller import Controller

from ansible_collections.identityops.groupid.plugins.module_utils import prediction
from lab import inventory
from lab.lab import Lab

SET = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": "20260101T000000Z"}


def test_a_set_of_two_servers_is_one_row(lab: Lab, controller: Controller) -> None:
    controller.play("backup").succeeded()
    before = sets.tree_hash(lab.root / "hosts", lab.root / "shares")
    run = controller.play("list").succeeded()
    assert sets.tree_hash(lab.root / "hosts", lab.root / "shares") == before
    lines = [line for line in run.output.splitlines() if line.startswith(("Deployment", "set ", "20"))]
    assert [line for line in lines if line.startswith("Deployment")] == ["Deployment branch:", "Deployment hq:"]
    rows = [line.split() for line in lines if line[:2] == "20"]
    assert [(row[4], row[5], row[7]) for row in rows] == [("1/1", "yes", "full"), ("2/2", "yes", "full")]
    assert max(map(len, lines)) <= 80


def test_a_host_that_cannot_be_listed_fails_and_the_others_are_listed(lab: Lab, controller: Controller) -> None:
    controller.module("web01", "groupid_backup_folder", SET)
    unknown = controller.play("list", extra={"groupid_set_id": SET["set_id"]}).failed(
        "There is no set 20260101T000000Z"
    )
    assert "20260101T000000Z " in unknown.output


def test_a_set_is_found_by_its_id(lab: Lab, controller: Controller) -> None:
    assert controller.module("web01", "groupid_sets", SET)["error"]["code"] == "set_missing"
    controller.module("web01", "groupid_backup_folder", SET)
    found = controller.module("web01", "groupid_sets", SET)
    assert [(one["set_id"], one["parts"][0]["server"]) for one in found["sets"]] == [(SET["set_id"], "web01")]


def test_the_size_of_a_part_is_predicted(lab: Lab, controller: Controller) -> None:
    root = controller.module("web01", "groupid_info", {"backup_root": inventory.LOCAL_ROOT})["backup_root"]
    answer = controller.module("web01", "groupid_backup_folder", {**SET, "sample": True}, "--check")
    part = prediction.folders("web01", answer, root)
    made = controller.module("web01", "groupid_backup_folder", SET)
    assert (part["files"], part["bytes"], part["time_basis"]) == (made["files"], made["bytes"], "sample")
    assert (answer["sample"]["files"], answer["sample"]["bytes"]) == (made["files"], made["bytes"])
    [predicted] = prediction.predict({"hq": [part]}, {"web01": root}).values()
    assert predicted["enough"]
    assert predicted["seconds"] > 0
