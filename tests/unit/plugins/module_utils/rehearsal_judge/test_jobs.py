# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers mean for a claim about jobs that no host of the lab gives: a refused route, a compiler that fails."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.module_utils.rehearsal_judge.answers import DAMAGED, DONE, FAILED

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge import jobs

WINDOWS = {"system": "Windows 10.0.20348.0"}
WINE = {"system": "Wine 10.0, as Windows 10.0.19043.0"}


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
    [reported] = jobs.compiled_late(answer)
    assert (reported.id, reported.verdict) == ("agent.compiler", verdict)
    assert seen in reported.seen


def test_a_job_that_wmi_starts_where_it_need_not() -> None:
    by_wmi = {"failed": False, "route": "wmi", "warnings": []}
    ids = {"job.outside", "job.service", "job.pipe"}
    assert {one.id: one.verdict for one in jobs.job_by_service(by_wmi, WINDOWS)} == dict.fromkeys(ids, HELD)
    reported = {one.id: one.verdict for one in jobs.job_by_service(by_wmi, WINE)}
    assert reported == {"job.outside": HELD, "job.pipe": HELD, "job.service": NOT_TRIED}
    inside = {"failed": False, "route": "inside", "warnings": [f"{jobs.INSIDE}, and By WMI: access denied (5)."]}
    assert jobs.job_by_service(inside, WINDOWS) == [Finding("job.outside", REFUSED, inside["warnings"][0])]
    assert {one.verdict for one in jobs.job_by_service({**DAMAGED, "route": "wmi"}, WINDOWS)} == {HELD}
    [died] = jobs.job_by_service(FAILED, WINDOWS)
    assert (died.id, died.verdict) == ("job.outside", NOT_HELD)
