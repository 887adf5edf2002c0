# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's one policy for what may pass by itself: a compiler's hiccup, a lost connection, a poll that could
not look; and how long it waits between two looks at a job."""

from __future__ import annotations

import collections.abc as c

PAUSES = (1.0, 2.0, 5.0, 10.0, 10.0)
"""Seconds before each new attempt. What comes through starts the count anew."""

FIRST_POLLS = (1.0, 2.0)
SHORTEST, LONGEST = 5.0, 60.0
SHARE = 30.0
"""A job's end is noticed late by a thirtieth of its time at most, but for the first seconds."""


def attempts() -> c.Iterator[float | None]:
    """Give, for each attempt, the pause after it when it fails; None for the last one."""
    yield from PAUSES
    yield None


def poll_pause(polls: int, seconds: float) -> float:
    """Return the seconds between two looks at a job.

    polls: how many there were. seconds: since the job was started. 1, 2, 5, 5 ... s; a thirtieth of the time from two
    and a half minutes on, and 60 s from half an hour on.
    """
    if polls < len(FIRST_POLLS):
        return FIRST_POLLS[polls]
    return min(LONGEST, max(SHORTEST, seconds / SHARE))
