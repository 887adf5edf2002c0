# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts of a run hold for the functions that decide, as the roles leave it there."""

from __future__ import annotations

import copy
import datetime
import functools
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    deployments,
    failures,
    review,
    settings,
    signature,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState

SET = "20261122T120000Z"
GUID = "guid of {}"
NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.timezone.utc)

Facts = dict[str, dict[str, t.Any]]


@functools.cache
def _defaults(role: str) -> dict[str, t.Any]:
    understood = settings.understand({"groupid_deployment": "hq", "groupid_backup_root": "D:\\Backups"}, role)
    assert not understood.failures
    return understood.values


def asked(deployment: str = "hq", role: str = "backup", **values: t.Any) -> dict[str, t.Any]:
    """Return what is asked of a host: the defaults of a role, but for the values."""
    known = {**copy.deepcopy(_defaults(role)), "usual": None, "check": False, "signing_key_id": None}
    assert not values.keys() - known.keys()
    return {**known, "deployment": deployment, **values}


def part(server: str, **fields: t.Any) -> dict[str, t.Any]:
    """Return a whole part as a backup root shows it."""
    return {
        "server": server,
        "state": "complete",
        "part_sha256": "a" * 64,
        "machine_guid": GUID.format(server),
        "version": "10.0",
        "files": 3,
        "directories": 2,
        "bytes": 12,
        "epoch": SET,
        "finished": "2026-11-22T12:00:01.0000000Z",
        "details": None,
        "components": {},
        **fields,
    }


def listed(*parts: dict[str, t.Any], set_id: str = SET, **fields: t.Any) -> dict[str, t.Any]:
    """Return a sealed, full set as a backup root shows it."""
    names = [one["server"] for one in parts]
    return {
        "deployment": "hq",
        "set_id": set_id,
        "path": f"D:\\Backups\\hq\\{set_id}",
        "sealed": True,
        "prepared_sha256": "d" * 64,
        "seal_sha256": "d" * 64,
        "members": names,
        "decider": names[0] if names else None,
        "narrowed": [],
        "scope": None,
        "parts": list(parts),
        **fields,
    }


def probe(
    server: str, *sets: dict[str, t.Any], versions: t.Sequence[str] = ("10.0",), **root: t.Any
) -> dict[str, t.Any]:
    """Return the answer of groupid_info. root: fields of the backup root."""
    return {
        "schema": 1,
        "computer": {
            "server": server,
            "fqdn": f"{server}.corp.example",
            "machine_guid": GUID.format(server),
            "user": "CORP\\svc-backup",
        },
        "installations": [{"version": version, "components": []} for version in versions],
        "busy": None,
        "backup_root": {
            "path": "D:\\Backups",
            "exists": True,
            "free_bytes": 53_687_091_200,
            "writable_by": [],
            "error": None,
            "sets": list(sets),
            **root,
        },
    }


IDLE = {"schema": 1, "services": [], "pools": [], "tasks": [], "processes": [], "record": None}
"""Answer of groupid_services on a host on which nothing of GroupID runs."""


def verdict(state: signature.State) -> signature.Verdict:
    """Return what is known about the signature of a seal."""
    return {"state": state, "key_id": None if state in ("missing", "wrong") else "a" * 16, "given": ["b" * 16]}


def failed(*failures_: Failure, phase: str = "preflight") -> list[failures.Recorded]:
    """Return what went wrong on a host."""
    return [failures.recorded(phase, failure) for failure in failures_]


DISK_FULL = Failure(
    "no_space", "The part was not written", "There is not enough space on the disk. (112)", "Free some."
)


def make(deployment: str = "hq", *servers: str, role: str = "backup", **values: t.Any) -> Facts:
    """Return hosts that are called like their computers, of one deployment, each with one sealed set of its part."""
    return {
        server: {
            "groupid_deployment": deployment,
            "__groupid_asked": asked(deployment, role, **values),
            "__groupid_failures": [],
            "__groupid_probe": probe(server, listed(part(server), members=list(servers), decider=min(servers))),
        }
        for server in servers
    }


def ask(facts: Facts, **values: t.Any) -> Facts:
    """Let all hosts of a run ask for something else too."""
    for host in facts.values():
        if "__groupid_asked" in host:
            host["__groupid_asked"].update(values)
    return facts


def planned(facts: Facts, run: t.Sequence[str] | None = None, wanted: t.Sequence[str] = ()) -> deployments.Plan:
    """Plan a run and compare the answers, and note both on its hosts as the roles do."""
    hosts = [host for host in facts if "__groupid_asked" in facts[host]] if run is None else run
    plan = deployments.plan(facts, hosts, facts, wanted)
    for host in hosts:
        facts[host]["__groupid_plan"] = plan
    review = deployments.review(facts, plan)
    for host in hosts:
        facts[host]["__groupid_review"] = review
    return plan


def answered(kind: review.Kind, *servers: str, role: str = "", deployment: str = "hq", **values: t.Any) -> Facts:
    """Return what tasks have registered on the hosts of a run of one deployment when all have answered.

    Each has one sealed set of its part, as `make` has it. kind: what the run is for. values: what is asked of them.
    """
    role = role or ("preflight" if kind == "rehearse" else kind)
    probes = make(deployment, *servers, role=role, **values)
    settings_ = {"asked": asked(deployment, role, **values), "failures": []}
    hostvars: Facts = {
        host: {
            "__groupid_settings": copy.deepcopy(settings_),
            "__groupid_probe": probes[host]["__groupid_probe"],
            **({"__groupid_running": IDLE} if kind in ("preflight", "backup") else {}),
        }
        for host in servers
    }
    return reviewed(hostvars, kind)


def reviewed(hostvars: Facts, kind: review.Kind) -> Facts:
    """Plan the run of the hosts that were asked something, and review their answers, as the roles do."""
    run = [host for host in hostvars if "__groupid_settings" in hostvars[host]]
    plan = deployments.plan(RunState(hostvars), run, hostvars, ())
    for host in run:
        hostvars[host]["__groupid_planned"] = {"plan": plan}
    found = review.review(hostvars, plan, kind, NOW)
    for host in run:
        hostvars[host]["__groupid_review"] = found
    return hostvars
