# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet is verified as far as it is asked, and the report says how far; a seal takes a full verification only."""

from __future__ import annotations

import random

from integration.controller import Controller

from lab import damage, inventory
from lab.lab import Lab

QUICK = {"groupid_verify_mode": "quick"}


def test_mode_of_the_playbooks(lab: Lab, controller: Controller) -> None:
    controller.play("backup", extra=QUICK).succeeded()
    root = lab.path("web01", inventory.LOCAL_ROOT)
    [seal] = root.glob("hq/*/set.json")  # So the run verified in full, whatever the variable says.
    files = [path for path in (seal.parent / "web01" / "reports").rglob("*") if path.is_file() and path.stat().st_size]
    damage.flip(files[0], random.Random(1))
    run = controller.play("verify", extra=QUICK).succeeded()
    assert run.output.count("  verified  quick  yes  ") == 3
    controller.play("verify").failed(f"reports/{files[0].relative_to(seal.parent / 'web01' / 'reports').as_posix()}")
