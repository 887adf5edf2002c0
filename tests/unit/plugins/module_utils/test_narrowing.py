# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which sets are full: by their own word, else by their parts, and never by a guess."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.plugins.run_facts import verdict

from ansible_collections.identityops.groupid.plugins.module_utils import narrowing, products

SET_ID = "20261122T150405Z"
VERSION = "10.0"


def part(server: str = "web01", version: str | None = VERSION, **fields: t.Any) -> dict[str, t.Any]:
    """A part as a backup of 0.5.0 with no choice of its own leaves it."""
    names = products.default_components(version) if version in products.versions() else ["reports"]
    chosen = {"include": [], "exclude": list(products.DEFAULT_EXCLUDES), "required": True}
    return {
        "server": server,
        "state": "complete",
        "version": version,
        "components": dict.fromkeys(names, "copied"),
        "selection": {name: dict(chosen) for name in names},
        **fields,
    }


def listed(*parts: dict[str, t.Any], set_id: str = SET_ID, **fields: t.Any) -> dict[str, t.Any]:
    members = [one["server"] for one in parts]
    return {"set_id": set_id, "sealed": True, "members": members, "narrowed": None, "parts": list(parts), **fields}


def chosen(component: str, **filters: t.Any) -> dict[str, t.Any]:
    selection = part()["selection"]
    selection[component].update(filters)
    return part(selection=selection)


@pytest.mark.parametrize("reported", [[], ["groupid_include: HR Portal"]])
def test_the_sets_own_word_counts(reported: list[str]) -> None:
    assert narrowing.narrowed_by(listed(part(selection=None, state="unreadable"), narrowed=reported)) == reported


@pytest.mark.parametrize("version", products.versions())
def test_a_usual_set_of_before_is_full(version: str) -> None:
    assert narrowing.narrowed_by(listed(part(version=version), part("web02", version=version))) == []


def test_what_else_a_set_may_have() -> None:
    more = part(components={**part()["components"], "schedules": "copied", "scripts": "copied", "reports": "absent"})
    more["selection"] |= {
        name: {"include": ["x"], "exclude": ["y"], "required": True} for name in ("schedules", "scripts")
    }
    shared = {"state": "complete", "version": None, "components": {"database": "external"}, "selection": {}}
    assert narrowing.narrowed_by(listed(more, {"server": "database", **shared})) == []
    fewer = chosen("reports", exclude=["**/node.lock"])
    assert narrowing.narrowed_by(listed(fewer, {"server": "group_attributes.corp.example", **shared})) == []


@pytest.mark.parametrize(
    ("one", "causes"),
    [
        (chosen("reports", include=["HR", "IT"]), ["web01: reports with only HR, IT"]),
        (chosen("reports", exclude=["*.bak", "**/node.lock"]), ["web01: reports without *.bak"]),
        (
            chosen("reports", include=["HR"], exclude=["*.bak"]),
            ["web01: reports with only HR", "web01: reports without *.bak"],
        ),
        (
            part(components={"reports": "copied"}, version="9.0"),
            [f"web01: without {name}" for name in products.default_components("9.0") if name != "reports"],
        ),
    ],
)
def test_a_set_of_before_that_was_made_smaller(one: dict[str, t.Any], causes: list[str]) -> None:
    assert narrowing.narrowed_by(listed(one)) == causes
    assert narrowing.unknown_why(listed(one)) == ""


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (listed(part(version=None)), "an unknown version"),
        (listed(part(version="12.0")), "an unknown version"),
        (listed(part(state="unreadable", version=None, components={}, selection=None)), "is unreadable"),
        (listed(part(state="unfinished", version=None, components={}, selection=None)), "is unfinished"),
        (
            listed(part(components={**part()["components"], "reports": "partial"}, state="waived")),
            "reports of web01 is partial",
        ),
        (listed(part(components={**part()["components"], "reports": "external"})), "reports of web01 is external"),
        (listed(part(), members=["web01", "web02"]), "the part of web02 is not listed here"),
        (listed(members=None), "names no server"),
        (listed(members=[]), "names no server"),
        (listed(members=["database"]), "names no server"),
        ({"set_id": SET_ID}, "names no server"),
    ],
)
def test_what_no_record_says_is_unknown(one: dict[str, t.Any], why: str) -> None:
    assert narrowing.narrowed_by(one) is None
    assert why in narrowing.unknown_why(one)
    assert narrowing.newest_full([one]) is None


