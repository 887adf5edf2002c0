# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_plan."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, failures, run_state
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.controller import ControllerAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import run_hosts
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.host_variables import HostVariables
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show

_REFUSED = Failure(
    "refused",
    "Nothing was started",
    "the run has the errors listed above",
    "Correct them, and run again.",
)


class ActionModule(ControllerAction):
    """Sort the hosts of a run by deployment, or refuse the run for what it was given."""

    WHAT: t.ClassVar[str] = "The run was not planned"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {"known": {"type": "list", "elements": "str", "required": True}}

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        facts = run_state.RunState(HostVariables(variables["hostvars"]))
        run = _run(facts, variables["ansible_play_batch"])
        faults = failures.lines(facts, run)
        if not faults:
            wanted = facts[run[0]]["__groupid_asked"]["deployments"]
            found = [*deployments.unmet(facts, run, wanted), *deployments.unknown_hosts(facts, run)]
            found += _each_on_its_own(str(self._task.play.strategy)) if len(run) > 1 else []
            faults = [line for failure in found for line in _lines(failure)]
        if faults:
            show(["", "Nothing was started, because of these errors:", *faults, ""])
            return {"failed": True, "error": _REFUSED.explained()}
        plan = deployments.plan(facts, run, args["known"], wanted)
        return {"plan": plan, "group": run_hosts.new_group(variables["groups"])}


def _run(facts: run_state.RunState, play: c.Iterable[str]) -> list[str]:
    """Name the hosts of the play that run this role now: they were asked, and have no plan of an earlier run.

    A ``when`` leaves some out; so does a ``rescue``, which is for the hosts that failed.
    """
    return [host for host in play if "__groupid_asked" in facts[host] and "__groupid_plan" not in facts[host]]


def _each_on_its_own(strategy: str) -> list[Failure]:
    """Refuse a strategy in which a host is asked what to do before the others have answered."""
    if strategy.rpartition(".")[2] not in ("free", "host_pinned"):
        return []
    return [
        Failure(
            "strategy",
            f"The play has the strategy {strategy}",
            "hosts do not wait for each other in it, and the decisions need the answers of all hosts",
            "Write strategy: ansible.builtin.linear in the play.",
        )
    ]


def _lines(failure: Failure) -> list[str]:
    return ["FAILED in plan:", f"  {failure}"]
