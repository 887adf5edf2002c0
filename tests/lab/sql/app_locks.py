# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Application locks: sp_getapplock and sp_releaseapplock, with every return code."""

from __future__ import annotations

import collections.abc as c
import threading
import time
import typing as t

GRANTED, GRANTED_AFTER_WAIT, TIMEOUT, CANCELLED, DEADLOCK, INVALID = 0, 1, -1, -2, -3, -999

_CONFLICTS = {
    "Shared": {"Exclusive", "IntentExclusive"},
    "Update": {"Update", "Exclusive", "IntentExclusive"},
    "Exclusive": {"Shared", "Update", "Exclusive", "IntentShared", "IntentExclusive"},
    "IntentShared": {"Exclusive"},
    "IntentExclusive": {"Shared", "Update", "Exclusive"},
}
MODES: t.Final = tuple(_CONFLICTS)

Key = tuple[str, str]
"""Database and resource: a resource's name is compared with case."""


class AppLocks:
    """Locks by database and resource, each held by sessions, counted. ``forced``: return codes to give instead."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._held: dict[Key, list[tuple[object, str]]] = {}
        self.forced: list[int] = []

    def acquire(self, session: object, key: Key, mode: str, timeout_ms: int, stopped: c.Callable[[], bool]) -> int:
        """Wait for a lock and give sp_getapplock's return code; a timeout below 0 waits for ever."""
        if self.forced:
            return self.forced.pop(0)
        began = time.monotonic()
        waited = False
        with self._changed:
            while any(owner is not session and held in _CONFLICTS[mode] for owner, held in self._held.get(key, [])):
                if stopped():
                    return CANCELLED
                passed = (time.monotonic() - began) * 1000
                if 0 <= timeout_ms <= passed:
                    return TIMEOUT
                waited = True
                self._changed.wait(0.02)
            self._held.setdefault(key, []).append((session, mode))
        return GRANTED_AFTER_WAIT if waited else GRANTED

    def release(self, session: object, key: Key) -> bool:
        """Release one hold; False when the session has none."""
        with self._changed:
            holds = self._held.get(key, [])
            mine = next((hold for hold in holds if hold[0] is session), None)
            if mine is None:
                return False
            holds.remove(mine)
            self._changed.notify_all()
            return True

    def release_all(self, session: object) -> None:
        """Release all that a session holds."""
        with self._changed:
            for key, holds in self._held.items():
                self._held[key] = [hold for hold in holds if hold[0] is not session]
            self._changed.notify_all()

    def holds(self) -> list[tuple[object, Key, str]]:
        """List who holds what."""
        with self._changed:
            return [(owner, key, mode) for key, holds in self._held.items() for owner, mode in holds]
