# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal on a sound host: every claim is answered, nothing is found that is not there, and nothing is left."""

from __future__ import annotations

import time
import typing as t

from unit.agent.rehearsing import rehearse, verdicts

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
)

HELD_ON_MONO = {
    "agent.privileges",
    "agent.compiler",
    "state.owner",
    "job.outlives",
    "job.request",
    "job.outside",
    "job.pipe",
    "job.look",
    "files.names",
    "files.long_names",
    "files.reserved_names",
    "files.locked",
    "files.times",
    "files.read_only",
    "files.streams",
    "files.hard_links",
    "files.links",
    "backup.untouched",
    "backup.content",
    "operations.succeed",
    "verify.damage",
    "restore.predicted",
    "restore.merge",
    "restore.mirror",
    "restore.held_open",
    "restore.killed",
    "restore.folder_facts",
    "root.trust",
    "links.unchanged",
    "links.read_only",
    "links.streams",
}


def test_a_sound_host_holds_all_that_can_be_tried(host: t.Any) -> None:
    host.write(a="a file of the product")
    before = host.picture(times=False)
    began = time.monotonic()
    reported = rehearse(host)
    seconds = time.monotonic() - began
    after = host.picture(times=False)
    after.pop("D/Backups")
    assert after == before
    by = verdicts(reported)
    assert by.get(NOT_HELD, set()) == set(), {one: reported[one].seen for one in by[NOT_HELD]}
    assert by[HELD] == HELD_ON_MONO
    assert by[REFUSED] == {"files.created", "files.hidden_system"}
    assert all(reported[one].seen for one in by[NOT_TRIED])
    assert list(reported) == [claim.id for claim in CLAIMS]
    assert seconds < 60


def test_names_that_differ_in_case_alone_are_tried_where_a_folder_keeps_them(host: t.Any) -> None:
    host.write(a="a file of the product")
    host.habits = {"ignores_case": True}
    reported = rehearse(host)
    by = verdicts(reported)
    assert by.get(NOT_HELD, set()) == set(), {one: reported[one].seen for one in by[NOT_HELD]}
    assert by[HELD] == HELD_ON_MONO | {"files.case_twins"}
