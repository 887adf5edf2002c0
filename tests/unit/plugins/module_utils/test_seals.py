# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set is sealed on proof only, and what was decided is finished."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins import run_facts

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set, seals, signature

SET = "20261122T120000Z"
DOCUMENT = "d" * 64
HOSTS = ["b-host", "a-host"]

Facts = dict[str, dict[str, t.Any]]


def saved(server: str) -> dict[str, t.Any]:
    """Variables of a host whose part was saved and verified."""
    part = {
        "server": server,
        "part_sha256": "a" * 64,
        "state": "complete",
        "machine_guid": f"guid of {server}",
        "version": "10.0",
        "files": 3,
        "directories": 2,
        "bytes": 12,
        "epoch": SET,
        "finished_at": "2026-11-22T12:00:01.0000000Z",
    }
    return {
        "__groupid_probe": {"computer": {"server": server}},
        "__groupid_part": part,
        "__groupid_verified": {"state": "verified", "set_id": SET, "mode": "full"},
    }


@pytest.fixture
def facts() -> Facts:
    """Hosts whose names sort otherwise than their computers'."""
    return {"a-host": saved("web02"), "b-host": saved("web01")}


def found(
    prepared: str | None = DOCUMENT, sealed: str | None = None, members: t.Sequence[str] = ("web01", "web02")
) -> dict[str, t.Any]:
    """A set as a backup root shows it."""
    return {
        "set_id": SET,
        "prepared_sha256": prepared,
        "sealed": sealed is not None,
        "seal_sha256": sealed,
        "members": list(members) if prepared else None,
        "decider": members[0] if prepared else None,
    }


def roots(**sets: dict[str, t.Any]) -> Facts:
    """Hosts named like their computers, each with one set on its backup root."""
    return {
        server: {"__groupid_probe": {"computer": {"server": server}, "backup_root": {"sets": [one]}}}
        for server, one in sets.items()
    }


def test_members_are_what_the_seal_document_is_made_of(facts: Facts) -> None:
    candidate = seals.candidate(facts, HOSTS, SET, verified=True)
    assert candidate["refusals"] == []
    assert [member["server"] for member in candidate["members"]] == ["web01", "web02"]
    document = backup_set.seal_document("hq", SET, "web01", candidate["members"])
    assert '"sealed_at": "2026-11-22T12:00:01.0000000Z"' in document.text


@pytest.mark.parametrize(
    ("name", "answer", "refusal"),
    [
        ("__groupid_part", {"skipped": True}, "web02 has no part of this run"),
        ("__groupid_part", {"state": "complete", "part_sha256": None}, "web02 has no part of this run"),
        ("__groupid_part", {"state": "partial", "part_sha256": "a"}, "web02 has a part that is partial"),
        ("__groupid_verified", {"skipped": True}, "web02 has a part that was not verified by this run"),
        (
            "__groupid_verified",
            {"state": "damaged", "set_id": SET},
            "web02 has a part that was not verified by this run",
        ),
        (
            "__groupid_verified",
            {"state": "verified", "set_id": "another"},
            "web02 has a part that was not verified by this run",
        ),
        *(
            (
                "__groupid_verified",
                {"state": "verified", "set_id": SET, "mode": mode},
                f"web02 has a part that was not verified in full, but in the mode {mode}",
            )
            for mode in ("quick", "1/2", "1/1")
        ),
    ],
)
def test_one_part_that_is_not_proven_stands_against_the_seal(
    facts: Facts, name: str, answer: dict[str, t.Any], refusal: str
) -> None:
    facts["a-host"][name] = answer
    assert seals.candidate(facts, HOSTS, SET, verified=True)["refusals"] == [refusal]


def test_a_waived_part_and_one_that_need_not_be_verified_can_be_sealed(facts: Facts) -> None:
    facts["a-host"]["__groupid_part"]["state"] = "waived"
    del facts["a-host"]["__groupid_verified"]
    assert seals.candidate(facts, HOSTS, SET, verified=False)["refusals"] == []


def test_prepared_means_the_same_document_on_every_member(facts: Facts) -> None:
    assert seals.progress(facts, HOSTS, SET) == {"prepared": "", "decided": False}
    facts["a-host"]["__groupid_seals"] = {SET: {"prepared": DOCUMENT}}
    assert seals.progress(facts, HOSTS, SET)["prepared"] == ""
    facts["b-host"]["__groupid_seals"] = {SET: {"prepared": "e" * 64}}
    assert seals.progress(facts, HOSTS, SET)["prepared"] == ""
    facts["b-host"]["__groupid_seals"] = {SET: {"prepared": DOCUMENT}}
    assert seals.progress(facts, HOSTS, SET) == {"prepared": DOCUMENT, "decided": False}


def test_the_first_computer_by_name_decides_and_no_other(facts: Facts) -> None:
    facts["a-host"]["__groupid_seals"] = {SET: {"prepared": DOCUMENT, "sealed": DOCUMENT}}
    assert not seals.progress(facts, HOSTS, SET)["decided"]
    facts["b-host"]["__groupid_seals"] = {SET: {"prepared": DOCUMENT, "sealed": DOCUMENT}}
    assert seals.progress(facts, HOSTS, SET)["decided"]


