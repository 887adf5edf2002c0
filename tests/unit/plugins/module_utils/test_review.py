# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is decided once, when all servers have answered."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, failed, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, review

DOMAIN = "group_attributes.corp.example"


def objected(facts: Facts) -> dict[str, list[str]]:
    found = facts[next(iter(facts))]["__groupid_review"]["objections"]
    return {host: [one["code"] for one in failures] for host, failures in found.items()}


@pytest.mark.parametrize("kind", ["preflight", "backup", "verify", "rehearse"])
def test_nothing_stands_against_a_sound_run(kind: review.Kind) -> None:
    facts = run_facts.answered(kind, "web01", "web02")
    found = facts["web01"]["__groupid_review"]
    assert objected(facts) == {}
    assert found["deployments"]["hq"]["first"] == "web01"
    assert ("set_ids" in found) == (kind in ("preflight", "backup"))
    assert found.get("verify_sets") == ({"web01": SET, "web02": SET} if kind == "verify" else None)


def test_a_new_set_is_later_than_all_that_are_there() -> None:
    found = run_facts.answered("backup", "web01")["web01"]["__groupid_review"]
    assert found["set_ids"] == {"hq": "20261125T120000Z"}
    with pytest.raises(backup_set.InvalidNameError):
        run_facts.answered("backup", "web01", set_label="no label")


def test_a_host_that_failed_has_one_failure_and_its_fellows_have_none() -> None:
    facts = run_facts.answered("backup", "web01", "web02", components=["database"])
    facts["web01"]["__groupid_probe"] = {"unreachable": True, "msg": "no route to host"}
    run_facts.reviewed(facts, "backup")
    assert objected(facts) == {"web02": ["no_folders"]}


def test_one_step_at_a_time_stands_against_a_host() -> None:
    facts = run_facts.answered("backup", "web01", components=["database"])
    assert objected(facts) == {"web01": ["no_folders"]}
    facts["web01"]["__groupid_probe"]["backup_root"]["error"] = "Access is denied. (5)"
    run_facts.reviewed(facts, "backup")
    assert objected(facts) == {"web01": ["root_unusable"]}


def test_a_rehearsal_asks_for_nothing_that_only_a_backup_needs() -> None:
    assert objected(run_facts.answered("rehearse", "web01", components=["database"])) == {}


def test_a_verification_without_a_set_is_refused() -> None:
    facts = run_facts.answered("verify", "web01")
    facts["web01"]["__groupid_probe"] = probe("web01")
    run_facts.reviewed(facts, "verify")
    assert list(objected(facts)) == ["web01"]
    assert facts["web01"]["__groupid_review"]["verify_sets"] == {}


def restore(**values: t.Any) -> Facts:
    facts = run_facts.answered("restore", "web01", "web02", **{"set_id": SET, "restore_confirm": [SET], **values})
    for host in facts:
        parts = [part(host), *([part("database"), part(DOMAIN)] if host == "web01" else [])]
        facts[host]["__groupid_probe"] = probe(host, listed(*parts, members=None))
    return run_facts.reviewed(facts, "restore")


def test_a_restore_is_refused_on_every_host_whatever_else_is_wrong_with_one() -> None:
    facts = run_facts.answered("restore", "web01", "web02", set_id=SET)
    facts["web02"]["__groupid_settings"]["failures"] = failed(DISK_FULL)
    run_facts.reviewed(facts, "restore")
    assert objected(facts) == {"web01": ["not_confirmed"], "web02": ["not_confirmed"]}


def test_what_a_deployment_has_once_is_checked_on_its_first_host() -> None:
    assert objected(restore()) == {"web01": ["sql_server_missing"]}
    known = {"sql_server": "sql01", "sql_database": "GroupID"}
    assert objected(restore(**known)) == {"web01": ["domain_unknown"]}
    facts = restore(**known, domains=[{"name": "corp.example"}])
    assert objected(facts) == {}
    found = facts["web01"]["__groupid_review"]
    assert found["domains"] == {"web01": ["corp.example"]}
    assert found["safety_ids"] == {"hq": "20261125T120000Z-before-restore"}
    assert found["choice"]["sources"]["web02"] == {"server": "web02", "mapped": False}
