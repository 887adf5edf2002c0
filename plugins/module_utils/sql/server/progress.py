# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The progress of a long statement: from its own messages, and from a second connection.

Both are optional. The messages arrive only if the transport passes them on at once. The second connection sees another
session only with the right VIEW SERVER STATE. An error here does not stop the statement.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import re
import threading
import time

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Message, Opener, SqlError

PERCENT_PROCESSED = 3211

# Seconds between two looks of the second connection, which is opened only after this time.
INTERVAL = 10.0
_FAREWELL = 5.0
_ANSWER = 30


class Progress:
    """The progress of a statement, as far as it is known; two threads may update it.

    steps: pairs of seconds since the start and percent, rising by at least one point, so never more than 101.
    """

    def __init__(
        self, on_step: c.Callable[[float], None] | None = None, clock: c.Callable[[], float] = time.monotonic
    ) -> None:
        self.steps: list[tuple[float, float]] = []
        self._on_step = on_step
        self._clock = clock
        self._began = clock()
        self._lock = threading.Lock()

    def reached(self, percent: float) -> None:
        """Note a percentage. It is ignored if it is not greater than the last one."""
        with self._lock:
            if percent > 100 or (self.steps and percent < self.steps[-1][1] + 1):
                return
            self.steps.append((round(self._clock() - self._began, 1), round(percent, 1)))
        if self._on_step:
            self._on_step(percent)

    def message(self, message: Message) -> None:
        """Note a message of BACKUP or RESTORE if it is about progress."""
        number = re.match(r"\d+", message.text) if message.number == PERCENT_PROCESSED else None
        if number:
            self.reached(float(number[0]))


def progress_query(session_id: int) -> str:
    """Write the SELECT for how much of its statement a session has done, in percent."""
    return f"SELECT percent_complete FROM sys.dm_exec_requests WHERE session_id = {session_id:d};"


@contextlib.contextmanager
def watched(opener: Opener, session_id: int, progress: Progress, interval: float = INTERVAL) -> c.Iterator[None]:
    """Look at a session from a second connection, every ``interval`` seconds for as long as the block runs."""
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(opener, session_id, progress, interval, done), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join(_FAREWELL)


def _watch(opener: Opener, session_id: int, progress: Progress, interval: float, done: threading.Event) -> None:
    if done.wait(interval):
        return
    with contextlib.suppress(SqlError):
        session = opener()
        try:
            while True:
                percent = session.execute(progress_query(session_id), timeout=_ANSWER).value()
                if percent is not None:
                    progress.reached(float(percent))
                if done.wait(interval):
                    return
        finally:
            session.close()
