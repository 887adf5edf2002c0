# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of a rehearsal, behind the connection of an action."""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_answer import PROTOCOL
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_call import call_agent
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_job import job_place, run_job


def witness() -> str:
    """Return the script of the second witness."""
    return pathlib.Path(__file__).with_name("witness.ps1").read_text(encoding="utf-8")


class RehearsalServer:
    """What `rehearsal.Server` asks for."""

    def __init__(
        self, action: ActionBase, host: str, network: c.Mapping[str, t.Any], scrub: c.Callable[[str], str]
    ) -> None:
        self._action = action
        self._host = host
        self._network = network
        self._scrub = scrub

    def ask(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Perform one request in one call. Raises as call_agent."""
        return call_agent(self._action, {"check": False, **request, **self._network}, self._scrub)

    def job(self, request: c.Mapping[str, t.Any], route: str | None = None) -> dict[str, t.Any]:
        """Perform one as a job whose connection is closed as soon as it has begun. Raises as run_job."""
        return run_job(self._action, request, self._host, self._network, self._scrub, alone=True, route=route)

    def start(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the request that starts a job for another one."""
        inner = {"protocol": PROTOCOL, "check": False, **request}
        return {"operation": "start", "wait_ms": 0, **job_place(request), "request": inner}
