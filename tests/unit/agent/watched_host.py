# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A GroupID 10 server with a watchdog, on which a task, a pool and two services run."""

from __future__ import annotations

import collections.abc as c
import contextlib
import pathlib
import typing as t

from unit.agent.conftest import Host
from unit.agent.runtime_host import RuntimeHost

from lab import task_clock
from lab.appcmd import Pool

SLOW = 3600
"""A deadline that no test reaches."""


@contextlib.contextmanager
def watched(host: Host) -> c.Iterator[RuntimeHost]:
    """Make the server, and end its watchdog afterwards."""
    server = RuntimeHost(host)
    server.task("\\Imanami\\Job")
    server.web(Pool("GroupID App Pool", applications={"GroupIDSite/HR": f"{server.folder}/SelfService"}))
    server.service("Repl", depends_on=["Elastic"])
    server.service("Elastic")
    server.service("Off", "stopped", "disabled")
    server.write()
    yield server
    task_clock.end_engine(host.folder)


def at(server: RuntimeHost, deadline: int = SLOW, **members: t.Any) -> dict[str, t.Any]:
    """Stop everything with a watchdog."""
    answer = server.quiesce(watchdog_seconds=deadline, **members)
    assert answer["failed"] is False, answer
    return answer


def resumed(server: RuntimeHost) -> t.Any:
    """Whether the record has ended, and nothing of the watchdog is left."""
    return server.record()["resumed"] and not server.is_armed


def word(server: RuntimeHost) -> str:
    """Return the watchdog's message. Empty if there is none."""
    return (server.ask("state")["watchdog"] or {}).get("word") or ""


def pass_the_deadline(server: RuntimeHost) -> None:
    """Let the host's own time go on by an hour."""
    server.later(SLOW + 1)


def record_of(server: RuntimeHost) -> pathlib.Path:
    """Return the file of the record."""
    return server.host.lock.parent / "quiesce.json"
