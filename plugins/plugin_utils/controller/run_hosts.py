# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the hosts of a run before its first play, because Ansible itself skips a play that matches no host."""

from __future__ import annotations

import collections.abc as c
import pathlib

from ansible import context
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, quiescing, steps
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import did_you_mean
from ansible_collections.identityops.groupid.plugins.plugin_utils.controller.inventory_deployments import (
    known_deployments,
)

_RUN_GROUP = "groupid_run_"
TOGETHER = "saves_together"
"""The question of the play in which servers are saved together."""
NOBODY = "all:!all"
"""A pattern that no host matches. Ansible reports this in a line, and continues with the next play."""

_BUILT_IN = frozenset({"all", "ungrouped"})
_MOST = 20
# Before a name in a pattern: of an exclusion, and of an intersection.
_MARKS = "!&"


class NoHostsError(ValueError):
    """A run would have no hosts, or not all that were named."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


def check_run(pattern: str, groups: c.Mapping[str, c.Sequence[str]]) -> str:
    """Return the pattern, if it and the options of the command line match hosts.

    groups: Ansible's, all hosts of the inventory by group. Raises NoHostsError.
    """
    if only_shows():
        return pattern
    start = context.CLIARGS.get("start_at_task")
    if start:
        raise NoHostsError(
            Failure(
                "no_hosts",
                "The run was refused",
                f"--start-at-task {start!r} skips the plan, which every later step needs",
                "Run again without it.",
            )
        )
    inventory = _inventory(groups)
    _check_terms(inventory, groups, f"groupid_hosts {pattern!r}", split_host_pattern(pattern))
    limit = context.CLIARGS.get("subset")
    if limit:
        _check_terms(inventory, groups, f"--limit {limit!r}", _limit_terms(limit))
        inventory.subset(limit)
        if not inventory.get_hosts(pattern):
            raise NoHostsError(
                Failure(
                    "no_hosts",
                    "The run was refused",
                    f"no host of {pattern} is within --limit {limit}",
                    f"{_known(groups)} Correct --limit.",
                )
            )
    _check_names(inventory, pattern)
    return pattern


def new_group(groups: c.Iterable[str]) -> str:
    """Name a group for the hosts of a run that is planned.

    Ansible takes no host out of a group: two playbooks that one playbook imports have a group each.
    """
    return f"{_RUN_GROUP}{len(_run_groups(groups)) + 1}"


def check_planned(groups: c.Mapping[str, c.Sequence[str]]) -> str:
    """Return the name of the group of the run's hosts, when the run's plan was made. Raises NoHostsError."""
    planned = _run_groups(groups)
    if planned:
        return planned[-1]
    if only_shows():
        return NOBODY
    tags = ", ".join(context.CLIARGS.get("tags") or ()) or "all"
    skipped = ", ".join(context.CLIARGS.get("skip_tags") or ()) or "none"
    raise NoHostsError(
        Failure(
            "no_hosts",
            "Nothing was done",
            f"no task of the plan ran (tags {tags}, tags to skip {skipped})",
            "The playbook's tasks have no tags of their own. Run again without --tags, --skip-tags and "
            "ANSIBLE_RUN_TAGS.",
        )
    )


def ready(facts: deployments.Facts, groups: c.Mapping[str, c.Sequence[str]], question: str) -> list[str]:
    """Name the hosts of the run that may continue, as a play's ``hosts``.

    question: of `steps.QUESTIONS`; those for which its answer is yes. Other hosts would need a worker of the controller
      for each task of the play.
    """
    return _ready(facts, groups, question) or [NOBODY]


def ready_batches(facts: deployments.Facts, groups: c.Mapping[str, c.Sequence[str]], question: str) -> list[int]:
    """Count the hosts of each batch of them, whole deployments each, as a play's ``serial``. Empty: all at once.

    Servers that are saved together wait for each other in Ansible's workers. All of a batch must have one.
    """
    hosts = _ready(facts, groups, question)
    if not hosts:
        return []
    names = [str(facts[host]["__groupid_asked"]["deployment"]) for host in hosts]
    sizes = [names.count(name) for name in dict.fromkeys(names)]
    waits = question == TOGETHER and any(quiescing.recorder(facts, host) for host in hosts)
    most = int(context.CLIARGS.get("forks") or 0) if waits else 0
    return deployments.batches(sizes, int(facts[hosts[0]]["__groupid_asked"]["parallel_deployments"]), most)


def _ready(facts: deployments.Facts, groups: c.Mapping[str, c.Sequence[str]], question: str) -> list[str]:
    run = [host for group in _run_groups(groups)[-1:] for host in groups[group]]
    return [host for host in run if deployments.ready(facts, host) and steps.QUESTIONS[question](facts, host)]


def _run_groups(groups: c.Iterable[str]) -> list[str]:
    """Name the groups of the runs that were planned so far, the newest last."""
    return sorted((name for name in groups if name.startswith(_RUN_GROUP)), key=lambda name: (len(name), name))


def only_shows() -> bool:
    """Whether Ansible was asked to check or to list the plays, and does not run them."""
    return any(context.CLIARGS.get(option) for option in ("syntax", "listhosts", "listtasks", "listtags"))


def _inventory(groups: c.Mapping[str, c.Sequence[str]]) -> InventoryManager:
    """Make Ansible's own reader of patterns, over the groups as they are now."""
    inventory = InventoryManager(DataLoader(), parse=False)
    for group, hosts in groups.items():
        inventory.add_group(group)
        for host in hosts:
            inventory.add_host(host, group=group)
    return inventory


