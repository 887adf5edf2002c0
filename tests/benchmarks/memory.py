# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory a process and all that it has started need together."""

from __future__ import annotations

import contextlib
import pathlib
import threading
import typing as t

_LOOK = 0.5
"""Seconds between two looks."""


class Peak:
    """The most memory that a process and all below it had during the block, by looks at it.

    What several of them share counts once: it is the sum of their proportional set sizes.
    """

    def __init__(self, process: int) -> None:
        self.bytes = 0
        self._process = process
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Peak:
        """Begin to look."""
        self._thread.start()
        return self

    def __exit__(self, *dummy: object) -> None:
        """End."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_LOOK):
            self.bytes = max(self.bytes, sum(map(_proportional, _below(self._process))))


def _below(process: int) -> t.Iterator[int]:
    """Yield a process and all below it."""
    yield process
    for task in pathlib.Path("/proc", str(process), "task").glob("*"):
        with contextlib.suppress(OSError):
            for child in (task / "children").read_text(encoding="ascii").split():
                yield from _below(int(child))


def _proportional(process: int) -> int:
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/proc", str(process), "smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
