# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup root that others can write is pointed out, refused before anything is written, and used when it is named."""

from __future__ import annotations

from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab


def test_a_root_that_all_can_write(lab: Lab, controller: Controller) -> None:
    root = lab.path("web01", inventory.LOCAL_ROOT)
    root.mkdir(parents=True, exist_ok=True)
    root.chmod(0o777)
    controller.play("preflight").failed("It can be changed by Everyone.", "groupid_allow_open_roots")
    controller.play("backup").failed("It can be changed by Everyone.", "groupid_allow_open_roots")
    assert list(root.iterdir()) == []
    controller.play("backup", extra={"groupid_allow_open_roots": [inventory.LOCAL_ROOT]}).succeeded()
    assert len(sets.sealed(root, "hq")) == 1
