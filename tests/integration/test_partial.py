# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that cannot be read is named; a part without it is partial, and that is a failure unless it was allowed."""

from __future__ import annotations

from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

LOCKED = {"locked": ["*/Reports/locked.pst"]}


def test_partial_fails_and_is_not_sealed(lab: Lab, controller: Controller) -> None:
    (lab.components("web01")["reports"] / "locked.pst").write_bytes(b"in use")
    lab.faults["web01"] = LOCKED
    controller.play("backup").failed("reports/locked.pst", "groupid_allow_partial")
    assert sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq") == []


def test_a_partial_part_is_restored_if_it_is_accepted(lab: Lab, controller: Controller) -> None:
    reports = lab.components("web01")["reports"]
    (reports / "locked.pst").write_bytes(b"in use")
    lab.faults["web01"] = LOCKED
    controller.play("backup", extra={"groupid_deployments": "hq"}).failed("reports/locked.pst")
    [part] = sets.parts(lab.path("web01", inventory.LOCAL_ROOT))
    set_id = part.parent.name
    lab.faults.pop("web01")
    lost = next(file for file in sorted(reports.rglob("*")) if file.is_file() and file.name != "locked.pst")
    before = lost.read_bytes()
    lost.unlink()
    asked = {"groupid_deployments": "hq", "groupid_set_id": set_id, "groupid_restore_confirm": f"hq/{set_id}"}
    controller.play("restore", extra=asked).failed("is partial", "groupid_restore_unsealed=true")
    assert not lost.exists()
    controller.play("restore", extra={**asked, "groupid_restore_unsealed": True}).succeeded()
    assert lost.read_bytes() == before
    assert (reports / "locked.pst").read_bytes() == b"in use"


def test_partial_that_was_allowed_by_glob_is_sealed(lab: Lab, controller: Controller) -> None:
    (lab.components("web01")["reports"] / "locked.pst").write_bytes(b"in use")
    lab.faults["web01"] = LOCKED
    run = controller.play("backup", extra={"groupid_allow_partial": ["reports/*.pst"]}).succeeded()
    assert "waived" in run.output
    assert len(sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")) == 1


def test_default_excludes_leave_logs_out(lab: Lab, controller: Controller) -> None:
    controller.play("backup").succeeded()
    [part] = sets.parts(lab.path("web01", inventory.LOCAL_ROOT))
    files, dummy = sets.found(part)
    assert files
    assert not [path for path in files if "/log/" in path or path.endswith((".dtmlog", "node.lock"))]
    sets.check_part(part)
