# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that does not see a whole deployment refuses, or adds its part and leaves the seal to others."""

from __future__ import annotations

import typing as t

from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

SET_ID = "20260101T000000Z"


def test_a_limited_run_is_refused_before_anything_is_written(lab: Lab, controller: Controller) -> None:
    before = sets.tree_hash(lab.root / "hosts")
    controller.play("backup", "--limit", "web01").failed("web02", "--limit", "groupid_set_id")
    assert sets.tree_hash(lab.root / "hosts") == before


def test_a_limited_run_with_a_set_id_adds_its_part_and_does_not_seal(lab: Lab, controller: Controller) -> None:
    for host in ("web01", "web02"):
        run = controller.play("backup", "--limit", host, extra={"groupid_set_id": SET_ID}).succeeded()
        assert f"does not seal set {SET_ID}" in run.output
        root = lab.path(host, inventory.LOCAL_ROOT)
        assert sets.set_ids(root, "hq") == [SET_ID]
        assert sets.sealed(root, "hq") == []
        assert not list(root.rglob("set.prepared.json"))
        sets.check_part(root / "hq" / SET_ID / host)


def test_members_are_data_not_whoever_is_in_the_play(lab: Lab, controller: Controller) -> None:
    def third(document: dict[str, t.Any]) -> None:
        group = document["all"]["children"]["groupid"]["children"]["deployment_hq"]
        group["vars"]["groupid_deployment_servers"] = ["web01.corp.example", "WEB02", "web03"]

    controller.play("backup", where=controller.write_inventory(edit=third)).failed("web03")
    assert sets.set_ids(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []


def test_a_failing_deployment_does_not_keep_another_one_down(lab: Lab, controller: Controller) -> None:
    reports = lab.components("web02")["reports"]
    reports.rename(reports.with_name("Moved"))
    run = controller.play("backup").failed("web02", "reports")
    assert "unreachable=0" in run.output
    assert sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []
    assert len(sets.sealed(lab.path("old01", inventory.LOCAL_ROOT), "branch")) == 1


def test_an_unreachable_member_fails_its_deployment_only(lab: Lab, controller: Controller) -> None:
    def wrong_password(document: dict[str, t.Any]) -> None:
        hosts = document["all"]["children"]["groupid"]["children"]["deployment_hq"]["hosts"]
        hosts["web02"]["ansible_password"] = "not the password"

    controller.play("backup", where=controller.write_inventory(edit=wrong_password)).failed("web02")
    assert sets.set_ids(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []
    assert len(sets.sealed(lab.path("old01", inventory.LOCAL_ROOT), "branch")) == 1


def test_deployments_can_be_chosen_and_go_one_after_the_other(lab: Lab, controller: Controller) -> None:
    controller.play("backup", extra={"groupid_deployments": "br*"}).succeeded()
    assert sets.set_ids(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []
    controller.play("backup", extra={"groupid_parallel_deployments": 1}).succeeded()
    assert len(sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")) == 1
    assert len(sets.sealed(lab.path("old01", inventory.LOCAL_ROOT), "branch")) == 2


def test_a_set_prepared_everywhere_is_sealed_by_the_next_run(lab: Lab, controller: Controller) -> None:
    controller.play("backup").succeeded()
    roots = [lab.path(host, inventory.LOCAL_ROOT) for host in ("web01", "web02")]
    [first] = sets.sealed(roots[0], "hq")
    for root in roots:
        (root / "hq" / first / "set.json").unlink()
    controller.play("backup").succeeded()
    for root in roots:
        assert first in sets.sealed(root, "hq")
        assert len(sets.sealed(root, "hq")) == 2


def test_a_set_prepared_on_one_member_only_is_never_sealed(lab: Lab, controller: Controller) -> None:
    controller.play("backup").succeeded()
    roots = [lab.path(host, inventory.LOCAL_ROOT) for host in ("web01", "web02")]
    [first] = sets.sealed(roots[0], "hq")
    for root in roots:
        (root / "hq" / first / "set.json").unlink()
    (roots[1] / "hq" / first / "set.prepared.json").unlink()
    controller.play("backup").succeeded()
    for root in roots:
        assert first not in sets.sealed(root, "hq")
