# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run against which nothing stands."""

from __future__ import annotations

import pytest
from unit.plugins import run_facts
from unit.plugins.module_utils.objections.cases import VERIFIED
from unit.plugins.run_facts import SET, Facts, listed, part, probe

ALLOWED = {"ok": True, "reasons": []}


@pytest.fixture
def facts() -> Facts:
    """Two servers of hq and nothing that stands against anything, for a new set or for the one that is there."""
    facts = run_facts.make("hq", "web01", "web02", sql_server="sql01", sql_database="GroupID", set_id=SET)
    for server, host in facts.items():
        own = [part(server), *([part("database")] if server == "web01" else [])]
        host.update(
            __groupid_probe=probe(server, listed(*own, members=["database", "web01", "web02"], decider="web01")),
            __groupid_source={"server": server, "mapped": False},
            __groupid_set_id=SET,
            __groupid_part={**part(server), "finished_at": "2026-11-22T12:00:01.0000000Z"},
            __groupid_verified={**VERIFIED},
            __groupid_quiesced={"mode": "all", "running": run_facts.IDLE, "stopped": None, "resumed": None},
        )
    facts["web01"]["__groupid_sql"] = {"can_backup": ALLOWED, "can_verify": ALLOWED}
    facts["web01"]["__groupid_sql_reread"] = {**VERIFIED, "details": {"database": "GroupID"}}
    return facts
