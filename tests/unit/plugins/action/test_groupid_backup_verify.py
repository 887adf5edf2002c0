# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_backup_verify asks."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.recorded_host import Host, job

Make = t.Callable[..., Host]
ARGS = {"backup_root": "D:\\Backups", "deployment": "HQ"}


def test_latest_part_of_the_host_itself(host: Make) -> None:
    made = host("groupid_backup_verify", ARGS, job("verify"))
    made.run()
    assert made.operations == [
        {
            "protocol": 1,
            "operation": "verify",
            "check": False,
            "root": "D:\\Backups",
            "deployment": "hq",
            "set_id": "latest",
            "server": None,
            "components": None,
            "mode": "full",
        }
    ]


def test_named_part(host: Make) -> None:
    args = {**ARGS, "set_id": "20261122T150405Z-x", "server": "WEB02", "components": ["reports"]}
    made = host("groupid_backup_verify", args, job("verify"))
    made.run()
    [request] = made.operations
    assert (request["set_id"], request["server"], request["components"]) == ("20261122T150405Z-x", "web02", ["reports"])


def test_part_of_a_domain(host: Make) -> None:
    made = host("groupid_backup_verify", {**ARGS, "server": "group_attributes.Corp.example"}, job("verify"))
    made.run()
    assert made.operations[0]["server"] == "group_attributes.corp.example"


@pytest.mark.parametrize("mode", ["full", "quick", "1/1", "7/7", "9999/9999"])
def test_mode(host: Make, mode: str) -> None:
    made = host("groupid_backup_verify", {**ARGS, "mode": mode}, job("verify"))
    made.run()
    assert made.operations[0]["mode"] == mode


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ({"set_id": "newest"}, "'newest'"),
        ({"server": "a..b"}, "'a..b'"),
        *(({"mode": mode}, repr(mode)) for mode in ("", "fast", "0/7", "8/7", "1/0", "1/10000", "01/7", "1/7 ")),
    ],
)
def test_mistake_is_named(host: Make, args: dict[str, t.Any], words: str) -> None:
    result = host("groupid_backup_verify", {**ARGS, **args}).run()
    assert result["failed"] is True
    assert words in result["msg"]
