# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A deployment's database is backed up once for all of its servers, verified as a part, and restored with its rows."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib

import pytest
from integration import sets
from integration.controller import Controller

from lab import databases, fleet, inventory
from lab.lab import Lab, prepare


@pytest.fixture
def lab(tmp_path: pathlib.Path) -> c.Iterator[Lab]:
    """The default fleet with a SQL Server and a database for each deployment."""
    root = tmp_path / "lab"
    prepare(root, fleet.default_fleet(scale="small", sql=True))
    with Lab(root) as running:
        yield running


def use(controller: Controller, mode: str, **style_options: bool) -> pathlib.Path:
    """Write an inventory that backs databases up in a mode, and give the folder of hq's sets that holds them."""
    lab = controller.lab
    assert lab.sql is not None
    root = inventory.SHARED_ROOT if mode == "unc" else inventory.LOCAL_ROOT
    style = inventory.Style(
        backup_root=root,
        sql_port=lab.sql.port,
        sql_ca=str(databases.authority(lab.root)),
        sql_mode=mode,
        **style_options,
    )
    controller.inventory = controller.write_inventory(style)
    return lab.path("sql01" if mode == "host" else "web01", root) / "hq"


def restore(controller: Controller, set_id: str, *options: str) -> None:
    wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id, "groupid_deployments": ["hq"]}
    controller.play("restore", *options, extra=wanted).succeeded()


@pytest.mark.parametrize("mode", [pytest.param("unc", marks=pytest.mark.smoke), "host"])
def test_rows_come_back(lab: Lab, controller: Controller, mode: str) -> None:
    folder = use(controller, mode)
    assert lab.sql is not None
    before = databases.rows(lab.root, "hq")
    assert "GroupID_hq" in controller.play("preflight").succeeded().output
    controller.play("backup").succeeded()
    backups = [one for one in lab.sql.statements if one.startswith("BACKUP DATABASE [GroupID_hq]")]
    assert len(backups) == 1, "two servers share one backup"
    assert databases.rows(lab.root, "hq") == before

    [set_folder] = folder.iterdir()
    part = set_folder / "database"
    sets.check_part(part)
    seal = json.loads((set_folder / "set.json").read_text())
    assert [one["server"] for one in seal["parts"]] == ["database", "web01", "web02"]
    controller.play("verify").succeeded()

    databases.harm(lab.root, "hq")
    assert databases.rows(lab.root, "hq") != before
    restore(controller, set_folder.name)
    assert databases.rows(lab.root, "hq") == before

    [dump] = part.glob("database/*.bak")
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    controller.play("verify").failed("database/GroupID_hq.bak", "SHA-256")
    asked = len(lab.sql.statements)
    wanted = {"groupid_set_id": set_folder.name, "groupid_restore_confirm": set_folder.name}
    controller.play("restore", extra={**wanted, "groupid_deployments": ["hq"]}).failed("database/GroupID_hq.bak")
    assert len(lab.sql.statements) == asked, "refused by its hash, before SQL Server was asked anything"
    dump.unlink()
    controller.play("verify").failed("database/GroupID_hq.bak (missing)")


def test_an_external_backup_is_recorded_by_its_path(lab: Lab, controller: Controller) -> None:
    folder = use(controller, "external")
    before = databases.rows(lab.root, "hq")
    extra = {"groupid_sql_backup_dir": "D:\\Dumps"}
    lab.path("sql01", "D:\\Dumps").mkdir()
    controller.play("backup", extra=extra).succeeded()
    [set_folder] = folder.iterdir()
    part = json.loads((set_folder / "database" / "part.json").read_text())
    assert part["components"][0]["status"] == "external"
    run = controller.play("verify").succeeded()
    assert "not hashed, not pruned" in run.output
    databases.harm(lab.root, "hq")
    restore(controller, set_folder.name)
    assert databases.rows(lab.root, "hq") == before


def test_check_mode_touches_nothing(lab: Lab, controller: Controller) -> None:
    """With an inventory that gives localhost the connection and shell of Windows."""
    folder = use(controller, "unc", localhost=True, shell_type=True)
    assert lab.sql is not None
    controller.play("backup", "--check").succeeded()
    assert not folder.exists()
    assert not [one for one in lab.sql.statements if one.startswith("BACKUP")]


def test_a_database_that_is_named_is_not_passed_over(lab: Lab, controller: Controller) -> None:
    use(controller, "unc")
    named = {"groupid_components": ["reports", "database"], "groupid_deployments": ["hq"]}
    controller.play("backup", extra={**named, "groupid_sql_server": ""}).failed("groupid_sql_server names the server")
    controller.play("backup", extra={**named, "groupid_components": ["reports"]}).succeeded()
    [set_folder] = lab.path("web01", inventory.SHARED_ROOT).joinpath("hq").iterdir()
    assert not (set_folder / "database").exists()
    wanted = {"groupid_set_id": set_folder.name, "groupid_restore_confirm": set_folder.name}
    controller.play("restore", extra={**named, **wanted}).failed("holds no backup of the database")


def test_what_the_server_refuses_stops_the_deployment_before_anything_is_written(
    lab: Lab, controller: Controller
) -> None:
    folder = use(controller, "unc")
    assert lab.sql is not None
    run = controller.play("backup", extra={"groupid_sql_database": "Grupid"}).failed("Grupid")
    assert not folder.exists(), run.output
    assert not [one for one in lab.sql.statements if one.startswith("BACKUP")]


@pytest.mark.parametrize("right", [True, False])
def test_the_password_is_nowhere(lab: Lab, controller: Controller, right: bool) -> None:
    use(controller, "unc")
    assert lab.sql is not None
    password = lab.fleet.sql_password
    if not right:
        lab.sql.engine.logins["sa"].password = "another one"
    run = controller.play(
        "backup",
        "-vvvvv",
        extra={"groupid_deployments": ["hq"]},
        environment={"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "true"},
    )
    assert (run.code == 0) == right, run.output[-3000:]
    assert right or "18456" in run.output
    assert password not in run.output
    assert not [one for one in lab.sql.statements if password in one]
    for file in lab.root.rglob("*"):
        if file.is_file() and file.name not in ("fleet.json", "inventory.yml"):
            assert password.encode() not in file.read_bytes(), file


def test_a_seal_is_finished_where_the_database_lies(lab: Lab, controller: Controller) -> None:
    use(controller, "host")
    extra = {"groupid_deployments": ["hq"]}
    controller.play("backup", extra=extra).succeeded()
    seals = [lab.path(name, inventory.LOCAL_ROOT).glob("hq/*/set.json") for name in ("web01", "web02", "sql01")]
    files = [file for found in seals for file in found]
    assert len(files) == 3
    for file in files:
        file.unlink()
    set_id = files[2].parent.name
    files[0].write_bytes((files[0].parent / "set.prepared.json").read_bytes())
    files[1].write_bytes((files[1].parent / "set.prepared.json").read_bytes())
    wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id}
    controller.play("restore", extra={**extra, **wanted}).failed("is not sealed where it lies")
    for file in files[:2]:
        file.unlink()
    controller.play("backup", extra=extra).succeeded()
    assert all(file.exists() for file in files)
