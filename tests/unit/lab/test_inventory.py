# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Inventories of the lab as Ansible itself reads them."""

from __future__ import annotations

import pathlib
import typing as t

import pytest
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.vars.manager import VariableManager

from lab import fleet, inventory

FLEET = fleet.default_fleet()


def read(tmp_path: pathlib.Path, **style: t.Any) -> dict[str, dict[str, t.Any]]:
    """Write an inventory and give each host's variables as Ansible sees them."""
    file = tmp_path / "inventory.yml"
    inventory.write(file, FLEET, 5985, inventory.Style(**style))
    loader = DataLoader()
    hosts = InventoryManager(loader=loader, sources=[str(file)])
    variables = VariableManager(loader=loader, inventory=hosts)
    return {host.name: variables.get_vars(host=host) for host in hosts.get_hosts()}


def test_hosts_groups_and_login(tmp_path: pathlib.Path) -> None:
    hosts = read(tmp_path)
    assert list(hosts) == ["web01", "web02", "old01"]
    web02 = hosts["web02"]
    assert web02["group_names"] == ["deployment_hq", "groupid"]
    assert (web02["groupid_deployment"], web02["groupid_backup_root"]) == ("hq", "D:\\GroupIDBackups")
    assert (web02["ansible_host"], web02["ansible_port"]) == ("127.0.0.1", 5985)
    assert (web02["ansible_connection"], web02["ansible_winrm_transport"]) == ("winrm", "basic")
    assert (web02["ansible_user"], web02["ansible_password"]) == ("web02", FLEET.host("web02").password)
    assert "ansible_shell_type" not in web02
    assert (tmp_path / "inventory.yml").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("naming", "names"),
    [
        ("fqdn", ["web01.corp.example", "web02.corp.example", "old01.corp.example"]),
        ("address", ["192.0.2.10", "192.0.2.11", "192.0.2.12"]),
        ("alias", ["gid_hq_01", "gid_hq_02", "gid_branch_01"]),
    ],
)
def test_other_names(tmp_path: pathlib.Path, naming: str, names: list[str]) -> None:
    hosts = read(tmp_path, naming=naming)
    assert list(hosts) == names
    assert {host["ansible_host"] for host in hosts.values()} == {"127.0.0.1"}


def test_localhost_gets_the_variables_of_windows(tmp_path: pathlib.Path) -> None:
    hosts = read(tmp_path, localhost=True, shell_type=True, backup_root=inventory.SHARED_ROOT)
    assert hosts["localhost"]["ansible_connection"] == "winrm"
    assert hosts["localhost"]["ansible_shell_type"] == "powershell"
    assert "groupid_backup_root" not in hosts["localhost"]
    assert hosts["web01"]["groupid_backup_root"] == "\\\\nas01\\backup"


def test_domains_stand_with_groupid(tmp_path: pathlib.Path) -> None:
    assert "groupid_domains" not in read(tmp_path)["web01"]
    made = fleet.default_fleet(directory=True)
    document = inventory.document(made, 5985, inventory.Style(directory_port=6360, directory_ca="/x/ca.pem"))
    [domain] = document["all"]["children"]["groupid"]["vars"]["groupid_domains"]
    assert (domain["name"], domain["server"], domain["port"]) == ("corp.example", "127.0.0.1", 6360)
    assert (domain["password"], domain["ca_file"]) == (made.directory_password, "/x/ca.pem")
    assert len(made.directory_password) > 10
