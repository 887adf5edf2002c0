# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a whole restore, and against the restore of a part."""

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
from unit.plugins.run_facts import DISK_FULL, SET, listed, part

from ansible_collections.identityops.groupid.plugins.module_utils import restore_choice
from ansible_collections.identityops.groupid.plugins.module_utils.objections.restore import of_choice

FAULTS = [
    Fault("restore", sets(), "part_missing", "existing sets: none"),
    Fault("restore", sets(listed(part("web02"))), "part_missing", "no part of web01"),
    Fault("restore", sets(UNSEALED), "not_sealed", "is not sealed"),
    Fault("restore", sets(listed(part("web01", state="partial"))), "not_sealed", "is partial"),
    Fault("restore", sets(listed(part("web01", machine_guid="x"))), "other_machine", "{web01: web01}"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("restore", both(asking(restore_unsealed=True), sets(UNSEALED))),
        ("restore", both(asking(set_id=f"{SET}-before-restore"), sets())),
        ("restore", sets(listed(part("web01", details={"kind": "before_restore"}), sealed=False))),
        (
            "restore",
            both(on_web01("__groupid_source", mapped=True), sets(listed(part("web01", machine_guid="x")))),
        ),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []


def test_what_stands_against_the_whole_restore_is_read_from_the_choice() -> None:
    choice: restore_choice.Choice = {
        "plan": {"hosts": [], "deployments": {}},
        "sources": {},
        "refusals": [DISK_FULL.explained()],
    }
    assert of_choice(choice) == [DISK_FULL]
