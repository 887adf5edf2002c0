# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is backed up, verified, damaged and restored: what every other promise stands on."""

from __future__ import annotations

import pathlib

import pytest
from integration import sets
from integration.controller import Controller

from lab import damage, inventory, snapshot
from lab.lab import Lab

EVERYTHING = {"groupid_exclude_defaults": []}
COMPONENTS = {
    "10.0": [
        "elasticsearch",
        "self_service_portals",
        "password_center_user",
        "password_center_helpdesk",
        "synchronize_jobs",
        "reports",
    ],
    "9.0": ["self_service_portals", "password_center_user", "password_center_helpdesk", "synchronize_jobs", "reports"],
}


def roots(lab: Lab, root: str) -> list[pathlib.Path]:
    """The folders that are a backup root of the fleet."""
    return sorted({lab.path(host.name, root) for host in lab.fleet.hosts})


def pictures(lab: Lab) -> dict[str, snapshot.Picture]:
    """What each host's default components hold."""
    return {
        host.name: snapshot.take({name: lab.components(host.name)[name] for name in COMPONENTS[host.version]})
        for host in lab.fleet.hosts
    }


def backed_up(controller: Controller, lab: Lab, root: str) -> dict[str, str]:
    """Back the fleet up and give each deployment's sealed set, checked by standard programs."""
    controller.play("backup", extra=EVERYTHING).succeeded()
    ids = {}
    for deployment in ("hq", "branch"):
        names = {name for place in roots(lab, root) for name in sets.sealed(place, deployment)}
        assert len(names) == 1, names
        ids[deployment] = names.pop()
    parts = [part for place in roots(lab, root) for part in sets.parts(place)]
    assert sorted(part.name for part in parts) == ["old01", "web01", "web02"]
    for part in parts:
        sets.check_part(part)
        assert (part.parent / "set.json").read_bytes() == (part.parent / "set.prepared.json").read_bytes()
    return ids


@pytest.mark.parametrize("root", [pytest.param(inventory.LOCAL_ROOT, marks=pytest.mark.smoke), inventory.SHARED_ROOT])
def test_what_was_damaged_comes_back(lab: Lab, controller: Controller, root: str) -> None:
    controller.inventory = controller.write_inventory(inventory.Style(backup_root=root))
    before = pictures(lab)
    ids = backed_up(controller, lab, root)
    assert pictures(lab) == before, "a backup changed its source"
    controller.play("verify").succeeded()

    for number, host in enumerate(lab.fleet.hosts):
        for component in COMPONENTS[host.version]:
            for kind in ("flip", "truncate", "remove", "add"):
                damage.inflict(lab.components(host.name)[component], kind, seed=number)
    damaged = pictures(lab)
    assert damaged != before

    for deployment, set_id in ids.items():
        wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id, "groupid_restore_policy": "mirror"}
        controller.play("restore", extra={**wanted, "groupid_deployments": [deployment]}).succeeded()
    for host, picture in pictures(lab).items():
        assert snapshot.compare(before[host], picture, folder_times=False) == []
    if root == inventory.SHARED_ROOT:
        go_back(lab, controller, root, damaged)


def go_back(lab: Lab, controller: Controller, root: str, damaged: dict[str, snapshot.Picture]) -> None:
    """Restore what the restore of a deployment replaced, one set for all of its servers."""
    (place,) = roots(lab, root)
    (safety,) = (place / "hq").glob("*-before-restore")
    assert sorted(part.name for part in safety.iterdir()) == ["web01", "web02"]
    wanted = {"groupid_set_id": safety.name, "groupid_restore_confirm": safety.name, "groupid_restore_policy": "mirror"}
    controller.play("restore", extra={**wanted, "groupid_deployments": ["hq"]}).succeeded()
    for host in ("web01", "web02"):
        assert snapshot.compare(damaged[host], pictures(lab)[host], folder_times=False) == []


def test_restore_to_another_place_leaves_the_original_alone(lab: Lab, controller: Controller) -> None:
    ids = backed_up(controller, lab, inventory.LOCAL_ROOT)
    before = pictures(lab)
    lab.path("web01", r"E:\Elsewhere").mkdir(parents=True)
    result = controller.module(
        "web01",
        "groupid_restore_folder",
        {
            "backup_root": inventory.LOCAL_ROOT,
            "deployment": "hq",
            "set_id": ids["hq"],
            "components": ["reports"],
            "targets": {"reports": r"E:\Elsewhere\Reports"},
        },
    )
    assert result["changed"], result
    assert pictures(lab) == before
    restored = snapshot.take({"reports": lab.path("web01", r"E:\Elsewhere\Reports")})
    assert snapshot.compare(snapshot.take({"reports": lab.components("web01")["reports"]}), restored) == []


def test_any_folder_can_be_backed_up_and_restored(lab: Lab, controller: Controller) -> None:
    place = lab.path("web01", r"C:\Tools\My Scripts")
    place.mkdir(parents=True)
    (place / "run me.ps1").write_text("exit 0\n")
    common = {"backup_root": inventory.LOCAL_ROOT, "deployment": "tools", "set_id": "20260101T000000Z"}
    folders = [{"name": "scripts", "path": r"C:\Tools\My Scripts"}]
    result = controller.module("web01", "groupid_backup_folder", {**common, "components": [], "folders": folders})
    assert (result["changed"], result["state"], result["files"]) == (True, "complete", 1), result
    (place / "run me.ps1").write_text("broken")
    (place / "mine.txt").write_text("made since")
    refused = controller.module("web01", "groupid_restore_folder", common)
    assert refused["failed"], refused
    assert "seal" in refused["msg"]
    result = controller.module("web01", "groupid_restore_folder", {**common, "unsealed": True})
    assert (result["replaced"], result["added"], result["removed"]) == (1, 0, 0), result
    assert (place / "run me.ps1").read_text() == "exit 0\n"
    assert (place / "mine.txt").read_text() == "made since", "merge keeps what the set does not have"
    result = controller.module("web01", "groupid_restore_folder", {**common, "unsealed": True})
    assert not result["changed"], result
