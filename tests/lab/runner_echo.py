# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts without a process or files of their own, by the hundred: for what a controller does with a fleet.

Each answers what one Mono host, the first of the fleet, has answered to the same request, with its own names in it. A
request reaches that host once, whoever asks first, and of a job when it has ended. So the first host of a run that
stops it, saves it or starts it again does so for all. Seals name all servers, so their answers are made up here.
"""

from __future__ import annotations

import base64
import collections.abc as c
import json
import threading
import typing as t

from lab import command_line
from lab.fleet import Host
from lab.processes import Finished, ProcessGroup
from lab.runner_mono import MonoRunner, payload

Request = dict[str, t.Any]

_SEAL = {"protocol": 1, "operation": "seal", "failed": False, "changed": True, "warnings": [], "seconds": 0.01}
_OF_ONE_HOST = ("id", "attempt", "inventory_name")
_UNTIL_IT_ENDS = 600_000
"""Milliseconds that the call which starts a job waits for its end: an echo has nothing that could be asked later."""


class EchoRunner:
    """original: the host whose answers the others give. Its name and its deployment are in no other text of a request.

    Hosts of one deployment, and of others, ask the same: their deployments are told apart by name alone.
    requests: what each host was asked, in order.
    """

    def __init__(self, mono: MonoRunner, original: Host) -> None:
        self._mono = mono
        self._original = original
        self._asked = threading.Lock()
        self.requests: list[tuple[Host, Request]] = []
        self._heard: dict[str, tuple[Request, str]] = {}

    def run(self, host: Host, line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        """Answer for a host."""
        script, lines = command_line.read_input(stdin)
        _source, type_name, text = payload(lines)
        request: Request = json.loads(text)
        self.requests.append((host, request))
        if request["operation"] == "seal":
            return _printed({**_SEAL, "document_sha256": request["document_sha256"]})
        with self._asked:
            question = json.dumps(_without(request, _OF_ONE_HOST), sort_keys=True)
            question = _renamed(question, host, self._original)
            if question not in self._heard:
                asked: Request = json.loads(_renamed(text, host, self._original))
                if "wait_ms" in asked:
                    asked["wait_ms"] = _UNTIL_IT_ENDS
                encoded = base64.b64encode(json.dumps(asked).encode()).decode()
                rewritten = "\n".join([str(len(script.splitlines())), script, lines[0], type_name, encoded, *lines[3:]])
                heard = self._mono.run(self._original, line, rewritten.encode(), processes)
                self._heard[question] = asked, heard.stdout.decode()
        first, answer = self._heard[question]
        for name in _OF_ONE_HOST:
            if name in first:
                answer = answer.replace(first[name], request[name])
        own = _renamed(answer, self._original, host).replace(self._original.machine_guid, host.machine_guid)
        return Finished(0, own.encode(), b"")


def _renamed(text: str, one: Host, other: Host) -> str:
    """Put the names of another host where those of one are."""
    return text.replace(one.name, other.name).replace(one.deployment, other.deployment)


def _without(part: t.Any, names: c.Container[str]) -> t.Any:
    """Return a document without some of its members, wherever they are."""
    if isinstance(part, dict):
        return {name: _without(value, names) for name, value in part.items() if name not in names}
    return part


def _printed(answer: Request) -> Finished:
    return Finished(0, json.dumps(answer).encode() + b"\r\n", b"")
