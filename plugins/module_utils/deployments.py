# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of each deployment in a run, what a comparison of them shows, and whether a deployment can continue.

``Facts`` is what Ansible calls hostvars: variables by name, for each inventory host. The roles set
these variables for the functions here:

``__groupid_asked``: the values of the host's variables, as `settings` reads them, by the name of the variable without
its prefix.
``__groupid_plan``: what `plan` returns.
``__groupid_probe``: the answer of ``groupid_info``. For a host that did not answer, the registered failure.
``__groupid_failures``: what went wrong on the host so far (`failures`).
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import datetime
import fnmatch
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import is_future, next_set_id
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.spelling import did_you_mean
from ansible_collections.identityops.groupid.plugins.module_utils.vocabulary.words import BY_NAME

Facts = c.Mapping[str, c.Mapping[str, t.Any]]

LOCALHOST = frozenset({"localhost", "127.0.0.1", "::1"})
"""Names of the controller that Ansible knows without an inventory."""


class Group(t.TypedDict):
    """One deployment in a run: its hosts in the run, and its other hosts in the inventory."""

    hosts: list[str]
    outside: list[str]


class Plan(t.TypedDict):
    """The hosts of a run in order of deployment, and the deployments by name."""

    hosts: list[str]
    deployments: dict[str, Group]


class Review(t.TypedDict):
    """What a comparison of the answers of a deployment's hosts shows.

    first: host of the deployment's first server by name. Empty if a host has not answered.
    twins: for a host, the other hosts of the run that are the same computer.
    missing: members of the deployment that this run does not include. Empty if a host has not answered: the deployment
      does not continue then, and the host's own failure is the better message.
    undeclared: hosts whose computer ``groupid_deployment_servers`` does not name, with the computer's name.
    differing: variables that must be equal on all hosts of the deployment, and are not.
    versions: installed versions of GroupID, each with its hosts.
    """

    first: str
    twins: dict[str, list[str]]
    missing: list[str]
    undeclared: dict[str, str]
    differing: list[str]
    versions: dict[str, list[str]]


def name_of(facts: Facts, host: str) -> str:
    """Name the deployment of a host of the run."""
    return str(facts[host]["__groupid_asked"]["deployment"])


def short_name(server: str) -> str:
    """Return a computer's own name, in lower case, from its name or its fully qualified name."""
    return server.split(".", 1)[0].lower()


def plan(facts: Facts, run: c.Sequence[str], known: c.Iterable[str], wanted: c.Sequence[str]) -> Plan:
    """Sort the hosts of a run by deployment.

    run: hosts of the run that have ``__groupid_asked``.
    known: inventory hosts that may be members, with or without those of the run.
    wanted: names or globs of deployments; none means all. `unmet` reports those that match nothing.
    """
    names = {host: name_of(facts, host) for host in run}
    deployments: dict[str, Group] = {
        name: {"hosts": sorted(host for host in run if names[host] == name), "outside": []}
        for name in sorted(set(names.values()))
        if not wanted or any(fnmatch.fnmatchcase(name, pattern) for pattern in wanted)
    }
    for host in known:
        name = declared(facts, host)
        if host not in names and name in deployments:
            deployments[name]["outside"].append(host)
    return {
        "hosts": [host for group in deployments.values() for host in group["hosts"]],
        "deployments": deployments,
    }


def declared(facts: Facts, host: str) -> str:
    """Name the deployment of any host of the inventory, without variables of a play or task.

    Empty if it has none, or if it cannot be read.
    """
    # Ansible resolves the template when it is read, and may raise any exception if only a run of that host can.
    with contextlib.suppress(Exception):
        return str(facts[host].get("groupid_deployment") or "").strip().lower()
    return ""


def may_be_members(groups: c.Mapping[str, c.Sequence[str]], pattern: c.Iterable[str]) -> list[str]:
    """Name the inventory hosts that may be members of a deployment.

    groups: of the inventory. pattern: hosts of ``groupid_hosts``, which may leave out some, as ``--limit`` does. So
    those of the group that it names by default count too. If that has no hosts, all hosts count.
    """
    return list(dict.fromkeys([*pattern, *(groups.get(BY_NAME["groupid_hosts"].default) or groups["all"])]))


def unmet(facts: Facts, run: c.Iterable[str], wanted: c.Iterable[str]) -> list[Failure]:
    """Return a failure for each wanted deployment that no host of the run belongs to."""
    names = sorted({name_of(facts, host) for host in run})
    return [
        Failure(
            "no_such_deployment",
            f"groupid_deployments names {pattern!r}",
            f"the hosts of this run belong to: {', '.join(names)}",
            f"{did_you_mean(pattern, names)}Correct the name, or the --limit of this run.",
        )
        for pattern in wanted
        if not fnmatch.filter(names, pattern)
    ]


def batches(sizes: c.Sequence[int], parallel: int, most: int = 0) -> list[int]:
    """Count the hosts of each batch, for a play's ``serial``, from the sizes of the deployments.

    parallel: how many whole deployments at a time. most: how many hosts. 0: all. A deployment is never divided.
    """
    found: list[list[int]] = []
    for size in sizes:
        full = bool(found) and ((parallel and len(found[-1]) >= parallel) or (most and sum(found[-1]) + size > most))
        if not found or full:
            found.append([])
        found[-1].append(size)
    return [sum(batch) for batch in found]


