# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running lab: a fleet's disks, runners and endpoint, in this process."""

from __future__ import annotations

import os
import pathlib
import shutil
import tempfile
import types
import typing as t

from lab import agent_build, databases, groups, layout, psrp, registry, trees, writers, wsman
from lab.directory import configuration
from lab.fleet import Fleet, Host
from lab.mishaps import Mishap, Outages, end_processes
from lab.recorder import Recorder
from lab.repository import CACHE, MONO_FILES, SCRIPTS, shell_line
from lab.runner_echo import EchoRunner
from lab.runner_mono import MonoRunner
from lab.runner_wine import WineRunner
from lab.server import Endpoint, Interceptor
from lab.services import Services
from lab.sql.server import make_certificate
from lab.task_clock import TaskClock
from lab.wine_disk import is_reachable
from lab.wine_host import WineHost
from lab.winrs import Runner, WinRS

FLEET_FILE = "fleet.json"
SHARES = ("nas01/backup",)
_OWN_ENTRIES = (
    "hosts",
    "shares",
    "wine",
    "sql",
    "directory",
    "tls",
    "ssh",
    "requests.jsonl",
    writers.JOURNAL,
    "inventory.yml",
    FLEET_FILE,
)


class LabError(Exception):
    """The lab cannot do what was asked; the text says why and what to do."""


def prepare(root: pathlib.Path, fleet: Fleet, *, cache: pathlib.Path = CACHE) -> None:
    """Make the disks of a fleet below ``root``, in place of those of an earlier one.

    Raises LabError when the folder holds something else, or when Mono is missing.
    """
    missing = agent_build.missing_programs()
    if missing and any(host.runner == "mono" for host in fleet.hosts):
        raise LabError(f"{' and '.join(missing)} missing. Install Mono: {agent_build.APT_LINE}")
    if fleet.directory_password:
        _require_slapd()
    root.mkdir(parents=True, exist_ok=True)
    foreign = {entry.name for entry in root.iterdir()} - {"cache"}
    if foreign and not (root / FLEET_FILE).exists():
        raise LabError(f"{root} is no lab, and not empty: it holds {min(foreign)!r}. Name another folder.")
    discard(root)
    root = root.resolve()
    if any(host.runner == "wine" for host in fleet.hosts):
        _make_reachable(root)
    for share in SHARES:
        (root / "shares" / share).mkdir(parents=True)
    if fleet.sql:
        for letter in layout.drives(fleet.sql):
            layout.drive(root, fleet.sql, letter).mkdir(parents=True)
    for host in fleet.hosts:
        _make_disks(root, fleet, host, cache)
    fleet.save(root / FLEET_FILE)


def _make_disks(root: pathlib.Path, fleet: Fleet, host: Host, cache: pathlib.Path) -> None:
    if host.runner == "mono":
        trees.fill(root, fleet, host)
        registry.write_for_mono(root, host)
        if fleet.at_work:
            writers.install(root, host)
            Services(root, host).install()
    elif host.runner == "wine":
        wine = WineHost(root, host, cache)
        wine.make()
        trees.fill(root, fleet, host)
        wine.own()


def _require_slapd() -> None:
    try:
        configuration.program("slapd")
    except configuration.SlapdError as error:
        raise LabError(str(error)) from error


def load_fleet(root: pathlib.Path) -> Fleet:
    """Return the fleet of a lab's folder. Raises LabError when it is none."""
    try:
        return Fleet.load(root / FLEET_FILE)
    except FileNotFoundError:
        raise LabError(f"{root} is no lab. Make one with: {shell_line('start', root)}") from None


def live_components(root: pathlib.Path, name: str) -> dict[str, pathlib.Path]:
    """Return the folders of a host's components. Raises LabError when there is no such host."""
    fleet = load_fleet(root)
    try:
        return layout.components(root, fleet.host(name))
    except KeyError:
        raise LabError(f"No host {name}; there are {', '.join(host.name for host in fleet.hosts)}.") from None


def discard(root: pathlib.Path) -> None:
    """Delete what a lab has made below its folder; what others have put there stays."""
    for name in _OWN_ENTRIES:
        entry = root / name
        if entry.is_symlink():
            shutil.rmtree(entry.resolve().parent, ignore_errors=True)
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)


def _make_reachable(root: pathlib.Path) -> None:
    """Keep the disks of Wine hosts, and the shares, where the ordinary user that they run as can come to them."""
    if os.getuid() == 0 and not is_reachable(root):
        elsewhere = pathlib.Path(tempfile.mkdtemp(prefix="groupid-lab-", dir=os.environ.get("TMPDIR", "/var/tmp")))
        elsewhere.chmod(0o755)
        for name in ("wine", "shares"):
            (elsewhere / name).mkdir()
            (root / name).symlink_to(elsewhere / name)


