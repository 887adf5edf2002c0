# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole rehearsal on a host of the lab, without a connection: each call is a process of the agent."""

from __future__ import annotations

import base64
import collections.abc as c
import json
import secrets
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import rehearsal, rehearsal_claims
from ansible_collections.identityops.groupid.plugins.module_utils.job_answer import job_answer
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import Finding
from lab.job_look import JobLook


class LabServer:
    """What `rehearsal.Server` asks for.

    before: is called with each request. network: the identity that shares see, as the connection's action adds it.
    """

    def __init__(
        self,
        host: t.Any,
        before: c.Callable[[c.Mapping[str, t.Any]], None] = lambda _request: None,
        network: c.Mapping[str, str] | None = None,
    ) -> None:
        self.host = host
        self.before = before
        self.network = {"network": dict(network)} if network else {}
        self.calls = 0

    def ask(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        self.before(request)
        self.calls += 1
        if request["operation"] == "poll":
            lines = [request["operation"], request["id"], request["attempt"], str(request["wait_ms"])]
            own = base64.b64encode(request["state"].encode()).decode()
            line = JobLook(self.host.folder, str, bytes).answer([*lines, own])
            return job_answer(json.loads(line), request["id"])
        answer: dict[str, t.Any] = self.host.send(
            json.dumps({"protocol": 1, "check": False, **request, **self.network})
        )
        return answer

    def start(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        call = {"id": f"{request['operation']}-{secrets.token_hex(16)}", "attempt": "a", "wait_ms": 0}
        inner = {"protocol": 1, "check": False, **request}
        return {"protocol": 1, "operation": "start", **call, "state": request["state"], "request": inner}

    def job(self, request: c.Mapping[str, t.Any], route: str | None = None) -> dict[str, t.Any]:
        started = {**self.start(request), **({"route": route} if route else {})}
        reported = self.ask(started)
        by = reported.get("route")
        poll = {name: started[name] for name in ("id", "attempt", "state")}
        while not reported["failed"] and reported["state"] == "running":
            reported = self.ask({"operation": "poll", "wait_ms": 5000, **poll})
        if reported["failed"]:
            return reported
        answer: dict[str, t.Any] = reported["answer"]
        return {**answer, "route": by, "warnings": [*reported["warnings"], *answer["warnings"]]}


def subject(host: t.Any, network: bool = False) -> rehearsal.Subject:
    host.root.mkdir(exist_ok=True)
    folders = [{"component": "data", "path": str(host.source)}]
    products = {"products": [], "component_paths": {}}
    return rehearsal.Subject(secrets.token_hex(8), folders, str(host.root), products, network)


def rehearse(host: t.Any, **members: t.Any) -> dict[str, Finding]:
    """Rehearse, and return the finding of each claim."""
    server = LabServer(host, **members)
    outcome = rehearsal.rehearse(server, subject(host, bool(server.network)))
    assert bool(outcome.left) == bool(list(host.folder.rglob(".rehearsal-*"))), outcome.left
    return {one.id: one for one in rehearsal_claims.gathered(outcome.findings)}


def verdicts(reported: c.Mapping[str, Finding]) -> dict[str, set[str]]:
    """Return the claims by verdict."""
    by: dict[str, set[str]] = {}
    for one in reported.values():
        by.setdefault(one.verdict, set()).add(one.id)
    return by