def fellows(facts: Facts, host: str) -> list[str]:
    """Name the hosts of a host's deployment in this run, with the host itself. None if the run did not choose it."""
    chosen: Plan = facts[host]["__groupid_plan"]
    # Not by the list of all hosts of the run: this is asked often, for each of them.
    asked = facts[host].get("__groupid_asked") or {}
    group = chosen["deployments"].get(str(asked.get("deployment")))
    return list(group["hosts"]) if group and host in group["hosts"] else []


def ready(facts: Facts, host: str) -> bool:
    """Return whether a host can continue: it was chosen, and no host of its deployment has failed so far."""
    members = fellows(facts, host)
    return bool(members) and not any(facts[member].get("__groupid_failures") for member in members)


def review(facts: Facts, chosen: Plan) -> dict[str, Review]:
    """Compare what the hosts of each deployment answered."""
    computers = {host: _computer(facts, host) for host in chosen["hosts"]}
    twins = _twins(facts, {host: computer for host, computer in computers.items() if computer})
    return {name: _review(facts, group, computers, twins) for name, group in chosen["deployments"].items()}


def next_set_ids(facts: Facts, chosen: Plan, now: datetime.datetime, label: str | None = None) -> dict[str, str]:
    """Choose the id of each deployment's set: the one that is configured, otherwise a new one.

    label: label of an additional set, which always gets a new id. None: the set itself.

    now: UTC, with or without a time zone. A new id is later than every set in any member's root, so that the order of
    sets is kept if a clock was set back. Sets that are dated in the future do not count.

    Raises InvalidNameError for a label that is not valid.
    """
    moment = now if now.tzinfo else now.replace(tzinfo=datetime.timezone.utc)
    return {name: _next_set_id(facts, group["hosts"], moment, label) for name, group in chosen["deployments"].items()}


def _next_set_id(facts: Facts, hosts: c.Sequence[str], now: datetime.datetime, label: str | None) -> str:
    wish = facts[hosts[0]]["__groupid_asked"]
    if wish["set_id"] and label is None:
        return str(wish["set_id"])
    answers = [facts[host].get("__groupid_probe") or {} for host in hosts]
    listed = [found["set_id"] for answer in answers for found in (answer.get("backup_root") or {}).get("sets") or []]
    existing = [set_id for set_id in listed if not is_future(set_id, now)]
    return next_set_id(now, existing, wish["set_label"] if label is None else label)


def _computer(facts: Facts, host: str) -> c.Mapping[str, t.Any]:
    probe = facts[host].get("__groupid_probe") or {}
    return probe.get("computer") or {}


def _twins(facts: Facts, computers: c.Mapping[str, c.Mapping[str, t.Any]]) -> dict[str, list[str]]:
    """Find hosts that are the same computer.

    Within a deployment, the computer's name is compared, because it names the part. Across deployments, the fully
    qualified name is compared: servers of two customers may both be called web01.
    """
    same: dict[tuple[str, str], list[str]] = {}
    for host, computer in computers.items():
        deployment = name_of(facts, host)
        same.setdefault((deployment, short_name(computer["server"])), []).append(host)
        same.setdefault(("", str(computer["fqdn"]).lower()), []).append(host)
    twins: dict[str, set[str]] = {}
    for hosts in same.values():
        for host in hosts if len(hosts) > 1 else []:
            twins.setdefault(host, set()).update(other for other in hosts if other != host)
    return {host: sorted(others) for host, others in twins.items()}


def _review(
    facts: Facts,
    group: Group,
    computers: c.Mapping[str, c.Mapping[str, t.Any]],
    twins: c.Mapping[str, list[str]],
) -> Review:
    hosts = group["hosts"]
    wishes = [facts[host]["__groupid_asked"] for host in hosts]
    declared = {short_name(server) for wish in wishes for server in wish["deployment_servers"]}
    servers = {host: short_name(computers[host]["server"]) for host in hosts if computers[host]}
    answered = len(servers) == len(hosts)
    absent = sorted(declared.difference(servers.values())) if declared else group["outside"]
    versions: dict[str, list[str]] = {}
    for host in servers:
        for version in dict.fromkeys(found["version"] for found in facts[host]["__groupid_probe"]["installations"]):
            versions.setdefault(version, []).append(host)
    return {
        "first": min(servers, key=servers.__getitem__) if answered else "",
        "twins": {host: twins[host] for host in hosts if host in twins},
        "missing": list(absent) if answered else [],
        "undeclared": {host: name for host, name in servers.items() if declared and name not in declared},
        "differing": _differing(wishes),
        "versions": versions,
    }


def _differing(wishes: c.Sequence[c.Mapping[str, t.Any]]) -> list[str]:
    views: dict[str, set[object]] = {
        "groupid_deployment_servers": {frozenset(map(short_name, wish["deployment_servers"])) for wish in wishes},
        "groupid_quiesce": {wish.get("quiesce") for wish in wishes},
        "groupid_quiesce_max": {wish.get("quiesce_max") for wish in wishes},
        "groupid_set_id": {wish["set_id"] for wish in wishes},
        "groupid_set_label": {wish["set_label"] for wish in wishes},
        "groupid_signing_key": {wish.get("signing_key_id") for wish in wishes},
    }
    return [name for name, values in views.items() if len(values) > 1]
