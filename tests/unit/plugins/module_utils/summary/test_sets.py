# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sets of the deployments, and what a backup needs."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.module_utils.summary.hosts import DATABASE, FOUND, lines
from unit.plugins.run_facts import DISK_FULL, SET, Facts, failed


def test_a_decision_that_has_not_reached_all(facts: Facts) -> None:
    facts["web02"].update(__groupid_seals={SET: {"prepared": "d"}}, __groupid_failures=failed(DISK_FULL, phase="seal"))
    assert f"hq          {SET}  yes, not yet on all  no" in lines(facts, "backup")


def test_a_narrowed_set_is_named_so(facts: Facts) -> None:
    facts["web02"]["__groupid_narrowed"] = ["groupid_include: HR"]
    assert f"hq          {SET}  yes     yes" in lines(facts, "backup")


def test_a_set_that_would_not_be_sealed_is_not_promised(facts: Facts) -> None:
    for host in facts:
        facts[host]["__groupid_seals"] = {}
    assert "hq          would be  no" in lines(facts, "backup", check=True)
    facts["web03"] = {"groupid_deployment": "hq"}
    assert "hq          no      no" in lines(facts, "backup", check=True)


def test_preflight_counts_sealed_sets_only(facts: Facts) -> None:
    sets = facts["web01"]["__groupid_probe"]["backup_root"]["sets"]
    sets.append({**sets[0], "set_id": "20301122T120000Z", "sealed": False})
    facts["web01"]["__groupid_database"] = DATABASE
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"found": FOUND}}
    found = lines(facts, "preflight")
    assert found[:3] == [
        "host   deployment  version  state  free GB",
        "web01  hq          10.0     ready     53.7",
        "web02  hq          10.0     ready     53.7",
    ]
    assert found[-3:] == [
        "deployment  servers  sealed sets  newest sealed set",
        f"hq                2            1  {SET}",
        "hq: backup root D:\\Backups",
    ]


def room(host: str = "", free_bytes: int | None = 5 * 10**12, **fields: t.Any) -> dict[str, t.Any]:
    size = {"needed_bytes": 10**12, "unknown": [], "parts": ["hq/database"], "enough": None}
    return {"host": host, "root": "E:\\Dumps" if host else "\\\\nas01\\b", "free_bytes": free_bytes, **size, **fields}


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (room(), "1,000,000.0 MB needed, 5,000,000.0 MB free on \\\\nas01\\b"),
        (room("sql01"), "1,000,000.0 MB needed, 5,000,000.0 MB free on sql01, E:\\Dumps"),
        (room("sql01", None), "1,000,000.0 MB needed, an unknown number of MB free on sql01, E:\\Dumps"),
        (
            room("sql01", unknown=["hq/database"]),
            "more than 1,000,000.0 MB needed, 5,000,000.0 MB free on sql01, E:\\Dumps",
        ),
        (
            room("sql01", needed_bytes=0, unknown=["hq/database"]),
            "an unknown number of MB needed, 5,000,000.0 MB free on sql01, E:\\Dumps",
        ),
        (room("web01", parts=["hq/web01"]), None),
    ],
)
def test_preflight_says_what_the_backup_of_the_database_needs_and_finds(
    facts: Facts, one: dict[str, t.Any], line: str | None
) -> None:
    found = {"parts": [], "seconds": 0.0, "untimed": [], "rooms": [one]}
    facts["web01"]["__groupid_predictions"] = {"hq": found}
    text = " ".join(" ".join(lines(facts, "preflight")).split())
    assert [f"hq: {line}" in text, " needed, " in text] == [line is not None] * 2


def test_preflight_folds_what_it_says_of_the_first_backup(facts: Facts) -> None:
    parts = [{"kind": "folders", "host": "web01", "seconds": 60.0, "time_basis": "last set 20261122T120000Z"}]
    facts["web01"]["__groupid_predictions"] = {
        "hq": {"parts": parts, "seconds": 60.0, "untimed": ["hq/database", "hq/corp.example"], "rooms": []}
    }
    assert lines(facts, "preflight")[-4:-1] == [
        "hq                2            1  20261122T120000Z",
        "hq: a backup takes about 1 min (estimated by: last set), not counting",
        "  hq/database, hq/corp.example",
    ]
