# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands against a backup by what runs of GroupID."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.module_utils.objections.cases import (
    ELASTIC,
    Change,
    Facts,
    Fault,
    against,
    asking,
    both,
    each,
    failures,
    problems,
    running,
)
from unit.plugins.run_facts import SET, ask

RECORD = {
    "epoch": SET,
    "run": "8f1d2c3b4a596877",
    "controller": "ansible01",
    "user": "CORP\\svc-backup",
    "started": "2026-11-22T15:04:05.1234567Z",
    "begun": True,
    "resumed": None,
}


def _forks(forks: int, batched: bool = True) -> Change:
    """Let a new set be made by an Ansible that works on so many servers at the same time."""

    def change(facts: Facts) -> None:
        running(facts)
        for host in facts.values():
            host["__groupid_run"] = {"forks": forks, "batched": batched}

    return change


def _unstopped(answer: dict[str, t.Any] | None) -> Change:
    """Let a new set be made without stopping anything, while Elasticsearch runs or nobody knows."""

    def change(facts: Facts) -> None:
        running(facts)
        ask(facts, quiesce="none")
        for host in facts.values():
            host["__groupid_quiesced"] = {"mode": "none", "running": answer, "stopped": None, "resumed": None}

    return change


def _hidden(**values: t.Any) -> Change:
    """Let GroupID be stopped by a run whose login does not see the sessions of others."""

    def change(facts: Facts) -> None:
        running(facts)
        found = {"database": {"sessions": None}, "server": {"login": "groupid_backup"}}
        facts["web01"]["__groupid_sql"].update(found)
        ask(facts, **values)

    return change


FAULTS = [
    Fault(
        "running",
        lambda facts: running(facts, record=RECORD),
        "quiesced",
        "run 8f1d2c3b4a596877 on ansible01, as CORP\\svc-backup",
    ),
    Fault(
        "running", lambda facts: running(facts, record=RECORD), "quiesced", "the playbook identityops.groupid.resume"
    ),
    Fault(
        "running",
        lambda facts: running(facts, record=RECORD),
        "quiesced",
        "another run has stopped GroupID on this server",
    ),
    Fault(
        "running",
        lambda facts: running(facts, record={**RECORD, "begun": False}),
        "quiesced",
        "another run has recorded what is running of GroupID on this server, and has stopped nothing yet: run "
        "8f1d2c3b4a59",
    ),
    Fault(
        "running",
        _forks(1),
        "forks",
        "with --forks 2, as in: ansible-playbook -i INVENTORY identityops.groupid.backup --forks 2",
    ),
    Fault("running", _forks(1, batched=False), "forks", "this play has 2"),
    Fault("running", both(running, asking(quiesce_max=0)), "epoch_broken", "groupid_quiesce_max is 0"),
    Fault("running", _unstopped(ELASTIC), "elasticsearch_running", "Elasticsearch runs on web01"),
    Fault("running", _unstopped(None), "elasticsearch_running", "it is not known whether Elasticsearch runs on web01"),
    Fault("database", _hidden(), "sessions_unknown", "the login groupid_backup does not see"),
]


@each(FAULTS)
def test_each_fault_is_reported_once_with_why_and_what_to_do(facts: Facts, fault: Fault) -> None:
    assert problems(facts, fault) == []


@pytest.mark.parametrize(
    ("step", "change"),
    [
        ("database", _hidden(waive=["sessions_unknown"])),
        ("database", _hidden(quiesce="elasticsearch")),
        ("running", both(_unstopped(ELASTIC), asking(waive=["elasticsearch_running"]))),
        ("running", both(_unstopped(ELASTIC), asking(components=["reports"]))),
        ("running", _unstopped(run_facts.IDLE)),
        ("running", asking(quiesce_max=0)),
    ],
)
def test_what_was_meant_is_let_through(facts: Facts, step: str, change: Change) -> None:
    change(facts)
    assert against(facts, step) == []


def test_one_run_that_has_stopped_several_servers_is_reported_once(facts: Facts) -> None:
    running(facts)
    for number, host in enumerate(facts.values()):
        host["__groupid_running"]["record"] = {**RECORD, "started": f"2026-11-22T15:04:0{number}.0000000Z"}
    first, second = [failures(facts, "running", host) for host in facts]
    assert len(first) == 1
    assert first == second
