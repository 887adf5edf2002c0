# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every action that is one operation of the agent."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_call import call_agent
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_error import AgentCallError, AgentError
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_job import run_job
from ansible_collections.identityops.groupid.plugins.plugin_utils.network_identity import network_identity
from ansible_collections.identityops.groupid.plugins.plugin_utils.task_secrets import Secrets, collect_secrets

SCHEMA = 1


class AgentAction(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Arguments -> request -> agent -> result.

    A subclass gives the argument spec, builds the request, and may shape the result. A ValueError of
    ``request`` is the user's mistake, and its text the message.
    """

    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]]
    CONSTRAINTS: t.ClassVar[dict[str, t.Any]] = {}
    """Arguments of validate_argument_spec besides the spec: mutually_exclusive, required_if, ..."""

    AS_JOB: t.ClassVar[bool] = False
    """The operation may take long and is a job. Not in check mode, in which nothing is left on a host."""

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = True

    _network: t.Mapping[str, t.Any] = {}  # member of every request: the network identity
    _scrub: c.Callable[[str], str]  # masks secrets in what is shown while the operation runs

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Turn validated arguments into the request: its operation and that operation's fields."""
        raise NotImplementedError

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        """Shape the answer, of success or failure, for the user."""
        return answer

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Perform the operation. Fails with a result, except where the host cannot be reached."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        secrets = collect_secrets(variables, self._templar.template, self._connection.get_options())
        try:
            self._scrub = secrets.scrub
            self._network = network_identity(variables, self._templar.template)
            outcome = self._perform(variables)
        except AnsibleConnectionFailure as error:
            unreachable = type(error)(secrets.scrub(error.message))
        except AgentCallError as error:
            return _failed(secrets, error.error)
        except AnsibleActionFail as error:
            return _failed(secrets, AgentError("arguments", error.message, "", ""))
        except ValueError as error:
            return _failed(secrets, AgentError("arguments", str(error), "", ""))
        else:
            scrubbed: dict[str, t.Any] = secrets.scrub(outcome)
            return scrubbed
        # Outside of the handler: ansible-core 2.19 and later would show the original error, secrets included, as cause.
        raise unreachable

    def call(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Send one request, in check mode as the task is. Gives the answer."""
        return call_agent(self, {"check": bool(self._task.check_mode), **request, **self._network}, self._scrub)

    def ask(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Send a request that only prepares the operation. Gives its answer of success, or raises AgentCallError."""
        answer = self.call(request)
        if answer["failed"]:
            raise AgentCallError(AgentError.from_answer(answer["error"]))
        return answer

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        dummy, args = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC, **self.CONSTRAINTS)
        request = self.request(args, variables)
        if self.AS_JOB and not self._task.check_mode:
            answer = run_job(self, request, variables["inventory_hostname"], self._network, self._scrub)
        else:
            answer = self.call(request)
        outcome = self.result({name: value for name, value in answer.items() if name not in ("protocol", "operation")})
        outcome["schema"] = SCHEMA
        if answer["failed"]:
            outcome["msg"] = str(AgentError.from_answer(answer["error"]))
        return outcome


def with_finished_at(answer: dict[str, t.Any]) -> dict[str, t.Any]:
    """Rename ``finished``: Ansible has a word of its own so, for async tasks, and makes a truth value of it."""
    finished = answer.pop("finished", None)
    return {**answer, "finished_at": finished} if finished else answer


def _failed(secrets: Secrets, error: AgentError) -> dict[str, t.Any]:
    """Give the result of an operation of which there is no answer.

    With `error` in any case: a task with ``failed_when: false`` has nothing else to tell its failure by.
    """
    result = {"failed": True, "changed": False, "schema": SCHEMA, "msg": str(error), "error": dataclasses.asdict(error)}
    return t.cast("dict[str, t.Any]", secrets.scrub(result))
