# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers mean for a claim that no host of the lab gives: a refused route, a compiler that fails for good."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal_judge as judge
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
)

WINDOWS = {"system": "Windows 10.0.20348.0"}
WINE = {"system": "Wine 10.0, as Windows 10.0.19043.0"}
FAILED = {"failed": True, "error": {"code": "job_died", "path": "C:\\jobs\\1", "cause": "It had not started."}}
DONE = {"failed": False}
DAMAGED = {"failed": True, "error": {"code": "damaged", "path": "D:\\Sets\\1", "cause": "1 differences"}}


def started(**changes: t.Any) -> dict[str, t.Any]:
    """Return the answer of the step hiccup where all went well."""
    return {"failed": False, "start": {"failed": False}, "waited": True, "answer": DONE, **changes}


@pytest.mark.parametrize(
    ("answer", "verdict", "seen"),
    [
        (started(), HELD, ""),
        (started(waited=False), NOT_TRIED, "No compiler of a job needed a folder"),
        (started(answer=None), NOT_HELD, "did not start, or did not end in time"),
        (started(answer=FAILED), NOT_HELD, "job_died: C:\\jobs\\1: It had not started."),
        (started(answer=DAMAGED), HELD, ""),
        (started(start=FAILED), REFUSED, "job_died"),
        (FAILED, REFUSED, "job_died"),
    ],
)
def test_a_compiler_that_fails_once(answer: dict[str, t.Any], verdict: str, seen: str) -> None:
    [reported] = judge.compiled_late(answer)
    assert (reported.id, reported.verdict) == ("agent.compiler", verdict)
    assert seen in reported.seen


def test_a_job_that_wmi_starts_where_it_need_not() -> None:
    by_wmi = {"failed": False, "route": "wmi", "warnings": []}
    ids = {"job.outside", "job.service", "job.pipe"}
    assert {one.id: one.verdict for one in judge.job_by_service(by_wmi, WINDOWS)} == dict.fromkeys(ids, HELD)
    reported = {one.id: one.verdict for one in judge.job_by_service(by_wmi, WINE)}
    assert reported == {"job.outside": HELD, "job.pipe": HELD, "job.service": NOT_TRIED}
    inside = {"failed": False, "route": "inside", "warnings": [f"{judge.INSIDE}, and By WMI: access denied (5)."]}
    assert judge.job_by_service(inside, WINDOWS) == [Finding("job.outside", REFUSED, inside["warnings"][0])]
    assert {one.verdict for one in judge.job_by_service({**DAMAGED, "route": "wmi"}, WINDOWS)} == {HELD}
    [died] = judge.job_by_service(FAILED, WINDOWS)
    assert (died.id, died.verdict) == ("job.outside", NOT_HELD)


def difference(path: str, name: str) -> dict[str, t.Any]:
    return {"case": path.partition("/")[0], "path": path, "property": name, "made": "7 a", "seen": "7 b"}


@pytest.mark.parametrize(
    ("differences", "right"),
    [
        ([difference("twins/TWIN.txt", "there")], True),
        ([], True),
        ([difference("twins/twin.txt", "there"), difference("twins/TWIN.txt", "there")], False),
        ([difference("twins/twin.txt", "there"), difference("twins/TWIN.txt", "content")], False),
        ([difference("twins/TWIN.txt", "content")], False),
    ],
)
def test_of_two_names_that_differ_in_case_one_is_copied_as_it_is(differences: t.Any, right: bool) -> None:
    reported = judge.copied([{"failed": False, "differences": differences}])
    assert [one for one in reported if one.verdict == NOT_HELD and one.id != "files.case_twins"] == []
    assert ([one.id for one in reported if one.verdict == NOT_HELD] == []) is right


READING, SHARED, WRITING, EXCLUSIVE = (
    f"volume1/open/{name}.bin" for name in ("reading", "shared", "writing", "exclusive")
)


@pytest.mark.parametrize(
    ("problems", "count", "first", "refuted"),
    [
        ({EXCLUSIVE: "locked"}, 2, SHARED, set()),
        ({EXCLUSIVE: "locked"}, 3, READING, {"files.open_for_reading"}),
        ({EXCLUSIVE: "locked", READING: "locked"}, 2, SHARED, {"files.open_for_reading"}),
        ({EXCLUSIVE: "locked"}, 2, READING, {"files.open_for_reading", "files.open_for_writing"}),
        ({EXCLUSIVE: "locked"}, 1, WRITING, {"files.open_for_writing"}),
        ({EXCLUSIVE: "locked"}, 0, "", {"files.open_for_writing"}),
        ({EXCLUSIVE: "locked", WRITING: "locked"}, 2, SHARED, {"files.open_for_writing"}),
        ({}, 2, SHARED, {"files.locked"}),
        ({EXCLUSIVE: "denied"}, 2, SHARED, {"files.locked"}),
    ],
)
def test_files_that_programs_have_open(problems: dict[str, str], count: int, first: str, refuted: set[str]) -> None:
    others = {"volume1/junction/link": "link"}
    losses = [{"kind": "open_for_writing", "count": count, "first": first}] if count else []
    named = [{"path": path, "problem": problem} for path, problem in {**problems, **others}.items()]
    reported = judge.in_use({"failed": False, "answer": {"failed": False, "problems": named, "losses": losses}})
    assert [one.id for one in reported] == ["files.locked", "files.open_for_reading", "files.open_for_writing"]
    assert {one.id for one in reported if one.verdict == NOT_HELD} == refuted


@pytest.mark.parametrize(
    ("failed", "path", "verdicts"),
    [
        (True, "C:\\tree\\speed\\2.bin", [HELD, HELD]),
        (True, "C:\\tree\\speed\\12.bin", [NOT_HELD, HELD]),
        (False, "", [NOT_HELD]),
    ],
)
def test_a_restore_that_finds_a_file_in_use(failed: bool, path: str, verdicts: list[str]) -> None:
    error = {"error": {"code": "write_failed", "path": path, "cause": "x (32)"}} if failed else {}
    answer = {"failed": False, "answer": {"failed": failed, **error}}
    reported = judge.went_back("C:\\tree\\speed\\2.bin", answer, [{"failed": False, "differences": []}])
    assert [one.verdict for one in reported] == verdicts


def test_of_a_shared_file_nothing_is_known_where_the_other_set_was_not_removed() -> None:
    linked = {"failed": False, "linked": 9, "files": 11, "not_linked": []}
    look = {"failed": False, "differences": []}
    reported = {one.id: one for one in judge.linked(linked, DONE, DONE, [look], [{"not_made": []}])}
    assert reported["links.read_only"].verdict == HELD
    reported = {one.id: one for one in judge.linked(linked, DONE, DAMAGED, [look], [{"not_made": []}])}
    assert (reported["links.unchanged"].verdict, reported["links.read_only"].verdict) == (HELD, REFUSED)
