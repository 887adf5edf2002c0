# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No secret of the inventory is printed or left on a host, whatever happens."""

from __future__ import annotations

import typing as t

import pytest
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

LOUD = {"ANSIBLE_DISPLAY_ARGS_TO_STDOUT": "1"}
SECRETS = {
    "ansible_become_password": "Become-Pa55 word!",
    "site_sql_password": "Sql\"quoted\\secret'1",
    "nested_of_somebody": [{"name": "corp.example", "password": "nested-Domain-secret-2"}],
    "site_signing_key": "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    "groupid_signing_key": "Sign\"ing\\key'of-the-tests-0123456789",
}


def values(lab: Lab) -> list[str]:
    """Every secret of the run's inventory."""
    nested = SECRETS["nested_of_somebody"]
    return [
        *(host.password for host in lab.fleet.hosts),
        *(str(value) for value in SECRETS.values() if isinstance(value, str)),
        *(domain["password"] for domain in t.cast("list[dict[str, str]]", nested)),
    ]


@pytest.fixture
def where(controller: Controller) -> t.Any:
    """An inventory with many secrets."""
    return controller.write_inventory(edit=lambda document: document["all"]["vars"].update(SECRETS))


def assert_no_secret(lab: Lab, output: str) -> None:
    for secret in values(lab):
        for form in (secret, secret.replace("\\", "\\\\").replace('"', '\\"')):
            assert form not in output
            for folder in ("hosts", "shares"):
                for file in (lab.root / folder).rglob("*"):
                    if file.is_file():
                        assert form.encode() not in file.read_bytes(), file


def test_a_run_that_succeeds(lab: Lab, controller: Controller, where: t.Any) -> None:
    run = controller.play("backup", "-vvvvv", where=where, environment=LOUD).succeeded()
    assert_no_secret(lab, run.output)


def test_a_failure_that_echoes_every_secret(lab: Lab, controller: Controller, where: t.Any) -> None:
    """The path that cannot be found is named after the secrets, so the host's own answer holds them."""
    others = {host.password for host in lab.fleet.hosts if host.name != "web01"}
    for secret in (value for value in values(lab) if value not in others):
        wanted = {
            "backup_root": inventory.LOCAL_ROOT,
            "deployment": "hq",
            "set_id": "20260101T000000Z",
            "components": [],
        }
        name = "".join(character for character in secret if character not in '"\\/')
        folders = [{"name": "x", "path": rf"C:\no\such\{name}"}]
        result = controller.module(
            "web01", "groupid_backup_folder", {**wanted, "folders": folders}, "-vvvvv", where=where
        )
        assert result["failed"], result
        if name == secret:
            assert secret not in str({key: value for key, value in result.items() if key != "invocation"})


def test_a_wrong_password_is_not_printed(lab: Lab, controller: Controller) -> None:
    def wrong(document: dict[str, t.Any]) -> None:
        for group in document["all"]["children"]["groupid"]["children"].values():
            for host in group["hosts"].values():
                host["ansible_password"] = "Wr0ng-but-still-secret"

    where = controller.write_inventory(edit=wrong)
    run = controller.play("backup", "-vvvvv", where=where, environment=LOUD).failed()
    assert "Wr0ng-but-still-secret" not in run.output
