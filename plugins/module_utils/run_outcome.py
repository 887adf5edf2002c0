# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run ended: its class, its sets, its failures, and what is not as it was.

Ansible's own exit codes cannot say this: they count hosts that failed. ``Facts`` is a `run_state.RunState`.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    failures,
    quiescing,
    seals,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Answer = c.Mapping[str, t.Any]

DONE, REFUSED, AS_IT_WAS, NOT_AS_IT_WAS = 0, 2, 3, 4
"""Classes: done; refused before anything was touched; failed, and everything is as it was and runs; failed, and
something that is named is not as it was."""

STATES: t.Mapping[int, str] = {DONE: "done", REFUSED: "refused", AS_IT_WAS: "failed", NOT_AS_IT_WAS: "failed"}

End = t.Literal["as_asked", "as_before", "not_as_before", "not_known"]

WORK: t.Mapping[Kind, str] = {
    "preflight": "preflight",
    "list": "list",
    "resume": "resume",
    "rehearse": "rehearsal",
    "backup": "backup",
    "verify": "verify",
    "restore": "restore",
}
"""The phase in which a run does its actual work, on every host of its plan."""

TOUCHES_SERVERS: t.Final[frozenset[str]] = frozenset({"restore", "resume"})
"""Kinds of runs that change what GroupID itself works with. All others write to backup roots and scratch folders."""

MAY_HAVE_BEGUN = frozenset({"connection_lost", "no_answer", "protocol", "job_died", "unexpected", "task"})
"""Codes of failures without an answer of the host, where the operation may have begun, and may go on."""

_ONLY_READ = ("verify", "list")

_UNFINISHED: t.Mapping[str, End] = {"restore_unfinished": "not_as_before", "journal": "not_known"}
"""Codes of failures because of a restore that was interrupted earlier, also in another run."""


class Change(t.TypedDict):
    """One thing that a run has changed, or tried to.

    host: that did it. what: ``folders``, ``database``, ``group_attributes``, ``services``, or one ``service``, ``pool``
    or ``task``. name, where: of the database and its server, the domain and its server, the service, pool or task.
    end: how it is now. note: why it is not as it should be.
    """

    host: str
    what: str
    name: str | None
    where: str | None
    end: End
    note: str | None


class Stopped(t.TypedDict):
    """What a run has stopped and not started again, or may not have started again.

    what: as in `Change`. name: null: everything that was stopped on the host.
    """

    host: str
    what: str
    name: str | None
    note: str | None


Ended = t.TypedDict(
    "Ended",
    {
        "class": int,
        "state": str,
        "set_id": "str | None",
        "sealed": "bool | None",
        "unsealed": "list[str]",
        "safety_set_ids": "list[str]",
        "servers": "list[str]",
        "failures": "list[failures.Shared]",
        "changes": "list[Change]",
        "downtime_seconds": "float | None",
        "downtimes": "dict[str, float]",
        "still_stopped": "list[Stopped]",
    },
)
"""How a run ended for one deployment.

set_id: made, verified or restored. None if there is none. sealed: of a backup. unsealed: folders of the set, if it is
not sealed. safety_set_ids: sets with what a restore replaced. downtime_seconds: the longest of `downtimes`, which are
by host: how long the run has stopped GroupID there.
"""

Outcome = t.TypedDict(
    "Outcome",
    {
        "class": int,
        "state": str,
        "failures": "list[failures.Shared]",
        "deployments": "dict[str, Ended]",
    },
)
"""How a run ended. failures: those of the run as a whole."""


def run_outcome(facts: Facts, plan: deployments.Plan, kind: Kind, active: c.Container[str]) -> Outcome:
    """Return how a run ended.

    active: the hosts that Ansible has left in the run.
    """
    ended = {name: _deployment(facts, group["hosts"], kind, active) for name, group in plan["deployments"].items()}
    begun = any(_begun(facts, host) for host in plan["hosts"])
    found = max((one["class"] for one in ended.values()), default=REFUSED)
    result = AS_IT_WAS if found == REFUSED and begun else found
    return {"class": result, "state": STATES[result], "failures": [], "deployments": ended}


def refused(told: c.Sequence[failures.Shared]) -> Outcome:
    """Return the end of a run that was refused before its plan was made."""
    return {"class": REFUSED, "state": STATES[REFUSED], "failures": list(told), "deployments": {}}


def of_run(failure: Failure, phase: str = "plan") -> failures.Shared:
    """Return a failure of a run as a whole."""
    return {**failures.recorded(phase, failure), "hosts": []}


