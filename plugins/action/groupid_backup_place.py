# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_place."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction, with_finished_at


class ActionModule(AgentAction):
    """Make a folder in a set for another program."""

    WHAT: t.ClassVar[str] = "The folder in the set was not made"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "part": {"type": "str", "required": True},
        "component": {"type": "str", "required": True},
        "account": {"type": "str"},
        "allow_open_roots": {"type": "list", "elements": "str", "default": []},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        return {
            "operation": "place",
            "root": args["backup_root"],
            "deployment": backup_set.check_deployment(args["deployment"]),
            "set_id": str(backup_set.SetId.parse(args["set_id"])),
            "part": backup_set.check_part(args["part"]),
            "component": backup_set.check_component(args["component"]),
            "account": args["account"],
            "allow_open_roots": args["allow_open_roots"],
        }

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        return with_finished_at(answer)
