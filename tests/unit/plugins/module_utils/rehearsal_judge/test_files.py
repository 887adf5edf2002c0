# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers mean for a claim about files that no host of the lab gives."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.module_utils.rehearsal_judge.answers import DAMAGED, DONE

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import HELD, NOT_HELD, REFUSED
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge import files


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
    reported = files.copied([{"failed": False, "differences": differences}])
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
    reported = files.in_use({"failed": False, "answer": {"failed": False, "problems": named, "losses": losses}})
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
    reported = files.went_back("C:\\tree\\speed\\2.bin", answer, [{"failed": False, "differences": []}])
    assert [one.verdict for one in reported] == verdicts


def test_of_a_shared_file_nothing_is_known_where_the_other_set_was_not_removed() -> None:
    linked = {"failed": False, "linked": 9, "files": 11, "not_linked": []}
    look = {"failed": False, "differences": []}
    reported = {one.id: one for one in files.linked(linked, DONE, DONE, [look], [{"not_made": []}])}
    assert reported["links.read_only"].verdict == HELD
    reported = {one.id: one for one in files.linked(linked, DONE, DAMAGED, [look], [{"not_made": []}])}
    assert (reported["links.unchanged"].verdict, reported["links.read_only"].verdict) == (HELD, REFUSED)
