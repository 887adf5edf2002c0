# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against the seal of a set."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.module_utils.objections.cases import (
    ELASTIC,
    VERIFIED,
    Change,
    Facts,
    Fault,
    against,
    asking,
    both,
    each,
    on_web01,
    problems,
)
from unit.plugins.run_facts import SET


def _restarted(facts: Facts) -> None:
    quiesced = {"mode": "all", "running": ELASTIC, "stopped": None, "resumed": None}
    facts["web02"]["__groupid_quiesced"] = quiesced


def _unprepared(facts: Facts) -> None:
    """Let no earlier run have prepared the set."""
    for host in facts.values():
        host["__groupid_probe"]["backup_root"]["sets"] = []


def _copied(facts: Facts) -> None:
    _unprepared(facts)
    for host in facts.values():
        host["__groupid_part"] = {**host["__groupid_part"], "components": {"elasticsearch": "copied"}}
        host["__groupid_quiesced"] = {"mode": "none", "running": ELASTIC, "stopped": None, "resumed": None}


def _stopped(facts: Facts, unknown: str | None = None, processes: t.Sequence[dict[str, t.Any]] = ()) -> None:
    """Let GroupID be stopped on one server as it should be, but for what is given."""
    _unprepared(facts)
    head = {"record": {"epoch": SET}, "entries": [{}]}
    proof = {"samples": 3, "longest_gap_ms": 2000, "broken": None, "unknown": unknown, "resumed_by": "run"}
    stopped = {**head, "processes": [*processes]}
    quiesced = {"mode": "all", "running": ELASTIC, "stopped": stopped, "resumed": {**head, "proof": proof}}
    facts["web01"].update(__groupid_quiesced=quiesced)


def _connected(facts: Facts) -> None:
    """Let others use the database meanwhile."""
    _stopped(facts)
    somebody = {"login": "CORP\\svc", "host": "WEB09", "program": "Report", "count": 2}
    sessions = {"visible": True, "before": [somebody], "after": []}
    database = {"part": facts["web01"]["__groupid_part"], "backup": {"sessions": sessions}, "verified": VERIFIED}
    facts["web01"].update(__groupid_database=database)


CONSOLE = {"id": 7, "program": "C:\\Program Files\\Imanami\\GroupID 10.0\\GroupID.exe"}
FAULTS = [
    Fault("seal", _copied, "elasticsearch_running", "copied on web01, web02"),
    Fault("seal", _connected, "sessions_open", "before the backup 2 of CORP\\svc from WEB09 (Report)"),
    Fault("seal", lambda facts: _stopped(facts, processes=[CONSOLE]), "programs_running", "on web01 (GroupID.exe)"),
    Fault("seal", lambda facts: _stopped(facts, unknown="No command lines."), "workers_unknown", "(No command lines)"),
    Fault("seal", _restarted, "epoch_broken", "web02 was not stopped, although GroupID ran there"),
    Fault(
        "seal", lambda facts: facts["web02"].update(__groupid_part={"skipped": True}), "not_sealed", "web02 has no part"
    ),
    Fault("seal", on_web01("__groupid_verified", mode="quick"), "not_sealed", "in the mode quick"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("seal", both(_copied, asking(waive=["elasticsearch_running"]))),
        ("seal", both(asking(verify_after=False), lambda facts: facts["web01"].pop("__groupid_verified"))),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []
