# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles in plays of one's own, and the playbooks in one of one's own: with what Ansible lets a person write there.

The tests share a lab. Each leaves it so that the next can begin, with more sets.
"""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t

import pytest
import yaml
from integration import sets
from integration.controller import Run
from integration.two_deployments import Scene, harm, scene

from lab import inventory, snapshot


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Scene]:
    """Both deployments, backed up."""
    with scene(tmp_path_factory.mktemp("own-plays")) as made:
        yield made


@pytest.fixture
def own(place: Scene, tmp_path: pathlib.Path) -> c.Callable[..., Run]:
    """Run a playbook that somebody has written."""

    def run(*plays: dict[str, t.Any], **extra: t.Any) -> Run:
        file = tmp_path / "own.yml"
        file.write_text(yaml.safe_dump(list(plays)), encoding="utf-8")
        return place.controller.play(str(file), extra=extra)

    return run


def play(*roles: str, **keywords: t.Any) -> dict[str, t.Any]:
    named = [f"identityops.groupid.{role}" for role in roles]
    return {"hosts": "groupid", "gather_facts": False, "roles": named, **keywords}


def of_hq(place: Scene) -> dict[str, t.Any]:
    """Name the set of hq, as a restore demands it."""
    named = f"hq/{place.set_id}"
    return {"groupid_set_id": place.set_id, "groupid_deployments": "hq", "groupid_restore_confirm": named}


def test_a_restore_in_which_what_was_named_meets_nothing_changes_nothing(
    place: Scene, own: c.Callable[..., Run]
) -> None:
    harm(place, "hq")
    before = place.picture()
    named = {"groupid_components": ["reports", "group_attributes"], "groupid_include": ["nothing.*"]}
    run = own(play("restore"), **of_hq(place), **named)
    run.failed("FAILED in preflight: web01, web02", "nothing.*")
    assert snapshot.compare(before, place.picture()) == []


def test_check_mode_of_a_play_writes_nothing(place: Scene, own: c.Callable[..., Run]) -> None:
    before = place.picture()
    reported = own(play("restore", check_mode=True), **of_hq(place)).succeeded().output
    assert "would restore" in reported
    reported = own(play("backup", check_mode=True)).succeeded().output
    assert "would be complete" in reported
    assert snapshot.compare(before, place.picture()) == []


def test_each_of_two_playbooks_is_about_its_own_hosts(own: c.Callable[..., Run]) -> None:
    one, two = [
        {"ansible.builtin.import_playbook": "identityops.groupid.list", "vars": {"groupid_hosts": hosts}}
        for hosts in ("deployment_hq", ["deployment_branch"])
    ]
    output = own(one, two).succeeded().output
    first, second = [part.partition("\nPLAY ")[0] for part in output.split("PLAY [List]")[1:]]
    assert ("web01" in first, "old01" in first) == (True, False)
    assert ("web01" in second, "old01" in second) == (False, True)


def test_a_rescue_of_some_servers_does_not_take_the_answers_of_the_others(
    place: Scene, own: c.Callable[..., Run]
) -> None:
    place.lab.faults["web02"] = {"locked": ["*/Reports/*"]}
    root = place.lab.path("web01", inventory.LOCAL_ROOT)
    before = sets.sealed(root, "hq")
    role = {"ansible.builtin.import_role": {"name": "identityops.groupid.backup"}}
    try:
        run = own(play(tasks=[{"block": [role], "rescue": [role]}]), groupid_verify_after=False)
    finally:
        del place.lab.faults["web02"]
    run.failed("FAILED in backup: web02", "this run does not include web01 of deployment hq")
    assert sets.sealed(root, "hq") == before
