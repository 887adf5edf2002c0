# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One server is backed up, verified and restored over every way to reach it, by Ansible's own connection plugins."""

from __future__ import annotations

import collections.abc as c
import pathlib
import subprocess
import typing as t

import pytest
from integration import sets
from integration.controller import Controller

from lab import damage, inventory, snapshot, ssh, wine_host
from lab.interruptions import Interruption, drop_answer
from lab.lab import Lab
from lab.sql.server import make_certificate

on_wine = pytest.mark.skipif(wine_host.why_not() is not None, reason=f"no host on Wine: {wine_host.why_not()}")
COMPONENTS = ("self_service_portals", "synchronize_jobs", "reports")


def reached(lab: Lab, folder: pathlib.Path, transport: str) -> Controller:
    """A controller that reaches the lab's servers in this way."""
    controller = Controller(lab, folder)
    style = inventory.Style(
        transport=transport, ca_file=str(lab.ca_file), ssh_executable=str(ssh.write_executable(lab.root))
    )
    controller.inventory = controller.write_inventory(
        style, edit=without_passwords if transport == "ssh" else lambda _document: None
    )
    lab.recorder.clear()
    return controller


def without_passwords(document: dict[str, t.Any]) -> None:
    """As inventories are whose hosts take keys."""
    for group in document["all"]["children"]["groupid"]["children"].values():
        for host in group["hosts"].values():
            del host["ansible_password"]


def picture(lab: Lab, host: str) -> snapshot.Picture:
    return snapshot.take({name: lab.components(host)[name] for name in COMPONENTS})


class Playbooks:
    """One server by the playbooks."""

    def __init__(self, controller: Controller, host: str) -> None:
        self._controller = controller
        self._root = controller.lab.path(host, inventory.LOCAL_ROOT)
        self._deployment = controller.lab.host(host).deployment

    def backup(self) -> str:
        """Return the new set's id."""
        known = set(sets.sealed(self._root, self._deployment))
        wanted = {"groupid_components": list(COMPONENTS), "groupid_exclude_defaults": []}
        self._controller.play("backup", extra=wanted).succeeded()
        [set_id] = set(sets.sealed(self._root, self._deployment)) - known
        return set_id

    def verify(self, set_id: str) -> None:
        self._controller.play("verify", extra={"groupid_set_id": set_id}).succeeded()

    def restore(self, set_id: str) -> None:
        wanted = {"groupid_set_id": set_id, "groupid_restore_confirm": set_id, "groupid_restore_policy": "mirror"}
        self._controller.play("restore", extra=wanted).succeeded()


class Modules:
    """One server by three modules, where a playbook would take long."""

    def __init__(self, controller: Controller, host: str) -> None:
        self._controller = controller
        self._host = host
        self._common = {"backup_root": inventory.LOCAL_ROOT, "deployment": controller.lab.host(host).deployment}

    def backup(self) -> str:
        """Return the new set's id."""
        set_id = "20260102T000000Z"
        self._run("groupid_backup_folder", set_id, components=list(COMPONENTS), exclude_defaults=[])
        return set_id

    def verify(self, set_id: str) -> None:
        self._run("groupid_backup_verify", set_id)

    def restore(self, set_id: str) -> None:
        self._run("groupid_restore_folder", set_id, policy="mirror", unsealed=True)

    def _run(self, module: str, set_id: str, **arguments: t.Any) -> None:
        result = self._controller.module(self._host, module, {**self._common, "set_id": set_id, **arguments})
        assert not result["failed"], result.get("msg", result)


def assert_there_and_back(
    controller: Controller, host: str, steps: Playbooks | Modules, own: c.Callable[[], object] = lambda: None
) -> None:
    """Back the server up, verify, damage it, and restore it, judged from outside.

    own: gives what the damage has made to the host's user.
    """
    lab = controller.lab
    before = picture(lab, host)
    set_id = steps.backup()
    sets.check_part(lab.path(host, inventory.LOCAL_ROOT) / lab.host(host).deployment / set_id / host)
    steps.verify(set_id)
    for name in COMPONENTS:
        for kind in ("flip", "remove", "add"):
            damage.inflict(lab.components(host)[name], kind, seed=1)
    own()
    assert picture(lab, host) != before
    steps.restore(set_id)
    assert snapshot.compare(before, picture(lab, host), folder_times=False) == []


@pytest.mark.parametrize("transport", ["https", "ntlm"])
def test_winrm(one_server: Lab, tmp_path: pathlib.Path, transport: str) -> None:
    controller = reached(one_server, tmp_path, transport)
    assert_there_and_back(controller, "web01", Playbooks(controller, "web01"))
    assert one_server.recorder.entries(host="web01", action="Command")


def test_ssh(one_server: Lab, tmp_path: pathlib.Path) -> None:
    controller = reached(one_server, tmp_path, "ssh")
    assert_there_and_back(controller, "web01", Playbooks(controller, "web01"))
    assert one_server.recorder.entries() == []


def test_ssh_of_a_user_whom_the_server_does_not_know(one_server: Lab, tmp_path: pathlib.Path) -> None:
    controller = reached(one_server, tmp_path, "ssh")
    result = controller.module("web01", "groupid_info", {"measure": False}, "-e", "ansible_user=stranger")
    assert result["unreachable"] is True
    assert "Permission denied (publickey)" in result["msg"]


def windows_user(lab: Lab) -> None:
    """Return what is in the components to the user of the host on Wine."""
    for folder in lab.components("wine01").values():
        owner = folder.stat()
        subprocess.run(["chown", "-R", f"{owner.st_uid}:{owner.st_gid}", folder], check=True)


@on_wine
def test_ssh_through_cmd(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    """The default shell of Windows' OpenSSH, with its quoting and its longest line."""
    controller = reached(wine_lab, tmp_path, "ssh")
    result = controller.module("wine01", "groupid_info", {"measure": False})
    assert not result["failed"], result.get("msg", result)
    assert result["computer"]["server"] == "wine01"


@on_wine
def test_a_lost_psrp_connection_is_said(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    controller = reached(wine_lab, tmp_path, "psrp")
    interruption = Interruption(drop_answer, action="Command", requests=[1])
    wine_lab.interceptors.append(interruption)
    try:
        result = controller.module("wine01", "groupid_info", {"measure": False})
    finally:
        wine_lab.interceptors.remove(interruption)
    assert interruption.done == 1
    assert result["error"]["code"] == "connection_lost", result


@on_wine
def test_psrp(wine_lab: Lab, tmp_path: pathlib.Path) -> None:
    """The agent in one runspace of PowerShell's own remoting server, on Win32."""
    controller = reached(wine_lab, tmp_path, "psrp")
    assert_there_and_back(controller, "wine01", Modules(controller, "wine01"), lambda: windows_user(wine_lab))
    assert wine_lab.recorder.entries(host="wine01", action="Command")


def test_https_with_an_unknown_certificate_reaches_nobody(one_server: Lab, tmp_path: pathlib.Path) -> None:
    """By the certificate of another authority, as a wrong path in the inventory would name it."""
    controller = reached(one_server, tmp_path, "https")
    other = tmp_path / "other"
    other.mkdir()
    stranger = make_certificate(other)[0]
    where = controller.write_inventory(inventory.Style(transport="https", ca_file=str(stranger)))
    controller.play("preflight", where=where).failed("web01", "certificate verify failed")
    assert one_server.recorder.entries() == []


def test_ntlm_without_encryption_is_refused(one_server: Lab, tmp_path: pathlib.Path) -> None:
    controller = reached(one_server, tmp_path, "ntlm")
    never = {"ansible_winrm_message_encryption": "never"}
    controller.play("preflight", extra=never).failed("web01", "500")
    assert one_server.recorder.entries() == []
