# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode writes nothing and predicts what the real run does."""

from __future__ import annotations

import json
import pathlib
import re
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import databases, fleet, inventory
from lab.lab import Lab, prepare

SET = {"backup_root": inventory.LOCAL_ROOT, "deployment": "hq", "set_id": "20260101T000000Z"}


def previewed(
    lab: Lab, controller: Controller, module: str, arguments: dict[str, t.Any]
) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The results of a dry and a real run; the dry one must have written nothing."""
    before = sets.tree_hash(lab.root / "hosts", lab.root / "shares")
    dry = controller.module("web01", module, arguments, "--check")
    assert sets.tree_hash(lab.root / "hosts", lab.root / "shares") == before, f"{module} wrote in check mode"
    real = controller.module("web01", module, arguments)
    assert not real.get("failed"), real
    assert dry["changed"] == real["changed"], (dry, real)
    return dry, real


def test_info(lab: Lab, controller: Controller) -> None:
    previewed(lab, controller, "groupid_info", {"backup_root": inventory.LOCAL_ROOT, "measure": True})


def test_backup(lab: Lab, controller: Controller) -> None:
    dry, real = previewed(lab, controller, "groupid_backup_folder", SET)
    assert (dry["files"], dry["bytes"]) == (real["files"], real["bytes"])
    again = controller.module("web01", "groupid_backup_folder", SET, "--check")
    assert again["failed"], "a part that is there cannot be written again, and check mode knows it"


def test_verify(lab: Lab, controller: Controller) -> None:
    controller.module("web01", "groupid_backup_folder", SET)
    previewed(lab, controller, "groupid_backup_verify", SET)


@pytest.mark.parametrize("policy", ["merge", "mirror"])
def test_restore(lab: Lab, controller: Controller, policy: str) -> None:
    controller.module("web01", "groupid_backup_folder", SET)
    reports = lab.components("web01")["reports"]
    first, second = sorted(path for path in reports.rglob("*") if path.is_file() and path.stat().st_size)[:2]
    first.write_bytes(b"changed")
    second.unlink()
    (reports / "added.txt").write_text("added")
    wanted = {**SET, "unsealed": True, "policy": policy, "components": ["reports"]}
    dry, real = previewed(lab, controller, "groupid_restore_folder", wanted)
    for count, number in {"added": 1, "replaced": 1, "removed": 1 if policy == "mirror" else 0}.items():
        assert dry[count] == real[count] == number, (count, dry, real)
    dry, real = previewed(lab, controller, "groupid_restore_folder", wanted)
    assert real["changed"] is False


def test_seal(lab: Lab, controller: Controller) -> None:
    part = controller.module("web01", "groupid_backup_folder", SET)
    members = [sets.member(part)]
    for phase in ("prepared", "sealed"):
        wanted = {**SET, "phase": phase, "members": members, "decider": "web01"}
        dummy, real = previewed(lab, controller, "groupid_backup_seal", wanted)
        assert real["changed"]
        dummy, real = previewed(lab, controller, "groupid_backup_seal", wanted)
        assert not real["changed"]


def test_playbooks(lab: Lab, controller: Controller) -> None:
    before = sets.tree_hash(lab.root / "hosts", lab.root / "shares")
    controller.play("backup", "--check").succeeded()
    assert sets.tree_hash(lab.root / "hosts", lab.root / "shares") == before
    controller.play("backup").succeeded()
    [set_id] = sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")
    before = sets.tree_hash(lab.root / "hosts", lab.root / "shares")
    wanted = {"groupid_deployments": ["hq"], "groupid_set_id": set_id, "groupid_restore_confirm": set_id}
    controller.play("restore", "--check", "--diff", extra=wanted).succeeded()
    controller.play("verify", "--check").succeeded()
    assert sets.tree_hash(lab.root / "hosts", lab.root / "shares") == before


def test_a_backup_that_stops_groupid(tmp_path: pathlib.Path) -> None:
    """Nothing is written or stopped anywhere, and what would be stopped is what a real run stops."""
    root = tmp_path / "lab"
    prepare(root, fleet.default_fleet(2, scale="small", sql=True))
    (tmp_path / "controller").mkdir()
    with Lab(root) as lab:
        assert lab.sql
        servers = [host.name for host in lab.fleet.hosts]
        for server in servers:
            lab.services(server).install()
        controller = Controller(lab, tmp_path / "controller")
        style = inventory.Style(sql_port=lab.sql.port, sql_ca=str(databases.authority(root)))
        controller.inventory = controller.write_inventory(style)
        places = [root / name for name in ("hosts", "shares", "sql")]
        before = sets.tree_hash(*places)
        dry = controller.play("backup", "--check").succeeded()
        assert sets.tree_hash(*places) == before
        assert f"hq: GroupID would be stopped on {', '.join(servers)}" in dry.output
        report = tmp_path / "run.json"
        real = controller.play("backup", extra={"groupid_run_file": str(report)}).succeeded()
        assert notes(real.output) == notes(dry.output)
        ended = json.loads(report.read_text(encoding="utf-8"))["deployments"]["hq"]
        assert sorted(ended["downtimes"]) == servers
        for server in servers:
            record = lab.path(server, r"C:\ProgramData\identityops.groupid\quiesce.json")
            items = json.loads(record.read_text(encoding="utf-8"))["items"]
            stopped = {one["name"] for one in items if one["stopping"] == "done"}
            assert stopped == set(notes(dry.output)[server])


def notes(output: str) -> dict[str, list[str]]:
    """Return what a run says that a backup stops on each server: names."""
    unfolded = output.replace("\n  ", " ")
    found = re.findall(r"^Note \((\w+)\): A backup stops (.+)\.$", unfolded, re.MULTILINE)
    phrases = {server: re.split(r"[;,] ", text) for server, text in found}
    return {
        server: [re.sub(r"^(?:service|pool|task)s? ", "", one) for one in named] for server, named in phrases.items()
    }
