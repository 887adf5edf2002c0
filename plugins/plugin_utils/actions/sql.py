# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frame of the actions that run a module of the database where Python and an ODBC driver are."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible.errors import AnsibleError

from ansible_collections.identityops.groupid.plugins.module_utils import settings
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure, argument_failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.arguments import CONNECTION_SPEC
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.failure import SCHEMA, FailureAction

VARIABLE_PREFIX = "groupid_sql_"

# What Ansible adds if a module returned no result of its own.
_CRASHED = frozenset({"module_stdout", "module_stderr"})


class SqlAction(FailureAction):
    """Takes connection options that the task does not set from the host's variables, then runs the module.

    So a password need not be in a task, and one inventory gives every task the same server.
    """

    MODULE: t.ClassVar[str]

    _supports_check_mode = True

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        args = {**self._connection_of(variables), **self._task.args}
        result: dict[str, t.Any] = self._execute_module(
            module_name=self.MODULE, module_args=args, task_vars=dict(variables)
        )
        if not result.get("failed") or "error" in result:
            return result
        return {**result, "changed": False, "schema": SCHEMA, "error": self._module_failure(result).explained()}

    def _module_failure(self, result: c.Mapping[str, t.Any]) -> Failure:
        """Report a failure outside of the module's body: Ansible's check of its options, or a module that crashed."""
        said = str(result.get("msg") or "")
        if not _CRASHED & set(result):
            return argument_failure(self.WHAT, said, self.MODULE)
        printed = (str(result.get(name) or "").strip() for name in ("module_stderr", "module_stdout"))
        last = next((text.splitlines()[-1] for text in printed if text), "it printed nothing")
        return self._unexpected_failure(f"the module ended without a result: {last[:500]}")

    def _connection_of(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the options of the connection that the variables name, ``groupid_sql_port`` for ``port``."""
        named = {option: f"{VARIABLE_PREFIX}{option}" for option in CONNECTION_SPEC}
        read = {option: self._read(name, variables[name]) for option, name in named.items() if name in variables}
        return {option: value for option, value in read.items() if value is not None}

    def _read(self, name: str, value: t.Any) -> t.Any:
        try:
            return settings.read(name, self._templar.template(value))
        except AnsibleError as problem:
            raise ValueError(f"{name} cannot be read: {problem.message}") from None
