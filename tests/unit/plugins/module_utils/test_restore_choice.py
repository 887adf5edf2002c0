# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restore is for what was named and confirmed, or for nothing."""

from __future__ import annotations

import inspect
import pathlib
import re
import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import SET, Facts, ask, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import restore_choice

OTHER = "20261123T120000Z"


def fleet(*deployments: str, **values: t.Any) -> Facts:
    """Two servers of each deployment, which all have one set of the same id, and one id that nobody else has."""
    facts: Facts = {}
    for number, name in enumerate(deployments):
        servers = [f"{name}{end}" for end in "ab"]
        facts.update(run_facts.make(name, *servers, role="restore", set_id=SET, **values))
        for server in servers:
            own = listed(part(server), set_id=f"2026110{number + 1}T120000Z")
            facts[server]["__groupid_probe"] = probe(server, listed(part(server)), own)
    return facts


def choose(facts: Facts, run: t.Sequence[str] | None = None) -> restore_choice.Choice:
    """Choose in a run that is limited to hosts, as the plan of the run chose."""
    hosts = run or [host for host in facts if "__groupid_asked" in facts[host]]
    wanted = facts[hosts[0]]["__groupid_asked"]["deployments"]
    return restore_choice.choose(facts, run_facts.planned(facts, hosts, wanted))


def refused(facts: Facts, run: t.Sequence[str] | None = None) -> dict[str, str | None]:
    """The one refusal, with which nothing is restored."""
    choice = choose(facts, run)
    assert choice["sources"] == {}
    [refusal] = choice["refusals"]
    assert refusal["what"] == restore_choice.WHAT
    return refusal


def restored(facts: Facts, run: t.Sequence[str] | None = None) -> dict[str, str]:
    """Whose part each host restores."""
    choice = choose(facts, run)
    assert choice["refusals"] == []
    assert sorted(choice["plan"]["hosts"]) == sorted(choice["sources"])
    return {host: source["server"] for host, source in choice["sources"].items()}


def test_one_deployment_that_alone_has_the_set_needs_no_name_but_a_confirmation() -> None:
    facts = ask(fleet("hq", "branch"), set_id="20261101T120000Z")
    assert refused(facts)["code"] == "not_confirmed"
    own = {"hqa": "hqa", "hqb": "hqb"}
    assert restored(ask(facts, restore_confirm=["hq/20261101T120000Z"])) == own
    assert restored(ask(facts, restore_confirm=["20261101T120000Z"])) == own


@pytest.mark.parametrize("wanted", [[], ["*"], ["h*", "b*"], ["hq", "b*"], ["hq", "br?nch"], ["[h]q", "branch"]])
@pytest.mark.parametrize("confirm", [[SET], [f"hq/{SET}"], [f"hq/{SET}", f"branch/{SET}"]])
def test_two_deployments_with_one_set_id_must_be_named_each_and_no_glob_names_one(
    wanted: list[str], confirm: list[str]
) -> None:
    refusal = refused(ask(fleet("hq", "branch"), deployments=wanted, restore_confirm=confirm))
    assert refusal["code"] == "deployment_not_named"
    for name in ("hq", "branch"):
        line = f"-e groupid_deployments={name} -e groupid_set_id={SET} -e groupid_restore_confirm={name}/{SET}"
        assert line in str(refusal["next"])


def test_the_deployment_that_is_named_is_restored_and_no_other() -> None:
    facts = ask(fleet("hq", "branch"), deployments=["hq"])
    refusal = refused(ask(facts, restore_confirm=[f"Branch/{SET}"]))
    assert (refusal["code"], f"is Branch/{SET}, but" in refusal["cause"]) == ("not_confirmed", True)
    assert restored(ask(facts, restore_confirm=[f"hq/{SET}"])) == {"hqa": "hqa", "hqb": "hqb"}
    # One alone takes part, and so its id is enough.
    assert len(restored(ask(facts, restore_confirm=[SET]))) == 2


