# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every action that is one operation of the agent."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_call import call_agent
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_error import AgentCallError
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_job import run_job
from ansible_collections.identityops.groupid.plugins.plugin_utils.failure_action import SCHEMA, FailureAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.network_identity import network_identity


class AgentAction(FailureAction):
    """Arguments -> request -> agent -> result.

    A subclass gives the argument spec, builds the request, and may shape the result. A ValueError of
    ``request`` is the user's mistake, and its text the message.
    """

    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]]
    CONSTRAINTS: t.ClassVar[dict[str, t.Any]] = {}
    """Arguments of validate_argument_spec besides the spec: mutually_exclusive, required_if, ..."""

    AS_JOB: bool = False
    """The operation may take long and is a job. Not in check mode, in which nothing is left on a host."""

    _supports_check_mode = True
    _requires_connection = True

    _network: t.Mapping[str, t.Any] = {}  # member of every request: the network identity

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Turn validated arguments into the request: its operation and that operation's fields."""
        raise NotImplementedError

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        """Shape the answer, of success or failure, for the user."""
        return answer

    def call(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Send one request, in check mode as the task is. Gives the answer."""
        return call_agent(self, {"check": bool(self._task.check_mode), **request, **self._network}, self._scrub)

    def ask(self, request: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Send a request that only prepares the operation. Gives its answer of success, or raises AgentCallError."""
        answer = self.call(request)
        if answer["failed"]:
            raise AgentCallError(Failure.from_mapping(answer["error"]))
        return answer

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        self._network = network_identity(variables, self._templar.template)
        dummy, args = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC, **self.CONSTRAINTS)
        return self.perform(args, variables)

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Do it. Gives the result; raises what carries a Failure, ValueError."""
        request = self.request(args, variables)
        if self.AS_JOB and not self._task.check_mode:
            answer = run_job(self, request, variables["inventory_hostname"], self._network, self._scrub)
        else:
            answer = self.call(request)
        outcome = self.result({name: value for name, value in answer.items() if name not in ("protocol", "operation")})
        return {**outcome, "schema": SCHEMA}


def with_finished_at(answer: dict[str, t.Any]) -> dict[str, t.Any]:
    """Rename ``finished``: Ansible has a word of its own so, for async tasks, and makes a truth value of it."""
    finished = answer.pop("finished", None)
    return {**answer, "finished_at": finished} if finished else answer
