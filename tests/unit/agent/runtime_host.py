# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host of the lab on which services, application pools and tasks run, and requests about them."""

from __future__ import annotations

import json
import typing as t

from unit.agent.conftest import Host

from ansible_collections.identityops.groupid.plugins.module_utils import products
from lab.appcmd import Iis, Pool


class RuntimeHost:
    """GroupID 10 in its usual folder on a host of the agent's tests."""

    def __init__(self, host: Host, version: str = "10.0") -> None:
        self.host = host
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
        found = {"services": list(self.services.values()), "tasks": self.tasks, "processes": self.processes}
        (self.host.folder / "services.json").write_text(json.dumps(found), encoding="utf-8")

    def ask(self, operation: str, version: str = "auto", services: t.Any = (), **members: t.Any) -> dict[str, t.Any]:
        """Give the answer to a request as the controller makes it."""
        request = {"protocol": 1, "operation": operation, **products.runtime_request(version, {}, services)}
        return self.host.send(json.dumps({**request, **members}))
