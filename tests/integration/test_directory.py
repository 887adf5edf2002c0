# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Group attributes of a domain: saved once for a deployment, verified as a part, restored where they differ, undone."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import re
import shutil
import subprocess
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import fleet, groups, inventory
from lab.directory.administration import Administration
from lab.lab import Lab, prepare

PART = "group_attributes.corp.example"
HQ = {"groupid_deployments": ["hq"]}


@pytest.fixture
def lab(tmp_path: pathlib.Path) -> c.Iterator[Lab]:
    """The two servers of hq with a directory."""
    root = tmp_path / "lab"
    prepare(root, fleet.default_fleet(2, scale="small", directory=True))
    with Lab(root) as running:
        yield running


@pytest.fixture
def directory(lab: Lab) -> Administration:
    """The directory past the collection."""
    assert lab.directory is not None
    return groups.connect(lab.root, lab.fleet, lab.directory.port)


@pytest.fixture
def sets_of_hq(lab: Lab, controller: Controller) -> pathlib.Path:
    """The folder of hq's sets on web01; the inventory names the domain."""
    assert lab.directory is not None
    style = inventory.Style(directory_port=lab.directory.ldaps_port, directory_ca=str(groups.authority(lab.root)))
    controller.inventory = controller.write_inventory(style)
    return lab.path("web01", inventory.LOCAL_ROOT) / "hq"


def edit_domain(controller: Controller, **changes: t.Any) -> pathlib.Path:
    """Write the inventory with another item of groupid_domains."""

    def edit(document: dict[str, t.Any]) -> None:
        document["all"]["children"]["groupid"]["vars"]["groupid_domains"][0].update(changes)

    lab = controller.lab
    assert lab.directory is not None
    style = inventory.Style(directory_port=lab.directory.ldaps_port, directory_ca=str(groups.authority(lab.root)))
    controller.inventory = controller.write_inventory(style, edit)
    return controller.inventory


def back_up(controller: Controller, folder: pathlib.Path, **extra: t.Any) -> str:
    controller.play("backup", extra={**HQ, **extra}).succeeded()
    return sorted(path.name for path in folder.iterdir())[-1]


def confirmed(set_id: str, **extra: t.Any) -> dict[str, t.Any]:
    return {**HQ, "groupid_set_id": set_id, "groupid_restore_confirm": set_id, **extra}


def module(controller: Controller, set_id: str, *options: str, **arguments: t.Any) -> dict[str, t.Any]:
    """Run the module of a restore on web01."""
    place = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "domain": "corp.example"}
    wanted = {**place, "set_id": set_id, "confirm": set_id, **arguments}
    return controller.module("web01", "groupid_ldif_restore", wanted, *options)


@pytest.mark.smoke
def test_attributes_come_back_and_go_again(
    controller: Controller, directory: Administration, sets_of_hq: pathlib.Path
) -> None:
    before = groups.listing(directory)
    run = controller.play("preflight").succeeded()
    assert "corp.example" in run.output
    set_id = back_up(controller, sets_of_hq)
    assert groups.listing(directory) == before
    part = sets_of_hq / set_id / PART
    sets.check_part(part)
    seal = json.loads((sets_of_hq / set_id / "set.json").read_text())
    assert [one["server"] for one in seal["parts"]] == [PART, "web01", "web02"]
    details = json.loads((part / "part.json").read_text())["details"]
    assert (details["engine"], details["groups"]) == ("ldap", len(before))
    assert details["exported"] == sum("\t-\t" not in line for line in before)
    controller.play("verify", extra=HQ).succeeded()

    groups.harm(directory)
    harmed = groups.listing(directory)
    previewed = controller.play("restore", "--check", "--diff", extra=confirmed(set_id, groupid_ldif_clear=True))
    assert "changed by an upgrade" in previewed.succeeded().output
    assert groups.listing(directory) == harmed
    controller.play("restore", extra=confirmed(set_id, groupid_ldif_clear=True)).succeeded()
    # Moved and renamed groups stay where they are, and the new one stays.
    restored = groups.listing(directory)
    assert attributes(restored).items() > attributes(before).items()
    assert len(restored) == len(before) + 1

    again = module(controller, set_id, clear=True)
    assert (again["failed"], again["changed"], again["counts"]["differing"]) == (False, False, 0)
    assert (again["counts"]["moved"], again["counts"]["new"]) == (1, 1)
    [safety] = [path.name for path in sets_of_hq.iterdir() if path.name.endswith("-before-restore")]
    sets.check_part(sets_of_hq / safety / PART)
    predicted_undo = module(controller, safety, "--check")
    undone = module(controller, safety)
    assert (undone["failed"], undone["kind"]) == (False, "undo"), undone
    assert predicted_undo["written"] == undone["written"]
    assert groups.listing(directory) == harmed
    assert module(controller, safety)["changed"] is False


