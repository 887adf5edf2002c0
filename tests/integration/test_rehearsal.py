# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every server proves on itself what is promised there, and nothing of it stays."""

from __future__ import annotations

import json
import pathlib

import pytest
import windows_page
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab


def everything(lab: Lab) -> dict[str, bytes | None]:
    """Return everything on the hosts and shares, with its content. A folder's own times change with its content."""
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for top in (lab.root / "hosts", lab.root / "shares")
        for path in top.rglob("*")
    }


ROOT = {"backup_root": inventory.LOCAL_ROOT}


def test_a_server_rehearses_and_nothing_stays(lab: Lab, controller: Controller, tmp_path: pathlib.Path) -> None:
    controller.module("web01", "groupid_backup_folder", {**ROOT, "deployment": "hq", "set_id": "20260101T000000Z"})
    before = everything(lab)
    answer = controller.module("web01", "groupid_rehearsal", {**ROOT, "directory": str(tmp_path / "kept")})
    assert not answer["failed"], answer
    assert [one for one in answer["claims"] if one["verdict"] == "not held"] == []
    held = {one["id"] for one in answer["claims"] if one["verdict"] == "held"}
    assert {"job.outlives", "restore.killed", "restore.mirror", "verify.damage", "backup.content"} <= held
    assert everything(lab) == before
    assert max(map(len, answer["table"])) <= 80
    kept = (tmp_path / "kept" / "rehearsal-web01.json").read_text()
    assert json.loads(kept)["claims"] == answer["claims"]
    for name in ("web01", "corp.example", "svc-groupid", "GroupIDBackups", "127.0.0.1"):
        assert name.lower() not in kept.lower()
    with pytest.raises(windows_page.RefusedError, match="not made on Windows, but on 'Linux"):
        windows_page.read((tmp_path / "kept" / "rehearsal-web01.json").rename(tmp_path / "linux.json"))


def test_what_a_killed_one_left_is_removed_on_request(lab: Lab, controller: Controller) -> None:
    scratch = lab.path("web01", inventory.LOCAL_ROOT) / ".rehearsal-web01-0123456789abcdef"
    scratch.mkdir(parents=True)
    (scratch / "left.txt").write_text("left")
    clean = {**ROOT, "state": "clean"}
    assert controller.module("web01", "groupid_rehearsal", clean, "--check")["removed"] == 1
    assert scratch.exists()
    answer = controller.module("web01", "groupid_rehearsal", clean)
    assert (answer["changed"], answer["removed"], answer["left"]) == (True, 1, [])
    assert not scratch.exists()
    assert not controller.module("web01", "groupid_rehearsal", clean)["changed"]


def test_the_playbook_rehearses_every_server(lab: Lab, controller: Controller, tmp_path: pathlib.Path) -> None:
    kept = tmp_path / "kept"
    run = controller.play("rehearse", extra={"groupid_rehearsal_dir": str(kept)}).succeeded()
    assert sorted(path.name for path in kept.iterdir()) == sorted(
        f"rehearsal-{host.name}.json" for host in lab.fleet.hosts
    )
    rows = [line.split() for line in run.output.splitlines() if line.startswith(("web", "app", "gid"))]
    assert rows
    assert not list((lab.root / "hosts").rglob(".rehearsal-*"))


def test_preflight_refuses_a_server_that_would_lose_data(lab: Lab, controller: Controller) -> None:
    lab.faults["web01"] = {"loses": {"content": ["*/sets/*/plain/*"]}}
    try:
        controller.play("preflight", "--limit", "web01", extra={"groupid_rehearse": True}).failed(
            "A backup or a restore of this server would lose data", "backup.content"
        )
        lab.faults["web01"] = {"no_privileges": ["SeBackupPrivilege"]}
        # One server of two alone prepares for a set that is named.
        asked = {"groupid_rehearse": True, "groupid_set_id": "20260101T000000Z"}
        run = controller.play("preflight", "--limit", "web01", extra=asked).succeeded()
        assert "Missing: SeBackupPrivilege" in " ".join(run.output.split())
    finally:
        lab.faults.pop("web01")
