# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A loss of data that a rehearsal found."""

from __future__ import annotations

from unit.plugins.module_utils.objections.cases import Facts, Fault, each, problems

FAULTS = [
    Fault(
        "rehearsal",
        lambda facts: facts["web01"].update(__groupid_rehearsal={"losses": ["Files are not restored."]}),
        "rehearsal",
        "Files are not restored.",
    ),
    Fault(
        "rehearsal",
        lambda facts: facts["web01"].update(__groupid_sql_rehearsal={"losses": ["Rows are lost."]}),
        "rehearsal",
        "Rows are lost.",
    ),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []
