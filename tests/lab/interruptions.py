# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interceptors for what happens between a controller and a server: connections that break, refusals, delays, kills.

``lab.interceptors.append(Interruption(drop, action="Receive", requests=[2]))`` breaks the second Receive.
"""

from __future__ import annotations

import collections.abc as c
import threading
import time

from lab import wsman
from lab.fleet import Host
from lab.server import Handler, Interceptor


def drop(host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
    """Break the connection before the server sees the request."""
    raise ConnectionResetError("dropped before the request was served")


def drop_answer(host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
    """Break the connection after the server has done what it was asked."""
    proceed(host, request)
    raise ConnectionResetError("dropped before the answer was sent")


def refuse(status: int) -> Interceptor:
    """Answer with this HTTP status and nothing else; the server does not see the request."""

    def interceptor(host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        return wsman.Reply(status, b"")

    return interceptor


def delay(seconds: float) -> Interceptor:
    """Serve the request, later."""

    def interceptor(host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        time.sleep(seconds)
        return proceed(host, request)

    return interceptor


def kill(end: c.Callable[[Host], None]) -> Interceptor:
    """End what runs on the host (``Lab.kill``) while the request is on its way."""

    def interceptor(host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        end(host)
        return proceed(host, request)

    return interceptor


class Interruption:
    """Lets something happen to chosen requests; all others pass.

    act: what happens.
    host, action: only requests of this host and with this action count; None: of every one.
    requests: which of those that count, the first is 1; None: all.
    """

    def __init__(
        self,
        act: Interceptor,
        *,
        host: str | None = None,
        action: str | None = None,
        requests: c.Container[int] | None = None,
    ) -> None:
        self._act = act
        self._host = host
        self._action = action
        self._requests = requests
        self._lock = threading.Lock()
        self._seen = 0
        self.done = 0
        """How often it happened."""

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        """Pass the request on, or let it happen."""
        if self._host not in (None, host.name) or self._action not in (None, request.action):
            return proceed(host, request)
        with self._lock:
            self._seen += 1
            hit = self._requests is None or self._seen in self._requests
            self.done += hit
        return self._act(host, request, proceed) if hit else proceed(host, request)
