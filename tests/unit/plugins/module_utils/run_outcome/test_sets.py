# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sets that an outcome names."""

from __future__ import annotations

from unit.plugins.module_utils.run_outcome.runs import (
    CORP,
    COUNTS,
    DOMAINS,
    FOLDERS,
    PART,
    each,
    ok,
    outcome,
    run,
    saved,
    wrong,
)
from unit.plugins.run_facts import SET, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils.run_outcome import DONE
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState


def test_a_set_is_named_with_its_folders_until_it_is_sealed() -> None:
    facts = run("backup", "web01", "web02", sql_server="sql01", sql_database="GroupID", sql_backup_mode="host")
    for host in facts.values():
        host["__groupid_settings"]["asked"]["sql_host"] = "sql01"
    facts["sql01"] = {"groupid_backup_root": "E:\\Sets\\"}
    facts["web01"][PART] = saved(ok(state="complete"))
    facts["web02"][PART] = saved(wrong("space", seconds=1.0))
    facts["web01"]["__groupid_sql_place"] = ok(folder="E:\\Sets\\hq\\x\\database")
    one = outcome(facts, "backup")["deployments"]["hq"]
    set_id = str(RunState(facts)["web01"]["__groupid_set_id"])
    assert (one["set_id"], one["sealed"]) == (set_id, False)
    assert one["unsealed"] == [f"D:\\Backups\\hq\\{set_id}", f"E:\\Sets\\hq\\{set_id}"]
    digest = {"document_sha256": "d" * 64}
    facts["web02"][PART] = saved(ok(state="complete"))
    for host in ("web01", "web02"):
        facts[host]["__groupid_seal_prepared"] = ok(**digest)
    facts["web01"]["__groupid_seal_decided"] = ok(**digest)
    one = outcome(facts, "backup")["deployments"]["hq"]
    assert (one["class"], one["set_id"], one["sealed"], one["unsealed"]) == (DONE, set_id, True, [])


def test_a_set_that_is_not_made_has_no_id() -> None:
    one = outcome(run("backup", check=True), "backup")["deployments"]["hq"]
    assert (one["set_id"], one["sealed"], one["unsealed"]) == (None, False, [])
    one = outcome(run("preflight"), "preflight")["deployments"]["hq"]
    assert (one["set_id"], one["sealed"]) == (None, None)


def test_a_set_that_is_read_has_its_id() -> None:
    assert outcome(run("verify"), "verify")["deployments"]["hq"]["set_id"] == SET
    facts = run("restore")
    safety = {"set_id": "20261125T120000Z-before-restore"}
    facts["web01"][FOLDERS] = ok(safety=safety)
    facts["web01"][DOMAINS] = each((CORP, ok(safety={"set_id": "20261125T120001Z-before-restore"}, **COUNTS)))
    one = outcome(facts, "restore")["deployments"]["hq"]
    assert (one["set_id"], one["sealed"]) == (SET, None)
    assert one["safety_set_ids"] == ["20261125T120000Z-before-restore", "20261125T120001Z-before-restore"]


def test_a_part_that_an_earlier_run_has_made_is_not_unsealed_by_this_one() -> None:
    facts = run("backup", set_id=SET)
    facts["web01"]["__groupid_probe"] = probe("web01", listed(part("web01"), sealed=False))
    one = outcome(facts, "backup")["deployments"]["hq"]
    assert (one["class"], one["set_id"], one["unsealed"]) == (DONE, SET, [])