def test_several_are_restored_when_each_is_named_and_confirmed() -> None:
    facts = ask(fleet("hq", "branch", "lyon"), deployments=["hq", "branch"])
    for confirm in (
        [SET],
        [f"hq/{SET}"],
        [f"hq/{SET}", f"branch/{SET}", f"lyon/{SET}"],
        [f"hq/{SET}", f"branch/{OTHER}"],
    ):
        refusal = refused(ask(facts, restore_confirm=confirm))
        assert refusal["code"] == "not_confirmed"
        assert f"branch/{SET},hq/{SET}" in str(refusal["next"])
    assert sorted(restored(ask(facts, restore_confirm=[f"branch/{SET}", f"hq/{SET}"]))) == [
        "brancha",
        "branchb",
        "hqa",
        "hqb",
    ]


@pytest.mark.parametrize(
    "answer",
    [{"unreachable": True}, probe("brancha", error="Access is denied. (5)"), probe("brancha") | {"backup_root": None}],
)
def test_sets_that_could_not_be_listed_count_as_having_it(answer: dict[str, t.Any]) -> None:
    facts = ask(fleet("hq", "branch"), set_id="20261101T120000Z", restore_confirm=["20261101T120000Z"])
    facts["brancha"]["__groupid_probe"] = answer
    refusal = refused(facts)
    assert refusal["code"] == "deployment_not_named"
    assert "could not be listed" in str(refusal["cause"])


def test_a_deployment_outside_of_the_run_does_not_matter() -> None:
    facts = ask(fleet("hq", "branch"), restore_confirm=[SET])
    for host in ("brancha", "branchb"):
        facts[host] = {"groupid_deployment": "branch"}
    assert sorted(restored(facts, ["hqa"])) == ["hqa"]


@pytest.mark.parametrize("set_id", ["", "latest"])
def test_a_set_is_named_by_its_id(set_id: str) -> None:
    refusal = refused(ask(fleet("hq"), set_id=set_id, restore_confirm=[SET]))
    assert refusal["code"] == "set_not_named"
    assert f"Sets of hq: {SET}, 20261101T120000Z" in str(refusal["next"])


def test_a_set_that_nobody_has_is_reported_with_the_existing_ones() -> None:
    refusal = refused(ask(fleet("hq"), set_id=OTHER, restore_confirm=[f"hq/{OTHER}"]))
    assert refusal["code"] == "set_missing"
    assert f"Its sets: {SET}, 20261101T120000Z" in str(refusal["next"])


def test_a_deployment_that_was_named_and_lacks_the_set_is_reported() -> None:
    facts = ask(fleet("hq", "branch"), set_id="20261101T120000Z", deployments=["hq", "branch"])
    refusal = refused(ask(facts, restore_confirm=["hq/20261101T120000Z"]))
    assert refusal["code"] == "set_missing"
    assert "deployment branch" in str(refusal["cause"])


def test_an_empty_plan_restores_nothing() -> None:
    empty: t.Any = {"hosts": [], "deployments": {}}
    assert restore_choice.choose({}, empty) == {"plan": empty, "sources": {}, "refusals": []}


def confirmed(*deployments: str, **values: t.Any) -> Facts:
    return ask(
        fleet(*deployments, **values),
        deployments=list(deployments),
        restore_confirm=[f"{name}/{SET}" for name in deployments],
    )


@pytest.mark.parametrize(
    ("mapping", "text"),
    [
        ({"hqa": "branchb"}, "no server of this restore is called branchb"),
        ({"hqa": "hqc"}, "Did you mean hqa?"),
        ({"hqa": "10.0.0.7"}, "no server of this restore is called 10.0.0.7"),
        ({"hqa": "hqb.elsewhere.example"}, "no server of this restore is called hqb.elsewhere.example"),
        ({"brancha": "hqb"}, "the set has no part of brancha"),
        ({"hqa": "hqb"}, "the set has no part of hqa"),
        ({"hqb.corp.example": "hqb"}, "Did you mean hqb?"),
        ({"database": "hqb"}, "the set has no part of database"),
        ({"group_attributes.corp.example": "hqb"}, "the set has no part of group_attributes.corp.example"),
    ],
)
def test_an_entry_of_the_map_that_meets_nothing_refuses_the_restore(mapping: dict[str, str], text: str) -> None:
    facts = confirmed("hq")
    facts.update(run_facts.make("branch", "brancha", "branchb", role="restore"))
    parts = [part("hqb"), part("database"), part("group_attributes.corp.example")]
    facts["hqb"]["__groupid_probe"] = probe("hqb", listed(*parts))
    refusal = refused(ask(facts, restore_map=mapping), ["hqa", "hqb"])
    assert refusal["code"] == "restore_map"
    assert text in f"{refusal['cause']} {refusal['next']}"


