# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of a run that has done everything, and what it ends with."""

from __future__ import annotations

import typing as t

from unit.plugins import run_facts
from unit.plugins.run_facts import SET, Facts

from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind
from ansible_collections.identityops.groupid.plugins.module_utils.summary import report

PATH = f"D:\\Backups\\hq\\{SET}"
SAFETY = "20261123T120000Z-before-restore"
KINDS: tuple[Kind, ...] = ("preflight", "backup", "verify", "restore")
DATABASE = {"database": "GroupID", "server": "sql01", "mode": "unc"}
FOUND = {"directory_server": "dc01", "engine": "ldap", "groups": 1240, "exported": 1016, "seconds": 2.5}


def done(server: str) -> dict[str, t.Any]:
    """What a host holds when everything that a run can do was done."""
    verified = {"state": "verified", "mode": "full", "set_id": SET, "sealed": True}
    return {
        "__groupid_set_id": SET,
        "__groupid_verify_set": SET,
        "__groupid_narrowed": [],
        "__groupid_part": {
            "state": "complete",
            "version": "10.0",
            "files": 12_345,
            "bytes": 567_800_000,
            "seconds": 12.34,
            "problem_count": 0,
            "set_path": PATH,
        },
        "__groupid_verified": {**verified, "files": 12_345, "bytes": 567_800_000, "seconds": 3.0},
        "__groupid_seals": {SET: {"prepared": "d", "sealed": "d"}},
        "__groupid_restored": {
            "set_id": SET,
            "server": server.partition(".")[0],
            "added": 3,
            "replaced": 1,
            "removed": 0,
            "attributes": 0,
            "seconds": 1.0,
            "safety": {"set_id": SAFETY},
        },
    }


def healthy(*servers: str, **values: t.Any) -> Facts:
    """Hosts of hq that have done everything."""
    facts = run_facts.make("hq", *servers, set_id=SET, **values)
    for server in servers:
        facts[server].update(done(server))
    return facts


def configured(facts: Facts) -> Facts:
    """With a database and a domain beside the servers."""
    part = {"state": "complete", "bytes": 5_000_000}
    first = facts[min(facts)]
    first["__groupid_database"] = {**DATABASE, "part": part, "backup": {"seconds": 2.0}}
    first["__groupid_sql"] = {"database": {"bytes": 8_000_000}, "can_backup": {"reasons": []}}
    first["__groupid_sql_source"] = DATABASE
    first["__groupid_sql_restored"] = {"outcome": "restored", "seconds": 3.0, "safety": {"name": "groupid-safety x"}}
    known = {"found": FOUND, "part": {**FOUND, **part}, "verified": {"state": "verified", "details": FOUND}}
    restored = {"directory_server": "dc01", "counts": {"differing": 7, "written": 6}, "safety": {"set_id": SAFETY}}
    first["__groupid_attributes"] = {"corp.example": {**known, "restore": restored}}
    return facts


def lines(facts: Facts, kind: Kind, check: bool = False) -> list[str]:
    return report.lines(facts, run_facts.planned(facts), kind, check)


def row(found: t.Sequence[str], name: str) -> list[str]:
    """The cells of a name, the blocks of its table side by side."""
    [first, *others] = [line.split() for line in found if line.startswith(f"{name} ")]
    return [*first, *(cell for line in others for cell in line[1:])]
