# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers, their members and the way to them."""

from __future__ import annotations

import typing as t

from integration.mistakes.mistake import Mistake, deployment, group_of, host


def one_computer_twice(document: dict[str, t.Any]) -> None:
    """Name web01's computer as web02."""
    hosts = group_of(document, "hq")["hosts"]
    hosts["web02"] = dict(hosts["web01"])


MISTAKES = (
    Mistake(
        "one computer twice",
        "backup -e groupid_deployments=hq",
        ("web01 and web02 of the inventory are the same computer", "Correct ansible_host"),
        one_computer_twice,
    ),
    Mistake(
        "a member that is not there",
        "backup -e groupid_deployments=hq",
        ("this run does not include web03 of deployment hq", "cannot be sealed", "Run again without it"),
        deployment("hq", groupid_deployment_servers=["web01", "web02", "web03"]),
    ),
    Mistake(
        "a host that is no member",
        "backup -e groupid_deployments=hq",
        ("web02 is not one of the servers of deployment hq", "(web01)"),
        deployment("hq", groupid_deployment_servers="web01"),
    ),
    Mistake(
        "labels that differ",
        "backup -e groupid_deployments=hq",
        ("hosts of deployment hq have different settings", "groupid_set_label"),
        host("web02", groupid_set_label="x"),
    ),
    Mistake(
        "wrong password",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The host refused the login: 127.0.0.1:",
            "credentials were rejected",
            "user or password is wrong",
            "To find out: on the server: winrm get winrm/config/service",
        ),
        host("web01", ansible_password="guessed"),
    ),
    Mistake(
        "closed port",
        "backup -e groupid_deployments=hq",
        (
            "FAILED in preflight: web01",
            "The host was not reached: 127.0.0.1:1",
            "Connection refused",
            "the inventory has the wrong port",
            "To find out: nc -vz 127.0.0.1 1",
        ),
        host("web01", ansible_port=1),
    ),
    Mistake("become", "backup --become --become-method runas --become-user SYSTEM", ("runas", "ansible_become: false")),
)
