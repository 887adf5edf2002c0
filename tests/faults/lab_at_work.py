# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kill_controller plays with: a lab on which GroupID runs and writes, its controllers, what its servers show."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import shutil
import threading
import time
import typing as t

from integration import sets
from integration.at_work import Services, services, sources
from integration.controller import Controller

from lab import databases, inventory, processes, task_clock, writers
from lab.lab import Lab
from lab.services import ELASTICSEARCH
from lab.waiting import until

Record = dict[str, t.Any]

SQL = "sql01"


@dataclasses.dataclass(frozen=True)
class Run:
    """How a backup ended. deployments: as in its run.json."""

    code: int
    output: str
    deployments: dict[str, dict[str, t.Any]]


class Place:
    """A lab at work, before anybody has stopped anything in it. folder: for what controllers keep."""

    def __init__(self, lab: Lab, folder: pathlib.Path) -> None:
        assert lab.sql
        self.lab = lab
        self.deployments: dict[str, list[str]] = {}
        """Their servers, the first one first."""
        for host in lab.fleet.hosts:
            self.deployments.setdefault(host.deployment, []).append(host.name)
        self.servers = [host.name for host in lab.fleet.hosts]
        self._folder = folder
        self._style = inventory.Style(sql_port=lab.sql.port, sql_ca=str(databases.authority(lab.root)))
        self._number = 0
        for name in self.servers:
            lab.services(name).change("services", ELASTICSEARCH, takes_ms=300)
        self.before: Services = services(lab)
        self.source = sources(lab)

    def controller(self) -> Controller:
        """Return a person at a computer that nobody has used yet."""
        self._number += 1
        folder = self._folder / f"controller{self._number}"
        folder.mkdir()
        made = Controller(self.lab, folder)
        made.inventory = made.write_inventory(self._style)
        return made

    def back_up(self, controller: Controller) -> Run:
        """Run a backup to its end."""
        report = self._folder / f"{self._number}-{threading.get_ident()}.json"
        ended = controller.play("backup", "--forks", str(len(self.servers)), extra={"groupid_run_file": str(report)})
        told = json.loads(report.read_text(encoding="utf-8"))["deployments"] if report.exists() else {}
        return Run(ended.code, ended.output, told)

    def _computer(self, host: str) -> pathlib.Path:
        return self.lab.root / "hosts" / host

    def record(self, host: str) -> Record | None:
        """Return a host's record of what ran before."""
        try:
            file = self.lab.path(host, r"C:\ProgramData\identityops.groupid\quiesce.json")
            found: Record = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return found

    def written(self) -> dict[str, int]:
        """Return the last number that each deployment has written, as soon as all is written to."""

        def found() -> dict[str, int]:
            return {name: writers.last_written(self.lab.root, name) for name in self.deployments}

        before = found()
        until(lambda: all(number > before[name] + 10 for name, number in found().items()), "writes of each deployment")
        return found()

    def sealed(self) -> set[tuple[str, str]]:
        """Return all sealed sets: deployment and id."""
        roots = {name: self.lab.path(hosts[0], inventory.LOCAL_ROOT) for name, hosts in self.deployments.items()}
        return {(name, set_id) for name, root in roots.items() for set_id in sets.sealed(root, name)}

    def agents(self) -> list[int]:
        """Return the agents at work on the servers that no task has started."""
        engines = {task_clock.engine(self._computer(name)) for name in self.servers}
        marks = [f"LAB_ROOT={self._computer(name)}" for name in (*self.servers, SQL)]
        return [process for mark in marks for process in processes.marked(mark) if process not in engines]

    def is_as(self, expected: Services) -> bool:
        """Whether all runs as expected, no record is open, and no watchdog is left."""
        open_records = [name for name in self.servers if (record := self.record(name)) and not record["resumed"]]
        watchdogs = [name for name in self.servers if self._watchdog(name)]
        return not open_records and not watchdogs and services(self.lab) == expected

    def _watchdog(self, host: str) -> bool:
        computer = self._computer(host)
        folder = self.lab.path(host, r"C:\ProgramData\identityops.groupid.watchdog")
        return bool(task_clock.tasks(computer) or task_clock.engine(computer) or folder.exists())

    def boot(self, host: str) -> str:
        """Return which start of a server this is, as records have it."""
        return str(self._clock(host).get("boot", 1))

    def ticks(self, host: str) -> int:
        """Return a server's own time in ms, as records have it."""
        return round(time.monotonic() * 1000) - int(self._clock(host).get("began_ms", 0))

    def _clock(self, host: str) -> dict[str, t.Any]:
        clock = self._computer(host) / "clock.json"
        found: dict[str, t.Any] = json.loads(clock.read_text(encoding="utf-8")) if clock.exists() else {}
        return found

    def let_time_come(self, host: str) -> None:
        """Let so much time pass on a server that the time of its watchdog has come."""
        record = self.record(host)
        if record and not record["resumed"] and record["boot"] == self.boot(host):
            left = record["deadline_ticks"] - self.ticks(host)
            self.lab.services(host).pass_time(hours=max(left, 0) / 3_600_000)

    def restart(self, host: str) -> Record | None:
        """Restart a server, and return its record of that moment if it was open."""
        server = self.lab.host(host)

        def is_off() -> bool:
            self.lab.cut_power(server)
            return self.lab.outages.is_idle(server)

        until(is_off, "the end of all programs of a server")
        self.lab.cut_power(server)
        record = self.record(host)
        self.lab.power_on(server)
        return record if record and not record["resumed"] else None

    def reset(self) -> None:
        """Remove all sets, and let that run which ran at first."""
        self.lab.mishaps.clear()
        for name in (*self.servers, SQL):
            for deployment in self.deployments:
                shutil.rmtree(self.lab.path(name, inventory.LOCAL_ROOT) / deployment, ignore_errors=True)
        for name, before in self.before.items():
            for what, now in self.lab.services(name).picture().items():
                if now != before[what]:  # after a restart
                    self.lab.services(name).change("services", what.partition(" ")[2], state=state_of(before[what]))


def state_of(told: str) -> str:
    """Return the state alone of what `Services.picture` tells."""
    return told.partition(",")[0]
