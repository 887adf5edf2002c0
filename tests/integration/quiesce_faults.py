# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong while servers are stopped and saved, as a table: phase, server, kind, and how it must end.

Each row has a deployment of its own, so that one ansible-playbook proves many rows. Rows of level ``server`` are about
the action groupid_backup_server, those of level ``run`` about a whole backup.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import itertools
import threading
import typing as t

from lab.fleet import Host
from lab.lab import Lab
from lab.mishaps import Faults, Mishap, Step, faulty, faulty_job
from lab.processes import KilledError
from lab.services import ELASTICSEARCH
from lab.waiting import until

Server = t.Literal["first", "other"]
Kind = t.Literal["error", "unreachable", "lost answer", "kill", "disk full", "reboot", "lost share", "time-out"]
Heal = t.Literal["", "resume"]

LOST_SECONDS = 3.0
"""Seconds that a host is out of reach where only an answer is lost. The controller asks again for longer."""
_STATE = "*/ProgramData/identityops.groupid/quiesce*"
_ROOTS = ("*/GroupIDBackups/*", "*/shares/*")


@dataclasses.dataclass(frozen=True)
class Row:
    """One fault. strike: gives what is done to the lab for it, by the lab and the host's name.

    code: of the failure on the server that is struck; empty: there is none. fellow: of the failure on the other server
    of its deployment; None: there is no other server. klass: class of the deployment in run.json, of level ``run``.
    heal: what brings GroupID back if the run itself did not.
    """

    level: t.Literal["server", "run"]
    phase: str
    server: Server
    kind: Kind
    strike: c.Callable[[Lab, str], object]
    code: str
    fellow: str | None = None
    klass: int = 0
    heal: Heal = ""
    arguments: c.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name the row."""
        return f"{self.phase}, {self.server}, {self.kind}"


def _mishap(operation: str, before: t.Any = None, after: t.Any = None, **more: t.Any) -> c.Callable[[Lab, str], object]:
    """Strike at one request; the steps are given the lab first."""

    def bound(lab: Lab, step: t.Any) -> Step | None:
        return (lambda host: step(lab, host)) if step else None

    def strike(lab: Lab, name: str) -> None:
        lab.mishaps.append(Mishap(name, operation, bound(lab, before), bound(lab, after), **more))

    return strike


def _with(step: Step) -> c.Callable[[Lab, Host], Faults | None]:
    return lambda dummy, host: step(host)


def _cut(lab: Lab, host: Host) -> None:
    lab.outages.cut(host)


def _lose(lab: Lab, host: Host) -> None:
    """Lose the answer, and be there again after a while."""
    lab.outages.begin(host)
    threading.Timer(LOST_SECONDS, lab.outages.end, (host,)).start()


def _restart(lab: Lab, host: Host) -> None:
    """Be restarted before anything of the request is done."""
    lab.reboot(host)
    raise KilledError


def _hang(lab: Lab, host: Host) -> Faults:
    """Have a file that another program holds, for which the job waits."""
    held = next(path for path in sorted(lab.components(host.name)["reports"].rglob("*.html")) if path.is_file())
    return {"in_job": {"locked": [str(held)]}}


def _restart_in_the_middle(lab: Lab, host: Host) -> Faults:
    """Be restarted while the job waits."""
    jobs = lab.path(host.name, "C:\\ProgramData\\identityops.groupid\\jobs")

    def strike() -> None:
        until(lambda: list(jobs.glob("backup-*/state.json")), "the job")
        lab.reboot(host)

    threading.Thread(target=strike, daemon=True).start()
    return _hang(lab, host)


def _service(**facts: t.Any) -> c.Callable[[Lab, str], object]:
    return lambda lab, name: lab.services(name).change("services", ELASTICSEARCH, **facts)


def _service_then(**facts: t.Any) -> c.Callable[[Lab, Host], None]:
    return lambda lab, host: lab.services(host.name).change("services", ELASTICSEARCH, **facts)


FAULTS_OF_SERVICES: dict[str, t.Any] = {"codes": {}, "hangs": []}
"""What heals a service."""

_PATIENT = {"retries": 1000, "retry_wait": 0.1}
_LIMIT = 20

_ServerRow = tuple[str, Kind, c.Callable[[Lab, str], object], str, Heal, dict[str, t.Any]]

_ON_EACH: tuple[_ServerRow, ...] = (
    ("stop", "error", _service(codes={"stop": 5}), "stop_failed", "", {}),
    ("stop", "unreachable", _mishap("quiesce", _cut), "unreachable", "", {}),
    ("stop", "lost answer", _mishap("quiesce", after=_lose), "", "", {}),
    ("stop", "kill", _mishap("quiesce", _with(faulty_job(die_at=30))), "job_died", "", {}),
    ("stop", "disk full", _mishap("quiesce", _with(faulty_job(full=[_STATE]))), "write_failed", "", {}),
    ("stop", "reboot", _mishap("quiesce", _restart), "", "", {}),
    ("stop", "time-out", _service(hangs=["stop"]), "stop_failed", "", {"item_timeout": 2}),
    ("folders", "error", _mishap("backup", _with(faulty_job(denied=[*_ROOTS]))), "write_failed", "", {}),
    ("folders", "unreachable", _mishap("backup", _cut), "unreachable", "resume", {}),
    ("folders", "lost answer", _mishap("backup", after=_lose), "", "", {}),
    ("folders", "kill", _mishap("backup", _with(faulty_job(die_at=60))), "job_died", "", {}),
    ("folders", "disk full", _mishap("backup", _with(faulty_job(full=[*_ROOTS]))), "write_failed", "", {}),
    ("folders", "reboot", _mishap("backup", _restart_in_the_middle), "job_died", "", {**_PATIENT}),
    ("folders", "lost share", _mishap("backup", _with(faulty(lost_share=53))), "root_unreadable", "", {"shared": True}),
    ("folders", "time-out", _mishap("backup", _hang), "", "", {**_PATIENT, "limit": _LIMIT}),
    ("resume", "error", _mishap("resume", _service_then(codes={"start": 1069})), "resume_incomplete", "resume", {}),
    ("resume", "unreachable", _mishap("resume", _cut), "unreachable", "resume", {}),
    ("resume", "lost answer", _mishap("resume", after=_lose), "", "", {}),
    ("resume", "kill", _mishap("resume", _with(faulty_job(die_at=10))), "job_died", "resume", {}),
    ("resume", "disk full", _mishap("resume", _with(faulty_job(full=[_STATE]))), "", "", {}),
    ("resume", "reboot", _mishap("resume", _restart), "", "", {}),
    (
        "resume",
        "time-out",
        _mishap("resume", _service_then(hangs=["start"])),
        "resume_incomplete",
        "resume",
        {"item_timeout": 2},
    ),
)

SERVERS: tuple[Row, ...] = tuple(
    Row("server", phase, server, kind, strike, code, None if server == "first" else "", 0, heal, arguments)
    for server, (phase, kind, strike, code, heal, arguments) in itertools.product(("first", "other"), _ON_EACH)
)
