# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several calls to the agent at the same time, from threads of one process: one connection, and one way to end them."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import typing as t
import weakref

SHORT_WAIT = 1.0
"""Seconds for which a call over a shared connection waits on the host for the end of a job.

Other calls wait meanwhile.
"""

_locks: weakref.WeakKeyDictionary[t.Any, threading.Lock] = weakref.WeakKeyDictionary()
_gate = threading.Lock()


class WorkEndedError(BaseException):
    """The work of a thread is no longer wanted. Handlers of normal errors do not catch it."""


@dataclasses.dataclass
class Sharing:
    """What the threads of one task share.

    ended: the work is no longer wanted; the next call raises WorkEndedError. called: the first call has begun.
    patience: longest wait on the host in one call, in seconds.
    """

    ended: threading.Event = dataclasses.field(default_factory=threading.Event)
    called: threading.Event = dataclasses.field(default_factory=threading.Event)
    patience: float = SHORT_WAIT

    def sleep(self, seconds: float) -> None:
        """Wait. Raises WorkEndedError as soon as the work is no longer wanted."""
        if self.ended.wait(seconds):
            raise WorkEndedError


def lock_of(connection: t.Any) -> contextlib.AbstractContextManager[t.Any]:
    """Return the lock of a connection, because Ansible's plugins do not support two calls at the same time."""
    with _gate:
        return _locks.setdefault(connection, threading.Lock())
