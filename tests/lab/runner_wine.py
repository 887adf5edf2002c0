# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs command lines as they come on Windows hosts made of Wine."""

from __future__ import annotations

import pathlib
import subprocess

from lab.fleet import Fleet, Host
from lab.processes import Finished, ProcessGroup
from lab.wine_host import WineHost


class WineRunner:
    """The Wine hosts of a fleet, each kept awake between ``start`` and ``stop``."""

    def __init__(self, root: pathlib.Path, fleet: Fleet, cache: pathlib.Path) -> None:
        self._hosts = {host.name: WineHost(root, host, cache) for host in fleet.hosts if host.runner == "wine"}

    def start(self) -> None:
        """Boot every host; commands then need not wait for it."""
        for host in self._hosts.values():
            host.start()

    def stop(self) -> None:
        """End every program on every host."""
        for host in self._hosts.values():
            host.stop()

    def run(self, host: Host, line: str, stdin: bytes, processes: ProcessGroup) -> Finished:
        """Hand the line to cmd.exe, as WinRM does. Output bytes come back untouched."""
        return self._hosts[host.name].run(line, stdin, processes)

    def serve_remoting(self, host: Host) -> subprocess.Popen[bytes]:
        """Start PowerShell's remoting server on a host."""
        return self._hosts[host.name].serve_remoting()
