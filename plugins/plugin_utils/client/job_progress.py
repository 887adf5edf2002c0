# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a job of the agent, as a line for a person."""

from __future__ import annotations

import collections.abc as c
import typing as t

_UNITS = ("bytes", "KB", "MB", "GB", "TB")


def progress_text(progress: c.Mapping[str, t.Any] | None) -> str:
    """Return "copying, 1,234 of 20,000 files, 1.2 GB of 4.0 GB, 80.0 MB/s, 0:00:35 left".

    progress: the agent's: phase, files, files_total, bytes, bytes_total, seconds (since the phase began); None while
    the job has reported nothing yet.
    """
    if progress is None:
        return "starting"
    parts = [progress["phase"]]
    if progress["files_total"]:
        parts.append(f"{min(progress['files'], progress['files_total']):,} of {progress['files_total']:,} files")
        parts.append(f"{_size(progress['bytes'])} of {_size(progress['bytes_total'])}")
    if progress["seconds"] and progress["bytes"]:
        rate = progress["bytes"] / progress["seconds"]
        parts.append(f"{_size(rate)}/s")
        left = max(0, progress["bytes_total"] - progress["bytes"])
        parts.append(f"{_duration(round(left / rate))} left")
    return ", ".join(parts)


def _size(count: float) -> str:
    """Return a count of bytes in the unit in which it has one to four digits."""
    power = 0
    while count >= 1000 and power < len(_UNITS) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.1f} {_UNITS[power]}" if power else f"{count:.0f} {_UNITS[0]}"


def _duration(seconds: int) -> str:
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