def _certificate(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    folder.mkdir(exist_ok=True)
    return make_certificate(folder)


class Lab:
    """A fleet that answers on loopback while the context lasts.

    root: a folder that ``prepare`` has filled.
    recorder: every request since the start.
    interceptors: stand before the services, the recorder first; may be added to at any time.
    https: answer over TLS too, on ``https_port``, with the certificate in ``ca_file``.
    sql: the SQL Server, or None. directory: the directory of the domain, or None.
    faults: by host name, what goes wrong on a mono host (mono/LabFaults.cs); may be changed at any time.
    writers: what GroupID writes while it runs, or None if nothing of it runs in this lab.
    mishaps: what goes wrong at one request to a mono host (mishaps.py); may be changed at any time.
    outages: which hosts cannot be reached now.
    echo: what plays the hosts that answer as the first one does, or None.
    accounts: by share, the one account that it is there for on mono hosts (runner_mono.py); may be changed at any time.
    """

    def __init__(self, root: pathlib.Path, *, port: int = 0, cache: pathlib.Path = CACHE, https: bool = False) -> None:
        self.root = root.resolve()
        self.fleet = load_fleet(self.root)
        self.faults: dict[str, dict[str, t.Any]] = {}
        self.accounts: dict[str, tuple[str, str]] = {}
        self.mishaps: list[Mishap] = []
        self.outages = Outages()
        self.recorder = Recorder(self.root / "requests.jsonl")
        self.interceptors: list[Interceptor] = [self.recorder, self.outages]
        self._wine = WineRunner(self.root, self.fleet, cache)
        builder = agent_build.AgentBuilder(cache, MONO_FILES)
        mono = MonoRunner(self.root, SCRIPTS, builder, self.faults, self.accounts, self.mishaps)
        runners: dict[str, Runner] = {"mono": mono, "wine": self._wine}
        echoes = any(host.runner == "echo" for host in self.fleet.hosts)
        self.echo = EchoRunner(mono, self.fleet.hosts[0]) if echoes else None
        if self.echo:
            runners["echo"] = self.echo
        mono_hosts = [self.root / "hosts" / host.name for host in self.fleet.hosts if host.runner == "mono"]
        self._tasks = TaskClock(mono_hosts)
        self._winrs = WinRS(runners)
        self._remoting = psrp.Remoting(self._wine.serve_remoting)
        services = {wsman.WINRS_RESOURCE: self._winrs.handle, psrp.RESOURCE: self._remoting.handle}
        certificate = _certificate(self.root / "tls") if https else None
        self._endpoint = Endpoint(self.fleet.everyone, services, self.interceptors, port, certificate)
        self.port, self.https_port = self._endpoint.port, self._endpoint.https_port
        self.ca_file = certificate[0] if certificate else None
        self.sql = databases.serve(self.root, self.fleet) if self.fleet.sql else None
        self.directory = groups.serve(self.root, self.fleet, cache) if self.fleet.directory_password else None
        self.writers = writers.Writers(self.root, self.fleet, self.sql) if self.fleet.at_work else None

    def __enter__(self) -> Lab:
        """Start the hosts, the SQL Server, the directory and the endpoint."""
        self._wine.start()
        self._tasks.start()
        if self.sql:
            self.sql.listen()
        if self.directory:
            self.directory.start()
            groups.install_ldifde(self.root, self.fleet, self.directory)
        self._endpoint.start()
        if self.writers:
            self.writers.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """Stop the endpoint and end every program of every host."""
        if self.writers:
            self.writers.stop()
        self._endpoint.stop()
        if self.sql:
            self.sql.stop()
        if self.directory:
            self.directory.stop()
        self._tasks.end()
        self._winrs.close()
        self._remoting.close()
        self._wine.stop()

    def kill(self, host: Host) -> None:
        """End the agents that run on a host, as if somebody killed them there."""
        self._winrs.kill(host)
        self._remoting.kill(host)

    def reboot(self, host: Host) -> None:
        """Cut a mono host's power: every program there is gone, and what starts by itself runs again."""
        self.cut_power(host)
        self.power_on(host)

    def cut_power(self, host: Host) -> None:
        """End every program of a mono host."""
        self.outages.begin(host)
        self._winrs.kill(host)
        self._remoting.kill(host)
        end_processes(self.root / "hosts" / host.name)

    def power_on(self, host: Host) -> None:
        """Let what starts by itself run again on a host whose power was cut."""
        self.services(host.name).restart()
        self._tasks.now(self.root / "hosts" / host.name)
        self.outages.end(host)

    def host(self, name: str) -> Host:
        """Return a host by name. Raises KeyError."""
        return self.fleet.host(name)

    def path(self, host: str, windows_path: str) -> pathlib.Path:
        r"""Return the folder or file that is ``C:\...`` on a host, or a UNC path on all."""
        if windows_path.startswith("\\\\"):
            return self.root / "shares" / windows_path[2:].replace("\\", "/")
        drive, dummy, rest = windows_path.partition(":")
        return layout.drive(self.root, self.host(host), drive.upper()) / rest.strip("\\/").replace("\\", "/")

    def services(self, host: str) -> Services:
        """Return what runs of GroupID on a host."""
        return Services(self.root, self.host(host))

    def components(self, host: str) -> dict[str, pathlib.Path]:
        """Return the folders of a host's live components."""
        return layout.components(self.root, self.host(host))
