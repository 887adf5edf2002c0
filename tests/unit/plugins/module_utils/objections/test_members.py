# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of a deployment that differ, and members that the run does not include."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils.objections.cases import (
    Change,
    Facts,
    Fault,
    against,
    asking,
    both,
    each,
    lone,
    new_set,
    on_web01,
    problems,
    sets,
)

FAULTS = [
    Fault("backup", both(new_set, on_web01("__groupid_asked", set_label="a")), "differing", "groupid_set_label"),
    Fault("backup", both(new_set, asking(deployment_servers=["web02", "web03"]), lone), "undeclared", "web02, web03"),
    Fault("backup", both(new_set, lone), "members_missing", "web03"),
    Fault(
        "unseen_database",
        both(lone, asking(components=["reports", "database"], sql_backup_mode="external")),
        "members_missing",
        "web03",
    ),
    Fault("unseen_domains", both(lone, asking(components=["group_attributes"])), "members_missing", "web03"),
    Fault("restore", on_web01("__groupid_asked", set_id="20261123T120000Z"), "differing", "groupid_set_id"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("backup", both(lone, sets())),
        ("unseen_database", both(lone, asking(components=["reports"], sql_backup_mode="external"))),
        ("unseen_database", both(lone, asking(components=["database"], sql_backup_mode="unc"))),
        ("unseen_domains", both(lone, asking(components=["group_attributes"], backup_root="\\\\nas\\backup"))),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []
