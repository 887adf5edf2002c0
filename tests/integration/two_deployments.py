# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two deployments of one fleet, with databases and groups of their own, that one run has backed up under one set id."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import pathlib
import typing as t

from integration import sets
from integration.controller import Controller

from lab import databases, fleet, groups, inventory, snapshot
from lab.directory.groups import TOP_UNIT, UNITS, unit_dn
from lab.lab import Lab, discard, prepare

BASES = {
    "hq": unit_dn((UNITS[0], TOP_UNIT), groups.BASE),
    "branch": unit_dn((UNITS[1], TOP_UNIT), groups.BASE),
}
"""Below which units the groups of each deployment are."""

FIRST = {"hq": "web01", "branch": "old01"}
"""The first server of each."""

STATE_FOLDER = "/identityops.groupid"
"""What the path of each file has that the agent keeps for itself."""

Edit = c.Callable[[dict[str, t.Any]], object]


@dataclasses.dataclass(frozen=True)
class Scene:
    """The lab, a person at its controller, and the id that the sealed sets of both deployments have."""

    lab: Lab
    controller: Controller
    set_id: str

    def inventory(self, edit: Edit, name: str) -> pathlib.Path:
        """Write the fleet's inventory, changed by ``edit``."""
        return write_inventory(self.controller, edit, name)

    def picture(self, *, with_state: bool = False) -> snapshot.Picture:
        """Look at all disks and shares, at the rows and at the groups.

        with_state: also at what the agent keeps for itself.
        """
        places = {name: self.lab.root / name for name in ("hosts", "shares")}
        picture = {
            path: facts for path, facts in snapshot.take(places).items() if with_state or STATE_FOLDER not in path
        }
        for deployment in BASES:
            picture[f"rows of {deployment}"] = {"rows": databases.rows(self.lab.root, deployment)}
        picture["groups"] = {"groups": self.groups()}
        return picture

    def groups(self) -> list[str]:
        """Return a line for each group of the directory."""
        assert self.lab.directory
        return groups.listing(groups.connect(self.lab.root, self.lab.fleet, self.lab.directory.port))


def write_inventory(controller: Controller, edit: Edit, name: str) -> pathlib.Path:
    """Write the inventory of both deployments, changed by ``edit``."""
    lab = controller.lab
    assert lab.sql
    assert lab.directory
    style = inventory.Style(
        sql_port=lab.sql.port,
        sql_ca=str(databases.authority(lab.root)),
        directory_port=lab.directory.ldaps_port,
        directory_ca=str(groups.authority(lab.root)),
    )

    def with_bases(document: dict[str, t.Any]) -> None:
        servers = document["all"]["children"]["groupid"]
        [domain] = servers["vars"].pop("groupid_domains")
        for deployment, base in BASES.items():
            own = servers["children"][f"deployment_{deployment}"]["vars"]
            own["groupid_domains"] = [{**domain, "base": base}]
        edit(document)

    return controller.write_inventory(style, with_bases, name)


@contextlib.contextmanager
def scene(folder: pathlib.Path) -> c.Iterator[Scene]:
    """Make the lab below a folder, back both deployments up with one run, and end the lab behind it."""
    root = folder / "lab"
    prepare(root, fleet.default_fleet(3, scale="small", sql=True, directory=True))
    try:
        with Lab(root) as lab:
            (folder / "controller").mkdir()
            controller = Controller(lab, folder / "controller")
            controller.inventory = write_inventory(controller, lambda _document: None, "inventory.yml")
            controller.play("backup").succeeded()
            places = (("web01", "hq"), ("old01", "branch"))
            [set_id] = {name for host, of in places for name in sets.sealed(lab.path(host, inventory.LOCAL_ROOT), of)}
            yield Scene(lab, controller, set_id)
    finally:
        discard(root)


def harm(place: Scene, deployment: str) -> None:
    """Damage a file, the database and a group of a deployment."""
    reports = place.lab.components(FIRST[deployment])["reports"]
    victim = next(path for path in sorted(reports.rglob("*")) if path.is_file() and path.stat().st_size)
    victim.write_bytes(b"damaged")
    databases.harm(place.lab.root, deployment)
    assert place.lab.directory
    directory = groups.connect(place.lab.root, place.lab.fleet, place.lab.directory.port)
    held = ((dn, values) for dn, values in directory.groups().values() if dn.endswith(BASES[deployment]) and values)
    dn, values = min(held)
    directory.change(dn, min(values), b"changed by an upgrade")
