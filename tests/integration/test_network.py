# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A share as the backup root: with the network identity, and without a right to it."""

from __future__ import annotations

import os
import pathlib
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.task_secrets import Secrets
from lab import inventory, wine_host
from lab.lab import Lab
from lab.process_watch import ProcessWatch

USER, PASSWORD = "CORP\\svc-share", 'N3twork"Pa55\\word'
IDENTITY = {"groupid_network_username": USER, "groupid_network_password": PASSWORD}
SHARE = "nas01/backup"
ON_SHARE = {"groupid_backup_root": inventory.SHARED_ROOT}
CURES = ("second hop", "groupid_network_username", "CredSSP", "Kerberos delegation", "local backup root")
LOUD = {"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"}
NEEDS_WINE = pytest.mark.skipif(wine_host.why_not() is not None, reason=f"no host on Wine: {wine_host.why_not()}")


@pytest.fixture
def where(lab: Lab, controller: Controller) -> pathlib.Path:
    """An inventory with the network identity, for which alone the share is there."""
    lab.accounts[SHARE] = (USER, PASSWORD)
    return controller.write_inventory(edit=lambda document: document["all"]["vars"].update(IDENTITY))


def test_backup_verify_and_restore_wear_it_and_leave_it_nowhere(
    lab: Lab, controller: Controller, where: pathlib.Path
) -> None:
    with ProcessWatch(PASSWORD) as watch:
        loud: dict[str, t.Any] = {"where": where, "environment": LOUD}
        runs = [controller.play("backup", "-vvvvv", extra=ON_SHARE, **loud).succeeded() for dummy in range(2)]
        [dummy, set_id] = sorted(sets.sealed(lab.path("web01", inventory.SHARED_ROOT), "hq"))
        report = next(
            path for path in lab.components("web01")["reports"].rglob("*") if path.is_file() and path.stat().st_size
        )
        content = report.read_bytes()
        report.write_bytes(b"damaged")
        wanted = {"groupid_deployments": ["hq"], "groupid_set_id": set_id, "groupid_restore_confirm": set_id}
        runs.append(controller.play("verify", "-vvvvv", extra=ON_SHARE, **loud).succeeded())
        runs.append(controller.play("restore", "-vvvvv", extra={**ON_SHARE, **wanted}, **loud).succeeded())
    assert report.read_bytes() == content
    assert watch.looks > 100
    assert watch.found == set()
    secrets = Secrets([PASSWORD])  # in every spelling that is known
    for run in runs:
        assert secrets.scrub(run.output) == run.output
    for folder in ("hosts", "shares"):
        for file in (lab.root / folder).rglob("*"):
            if file.is_file():
                text = file.read_bytes().decode("latin-1")
                assert secrets.scrub(text) == text, file


def test_without_it_every_playbook_names_the_second_hop(lab: Lab, controller: Controller) -> None:
    lab.accounts[SHARE] = (USER, PASSWORD)
    for playbook in ("preflight", "backup", "verify"):
        controller.play(playbook, extra=ON_SHARE).failed("(5)", *CURES)
    assert list(lab.path("web01", inventory.SHARED_ROOT).iterdir()) == []


def test_half_of_it_stops_before_a_server_is_asked(lab: Lab, controller: Controller) -> None:
    before = sets.tree_hash(lab.root / "hosts", lab.root / "shares")
    extra = {**ON_SHARE, "groupid_network_username": USER}
    controller.play("backup", extra=extra).failed("groupid_network_username is set and groupid_network_password is not")
    assert sets.tree_hash(lab.root / "hosts", lab.root / "shares") == before


def test_a_wrong_password_is_reported_by_the_share(lab: Lab, controller: Controller, where: pathlib.Path) -> None:
    lab.accounts[SHARE] = (USER, "changed meanwhile")
    run = controller.play("backup", extra=ON_SHARE, where=where).failed(
        "(1326)", "groupid_network_username", "password"
    )
    assert "second hop" not in run.output


