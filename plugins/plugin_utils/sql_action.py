# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of the actions that run a module of the database where Python and an ODBC driver are."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.plugins.action import ActionBase

from ansible_collections.identityops.groupid.plugins.module_utils.sql.arguments import CONNECTION_SPEC
from ansible_collections.identityops.groupid.plugins.plugin_utils.task_secrets import collect_secrets

VARIABLE_PREFIX = "groupid_sql_"


class SqlAction(ActionBase):  # type: ignore[misc]  # ansible-core has no types
    """Connection options that the task does not give come from the host's variables, then the module runs.

    So a password need not stand in a task, and one inventory tells every task of the same server.
    """

    MODULE: t.ClassVar[str]

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the module. Gives its result, secrets masked."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        secrets = collect_secrets(variables, self._templar.template, {})
        args = {**self._connection_of(variables), **self._task.args}
        result.update(self._execute_module(module_name=self.MODULE, module_args=args, task_vars=variables))
        scrubbed: dict[str, t.Any] = secrets.scrub(result)
        return scrubbed

    def _connection_of(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Give the options of the connection that the variables name, ``groupid_sql_port`` for ``port``."""
        named = {option: variables.get(f"{VARIABLE_PREFIX}{option}") for option in CONNECTION_SPEC}
        return {option: self._templar.template(value) for option, value in named.items() if value is not None}
