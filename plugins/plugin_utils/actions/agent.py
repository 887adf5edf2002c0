# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every action that is one operation of the agent."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import windows_path
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA, FailureAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.answer import without_envelope
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.client import AgentClient
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.job import run_job
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.network_identity import network_identity


class AgentAction(FailureAction):
    """Arguments -> request -> agent -> result.

    A subclass provides the argument spec, builds the request, and may change the form of the result. A ValueError of
    ``request`` is a mistake of the user, and its text is the message.
    """

    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]]
    CONSTRAINTS: t.ClassVar[dict[str, t.Any]] = {}
    """Arguments of validate_argument_spec besides the spec: mutually_exclusive, required_if, ..."""

    AS_JOB: bool = False
    """The operation may take long and is a job. Not in check mode, because that leaves nothing on a host."""

    _supports_check_mode = True
    _requires_connection = True

    client: AgentClient

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Turn validated arguments into the request: its operation and that operation's fields."""
        raise NotImplementedError

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        """Bring the answer, of success or failure, into the form for the user."""
        return answer

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        self.client = AgentClient(
            self._connection,
            self._low_level_execute_command,
            self._scrub,
            variables["inventory_hostname"],
            network_identity(variables, self._templar.template),
            bool(self._task.check_mode),
            self.sharing,
        )
        dummy, args = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC, **self.CONSTRAINTS)
        if args.get("backup_root") is not None:
            args["backup_root"] = windows_path.understand(args["backup_root"], "backup_root")
        return self.perform(args, variables)

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Perform it. Returns the result; raises an exception with a Failure, or ValueError."""
        request = self.request(args, variables)
        as_job = self.AS_JOB and not self.client.check
        return self.result_of(run_job(self.client, request) if as_job else self.client.call(request))

    def result_of(self, answer: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the result of an answer."""
        return {**self.result(without_envelope(answer)), "schema": SCHEMA}


def with_finished_at(answer: dict[str, t.Any]) -> dict[str, t.Any]:
    """Rename ``finished``: Ansible uses this name for async tasks, and would change its value to true or false."""
    finished = answer.pop("finished", None)
    return {**answer, "finished_at": finished} if finished else answer