def test_nothing_is_decided_while_a_computer_is_unknown(facts: Facts) -> None:
    facts["b-host"] = {"__groupid_probe": {"unreachable": True}, "__groupid_seals": {SET: {"sealed": DOCUMENT}}}
    assert not seals.progress(facts, HOSTS, SET)["decided"]


def test_a_set_prepared_everywhere_is_finished() -> None:
    facts = roots(web01=found(), web02=found())
    assert seals.unfinished(facts, facts) == [
        {
            "set_id": SET,
            "document_sha256": DOCUMENT,
            "decider": "web01",
            "decided": False,
            "servers": ["web01", "web02"],
            "database": False,
            "refused": "",
        }
    ]


@pytest.mark.parametrize("state", ["missing", "other_key", "wrong"])
def test_a_document_that_is_not_trusted_is_told_as_such(state: signature.State) -> None:
    judged = {"prepared_signature": run_facts.verdict(state)}
    facts = roots(web01={**found(), **judged}, web02={**found(), **judged})
    [one] = seals.unfinished(facts, facts)
    assert one["refused"] == signature.cause(judged["prepared_signature"])
    for sound in (run_facts.verdict("valid"), run_facts.verdict("unchecked"), None):
        facts = roots(web01={**found(), "prepared_signature": sound}, web02=found())
        assert [one["refused"] for one in seals.unfinished(facts, facts)] == [""]


def test_the_part_of_the_database_is_no_server() -> None:
    members = ("database", "web01", "web02")
    facts = roots(web01=found(members=members), web02=found(members=members))
    [one] = seals.unfinished(facts, facts)
    assert (one["servers"], one["database"]) == (["web01", "web02"], True)
    facts = roots(web01=found(members=members))
    assert seals.unfinished(facts, facts) == []


def test_a_database_is_sealed_with_the_servers(facts: Facts) -> None:
    part = {**facts["a-host"]["__groupid_part"], "server": "database"}
    facts["b-host"]["__groupid_database"] = {
        "part": part,
        "verified": {"state": "verified", "set_id": SET, "mode": "full"},
    }
    made = seals.candidate(facts, HOSTS, SET, verified=True)
    assert [member["server"] for member in made["members"]] == ["database", "web01", "web02"]
    assert made["refusals"] == []


@pytest.mark.parametrize(
    ("known", "refusal"),
    [
        ({}, "the database has no part of this run"),
        (
            {"part": {"part_sha256": "a", "state": "complete"}},
            "the database has a part that was not verified by this run",
        ),
    ],
)
def test_a_database_that_is_missing_stands_against_the_seal(
    facts: Facts, known: dict[str, t.Any], refusal: str
) -> None:
    facts["b-host"]["__groupid_database"] = known
    assert seals.candidate(facts, HOSTS, SET, verified=True)["refusals"] == [refusal]


def test_the_export_of_a_domain_is_sealed_with_the_servers(facts: Facts) -> None:
    part = {**facts["a-host"]["__groupid_part"], "server": "group_attributes.corp.example"}
    known = {"part": part, "verified": {"state": "verified", "set_id": SET, "mode": "full"}}
    facts["b-host"]["__groupid_attributes"] = {"corp.example": known}
    made = seals.candidate(facts, HOSTS, SET, verified=True)
    assert [member["server"] for member in made["members"]] == ["group_attributes.corp.example", "web01", "web02"]
    assert made["refusals"] == []
    facts["b-host"]["__groupid_attributes"]["other.example"] = {}
    refusals = seals.candidate(facts, HOSTS, SET, verified=True)["refusals"]
    assert refusals == ["the export of other.example has no part of this run"]


def test_a_domain_is_no_server_that_must_be_seen() -> None:
    members = ["group_attributes.corp.example", "web01", "web02"]
    facts = roots(web01={**found(members=members), "decider": "web01"}, web02=found(members=members))
    [one] = seals.unfinished(facts, facts)
    assert (one["servers"], one["database"]) == (["web01", "web02"], False)
    facts = roots(web01={**found(members=members), "decider": "web01"})
    assert seals.unfinished(facts, facts) == []


def test_a_decision_is_carried_to_those_that_lack_it_although_a_member_is_not_in_this_run() -> None:
    facts = roots(
        web01=found(sealed=DOCUMENT, members=["web01", "web02", "web03"]),
        web02=found(members=["web01", "web02", "web03"]),
    )
    [one] = seals.unfinished(facts, facts)
    assert (one["decided"], one["servers"]) == (True, ["web02"])


@pytest.mark.parametrize(
    "facts",
    [
        roots(web01=found(), web02=found(prepared=None)),
        roots(web01=found()),
        roots(web01=found(), web02=found(prepared="e" * 64)),
        roots(web01=found(sealed="e" * 64), web02=found()),
        roots(web01=found(sealed=DOCUMENT), web02=found(sealed=DOCUMENT)),
        roots(web01=found(prepared=None), web02=found(prepared=None)),
    ],
    ids=[
        "one member not prepared",
        "one member not seen",
        "two documents",
        "another seal",
        "finished",
        "no seal at all",
    ],
)
def test_anything_less_is_left_alone(facts: Facts) -> None:
    assert seals.unfinished(facts, facts) == []
