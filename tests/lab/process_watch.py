# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every user of a machine can see of its processes, and what must not be there."""

from __future__ import annotations

import contextlib
import pathlib
import threading


class ProcessWatch(threading.Thread):
    """Looks for a text in the command lines and environments of all processes, until it is told to end."""

    def __init__(self, text: str) -> None:
        super().__init__(daemon=True)
        self._text = text.encode()
        self._ended = threading.Event()
        self.looks = 0
        self.found: set[str] = set()

    def __enter__(self) -> ProcessWatch:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        while not self._ended.wait(0.02):
            self.looks += 1
            for process in pathlib.Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        if self._text in (process / name).read_bytes():
                            self.found.add(f"{process}/{name}")
