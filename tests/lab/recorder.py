# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every request that a lab has seen, in memory and as JSON lines."""

from __future__ import annotations

import dataclasses
import datetime
import json
import pathlib
import threading
import time

from lab import wsman
from lab.fleet import Host
from lab.server import Handler


@dataclasses.dataclass(frozen=True)
class Entry:
    """One request: at (UTC, ISO 8601), who, what, sizes in bytes, HTTP status, seconds until the answer was ready."""

    at: str
    host: str
    action: str
    request_bytes: int
    answer_bytes: int
    status: int
    seconds: float


class Recorder:
    """An interceptor that writes down each request with its answer."""

    def __init__(self, file: pathlib.Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        """Pass the request on and record it."""
        at = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")
        started = time.monotonic()
        reply = proceed(host, request)
        seconds = round(time.monotonic() - started, 6)
        entry = Entry(at, host.name, request.action, request.size, len(reply.body), reply.status, seconds)
        with self._lock:
            self._entries.append(entry)
            with self._file.open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(dataclasses.asdict(entry)) + "\n")
        return reply

    def entries(self, *, host: str | None = None, action: str | None = None) -> list[Entry]:
        """Return the requests since the last ``clear``, of one host or action where named."""
        with self._lock:
            found = list(self._entries)
        return [e for e in found if host in (None, e.host) and action in (None, e.action)]

    def clear(self) -> None:
        """Forget what memory holds; the file keeps it."""
        with self._lock:
            self._entries.clear()
