# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of roles and playbooks: each is one function, documented in the YAML file of its name beside this one."""

from __future__ import annotations

import collections.abc as c
import contextlib
import datetime
import typing as t

from ansible import context
from ansible.errors import AnsibleFilterError

from ansible_collections.identityops.groupid.plugins.module_utils import (
    backup_set,
    deployments,
    run_state,
    steps,
)
from ansible_collections.identityops.groupid.plugins.module_utils import review as reviewing
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.plugin_utils import workers
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller import run_file, run_hosts
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.host_variables import HostVariables

Groups = c.Mapping[str, c.Sequence[str]]


def decide(hostvars: t.Any, host: str, question: str) -> t.Any:
    """Answer one of `steps.QUESTIONS`."""
    return steps.QUESTIONS[question](run_state.RunState(HostVariables(hostvars)), host)


def review(hostvars: t.Any, plan: deployments.Plan, kind: reviewing.Kind) -> reviewing.Reviewed:
    """Call `review.review` for this moment."""
    try:
        return reviewing.review(HostVariables(hostvars), plan, kind, datetime.datetime.now(datetime.timezone.utc))
    except backup_set.InvalidNameError as error:
        raise AnsibleFilterError(str(error)) from error


def checked_hosts(pattern: str, groups: Groups, kind: Kind, result: t.Any = "") -> str:
    """Call `run_hosts.check_run`, and prepare the workers of a run that begins.

    kind: of the run. result: file for its result, empty for none.
    """
    if run_hosts.only_shows():
        return pattern
    try:
        file = run_file.begin(result, kind, check=bool(context.CLIARGS.get("check")))
        run_file.watch(file)
        checked = run_hosts.check_run(pattern, groups)
    except (run_file.ResultFileError, ValueError) as error:
        raise _refused(error) from error
    workers.prepare()
    return checked


def planned_hosts(groups: Groups) -> str:
    """Call `run_hosts.check_planned`."""
    try:
        return run_hosts.check_planned(groups)
    except run_hosts.NoHostsError as error:
        raise _refused(error) from error


def _refused(error: Exception) -> AnsibleFilterError:
    if isinstance(error, run_hosts.NoHostsError):
        # If the file cannot be written any more, the end of this process tries it again, and reports why.
        with contextlib.suppress(run_file.ResultFileError):
            run_file.refuse_watched(error.failure)
    return AnsibleFilterError(str(error))


def ready_hosts(hostvars: t.Any, groups: Groups, question: str = "ready") -> list[str]:
    """Call `run_hosts.ready`."""
    return run_hosts.ready(run_state.RunState(HostVariables(hostvars)), groups, question)


def ready_batches(hostvars: t.Any, groups: Groups, question: str = "ready") -> list[int]:
    """Call `run_hosts.ready_batches`."""
    return run_hosts.ready_batches(run_state.RunState(HostVariables(hostvars)), groups, question)


class FilterModule:
    """What Ansible asks for the filters."""

    def filters(self) -> dict[str, c.Callable[..., t.Any]]:
        """Return the filters by name."""
        return {
            "decide": decide,
            "review": review,
            "run_hosts": checked_hosts,
            "planned_hosts": planned_hosts,
            "ready_hosts": ready_hosts,
            "ready_batches": ready_batches,
        }
