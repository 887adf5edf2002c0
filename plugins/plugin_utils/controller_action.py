# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of the actions that only work on the controller, with what the hosts of a run have told."""

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.identityops.groupid.plugins.plugin_utils.task_secrets import collect_secrets


class ControllerAction(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Arguments and variables -> result. No host is contacted."""

    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]]

    _supports_check_mode = True
    _supports_async = False
    _requires_connection = False

    def perform(self, args: dict[str, t.Any], variables: dict[str, t.Any]) -> dict[str, t.Any]:
        """Do it, with validated arguments. Gives the result."""
        raise NotImplementedError

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Perform the action. Gives its result, secrets masked."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        dummy, args = self.validate_argument_spec(argument_spec=self.ARGUMENT_SPEC)
        secrets = collect_secrets(variables, self._templar.template, {})
        result: dict[str, t.Any] = secrets.scrub({"changed": False, **self.perform(args, variables), "schema": 1})
        return result
