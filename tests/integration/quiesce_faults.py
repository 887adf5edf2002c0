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
import threading
import typing as t

from lab import databases, inventory
from lab.fleet import Host
from lab.lab import Lab
from lab.mishaps import Faults, Mishap, Step, faulty, faulty_job
from lab.processes import KilledError
from lab.services import ELASTICSEARCH
from lab.waiting import until

Server = t.Literal["first", "other"]
Kind = t.Literal["error", "unreachable", "lost answer", "kill", "disk full", "reboot", "lost share", "time-out"]
Heal = t.Literal["", "watchdog", "resume"]

LOST_SECONDS = 3.0
"""Seconds that a host is out of reach where only an answer is lost. The controller asks again for longer."""
TIMED_OUT = "timed out"
"""The code of a task that Ansible ended, which has none."""
_RECORD = "*/.quiesce.json*"
_ROOTS = ("*/GroupIDBackups/*", "*/shares/*")


Strike = c.Callable[[Lab, str], object]


@dataclasses.dataclass(frozen=True)
class Row:
    """One fault. strike: does it, or orders it, on a server of a lab.

    code: of the failure on the server that is struck, one of two if it depends on the moment; empty: there is none.
    saved: whether its part is complete. heal: what brings GroupID back if the run itself did not: its own watchdog, or
    the operation that an operator uses.
    klass, sealed: of the deployment, as run.json has it, of a row about a whole run.
    restarted: the host was restarted, by which Windows itself starts and does not start services.
    arguments: of the action on this server; limit (of the task) and shared (the share is its root) too.
    """

    phase: str
    server: Server
    kind: Kind
    strike: Strike
    code: str = ""
    saved: bool = True
    heal: Heal = ""
    klass: int = 0
    sealed: bool = True
    restarted: bool = False
    arguments: c.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def recorded(self) -> bool:
        """Whether what ran was recorded before this row's fault."""
        return self.phase != "record" and (self.phase, self.kind, self.klass) != ("stop", "reboot", 0)

    @property
    def name(self) -> str:
        """Name the row."""
        return f"{self.phase}, {self.server}, {self.kind}"


@dataclasses.dataclass(frozen=True)
class Deployment:
    """A deployment with its servers' names, and the rows that are proved on it."""

    name: str
    rows: tuple[Row, ...]
    alone: bool

    @property
    def hosts(self) -> tuple[str, ...]:
        """Name its servers, the first one first."""
        return (f"{self.name}-a",) if self.alone else (f"{self.name}-a", f"{self.name}-b")

    def struck(self, row: Row) -> str:
        """Name the server of a row."""
        return self.hosts[0] if row.server == "first" else self.hosts[1]


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


def _reboot(lab: Lab, host: Host) -> None:
    lab.reboot(host)


def _restart(lab: Lab, host: Host) -> None:
    """Be restarted before anything of the request is done."""
    lab.reboot(host)
    raise KilledError


def _hang(lab: Lab, host: Host) -> Faults:
    """Have a file that another program holds, for which the job waits."""
    held = next(path for path in sorted(lab.components(host.name)["reports"].rglob("*.html")) if path.is_file())
    return {"in_job": {"locked": [str(held)]}}


def _restart_in_the_middle(lab: Lab, host: Host) -> Faults:
    """Be restarted while the job waits, with a part of which some is there."""
    root = lab.path(host.name, inventory.LOCAL_ROOT)

    def strike() -> None:
        until(lambda: list(root.glob(f"*/*/{host.name}/*")), "the part")
        lab.reboot(host)

    threading.Thread(target=strike, daemon=True).start()
    return _hang(lab, host)


def _service(**facts: t.Any) -> Strike:
    return lambda lab, name: lab.services(name).change("services", ELASTICSEARCH, **facts)


def _service_then(**facts: t.Any) -> c.Callable[[Lab, Host], None]:
    return lambda lab, host: lab.services(host.name).change("services", ELASTICSEARCH, **facts)


