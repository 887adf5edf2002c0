# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of every action: every error becomes one Failure in the result, without secrets."""

from __future__ import annotations

import collections.abc as c
import json
import traceback
import typing as t

from ansible.errors import AnsibleActionFail, AnsibleAuthenticationFailure, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.identityops.groupid.plugins.module_utils.connection_advice import connection_failure
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, argument_failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.connection_settings import connection_settings
from ansible_collections.identityops.groupid.plugins.plugin_utils.client.sharing import Sharing
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.task_secrets import collect_secrets

SCHEMA = 1

_ISSUES = "https://github.com/identityops/groupid/issues"


class FailureAction(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """A subclass performs the task. It raises an exception with a Failure, or ValueError for a mistake of the user."""

    WHAT: t.ClassVar[str] = "The task failed"
    """What was not done if nothing was done: a sentence without its full stop."""

    _supports_async = False

    sharing: Sharing | None = None
    """With other threads of the same task, where an action runs as a part of another one."""

    _scrub: c.Callable[[t.Any], t.Any]  # masks secrets in what is shown while the operation runs

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Perform the task. Fails with a result, unless the host cannot be reached."""
        variables = task_vars or {}
        secrets = collect_secrets(variables, self._templar.template, self._connection.get_options())
        self._scrub = secrets.scrub
        try:
            super().run(tmp, task_vars)
            return self._masked(self._perform(variables))
        except AnsibleConnectionFailure as error:
            # Only this kind: the exception for a refused login adds its own words before the text.
            unreachable = AnsibleConnectionFailure(self._scrub(str(self._connection_failure(error))))
        except Exception as error:
            return self._masked({"failed": True, "changed": False, "schema": SCHEMA, **self._failed(error)})
        # Outside of the handler: ansible-core 2.19 and later would show the original error, secrets included, as cause.
        raise unreachable

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Do what the task requests. Returns the result; a failed one has ``error``, and needs no ``msg``."""
        raise NotImplementedError

    def _masked(self, outcome: dict[str, t.Any]) -> dict[str, t.Any]:
        """Mask secrets; the message is the failure in one text."""
        result: dict[str, t.Any] = self._scrub(outcome)
        return {**result, "msg": str(Failure.from_mapping(result["error"]))} if result.get("failed") else result

    def _failed(self, error: Exception) -> dict[str, t.Any]:
        failure = getattr(error, "failure", None)
        if not isinstance(failure, Failure):
            failure = self._argument(error) or self._unexpected(error)
        return {"error": failure.explained()}

    def _argument(self, error: Exception) -> Failure | None:
        """Return the failure of an argument; None for any other. Text that cannot be decoded is not from the user."""
        if isinstance(error, AnsibleActionFail):
            return argument_failure(self.WHAT, str(error.message), self._task.action)
        if isinstance(error, ValueError) and not isinstance(error, (UnicodeError, json.JSONDecodeError)):
            return argument_failure(self.WHAT, str(error), self._task.action)
        return None

    def _unexpected(self, error: Exception) -> Failure:
        trace = "".join(traceback.format_exception(error))
        Display().vvv(self._scrub(trace), host=connection_settings(self._connection).host)
        return self._unexpected_failure(f"{type(error).__name__}: {' '.join(str(error).split())}")

    def _unexpected_failure(self, cause: str) -> Failure:
        return Failure(
            "unexpected",
            self.WHAT,
            cause,
            f"This is a defect of the collection. Run again with -vvv and report the output: {_ISSUES}",
        )

    def _connection_failure(self, error: AnsibleConnectionFailure) -> Failure:
        return connection_failure(
            self._scrub(str(error.message)),
            connection_settings(self._connection),
            login=isinstance(error, AnsibleAuthenticationFailure),
        )
