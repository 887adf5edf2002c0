# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against the restore of group attributes."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils.objections.cases import Change, Facts, Fault, against, asking, both, each, problems, sets
from unit.plugins.run_facts import listed, part


def _domain_in_set(facts: Facts) -> None:
    parts = [part("web01"), part("group_attributes.corp.example")]
    sets(listed(*parts, decider="web01"))(facts)


FAULTS = [
    Fault("restore_domains", asking(components=["group_attributes"]), "component_missing", "has none"),
    Fault("restore_domains", _domain_in_set, "domain_unknown", "corp.example"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("restore_domains", both(_domain_in_set, asking(domains=[{"name": "Corp.Example"}]))),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []
