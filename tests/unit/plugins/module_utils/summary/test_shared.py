# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of what a deployment has once: its database and its domains."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.module_utils.summary.hosts import DATABASE, FOUND, KINDS, SAFETY, lines
from unit.plugins.run_facts import DISK_FULL, Facts, failed

from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary.shared import NOT_CONFIGURED


def test_what_is_not_configured_is_reported_once_and_by_preflight_and_backup_alone(facts: Facts) -> None:
    reported = {kind: "\n".join(lines(facts, kind)).count(NOT_CONFIGURED) for kind in KINDS}
    assert reported == {"preflight": 2, "backup": 2, "verify": 0, "restore": 0}


@pytest.mark.parametrize(
    ("known", "cells"),
    [
        ({}, "not done"),
        (
            {"part": {"state": "complete", "bytes": 5_000_000, "external": []}, "backup": {"seconds": 2.0}},
            "complete 5.0 2.0",
        ),
        ({"verified": {"state": "verified", "bytes": 5_000_000, "seconds": 1.0, "external": []}}, "verified 5.0 1.0"),
        (
            {"verified": {"state": "verified", "mode": "quick", "bytes": 5_000_000, "seconds": 1.0, "external": []}},
            "verified (quick) 5.0 1.0",
        ),
    ],
)
def test_database(facts: Facts, known: dict[str, t.Any], cells: str) -> None:
    facts["web01"]["__groupid_database"] = {**DATABASE, **known}
    facts["web01"]["__groupid_attributes"] = {}
    [line] = [line for line in lines(facts, "verify") if "sql01" in line]
    assert " ".join(line.split()) == f"hq database GroupID sql01 {cells}"


def test_database_that_lies_elsewhere(facts: Facts) -> None:
    part = {"state": "complete", "bytes": 0, "external": ["database"]}
    facts["web01"]["__groupid_database"] = {**DATABASE, "part": part, "backup": {"bytes": 7_000_000, "shared": True}}
    text = " ".join(" ".join(lines(facts, "verify")).split())
    assert "hq database GroupID sql01 recorded 7.0 " in text
    assert "hq, database GroupID: made by another run, not hashed, not pruned " in text


def test_restored_database(facts: Facts) -> None:
    facts["web01"]["__groupid_sql_source"] = DATABASE
    done_ = {"outcome": "restored", "seconds": 3.0, "safety": {"name": "groupid-safety x"}}
    facts["web01"]["__groupid_sql_restored"] = done_
    text = " ".join(" ".join(lines(facts, "restore")).split())
    assert "hq database GroupID sql01 restored 3.0 " in text
    assert "hq, database GroupID: safety backup: groupid-safety x " in text


def test_database_of_a_preflight(facts: Facts) -> None:
    facts["web01"]["__groupid_database"] = DATABASE
    facts["web01"]["__groupid_sql"] = {"database": {"bytes": 8_000_000}, "can_backup": {"reasons": ["Mind the log."]}}
    text = " ".join(" ".join(lines(facts, "preflight")).split())
    assert "hq database GroupID sql01 ready 8.0 " in text
    assert "hq, database GroupID: Mind the log. " in text


def domain_line(facts: Facts, kind: Kind) -> str:
    """The line of corp.example."""
    [line] = [line for line in lines(facts, kind) if "corp.example " in line]
    return " ".join(line.split())


@pytest.mark.parametrize(
    ("kind", "known", "cells"),
    [
        ("preflight", {"found": FOUND}, "dc01 ready 1,240 -"),
        ("verify", {"found": FOUND}, "dc01 ready 1,240"),
        ("backup", {"found": FOUND, "part": {**FOUND, "state": "complete"}}, "dc01 complete 1,240 2.5"),
        (
            "backup",
            {"part": {**FOUND, "state": "complete"}, "verified": {"state": "verified"}},
            "dc01 verified 1,240 2.5",
        ),
        ("verify", {"verified": {"state": "verified", "details": FOUND, "seconds": 0.5}}, "dc01 verified 1,240 0.5"),
        ("verify", {"verified": {"state": "verified", "mode": "1/3", "details": FOUND}}, "dc01 verified (1/3) 1,240"),
    ],
)
def test_group_attributes(facts: Facts, kind: Kind, known: dict[str, t.Any], cells: str) -> None:
    facts["web01"]["__groupid_attributes"] = {"corp.example": known}
    assert domain_line(facts, kind) == f"hq corp.example {cells}".removesuffix(" -")


