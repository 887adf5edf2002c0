# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sorts more byte strings than should be in memory."""

from __future__ import annotations

import collections.abc as c
import heapq
import os
import typing as t

MEMORY: t.Final = 8 * 1024 * 1024
"""Bytes that are kept in memory before they go to a file."""

_READ = 64 * 1024
_LENGTH = 4
# What Python adds to each byte string, and to the list of them.
_OVERHEAD = 41


class Sorter:
    """Takes byte strings of less than 4 GB in any order, and returns them sorted. Equal ones are all returned.

    spill: an empty file, open for reading and writing, for byte strings that do not fit into the memory. memory: bytes.
    """

    def __init__(self, spill: t.IO[bytes], memory: int = MEMORY) -> None:
        self._spill_file = spill
        self._memory = memory
        self._kept: list[bytes] = []
        self._size = 0
        self._runs: list[tuple[int, int]] = []

    def extend(self, items: c.Sequence[bytes]) -> None:
        """Add byte strings. Raises OSError if they cannot be written to the file."""
        self._kept += items
        self._size += sum(map(len, items)) + _OVERHEAD * len(items)
        if self._size > self._memory:
            self._spill()

    def sorted(self) -> c.Iterator[bytes]:
        """Return all byte strings in order. Call it only once."""
        self._kept.sort()
        self._spill_file.flush()
        return heapq.merge(self._kept, *(_run(self._spill_file.fileno(), *place) for place in self._runs))

    def _spill(self) -> None:
        """Write the byte strings in memory as one sorted run."""
        self._kept.sort()
        begin = self._spill_file.tell()
        self._spill_file.writelines(part for item in self._kept for part in (len(item).to_bytes(_LENGTH, "big"), item))
        self._runs.append((begin, self._spill_file.tell()))
        self._kept = []
        self._size = 0


def _run(descriptor: int, begin: int, end: int) -> c.Iterator[bytes]:
    """Read one run, a little at a time."""
    held = b""
    at = 0
    while True:
        # Items that are completely in memory are returned without reading the file.
        have = len(held)
        while at + _LENGTH <= have:
            start = at + _LENGTH
            stop = start + int.from_bytes(held[at:start], "big")
            if stop > have:
                break
            yield held[start:stop]
            at = stop
        if begin >= end:
            return
        wanted = _READ
        if at + _LENGTH <= have:
            wanted = max(wanted, int.from_bytes(held[at : at + _LENGTH], "big"))
        more = os.pread(descriptor, min(wanted, end - begin), begin)
        if not more:
            raise OSError("A temporary file is shorter than what was written into it.")
        held = held[at:] + more
        begin += len(more)
        at = 0
