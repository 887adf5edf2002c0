# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a deployment has once, its SQL Server and its domains, rehearses with its servers, and nothing of it stays."""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import typing as t

import pytest
from integration.controller import Controller

from lab import databases, fleet, groups, inventory
from lab.lab import Lab, prepare

HQ = {"groupid_deployments": ["hq"]}


@pytest.fixture
def lab(tmp_path: pathlib.Path) -> c.Iterator[Lab]:
    """The two servers of hq with a SQL Server and a directory."""
    root = tmp_path / "lab"
    prepare(root, fleet.default_fleet(2, scale="small", sql=True, directory=True))
    with Lab(root) as running:
        yield running


def use(controller: Controller, mode: str) -> None:
    """Write an inventory with the database, backed up in a mode, and the domain."""
    lab = controller.lab
    assert lab.sql is not None
    assert lab.directory is not None
    style = inventory.Style(
        backup_root=inventory.SHARED_ROOT if mode == "unc" else inventory.LOCAL_ROOT,
        sql_port=lab.sql.port,
        sql_ca=str(databases.authority(lab.root)),
        sql_mode=mode,
        directory_port=lab.directory.ldaps_port,
        directory_ca=str(groups.authority(lab.root)),
    )
    controller.inventory = controller.write_inventory(style)


def answers(path: pathlib.Path) -> dict[str, t.Any]:
    kept = path.read_text()
    for name in ("sql01", "corp.example", "127.0.0.1", "GroupID_hq", "GroupIDBackups", "svc-"):
        assert name.lower() not in kept.lower()
    return {one["id"]: one for one in json.loads(kept)["claims"]}


@pytest.mark.parametrize("mode", ["unc", "host"])
def test_database_and_domain_rehearse_once_and_nothing_stays(
    lab: Lab, controller: Controller, tmp_path: pathlib.Path, mode: str
) -> None:
    use(controller, mode)
    assert lab.sql is not None
    before = databases.rows(lab.root, "hq")
    kept = tmp_path / "kept"
    asked = {**HQ, "groupid_rehearsal_dir": str(kept), "groupid_sql_rehearse": True}
    run = controller.play("rehearse", extra=asked).succeeded()
    assert sorted(path.name for path in kept.iterdir()) == [
        "rehearsal-hq-corp.example-directory.json",
        "rehearsal-hq-database.json",
        "rehearsal-web01.json",
        "rehearsal-web02.json",
    ]
    database = answers(kept / "rehearsal-hq-database.json")
    not_held = {name: one for name, one in database.items() if one["verdict"] != "held"}
    assert set(not_held) <= {"sql.key_saved", "sql.tail_log", "sql.file_removed"}, not_held
    assert database["sql.rows"]["verdict"] == "held"
    directory = answers(kept / "rehearsal-hq-corp.example-directory.json")
    assert {name for name, one in directory.items() if one["verdict"] == "not held"} == set(), directory
    assert "database of hq" in run.output
    assert "corp.example of hq" in run.output
    made = [one for one in lab.sql.statements if one.startswith("CREATE DATABASE")]
    assert len(made) == 1
    assert not [one for one in lab.sql.engine.databases if "rehearsal" in one or "groupid_test" in one]
    assert databases.rows(lab.root, "hq") == before
    for top in (lab.root / "hosts", lab.root / "shares"):
        assert not list(top.rglob(".rehearsal-*"))
        assert not list(top.rglob("groupid_rehearsal_*"))


def test_preflight_rehearses_by_reading_alone_and_reports_what_matters(lab: Lab, controller: Controller) -> None:
    use(controller, "host")
    assert lab.sql is not None
    lab.sql.faults.errors("MAX\\(backup_finish_date\\)", (229, "The SELECT permission was denied."), nth=0)
    run = controller.play("preflight", extra={**HQ, "groupid_rehearse": True}).succeeded()
    assert "No backup can be confirmed" in " ".join(run.output.split())
    assert not [one for one in lab.sql.statements if one.startswith(("CREATE", "BACKUP", "DROP"))]


def test_preflight_refuses_where_a_backup_of_the_database_fails(lab: Lab, controller: Controller) -> None:
    use(controller, "unc")
    assert lab.sql is not None
    lab.sql.engine.os_errors["\\\\"] = 5
    asked = {**HQ, "groupid_rehearse": True, "groupid_sql_rehearse": True}
    controller.play("preflight", extra=asked).failed("A backup or a restore of the database would lose data", "3201")
    assert not [one for one in lab.sql.engine.databases if "rehearsal" in one]


def test_what_a_killed_run_left_on_the_sql_servers_computer_is_removed_on_request(
    lab: Lab, controller: Controller
) -> None:
    use(controller, "host")
    assert lab.sql is not None
    left = lab.path("sql01", inventory.LOCAL_ROOT) / ".rehearsal-sql01-0123456789abcdef" / "rehearsal"
    left.mkdir(parents=True)
    (left / "groupid_rehearsal_0123456789abcdef.bak").write_text("left")
    asked = len(lab.sql.statements)
    controller.play("rehearse", extra={**HQ, "groupid_rehearsal_clean": True}).succeeded()
    assert not left.parent.exists()
    assert len(lab.sql.statements) == asked
