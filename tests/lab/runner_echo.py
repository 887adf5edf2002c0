# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts without a process or files of their own, by the hundred: for what a controller does with a fleet.

Each answers what one Mono host, the first of the fleet, has answered to the same request, with its own names in it. A
request reaches that host once, whoever asks first. Seals name all servers, so their answers are made up here.
"""

from __future__ import annotations

import base64
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


class EchoRunner:
    """original: the host whose answers the others give."""

    def __init__(self, mono: MonoRunner, original: Host) -> None:
        self._mono = mono
        self._original = original
        self._asked = threading.Lock()
        self._heard: dict[str, tuple[Request, str]] = {}

    def run(self, host: Host, line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        """Answer for a host."""
        script, lines = command_line.read_input(stdin)
        _source, type_name, text = payload(lines)
        request: Request = json.loads(text)
        if request["operation"] == "seal":
            return _printed({**_SEAL, "document_sha256": request["document_sha256"]})
        with self._asked:
            question = _question(request, host)
            if question not in self._heard:
                asked = text.replace(host.name, self._original.name)
                encoded = base64.b64encode(asked.encode()).decode()
                rewritten = "\n".join([str(len(script.splitlines())), script, lines[0], type_name, encoded, *lines[3:]])
                heard = self._mono.run(self._original, line, rewritten.encode(), processes)
                self._heard[question] = json.loads(asked), heard.stdout.decode()
        first, answer = self._heard[question]
        for name in _OF_ONE_HOST:
            if name in first:
                answer = answer.replace(first[name], request[name])
        own = answer.replace(self._original.name, host.name).replace(self._original.machine_guid, host.machine_guid)
        return Finished(0, own.encode(), b"")


def _question(request: Request, host: Host) -> str:
    """A request without what is one host's: the same text for all that ask the same."""

    def without(part: t.Any) -> t.Any:
        if isinstance(part, dict):
            return {name: without(value) for name, value in part.items() if name not in _OF_ONE_HOST}
        return part

    return json.dumps(without(request), sort_keys=True).replace(host.name, "")


def _printed(answer: Request) -> Finished:
    return Finished(0, json.dumps(answer).encode() + b"\r\n", b"")