def test_unknown_beside_narrowed_is_unknown() -> None:
    assert narrowing.narrowed_by(listed(chosen("reports", include=["x"]), part("web02", version=None))) is None


def test_parts_come_together_from_all_roots() -> None:
    both = {"members": ["web01", "web02"], "seal_sha256": "ab"}
    first, second = listed(part(), **both), listed(part("web02"), **both)
    assert [narrowing.narrowed_by(one) for one in (first, second)] == [None, None]
    [one] = narrowing.merged([[first], [second], [first]])
    assert [each["server"] for each in one["parts"]] == ["web01", "web02"]
    assert narrowing.newest_full([one]) is one
    assert [len(each["parts"]) for each in (first, second)] == [1, 1]


def test_sets_of_another_seal_stay_apart() -> None:
    both = {"members": ["web01", "web02"]}
    sets = narrowing.merged(
        [[listed(part(), seal_sha256="ab", **both)], [listed(part("web02"), seal_sha256="cd", **both)]]
    )
    assert [len(one["parts"]) for one in sets] == [1, 1]
    assert narrowing.newest_full(sets) is None


def test_newest_full_of_a_server() -> None:
    newer = listed(part("web02"), set_id="20261123T000000Z")
    older = listed(part("web01"), set_id=SET_ID)
    assert narrowing.newest_full([older, newer]) is newer
    assert narrowing.newest_full([older, newer], "web01") is older
    assert narrowing.newest_full([older, newer], "web03") is None


def test_a_set_without_a_valid_signature_is_never_the_newest() -> None:
    older = listed(part(), set_id=SET_ID, signature=verdict("valid"))
    forged = [
        listed(part(), set_id=f"2026112{day}T000000Z", signature=verdict(state), narrowed=[])
        for day, state in ((3, "missing"), (4, "other_key"), (5, "wrong"))
    ]
    assert narrowing.newest_full([*forged, older], "web01") is older
    told = narrowing.passed_over([*forged, older], older)
    assert [sentence.split(" is not used as the latest: ")[0] for sentence in told] == [
        f"Set {one['set_id']}" for one in forged
    ]
    assert narrowing.passed_over([*forged, older], {"set_id": "20261124T000000Z"}) == told[2:]
    failure = narrowing.no_full_set(forged, "web01", "D:\\Backups")
    assert (failure.code, failure.next) == ("no_full_set", "Make a backup.")
    assert "known to be full and trusted: 20261125T000000Z is not trusted (the signature does not" in failure.cause


def test_failure_names_what_was_passed_over() -> None:
    sets = [
        listed(part(), set_id=f"2026112{day}T000000Z", narrowed=["groupid_components: reports"] if day % 2 else None)
        for day in range(5)
    ]
    sets[2]["parts"] = []
    failure = narrowing.no_full_set(sets[1:4], "web01", "D:\\Backups")
    assert (failure.code, failure.path) == ("no_full_set", "D:\\Backups")
    assert failure.cause == (
        "'latest' means a full set, and none of the sealed ones is known to be full: "
        "20261123T000000Z is narrowed (groupid_components: reports); "
        "20261122T000000Z may be narrowed (the part of web01 is not listed here); "
        "20261121T000000Z is narrowed (groupid_components: reports)"
    )
    assert "groupid_set_id=20261123T000000Z" in failure.next
    many = [listed(set_id=f"202611{day:02}T000000Z", members=["web01"]) for day in range(1, 30)]
    assert "and 26 more" in narrowing.no_full_set(many, "web01", "D:\\Backups").cause


