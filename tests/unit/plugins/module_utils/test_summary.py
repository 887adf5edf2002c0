# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run ends with, line by line."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, summary

SET = "20261122T120000Z"
PLAN: deployments.Plan = {
    "hosts": ["web01", "web02"],
    "deployments": {"hq": {"hosts": ["web01", "web02"], "outside": []}},
    "batches": [2],
}

Facts = dict[str, dict[str, t.Any]]


def host(server: str) -> dict[str, t.Any]:
    """Variables of a host that was backed up, verified and sealed."""
    return {
        "groupid_failures": [],
        "__groupid_asked": deployments.asked("hq"),
        "__groupid_set_id": SET,
        "__groupid_review": {"hq": {"missing": []}},
        "__groupid_probe": {
            "computer": {"server": server},
            "installations": [{"version": "10.0"}],
            "backup_root": {
                "path": "D:\\Backups",
                "free_bytes": 53_687_091_200,
                "sets": [{"set_id": SET, "sealed": True}, {"set_id": "20301122T120000Z", "sealed": False}],
            },
        },
        "__groupid_part": {
            "state": "complete",
            "version": "10.0",
            "files": 12_345,
            "bytes": 567_800_000,
            "seconds": 12.34,
            "problem_count": 0,
            "set_path": f"D:\\Backups\\hq\\{SET}",
        },
        "__groupid_verified": {
            "state": "verified",
            "mode": "full",
            "set_id": SET,
            "sealed": True,
            "files": 12_345,
            "bytes": 567_800_000,
            "seconds": 3.0,
            "problem_count": 0,
        },
        "__groupid_seals": {SET: {"prepared": "d", "sealed": "d"}},
        "__groupid_restored": {
            "set_id": SET,
            "server": server,
            "added": 3,
            "replaced": 1,
            "removed": 0,
            "attributes": 0,
            "seconds": 1.0,
        },
    }


@pytest.fixture
def facts() -> Facts:
    return {"web01": host("web01"), "web02": host("web02")}


def sealed_column(facts: Facts, check: bool = False) -> str:
    """What the table of sets says under "sealed"."""
    lines = summary.lines(facts, PLAN, "backup", check)
    [heading, row] = lines[lines.index("", 2 if check else 0) + 1 :][:2]
    return row[heading.index("sealed") : heading.index("servers")].strip()


def test_a_backup_in_columns(facts: Facts) -> None:
    facts["web02"]["__groupid_part"].update(files=7, bytes=1_000_000, seconds=0.5)
    assert summary.lines(facts, PLAN, "backup") == [
        "host   server  deployment  version  part      check      files     MB  seconds  problems",
        "web01  web01   hq          10.0     complete  verified  12,345  567.8     12.3         0",
        "web02  web02   hq          10.0     complete  verified       7    1.0      0.5         0",
        "",
        "deployment  set               sealed  servers       path",
        f"hq          {SET}  yes     web01, web02  D:\\Backups\\hq\\{SET}",
    ]


def test_a_host_that_failed_and_one_that_never_had_its_turn(facts: Facts) -> None:
    facts["web01"].update(__groupid_part={"failed": True}, __groupid_verified={"skipped": True}, __groupid_seals={})
    facts["web01"]["groupid_failures"] = [{"phase": "backup", "message": "The disk is full. (112)"}]
    facts["web02"].update(__groupid_part={"skipped": True}, __groupid_verified={"skipped": True}, __groupid_seals={})
    lines = summary.lines(facts, PLAN, "backup")
    assert lines[1:3] == [
        "web01  web01   hq                -  failed        -      -   -        -         -",
        "web02  web02   hq                -  not done      -      -   -        -         -",
    ]
    assert lines[-3:] == ["", "Failed:", "web01, backup: The disk is full. (112)"]
    assert sealed_column(facts) == "no: web01 failed"


def test_a_decision_that_has_not_reached_all(facts: Facts) -> None:
    facts["web02"]["__groupid_seals"] = {SET: {"prepared": "d"}}
    facts["web02"]["groupid_failures"] = [{"phase": "seal", "message": "no route to host"}]
    assert sealed_column(facts) == "yes, but not yet on web02"