@pytest.mark.parametrize("target", ["hqb", "HQB", "hqb.corp.example", "HQB.Corp.Example"])
def test_a_server_restores_the_part_that_the_map_sends_to_it(target: str) -> None:
    facts = confirmed("hq", restore_map={"hqz": target})
    facts["hqb"]["__groupid_probe"] = probe("hqb", listed(part("hqb"), part("hqz")))
    assert choose(facts)["sources"] == {
        "hqa": {"server": "hqa", "mapped": False},
        "hqb": {"server": "hqz", "mapped": True},
    }


def test_a_server_named_as_its_own_source_was_installed_anew() -> None:
    assert choose(confirmed("hq", restore_map={"hqa": "hqa"}))["sources"]["hqa"] == {"server": "hqa", "mapped": True}


@pytest.mark.parametrize("targets", [("hqb", "hqb"), ("hqb", "HQB.corp.example")])
def test_a_server_restores_one_part(targets: tuple[str, str]) -> None:
    facts = confirmed("hq", restore_map=dict(zip(("hqa", "hqb"), targets, strict=True)))
    facts["hqb"]["__groupid_probe"] = probe("hqb", listed(part("hqa"), part("hqb")))
    refusals = choose(facts)["refusals"]
    assert refusals
    assert {"more than one part" in str(one["cause"]) for one in refusals} == {True}


def test_a_name_that_two_servers_have_is_no_target() -> None:
    facts = confirmed("hq", "branch", restore_map={"hqa": "hqb"})
    facts["branchb"]["__groupid_probe"]["computer"].update(server="hqb", fqdn="hqb.branch.example")
    refusal = refused(facts)
    assert "2 servers of this restore are called hqb" in str(refusal["cause"])
    assert "hqb.branch.example, hqb.corp.example" in str(refusal["next"])


def test_two_servers_restore_into_no_common_folder() -> None:
    refusal = refused(confirmed("hq", restore_targets={"reports": "\\\\nas01\\reports"}))
    assert refusal["code"] == "target_shared"
    assert "the parts of hqa, hqb into the same folder" in str(refusal["cause"])


def of_one_name(*deployments: str, **values: t.Any) -> Facts:
    """Return a confirmed restore of deployments that each have one server, web01."""
    facts: Facts = {}
    for name in deployments:
        host = f"{name}-web01"
        facts.update(run_facts.make(name, host, role="restore", set_id=SET))
        facts[host]["__groupid_probe"] = probe("web01", listed(part("web01")))
        facts[host]["__groupid_probe"]["computer"]["fqdn"] = f"web01.{name}.example"
    pairs = [f"{name}/{SET}" for name in deployments]
    return ask(facts, deployments=list(deployments), restore_confirm=pairs, **values)


def test_two_servers_of_one_name_restore_into_no_common_folder() -> None:
    refusal = refused(of_one_name("hq", "branch", restore_targets={"reports": "\\\\nas01\\scratch\\reports"}))
    assert refusal["code"] == "target_shared"
    assert "the parts of web01 of branch, web01 of hq into the same folder" in str(refusal["cause"])


@pytest.mark.parametrize("other", ["\\\\NAS01\\Reports\\", "//nas01.corp.example/reports", "\\\\nas01\\reports\\new"])
def test_two_deployments_restore_into_no_common_folder_of_a_component(other: str) -> None:
    facts = of_one_name("hq", "branch")
    for host, path in (("hq-web01", "\\\\nas01\\reports"), ("branch-web01", other)):
        facts[host]["__groupid_asked"]["component_paths"] = {"reports": path}
    refusal = refused(facts)
    assert refusal["code"] == "target_shared"
    assert "groupid_component_paths" in str(refusal["cause"])
    assert "the parts of web01 of branch, web01 of hq into the same folder" in str(refusal["cause"])
    own = {"reports": "D:\\Scratch"}
    assert set(restored(ask(facts, restore_targets=own))) == {"hq-web01", "branch-web01"}
    assert set(restored(ask(facts, restore_targets={}, components=["schedules"]))) == {"hq-web01", "branch-web01"}


