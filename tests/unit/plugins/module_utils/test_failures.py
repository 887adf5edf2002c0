# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What went wrong is kept as data, and reported once."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import failures
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure

ERROR = {
    "code": "no_space",
    "what": "The part was not written",
    "cause": "There is not enough space on the disk. (112)",
    "next": "Free some.",
    "component": "reports",
    "path": "D:\\Backups",
}
DONE = {"changed": True, "schema": 1, "state": "complete"}


@pytest.mark.parametrize(
    "result",
    [
        DONE,
        {**DONE, "failed": False, "failed_when_result": False},
        {**DONE, "error": None, "failed": False, "failed_when_result": False},
        {"skipped": True, "skip_reason": "Conditional result was False"},
        {"skipped": True, "error": ERROR},
        {},
    ],
    ids=["done", "done, never failing", "done, with no error", "skipped", "skipped after an error", "never ran"],
)
def test_a_task_that_did_its_work_or_was_skipped_has_no_failure(result: dict[str, t.Any]) -> None:
    assert failures.of_result(result) is None


@pytest.mark.parametrize("more", [{"failed": True}, {"failed": False, "failed_when_result": False}, {}])
def test_an_error_is_taken_part_by_part(more: dict[str, t.Any]) -> None:
    result = {"schema": 1, "msg": "as one sentence", "error": {**ERROR, "of_a_later_version": 1}, **more}
    assert failures.of_result(result) == Failure(**ERROR)
    assert failures.recorded("backup", Failure(**ERROR)) == {"phase": "backup", **ERROR}


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ({"unreachable": True, "msg": "no route to host"}, "unreachable"),
        ({"unreachable": True, "msg": "no route to host", "failed_when_result": False}, "unreachable"),
        ({"failed": True, "msg": "no route to host"}, "task"),
        # What is left of a module that crashed, where the task never fails.
        ({"failed": False, "failed_when_result": False, "msg": "no route to host", "exception": "..."}, "task"),
        ({"failed": True, "error": "not a mapping", "msg": "no route to host"}, "task"),
    ],
    ids=["unreachable", "unreachable, never failing", "failed", "crashed, never failing", "another's error"],
)
def test_what_no_error_explains_is_reported_by_its_message(result: dict[str, t.Any], code: str) -> None:
    assert failures.of_result(result) == Failure(code, "no route to host", "", "")


@pytest.mark.parametrize("result", [{"failed": True}, {"unreachable": True}, {"failed": True, "msg": ""}])
def test_a_failure_without_a_message_is_not_empty(result: dict[str, t.Any]) -> None:
    failure = failures.of_result(result)
    assert failure
    assert "-vvv" in str(failure)


def test_each_failure_is_reported_once_with_all_hosts_that_share_it() -> None:
    full = {"phase": "backup", **ERROR}
    other = [failures.recorded("preflight", Failure("unreachable", "no\n route", "", ""))]
    facts = {
        "web01": {"__groupid_failures": [full]},
        "web02": {"__groupid_failures": [full, *other]},
        "web03": {"__groupid_failures": [full]},
        "sql": {"__groupid_failures": other},
        "fine": {"__groupid_failures": []},
        "never asked": {},
    }
    assert failures.lines(facts, facts) == [
        "FAILED in backup: web[01:03]",
        f"  {Failure(**ERROR)}",
        "FAILED in preflight: sql, web02",
        "  no route.",
    ]
    assert failures.lines(facts, ["fine", "never asked"]) == []


def test_one_fault_in_two_phases_is_reported_for_each() -> None:
    facts = {"web01": {"__groupid_failures": [{"phase": phase, **ERROR} for phase in ("backup", "seal")]}}
    assert [line for line in failures.lines(facts, facts) if line.startswith("FAILED")] == [
        "FAILED in backup: web01",
        "FAILED in seal: web01",
    ]


@pytest.mark.parametrize(
    ("hosts", "text"),
    [
        (["web01"], "web01"),
        (["web02", "web01"], "web01, web02"),
        ([f"web{number:02}" for number in range(1, 21)], "web[01:20]"),
        ([f"web{number}" for number in (8, 9, 10, 11, 12)], "web[10:12], web8, web9"),
        (["web01.corp", "web02.corp", "web03.corp", "web03.other"], "web[01:03].corp, web03.other"),
        (["web01", "web03", "web04", "web05", "sql"], "sql, web01, web[03:05]"),
        (["one", "two", "three"], "one, three, two"),
        (["10.0.0.1", "10.0.0.2", "10.0.0.3"], "10.0.0.[1:3]"),
        (["web01a", "web02b", "web03c"], "web01a, web02b, web03c"),
        ([], ""),
    ],
)
def test_hosts_are_named_in_one_line(hosts: list[str], text: str) -> None:
    assert failures.shortened(hosts) == text
