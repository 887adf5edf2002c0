# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server of a rehearsal, behind a client of the agent."""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import PROTOCOL
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job import job_place, run_job


def witness() -> str:
    """Return the script of the second witness."""
    return pathlib.Path(__file__).with_name("witness.ps1").read_text(encoding="utf-8")


class RehearsalServer:
    """What `rehearsal.Server` asks for."""

    def __init__(self, client: AgentClient) -> None:
        self._client = client

    def ask(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Perform one request in one call. Raises as the client."""
        return self._client.call(request)

    def job(self, request: c.Mapping[str, t.Any], route: str | None = None) -> dict[str, t.Any]:
        """Perform one as a job whose connection is closed as soon as it has begun. Raises as run_job."""
        return run_job(self._client, request, alone=True, route=route)

    def start(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the request that starts a job for another one."""
        inner = {"protocol": PROTOCOL, "check": False, **request}
        return {"operation": "start", "wait_ms": 0, **job_place(request), "request": inner}
