# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against the backup of a server's folders."""

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
    failures,
    new_set,
    on_web01,
    problems,
    sets,
)
from unit.plugins.run_facts import SET, listed, part

FAULTS = [
    Fault("backup", both(new_set, asking(components=["database"])), "no_folders", "database"),
    Fault(
        "backup", both(new_set, on_web01("__groupid_probe", installations=[])), "which_product", "this one has: none"
    ),
    Fault(
        "backup",
        both(new_set, on_web01("__groupid_probe", installations=[{"version": "10.0"}, {"version": "11.0"}])),
        "which_product",
        "10.0, 11.0",
    ),
    Fault("backup", both(new_set, asking(version="11.0")), "which_product", "one GroupID 11.0"),
    Fault("backup", asking(set_id="latest"), "set_id", "'latest' cannot be the id"),
    Fault("backup", lambda _facts: None, "set_sealed", SET),
    Fault(
        "backup",
        sets(listed(part("web01", state="unfinished"), sealed=False)),
        "part_unfinished",
        "no job is working on it",
    ),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        # A set that is at work is waited for, and a whole part is taken.
        (
            "backup",
            both(
                sets(listed(part("web01", state="unfinished"), sealed=False)),
                on_web01("__groupid_probe", busy={"operation": "backup", "subject": f"hq {SET}"}),
            ),
        ),
        ("backup", sets(listed(part("web01"), sealed=False))),
        (
            "backup",
            both(new_set, on_web01("__groupid_probe", installations=[]), asking(component_paths={"reports": "E:\\"})),
        ),
        ("backup", both(new_set, asking(components=["database"], folders=[{"name": "web", "path": "D:\\Web"}]))),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []


def test_a_set_restored_before_is_waited_for_by_its_own_deployment_alone(facts: Facts) -> None:
    sets(listed(part("web01", state="unfinished"), sealed=False))(facts)
    facts["web01"]["__groupid_probe"]["busy"] = {"operation": "backup", "subject": f"branch {SET}"}
    assert against(facts, "backup") == ["part_unfinished"]


@pytest.mark.parametrize(
    ("versions", "step"),
    [(["10.0", "11.0"], "set groupid_version to the one"), ([], "the folders of all its components")],
)
def test_what_is_said_about_the_product_helps(facts: Facts, versions: list[str], step: str) -> None:
    new_set(facts)
    on_web01("__groupid_probe", installations=[{"version": version} for version in versions])(facts)
    [failure] = failures(facts, "backup")
    assert step in failure.next
    asking(version="10.0", component_paths={} if versions else {"reports": "D:\\Reports"})(facts)
    assert failures(facts, "backup") == []