def _limit_terms(limit: str) -> list[str]:
    """Split a limit, with the lines of the files that it names, as Ansible does."""
    terms: list[str] = []
    for term in split_host_pattern(limit):
        lines = pathlib.Path(term[1:]).read_text(encoding="utf-8").splitlines() if term.startswith("@") else [term]
        terms += [line.strip() for line in lines if line.strip()]
    return terms


def _check_terms(
    inventory: InventoryManager, groups: c.Mapping[str, c.Sequence[str]], given: str, terms: c.Sequence[str]
) -> None:
    """Refuse a name in a pattern that is neither a group nor a host, and a pattern that matches no host.

    given: the option, and the pattern as it was given. terms: of the pattern.
    """
    option = given.partition(" ")[0]
    for name in (term.lstrip(_MARKS) for term in terms):
        if name not in groups and not inventory.get_hosts(name):
            names = [*(group for group in groups if group not in _BUILT_IN), *groups.get("all", ())]
            raise NoHostsError(
                Failure(
                    "no_hosts",
                    "The run was refused",
                    f"{option} names {name!r}, and the inventory has no such group or host",
                    f"{did_you_mean(name, names)}{_known(groups)} Correct {option}, or the inventory (-i).",
                )
            )
    if not inventory.get_hosts(list(terms)):
        raise NoHostsError(
            Failure(
                "no_hosts",
                "The run was refused",
                f"{given} matches no host",
                f"{_known(groups)} Add hosts to the group in the inventory, or name another one in {option}.",
            )
        )


def _check_names(inventory: InventoryManager, pattern: str) -> None:
    """Refuse a host whose name Ansible would split, for example at a space: later plays list their hosts by name."""
    for name in [host.name for host in inventory.get_hosts(pattern)]:
        if split_host_pattern(name) != [name] or name[0] in _MARKS:
            raise NoHostsError(
                Failure(
                    "no_hosts",
                    "The run was refused",
                    f"Ansible does not read the host name {name!r} as one name",
                    "Give the host a name without blanks, commas, colons, ! and &, and its address in ansible_host.",
                )
            )


def _known(groups: c.Mapping[str, c.Sequence[str]]) -> str:
    """Return sentences that name the groups and the deployments that exist."""
    named = sorted(name for name in groups if name not in _BUILT_IN)
    deployments_there = known_deployments()
    told = f" Deployments: {_some(deployments_there)}." if deployments_there else ""
    return f"Groups of the inventory: {_some(named) or 'none'}.{told}"


def _some(names: c.Sequence[str]) -> str:
    return ", ".join(names[:_MOST]) + (f" and {len(names) - _MOST} more" if len(names) > _MOST else "")
