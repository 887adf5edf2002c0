# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The document of a run, from its beginning to its end."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import run_document
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import STATES, Outcome

NOW = datetime.datetime(2026, 11, 25, 12, 0, 5, 999, tzinfo=datetime.timezone.utc)
LATER = NOW + datetime.timedelta(minutes=3)
OURS: run_document.Process = {"host": "ansible01", "pid": 4711, "id": "ansible-local-4711a"}
PLAN: t.Any = {"hosts": ["web01"], "deployments": {"hq": {"hosts": ["web01"], "outside": []}}}
VERSIONS = {"collection": "0.6.0", "ansible_core": "2.18.1"}


def begun(kind: Kind = "backup", check: bool = False, **more: t.Any) -> run_document.Document:
    return run_document.begun(OURS, VERSIONS, kind, check, NOW, **more)


def outcome(found: int) -> Outcome:
    return {"class": found, "state": STATES[found], "failures": [], "deployments": {}}


def ended(found: int, kind: Kind = "backup", **more: t.Any) -> run_document.Document:
    return run_document.ended(begun(kind, **more), kind, outcome(found), LATER)


def test_a_run_that_begins_has_no_class() -> None:
    document = begun()
    assert (document["state"], document["class"], document["ended"]) == ("running", None, None)
    assert (document["started"], document["process"], document["kind"]) == ("2026-11-25T12:00:05Z", OURS, "backup")
    assert run_document.is_begun(document, OURS)
    assert not run_document.is_begun(document, {**OURS, "id": "ansible-local-4711b"})
    assert not run_document.is_begun(None, OURS)


def test_a_plan_names_the_servers() -> None:
    document = run_document.planned(begun(), PLAN, check=True)
    assert (document["state"], document["check"]) == ("running", True)
    assert document["deployments"] == {"hq": {"servers": ["web01"]}}
    assert not run_document.is_begun(document, OURS)


@pytest.mark.parametrize(("found", "state"), [(0, "done"), (2, "refused"), (3, "failed"), (4, "failed")])
def test_an_end_has_its_class_and_time(found: int, state: str) -> None:
    document = ended(found)
    assert (document["class"], document["state"], document["ended"]) == (found, state, "2026-11-25T12:03:05Z")
    assert document["started"] == "2026-11-25T12:00:05Z"


def test_an_older_run_of_another_process_leaves_nothing() -> None:
    document = begun(before={**ended(4), "process": {**OURS, "id": "ansible-local-4711b"}})
    assert document["earlier"] == []
    assert begun() == document


def test_a_second_playbook_does_not_hide_what_came_of_the_first() -> None:
    document = ended(0, "verify", before=ended(3))
    assert (document["class"], document["state"], document["kind"]) == (3, "failed", "verify")
    [earlier] = document["earlier"]
    assert (earlier["kind"], earlier["class"]) == ("backup", 3)
    assert not {"earlier", "process"} & earlier.keys()
    third = ended(0, "list", before=document)
    assert [(one["kind"], one["class"]) for one in third["earlier"]] == [("backup", 3), ("verify", 3)]


@pytest.mark.parametrize(
    ("first", "second", "both"), [(0, 0, 0), (0, 2, 3), (2, 0, 3), (2, 2, 2), (4, 2, 4), (0, 4, 4)]
)
def test_only_a_run_that_was_refused_as_a_whole_was_refused(first: int, second: int, both: int) -> None:
    assert ended(second, before=ended(first))["class"] == both


def test_an_earlier_run_without_its_report_is_told_as_that() -> None:
    [earlier] = begun("list", before=run_document.planned(begun("restore"), PLAN, check=False))["earlier"]
    assert (earlier["kind"], earlier["class"], earlier["state"]) == ("restore", 4, "failed")


@pytest.mark.parametrize(
    ("kind", "check", "has_plan", "found"),
    [
        ("backup", False, True, 3),
        ("verify", False, True, 3),
        ("restore", False, True, 4),
        ("resume", False, True, 4),
        ("restore", True, True, 3),
        ("restore", False, False, 2),
        ("backup", False, False, 2),
    ],
)
def test_a_run_that_ended_without_its_report_is_told_no_better_than_is_known(
    kind: Kind, check: bool, has_plan: bool, found: int
) -> None:
    document = begun(kind, check)
    if has_plan:
        document = run_document.planned(document, PLAN, check)
    document = run_document.unreported(document, LATER)
    assert (document["class"], document["state"], document["ended"]) == (found, STATES[found], "2026-11-25T12:03:05Z")
    [failure] = document["failures"]
    assert failure["code"] == "no_report"
    assert set(document["deployments"]) == ({"hq"} if has_plan else set())