def attributes(listing: list[str]) -> dict[str, str]:
    """Digest of the attributes by objectGUID."""
    rows = [line.split("\t") for line in listing]
    return {guid: digest for guid, digest, dummy in rows}


def test_both_engines_give_the_same_files(controller: Controller, sets_of_hq: pathlib.Path) -> None:
    first = back_up(controller, sets_of_hq)
    second = back_up(controller, sets_of_hq, groupid_ldif_engine="ldifde")
    for name in ("corp.example.ldf", "corp.example.groups.jsonl"):
        files = [sets_of_hq / set_id / PART / "group_attributes" / name for set_id in (first, second)]
        assert files[0].read_bytes() == files[1].read_bytes()
    details = [json.loads((sets_of_hq / one / PART / "part.json").read_text())["details"] for one in (first, second)]
    assert [one["engine"] for one in details] == ["ldap", "ldifde"]
    assert details[0]["domain_guid"] == details[1]["domain_guid"]
    assert details[0]["domain_sid"] == details[1]["domain_sid"]
    # What ldifde exported is restored over LDAP.
    assert module(controller, second)["counts"]["differing"] == 0


def test_auto_takes_ldifde_where_the_controller_cannot_log_in(controller: Controller, sets_of_hq: pathlib.Path) -> None:
    edit_domain(controller, password="another one")
    set_id = back_up(controller, sets_of_hq)
    details = json.loads((sets_of_hq / set_id / PART / "part.json").read_text())["details"]
    assert details["engine"] == "ldifde"
    controller.play("backup", extra={**HQ, "groupid_ldif_engine": "ldap"}).failed("(49)", "password")


def test_damage_is_found_and_not_restored(
    controller: Controller, directory: Administration, sets_of_hq: pathlib.Path
) -> None:
    set_id = back_up(controller, sets_of_hq)
    [ldif] = (sets_of_hq / set_id / PART).glob("*/*.ldf")
    content = ldif.read_bytes()
    ldif.write_bytes(content.replace(b"changetype: add", b"changetype: Add", 1))
    before = groups.listing(directory)
    controller.play("verify", extra=HQ).failed("corp.example.ldf", "SHA-256")
    controller.play("restore", extra=confirmed(set_id)).failed("corp.example.ldf", "SHA-256")
    ldif.unlink()
    controller.play("verify", extra=HQ).failed("corp.example.ldf (missing)")
    # The seal knows of a part whose folder is gone altogether.
    shutil.rmtree(sets_of_hq / set_id / PART)
    controller.play("verify", extra=HQ).failed(PART)
    controller.play("restore", extra=confirmed(set_id)).failed(PART)
    assert groups.listing(directory) == before


def test_one_group_without_rights_and_nothing_is_written(
    controller: Controller, directory: Administration, sets_of_hq: pathlib.Path
) -> None:
    set_id = back_up(controller, sets_of_hq)
    groups.harm(directory)
    harmed = groups.listing(directory)
    denied = module(controller, set_id, "--check")["written"][0]
    directory.change(denied, "allowedAttributesEffective", b"description")
    refused = module(controller, set_id)
    assert (refused["failed"], refused["changed"], refused["error"]["code"]) == (True, False, "no_rights")
    assert denied in refused["msg"]
    assert groups.listing(directory) == harmed
    assert not [path for path in sets_of_hq.iterdir() if path.name.endswith("-before-restore")]
    done = module(controller, set_id, exclude_groups=[denied])
    assert (done["failed"], done["changed"]) == (False, True), done
    assert denied not in done["written"]