def test_newer_sets_that_are_not_full_are_named() -> None:
    older = listed(part(), set_id=SET_ID, narrowed=[])
    newer = [
        listed(part(), set_id="20261123T000000Z", narrowed=["groupid_include: HR", "b", "c", "d"]),
        listed(part(selection=None, state="unreadable"), set_id="20261124T000000Z"),
        listed(part("web02"), set_id="20261125T000000Z", narrowed=["groupid_include: HR"]),
        listed(part(), set_id="20261126T000000Z", narrowed=["x"], sealed=False),
        listed(part(), set_id="20261121T000000Z", narrowed=["x"]),
    ]
    told = narrowing.passed_over([older, *newer], older, "web01")
    assert told == [
        "Set 20261124T000000Z is not used as the latest: it may be narrowed (the part of web01 is unreadable, or too "
        "long to be listed).",
        "Set 20261123T000000Z is not used as the latest: it is narrowed (groupid_include: HR, b, c).",
    ]
    assert [one.split()[1] for one in narrowing.passed_over([older, *newer], older)] == [
        "20261125T000000Z",
        "20261124T000000Z",
        "20261123T000000Z",
    ]
    many = [listed(set_id=f"202612{day:02}T000000Z", members=["web01"], narrowed=["x"]) for day in range(1, 30)]
    told = narrowing.passed_over([older, *many], older)
    assert (len(told), told[-1]) == (4, "26 more newer sets are not used as the latest, because they may be narrowed.")


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (listed(part(), narrowed=["groupid_include: HR"]), "is narrowed (groupid_include: HR)"),
        (listed(), "may be narrowed (it names no server)"),
        (listed(part(), narrowed=[]), ""),
        (listed(part()), ""),
    ],
)
def test_a_set_that_is_named_by_its_id_is_said_to_be_narrowed(one: dict[str, t.Any], text: str) -> None:
    assert narrowing.shortage(one) == text


def test_failure_where_there_is_no_sealed_set() -> None:
    unsealed = listed(part(), sealed=False)
    assert narrowing.no_full_set([unsealed, listed(part("web02"))], "web01", "D:\\Backups").code == "set_missing"


FULL, NARROWED, UNKNOWN = "full", "narrowed", "unknown"


@st.composite
def drawn_set(draw: st.DrawFn) -> dict[str, t.Any]:
    """One set of a history, made by this release or one before, and what it is."""
    truth, reported = draw(st.sampled_from([FULL, NARROWED, UNKNOWN])), draw(st.booleans())
    sealed = draw(st.booleans())
    day = draw(st.integers(0, 400))
    label = draw(st.sampled_from(["", "-a", "-before-restore"]))
    set_id = f"20{26 + day // 300}{1 + day // 30 % 12:02}{1 + day % 28:02}T000000Z{label}"
    smaller = draw(
        st.sampled_from(
            [
                chosen("reports", include=["HR"]),
                chosen("elasticsearch", exclude=["**/x"]),
                part(components={"reports": "copied"}),
            ]
        )
    )
    doubtful = draw(st.sampled_from([part(version=None), part(state="unreadable", selection=None), None]))
    one = {FULL: part(), NARROWED: smaller, UNKNOWN: doubtful}[truth]
    # Where the set tells by itself, its parts are not asked.
    narrowed = {FULL: [], NARROWED: ["groupid_components: reports"], UNKNOWN: None}[truth] if reported else None
    if narrowed is not None:
        one = draw(st.sampled_from([part(), smaller, doubtful]))
    return listed(
        *([one] if one else []), set_id=set_id, sealed=sealed, narrowed=narrowed, members=["web01"], truth=truth
    )


@settings(max_examples=1000, deadline=None)
@given(st.lists(drawn_set(), max_size=8))
def test_the_newest_full_set_of_any_history(history: list[dict[str, t.Any]]) -> None:
    found = narrowing.newest_full(history, "web01")
    qualified = [one["set_id"] for one in history if one["sealed"] and one["truth"] == FULL]
    assert (found or {}).get("set_id") == max(qualified, default=None)
    if found is not None:
        assert (found["truth"], found["sealed"], narrowing.narrowed_by(found)) == (FULL, True, [])
