# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the Ansible inventory of a lab, as the owner of a Windows fleet would write it."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib
import typing as t

import yaml

from lab import databases, groups
from lab.directory.slapd import ACCOUNT
from lab.fleet import DOMAIN, Fleet, Host

LOCAL_ROOT = r"D:\GroupIDBackups"
SHARED_ROOT = r"\\nas01\backup"


def by_name(host: Host) -> str:
    """Name a host as it names itself."""
    return host.name


def by_fqdn(host: Host) -> str:
    """Name a host by its fully qualified name."""
    return host.fqdn


def by_address(host: Host) -> str:
    """Name a host by its IP address."""
    return host.address


def by_alias(host: Host) -> str:
    """Name a host in a way that says nothing to the host itself."""
    return f"gid_{host.deployment}_{host.name[-2:]}"


NAMINGS: dict[str, c.Callable[[Host], str]] = {
    "name": by_name,
    "fqdn": by_fqdn,
    "address": by_address,
    "alias": by_alias,
}


TRANSPORTS: dict[str, dict[str, str]] = {
    "basic": {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": "basic",
    },
    "https": {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "https",
        "ansible_winrm_transport": "basic",
        "ansible_winrm_server_cert_validation": "validate",
    },
    "ntlm": {
        "ansible_connection": "winrm",
        "ansible_winrm_scheme": "http",
        "ansible_winrm_transport": "ntlm",
        "ansible_winrm_message_encryption": "always",
    },
    "psrp": {
        "ansible_connection": "psrp",
        "ansible_psrp_protocol": "http",
        "ansible_psrp_auth": "ntlm",
        "ansible_psrp_message_encryption": "always",
    },
    "ssh": {"ansible_connection": "ssh", "ansible_shell_type": "powershell"},
}


@dataclasses.dataclass(frozen=True)
class Style:
    """How an inventory is written.

    naming: one of NAMINGS.
    localhost: the controller is a host of the inventory too, and so gets the Windows variables of ``all``.
    shell_type: ``all`` names the shell as well, as inventories for ssh do; ansible-core 2.21 warns of it on winrm.
    backup_root: LOCAL_ROOT, SHARED_ROOT or another folder.
    transport: one of TRANSPORTS; the port given with it is that of HTTPS for ``https``.
    ca_file: file with the certificate that HTTPS shows. ssh_executable: the program that stands in for ssh.
    sql_port: of the fleet's SQL Server; 0 leaves the databases out.
    sql_ca: file with the certificate that it shows.
    sql_mode: where the database's backup goes.
    directory_port: of the directory, with TLS; 0 leaves the domains out.
    directory_ca: file with the certificate that it shows.
    """

    naming: str = "name"
    localhost: bool = False
    shell_type: bool = False
    backup_root: str = LOCAL_ROOT
    transport: str = "basic"
    ca_file: str = ""
    ssh_executable: str = ""
    sql_port: int = 0
    sql_ca: str = ""
    sql_mode: str = "host"
    directory_port: int = 0
    directory_ca: str = ""


def document(fleet: Fleet, port: int, style: Style) -> dict[str, t.Any]:
    """Return the inventory as Ansible's YAML plugin reads it."""
    deployments: dict[str, t.Any] = {}
    for host in fleet.hosts:
        group = deployments.setdefault(
            f"deployment_{host.deployment}", {"hosts": {}, "vars": {"groupid_deployment": host.deployment}}
        )
        group["hosts"][NAMINGS[style.naming](host)] = _connection(host, port)
        if host.runner == "wine":
            # Wine has no Task Scheduler, and does not tell all of a service.
            group["vars"] |= {"groupid_quiesce": "none", "groupid_waive": ["elasticsearch_running"]}
        if style.sql_port:
            group["vars"]["groupid_sql_database"] = databases.name_of(host.deployment)
    everywhere: dict[str, t.Any] = dict(TRANSPORTS[style.transport])
    if style.transport == "https":
        everywhere["ansible_winrm_ca_trust_path"] = style.ca_file
    if style.transport == "ssh":
        everywhere["ansible_ssh_executable"] = style.ssh_executable
    if style.shell_type:
        everywhere["ansible_shell_type"] = "powershell"
    children: dict[str, t.Any] = {
        "groupid": {"children": deployments, "vars": {"groupid_backup_root": style.backup_root}}
    }
    if fleet.sql and style.sql_port:
        children["groupid"]["vars"].update(
            groupid_sql_server="127.0.0.1",
            groupid_sql_port=style.sql_port,
            groupid_sql_username=databases.LOGIN,
            groupid_sql_password=fleet.sql_password,
            groupid_sql_ca_file=style.sql_ca,
            groupid_sql_backup_mode=style.sql_mode,
            groupid_sql_host=fleet.sql.name,
        )
        children["sql"] = {
            "hosts": {fleet.sql.name: {**_connection(fleet.sql, port), "groupid_backup_root": LOCAL_ROOT}}
        }
    if style.directory_port:
        children["groupid"]["vars"]["groupid_domains"] = [_domain(fleet, style)]
    if style.localhost:
        children["ungrouped"] = {"hosts": {"localhost": {}}}
    return {"all": {"vars": everywhere, "children": children}}


def _domain(fleet: Fleet, style: Style) -> dict[str, t.Any]:
    return {
        "name": DOMAIN,
        "server": groups.SERVER,
        "port": style.directory_port,
        "username": f"CN={ACCOUNT},CN=Users,{groups.BASE}",
        "password": fleet.directory_password,
        "ca_file": style.directory_ca,
    }


def _connection(host: Host, port: int) -> dict[str, t.Any]:
    return {
        "ansible_host": "127.0.0.1",
        "ansible_port": port,
        "ansible_user": host.user,
        "ansible_password": host.password,
    }


def write(file: pathlib.Path, fleet: Fleet, port: int, style: Style) -> None:
    """Write an inventory; it holds passwords, so for the owner's eyes only."""
    file.touch(mode=0o600)
    text = yaml.safe_dump(document(fleet, port, style), sort_keys=False, allow_unicode=True)
    file.write_text(text, encoding="utf-8")