def test_why_a_set_is_not_sealed(facts: Facts) -> None:
    facts["web01"]["__groupid_seals"] = {}
    assert sealed_column(facts) == "no"
    assert sealed_column(facts, check=True) == "would be"
    facts["web01"]["__groupid_review"] = {"hq": {"missing": ["web03"]}}
    assert sealed_column(facts) == "no: not in this run: web03"


def test_a_host_that_nobody_could_reach(facts: Facts) -> None:
    facts["web01"] = {
        "groupid_failures": [{"phase": "preflight", "message": "no route to host"}],
        "__groupid_asked": deployments.asked("hq"),
        "__groupid_probe": {"unreachable": True},
    }
    facts["web02"] = {"groupid_failures": [], "__groupid_asked": deployments.asked("hq")}
    assert summary.lines(facts, PLAN, "backup")[1].split() == ["web01", *"-", "hq", *"-", "failed", *"-----"]
    assert summary.lines(facts, PLAN, "backup")[5].split() == ["hq", "-", "no", "web01,", "web02", "-"]


def test_check_mode_is_the_first_thing_said_where_it_matters(facts: Facts) -> None:
    assert summary.lines(facts, PLAN, "restore", check=True)[0].startswith("Check mode: nothing was changed.")
    assert summary.lines(facts, PLAN, "verify", check=True) == summary.lines(facts, PLAN, "verify")


def test_preflight_counts_sealed_sets_only(facts: Facts) -> None:
    facts["web02"]["groupid_failures"] = [{"phase": "preflight", "message": "no"}]
    assert summary.lines(facts, PLAN, "preflight")[:3] == [
        "host   server  deployment  version  state   free GB  sealed sets  newest            backup root",
        f"web01  web01   hq          10.0     ready      53.7            1  {SET}  D:\\Backups",
        f"web02  web02   hq          10.0     failed     53.7            1  {SET}  D:\\Backups",
    ]


def test_verify_says_of_which_set_how_and_whether_it_is_sealed(facts: Facts) -> None:
    facts["web02"]["__groupid_verified"].update(state="damaged", mode="2/7", sealed=False, problem_count=2)
    assert summary.lines(facts, PLAN, "verify")[:3] == [
        "host   server  deployment  set               part      mode  sealed   files     MB  seconds  problems",
        f"web01  web01   hq          {SET}  verified  full  yes     12,345  567.8      3.0         0",
        f"web02  web02   hq          {SET}  damaged   2/7   no      12,345  567.8      3.0         2",
    ]


def test_restore_counts_what_changed(facts: Facts) -> None:
    facts["web02"]["__groupid_restored"] = {"failed": True, "set_id": SET, "server": "web02"}
    facts["web02"]["groupid_failures"] = [{"phase": "restore", "message": "The part is damaged."}]
    safety = "20261123T120000Z-before-restore"
    facts["web01"]["__groupid_restored"]["safety"] = {"set_id": safety}
    assert summary.lines(facts, PLAN, "restore")[1:3] == [
        f"web01  web01   hq          {SET}  web01    restored      3         1        0           0      1.0  {safety}",
        f"web02  web02   hq          {SET}  web02    failed        -         -        -           -        -  -",
    ]


def test_a_table_without_rows_is_its_headings() -> None:
    assert summary.table(["host", "files"], []) == ["host  files"]


DATABASE = {"database": "GroupID", "server": "sql01", "mode": "unc"}


@pytest.mark.parametrize(
    ("known", "cells"),
    [
        ({}, ["unc", "not done", "-", "-"]),
        (
            {"part": {"state": "complete", "bytes": 5_000_000, "external": []}, "backup": {"seconds": 2.0}},
            ["unc", "complete", "5.0", "2.0"],
        ),
        (
            {"verified": {"state": "verified", "bytes": 5_000_000, "seconds": 1.0, "external": []}},
            ["unc", "verified", "5.0", "1.0"],
        ),
        (
            {"verified": {"state": "verified", "mode": "quick", "bytes": 5_000_000, "seconds": 1.0, "external": []}},
            ["unc", "verified (quick)", "5.0", "1.0"],
        ),
    ],
)
def test_database(facts: Facts, known: dict[str, t.Any], cells: list[str]) -> None:
    facts["web01"]["__groupid_database"] = {**DATABASE, **known}
    lines = summary.lines(facts, PLAN, "backup")
    [line] = [line for line in lines if line.startswith("hq") and "sql01" in line]
    assert line.split("  ")[0] == "hq"
    assert " ".join(line.split()) == " ".join(["hq GroupID sql01", *cells, "-"])


