# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who belongs together, and what stands against going on."""

from __future__ import annotations

import datetime
import typing as t

import pytest
from unit.plugins.run_facts import DISK_FULL, asked, failed

from ansible_collections.identityops.groupid.plugins.module_utils import deployments

NOON = datetime.datetime(2026, 11, 22, 12, 0, 0)


def asked_host(deployment: str) -> dict[str, t.Any]:
    """Variables of a host of the run, before it was looked at."""
    return {"groupid_deployment": deployment, "__groupid_asked": asked(deployment.lower())}


def answered(
    host: dict[str, t.Any], server: str, versions: t.Sequence[str] = ("10.0",), sets: t.Sequence[str] = ()
) -> None:
    """Add what the host's computer answered."""
    host["__groupid_probe"] = {
        "computer": {"server": server, "fqdn": f"{server}.corp.example", "machine_guid": f"guid of {server}"},
        "installations": [{"version": version} for version in versions],
        "backup_root": {"sets": [{"set_id": set_id} for set_id in sets]},
    }


@pytest.fixture
def facts() -> dict[str, dict[str, t.Any]]:
    """Two hosts of hq, one of branch, and a database server of no deployment. All that should answer have done so."""
    hosts = {"web02": asked_host("HQ"), "web01": asked_host("hq"), "srv": asked_host("branch"), "sql": {}}
    for host in ("web02", "web01", "srv"):
        answered(hosts[host], host)
    return hosts


def planned(facts: dict[str, dict[str, t.Any]], run: t.Sequence[str], wanted: t.Sequence[str] = ()) -> deployments.Plan:
    """The plan of a run, noted on its hosts as the roles do."""
    chosen = deployments.plan(facts, run, facts, wanted)
    for host in run:
        facts[host]["__groupid_plan"] = chosen
    return chosen


def test_hosts_are_sorted_by_deployment_then_name(facts: dict[str, dict[str, t.Any]]) -> None:
    chosen = planned(facts, ["web02", "srv", "web01"])
    assert chosen["hosts"] == ["srv", "web01", "web02"]
    assert chosen["deployments"]["hq"] == {"hosts": ["web01", "web02"], "outside": []}


def test_members_that_the_run_does_not_see_are_outside(facts: dict[str, dict[str, t.Any]]) -> None:
    chosen = planned(facts, ["web01"])
    assert chosen["deployments"] == {"hq": {"hosts": ["web01"], "outside": ["web02"]}}


def test_servers_that_a_narrow_pattern_leaves_out_may_be_members() -> None:
    groups = {"all": ["web01", "web02", "idm"], "groupid": ["web01", "web02"]}
    assert deployments.may_be_members(groups, ["idm", "web01"]) == ["idm", "web01", "web02"]
    groups["groupid"] = []
    assert deployments.may_be_members(groups, ["web01"]) == ["web01", "web02", "idm"]
    del groups["groupid"]
    assert deployments.may_be_members(groups, ["web01"]) == ["web01", "web02", "idm"]


