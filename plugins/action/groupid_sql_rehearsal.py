# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_sql_rehearsal."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.plugin_utils.result_file import require_directory, write_result
from ansible_collections.identityops.groupid.plugins.plugin_utils.sql_action import SqlAction


class ActionModule(SqlAction):
    """Have a SQL Server prove what backup and restore need, and keep the result on the controller."""

    WHAT: t.ClassVar[str] = "The database was not rehearsed"
    MODULE: t.ClassVar[str] = "identityops.groupid.groupid_sql_rehearsal"

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        directory = self._task.args.get("directory")
        if not self._task.check_mode:
            require_directory(directory)
        result = super()._perform(variables)
        document = result.pop("document", None)
        if document is None:
            return result
        name = f"rehearsal-{document['deployment']}-database.json"
        return {**result, "file": write_result(str(directory), name, self._scrub(document)) if directory else None}
