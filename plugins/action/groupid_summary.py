# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_summary."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import run_state, summary
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.controller import ControllerAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.host_variables import HostVariables
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show


class ActionModule(ControllerAction):
    """Print what a run did, and each failure once."""

    WHAT: t.ClassVar[str] = "The summary was not printed"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "kind": {
            "type": "str",
            "required": True,
            "choices": list(t.get_args(summary.Kind)),
        }
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        state = run_state.RunState(HostVariables(variables["hostvars"]))
        plan = state[variables["inventory_hostname"]]["__groupid_plan"]
        lines = summary.lines(state, plan, args["kind"], bool(self._task.check_mode))
        show(["", *lines, ""])
        return {}
