# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal on a sound host: every claim is answered, nothing is found that is not there, and nothing is left."""

from __future__ import annotations

import time
import typing as t

from unit.agent.plants import HELD_ON_MONO, HELD_WITH_ALL, IGNORES_CASE, LATE, REFUSED_ON_MONO, WITH_LISTS
from unit.agent.rehearsing import rehearse, verdicts

from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
)
from lab import habits
from lab.waiting import HANG


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
    assert by[REFUSED] == REFUSED_ON_MONO
    assert all(reported[one].seen for one in by[NOT_TRIED])
    assert list(reported) == [claim.id for claim in CLAIMS]
    # 20 s on a machine with nothing else to do. Habits of Windows hold each new file up for a while.
    assert seconds < HANG or habits.ON


def test_lists_and_names_that_differ_in_case_alone_are_tried_where_a_disk_keeps_them(host: t.Any) -> None:
    host.write(a="a file of the product")
    host.faults, host.habits, host.patience = WITH_LISTS, IGNORES_CASE, 1000
    reported = rehearse(host)
    by = verdicts(reported)
    assert by.get(NOT_HELD, set()) == set(), {one: reported[one].seen for one in by[NOT_HELD]}
    assert by[HELD] == HELD_WITH_ALL


def test_a_host_with_all_habits_of_windows_holds_the_same(host: t.Any) -> None:
    host.write(a="a file of the product")
    host.habits, host.patience = habits.ALL, 60_000
    by = verdicts(reported := rehearse(host))
    assert by.get(NOT_HELD, set()) == set(), {one: reported[one].seen for one in by[NOT_HELD]}
    assert by[HELD] | LATE == HELD_ON_MONO
    assert by[REFUSED] == REFUSED_ON_MONO
