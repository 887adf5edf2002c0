# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lies on a backup root is read once, and never raises."""

from __future__ import annotations

import typing as t

import pytest
from unit.plugins.run_facts import SET, Facts, asked, listed, part, probe

from ansible_collections.identityops.groupid.plugins.module_utils import decisions, listing, restore_choice

HOSTILE: list[dict[str, t.Any]] = [
    {"set_id": SET},
    {"set_id": SET, "parts": None, "members": None},
    {"set_id": SET, "parts": [], "sealed": None, "decider": None},
    {"set_id": SET, "parts": [{"server": None}, {"server": "web01\n\x1b[31m"}], "sealed": True},
    {"set_id": None, "parts": [{"server": "web01", "state": "complete"}]},
    {"set_id": "..\\..", "parts": [{"server": "web01"}]},
    {"parts": [{"server": "web01", "state": "complete"}]},
    {"set_id": 7, "parts": "web01"},
]


def host(answer: t.Any, set_id: str = SET) -> Facts:
    return {"web01": {"__groupid_asked": asked("hq", set_id=set_id), "__groupid_probe": answer}}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        {"unreachable": True, "msg": "no route to host"},
        {"failed": True, "error": {"code": "bad_request"}},
        probe("web01") | {"backup_root": None},
        probe("web01", error="Access is denied. (5)"),
        probe("web01") | {"backup_root": {"error": None}},
        probe("web01") | {"backup_root": {"error": None, "sets": None}},
        probe("web01") | {"backup_root": {"error": None, "sets": "none"}},
    ],
)
def test_sets_that_could_not_be_listed_are_unknown_and_not_none(answer: t.Any) -> None:
    facts = host(answer)
    assert listing.sets_of(facts, "web01") is None
    assert listing.find(facts, "web01", SET) is None
    assert listing.taken_part(facts, "web01") is None
    assert listing.known_sets(facts, ["web01"]) == "none"


def test_an_empty_root_has_no_sets() -> None:
    assert listing.sets_of(host(probe("web01")), "web01") == []


@pytest.mark.parametrize("odd", HOSTILE)
def test_an_odd_set_beside_a_good_one_is_harmless(odd: dict[str, t.Any]) -> None:
    other = "20261123T120000Z"
    facts = host(probe("web01", odd, listed(part("web01"), set_id=other)), other)
    found = listing.find(facts, "web01", other)
    assert listing.part_of(found, "web01") == part("web01")
    assert listing.taken_part(facts, "web01")
    assert other in listing.known_sets(facts, ["web01"])


@pytest.mark.parametrize("odd", HOSTILE)
def test_an_odd_set_that_was_asked_for_gives_nothing_to_restore(odd: dict[str, t.Any]) -> None:
    facts = host(probe("web01", odd))
    facts["web01"]["__groupid_source"] = {"server": "web01", "mapped": False}
    assert not decisions.has_part(facts, "web01")
    assert not decisions.holds_database(facts, "web01")
    assert listing.taken_part(facts, "web01") is None
    plan: t.Any = {"hosts": ["web01"], "deployments": {"hq": {"hosts": ["web01"], "outside": []}}}
    [refusal] = restore_choice.choose(facts, plan)["refusals"]
    assert refusal["code"] in ("set_missing", "not_confirmed")


@pytest.mark.parametrize("odd", ["a file", None, 7, ["web01"]])
def test_what_is_no_set_at_all_is_passed_over(odd: t.Any) -> None:
    facts = host(probe("web01", odd, listed(part("web01"))))
    assert [one["set_id"] for one in listing.sets_of(facts, "web01") or []] == [SET]


def test_the_newest_sets_are_named_and_the_others_counted() -> None:
    ids = [f"2026112{day}T120000Z" for day in range(1, 9)]
    facts = host(probe("web01", *(listed(set_id=one) for one in ids)))
    text = listing.known_sets(facts, ["web01"])
    assert text == f"{', '.join(reversed(ids[3:]))} and 3 older ones"
    assert listing.known_sets(host(probe("web01", listed())), ["web01"]) == SET


@pytest.mark.parametrize("state", ["partial", "unfinished", "unreadable"])
def test_a_part_that_is_not_whole_is_not_taken(state: str) -> None:
    assert listing.taken_part(host(probe("web01", listed(part("web01", state=state)))), "web01") is None


@pytest.mark.parametrize("state", ["complete", "waived"])
def test_a_whole_part_is_taken_as_the_module_answers(state: str) -> None:
    taken = listing.taken_part(host(probe("web01", listed(part("web01", state=state)))), "web01")
    assert taken
    assert (taken["finished_at"], taken["set_path"]) == (part("web01")["finished"], f"D:\\Backups\\hq\\{SET}")
    assert taken["taken"]
    assert listing.taken_part(host(probe("web01", listed(part("web02"), part("database")))), "web01") is None
    assert listing.taken_part(host(probe("web01", listed(part("database")))), "web01", "database")


def test_a_new_set_has_no_part_to_take() -> None:
    assert listing.taken_part(host(probe("web01", listed(part("web01"))), ""), "web01") is None