def test_attributes_that_the_schema_lacks_are_noted(facts: Facts) -> None:
    found = {**FOUND, "missing_attributes": ["extensionData"]}
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"found": found}}
    assert "not in the schema: extensionData" in "\n".join(lines(facts, "preflight"))


def test_restored_group_attributes(facts: Facts) -> None:
    counts = {"differing": 7, "written": 6, "conflicts": 1, "gone": 2, "new": 3, "set_since": 4}
    restored = {"directory_server": "dc01", "counts": counts, "seconds": 1.5, "safety": {"set_id": SAFETY}}
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": restored, "restore": restored}}
    text = " ".join(" ".join(lines(facts, "restore")).split())
    assert "hq corp.example dc01 restored 7 6 1.5" in text
    assert f"1 conflicts, 2 gone, 3 new, 4 set since, undo: {SAFETY}" in text
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": restored}}
    assert "not done" in domain_line(facts, "restore")


BROKEN = {"failed": True, "msg": "It broke."}
DAMAGED = {**BROKEN, "state": "damaged"}
PART = {"state": "complete", "bytes": 1}
RESTORED = {"counts": {"differing": 7, "written": 6}, "safety": {"set_id": SAFETY}}


def test_of_a_host_that_failed_what_was_restored_is_reported_with_the_way_back(facts: Facts) -> None:
    facts["web01"]["__groupid_failures"] = failed(DISK_FULL, phase="restore")
    facts["web01"]["__groupid_sql_source"] = DATABASE
    facts["web01"]["__groupid_sql_restored"] = BROKEN
    facts["web01"]["__groupid_attributes"] = {
        "corp.example": {"preflight": RESTORED, "restore": RESTORED},
        "lab.example": {"preflight": RESTORED, "restore": {**RESTORED, **BROKEN}},
        "old.example": {"preflight": RESTORED},
    }
    text = "\n".join(lines(facts, "restore"))
    assert domain_line(facts, "restore") == "hq corp.example restored 7 6"
    assert f"hq, corp.example: undo: {SAFETY}" in text
    assert not [name for name in ("GroupID", "lab.example", "old.example", "not done") if name in text]


@pytest.mark.parametrize("answer", [{}, {"skipped": True}, BROKEN, {**BROKEN, "outcome": "rolled_back"}])
def test_of_a_host_that_failed_no_database_is_reported_that_was_not_restored(
    facts: Facts, answer: dict[str, t.Any]
) -> None:
    for host in facts:
        facts[host]["__groupid_failures"] = failed(DISK_FULL, phase="restore")
    facts["web01"].update(__groupid_sql_source=DATABASE, __groupid_sql_restored=answer)
    assert lines(facts, "restore") == ["FAILED in restore: web01, web02", f"  {DISK_FULL}"]


@pytest.mark.parametrize(
    ("kind", "known", "state"),
    [
        ("preflight", {"part": PART}, None),
        ("backup", {}, None),
        ("backup", {"found": FOUND}, None),
        ("backup", {"part": PART}, "complete"),
        ("backup", {"part": PART, "verified": {"state": "verified"}}, "verified"),
        ("backup", {"part": PART, "verified": DAMAGED}, "damaged"),
        ("backup", {"part": PART, "verified": BROKEN}, "complete"),
        ("backup", {"part": BROKEN}, None),
        ("verify", {"part": PART}, None),
        ("verify", {"verified": {"state": "verified"}}, "verified"),
        ("verify", {"verified": DAMAGED}, None),
    ],
)
def test_of_a_host_that_failed_what_was_saved_or_verified_is_reported(
    facts: Facts, kind: Kind, known: dict[str, t.Any], state: str | None
) -> None:
    facts["web01"]["__groupid_failures"] = failed(DISK_FULL, phase=kind)
    facts["web01"]["__groupid_database"] = {**DATABASE, **known}
    facts["web01"]["__groupid_attributes"] = {"corp.example": known}
    found = [line.split() for line in lines(facts, kind)]
    rows = [cells for cells in found if cells[1:3] == ["database", "GroupID"] or cells[1:2] == ["corp.example"]]
    assert [state in cells for cells in rows] == ([True, True] if state else [])