def test_a_file_for_a_person_leaves_the_directory(
    controller: Controller, directory: Administration, sets_of_hq: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    set_id = back_up(controller, sets_of_hq)
    groups.harm(directory)
    harmed = groups.listing(directory)
    file = tmp_path / "restore.ldf"
    done = module(controller, set_id, modify_file=str(file))
    assert done["changed"], done
    assert groups.listing(directory) == harmed
    assert file.read_bytes().count(b"changetype: modify") == len(done["written"])
    assert module(controller, set_id, modify_file=str(file))["changed"] is False


def test_nothing_to_export_must_be_allowed_by_name(controller: Controller, sets_of_hq: pathlib.Path) -> None:
    edit_domain(controller, filter="(&(objectClass=group)(cn=no such group))")
    controller.play("backup", extra=HQ).failed("0 groups match", "groupid_ldif_allow_empty")
    assert not sets_of_hq.exists()
    set_id = back_up(controller, sets_of_hq, groupid_ldif_allow_empty=["corp.example"])
    assert (sets_of_hq / set_id / PART / "group_attributes" / "corp.example.ldf").read_bytes() == b""


@pytest.mark.smoke
def test_a_password_may_be_vaulted_in_its_place(
    lab: Lab, controller: Controller, sets_of_hq: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    key = tmp_path / "key"
    key.write_text("the vault's own\n")
    password = lab.fleet.directory_password
    command = ["ansible-vault", "encrypt_string", "--vault-password-file", str(key), password]
    vaulted = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    block = vaulted.strip().replace("\n", "\n" + " " * 16)
    text = controller.inventory.read_text()
    inventory_text, replaced = re.subn(rf"password: {re.escape(password)}\n", f"password: {block}\n", text)
    assert replaced == 1
    controller.inventory.write_text(inventory_text)
    place = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": "20260101T000000Z"}
    asked = {**place, "domain": "corp.example", "engine": "ldap"}
    found = controller.module("web01", "groupid_ldif_export", asked, "--check", "--vault-password-file", str(key))
    assert (found["failed"], found["engine"]) == (False, "ldap"), found


VENDORS = "(&(objectClass=group)(objectCategory=group)(|(extensionData=*)(extensionAttribute12=*)"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"filter": VENDORS}, f"Did you mean {VENDORS}))?"),
        ({"port": 3269}, "global catalog"),
        ({"ca_file": "/nonexistent.pem"}, "/nonexistent.pem cannot be read"),
        ({"pasword": "x"}, 'unknown option "pasword"'),
        ({"name": "other.example"}, "other.example"),
    ],
)
def test_what_is_wrong_in_the_variables_stops_it_before_anything(
    controller: Controller, sets_of_hq: pathlib.Path, changes: dict[str, t.Any], words: str
) -> None:
    edit_domain(controller, **changes)
    controller.play("backup", extra=HQ).failed(words)
    assert not sets_of_hq.exists()


def test_the_password_is_nowhere(lab: Lab, controller: Controller, sets_of_hq: pathlib.Path) -> None:
    password = lab.fleet.directory_password
    set_id = back_up(controller, sets_of_hq)
    right = controller.play("backup", "-vvvvv", extra=HQ, environment={"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true"})
    assert password not in right.succeeded().output
    restored = controller.play("restore", "-vvvvv", extra=confirmed(set_id))
    assert password not in restored.succeeded().output
    edit_domain(controller, username="CN=nobody,DC=corp,DC=example")
    wrong = controller.play("backup", "-vvvvv", extra={**HQ, "groupid_ldif_engine": "ldap"}).failed("(49)")
    assert password not in wrong.output
    for part in sets_of_hq.rglob("*"):
        assert not part.is_file() or password.encode() not in part.read_bytes()


def test_a_run_with_half_of_the_deployment_saves_them_on_a_share_and_says_so_elsewhere(
    lab: Lab, controller: Controller, sets_of_hq: pathlib.Path
) -> None:
    half = {**HQ, "groupid_set_id": "20260101T000000Z"}
    run = controller.play("backup", "--limit", "web01", extra=half).succeeded()
    said = " ".join(run.output.split())
    assert "This run does not save the group attributes of hq: it does not include web02." in said
    assert not (sets_of_hq / "20260101T000000Z" / PART).exists()
    named = {**half, "groupid_set_id": "20260101T000001Z", "groupid_components": ["reports", "group_attributes"]}
    controller.play("backup", "--limit", "web01", extra=named).failed(
        "group_attributes of deployment hq cannot be saved by this run", "does not include web02"
    )
    shared = {**half, "groupid_backup_root": inventory.SHARED_ROOT}
    for host in ("web02", "web01"):
        controller.play("backup", "--limit", host, extra=shared).succeeded()
    folder = lab.path("web01", inventory.SHARED_ROOT) / "hq" / "20260101T000000Z"
    assert sorted(path.name for path in folder.iterdir()) == [PART, "web01", "web02"]
    sets.check_part(folder / PART)
