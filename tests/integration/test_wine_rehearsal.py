# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal by the playbook, over WinRM, on Wine: each call compiles the shipped agent in a PowerShell of its own."""

from __future__ import annotations

import json
import pathlib

import pytest
from integration.controller import Controller

from lab import wine_host
from lab.lab import Lab

pytestmark = pytest.mark.skipif(wine_host.why_not() is not None, reason=f"no host on Wine: {wine_host.why_not()}")


def test_the_playbook_rehearses_and_nothing_stays(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    controller = Controller(wine_lab, tmp_path)
    kept = tmp_path / "kept"
    import integration.controller as ic

    ic.TIMEOUT = 2000
    run = controller.play("rehearse", "-vv", extra={"groupid_rehearsal_dir": str(kept)})
    print(run.output)
    document = json.loads((kept / "rehearsal-wine01.json").read_text())
    for one in document["claims"]:
        print(one)
    print({k: v for k, v in document.items() if k != "claims"})
    run.succeeded()
    assert not list((wine_lab.root / "wine").rglob(".rehearsal-*"))
