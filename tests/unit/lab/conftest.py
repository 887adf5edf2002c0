# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An endpoint whose hosts run their command lines in this machine's shell, and pywinrm to talk to it."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import os
import pathlib
import typing as t

import pytest
import winrm

from lab import fleet, wsman
from lab.fleet import Host
from lab.processes import Finished, ProcessGroup
from lab.recorder import Recorder
from lab.server import Endpoint
from lab.winrs import WinRS


class ShellRunner:
    """Runs a command line with sh."""

    def run(self, host: Host, command_line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        environment = {"PATH": os.environ["PATH"], "LAB_HOST": host.name}
        return processes.run(["sh", "-c", command_line], stdin=stdin, env=environment)


@dataclasses.dataclass
class Served:
    """A running endpoint of ``h00`` ... with everything a test looks at."""

    endpoint: Endpoint
    recorder: Recorder
    hosts: dict[str, Host]
    winrs: WinRS

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.endpoint.port}/wsman"

    def client(
        self, name: str = "h00", *, timeout: int = 20, url: str = "", password: str = "", **options: t.Any
    ) -> winrm.Protocol:
        host = self.hosts[name]
        return winrm.Protocol(
            url or self.url,
            username=host.user,
            password=password or host.password,
            operation_timeout_sec=timeout,
            read_timeout_sec=timeout + 60,
            proxy=None,
            **{"transport": "basic", **options},
        )


@pytest.fixture
def served(tmp_path: pathlib.Path) -> c.Iterator[Served]:
    hosts = {
        f"h{number:02}": fleet.make_host(f"h{number:02}", "10.0", "hq", number=number, runner="shell")
        for number in range(50)
    }
    recorder = Recorder(tmp_path / "requests.jsonl")
    winrs = WinRS({"shell": ShellRunner()})
    endpoint = Endpoint(hosts.values(), {wsman.WINRS_RESOURCE: winrs.handle}, [recorder])
    endpoint.start()
    yield Served(endpoint, recorder, hosts, winrs)
    endpoint.stop()
    winrs.close()
