# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong at one request to a host, named by what the agent is asked: an error, a kill, an outage, a restart.

``lab.mishaps.append(Mishap("web01", "backup", faulty(full=["*/GroupIDBackups/*"])))`` fills the disk during the backup.
"""

from __future__ import annotations

import collections
import collections.abc as c
import pathlib
import threading
import typing as t

from lab import wsman
from lab.fleet import Host
from lab.processes import KilledError, kill_marked
from lab.server import Handler

Faults = dict[str, t.Any]
Step = c.Callable[[Host], Faults | None]


class Mishap:
    """Happens at chosen requests to a host.

    operation: what the agent is asked for; of a job, what the job is asked for. members: what the request has too.
    before: done before the agent begins. It may give faults for its process (mono/LabFaults.cs), and KilledError means
    that the agent never begins, and that nobody gets an answer. after: done when the agent has answered.
    number: which of these requests, the first is 1; None: each.
    """

    def __init__(
        self,
        host: str,
        operation: str,
        before: Step | None = None,
        after: Step | None = None,
        *,
        number: int | None = 1,
        **members: t.Any,
    ) -> None:
        self._host = host
        self._operation = operation
        self._steps = before, after
        self._number = number
        self._members = members
        self._lock = threading.Lock()
        self._seen = 0
        self.happened = threading.Event()
        """Set as soon as it has."""

    def meets(self, host: Host, request: c.Mapping[str, t.Any]) -> bool:
        """Whether it happens at this request."""
        asked = request.get("request", request) if request["operation"] == "start" else request
        members = self._members.items() <= asked.items()
        if host.name != self._host or asked["operation"] != self._operation or not members:
            return False
        with self._lock:
            self._seen += 1
            return self._number is None or self._seen == self._number

    def before(self, host: Host) -> Faults:
        """Do what comes before, and give faults for the agent's process."""
        self.happened.set()
        return (self._steps[0] and self._steps[0](host)) or {}

    def after(self, host: Host) -> None:
        """Do what comes after."""
        if self._steps[1]:
            self._steps[1](host)


def faulty(**faults: t.Any) -> Step:
    """Let the process that does the work have faults: the agent's own, or that of its job."""
    return lambda dummy: {**faults, "in_job": faults}


def faulty_job(**faults: t.Any) -> Step:
    """Let the process of a job have faults, and not the one that starts it."""
    return lambda dummy: {"in_job": faults}


class Outages:
    """An interceptor: hosts that are named here break every connection."""

    def __init__(self) -> None:
        self._down: set[str] = set()
        self._within: collections.Counter[str] = collections.Counter()
        self._lock = threading.Lock()

    def __call__(self, host: Host, request: wsman.Request, proceed: Handler) -> wsman.Reply:
        """Break the connection, or pass the request on; the answer is lost where the outage came meanwhile."""
        self._count(host, 1)
        try:
            if host.name in self._down:
                raise ConnectionResetError("the host is down")
            reply = proceed(host, request)
            if host.name in self._down:
                raise ConnectionResetError("the host has gone down")
        finally:
            self._count(host, -1)
        return reply

    def _count(self, host: Host, change: int) -> None:
        with self._lock:
            self._within[host.name] += change

    def is_idle(self, host: Host) -> bool:
        """Whether the host is at work on no request, and so will start no program for one."""
        with self._lock:
            return not self._within[host.name]

    def begin(self, host: Host) -> None:
        """Let a host be out of reach from now on. What runs there runs on."""
        self._down.add(host.name)

    def end(self, host: Host) -> None:
        """Let it be reached again."""
        self._down.discard(host.name)

    def holds(self, host: Host) -> bool:
        """Whether a host is out of reach."""
        return host.name in self._down

    def cut(self, host: Host) -> Faults | None:
        """Step: it is out of reach before the agent begins."""
        self.begin(host)
        raise KilledError


def end_processes(folder: pathlib.Path) -> None:
    """Kill every program that runs on the mono host with these drives, as a power failure does."""
    kill_marked(f"LAB_ROOT={folder}")