_PATIENT = {"retries": 100, "retry_wait": 1.0}
_LIMIT = 40
"""Seconds for a task that hangs. On a slow machine, it may meet another part of the work, which ends as well."""

_Case = tuple[Kind, Strike, str, bool, Heal, dict[str, t.Any]]

_STOP: tuple[_Case, ...] = (
    ("error", _service(codes={"stop": 5}), "stop_failed", False, "", {}),
    ("unreachable", _mishap("quiesce", _cut), "connection_lost", False, "", {}),
    ("kill", _mishap("quiesce", _with(faulty_job(die_at=40))), "job_died", False, "", {}),
    ("disk full", _mishap("quiesce", _with(faulty_job(full=[_RECORD]))), "write_failed", False, "", {}),
    ("time-out", _service(hangs=["stop"]), "stop_failed", False, "resume", {"item_timeout": 2}),
    ("lost answer", _mishap("quiesce", after=_lose), "", True, "", {}),
    ("reboot", _mishap("quiesce", _restart), "", True, "", {}),
)
_FOLDERS: tuple[_Case, ...] = (
    ("error", _mishap("backup", _with(faulty_job(denied=[*_ROOTS]))), "write_failed", False, "", {}),
    ("unreachable", _mishap("backup", _cut), "connection_lost", False, "watchdog", {}),
    ("lost answer", _mishap("backup", after=_lose), "", True, "", {}),
    ("kill", _mishap("backup", _with(faulty_job(die_at=60))), "job_died", False, "", {}),
    ("disk full", _mishap("backup", _with(faulty_job(full=[*_ROOTS]))), "write_failed", False, "", {}),
    ("reboot", _mishap("backup", _restart_in_the_middle), "part_exists", False, "", {**_PATIENT}),
    ("lost share", _mishap("backup", _with(faulty(lost_share=53))), "root_unreadable", False, "", {"shared": True}),
    ("time-out", _mishap("backup", _hang), TIMED_OUT, False, "", {**_PATIENT, "limit": _LIMIT}),
)
_REFUSED, _HANGING = _service_then(codes={"start": 1069}), _service_then(hangs=["start"])
_RESUME: tuple[_Case, ...] = (
    ("error", _mishap("resume", _REFUSED), "resume_incomplete", True, "resume", {}),
    ("unreachable", _mishap("resume", _cut), "connection_lost", True, "watchdog", {}),
    ("lost answer", _mishap("resume", after=_lose), "", True, "", {}),
    ("kill", _mishap("resume", _with(faulty_job(die_at=10))), "", True, "", {}),
    ("disk full", _mishap("resume", _with(faulty_job(full=[_RECORD]))), "", True, "", {}),
    ("reboot", _mishap("resume", _restart), "", True, "", {}),
    ("time-out", _mishap("resume", _HANGING), "resume_incomplete", True, "resume", {"item_timeout": 2}),
)


def _row(phase: str, server: Server, case: _Case) -> Row:
    kind, strike, code, saved, heal, arguments = case
    restarted = kind == "reboot"
    return Row(phase, server, kind, strike, code, saved, heal, restarted=restarted, arguments=arguments)


def _of_servers() -> tuple[Deployment, ...]:
    """Deal the rows about the action to deployments.

    Where one server is not stopped, the others are not saved. All else is the same for each server, so that two rows
    share a deployment, each of another kind.
    """
    found: list[tuple[tuple[Row, ...], bool]] = []
    for case in _STOP[:5]:
        found += [((_row("stop", "first", case),), True), ((_row("stop", "other", case),), False)]
    for phase, cases in (("stop", _STOP[5:]), ("folders", _FOLDERS), ("resume", _RESUME)):
        for one, two in zip(cases, (*cases[1:], cases[0]), strict=True):
            found.append(((_row(phase, "first", one), _row(phase, "other", two)), False))
    return tuple(Deployment(f"d{number:02}", rows, alone) for number, (rows, alone) in enumerate(found))


SERVERS = _of_servers()


