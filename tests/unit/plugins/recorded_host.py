# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that answers as recorded, below the real ActionBase."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import typing as t

import ansible.template
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.plugins.connection import ConnectionBase
from ansible.template import Templar

from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from lab.command_line import read_input

Outcome = dict[str, t.Any] | Exception


class RecordedConnection(ConnectionBase):
    """Takes a command and gives the next recorded outcome: rc, stdout and stderr, or an exception."""

    has_pipelining = True
    transport = "winrm"
    _shell_type = "powershell"
    allow_executable = False

    def __init__(self, outcomes: list[Outcome], opening: Exception | None = None) -> None:
        super().__init__(PlayContext())
        self.outcomes = outcomes
        self.opening = opening
        self.options: dict[str, t.Any] = {}
        self.commands: list[str] = []
        self.inputs: list[bytes] = []

    def _connect(self) -> RecordedConnection:
        if self.opening:
            raise self.opening
        self._connected = True
        return self

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        assert self.connected
        assert not sudoable
        assert in_data is not None
        self.commands.append(cmd)
        self.inputs.append(in_data)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome["rc"], outcome["stdout"].encode(), outcome.get("stderr", "").encode()

    def get_option(self, option: str, hostvars: t.Any = None) -> t.Any:
        return self.options[option]

    def get_options(self, hostvars: t.Any = None) -> dict[str, t.Any]:
        return self.options

    def put_file(self, in_path: str, out_path: str) -> None:
        raise AssertionError("no file is ever put on the host")

    def fetch_file(self, in_path: str, out_path: str) -> None:
        raise AssertionError("no file is ever fetched from the host")

    def close(self) -> None:
        self._connected = False


@dataclasses.dataclass
class Host:
    """What an action meets."""

    connection: RecordedConnection
    action: t.Any

    def run(self, **variables: t.Any) -> dict[str, t.Any]:
        variables = {"inventory_hostname": "web01.inventory", **variables}
        self.action._templar = Templar(loader=DataLoader(), variables=variables)
        return self.action.run(task_vars=variables)

    @property
    def client(self) -> AgentClient:
        """A client of the agent, for a task without secrets."""
        execute, check = self.action._low_level_execute_command, self.action._task.check_mode
        return AgentClient(self.connection, execute, str, "web01.inventory", {}, check)

    @property
    def requests(self) -> list[dict[str, t.Any]]:
        """What the host was asked: the agent's requests as it reads them, and looks at a job in the same form."""
        return [_asked(*read_input(data)) for data in self.connection.inputs]

    @property
    def operations(self) -> list[dict[str, t.Any]]:
        """The requests, where one starts a job that job's own."""
        return [request.get("request", request) for request in self.requests]

    @property
    def sources(self) -> list[str]:
        """The C# that was sent."""
        return [gzip.decompress(base64.b64decode(read_input(data)[1][0])).decode() for data in self.connection.inputs]


def _asked(script: str, lines: list[str]) -> dict[str, t.Any]:
    if script.startswith("$operation"):
        operation, identity, attempt, wait, *own = lines
        asked = {"operation": operation, "id": identity, "attempt": attempt, "wait_ms": int(wait)}
        return asked | ({"state": base64.b64decode(own[0]).decode()} if own else {})
    request: dict[str, t.Any] = json.loads(base64.b64decode(lines[2]))
    return request


def trusted(template: str) -> str:
    """Mark a text as a template, as the playbook's loader does from ansible-core 2.19 on."""
    mark = getattr(ansible.template, "trust_as_template", str)
    return mark(template)


def answer(operation: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return the recorded outcome of a call: the agent's line on stdout."""
    head = {"protocol": 1, "operation": operation, "failed": False, "changed": False, "warnings": [], "seconds": 0.5}
    return {"rc": 0, "stdout": json.dumps({**head, **fields}) + "\r\n"}


def job(operation: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return the recorded outcome of a call that starts a job, which ended at once with this answer."""
    return job_state("start", state="ended", answer=json.loads(answer(operation, **fields)["stdout"]))


def job_state(operation: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return the recorded outcome of start, poll or cancel: a job at work that tells nothing, but for the fields."""
    if operation == "start":
        head = {"id": "x", "state": "running", "attached": False, "ended": None, "progress": None, "answer": None}
        return answer(operation, **{**head, "route": "breakaway", "in_job_object": False, **fields})
    failure = fields.get("error", {})
    code = failure.get("code", fields.get("state", "running"))
    texts = {"path": failure.get("path") or "", "cause": failure.get("cause", ""), "note": ""}
    documents = {"result": fields.get("answer"), "state": fields.get("progress"), "failure": None}
    for name, document in documents.items():
        texts[name] = "" if document is None else json.dumps(document)
    said = {name: base64.b64encode(text.encode()).decode() for name, text in texts.items()}
    line = {"protocol": 1, "operation": operation, "code": code, "seconds": 0, **said}
    return {"rc": 0, "stdout": json.dumps(line) + "\r\n"}


def bootstrap_failure(message: str) -> dict[str, t.Any]:
    """Return the recorded outcome of a call in which the agent did not compile."""
    encoded = base64.b64encode(message.encode()).decode()
    return {"rc": 1, "stdout": json.dumps({"failed": True, "stage": "bootstrap", "msg_b64": encoded}) + "\r\n"}


def error(code: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return the fields of a failed answer."""
    head = {
        "code": code,
        "what": "It was not done",
        "component": None,
        "path": None,
        "cause": "Reasons. (5)",
        "next": "Act.",
    }
    return {"failed": True, "error": {**head, **fields}}
