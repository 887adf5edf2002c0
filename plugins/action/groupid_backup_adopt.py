# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_backup_adopt."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.agent import AgentAction, with_finished_at


class ActionModule(AgentAction):
    """Make files that another program wrote a part."""

    WHAT: t.ClassVar[str] = "The files were not made a part of the set"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "backup_root": {"type": "str", "required": True},
        "deployment": {"type": "str", "required": True},
        "set_id": {"type": "str", "required": True},
        "part": {"type": "str", "required": True},
        "component": {"type": "str", "required": True},
        "files": {"type": "list", "elements": "str", "default": []},
        "external": {"type": "bool", "default": False},
        "epoch": {"type": "str"},
        "version": {"type": "str"},
        "details": {"type": "dict", "default": {}},
        "narrowed": {"type": "list", "elements": "str"},
        "scope": {"type": "dict"},
        "allow_open_roots": {"type": "list", "elements": "str", "default": []},
    }

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        if args["external"] == bool(args["files"]):
            raise ValueError(
                "files names the files in the folder, and with external there are none. Set only one of the two."
            )
        set_id = str(backup_set.SetId.parse(args["set_id"]))
        return {
            "operation": "adopt",
            "root": args["backup_root"],
            "deployment": backup_set.check_deployment(args["deployment"]),
            "set_id": set_id,
            "part": backup_set.check_part(args["part"]),
            "component": backup_set.check_component(args["component"]),
            "files": args["files"],
            "external": args["external"],
            "epoch": args["epoch"] or set_id,
            "version": args["version"],
            "details": args["details"],
            "narrowed": args["narrowed"],
            "scope": args["scope"],
            "allow_open_roots": args["allow_open_roots"],
            "inventory_name": variables["inventory_hostname"],
        }

    def result(self, answer: dict[str, t.Any]) -> dict[str, t.Any]:
        return with_finished_at(answer)
