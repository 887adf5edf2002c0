# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a state, and never for a time: how fast the machine is decides nothing."""

from __future__ import annotations

import collections.abc as c
import time
import typing as t

HANG = 120.0
"""Seconds after which something hangs: nothing that works takes as long, however busy the machine is."""

_Reached = t.TypeVar("_Reached")


def until(reached: c.Callable[[], _Reached], what: str = "what was waited for") -> _Reached:
    """Ask again and again until the answer is true, and give it. ``what`` is said when that never comes."""
    end = time.monotonic() + HANG
    while not (answer := reached()):
        assert time.monotonic() < end, f"{what} did not come within {HANG:.0f} s"
        time.sleep(0.02)
    return answer