def _deployment(facts: Facts, hosts: c.Sequence[str], kind: Kind, active: c.Container[str]) -> Ended:
    told = [*failures.shared(facts, hosts), *_unnoticed(facts, hosts, kind, active)]
    changes = [change for host in hosts for change in _changes(facts, host, kind, active)]
    if not told:
        result = DONE
    elif any(change["end"] != "as_before" for change in changes):
        result = NOT_AS_IT_WAS
    else:
        result = AS_IT_WAS if any(_begun(facts, host) for host in hosts) else REFUSED
    set_id = _set_id(facts, hosts, kind)
    downtimes = {host: seconds for host in hosts if (seconds := quiescing.downtime(facts, host)) is not None}
    sealed = kind == "backup" and set_id is not None and seals.progress(facts, hosts, set_id)["decided"]
    return {
        "class": result,
        "state": STATES[result],
        "set_id": set_id,
        "sealed": sealed if kind == "backup" else None,
        "unsealed": _set_folders(facts, hosts, set_id) if kind == "backup" and set_id and not sealed else [],
        "safety_set_ids": _safety_sets(facts, hosts),
        "servers": list(hosts),
        "failures": told,
        "changes": changes,
        "downtime_seconds": max(downtimes.values(), default=None),
        "downtimes": downtimes,
        "still_stopped": [_still_stopped(change) for change in changes if _is_stopped(change)],
    }


_OF_SERVICES = frozenset({"services", "service", "pool", "task"})


def _is_stopped(change: Change) -> bool:
    return change["what"] in _OF_SERVICES and change["end"] in ("not_as_before", "not_known")


def _still_stopped(change: Change) -> Stopped:
    return {"host": change["host"], "what": change["what"], "name": change["name"], "note": change["note"]}


def _unnoticed(facts: Facts, hosts: c.Iterable[str], kind: Kind, active: c.Container[str]) -> list[failures.Shared]:
    """Return a failure for hosts without one of their own, on which the run did not finish."""
    sound = [host for host in hosts if not facts[host].get("__groupid_failures")]
    gone = [host for host in sound if host not in active]
    # If another host of the deployment failed, a host does nothing more, and this is reported.
    idle = [] if len(sound) < len(list(hosts)) else [host for host in sound if not _came_to(facts, host, WORK[kind])]
    found = [(gone, _GONE), ([host for host in idle if host not in gone], _IDLE)]
    return [{**failures.recorded(WORK[kind], failure), "hosts": names} for names, failure in found if names]


_GONE = Failure(
    "left_the_run",
    "The run did not finish on this host",
    "Ansible took the host out of the run",
    "Look in Ansible's output for the task that failed.",
)
_IDLE = Failure(
    "nothing_done",
    "Nothing was done on this host",
    "the run left out the tasks for it",
    "Run again, and leave no play or task of the playbook out.",
)


def _came_to(facts: Facts, host: str, phase: str) -> bool:
    return phase in facts[host]["__groupid_phases"]


def _begun(facts: Facts, host: str) -> bool:
    """Whether a task of the work itself ran on the host. In check mode, only what reads is done."""
    check = (facts[host].get("__groupid_asked") or {}).get("check")
    phases = facts[host]["__groupid_phases"]
    return any(ran and phase != "preflight" and (phase in _ONLY_READ or not check) for phase, ran in phases.items())


def _changes(facts: Facts, host: str, kind: Kind, active: c.Container[str]) -> c.Iterator[Change]:
    known = facts[host]
    asked = known.get("__groupid_asked") or {}
    for one in known.get("__groupid_failures") or []:
        if one["code"] in _UNFINISHED:
            yield _change(host, "folders", _UNFINISHED[one["code"]], one["cause"])
    if asked.get("check"):
        return
    yield from _folders(host, known.get("__groupid_restored") or {})
    yield from _database(host, known.get("__groupid_sql_restored") or {}, asked)
    for domain, one in (known.get("__groupid_attributes") or {}).items():
        yield from _group_attributes(host, domain, one.get("restore") or {})
    yield from _services(host, known.get("__groupid_resumed") or {})
    yield from _quiesced(facts, host, active)
    if kind in TOUCHES_SERVERS and host not in active and not known.get("__groupid_failures"):
        yield _change(host, "folders" if kind == "restore" else "services", "not_known", _GONE.cause)


def _change(
    host: str, what: str, end: End, note: str | None = None, name: str | None = None, where: str | None = None
) -> Change:
    return {"host": host, "what": what, "name": name, "where": where, "end": end, "note": note}


def _folders(host: str, answer: Answer) -> c.Iterator[Change]:
    """A restore of folders is undone if it fails. An answer that says *not changed* proves this."""
    failure = failures.of_result(answer)
    if not answer or answer.get("skipped") or (failure and failure.code in _UNFINISHED):
        return
    if failure is None:
        yield _change(host, "folders", "as_asked" if answer.get("changed") else "as_before")
    else:
        unknown = answer.get("changed") or failure.code in MAY_HAVE_BEGUN
        yield _change(host, "folders", "not_known" if unknown else "as_before", failure.cause or failure.what)


_DATABASE_ENDS: t.Mapping[str, End] = {
    "restored": "not_as_before",  # with a failure: it is not opened, or not all logins are joined
    "as_found": "as_before",
    # It has the data of the safety backup. What was written after it is in no backup.
    "rolled_back": "not_as_before",
    "broken": "not_as_before",
    "unknown": "not_known",
}


