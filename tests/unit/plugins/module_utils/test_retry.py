# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How often something is tried again, and how often a job is looked at."""

from __future__ import annotations

import pathlib
import re

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import retry
from ansible_collections.identityops.groupid.plugins.module_utils.retry import LONGEST, PAUSES, attempts, poll_pause
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job import HOST_WAIT, LINE_SECONDS

ROOT = pathlib.Path(__file__).parents[4]


def test_each_attempt_but_the_last_has_a_pause() -> None:
    assert list(attempts()) == [*PAUSES, None]


@pytest.mark.parametrize(
    ("seconds", "pause"),
    [(1, 1), (30, 1), (60, 2), (150, 5), (300, 10), (900, 30), (1800, 60), (86400, 60)],
)
def test_waits_between_polls_grow(seconds: float, pause: float) -> None:
    assert poll_pause(seconds) == pause


def test_a_job_of_four_hours_is_looked_at_some_hundreds_of_times() -> None:
    """Every 15 s it would be 960 times. An end is never noticed later than a thirtieth of the time, or 1 s."""
    seconds, polls = 0.0, 0
    while seconds < 4 * 3600:
        pause = poll_pause(seconds)
        assert pause <= max(1.0, seconds / 30)
        seconds += pause + 10  # which a poll waits on the host
        polls += 1
    assert polls < 300
    assert pause == LONGEST


def test_the_pages_say_how_long_is_waited() -> None:
    page = (ROOT / "docs" / "design" / "jobs.md").read_text(encoding="utf-8")
    told = page.partition("## How the controller follows a job\n")[2].partition("\n## ")[0]
    waits = [HOST_WAIT, LINE_SECONDS, retry.SHORTEST, LONGEST, *PAUSES, len(PAUSES)]
    assert {f"{wait:g}" for wait in waits} == set(re.findall(r"\b\d+\b", told)), "docs/design/jobs.md"
    assert ("a thirtieth of the time" in told.replace("\n", " ")) == (retry.SHARE == 30), "docs/design/jobs.md"
    assert f"every {LINE_SECONDS:g} seconds" in (ROOT / "README.md").read_text(encoding="utf-8"), "README.md"
