# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One folder on a share, of which each server of a deployment saves files of its own."""

from __future__ import annotations

import pathlib
import shutil
import typing as t

from integration import sets
from integration.controller import Controller

from lab import inventory
from lab.lab import Lab

SHARE = "\\\\nas01\\templates"
SERVERS = ("web01", "web02")


def contents(folder: pathlib.Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_it_comes_back_whole_although_all_of_it_is_gone(lab: Lab, controller: Controller) -> None:
    folder = lab.path("web01", SHARE)
    for server in SERVERS:
        for number in range(1000):
            file = folder / server / f"{number}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"{server} {number}")
    before = contents(folder)

    def own_files(document: dict[str, t.Any]) -> None:
        hosts = document["all"]["children"]["groupid"]["children"]["deployment_hq"]["hosts"]
        for server in SERVERS:
            chosen = {"name": "templates", "path": SHARE, "include": [f"{server}/**"]}
            hosts[server] = {**(hosts[server] or {}), "groupid_folders": [chosen]}

    where = controller.write_inventory(edit=own_files)
    only = {"groupid_deployments": ["hq"]}
    controller.play("backup", extra=only, where=where).succeeded()
    [set_id] = sets.sealed(lab.path("web01", inventory.LOCAL_ROOT), "hq")
    shutil.rmtree(folder)
    asked = {**only, "groupid_set_id": set_id, "groupid_restore_confirm": set_id, "groupid_components": ["templates"]}
    controller.play("restore", extra=asked, where=where).succeeded()
    assert contents(folder) == before
