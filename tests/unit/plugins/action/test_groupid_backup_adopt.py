# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_backup_adopt asks."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer

Make = t.Callable[..., Host]
ARGS = {
    "backup_root": "D:\\Backups",
    "deployment": "HQ",
    "set_id": "20261122T150405Z",
    "part": "Database",
    "component": "database",
    "files": ["GroupID.bak"],
}


def test_request(host: Make) -> None:
    made = host("groupid_backup_adopt", {**ARGS, "details": {"mode": "unc"}}, answer("adopt"))
    assert made.run()["failed"] is False
    assert made.requests == [
        {
            "protocol": 1,
            "operation": "adopt",
            "check": False,
            "root": "D:\\Backups",
            "deployment": "hq",
            "set_id": "20261122T150405Z",
            "part": "database",
            "component": "database",
            "files": ["GroupID.bak"],
            "external": False,
            "epoch": "20261122T150405Z",
            "version": None,
            "details": {"mode": "unc"},
            "narrowed": None,
            "scope": None,
            "allow_open_roots": [],
            "inventory_name": "web01.inventory",
        }
    ]


@pytest.mark.parametrize("narrowed", [[], ["groupid_components: database"]])
def test_what_the_record_keeps(host: Make, narrowed: list[str]) -> None:
    made = host("groupid_backup_adopt", {**ARGS, "narrowed": narrowed, "scope": {"a": 1}}, answer("adopt"))
    assert made.run()["failed"] is False
    assert (made.requests[0]["narrowed"], made.requests[0]["scope"]) == (narrowed, {"a": 1})
