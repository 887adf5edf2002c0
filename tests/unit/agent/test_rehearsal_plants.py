# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers that lose, cache or refuse one thing each: a rehearsal finds it, and names the claim that it breaks."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import typing as t

import pytest
from unit.agent.rehearsing import rehearse, verdicts

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
)
from lab.waiting import until

SETS = "*/sets/*"
STAGED = "*/tree/*.restoring*"
ALL = "*/tree/*"


def loses(kind: str, *globs: str, **others: t.Any) -> dict[str, t.Any]:
    return {"loses": {kind: list(globs)}, **others}


PLANTS: dict[str, tuple[dict[str, t.Any], set[str]]] = {
    "streams in the backup root": (loses("streams", SETS), {"files.streams", "root.streams"}),
    "streams of what is restored": (loses("streams", STAGED), {"files.streams"}),
    "times of what is restored": (loses("times", STAGED), {"files.times"}),
    "times of a folder": (loses("times", "*/tree/times/*.restoring"), {"files.times"}),
    "attributes of what is restored": (loses("attributes", ALL), {"files.read_only"}),
    "content in the backup root": (loses("content", "*/sets/*/plain/*"), {"backup.content"}),
    "content of what is restored": (loses("content", STAGED), {"restore.merge"}),
    "names": (loses("names", "*/tree/names/with*"), {"files.names"}),
    "long names": (loses("names", "*/tree/long/*"), {"files.long_names"}),
    "files of a usual name": (loses("names", "*/tree/plain/b.txt"), {"restore.merge"}),
    "deletions": (loses("deletes", "*/tree/*.replaced"), {"restore.mirror"}),
    "hard links": (loses("links", SETS), {"links.unchanged"}),
    "hard links, refused": ({"link_code": 5}, {"links.unchanged"}),
    "read-only of a shared file": (loses("shared", "*/sets/*/attributes/*"), {"links.read_only"}),
    "what says that a link is one": (loses("marks", "*/junction/link"), {"files.links"}),
    "access lists of what is restored": (
        loses("lists", "*/tree/security/*.restoring", lists=True),
        {"files.security", "files.security_protected"},
    ),
    "owners": (loses("owners", "*/tree/owner/*.restoring", lists=True), {"files.owner"}),
    "a share that caches": ({"caches": ["*/sets/*/speed/1.bin"]}, {"verify.damage"}),
    "jobs outside of the connection, refused": ({"no_breakaway": True, "wmi_error": 5}, {"job.outlives"}),
    "WMI, where it is not needed": ({"wmi_error": 5}, {"job.outside"}),
    "a privilege": ({"no_privileges": ["SeBackupPrivilege"]}, {"agent.privileges"}),
    "staged files, to an antivirus": ({"locked": ["*/tree/*.restoring"]}, {"restore.merge", "restore.mirror"}),
    "share modes": ({"no_share_modes": True}, {"files.locked", "restore.held_open"}),
    "who may write to a folder": ({"no_writers": True}, {"root.trust"}),
    "a dot at the end of a name": (loses("listing", "*/reserved/dot."), {"files.reserved_names"}),
    "files of a set": ({"vanish": ["*/sets/*/plain/a.txt"]}, {"backup.content"}),
    "names of a set": (loses("listing", "*/sets/*/names/it*"), {"backup.content"}),
    "the times of what is read": (loses("rest", "*/tree/plain/a.txt"), {"backup.untouched"}),
    "room": ({"fail_change": {"glob": "*/sets/*", "at": 20, "errno": 28}}, {"operations.succeed"}),
    "the right to write there": ({"denied": ["*/sets/rehearsal/*/speed"]}, {"operations.succeed"}),
    "the plan of a restore": (loses("names", "*/restores/*/plan.jsonl"), {"restore.killed"}),
    "the decision": (loses("names", "*/sets/*/set.json"), {"links.unchanged"}),
}


@pytest.mark.parametrize("lost", PLANTS)
def test_what_is_lost_is_found_and_named(host: t.Any, lost: str) -> None:
    faults, broken = PLANTS[lost]
    host.faults = faults
    by = verdicts(rehearse(host))
    found = by.get(NOT_HELD, set()) | by.get(REFUSED, set())
    assert broken <= found, found


def test_a_copy_of_two_names_that_differ_in_case_alone_is_looked_at(host: t.Any) -> None:
    host.habits = {"ignores_case": True}
    host.faults = loses("content", "*/sets/*/twins/*")
    assert rehearse(host)["files.case_twins"].verdict == NOT_HELD


def test_a_job_that_wmi_starts_is_reported(host: t.Any) -> None:
    host.faults = {"no_breakaway": True}
    by = verdicts(rehearse(host))
    assert {"job.outlives", "job.outside", "job.pipe", "job.look"} <= by[HELD]
    assert {"job.request", "job.service"} <= by[NOT_TRIED]
    assert NOT_HELD not in by


def test_a_job_that_dies_with_its_shell_is_found(host: t.Any) -> None:
    def dying(request: t.Mapping[str, t.Any]) -> None:
        if request["operation"] == "poll":
            state = pathlib.Path(request["state"], "jobs", request["id"], "state.json")
            until(state.exists, "the job")
            with contextlib.suppress(ProcessLookupError):
                os.kill(json.loads(state.read_text())["process"], signal.SIGKILL)

    reported = rehearse(host, before=dying)
    assert reported["job.outlives"].verdict == NOT_HELD
