# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of the lab on which services, application pools and tasks run, and requests about them."""

from __future__ import annotations

import contextlib
import json
import pathlib
import time
import typing as t

from unit.agent.conftest import Host

from ansible_collections.identityops.groupid.plugins.module_utils import products
from lab import habits, task_clock
from lab.appcmd import Iis, Pool


class RuntimeHost:
    """GroupID 10 in its usual folder on a host of the agent's tests."""

    def __init__(self, host: Host, version: str = "10.0") -> None:
        self.host = host
        if host.habits:
            host.habits = dict(habits.SHORT)  # a record is written at each step
        self.folder = host.folder / "C" / "Program Files" / "Imanami" / f"GroupID {version}"
        self.folder.mkdir(parents=True)
        self.iis = Iis(host.folder)
        self.services: dict[str, dict[str, t.Any]] = {}
        self.tasks: list[dict[str, t.Any]] = []
        self.processes: list[dict[str, t.Any]] = []

    def service(self, name: str, state: str = "running", start_type: str = "automatic", **facts: t.Any) -> None:
        """Add a service; where its command is not given, one whose program lies in GroupID's folder."""
        process = 0 if state == "stopped" else 100 + len(self.services)
        command = f'"{self.folder}/bin/{name}.exe" //RS//{name}'
        usual = {"name": name, "display_name": name, "command": command, "process": process}
        self.services[name] = {**usual, "state": state, "start_type": start_type, **facts}

    def task(self, path: str, enabled: bool = True, **facts: t.Any) -> None:
        """Add a task; where its programs are not given, one of GroupID's."""
        self.tasks.append({"path": path, "enabled": enabled, "programs": [f"{self.folder}/Tool.exe"], **facts})

    def web(self, *pools: Pool) -> None:
        """Install IIS with these pools."""
        self.service("W3SVC", command="C:\\Windows\\system32\\svchost.exe -k iissvcs", display_name="WWW")
        self.iis.install(pools)

    def write(self) -> None:
        """Let the host be as was said."""
        self._replace({"services": list(self.services.values()), "tasks": self.tasks, "processes": self.processes})

    def read(self) -> dict[str, t.Any]:
        """Return what the host's services.json says now."""
        found: dict[str, t.Any] = json.loads((self.host.folder / "services.json").read_text(encoding="utf-8"))
        return found

    def change(self, kind: str, number: int, **facts: t.Any) -> None:
        """Change one service or task, as somebody on the server would."""
        found = self.read()
        found[kind][number].update(facts)
        self._replace(found)

    def _replace(self, found: dict[str, t.Any]) -> None:
        """Write services.json whole: an agent may be at work."""
        draft = self.host.folder / "services.json.draft"
        draft.write_text(json.dumps(found), encoding="utf-8")
        draft.replace(self.host.folder / "services.json")

    def picture(self) -> dict[str, t.Any]:
        """Return what a quiesce must bring back: of services, pools and tasks, without what they were asked."""
        passing = ("log", "due_ms", "target", "process", "exit_code_now", "asked", "restart_ms", "codes")
        found = self.read()
        services = {
            one["name"]: {key: value for key, value in one.items() if key not in passing} | {"state": settled(one)}
            for one in found["services"]
        }
        pools = self.iis.pools() if self.iis.folder.exists() else {}
        tasks = [task for task in found["tasks"] if "run" not in task]  # not the watchdog's own
        return {"services": services, "tasks": tasks, "pools": pools}

    def record(self) -> dict[str, t.Any]:
        """Return the record on the disk."""
        found: dict[str, t.Any] = json.loads((self.host.lock.parent / "quiesce.json").read_text(encoding="utf-8"))
        return found

    def request(self, operation: str, version: str = "auto", services: t.Any = (), **members: t.Any) -> str:
        """Return a request as the controller makes it."""
        known: dict[str, t.Any] = {"protocol": 1, "operation": operation}
        if operation == "quiesce":
            known.update(epoch="20260101T000000Z", run="run-1", controller="ansible01")
        if operation != "resume":
            known.update(products.runtime_request(version, {}, services))
        return json.dumps({**known, "item_seconds": 10, **members})

    def ask(self, operation: str, **members: t.Any) -> dict[str, t.Any]:
        """Return the answer to a request."""
        return self.host.send(self.request(operation, **members))

    def quiesce(self, **members: t.Any) -> dict[str, t.Any]:
        """Stop everything."""
        return self.ask("quiesce", **members)

    def resume(self, **members: t.Any) -> dict[str, t.Any]:
        """Start again what ran, as the run that has stopped it."""
        with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
            members = {"epoch": self.record()["epoch"], **members}
        return self.ask("resume", **members)

    def clock(self, **facts: int) -> None:
        """Set the host's own clock: see tests/lab/mono/LabClock.cs."""
        path = self.host.folder / "clock.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        draft = path.with_name("clock.json.draft")
        draft.write_text(json.dumps({**known, **facts}), encoding="utf-8")
        draft.replace(path)

    def reboot(self) -> None:
        """Start Windows again: processes are gone, services and pools that start themselves run, others do not."""
        path = self.host.folder / "clock.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        task_clock.end_engine(self.host.folder)
        self.clock(boot=known.get("boot", 1) + 1, began_ms=round(time.monotonic() * 1000))
        found = self.read()
        for service in found["services"]:
            for name in ("target", "due_ms", "restart_ms", "asked"):
                service.pop(name, None)
            runs = service["start_type"] == "automatic"
            service.update(state="running" if runs else "stopped", process=service["process"] + 5000, exit_code_now=0)
        found["processes"] = []
        self._replace(found)
        for number, (dummy, (state, itself)) in enumerate(self._pools().items()):
            if state != "Unknown":
                self.iis.change(number, state="Started" if itself else "Stopped")

    def later(self, seconds: int) -> None:
        """Let the host's time since its start go on at once."""
        path = self.host.folder / "clock.json"
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self.clock(began_ms=known.get("began_ms", 0) - seconds * 1000 // known.get("rate", 1))

    def change_settings(self, **settings: str) -> None:
        """Change the environment that registered tasks start with."""
        found = self.read()
        for task in found["tasks"]:
            if "settings" in task:
                known = dict(setting.split("=", 1) for setting in task["settings"])
                task["settings"] = [f"{name}={value}" for name, value in {**known, **settings}.items()]
        self._replace(found)

    def minute(self) -> None:
        """Let a minute begin: the trigger of the watchdog's task."""
        task_clock.minute(self.host.folder)

    def samples(self) -> dict[str, t.Any]:
        """Return what the watchdog has seen so far; empty before its first look."""
        try:
            found: dict[str, t.Any] = json.loads((self.watchdog / "samples.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    @property
    def watchdog(self) -> pathlib.Path:
        """The watchdog's folder."""
        return self.host.lock.parent.with_name("identityops.groupid.watchdog")

    @property
    def is_armed(self) -> bool:
        """Whether anything of a watchdog is there."""
        return self.watchdog.exists() or bool(task_clock.tasks(self.host.folder))

    def _pools(self) -> dict[str, tuple[str, bool]]:
        return self.iis.pools() if self.iis.folder.exists() else {}

    def is_killed(self, operation: str, before: int) -> bool:
        """Ask an agent that is killed before its n-th change of disk, service or task, if it makes so many."""
        self.host.faults = {"die_at": before}
        try:
            code = self.host._run(self.request(operation)).returncode
        finally:
            self.host.faults = {}
        assert code in (0, -9)
        return code == -9


def settled(service: dict[str, t.Any]) -> str:
    """Return the state that a service has, or comes to: the file is as the last call has left it."""
    return str(service.get("target", service["state"]))


def time_in(seconds: float) -> int:
    """Return the time then, as services.json has it."""
    return int((time.time() + 11644473600 + seconds) * 1000)
