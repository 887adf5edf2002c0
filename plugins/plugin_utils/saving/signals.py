# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns signals that end a worker of Ansible into an exception while GroupID is stopped on its host.

Up to ansible-core 2.18, SIGINT is a KeyboardInterrupt and SIGTERM ends the process at once. In later versions, both end
it at once.
"""

from __future__ import annotations

import signal
import threading
import types
import typing as t

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedByError(BaseException):
    """A signal has come. Handlers of normal errors do not catch it."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {signal.Signals(number).name}")
        self.number = number


class Signals:
    """The first signal raises InterruptedByError in the main thread. Later ones wait until everything is as before.

    A context: at its end, the previous handlers are restored. The alarm of the task's time limit raises what Ansible's
    handler raises. After the first signal or alarm, it waits until the end of the context.
    """

    def __init__(self) -> None:
        self._before: dict[signal.Signals, t.Any] = {}
        self._raises = True
        self._alarm: t.Any = None
        self._expired: tuple[int, types.FrameType | None] | None = None

    def __enter__(self) -> Signals:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                self._before[number] = signal.signal(number, self._come)
            self._alarm = signal.getsignal(signal.SIGALRM)
            if callable(self._alarm):
                signal.signal(signal.SIGALRM, self._expire)
        return self

    def __exit__(self, kind: type[BaseException] | None, *dummy: object) -> None:
        for number, handler in self._before.items():
            # None: not installed by Python.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if callable(self._alarm):
            signal.signal(signal.SIGALRM, self._alarm)
            if self._expired is not None and kind is None:
                self._alarm(*self._expired)

    def hold(self) -> None:
        """Do not let signals interrupt any more."""
        self._raises = False

    def _expire(self, number: int, frame: types.FrameType | None) -> None:
        if self._raises:
            self._raises = False
            self._alarm(number, frame)
        else:
            self._expired = (number, frame)

    def _come(self, number: int, dummy: types.FrameType | None) -> None:
        if self._raises:
            self._raises = False
            raise InterruptedByError(number)
