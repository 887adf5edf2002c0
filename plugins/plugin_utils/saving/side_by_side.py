# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several pieces of work at the same time. Each has an answer in any case."""

from __future__ import annotations

import collections.abc as c
import contextvars
import threading
import time
import typing as t

Answer = dict[str, t.Any]

_LOOK = 0.2
"""Seconds after which the main thread looks for signals."""


class Piece:
    """A piece of work in a thread of its own, which does not keep the process alive.

    work: returns its answer. failed: makes an answer from an exception.
    """

    def __init__(self, work: c.Callable[[], Answer], failed: c.Callable[[BaseException], Answer]) -> None:
        self._work = work
        self._failed = failed
        self._answer: Answer | None = None
        self.ended: float | None = None
        # ansible-core keeps the task at hand in context variables, which a thread does not inherit.
        self._context = contextvars.copy_context()
        self._thread = threading.Thread(target=self._run, daemon=True)
        # Not join(): up to Python 3.12, a signal during join() marks a running thread as ended (python/cpython#90882).
        self._done = threading.Event()
        self.begun = False

    def start(self) -> None:
        """Begin."""
        self.begun = True
        self._thread.start()

    def _run(self) -> None:
        try:
            self._answer = self._context.run(self._work)
        except BaseException as error:  # otherwise, nobody handles the exception of a thread
            self._answer = self._failed(error)
        finally:
            self.ended = time.monotonic()
            self._done.set()

    @property
    def answer(self) -> Answer | None:
        """The answer. None until there is one."""
        return self._answer

    def wait(self, seconds: float | None = None) -> None:
        """Wait for the end. seconds: at most."""
        end = None if seconds is None else time.monotonic() + seconds
        while not self._done.is_set() and (end is None or time.monotonic() < end):
            self._done.wait(_LOOK)
