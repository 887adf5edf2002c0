# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_backup_verify asks."""

from __future__ import annotations

import collections.abc as c
import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, error, job

Make = t.Callable[..., Host]
SET_ID = "20261122T150405Z"
ARGS = {"backup_root": "D:\\Backups", "deployment": "HQ", "set_id": SET_ID}
LATEST = {"backup_root": "D:\\Backups", "deployment": "HQ"}


def listed(set_id: str, narrowed: list[str] | None, members: c.Sequence[str] = ("web01",)) -> dict[str, t.Any]:
    return {"set_id": set_id, "sealed": True, "narrowed": narrowed, "members": list(members), "parts": []}


def probe(*sets: dict[str, t.Any], reason: str | None = None) -> dict[str, t.Any]:
    root = {"path": "D:\\Backups", "sets": sets, "error": reason}
    return answer("probe", roots=[root], computer={"server": "web01"})


def test_latest_is_the_newest_full_set_with_the_part(host: Make) -> None:
    sets = [
        listed("20261125T000000Z", []) | {"sealed": False},
        listed("20261124T000000Z", [], ["web02"]),
        listed("20261123T000000Z", ["groupid_include: HR Portal"]),
        listed(SET_ID, []),
        listed("20261121T000000Z", []),
    ]
    made = host("groupid_backup_verify", LATEST, probe(*sets), job("verify"))
    result = made.run()
    assert result["failed"] is False
    assert result["warnings"] == [
        "Set 20261123T000000Z is not used as the latest: it is narrowed (groupid_include: HR Portal)."
    ]
    asked, verify = made.operations
    assert (asked["operation"], asked["roots"], asked["deployment"]) == ("probe", ["D:\\Backups"], "hq")
    assert (verify["set_id"], verify["server"]) == (SET_ID, None)
    made = host("groupid_backup_verify", {**LATEST, "server": "WEB02"}, probe(*sets), job("verify"))
    made.run()
    assert made.operations[1]["set_id"] == "20261124T000000Z"


def test_no_full_set_is_explained(host: Make) -> None:
    sets = [listed("20261123T000000Z", ["groupid_include: HR Portal"]), listed(SET_ID, None)]
    made = host("groupid_backup_verify", LATEST, probe(*sets))
    result = made.run()
    assert (result["failed"], result["error"]["code"], len(made.operations)) == (True, "no_full_set", 1)
    for words in (
        "20261123T000000Z is narrowed (groupid_include: HR Portal)",
        f"{SET_ID} may be narrowed",
        "groupid_set_id=",
    ):
        assert words in result["msg"]


def test_no_sealed_set_is_explained(host: Make) -> None:
    result = host("groupid_backup_verify", LATEST, probe(listed(SET_ID, [], ["web02"]))).run()
    assert (result["failed"], result["error"]["code"]) == (True, "set_missing")
    assert "no sealed set with a part of web01" in result["msg"]


def test_a_root_that_cannot_be_looked_into(host: Make) -> None:
    result = host("groupid_backup_verify", LATEST, probe(reason="Access is denied. (5)")).run()
    assert (result["failed"], result["error"]["code"]) == (True, "root_unreadable")
    assert "D:\\Backups: Access is denied. (5). Check" in result["msg"]
    result = host("groupid_backup_verify", LATEST, answer("probe", **error("system"))).run()
    assert (result["failed"], result["error"]["code"]) == (True, "system")


def test_part_of_the_host_itself(host: Make) -> None:
    made = host("groupid_backup_verify", ARGS, job("verify"))
    made.run()
    assert made.operations == [
        {
            "protocol": 1,
            "operation": "verify",
            "check": False,
            "root": "D:\\Backups",
            "deployment": "hq",
            "set_id": SET_ID,
            "server": None,
            "components": None,
            "mode": "full",
            "seal_sha256": None,
            "for_restore": False,
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
