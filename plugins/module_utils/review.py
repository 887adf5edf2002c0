# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided once for all hosts of a run: after all servers have answered, and before anything is done."""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    failures,
    restore_choice,
    shared_parts,
)
from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import SAFETY_LABEL
from ansible_collections.identityops.groupid.plugins.module_utils.objections import by_step
from ansible_collections.identityops.groupid.plugins.module_utils.objections.restore import of_choice
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Kind = t.Literal["preflight", "rehearse", "backup", "verify", "restore"]


class Reviewed(t.TypedDict, total=False):
    """What the hosts of a run keep as ``__groupid_review``.

    deployments: what a comparison of the answers shows, by deployment.
    objections: what prevents the next step, by host.
    set_ids, safety_ids: ids of the sets that the run makes, and that keep what a restore replaces, by deployment.
    verify_sets: the set that a verification reads, by host.
    choice: the parts that a restore has chosen. domains: those whose group attributes it restores, by host.
    """

    deployments: dict[str, deployments.Review]
    objections: dict[str, list[failures.Recorded]]
    set_ids: dict[str, str]
    safety_ids: dict[str, str]
    verify_sets: dict[str, str | None]
    choice: restore_choice.Choice
    domains: dict[str, list[str]]


def review(hostvars: Facts, plan: deployments.Plan, kind: Kind, now: datetime.datetime) -> Reviewed:
    """Compare what all hosts have answered, and find what prevents the run.

    plan: what ``groupid_plan`` returned. now: UTC, with or without a time zone.

    Raises InvalidNameError for an invalid label.
    """
    found: Reviewed = {"deployments": deployments.review(RunState(hostvars), plan), "objections": {}}
    if kind in ("preflight", "backup"):
        found["set_ids"] = deployments.next_set_ids(RunState(hostvars), plan, now)
    found = _objected(hostvars, found, plan["hosts"], "server")
    if kind == "restore":
        return _restore(hostvars, found, plan, now)
    if kind == "verify":
        found = _objected(hostvars, found, plan["hosts"], "verify")
        state = RunState(hostvars, found)
        ready = [host for host in plan["hosts"] if deployments.ready(state, host)]
        return {**found, "verify_sets": {host: decisions.verified_set(state, host) for host in ready}}
    if kind == "rehearse":
        return found
    found = _objected(hostvars, found, plan["hosts"], "backup")
    state = RunState(hostvars, found)
    database = [host for host in plan["hosts"] if decisions.saves_database(state, host)]
    domains = [host for host in plan["hosts"] if decisions.saves_domains(state, host)]
    return _objected(hostvars, _objected(hostvars, found, database, "unseen_database"), domains, "unseen_domains")


def _restore(hostvars: Facts, found: Reviewed, plan: deployments.Plan, now: datetime.datetime) -> Reviewed:
    state = RunState(hostvars, found)
    found = {
        **found,
        "choice": restore_choice.choose(state, plan),
        "safety_ids": deployments.next_set_ids(state, plan, now, SAFETY_LABEL),
    }
    refusals = [failures.recorded("preflight", one) for one in of_choice(found["choice"])]
    if refusals:
        # No host restores anything. Other problems of a host are reported too.
        everywhere = {host: [*found["objections"].get(host, []), *refusals] for host in plan["hosts"]}
        return {**found, "objections": everywhere}
    chosen = found["choice"]["plan"]["hosts"]
    found = _objected(hostvars, found, chosen, "restore")
    state = RunState(hostvars, found)
    database = [host for host in chosen if decisions.restores_database(state, host)]
    domains = [host for host in chosen if decisions.restores_domains(state, host)]
    held = {
        host: shared_parts.domains_in_set(state[host]["__groupid_probe"], decisions.set_at_hand(state, host))
        for host in domains
    }
    found = {**_objected(hostvars, found, database, "restore_database"), "domains": held}
    return _objected(hostvars, found, domains, "restore_domains")


def _objected(hostvars: Facts, found: Reviewed, hosts: c.Iterable[str], step: str) -> Reviewed:
    """Add what prevents a step, for the hosts on which nothing has gone wrong so far."""
    state = RunState(hostvars, found)
    sound = [host for host in hosts if not state[host]["__groupid_failures"]]
    by_host = {host: by_step.against(state, host, step) for host in sound}
    more = {
        host: [failures.recorded("preflight", one) for one in against] for host, against in by_host.items() if against
    }
    return {**found, "objections": {**found["objections"], **more}}
