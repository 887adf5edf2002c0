# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_verify."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, verify_mode
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_action import AgentAction


class ActionModule(AgentAction):
    """Read a part again and compare it with its own record."""

    WHAT: t.ClassVar[str] = "The backup was not verified"
    AS_JOB = True
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "default": backup_set.LATEST},
        "server": {"type": "str"},
        "components": {"type": "list", "elements": "str"},
        "mode": {"type": "str", "default": verify_mode.FULL},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        latest = args["set_id"] == backup_set.LATEST
        return {
            "operation": "verify",
            "root": args["backup_root"],
            "deployment": backup_set.check_deployment(args["deployment"]),
            "set_id": backup_set.LATEST if latest else str(backup_set.SetId.parse(args["set_id"])),
            "server": backup_set.check_part(args["server"]) if args["server"] else None,
            "components": args["components"],
            "mode": verify_mode.check(args["mode"]),
        }
