# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_services."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products, settings
from ansible_collections.identityops.groupid.plugins.plugin_utils.agent_action import AgentAction

NAMED = "groupid_services"
"""The variable that says what O(services) does not."""


class ActionModule(AgentAction):
    """Look at what runs of GroupID."""

    WHAT: t.ClassVar[str] = "What runs of GroupID was not looked at"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "version": {"type": "str", "default": products.AUTO, "choices": [products.AUTO, *products.versions()]},
        "component_paths": {"type": "dict", "default": {}},
        "services": {
            "type": "list",
            "elements": "dict",
            "options": {
                "kind": {"type": "str", "required": True, "choices": ["service", "pool", "task", "process"]},
                "name": {"type": "str", "required": True},
                "shared": {"type": "bool", "default": False},
            },
        },
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        self._network = {}  # no share is opened, and Windows' managers are asked as the connection's own account
        if args["services"] is None:
            args = {**args, "services": settings.read(NAMED, self._templar.template(variables.get(NAMED))) or []}
        return super().perform(args, variables)

    def request(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        what = products.runtime_request(args["version"], args["component_paths"], args["services"])
        return {"operation": "state", **what}
