# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What prevents a backup that stops GroupID, or one that does not stop it."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    listing,
    quiesce_proof,
    quiescing,
)
from ansible_collections.identityops.groupid.plugins.module_utils.deployments import Facts
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.objections.not_started import BACKUP


def against(facts: Facts, host: str) -> list[Failure]:
    """Check a host's answer about its services of GroupID: may a backup stop them, and could the set be sealed?"""
    if quiescing.mode(facts, host) == quiescing.NONE:
        return _unstopped_elasticsearch(facts, host)
    return [*_stopped_already(facts, host), *_forks(facts, host), *_unwatched(facts, host)]


def _unstopped_elasticsearch(facts: Facts, host: str) -> list[Failure]:
    """Refuse to copy the folder of an Elasticsearch that runs, before anything is done."""
    asked_set = str(facts[host]["__groupid_asked"]["set_id"])
    if asked_set and quiesce_proof.kept(facts, deployments.fellows(facts, host), asked_set)[0]:
        return []  # another run has decided it, and its document says how
    runs = quiesce_proof.runs_elasticsearch(facts, host)
    if runs is False or not decisions.copies_elasticsearch(facts, host):
        return []
    where = listing.server_of(facts, host)
    known = f"Elasticsearch runs on {where}" if runs else f"it is not known whether Elasticsearch runs on {where}"
    cause = f"{known}, and this run copies its folder without stopping it"
    return quiesce_proof.unwaived(facts, host, [quiesce_proof.elasticsearch_runs(BACKUP, cause)])


def _stopped_already(facts: Facts, host: str) -> list[Failure]:
    """Refuse a server on which the record of another run is open, whether that run has stopped anything yet or not."""
    record = (facts[host].get("__groupid_running") or {}).get("record")
    if not record or record.get("resumed"):
        return []
    # Nothing that differs from server to server, so that one line is enough for all of them.
    run = f"run {record['run']} on {record['controller']}, as {record['user']} (epoch {record['epoch']})"
    stopped = f"another run has stopped GroupID on this server and has not started it again: {run}"
    recorded = f"another run has recorded what is running of GroupID on this server, and has stopped nothing yet: {run}"
    return [
        Failure(
            "quiesced",
            BACKUP,
            stopped if record["begun"] else recorded,
            "Wait for the end of that run. If it has ended, start GroupID again with the playbook "
            "identityops.groupid.resume, and run the backup again.",
        )
    ]


def _forks(facts: Facts, host: str) -> list[Failure]:
    """Refuse a run in which servers must wait for each other, but cannot all work at the same time."""
    run = facts[host].get("__groupid_run") or {}
    if "forks" not in run or not quiescing.recorder(facts, host):
        return []
    batched = bool(run.get("batched"))
    hosts = deployments.fellows(facts, host) if batched else facts[host]["__groupid_plan"]["hosts"]
    if len(hosts) <= run["forks"]:
        return []
    whose = f"deployment {deployments.name_of(facts, host)}" if batched else "this play"
    playbook = "identityops.groupid.backup" if batched else "PLAYBOOK"
    return [
        Failure(
            "forks",
            BACKUP,
            f"Ansible works on {run['forks']} servers at the same time, and {whose} has {len(hosts)}, which are saved "
            "together while GroupID is stopped on them",
            f"Run it with --forks {len(hosts)}, as in: ansible-playbook -i INVENTORY {playbook} --forks {len(hosts)}. "
            "Or set groupid_quiesce to none, and GroupID is not stopped.",
        )
    ]


def _unwatched(facts: Facts, host: str) -> list[Failure]:
    """Refuse to stop GroupID for a set that is never sealed, because nothing would prove that it stayed stopped."""
    if facts[host]["__groupid_asked"]["quiesce_max"] or not quiescing.recorder(facts, host):
        return []
    return [
        Failure(
            "epoch_broken",
            BACKUP,
            "groupid_quiesce_max is 0, so no watchdog would check that GroupID stays stopped, and without this check "
            "the set is never sealed",
            "Set groupid_quiesce_max to the seconds for which GroupID may be stopped; or set groupid_quiesce to none, "
            "and GroupID is not stopped.",
        )
    ]


def hidden_sessions(facts: Facts, host: str, found: c.Mapping[str, t.Any]) -> list[Failure]:
    """Refuse to stop GroupID for a set that could not be sealed, because the login does not see who else is there."""
    if quiescing.mode(facts, host) != quiescing.ALL or not quiescing.recorder(facts, host):
        return []
    if (found.get("database") or {}).get("sessions") is not None:
        return []
    login = str((found.get("server") or {}).get("login") or "")
    return quiesce_proof.unwaived(facts, host, [quiesce_proof.sessions_hidden(BACKUP, login)])
