# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_summary."""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import run_outcome, run_state
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary import report
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.word import RUN
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.controller import ControllerAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import run_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.host_variables import HostVariables
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.result_file import with_file
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show


class ActionModule(ControllerAction):
    """Print what a run did, and each failure once."""

    WHAT: t.ClassVar[str] = "The summary was not printed"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "kind": {
            "type": "str",
            "required": True,
            "choices": list(t.get_args(Kind)),
        }
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        kind: Kind = args["kind"]
        state = run_state.RunState(HostVariables(variables["hostvars"]))
        known = state[variables["inventory_hostname"]]
        plan = known["__groupid_plan"]
        show(["", *report.lines(state, plan, kind, bool(self._task.check_mode)), ""])
        outcome = self._scrub(run_outcome.run_outcome(state, plan, kind, variables["ansible_play_batch"]))
        told = {
            "class": outcome["class"],
            "state": outcome["state"],
            "set_ids": {name: one["set_id"] for name, one in outcome["deployments"].items() if one["set_id"]},
        }
        # What `set_stats` returns. It is merged with the values of the other runs of a playbook.
        stats = {"data": {RUN: {kind: told}}, "per_host": False, "aggregate": True}
        result = {"run": told, "ansible_stats": stats}
        file = known["__groupid_planned"].get("run_file")
        if not file:
            return {**result, "file": None}
        path = pathlib.Path(file)
        return with_file(result, path, run_file.document_of_end(path, kind, outcome))
