# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a backup stops GroupID on a host, what it would stop, and which server is recorded first.

``Facts`` is as in `deployments`. ``__groupid_running`` is the answer of ``groupid_services`` in the preflight,
``__groupid_recorded_first`` and ``__groupid_recorded`` those with V(recorded), ``__groupid_saved`` that of
``groupid_backup_server``, and ``__groupid_released`` that with V(resumed) after it. Nothing here asks whether a
deployment can continue: failures ask this module.
"""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import (
    decisions,
    deployments,
    failures,
    listing,
    windows_path,
)

Facts = c.Mapping[str, c.Mapping[str, t.Any]]
Answer = c.Mapping[str, t.Any]

ALL, ELASTICSEARCH, NONE = "all", "elasticsearch", "none"
"""What is stopped (``groupid_quiesce``)."""

_MAY_HAVE_BEGUN = frozenset({"connection_lost", "no_answer", "protocol", "job_died", "unexpected", "task"})
"""Codes of failures without an answer of the host, which may have written a record."""

_NOTHING_STOPPED = frozenset({"quiesce_record", "quiesced"})
"""Codes of a stop that was refused because of its record."""

_KINDS = {"services": "service", "pools": "pool", "tasks": "task"}


class Named(t.NamedTuple):
    """One service, application pool or scheduled task. runs: a backup would stop it, or disable the task."""

    kind: str
    name: str
    runs: bool


def hindrance(facts: Facts, host: str) -> str:
    """Return why this run does not stop GroupID on the host's deployment, whatever is asked. Empty if it may.

    A set is one point in time only if all of its servers are stopped together.
    """
    missing = decisions.review(facts, host)["missing"]
    if missing:
        return f"this run does not include {', '.join(missing)}"
    set_id = str(facts[host]["__groupid_asked"]["set_id"])
    if set_id and any(_has_begun(facts, fellow, set_id) for fellow in deployments.fellows(facts, host)):
        return f"set {set_id} has parts of an earlier run"
    return ""


def _has_begun(facts: Facts, host: str, set_id: str) -> bool:
    """Whether the set already has a complete part, or an earlier run's backup into it is still running."""
    parts = (listing.find(facts, host, set_id) or {}).get("parts") or []
    busy = (facts[host].get("__groupid_probe") or {}).get("busy") or {}
    subject = f"{facts[host]['__groupid_asked']['deployment']} {set_id}"
    at_work = (busy.get("operation"), busy.get("subject")) == ("backup", subject)
    # If another computer has the part of the database, no list shows it.
    has_database = bool(_success(facts, host, "__groupid_sql_place").get("complete"))
    return at_work or has_database or any(part.get("state") in listing.SEALABLE for part in parts)


def asked(facts: Facts, host: str) -> str:
    """Return what is asked to be stopped on the host, whether this run may or not."""
    return str((facts[host].get("__groupid_asked") or {}).get("quiesce") or NONE)


def mode(facts: Facts, host: str) -> str:
    """Return what this run may stop on the host: `ALL`, `ELASTICSEARCH` or `NONE`."""
    wish = asked(facts, host)
    return NONE if wish != NONE and hindrance(facts, host) else wish


def kind(facts: Facts, host: str) -> str:
    """Return what to ask a host about: all of GroupID, or only Elasticsearch, if nothing else would be stopped."""
    return ELASTICSEARCH if asked(facts, host) == ELASTICSEARCH else ALL


def things(facts: Facts, host: str) -> list[Named]:
    """Return what the host has of GroupID's services, pools and tasks, in the order of its answer."""
    answer = _success(facts, host, "__groupid_running")
    found = []
    for plural, kind in _KINDS.items():
        for one in answer.get(plural) or []:
            runs = one.get("enabled") if kind == "task" else one.get("state") not in ("stopped", None)
            found.append(Named(kind, str(one.get("path") or one.get("name")), bool(runs)))
    return found


def recorder(facts: Facts, host: str) -> str:
    """Name the host of the deployment whose record is the lock: the first server by name that has something to stop.

    Empty if this run stops nothing there.
    """
    if mode(facts, host) == NONE:
        return ""
    have = [fellow for fellow in deployments.fellows(facts, host) if things(facts, fellow)]
    return min(have, key=lambda fellow: listing.server_of(facts, fellow), default="")


def is_asked_first(facts: Facts, host: str) -> bool:
    """Whether this run has already asked the host, as the first one of its deployment, to record what runs."""
    return bool(_answer(facts, host, "__groupid_recorded_first"))


def recorded(facts: Facts, host: str) -> Answer:
    """Return the answer with which the host was recorded. Empty if it was not, or if that failed."""
    return _success(facts, host, "__groupid_recorded_first") or _success(facts, host, "__groupid_recorded")


def is_recorded(facts: Facts, host: str) -> bool:
    """Whether the host has a record of this run. In check mode, whether it would have one."""
    answer = recorded(facts, host)
    return bool(answer) and bool(answer.get("record") or facts[host]["__groupid_asked"]["check"])


