# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers of a lab, as data."""

from __future__ import annotations

import dataclasses
import json
import pathlib
import random
import secrets
import typing as t
import uuid

SCALES = ("small", "default", "large")
DOMAIN = "corp.example"


@dataclasses.dataclass(frozen=True)
class Host:
    """One Windows server.

    name: the lab's name for it, also its WS-Man user.
    version: GroupID's, "9.0" or "10.0".
    runner: "mono", "wine" or "echo".
    installation_drive: letter of the drive with ``Program Files``; data is always below C:\\ProgramData.
    address: what an inventory may know it by; nothing listens there.
    """

    name: str
    computer_name: str
    fqdn: str
    machine_guid: str
    version: str
    deployment: str
    password: str = dataclasses.field(repr=False)
    runner: str = "mono"
    installation_drive: str = "C"
    address: str = "192.0.2.1"

    @property
    def user(self) -> str:
        """The name that the host logs in by."""
        return self.name

    @property
    def windows_user(self) -> str:
        """The account that the agent finds itself running as."""
        return "CORP\\svc-groupid"


@dataclasses.dataclass(frozen=True)
class Fleet:
    """All servers of a lab; seed and scale decide what is on their disks.

    hosts: those with GroupID. sql: the one that SQL Server runs on, or None.
    sql_password: of its login ``sa``.
    directory_password: of the account that reads and writes the groups of the domain; empty: there is no directory.
    at_work: GroupID runs on the mono hosts, and writes (services.py, writers.py). Otherwise nothing of it runs.
    """

    hosts: tuple[Host, ...]
    scale: str = "default"
    seed: int = 1
    sql: Host | None = None
    sql_password: str = dataclasses.field(default="", repr=False)
    directory_password: str = dataclasses.field(default="", repr=False)
    at_work: bool = False

    @property
    def everyone(self) -> tuple[Host, ...]:
        """All hosts that answer over WinRM."""
        return self.hosts if self.sql is None else (*self.hosts, self.sql)

    def host(self, name: str) -> Host:
        """Return a host by name. Raises KeyError."""
        for host in self.everyone:
            if host.name == name:
                return host
        raise KeyError(name)

    def save(self, file: pathlib.Path) -> None:
        """Write the fleet, passwords included, for the owner's eyes only."""
        file.touch(mode=0o600)
        file.write_text(json.dumps(dataclasses.asdict(self), indent=1), encoding="utf-8")

    @classmethod
    def load(cls, file: pathlib.Path) -> Fleet:
        """Read what ``save`` wrote."""
        data: dict[str, t.Any] = json.loads(file.read_text(encoding="utf-8"))
        sql = Host(**data["sql"]) if data["sql"] else None
        hosts = tuple(Host(**host) for host in data["hosts"])
        return cls(**{**data, "hosts": hosts, "sql": sql})


def _password() -> str:
    """Return a random one that no program takes for an option, and YAML for nothing but a text."""
    return f"p{secrets.token_urlsafe(12)}"


def make_host(name: str, version: str, deployment: str, *, number: int, **more: str) -> Host:
    """Make a server whose identity follows from its name; the password is new each time."""
    return Host(
        name=name,
        computer_name=name,
        fqdn=f"{name}.{DOMAIN}",
        machine_guid=str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{DOMAIN}")),
        version=version,
        deployment=deployment,
        password=_password(),
        address=f"192.0.2.{10 + number}" if number < 240 else f"198.51.100.{number % 250 + 1}",
        **more,
    )


def default_fleet(
    hosts: int = 3,
    *,
    scale: str = "default",
    seed: int = 1,
    wine: bool = False,
    sql: bool = False,
    directory: bool = False,
    at_work: bool = False,
) -> Fleet:
    """Make the usual fleet: ``hq`` with two GroupID 10 servers, ``branch`` with one of GroupID 9.

    More hosts come as further deployments of two servers each, of either version. ``wine`` adds one host on Wine,
    ``sql`` a SQL Server with a database for each deployment, ``directory`` a directory with the groups of the domain.
    ``at_work``: GroupID runs, and writes.
    """
    servers = [
        make_host("web01", "10.0", "hq", number=0),
        make_host("web02", "10.0", "hq", number=1, installation_drive="E"),
        make_host("old01", "9.0", "branch", number=2),
    ][:hosts]
    versions = random.Random(seed)
    site, version = "", ""
    for number in range(len(servers), hosts):
        if number % 2 == 1 or not site:
            site, version = f"site{number // 2:03}", versions.choice(["9.0", "10.0", "10.0"])
        servers.append(make_host(f"{site}-{number % 2}", version, site, number=number))
    if wine:
        servers.append(make_host("wine01", "10.0", "wine", number=hosts, runner="wine"))
    return Fleet(
        tuple(servers),
        scale,
        seed,
        sql=make_host("sql01", "", "", number=len(servers)) if sql else None,
        sql_password=_password() if sql else "",
        directory_password=_password() if directory else "",
        at_work=at_work,
    )
