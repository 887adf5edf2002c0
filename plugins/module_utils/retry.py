# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the controller tries again after a temporary problem (a compiler that failed once, a lost connection, a failed
poll), and how long it waits between two polls of a job."""

from __future__ import annotations

import collections.abc as c

PAUSES = (1.0, 2.0, 5.0, 10.0, 10.0)
"""Seconds before each new attempt. After a success, the count starts again."""

ONCE_MORE = 5.0
"""Seconds after which GroupID is started once more if not everything started."""

SHORTEST, LONGEST = 1.0, 60.0
SHARE = 30.0
"""The end of a job is noticed late by at most a thirtieth of its time, or by a second: GroupID may be stopped."""


def attempts() -> c.Iterator[float | None]:
    """Yield, for each attempt, the pause after it if it fails; None for the last one."""
    yield from PAUSES
    yield None


def poll_pause(seconds: float) -> float:
    """Return the seconds until the next poll of a job.

    seconds: since the job was started. The pauses are 1 s, a thirtieth of the time after half a minute, and 60 s after
    half an hour.
    """
    return min(LONGEST, max(SHORTEST, seconds / SHARE))
