# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets and backup roots that are not trusted, by what they are needed for."""

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
    problems,
    root,
    sets,
)
from unit.plugins.run_facts import SET, listed, part, verdict

FAULTS = [
    Fault("verify", sets(listed(part("web01"), signature=verdict("wrong"))), "signature_wrong", f"hq\\{SET}\\set.json"),
    Fault(
        "restore", sets(listed(part("web01"), signature=verdict("wrong"))), "signature_wrong", f"hq\\{SET}\\set.json"
    ),
    Fault("restore", sets(listed(part("web01"), signature=verdict("other_key"))), "signing_key_unknown", "b" * 16),
    Fault(
        "restore",
        sets(listed(part("web01"), signature=verdict("missing"))),
        "signature_missing",
        "signing_key=",
    ),
    Fault(
        "restore",
        both(asking(restore_unsealed=True), sets({**UNSEALED, "signature": verdict("missing")})),
        "signature_missing",
        "groupid_signing_key",
    ),
    Fault("restore", root(writable_by=["Everyone"]), "root_open", "changed by Everyone"),
    Fault(
        "restore",
        both(root(writable_by=["Everyone"]), asking(allow_open_roots=["D:\\Backups"])),
        "root_open",
        "groupid_signing_key",
    ),
    Fault(
        "restore",
        both(sets(listed(part("web01"), signature=verdict("valid"))), root(writable_by=["Everyone"])),
        "root_open",
        "groupid_allow_open_roots",
    ),
    Fault(
        "restore_database",
        both(root(writable_by=["Everyone"]), asking(allow_open_roots=["D:\\Backups"])),
        "root_open",
        "name only the other components",
    ),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("restore", sets(listed(part("web01"), signature=verdict("unchecked")))),
        (
            "restore",
            both(
                sets(listed(part("web01"), signature=verdict("valid"))),
                root(writable_by=["Everyone"]),
                asking(allow_open_roots=["d:\\BACKUPS"]),
            ),
        ),
        ("verify", root(writable_by=["Everyone"])),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []
