# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What groupid_sets asks and tells."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.recorded_host import Host, answer, error

Make = t.Callable[..., Host]
ARGS = {"backup_root": "D:\\Backups"}


def found(set_id: str = "20261122T150405Z-monday", **fields: t.Any) -> dict[str, t.Any]:
    """A set as the agent lists it."""
    part = {"server": "web01", "state": "complete", "files": 3, "bytes": 70, "components": {"reports": "copied"}}
    path = f"D:\\Backups\\hq\\{set_id}"
    return {"deployment": "hq", "set_id": set_id, "path": path, "sealed": True, "parts": [part], **fields}


def listing(*sets: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
    return answer("list", exists=True, sets=list(sets), set_count=len(sets), **fields)


def test_request(host: Make) -> None:
    made = host("groupid_sets", {**ARGS, "deployment": "HQ"}, listing())
    result = made.run()
    assert made.requests == [
        {"protocol": 1, "check": False, "operation": "list", "root": "D:\\Backups", "deployment": "hq"}
    ]
    assert (result["failed"], result["changed"], result["backup_root"]) == (False, False, "D:\\Backups")
    assert (result["exists"], result["sets"], result["unlisted"], result["passed_over"]) == (True, [], 0, [])


def test_sets_of_an_agent_that_reports_less_than_a_later_one(host: Make) -> None:
    result = host("groupid_sets", ARGS, listing(found())).run()
    [one] = result["sets"]
    assert (one["set_id"], one["label"], one["deployment"]) == ("20261122T150405Z-monday", "monday", "hq")
    assert (one["files"], one["bytes"], one["part_count"]) == (3, 70, 1)
    assert (one["sealed"], one["narrowed"], one["verified"]) == (True, None, None)
    assert one["parts"][0]["components"] == {"reports": "copied"}
    assert (result["passed_over"], result["passed_over_count"]) == ([], 0)
    assert result["now"].endswith("Z")


def test_one_set(host: Make) -> None:
    sets = [found("20261123T000000Z"), found("20261122T000000Z"), found("20261122T000000Z", deployment="branch")]
    result = host("groupid_sets", {**ARGS, "set_id": "20261122T000000Z"}, listing(*sets)).run()
    assert [one["deployment"] for one in result["sets"]] == ["hq", "branch"]
    assert result["unlisted"] == 0


def test_a_set_that_is_not_there_is_named_with_those_that_are(host: Make) -> None:
    result = host("groupid_sets", {**ARGS, "set_id": "20261122T000000Z"}, listing(found())).run()
    assert result["failed"] is True
    assert result["error"]["code"] == "set_missing"
    assert result["msg"] == (
        "The set was not found: D:\\Backups: There is no set 20261122T000000Z. "
        "Correct set_id. The newest sets are: hq/20261122T150405Z-monday."
    )


def test_what_is_no_set_is_passed_over(host: Make) -> None:
    odd = {"path": "D:\\Backups\\hq\\old copy", "reason": "Its name is not that of a set."}
    reported = listing(found("20261399T000000Z"), found(), passed_over=[odd], passed_over_count=7)
    result = host("groupid_sets", ARGS, reported).run()
    assert [one["set_id"] for one in result["sets"]] == ["20261122T150405Z-monday"]
    assert [one["path"] for one in result["passed_over"]] == [odd["path"], "D:\\Backups\\hq\\20261399T000000Z"]
    assert "20261399T000000Z" in result["passed_over"][1]["reason"]
    assert result["passed_over_count"] == 7


def test_sets_beyond_the_limit_are_counted(host: Make) -> None:
    reported = answer("list", exists=True, sets=[found()], set_count=1234)
    assert host("groupid_sets", ARGS, reported).run()["unlisted"] == 1233


def test_a_root_that_cannot_be_read(host: Make) -> None:
    result = host("groupid_sets", ARGS, answer("list", **error("root_unreadable", path="D:\\Backups"))).run()
    assert (result["failed"], result["error"]["code"]) == (True, "root_unreadable")


@pytest.mark.parametrize(
    ("args", "words"),
    [({}, "backup_root"), ({**ARGS, "set_id": "today"}, "'today'"), ({**ARGS, "deployment": "h/q"}, "'h/q'")],
)
def test_mistake_is_named_before_the_host_is_asked(host: Make, args: dict[str, t.Any], words: str) -> None:
    made = host("groupid_sets", args)
    result = made.run()
    assert result["failed"] is True
    assert words in result["msg"]
    assert made.requests == []