def stops(facts: Facts, host: str) -> bool:
    """Whether this run stops GroupID on the host's deployment: all servers with something to stop are recorded."""
    if not recorder(facts, host):
        return False
    have = [fellow for fellow in deployments.fellows(facts, host) if things(facts, fellow)]
    answered = all(recorded(facts, fellow) for fellow in have)
    return answered and any(is_recorded(facts, fellow) for fellow in have)


def run_of(facts: Facts, host: str) -> str:
    """Return the name of this run in records."""
    return str((facts[host].get("__groupid_run") or {}).get("run") or "")


def resumed(facts: Facts, host: str) -> Answer:
    """Return the last answer that tells how GroupID was started again on the host. Empty if there is none."""
    released = _answer(facts, host, "__groupid_released")
    return released or (_answer(facts, host, "__groupid_saved").get("resumed") or {})


def may_be_stopped(facts: Facts, host: str) -> bool:
    """Whether this run has stopped GroupID on the host, or nothing proves that it has not."""
    saved = _answer(facts, host, "__groupid_saved")
    if not saved or not is_recorded(facts, host):
        return False
    if "stopped" not in saved:
        return True
    stopped = saved["stopped"]
    failure = failures.of_result(stopped or {})
    return stopped is not None and (failure is None or failure.code not in _NOTHING_STOPPED)


def is_left(facts: Facts, host: str) -> bool:
    """Whether a record of this run may still be open on the host, and nothing proves that all is as it was."""
    if facts[host]["__groupid_asked"]["check"] or not (is_recorded(facts, host) or _may_be_recorded(facts, host)):
        return False
    answer = resumed(facts, host)
    return not answer or failures.of_result(answer) is not None


def _may_be_recorded(facts: Facts, host: str) -> bool:
    """Whether the host was asked to record what runs, failed, and has an open record all the same, or may have one."""
    asked = [_answer(facts, host, name) for name in ("__groupid_recorded_first", "__groupid_recorded")]
    return any(
        failure.code in _MAY_HAVE_BEGUN or _has_open_record(answer)
        for answer in asked
        if (failure := failures.of_result(answer))
    )


def _has_open_record(answer: Answer) -> bool:
    record: Answer = answer.get("record") or {}
    return bool(record) and not record.get("resumed")


def downtime(facts: Facts, host: str) -> float | None:
    """Return for how many seconds this run has stopped GroupID on the host. None if it has not, or not known."""
    found = _answer(facts, host, "__groupid_saved").get("downtime_seconds")
    return None if found is None else float(found)


def note(facts: Facts, host: str) -> str:
    """Return why a backup does not stop what runs on the host. Empty if it does, or if nobody asked for it."""
    if asked(facts, host) == NONE or mode(facts, host) != NONE or not _running(facts, host):
        return ""
    return f"This run does not stop GroupID on {deployments.name_of(facts, host)}: {hindrance(facts, host)}."


def stopping(facts: Facts, host: str) -> str:
    """Return what a backup stops on the host. Empty if it stops nothing."""
    running = _running(facts, host)
    if not running or mode(facts, host) == NONE:
        return ""
    named = []
    for kind in _KINDS.values():
        names = [one.name for one in running if one.kind == kind]
        named += [f"{kind}{'s' if len(names) > 1 else ''} {', '.join(names)}"] if names else []
    return f"A backup stops {'; '.join(named)}."


def _running(facts: Facts, host: str) -> list[Named]:
    return [one for one in things(facts, host) if one.runs]


def going_on(facts: Facts, host: str) -> list[str]:
    """Return what a backup that stops GroupID on the host does not stop there, and may be GroupID's."""
    if mode(facts, host) != ALL:
        return []
    answer = _success(facts, host, "__groupid_running")
    found = []
    if similar := _similar(answer):
        found.append(
            f"The names of these look like GroupID's, but a backup does not stop them: {similar}. If one belongs to "
            "GroupID, add it to groupid_services. Then this list must name all of GroupID's of the same kind."
        )
    if programs := _programs(answer):
        found.append(
            "These programs run in GroupID's folders and are not services, so a backup does not stop them itself: "
            f"{', '.join(programs)}. If one still runs when everything else is stopped, the set is not sealed, unless "
            "groupid_waive names programs_running."
        )
    return found


def _similar(answer: Answer) -> str:
    """Return what has a name like GroupID's and counts as nothing of it, each kind once."""
    names: dict[str, list[str]] = {}
    for one in answer.get("similar") or []:
        names.setdefault(str(one.get("kind")), []).append(str(one.get("name")))
    return "; ".join(f"{kind}{'s' if len(of) > 1 else ''} {', '.join(of)}" for kind, of in names.items())


def _programs(answer: Answer) -> list[str]:
    """Return the file names of running programs in GroupID's folders that are not services."""
    of_services = {one.get("process") for one in answer.get("services") or []}
    others = [one for one in answer.get("processes") or [] if one.get("id") not in of_services]
    return sorted({windows_path.last_name(str(one.get("program"))) for one in others})


def _answer(facts: Facts, host: str, name: str) -> Answer:
    found: Answer = facts[host].get(name) or {}
    return {} if found.get("skipped") else found


def _success(facts: Facts, host: str, name: str) -> Answer:
    found = _answer(facts, host, name)
    return {} if failures.of_result(found) else found
