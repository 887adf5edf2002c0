# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a backup by the predictions of a preflight."""

from __future__ import annotations

from unit.plugins.module_utils.objections.cases import Facts, Fault, each, problems, running

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure


def _no_room(facts: Facts) -> None:
    failure = Failure(
        "space",
        "There is not enough free space for a backup of hq",
        "40 MB are needed there, and 2 MB are free",
        "Make room.",
    )
    facts["web01"]["__groupid_predictions"] = {"hq": {"failures": [failure.explained()]}}


def _slow(facts: Facts) -> None:
    running(facts)
    facts["web01"]["__groupid_predictions"] = {"hq": {"failures": [], "seconds": 7201.0}}


FAULTS = [
    Fault("duration", _slow, "too_long", "takes about 120 min, and after groupid_quiesce_max (7200 s)"),
    Fault("space", _no_room, "space", "40 MB are needed"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []
