# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps a host takes."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts
from unit.plugins.run_facts import DISK_FULL, SET, Facts, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, steps
from ansible_collections.identityops.groupid.plugins.module_utils.run_state import RunState

SQL = {"sql_server": "sql01", "sql_database": "GroupID"}
DOMAINS = [{"name": "corp.example"}, {"name": "other.example"}]
ERROR = {"failed_when_result": False, "schema": 1, "error": DISK_FULL.explained()}
SKIPPED = {"skipped": True}
DIGEST = "d" * 64


def asks(facts: Facts, question: str, host: str = "web01") -> t.Any:
    return steps.QUESTIONS[question](RunState(facts), host)


def each(*results: tuple[t.Any, dict[str, t.Any]]) -> dict[str, t.Any]:
    return {"results": [{**one, "__groupid_item": item} for item, one in results]}


def saved(*hosts: str, **values: t.Any) -> Facts:
    """A backup whose parts are all made and verified."""
    facts = run_facts.answered("backup", *hosts, **values)
    set_id = facts[hosts[0]]["__groupid_review"]["set_ids"]["hq"]
    for host in hosts:
        made = {**part(host), "finished_at": "2026-11-25T12:00:01.0000000Z", "schema": 1}
        facts[host].update(
            __groupid_sql_place=SKIPPED,
            __groupid_saved={"schema": 1, "part": made},
            __groupid_verified={"schema": 1, "state": "verified", "set_id": set_id, "mode": "full"},
        )
    return facts


@pytest.mark.parametrize(
    "question",
    sorted(
        steps.QUESTIONS.keys()
        & {
            "ready",
            "saves_folders",
            "asks_database",
            "places_database",
            "saves",
            "records_first",
            "records",
            "saves_together",
            "verifies_database",
            "reads_database",
            "restores_database",
            "restores_folders",
            "asks_domains",
            "verifies_domains",
            "restores_domains",
            "seals",
            "prepares_seal_away",
            "decides_seal",
            "carries_seal",
            "carries_seal_away",
            "decides_unfinished",
            "carries_unfinished",
            "carries_unfinished_away",
            "rehearses_database",
            "rehearses_domains",
        }
    ),
)
def test_no_step_is_taken_while_a_host_of_the_deployment_has_failed(question: str) -> None:
    kind = "restore" if "restore" in question or question == "reads_database" else "backup"
    facts = run_facts.answered(t.cast(t.Any, kind), "web01", "web02", **SQL, domains=DOMAINS)
    facts["web02"]["__groupid_verified"] = ERROR
    assert not asks(facts, question)


def test_hosts_that_the_run_did_not_choose_take_none() -> None:
    facts = run_facts.answered("backup", "web01", "web02", **SQL)
    for host in facts.values():
        host["__groupid_planned"] = {
            "plan": {"hosts": ["web01"], "deployments": {"hq": {"hosts": ["web01"], "outside": []}}}
        }
    assert [asks(facts, "chosen", host) for host in facts] == [True, False]
    assert [asks(facts, "saves_folders", host) for host in facts] == [True, False]
    assert [asks(facts, "rehearses", host) for host in facts] == [True, False]


def test_the_database_from_the_first_question_to_its_part() -> None:
    facts = run_facts.answered("backup", "web01", "web02", **SQL)
    assert [asks(facts, "asks_database", host) for host in facts] == [True, False]
    assert not asks(facts, "places_database")
    facts["web01"]["__groupid_sql"] = {"schema": 1}
    assert [asks(facts, "places_database", host) for host in facts] == [True, False]
    facts["web01"]["__groupid_sql_place"] = {"schema": 1, "folder": "D:\\", "complete": False}
    assert asks(facts, "saving")["database"]["path"] == "D:\\"
    facts["web01"]["__groupid_sql_place"]["complete"] = True
    assert asks(facts, "saving")["database"] == {}, "another run made it"
    facts["web01"]["__groupid_sql_place"] = ERROR
    assert asks(facts, "saving")["database"] == {}
    facts["web01"]["__groupid_sql_place"] = {"schema": 1, "folder": "D:\\", "complete": False}
    assert not asks(facts, "adopts_database")
    facts["web01"]["__groupid_saved"] = {"schema": 1, "database": {"schema": 1, "files": ["a.bak"]}, "part": ERROR}
    assert asks(facts, "adopts_database"), "although the folders failed"
    facts["web01"]["__groupid_saved"] = {**ERROR, "database": {**ERROR, "failed": True}}
    assert not asks(facts, "adopts_database")


