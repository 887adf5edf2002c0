# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against the backup and the restore of a database."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils.objections.cases import (
    UNSEALED,
    Change,
    Facts,
    Fault,
    against,
    asking,
    both,
    each,
    on_web01,
    problems,
    sets,
)
from unit.plugins.run_facts import ask, listed, part

FORBIDDEN = {"ok": False, "reasons": ["The log is full.", "Ask the administrator."]}

FAULTS = [
    Fault(
        "database",
        on_web01("__groupid_sql", can_backup=FORBIDDEN, can_verify=FORBIDDEN),
        "database_not_ready",
        "The log is full.",
    ),
    Fault("database", on_web01("__groupid_sql", can_verify=FORBIDDEN), "database_not_ready", "GroupID on sql01"),
    Fault("restore_database", sets(listed(part("web01"))), "component_missing", "groupid_components"),
    Fault(
        "restore_database",
        both(
            sets({**UNSEALED, "members": None}),
            asking(sql_backup_mode="host", sql_host="sql01", components=["database"]),
        ),
        "not_sealed",
        "it is not known whether it has a backup of it on sql01",
    ),
    Fault("restore_database", asking(sql_server=""), "sql_server_missing", "groupid_sql_server"),
    Fault(
        "unsealed_database", on_web01("__groupid_sql_reread", sealed=False), "not_sealed", "the computer that has it"
    ),
    Fault(
        "unsealed_database",
        on_web01("__groupid_sql_reread", details={"database": "Payroll"}),
        "other_database",
        "database Payroll, and groupid_sql_database is GroupID",
    ),
    Fault(
        "unsealed_database",
        both(on_web01("__groupid_sql_reread", details=None), asking(sql_database="")),
        "not_recorded",
        "does not name the database",
    ),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("database", lambda facts: facts["web01"].update(__groupid_sql={"skipped": True})),
        ("database", lambda facts: facts["web01"].update(__groupid_sql={"failed": True, "msg": "no"})),
        ("unsealed_database", both(asking(restore_unsealed=True), on_web01("__groupid_sql_reread", sealed=False))),
        ("unsealed_database", on_web01("__groupid_sql_reread", details={"database": "GROUPID"})),
        ("unsealed_database", lambda facts: facts["web01"].update(__groupid_sql_reread={"skipped": True})),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []


def test_the_database_of_another_deployment_is_not_written_over(facts: Facts) -> None:
    facts["srv"] = {
        "groupid_deployment": "branch",
        "groupid_sql_server": "SQL01",
        "groupid_sql_port": 1433,
        "groupid_sql_database": "Branch",
    }
    ask({"web01": facts["web01"], "web02": facts["web02"]}, sql_database="")
    facts["web01"]["__groupid_sql_reread"]["details"] = {"database": "branch"}
    assert against(facts, "unsealed_database") == ["other_database"]
    facts["srv"]["groupid_sql_server"] = "sql02"
    assert against(facts, "unsealed_database") == []
