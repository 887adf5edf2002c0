# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks of controllers and servers that differ by minutes, and one that was set back: no backup depends on them."""

from __future__ import annotations

import datetime
import json

from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

SKEW = datetime.timedelta(minutes=10)
SERVERS = {"web01": SKEW, "web02": -SKEW}


def test_ten_minutes_of_skew(lab: Lab, controller: Controller) -> None:
    """The set before was made by a controller whose clock was ten minutes ahead, too."""
    for server, ahead in SERVERS.items():
        lab.services(server).install()
        clock = {"ahead_ms": round(ahead.total_seconds() * 1000)}
        (lab.root / "hosts" / server / "clock.json").write_text(json.dumps(clock), encoding="utf-8")
    before = {server: lab.services(server).picture() for server in SERVERS}
    first = f"{datetime.datetime.now(datetime.timezone.utc) + SKEW:%Y%m%dT%H%M%SZ}"
    for set_id in (first, ""):
        extra = {"groupid_deployments": ["hq"], **({"groupid_set_id": set_id} if set_id else {})}
        controller.play("backup", extra=extra).succeeded()
        assert {server: lab.services(server).picture() for server in SERVERS} == before
    root = lab.path("web01", inventory.LOCAL_ROOT)
    older, newer = sets.sealed(root, "hq")
    assert (older, newer > older) == (first, True)
    seal = json.loads((root / "hq" / newer / "set.json").read_text(encoding="utf-8"))
    assert sorted(seal["quiesce"]["servers"]) == sorted(SERVERS)
    assert all(server["down_ms"] < SKEW.total_seconds() * 1000 for server in seal["quiesce"]["servers"].values())
    run = controller.play("verify", extra={"groupid_deployments": ["hq"]}).succeeded()
    assert newer in run.output
    assert older not in run.output
