# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How jobs are started, and whether they outlive the connection."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.answers import (
    Answer,
    code_of,
    error_of,
    failed,
    judged,
)
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_judge.surroundings import on_windows

INSIDE: t.Final = "The operation ran inside the connection"
"""Beginning of the agent's warning if no process could be started for a job."""
BROKEN_AWAY: t.Final = "breakaway"
BY_SERVICE: t.Final = "wmi"

# Claims about every job, about a job that left the connection's job object, and about a job that WMI started.
_OF_JOBS: t.Final = ("job.look", "job.engine")
_BY_HANDLE: t.Final = ("job.request",)
_BY_SERVICE: t.Final = ("job.outside", "job.service", "job.pipe")
_WINDOWS_ALONE: t.Final = frozenset({"job.engine", "job.service"})
"""Claims that only Windows itself can prove."""


def job(answer: Answer, facts: Answer) -> list[Finding]:
    """Judge a backup that ran as a job after its connection was closed. ``route`` says how the job was started."""
    route = answer.get("route")
    if route == "inside":
        reason = _why_inside(answer)
        untried = [Finding(one, NOT_TRIED, "No job was started.") for one in (*_OF_JOBS, *_BY_HANDLE, *_BY_SERVICE)]
        return [Finding("job.inside", HELD, reason), Finding("job.outlives", REFUSED, reason), *untried]
    by_service = route == BY_SERVICE
    other = "WMI started the job." if by_service else "The job left the connection's job object by itself."
    untried = [Finding(one, NOT_TRIED, other) for one in (_BY_HANDLE if by_service else _BY_SERVICE)]
    untried.append(Finding("job.inside", NOT_TRIED, "A job was started."))
    if answer["failed"] and answer["error"]["code"] == "job_died":
        return [*untried, Finding("job.outlives", NOT_HELD, answer["error"]["cause"])]
    taken = ("job.outlives", *_OF_JOBS, *(_BY_SERVICE if by_service else _BY_HANDLE))
    return [*untried, *_proven_by_job(taken, facts)]


def job_by_service(answer: Answer, facts: Answer) -> list[Finding]:
    """Judge a job that only WMI should start, although it could have left the connection's job object."""
    if not _has_verified(answer):
        return [failed("job.outside", answer)]
    if answer.get("route") != BY_SERVICE:
        return [Finding("job.outside", REFUSED, _why_inside(answer)[:300])]
    return _proven_by_job(_BY_SERVICE, facts)


def compiled_late(answer: Answer) -> list[Finding]:
    """Judge a job whose compiler was to fail once: the step hiccup."""
    identity = "agent.compiler"
    if answer["failed"]:
        return [Finding(identity, REFUSED, error_of(answer))]
    if answer["start"]["failed"]:
        return [Finding(identity, REFUSED, error_of(answer["start"]))]
    if not answer["waited"]:
        return [Finding(identity, NOT_TRIED, "No compiler of a job needed a folder for its files.")]
    if answer["answer"] is None:
        return [Finding(identity, NOT_HELD, "The job did not start, or did not end in time.")]
    return [judged(_has_verified(answer["answer"]), identity, error_of(answer["answer"]))]


def _proven_by_job(claims: c.Iterable[str], facts: Answer) -> list[Finding]:
    elsewhere = () if on_windows(facts) else _WINDOWS_ALONE
    why = "The job did not run on Windows."
    return [Finding(one, NOT_TRIED, why) if one in elsewhere else Finding(one, HELD) for one in claims]


def _why_inside(answer: Answer) -> str:
    return next((warning for warning in answer["warnings"] if warning.startswith(INSIDE)), INSIDE)


def _has_verified(answer: Answer) -> bool:
    """Return whether a job that verifies a part was completed. That the part is damaged refutes other claims."""
    return not answer["failed"] or code_of(answer) == "damaged"