@NEEDS_WINE
def test_on_win32_a_part_goes_to_a_share_and_back(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    controller = Controller(wine_lab, tmp_path)
    place = {"backup_root": inventory.SHARED_ROOT, "deployment": "wine", "set_id": "20260102T000000Z"}

    def call(module: str, **arguments: t.Any) -> dict[str, t.Any]:
        return controller.module("wine01", module, {**place, **arguments})

    made = call("groupid_backup_folder", components=["reports"])
    assert not made["failed"], made
    for phase in ("prepared", "sealed"):
        wanted = {"phase": phase, "members": [sets.member(made)], "decider": "wine01"}
        assert not (result := call("groupid_backup_seal", **wanted))["failed"], result
    assert sets.sealed(wine_lab.path("wine01", inventory.SHARED_ROOT), "wine") == [place["set_id"]]
    [part] = sets.parts(wine_lab.path("wine01", inventory.SHARED_ROOT))
    sets.check_part(part)
    assert not (result := call("groupid_backup_verify"))["failed"], result
    report = next(
        path for path in wine_lab.components("wine01")["reports"].rglob("*") if path.is_file() and path.stat().st_size
    )
    owner, content = report.stat(), report.read_bytes()
    report.chmod(0o644)
    report.write_bytes(b"damaged")
    os.chown(report, owner.st_uid, owner.st_gid)
    assert not (result := call("groupid_restore_folder"))["failed"], result
    assert report.read_bytes() == content
    copy = next(path for path in (part / "reports").rglob("*") if path.is_file() and path.stat().st_size)
    copy.chmod(0o644)
    copy.write_bytes(b"damaged")
    result = call("groupid_backup_verify")
    assert (result["failed"], result["error"]["code"], copy.name in result["error"]["cause"]) == (True, "damaged", True)


@NEEDS_WINE
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give the share to somebody else")
def test_on_win32_a_share_of_somebody_else_names_the_second_hop(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    controller = Controller(wine_lab, tmp_path)
    share = wine_lab.path("wine01", inventory.SHARED_ROOT)
    place = {"backup_root": inventory.SHARED_ROOT, "deployment": "wine", "set_id": "20260101T000000Z"}
    calls: dict[str, dict[str, t.Any]] = {
        "groupid_backup_folder": {**place, "components": ["reports"]},
        "groupid_backup_verify": place,
        "groupid_restore_folder": place,
    }
    mode, owner = share.stat().st_mode, share.stat()
    share.chmod(0o700)
    os.chown(share, 0, 0)
    try:
        for module, arguments in calls.items():
            result = controller.module("wine01", module, arguments)
            assert result["failed"], result
            assert "(5)" in result["error"]["cause"], result
            assert [words for words in CURES if words not in result["error"]["next"]] == [], result
    finally:
        os.chown(share, owner.st_uid, owner.st_gid)
        share.chmod(mode)


@NEEDS_WINE
def test_on_win32_who_cannot_wear_it_goes_no_further(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    """Wine's LogonUserW gives a token that is none, and nobody can wear it."""
    controller = Controller(wine_lab, tmp_path)
    where = controller.write_inventory(edit=lambda document: document["all"]["vars"].update(IDENTITY))
    place = {"backup_root": inventory.SHARED_ROOT, "deployment": "wine", "set_id": "20260101T000000Z"}
    before = sets.tree_hash(wine_lab.path("wine01", inventory.SHARED_ROOT))
    arguments = {**place, "components": ["reports"]}
    result = controller.module("wine01", "groupid_backup_folder", arguments, where=where)
    assert (result["failed"], result["error"]["code"]) == (True, "network_identity"), result
    assert "(6)" in result["error"]["cause"]
    assert sets.tree_hash(wine_lab.path("wine01", inventory.SHARED_ROOT)) == before
