# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a verification."""

from __future__ import annotations

from unit.plugins.module_utils.objections.cases import Facts, Fault, asking, both, each, problems
from unit.plugins.run_facts import listed, part, probe


def _narrowed(facts: Facts) -> None:
    """Leave no full set on any root."""
    for server, host in facts.items():
        host["__groupid_probe"] = probe(server, listed(part(server), narrowed=["groupid_include: HR"]))


FAULTS = [
    Fault("verify", both(asking(set_id="latest"), _narrowed), "no_full_set", "is narrowed (groupid_include: HR)"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []
