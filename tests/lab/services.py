# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs of GroupID on a host of the lab: services and tasks (services.json, mono/LabServices.cs), and pools of IIS.

The states differ as they do on real servers: a service that an operator has stopped, a disabled one, a paused one, a
delayed start, a disabled task, a pool that is stopped.
"""

from __future__ import annotations

import collections.abc as c
import json
import pathlib
import time
import typing as t

from lab import file_lock, layout
from lab.appcmd import Iis, Pool
from lab.fleet import Host

FILE = "services.json"
ELASTICSEARCH = "GroupIDElasticSearchService10"
POOL = "GroupID App Pool"
SPARE_POOL = "GroupID Portals"
_TAKES_MS = 20
_SINCE_1601 = 11_644_473_600_000

_Facts = dict[str, t.Any]


class Services:
    """Services, tasks and pools of one host. root: the lab's."""

    def __init__(self, root: pathlib.Path, host: Host) -> None:
        self._folder = root / "hosts" / host.name
        self._file = self._folder / FILE
        self._host = host
        self._root = root
        self._known: tuple[int, _Facts] = 0, {}
        self.iis = Iis(self._folder)

    def install(self) -> None:
        """Let the host be as one that is in use."""
        self.iis.install(self._pools())
        found = {"services": self._services(), "tasks": self._tasks(), "processes": []}
        self._file.write_text(json.dumps(found), encoding="utf-8")

    def read(self) -> _Facts:
        """Return what the file says; nothing runs where there is none."""
        try:
            changed = self._file.stat()
            if self._known[0] != (mark := hash((changed.st_ino, changed.st_mtime_ns, changed.st_size))):
                self._known = mark, json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"services": [], "tasks": [], "processes": []}
        return self._known[1]

    def change(self, kind: str, name: str, **facts: t.Any) -> None:
        """Change a service (by its name) or a task (by its path), as somebody on the server would."""
        with self.held():
            found = json.loads(self._file.read_text(encoding="utf-8"))
            [one] = [one for one in found[kind] if name in (one.get("name"), one.get("path"))]
            one.update(facts)
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps(found), encoding="utf-8")
            draft.replace(self._file)

    def heal(self) -> None:
        """Let services do what they are asked for again, and what one of them still has to do be done."""
        with self.held():
            found = json.loads(self._file.read_text(encoding="utf-8"))
            for one in found["services"]:
                one.update(codes={}, hangs=[], **({"due_ms": 0} if "due_ms" in one else {}))
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps(found), encoding="utf-8")
            draft.replace(self._file)

    def pass_time(self, hours: float) -> None:
        """Let this time pass on the host, in its own eyes."""
        clock = self._folder / "clock.json"
        found = json.loads(clock.read_text(encoding="utf-8")) if clock.exists() else {"boot": 1, "began_ms": 0}
        found["began_ms"] -= round(hours * 3_600_000)
        draft = clock.with_suffix(".draft")
        draft.write_text(json.dumps(found), encoding="utf-8")
        draft.replace(clock)

    def restart(self) -> None:
        """Let the host start again: what starts by itself runs, and nothing else does; its clock begins anew."""
        with self.held():
            found = json.loads(self._file.read_text(encoding="utf-8"))
            for one in found["services"]:
                passing = {"target", "due_ms", "asked", "restart_ms", "exit_code_now"}
                for name in passing & one.keys():
                    del one[name]
                one.update(state="running" if one["start_type"] == "automatic" else "stopped")
                one["process"] += 1000
            found["processes"] = []
            draft = self._file.with_suffix(".draft")
            draft.write_text(json.dumps(found), encoding="utf-8")
            for place, (_state, auto) in enumerate(self.iis.pools().values()):
                self.iis.change(place, state="Started" if auto else "Stopped")
                self.worker(place).unlink(missing_ok=True)
            draft.replace(self._file)
        clock = self._folder / "clock.json"
        boot = json.loads(clock.read_text(encoding="utf-8"))["boot"] if clock.exists() else 1
        clock.write_text(json.dumps({"boot": boot + 1, "began_ms": round(time.monotonic() * 1000)}), encoding="utf-8")

    def held(self) -> t.ContextManager[None]:
        """Keep services as they are for the length of the block: nobody starts or stops one."""
        return file_lock.held(self._file.with_suffix(".json.lock"))

    def state(self, service: str) -> str:
        """Return the state that a service has now; empty where there is none of the name."""
        return next((settled(one) for one in self.read()["services"] if one["name"] == service), "")

    def picture(self) -> dict[str, str]:
        """Return by ``kind name`` what a quiesce must bring back: state and start type, and whether it is enabled."""
        found = self.read()
        picture = {}
        for one in found["services"]:
            delayed = ", delayed" if one.get("delayed") else ""
            picture[f"service {one['name']}"] = f"{settled(one)}, {one['start_type']}{delayed}"
        if self.iis.folder.exists():
            for name, (state, auto) in self.iis.pools().items():
                picture[f"pool {name}"] = f"{state.lower()}, {'starts with IIS' if auto else 'started by hand'}"
        for one in found["tasks"]:
            picture[f"task {one['path']}"] = "enabled" if one["enabled"] else "disabled"
        return picture

    def pool_serves(self, place: int = 0) -> bool:
        """Whether a pool is at work; the first is the one of the Data service and the portals."""
        state = self._folder / "iis" / "pools" / f"{place:04}" / "state"
        return state.exists() and state.read_text(encoding="utf-8").strip() == "Started"

    def worker(self, place: int = 0) -> pathlib.Path:
        """Name the file that is there for as long as a process of the pool is, in the eyes of appcmd.sh."""
        return self._folder / "iis" / "pools" / f"{place:04}" / "works"

    def _services(self) -> list[_Facts]:
        host = self._host
        number = int(host.machine_guid[:4], 16)
        where = layout.base(self._root, host, "installation")
        elasticsearch = where / "ElasticSearch" / "elasticsearch-6.2.4" / "bin" / "elasticsearch-service-x64.exe"
        replication = where / "Replication" / "Imanami.Replication.Service.exe"
        email = where / "EmailService" / "Imanami.Email.Service.exe"
        services = [
            _service("W3SVC", r"C:\Windows\system32\svchost.exe -k iissvcs", 1 + number, display_name="WWW"),
            # An operator has stopped it. It would start with Windows.
            _service("GroupIDEmailService", f'"{email}"', 2 + number, state="stopped"),
        ]
        if host.version == "10.0":
            node = f'"{elasticsearch}" //RS//{ELASTICSEARCH}'
            services += [
                _service(ELASTICSEARCH, node, 3 + number, display_name="Elasticsearch 6.2.4", recovery=True),
                _service("NetwrixReplication", f'"{replication}"', 4 + number, **_replication(number)),
            ]
        return services

    def _tasks(self) -> list[_Facts]:
        where = layout.base(self._root, self._host, "installation")
        return [
            {"path": "\\Schema Replication", "enabled": True, "programs": [str(where / "SchemaReplication.exe")]},
            {"path": "\\GroupID\\Expiry", "enabled": False, "programs": [str(where / "GroupIDJob.exe")]},
        ]

    def _pools(self) -> list[Pool]:
        where = layout.base(self._root, self._host, "installation")
        served = {"GroupIDSite/GroupIDDataService": "GroupIDDataService", "GroupIDSite/GroupID": "SelfService/Inetpub"}
        spare = {"GroupIDSite/PasswordCenter": str(where / "PasswordCenter" / "Inetpub")}
        return [
            Pool(POOL, applications={name: str(where / folder) for name, folder in served.items()}),
            Pool(SPARE_POOL, "Stopped", auto_start=False, applications=spare),
        ]


def _service(name: str, command: str, process: int, **facts: t.Any) -> _Facts:
    usual = {"name": name, "display_name": name, "command": command, "state": "running", "start_type": "automatic"}
    return {**usual, "process": process, "takes_ms": _TAKES_MS, **facts}


def _replication(number: int) -> _Facts:
    """The state of the service Replication: one of three, by the host."""
    states: c.Sequence[_Facts] = (
        {"delayed": True},
        {"state": "stopped", "start_type": "disabled"},
        {"start_type": "disabled"},
    )
    return {"display_name": "Netwrix Replication", **states[number % len(states)]}


def settled(service: c.Mapping[str, t.Any]) -> str:
    """Return the state of a service: a transition ends at its time, and nobody writes that down."""
    due = service.get("due_ms", 0) <= time.time() * 1000 + _SINCE_1601
    return str(service["target"] if "target" in service and due else service["state"])
