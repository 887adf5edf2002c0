# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_sql_rehearsal."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.sql import SqlAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import require_file, with_file


class ActionModule(SqlAction):
    """Test on a SQL Server what backup and restore need, and store the result on the controller."""

    WHAT: t.ClassVar[str] = "The database was not rehearsed"
    MODULE: t.ClassVar[str] = "identityops.groupid.groupid_sql_rehearsal"

    def _perform(self, variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        args = self._task.args
        path = None
        if args.get("directory"):
            deployment = backup_set.check_deployment(str(args.get("deployment")))
            name = f"rehearsal-{deployment}-database.json"
            path = require_file(str(args["directory"]), name, check=self._task.check_mode)
        result = super()._perform(variables)
        document = result.pop("document", None)
        return result if document is None else with_file(result, path, self._scrub(document))