def test_database_that_lies_elsewhere(facts: Facts) -> None:
    part = {"state": "complete", "bytes": 0, "external": ["database"]}
    facts["web01"]["__groupid_database"] = {**DATABASE, "part": part, "backup": {"bytes": 7_000_000, "shared": True}}
    text = "\n".join(summary.lines(facts, PLAN, "verify"))
    assert "recorded" in text
    assert "made by another run, not hashed, not pruned" in text


def test_restored_database(facts: Facts) -> None:
    facts["web01"]["__groupid_sql_source"] = DATABASE
    facts["web01"]["__groupid_sql_restored"] = {
        "outcome": "restored",
        "seconds": 3.0,
        "safety": {"name": "groupid-safety x"},
    }
    assert "safety backup: groupid-safety x" in "\n".join(summary.lines(facts, PLAN, "restore"))


def test_database_of_a_preflight(facts: Facts) -> None:
    facts["web01"]["__groupid_database"] = DATABASE
    facts["web01"]["__groupid_sql"] = {"database": {"bytes": 8_000_000}, "can_backup": {"reasons": ["Mind the log."]}}
    [line] = [line for line in summary.lines(facts, PLAN, "preflight") if "sql01" in line]
    assert line.split() == ["hq", "GroupID", "sql01", "unc", "ready", "8.0", "-", "Mind", "the", "log."]


FOUND = {"directory_server": "dc01", "engine": "ldap", "groups": 1240, "exported": 1016, "seconds": 2.5}


def domain_line(facts: Facts, kind: summary.Kind) -> list[str]:
    """The cells of the line of corp.example."""
    [line] = [line for line in summary.lines(facts, PLAN, kind) if "corp.example" in line]
    return line.split()


@pytest.mark.parametrize(
    ("kind", "known", "state", "seconds"),
    [
        ("preflight", {"found": FOUND}, "ready", "2.5"),
        ("backup", {"found": FOUND}, "not done", "-"),
        ("backup", {"found": FOUND, "part": {**FOUND, "state": "complete"}}, "complete", "2.5"),
        ("backup", {"part": {**FOUND, "state": "complete"}, "verified": {"state": "verified"}}, "verified", "2.5"),
        ("verify", {"verified": {"state": "verified", "details": FOUND, "seconds": 0.5}}, "verified", "0.5"),
        ("verify", {"verified": {"state": "verified", "mode": "1/3", "details": FOUND}}, "verified (1/3)", "-"),
    ],
)
def test_group_attributes(facts: Facts, kind: summary.Kind, known: dict[str, t.Any], state: str, seconds: str) -> None:
    facts["web01"]["__groupid_attributes"] = {"corp.example": known}
    cells = ["hq", "corp.example", "dc01", *state.split(), "ldap", "1,240", "1,016", seconds, "-"]
    assert domain_line(facts, kind) == cells


def test_attributes_that_the_schema_lacks_are_noted(facts: Facts) -> None:
    facts["web01"]["__groupid_attributes"] = {
        "corp.example": {"found": {**FOUND, "missing_attributes": ["extensionData"]}}
    }
    assert domain_line(facts, "preflight")[-5:] == ["not", "in", "the", "schema:", "extensionData"]


def test_restored_group_attributes(facts: Facts) -> None:
    counts = {"differing": 7, "written": 6, "conflicts": 1, "gone": 2, "new": 3, "set_since": 4}
    done = {"directory_server": "dc01", "counts": counts, "seconds": 1.5, "safety": {"set_id": "S-before-restore"}}
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": done, "restore": done}}
    assert domain_line(facts, "restore") == [
        *("hq", "corp.example", "dc01", "restored", "7", "6", "1", "2", "3", "4", "1.5"),
        *("undo:", "S-before-restore;", "replication", "was", "not", "waited", "for"),
    ]
    facts["web01"]["__groupid_attributes"] = {"corp.example": {"preflight": done}}
    facts["web01"]["groupid_failures"] = [{"phase": "preflight", "message": "no"}]
    assert domain_line(facts, "restore")[3] == "failed"