def test_two_deployments_restore_into_no_common_folder_of_another_kind() -> None:
    folders = [{"name": "templates", "path": "\\\\nas01\\templates"}]
    refusal = refused(of_one_name("hq", "branch", folders=folders))
    assert refusal["code"] == "target_shared"
    assert "groupid_folders" in str(refusal["cause"])


def test_one_deployment_may_restore_a_component_on_a_share() -> None:
    facts = confirmed("hq", component_paths={"reports": "\\\\nas01\\reports"})
    assert set(restored(facts)) == {"hqa", "hqb"}


SQL = {"sql_server": "sql01", "sql_database": "GroupID"}


@pytest.mark.parametrize(
    "other",
    [
        {"sql_server": "SQL01", "sql_database": "groupid"},
        {"sql_server": "sql01", "sql_port": 1433, "sql_database": "GroupID"},
        {"sql_server": "sql01.corp.example", "sql_database": "GroupID"},
        {"sql_server": "sql01.", "sql_database": "GroupID"},
    ],
)
@pytest.mark.parametrize("in_run", [True, False])
def test_a_database_of_two_deployments_is_never_restored(other: dict[str, t.Any], in_run: bool) -> None:
    facts = confirmed("hq", **SQL)
    names = {f"groupid_{name}": value for name, value in other.items()}
    facts["srv"] = {"groupid_deployment": "branch", **names}
    if in_run:
        facts["srv"]["__groupid_asked"] = run_facts.asked("branch", "restore", **other)
    refusal = refused(facts, ["hqa", "hqb"])
    assert refusal["code"] == "shared_database"
    assert "branch, hq" in str(refusal["cause"])


@pytest.mark.parametrize(
    "other",
    [
        {"sql_server": "sql02", "sql_database": "GroupID"},
        {"sql_server": "sql01", "sql_database": "Other"},
        {"sql_server": "sql01", "sql_instance": "HQ", "sql_database": "GroupID"},
        {"sql_server": "sql01", "sql_port": 1533, "sql_database": "GroupID"},
        {"sql_database": "GroupID"},
        {},
    ],
)
def test_other_databases_are_nobody_elses(other: dict[str, t.Any]) -> None:
    facts = confirmed("hq", **SQL)
    facts["srv"] = {"groupid_deployment": "branch", **{f"groupid_{name}": value for name, value in other.items()}}
    facts["sql01"] = {f"groupid_{name}": value for name, value in SQL.items()}
    assert len(restored(facts, ["hqa", "hqb"])) == 2


def test_servers_of_two_domains_are_two() -> None:
    facts = confirmed("hq", sql_server="sql01.corp.example", sql_database="GroupID")
    facts["srv"] = {
        "groupid_deployment": "branch",
        "groupid_sql_server": "sql01.branch.example",
        "groupid_sql_database": "GroupID",
    }
    assert len(restored(facts, ["hqa", "hqb"])) == 2


class Unresolved(dict[str, t.Any]):
    """Variables of a host outside of the run, whose templates do not resolve."""

    def get(self, key: str, default: t.Any = None) -> t.Any:
        if key.startswith("groupid_sql"):
            raise RuntimeError("'vault_sql' is undefined")
        return super().get(key, default)


def test_a_host_outside_of_the_run_that_cannot_be_read_stops_nothing() -> None:
    facts = confirmed("hq", **SQL)
    facts["srv"] = Unresolved(groupid_deployment="branch", groupid_sql_server="{{ vault_sql }}")
    assert len(restored(facts, ["hqa", "hqb"])) == 2


def test_two_other_deployments_that_share_a_database_do_not_matter() -> None:
    facts = confirmed("hq")
    for name in ("branch", "lyon"):
        facts[name] = {"groupid_deployment": name, **{f"groupid_{key}": value for key, value in SQL.items()}}
    assert len(restored(facts, ["hqa", "hqb"])) == 2


def test_every_refusal_is_tested_here() -> None:
    """So is that `choose` asks for it: what nobody calls can refuse nothing."""
    codes = set(re.findall(r'\bFailure\(\s*"(\w+)"', inspect.getsource(restore_choice)))
    tests = pathlib.Path(__file__).read_text(encoding="utf-8")
    assert len(codes) > 5
    assert [code for code in sorted(codes) if f'["code"] == "{code}"' not in tests] == []