def test_an_external_backup_has_no_folder_of_ours() -> None:
    facts = run_facts.answered("backup", "web01", **SQL, sql_backup_mode="external")
    facts["web01"]["__groupid_sql"] = {"schema": 1}
    set_id = asks(facts, "set_at_hand")
    assert not asks(facts, "places_database")
    assert asks(facts, "saving")["database"]["file_name"] == f"GroupID hq {set_id}"


def test_an_export_asks_what_its_preflight_has_asked() -> None:
    facts = run_facts.answered("backup", "web01", domains=DOMAINS)
    assert asks(facts, "asks_domains") == ["corp.example", "other.example"]
    assert asks(facts, "saving")["domains"] == []
    found = {"schema": 1, "engine": "ldapsearch", "directory_server": "dc2"}
    facts["web01"]["__groupid_domains_found"] = each(("corp.example", found))
    [domain] = asks(facts, "saving")["domains"]
    asked = {"domain": "corp.example", "engine": "ldapsearch", "directory_server": "dc2"}
    assert {name: domain[name] for name in asked} == asked


def test_what_is_verified_is_what_the_set_has_and_what_the_run_saved() -> None:
    facts = run_facts.answered("verify", "web01")
    assert (asks(facts, "verifies_database"), asks(facts, "verifies_domains")) == (False, [])
    parts = [part("web01"), part("database"), part("group_attributes.corp.example")]
    facts["web01"]["__groupid_probe"] = probe("web01", listed(*parts))
    run_facts.reviewed(facts, "verify")
    assert (asks(facts, "verifies_database"), asks(facts, "verifies_domains")) == (True, ["corp.example"])
    assert asks(facts, "set_at_hand") == SET
    facts = run_facts.answered("backup", "web01", **SQL)
    facts["web01"]["__groupid_sql"] = {"schema": 1}
    assert asks(facts, "verifies_database")


def test_where_the_part_of_the_database_lies() -> None:
    facts = run_facts.answered("verify", "web01", **SQL, sql_backup_mode="host", sql_host="sql01")
    facts["sql01"] = {"groupid_backup_root": "E:\\Backups"}
    assert (asks(facts, "database_holder"), asks(facts, "database_root")) == ("sql01", "E:\\Backups")
    assert (asks(facts, "reader_of_database"), asks(facts, "root_of_database")) == ("sql01", "E:\\Backups")
    facts["web01"]["__groupid_probe"] = probe("web01", listed(part("web01"), part("database")))
    assert (asks(facts, "reader_of_database"), asks(facts, "root_of_database")) == ("web01", "D:\\Backups")
    facts["sql01"] = {"groupid_backup_root": "E:/Backups/"}
    assert asks(facts, "database_root") == "E:\\Backups"
    facts["sql01"] = {}
    assert asks(facts, "database_root") == "", "never the root of another computer"


def test_the_record_of_a_database() -> None:
    facts = run_facts.answered("backup", "web01", **SQL)
    made = {"files": ["a.bak"], "server_version": "16.0.1", "seconds": 2}
    facts["web01"]["__groupid_saved"] = {"schema": 1, "database": made}
    own = {"server": "sql01", "database": "GroupID", "mode": "unc"}
    assert asks(facts, "details_of_database") == {"files": ["a.bak"], "server_version": "16.0.1", **own}
    assert decisions.version_of_database(RunState(facts), "web01") == "10.0"


def test_a_restore_of_domains_asks_the_server_that_its_preflight_has_asked() -> None:
    wanted = {"set_id": SET, "restore_confirm": [SET], "domains": DOMAINS}
    facts = run_facts.answered("restore", "web01", **wanted)
    facts["web01"]["__groupid_probe"] = probe("web01", listed(part("web01"), part("group_attributes.corp.example")))
    run_facts.reviewed(facts, "restore")
    assert asks(facts, "restores_domains") == [{"domain": "corp.example", "directory_server": ""}]
    tried = each(({"domain": "corp.example", "directory_server": ""}, {"schema": 1, "directory_server": "dc2"}))
    facts["web01"]["__groupid_domains_restored"] = tried
    again = [{"domain": "corp.example", "directory_server": "dc2"}]
    assert asks(facts, "restores_domains") == again
    facts["web01"]["__groupid_sql_restored"] = SKIPPED
    assert asks(facts, "restores_domains") == again


def test_a_seal_goes_from_one_proof_to_the_next() -> None:
    facts = saved("web02", "web01")
    assert asks(facts, "unsealed") == []
    step = asks(facts, "seal")
    assert ([one["server"] for one in step["members"]], step["decider"], step["parts"], step["digest"]) == (
        ["web01", "web02"],
        "web01",
        [],
        "",
    )
    assert [asks(facts, "decides_seal", host) for host in facts] == [False, False]
    facts["web01"]["__groupid_seal_prepared"] = {"schema": 1, "document_sha256": DIGEST}
    assert not asks(facts, "decides_seal"), "web02 has not prepared it"
    facts["web02"]["__groupid_seal_prepared"] = {"schema": 1, "document_sha256": DIGEST}
    assert asks(facts, "seal")["digest"] == DIGEST
    assert [asks(facts, "decides_seal", host) for host in ("web01", "web02")] == [True, False]
    assert [asks(facts, "carries_seal", host) for host in ("web01", "web02")] == [False, False]
    facts["web01"]["__groupid_seal_decided"] = {"schema": 1, "document_sha256": DIGEST}
    assert [asks(facts, "carries_seal", host) for host in ("web01", "web02")] == [False, True]


def test_a_part_that_was_not_verified_stands_against_the_seal_of_all() -> None:
    facts = saved("web01", "web02")
    facts["web02"]["__groupid_verified"]["mode"] = "quick"
    for host in facts:
        facts[host]["__groupid_unsealed"] = asks(facts, "unsealed", host)
    assert [one["code"] for one in facts["web01"]["__groupid_unsealed"]] == ["not_sealed"]
    assert not asks(facts, "seals")


def test_in_check_mode_nothing_is_sealed_or_finished_and_no_part_is_there_to_be_verified() -> None:
    facts = saved("web01")
    unsealed = {"sealed": False, "seal_sha256": None, "members": ["web01"], "decider": "web01"}
    facts["web01"]["__groupid_probe"] = probe("web01", listed(part("web01"), **unsealed))
    questions = ("seals", "must_verify", "decides_unfinished", "finishes")
    assert all(asks(facts, question) for question in questions)
    facts["web01"]["__groupid_settings"]["asked"]["check"] = True
    assert not any(asks(facts, question) for question in questions)


def test_a_run_that_does_not_see_all_members_seals_nothing() -> None:
    facts = saved("web01", set_id=SET)
    facts["web02"] = {"groupid_deployment": "hq"}
    run_facts.reviewed(facts, "backup")
    assert not asks(facts, "seals")


def test_the_database_on_another_computer_is_sealed_there() -> None:
    facts = saved("web01", **SQL, sql_backup_mode="host", sql_host="sql01")
    facts["sql01"] = {}
    check = {"schema": 1, "state": "verified", "set_id": "20261125T120000Z", "mode": "full"}
    facts["web01"].update(
        __groupid_sql={"schema": 1},
        __groupid_sql_place={"schema": 1, "complete": False},
        __groupid_sql_part={**part("database"), "schema": 1, "finished_at": "2026-11-25T12:00:02.0000000Z"},
        __groupid_sql_verified=check,
    )
    assert asks(facts, "unsealed") == []
    assert asks(facts, "prepares_seal_away")
    assert asks(facts, "seal")["parts"] == []
    facts["web01"]["__groupid_seal_prepared"] = {"schema": 1, "document_sha256": DIGEST}
    assert not asks(facts, "carries_seal_away")
    facts["web01"]["__groupid_seal_decided"] = {"schema": 1, "document_sha256": DIGEST}
    assert asks(facts, "carries_seal_away")
    facts["web01"]["__groupid_settings"]["asked"]["sql_backup_mode"] = "unc"
    assert not asks(facts, "prepares_seal_away")
    assert asks(facts, "seal")["parts"] == ["database"]


