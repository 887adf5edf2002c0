# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of a run as one document, from its beginning to its end: the content of ``run.json``.

docs/reference/run-file.md describes it for those who read it.
"""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import deployments, run_outcome
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import (
    AS_IT_WAS,
    NOT_AS_IT_WAS,
    REFUSED,
    STATES,
    WORK,
    Outcome,
)

SCHEMA = 1
RUNNING = "running"
MARKS = frozenset({"schema", "process", "state", "class", "earlier"})
"""Members by which a file is known as the result of a run."""

Document = dict[str, t.Any]


class Process(t.TypedDict):
    """The ansible-playbook that makes a run. id: another one for each, also where hosts and process ids repeat."""

    host: str
    pid: int
    id: str


def begun(
    process: Process,
    versions: c.Mapping[str, str | None],
    kind: Kind,
    check: bool,
    now: datetime.datetime,
    before: Document | None = None,
) -> Document:
    """Return the document of a run that begins.

    versions: ``collection`` and ``ansible_core``. now: UTC. before: the document that is in the file. If it is of the
    same process, it is kept, so that the result of one playbook does not hide that of another.
    """
    same = before is not None and before["process"] == process
    earlier = [] if not same or before is None else [*before["earlier"], _closed(before, now)]
    return {
        "schema": SCHEMA,
        "process": process,
        **versions,
        "kind": kind,
        "check": check,
        "stops": False,
        "state": RUNNING,
        "class": None,
        "started": _text(now),
        "ended": None,
        "failures": [],
        "deployments": {},
        "earlier": earlier,
    }


def _closed(document: Document, now: datetime.datetime) -> Document:
    ended = unreported(document, now) if document["state"] == RUNNING else document
    return {name: value for name, value in ended.items() if name not in ("process", "earlier")}


def is_begun(document: Document | None, process: Process) -> bool:
    """Whether a run of the process has begun and has no plan yet."""
    if document is None or document["process"] != process:
        return False
    return bool(document["state"] == RUNNING and not document["deployments"])


def planned(document: Document, plan: deployments.Plan, check: bool, stops: bool = False) -> Document:
    """Return the document of a run that has its plan, and is about to ask the servers. stops: it may stop GroupID."""
    servers = {name: {"servers": list(group["hosts"])} for name, group in plan["deployments"].items()}
    return {**document, "check": check, "stops": stops, "deployments": servers}


def ended(document: Document, kind: Kind, outcome: Outcome, now: datetime.datetime) -> Document:
    """Return the document of a run that has ended. Its class is the worst of all runs of the process."""
    found = _worst([outcome["class"], *(one["class"] for one in document["earlier"])])
    return {**document, **outcome, "kind": kind, "class": found, "state": STATES[found], "ended": _text(now)}


def _worst(classes: c.Sequence[int]) -> int:
    found = max(classes)
    # One was refused, and another one was not.
    return AS_IT_WAS if found == REFUSED and set(classes) != {REFUSED} else found


def unreported(document: Document, now: datetime.datetime) -> Document:
    """Return the document of a run that ended without its report. What it has changed by then is not known."""
    kind: Kind = document["kind"]
    has_plan = bool(document["deployments"])
    touches = kind in run_outcome.TOUCHES_SERVERS or bool(document.get("stops"))
    unknown = has_plan and touches and not document["check"]
    found = NOT_AS_IT_WAS if unknown else AS_IT_WAS if has_plan else REFUSED
    failure = _NO_REPORT if has_plan else _NO_PLAN
    told = run_outcome.of_run(failure, WORK[kind] if has_plan else "plan")
    outcome: Outcome = {
        "class": found,
        "state": STATES[found],
        "failures": [told],
        "deployments": document["deployments"],
    }
    return ended(document, kind, outcome, now)


_NO_PLAN = Failure(
    "no_report",
    "The run ended before its plan was made",
    "Ansible ended it, or somebody did",
    "Ansible's output has the reason. No server was asked anything.",
)
_NO_REPORT = Failure(
    "no_report",
    "The run ended before its report, so it is not known how far it came",
    "Ansible ended it, or somebody did",
    "Ansible's output has the reason. Look at the servers, and run again.",
)


def _text(moment: datetime.datetime) -> str:
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
