# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GroupID at work on the servers of a lab: how they look, and whether a set of them is what its seal says."""

from __future__ import annotations

import collections.abc as c
import contextlib
import hashlib
import json
import pathlib

from integration import sets
from integration.controller import Controller

from lab import inventory, snapshot, writers
from lab.fleet import Fleet
from lab.lab import Lab, discard, prepare

Services = dict[str, dict[str, str]]


def services(lab: Lab) -> Services:
    """Return what runs on each server."""
    return {host.name: lab.services(host.name).picture() for host in lab.fleet.hosts}


def sources(lab: Lab) -> dict[str, snapshot.Picture]:
    """Look at each server's components, past what GroupID writes itself."""
    return {
        host.name: {
            path: facts
            for path, facts in snapshot.take(lab.components(host.name)).items()
            if path.rpartition("/")[2] not in writers.FILES
        }
        for host in lab.fleet.hosts
    }


@contextlib.contextmanager
def running(folder: pathlib.Path, made: Fleet) -> c.Iterator[tuple[Lab, Controller]]:
    """Make a lab and its controller, and end them."""
    root = folder / "lab"
    prepare(root, made)
    (folder / "controller").mkdir()
    try:
        with Lab(root) as lab:
            yield lab, Controller(lab, folder / "controller")
    finally:
        discard(root)


def check_set(lab: Lab, hosts: c.Iterable[str], deployment: str, set_id: str, since: int) -> None:
    """Assert that a sealed set has the parts that its seal names, and is one point in time.

    hosts: those that may hold parts, the first server first. since: a number of the writers, before the set was begun.
    """
    roots = [lab.path(name, inventory.LOCAL_ROOT) / deployment / set_id for name in hosts]
    seal = json.loads((roots[0] / "set.json").read_text(encoding="utf-8"))
    for part in seal["parts"]:
        [folder] = [one for one in (root / part["server"] for root in roots) if one.exists()]
        assert hashlib.sha256((folder / "part.json").read_bytes()).hexdigest() == part["part_sha256"], folder
        if part["server"] != "database":
            sets.check_part(folder)
    faults = writers.cut(lab.root, lab.fleet, deployment, set_id, since).faults
    assert faults == [], "\n".join(faults)