def test_a_server_that_also_has_the_database_is_missed_too(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["web01"]["__groupid_asked"].update(sql_backup_mode="host", sql_host="web02")
    known = deployments.may_be_members({"all": list(facts)}, ["web01"])
    assert deployments.plan(facts, ["web01"], known, [])["deployments"]["hq"]["outside"] == ["web02"]


@pytest.mark.parametrize("wanted", [["br*"], ["branch"], ["b[r]anch", "br*"]])
def test_deployments_are_chosen_by_name_or_glob(facts: dict[str, dict[str, t.Any]], wanted: list[str]) -> None:
    assert planned(facts, ["web01", "web02", "srv"], wanted)["hosts"] == ["srv"]


def test_a_deployment_that_is_not_there_is_named_with_those_that_are(facts: dict[str, dict[str, t.Any]]) -> None:
    [paris, brunch] = deployments.unmet(facts, ["web01", "web02", "srv"], ["hq", "paris", "b*", "brunch"])
    assert "groupid_deployments names 'paris'" in str(paris)
    assert "belong to: branch, hq" in str(paris)
    assert "Did you mean branch?" in str(brunch)


def test_a_deployment_outside_of_the_run_is_met_by_no_host(facts: dict[str, dict[str, t.Any]]) -> None:
    [unmet] = deployments.unmet(facts, ["srv"], ["hq"])
    assert (unmet.code, "--limit" in unmet.next) == ("no_such_deployment", True)


@pytest.mark.parametrize(
    ("sizes", "parallel", "expected"),
    [([2, 1, 3], 1, [2, 1, 3]), ([2, 1, 3], 2, [3, 3]), ([2, 1, 3], 0, [6]), ([2, 1, 3], 9, [6]), ([], 0, [])],
)
def test_batches_hold_whole_deployments(sizes: list[int], parallel: int, expected: list[int]) -> None:
    assert deployments.batches(sizes, parallel) == expected


def test_a_failure_holds_its_own_deployment_and_no_other(facts: dict[str, dict[str, t.Any]]) -> None:
    planned(facts, ["web01", "web02", "srv"])
    facts["web02"]["__groupid_failures"] = failed(DISK_FULL)
    assert [host for host in ("web01", "web02", "srv") if deployments.ready(facts, host)] == ["srv"]


def test_a_host_that_was_not_chosen_does_not_go_on(facts: dict[str, dict[str, t.Any]]) -> None:
    planned(facts, ["web01", "web02", "srv"], ["branch"])
    assert not deployments.ready(facts, "web01")
    assert deployments.fellows(facts, "web01") == []
    assert deployments.ready(facts, "srv")


def test_nothing_stands_out_when_all_is_well(facts: dict[str, dict[str, t.Any]]) -> None:
    seen = deployments.review(facts, planned(facts, ["web01", "web02", "srv"]))
    assert seen["hq"] == {
        "twins": {},
        "missing": [],
        "undeclared": {},
        "differing": [],
        "first": "web01",
        "versions": {"10.0": ["web01", "web02"]},
    }


def test_two_hosts_that_are_one_computer_are_found_within_a_deployment(facts: dict[str, dict[str, t.Any]]) -> None:
    answered(facts["web02"], "web01")
    facts["web02"]["__groupid_probe"]["computer"]["fqdn"] = "web01.other.example"
    seen = deployments.review(facts, planned(facts, ["web01", "web02", "srv"]))
    assert seen["hq"]["twins"] == {"web01": ["web02"], "web02": ["web01"]}


def test_one_computer_in_two_deployments_is_found_by_its_full_name(facts: dict[str, dict[str, t.Any]]) -> None:
    answered(facts["srv"], "web01")
    seen = deployments.review(facts, planned(facts, ["web01", "web02", "srv"]))
    assert (seen["branch"]["twins"], seen["hq"]["twins"]) == ({"srv": ["web01"]}, {"web01": ["srv"]})


def test_two_customers_may_both_have_a_web01(facts: dict[str, dict[str, t.Any]]) -> None:
    answered(facts["srv"], "web01")
    facts["srv"]["__groupid_probe"]["computer"]["fqdn"] = "web01.branch.example"
    seen = deployments.review(facts, planned(facts, ["web01", "web02", "srv"]))
    assert not seen["branch"]["twins"]
    assert not seen["hq"]["twins"]


def test_declared_members_are_compared_by_short_name(facts: dict[str, dict[str, t.Any]]) -> None:
    for host in ("web01", "web02"):
        facts[host]["__groupid_asked"] = asked("hq", deployment_servers=["WEB01.corp.example", "web02"])
    assert deployments.review(facts, planned(facts, ["web01", "web02"]))["hq"]["missing"] == []
    assert deployments.review(facts, planned(facts, ["web01"]))["hq"]["missing"] == ["web02"]


def test_without_a_declaration_the_inventory_says_who_is_missing(facts: dict[str, dict[str, t.Any]]) -> None:
    assert deployments.review(facts, planned(facts, ["web01"]))["hq"]["missing"] == ["web02"]


def test_hosts_of_the_inventory_that_were_not_declared_are_not_missing(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["web01"]["__groupid_asked"] = asked("hq", deployment_servers=["web01"])
    assert deployments.review(facts, planned(facts, ["web01"]))["hq"]["missing"] == []


def test_a_server_that_the_declaration_does_not_name_is_reported(facts: dict[str, dict[str, t.Any]]) -> None:
    for host in ("web01", "web02"):
        facts[host]["__groupid_asked"] = asked("hq", deployment_servers=["web01"])
    assert deployments.review(facts, planned(facts, ["web01", "web02"]))["hq"]["undeclared"] == {"web02": "web02"}


def test_who_is_missing_waits_until_all_have_answered(facts: dict[str, dict[str, t.Any]]) -> None:
    for host in ("web01", "web02"):
        facts[host]["__groupid_asked"] = asked("hq", deployment_servers=["web01", "web02"])
    facts["web02"]["__groupid_probe"] = {"unreachable": True, "msg": "no route to host"}
    assert deployments.review(facts, planned(facts, ["web01", "web02"]))["hq"]["missing"] == []


def test_what_a_deployment_must_agree_on_is_compared(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["web01"]["__groupid_asked"] = asked("hq", deployment_servers=["web01", "web02"], set_id="20261122T120000Z")
    facts["web02"]["__groupid_asked"] = asked("hq", deployment_servers=["web02"], set_label="label")
    seen = deployments.review(facts, planned(facts, ["web01", "web02"]))
    assert seen["hq"]["differing"] == ["groupid_deployment_servers", "groupid_set_id", "groupid_set_label"]
    facts["web01"]["__groupid_asked"] = asked("hq", signing_key_id="a" * 16)
    facts["web02"]["__groupid_asked"] = asked("hq")
    assert deployments.review(facts, planned(facts, ["web01", "web02"]))["hq"]["differing"] == ["groupid_signing_key"]


def test_the_order_of_declared_servers_does_not_matter(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["web01"]["__groupid_asked"] = asked("hq", deployment_servers=["web01", "web02"])
    facts["web02"]["__groupid_asked"] = asked("hq", deployment_servers=["web02.corp.example", "WEB01"])
    assert deployments.review(facts, planned(facts, ["web01", "web02"]))["hq"]["differing"] == []


def test_one_id_for_each_deployment_later_than_all_that_any_member_has(facts: dict[str, dict[str, t.Any]]) -> None:
    answered(facts["web02"], "web02", sets=["20261123T110000Z", "20261122T110000Z"])
    assert deployments.next_set_ids(facts, planned(facts, ["web01", "web02", "srv"]), NOON) == {
        "branch": "20261122T120000Z",
        "hq": "20261123T110001Z",
    }


def test_a_set_dated_in_the_future_does_not_drag_new_ones_along(facts: dict[str, dict[str, t.Any]]) -> None:
    answered(facts["web02"], "web02", sets=["20301122T120000Z"])
    assert deployments.next_set_ids(facts, planned(facts, ["web01", "web02"]), NOON) == {"hq": "20261122T120000Z"}


def test_a_time_zone_of_the_clock_is_heeded(facts: dict[str, dict[str, t.Any]]) -> None:
    berlin = NOON.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
    assert deployments.next_set_ids(facts, planned(facts, ["srv"]), berlin) == {"branch": "20261122T110000Z"}


def test_a_label_ends_the_id_and_an_id_that_was_asked_for_is_kept(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["srv"]["__groupid_asked"] = asked("branch", set_label="before-upgrade")
    facts["web01"]["__groupid_asked"] = asked("hq", set_id="20200101T000000Z")
    assert deployments.next_set_ids(facts, planned(facts, ["srv", "web01"]), NOON) == {
        "branch": "20261122T120000Z-before-upgrade",
        "hq": "20200101T000000Z",
    }


def test_a_further_set_never_has_the_id_that_was_asked_for(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["web01"]["__groupid_asked"] = asked("hq", set_id="20200101T000000Z", set_label="before-upgrade")
    answered(facts["web02"], "web02", sets=["20261123T110000Z-before-restore"])
    assert deployments.next_set_ids(facts, planned(facts, ["web01", "web02"]), NOON, "before-restore") == {
        "hq": "20261123T110001Z-before-restore"
    }


def test_an_id_is_chosen_although_a_member_has_not_answered(facts: dict[str, dict[str, t.Any]]) -> None:
    facts["web01"]["__groupid_probe"] = {"unreachable": True}
    chosen = planned(facts, ["web01", "web02"])
    assert deployments.next_set_ids(facts, chosen, NOON) == {"hq": "20261122T120000Z"}