def test_seals_of_earlier_runs_are_finished_in_the_same_order() -> None:
    facts = run_facts.answered("backup", "web01", "web02")
    for host in facts:
        unsealed = {"sealed": False, "seal_sha256": None, "members": ["web01", "web02"], "decider": "web01"}
        facts[host]["__groupid_probe"] = probe(host, listed(part(host), **unsealed))
    assert [one["set_id"] for one in asks(facts, "decides_unfinished")] == [SET]
    assert asks(facts, "decides_unfinished", "web02") == asks(facts, "carries_unfinished", "web02") == []
    facts["web01"]["__groupid_probe"]["backup_root"]["sets"][0]["prepared_signature"] = run_facts.verdict("wrong")
    for question in ("decides_unfinished", "finishes"):
        assert not asks(facts, question)
    [note] = RunState(facts)["web01"]["__groupid_notes"]
    assert note.startswith(f"The seal of set {SET} of deployment hq is not finished: the signature does not belong")
    facts["web01"]["__groupid_probe"]["backup_root"]["sets"][0]["prepared_signature"] = run_facts.verdict("valid")
    item = asks(facts, "decides_unfinished")[0]
    facts["web01"]["__groupid_finish_decided"] = each((item, {"schema": 1, "document_sha256": DIGEST}))
    assert [one["set_id"] for one in asks(facts, "carries_unfinished", "web02")] == [SET]
    assert asks(facts, "carries_unfinished_away", "web02") == []


def test_a_seal_that_was_cut_behind_the_decision_is_carried_to_the_database_too() -> None:
    """The host that takes care of the database is the decider, and has sealed."""
    asked = {**SQL, "sql_backup_mode": "host", "sql_host": "sql01"}
    facts = run_facts.answered("backup", "web01", "web02", **asked)
    facts["web01"]["__groupid_sql"] = {"schema": 1}
    facts["sql01"] = {}
    for host, sealed in (("web01", True), ("web02", False)):
        seal = {"sealed": sealed, "seal_sha256": DIGEST if sealed else None, "decider": "web01"}
        members = ["database", "web01", "web02"]
        facts[host]["__groupid_probe"] = probe(host, listed(part(host), members=members, **seal))
    assert [one["set_id"] for one in asks(facts, "carries_unfinished_away")] == [SET]
    assert asks(facts, "finishes")
    assert asks(facts, "carries_unfinished_away", "web02") == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, (False, True, False)),
        ({"sql_rehearse": True}, (True, True, False)),
        ({"sql_rehearse": True, "sql_backup_mode": "external"}, (False, True, False)),
        ({"sql_rehearse": True, "rehearsal_clean": True}, (False, False, False)),
        ({"rehearsal_clean": True, "sql_backup_mode": "host", "sql_host": "web01"}, (False, False, True)),
    ],
)
def test_a_rehearsal_on_a_sql_server(values: dict[str, t.Any], expected: tuple[bool, bool, bool]) -> None:
    facts = run_facts.answered("rehearse", "web01", **SQL, **values)
    questions = ("places_rehearsal", "rehearses_database", "cleans_rehearsal")
    assert tuple(asks(facts, question) for question in questions) == expected


def test_the_folder_of_a_rehearsal_is_removed_whatever_became_of_it() -> None:
    facts = run_facts.answered("rehearse", "web01", **SQL, sql_rehearse=True)
    facts["web01"].update(
        __groupid_sql_rehearsal_place={"schema": 1, "folder": "D:\\Backups\\.rehearsal"}, __groupid_sql_rehearsal=ERROR
    )
    assert asks(facts, "cleans_rehearsal")


def test_what_failed_is_named_by_code_and_once() -> None:
    facts = run_facts.answered("backup", "web01")
    assert asks(facts, "failed") == []
    facts["web01"].update(__groupid_verified=ERROR, __groupid_sql_verified=ERROR)
    assert asks(facts, "failed") == ["no_space"]
