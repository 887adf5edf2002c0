# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Action of groupid_plan."""

from __future__ import annotations

import collections.abc as c
import secrets
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    database_hosts,
    deployments,
    failures,
    quiescing,
    run_outcome,
    run_state,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.plugin_utils.actions.controller import ControllerAction
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import run_file, run_hosts
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.host_variables import HostVariables
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.screen import show

_REFUSED = Failure(
    "refused",
    "Nothing was started",
    "the run has the errors listed above",
    "Correct them, and run again.",
)

_KINDS = ["preflight", "resume", "backup", "verify", "restore"]


class ActionModule(ControllerAction):
    """Sort the hosts of a run by deployment, or refuse the run because of its variables."""

    WHAT: t.ClassVar[str] = "The run was not planned"
    ARGUMENT_SPEC: t.ClassVar[dict[str, t.Any]] = {
        "known": {"type": "list", "elements": "str", "required": True},
        "kind": {"type": "str", "choices": _KINDS, "default": "preflight"},
        "batched": {"type": "bool", "default": False},
    }

    def perform(self, args: dict[str, t.Any], variables: c.Mapping[str, t.Any]) -> dict[str, t.Any]:
        facts = run_state.RunState(HostVariables(variables["hostvars"]))
        run = _run(facts, variables["ansible_play_batch"])
        given = list(dict.fromkeys(facts[host]["__groupid_asked"]["run_file"] for host in run))
        check = bool(self._task.check_mode)
        file = run_file.begin(given[0], args["kind"], check=check) if given else None
        faults = [*_unread(facts, variables["ansible_play_hosts_all"]), *failures.shared(facts, run)]
        if not faults:
            found = self._against(facts, run, given, args["kind"]) + database_hosts.faults(
                facts, run, args["kind"], args["batched"]
            )
            faults = [run_outcome.of_run(failure) for failure in found]
        if faults:
            show(["", "Nothing was started, because of these errors:", *failures.lines_of(self._scrub(faults)), ""])
            if file:
                run_file.refuse(file, self._scrub(faults))
            return {"failed": True, "error": _REFUSED.explained()}
        known = deployments.may_be_members(variables["groups"], args["known"])
        plan = deployments.plan(facts, run, known, facts[run[0]]["__groupid_asked"]["deployments"])
        if file:
            asked = (facts[host]["__groupid_asked"] for host in plan["hosts"])
            stops = args["kind"] == "backup" and any(one["quiesce"] != quiescing.NONE for one in asked)
            run_file.plan(file, plan, check=check, stops=stops)
        group = run_hosts.new_group(variables["groups"])
        return {
            "plan": plan,
            "group": group,
            "run": secrets.token_hex(8),
            "forks": int(variables["ansible_forks"]),
            "batched": args["batched"],
            "run_file": str(file) if file else None,
        }

    def _against(
        self, facts: run_state.RunState, run: c.Sequence[str], files: c.Sequence[str], kind: Kind
    ) -> list[Failure]:
        """Return what prevents the run although each host's variables are valid."""
        wanted = facts[run[0]]["__groupid_asked"]["deployments"]
        found = [*deployments.unmet(facts, run, wanted), *database_hosts.unknown(facts, run, kind)]
        found += _each_on_its_own(str(self._task.play.strategy)) if len(run) > 1 else []
        return found + ([_SEVERAL_FILES] if len(files) > 1 else [])


_SEVERAL_FILES = Failure(
    "variable",
    "groupid_run_file is not the same on all hosts of the run",
    "a run has one result",
    "Set it in the variables of the play, or with -e.",
)


def _unread(facts: run_state.RunState, play: c.Iterable[str]) -> list[failures.Shared]:
    """Return why variables could not be read at all. Ansible has taken these hosts out of the run."""
    found = {host: failures.of_result(facts[host].get("__groupid_settings") or {}) for host in play}
    return [
        {**failures.recorded("plan", failure), "hosts": [host]}
        for host, failure in found.items()
        if failure is not None
    ]


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
