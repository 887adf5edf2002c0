# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every step is asked for, every failure has a fault that causes it, and nothing is reported when all is well."""

from __future__ import annotations

import inspect
import pathlib
import re

import pytest
from unit.plugins.module_utils.objections import (
    test_backup,
    test_database,
    test_domains,
    test_members,
    test_prediction,
    test_quiesce,
    test_rehearsal,
    test_restore,
    test_seal,
    test_server,
    test_trust,
    test_verify,
)
from unit.plugins.module_utils.objections.cases import Facts, against, new_set

from ansible_collections.identityops.groupid.plugins.module_utils import (
    quiesce_proof,
    review,
    run_state,
    signature,
    steps,
)
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step

TABLES = (
    test_backup,
    test_database,
    test_domains,
    test_members,
    test_prediction,
    test_quiesce,
    test_rehearsal,
    test_restore,
    test_seal,
    test_server,
    test_trust,
    test_verify,
)
FAULTS = [fault for tested in TABLES for fault in tested.FAULTS]


@pytest.mark.parametrize("step", sorted(by_step.STEPS))
def test_nothing_stands_against_anything_when_all_is_well(facts: Facts, step: str) -> None:
    if step == "backup":
        new_set(facts)
    for host in facts:
        if step not in ("restore_database", "unsealed_database", "database") or host == "web01":
            assert against(facts, step, host) == []


def test_every_step_and_every_code_has_a_fault_in_a_table() -> None:
    """A check that no step calls has a code that no fault can have."""
    assert {one.step for one in FAULTS} == by_step.STEPS.keys(), "add a row to FAULTS"
    source = inspect.getsource(signature) + inspect.getsource(quiesce_proof)
    for module in pathlib.Path(by_step.__file__).parent.glob("*.py"):
        source += module.read_text(encoding="utf-8")
    codes = set(re.findall(r'\bFailure\(\s*"(\w+)"', source))
    assert codes | {"no_full_set", "space"} == {one.code for one in FAULTS}, "add a row to FAULTS"


def test_every_step_is_asked_for() -> None:
    askers = "".join(map(inspect.getsource, (review, run_state, steps)))
    assert [step for step in by_step.STEPS if f'"{step}"' not in askers] == [], "review.py or run_state.py asks"