def _in_its_deployment(operation: str, before: t.Any = None, after: t.Any = None, **more: t.Any) -> Strike:
    """Strike at a request to the host of the database about the deployment of a server."""
    return lambda lab, name: _mishap(operation, before, after, deployment=name[:3], **more)(lab, "sql01")


def _backup_fails(number: int, text: str) -> Strike:
    def strike(lab: Lab, name: str) -> None:
        assert lab.sql
        lab.sql.faults.errors(_backup_of(name), (number, text), (3013, "BACKUP DATABASE is terminating abnormally."))

    return strike


def _backup_is_cut(lab: Lab, name: str) -> None:
    assert lab.sql
    lab.sql.faults.drop(_backup_of(name), "during")


def _backup_of(name: str) -> str:
    return f"^BACKUP DATABASE .*{databases.name_of(name[:3])}"


_DENIED = _with(faulty(denied=[*_ROOTS]))
_FULL = _with(faulty(full=[*_ROOTS]))
_NO_ROOM = "Operating system error 112(There is not enough space on the disk.)."


def _run(
    phase: str,
    server: Server,
    kind: Kind,
    strike: Strike,
    code: str,
    klass: int = 3,
    *,
    sealed: bool = False,
    heal: Heal = "",
    restarted: bool = False,
) -> Row:
    return Row(phase, server, kind, strike, code, not code, heal, klass, sealed, restarted)


_RUNS = (
    _run("preflight", "first", "unreachable", _mishap("state", _cut), "connection_lost", 2),
    _run("preflight", "other", "unreachable", _mishap("probe", _cut), "connection_lost", 2),
    _run("place", "first", "error", _in_its_deployment("place", _DENIED), "write_failed"),
    _run("record", "first", "disk full", _mishap("quiesce", _with(faulty_job(full=[_RECORD]))), "write_failed"),
    _run("record", "other", "unreachable", _mishap("quiesce", _cut), "connection_lost"),
    _run("record", "first", "kill", _mishap("quiesce", _with(faulty_job(die_at=12))), "job_died"),
    _run("record", "other", "reboot", _mishap("quiesce", _restart), "", 0, sealed=True, restarted=True),
    _run("stop", "other", "error", _service(codes={"stop": 5}), "stop_failed"),
    _run(
        "stop",
        "first",
        "reboot",
        _mishap("quiesce", after=_reboot, number=2),
        "partial or epoch_broken or job_died",
        restarted=True,
    ),
    _run("folders", "other", "disk full", _mishap("backup", _with(faulty_job(full=[*_ROOTS]))), "write_failed"),
    _run("database", "first", "error", _backup_fails(3201, "Cannot open backup device."), "sql_3201"),
    _run("database", "first", "disk full", _backup_fails(3202, _NO_ROOM), "sql_3202"),
    _run("database", "first", "kill", _backup_is_cut, "backup_cut"),
    # Each: the first one may meet the work of another deployment there, and is made again then.
    _run("adopt", "first", "error", _in_its_deployment("adopt", _DENIED, number=None), "part_content"),
    _run("resume", "first", "error", _mishap("resume", _REFUSED), "resume_incomplete", 4, heal="resume"),
    _run("resume", "other", "unreachable", _mishap("resume", _cut), "connection_lost", 4, heal="watchdog"),
    _run("resume", "first", "kill", _mishap("resume", _with(faulty_job(die_at=10))), "", 0, sealed=True),
    _run("verify", "first", "error", _mishap("verify", _with(faulty_job(denied=[*_ROOTS]))), "damaged"),
    _run("verify", "other", "kill", _mishap("verify", _with(faulty_job(die_at=2))), "job_died"),
    _run("seal", "other", "disk full", _mishap("seal", _FULL, phase="prepared"), "write_failed"),
    _run("seal", "first", "unreachable", _mishap("seal", _cut, phase="sealed"), "connection_lost"),
    _run("seal", "other", "error", _mishap("seal", _DENIED, phase="sealed"), "root_unreadable", sealed=True),
)
RUNS = tuple(Deployment(f"r{number:02}", (row,), row.server == "first") for number, row in enumerate(_RUNS))