def _database(host: str, answer: Answer, asked: Answer) -> c.Iterator[Change]:
    if not answer or answer.get("skipped"):
        return
    failure, outcome = failures.of_result(answer), answer.get("outcome")
    name, where = answer.get("database") or asked.get("sql_database"), asked.get("sql_server")
    if failure is None:
        yield _change(host, "database", "as_asked", None, name, where)
        return
    # If the module returned no result, the host may be unreachable because the connection was lost in the middle.
    lost = failure.code in MAY_HAVE_BEGUN or failure.code == "unreachable"
    unknown = outcome or lost or answer.get("changed")
    end = _DATABASE_ENDS.get(str(outcome), "not_known" if unknown else "as_before")
    yield _change(host, "database", end, failure.cause or failure.what, name, where)


_LEFT_ALONE = frozenset({"conflicts", "refused"})
"""Codes of a restore of group attributes that was completed, but some groups were not changed, each for a reason."""


def _group_attributes(host: str, domain: str, answer: Answer) -> c.Iterator[Change]:
    """If an answer has no counts, nothing was written: it failed before the first write."""
    if not answer:
        return
    failure, where = failures.of_result(answer), answer.get("directory_server")
    end: End
    if failure is None:
        end = "as_asked" if answer.get("changed") else "as_before"
    elif answer.get("changed"):
        end = "not_as_before"
    elif "counts" in answer:
        end = "as_before" if failure.code in _LEFT_ALONE else "not_known"
    else:
        end = "not_known" if failure.code in ("unexpected", "task") else "as_before"
    note = (failure.cause or failure.what) if failure else None
    yield _change(host, "group_attributes", end, note, domain, where)


_ENTRY_ENDS: t.Mapping[str, End] = {"resumed": "as_before", "failed": "not_as_before"}
"""Outcomes of what was stopped. Others are not changes of the run: never stopped, or changed by somebody else."""


def _services(host: str, answer: Answer) -> c.Iterator[Change]:
    if not answer or answer.get("skipped"):
        return
    failure = failures.of_result(answer)
    entries = [one for one in answer.get("entries") or [] if one["outcome"] in _ENTRY_ENDS]
    for one in entries:
        yield _change(host, one["kind"], _ENTRY_ENDS[one["outcome"]], one.get("note"), one["name"])
    if failure and not any(one["outcome"] == "failed" for one in entries):
        yield _change(host, "services", "not_known", failure.cause or failure.what)


def _quiesced(facts: Facts, host: str, active: c.Container[str]) -> c.Iterator[Change]:
    """What a backup has stopped. Without an answer that all of it runs again, its state is not known."""
    if not quiescing.is_recorded(facts, host):
        return
    answer = quiescing.resumed(facts, host)
    yield from _services(host, answer)
    if not answer:
        gone = "Ansible took the host out of the run" if host not in active else "the run did not start it again"
        yield _change(host, "services", "not_known", f"GroupID was recorded to be stopped, and {gone}")


def _set_id(facts: Facts, hosts: c.Sequence[str], kind: Kind) -> str | None:
    if kind == "backup":
        made = [host for host in hosts if _came_to(facts, host, WORK[kind])]
        made = [host for host in made if not facts[host]["__groupid_asked"]["check"]]
        return next((found for host in made if (found := facts[host].get("__groupid_set_id"))), None)
    if kind == "verify":
        return next((found for host in hosts if (found := facts[host].get("__groupid_verify_set"))), None)
    return str(facts[hosts[0]]["__groupid_asked"]["set_id"]) or None if kind == "restore" else None


def _set_folders(facts: Facts, hosts: c.Iterable[str], set_id: str) -> list[str]:
    """Name the folders of a set, in each root in which this run may have written."""
    folders: dict[str, None] = {}
    for host in hosts:
        asked = facts[host]["__groupid_asked"]
        own = any(map(_may_have_written, _answers(facts, host, ("__groupid_part", "__groupid_domain_parts"))))
        away = any(map(_may_have_written, _answers(facts, host, ("__groupid_sql_place",))))
        roots = [str(asked["backup_root"])] * own + [decisions.database_root(facts, host)] * away
        folders |= {"\\".join([root.rstrip("\\"), str(asked["deployment"]), set_id]): None for root in roots}
    return list(folders)


def _answers(facts: Facts, host: str, names: c.Iterable[str]) -> c.Iterator[Answer]:
    for name in names:
        registered = facts[host].get(name) or {}
        yield from registered.get("results") or [registered]


def _may_have_written(answer: Answer) -> bool:
    failure = failures.of_result(answer)
    if failure is None:
        return bool(answer) and not answer.get("skipped") and not answer.get("taken")
    return bool(answer.get("changed")) or failure.code in MAY_HAVE_BEGUN


def _safety_sets(facts: Facts, hosts: c.Iterable[str]) -> list[str]:
    found: dict[str, None] = {}
    for host in hosts:
        known = facts[host]
        if (known.get("__groupid_asked") or {}).get("check"):
            continue
        done = [known.get("__groupid_restored") or {}]
        done += [one.get("restore") or {} for one in (known.get("__groupid_attributes") or {}).values()]
        found |= {str(one["safety"]["set_id"]): None for one in done if (one.get("safety") or {}).get("set_id")}
    return list(found)
