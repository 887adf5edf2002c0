# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What made less of a set than usual is kept: asked, recorded, reported, listed. Nothing links to such a set."""

from __future__ import annotations

import hashlib
import json
import time
import typing as t

import pytest

SET_ID, SECOND, THIRD = "20260101T000000Z", "20260102T000000Z", "20260103T000000Z"
NARROWED = ["groupid_include: HR Portal"]
SCOPE = {"exclude": ["*.bak"], "deep": [{"a": None, "b": 1}]}
PLACE = {"part": "database", "component": "database"}


def seal(host: t.Any, set_id: str = SET_ID, **members: t.Any) -> None:
    digest = hashlib.sha256((host.part(set_id) / "part.json").read_bytes()).hexdigest()
    document = {"schema": 1, "deployment": "hq", "set_id": set_id, "decider": "web01", **members}
    text = json.dumps({**document, "parts": [{"server": "web01", "part_sha256": digest}]})
    assert not host.call("seal", set_id=set_id, phase="prepared", document=text)["failed"]
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    assert not host.call("seal", set_id=set_id, phase="sealed", document_sha256=sha256)["failed"]


def newest(host: t.Any) -> dict[str, t.Any]:
    return t.cast(dict[str, t.Any], host.call("list")["sets"][0])


@pytest.mark.parametrize("narrowed", [None, [], NARROWED])
@pytest.mark.parametrize("scope", [None, {}, SCOPE])
def test_a_backup_keeps_what_the_request_says(
    host: t.Any, narrowed: list[str] | None, scope: dict[str, t.Any] | None
) -> None:
    host.write(a="x")
    answer = host.backup(narrowed=narrowed, scope=scope)
    assert (answer["narrowed"], answer["scope"]) == (narrowed, scope)
    document = host.part_document()
    assert (document["narrowed"], document["scope"], document["schema"]) == (narrowed, scope, 1)
    one = newest(host)
    assert (one["narrowed"], one["parts"][0]["narrowed"], one["parts"][0]["scope"]) == (narrowed, narrowed, scope)
    verified = host.call("verify")
    assert (verified["state"], verified["narrowed"]) == ("verified", narrowed)
    assert host.restore(check=True)["narrowed"] == narrowed


def test_a_part_of_files_keeps_it_too(host: t.Any) -> None:
    folder = host.call("place", **PLACE)["folder"]
    with open(f"{folder}/x.bak", "w", encoding="utf-8") as file:
        file.write("x")
    reported = {"narrowed": NARROWED, "scope": SCOPE}
    adopted = host.call("adopt", **PLACE, files=["x.bak"], **reported)
    assert {name: adopted[name] for name in reported} == reported
    # Whoever comes later gets what was recorded.
    again = [host.call("adopt", **PLACE, files=["x.bak"], narrowed=[]), host.call("place", **PLACE)]
    assert [{name: answer[name] for name in reported} for answer in again] == [reported, reported]
    assert {name: newest(host)["parts"][0][name] for name in reported} == reported


@pytest.mark.parametrize(
    "members",
    [
        {"narrowed": "x"},
        {"narrowed": [1]},
        {"narrowed": ["x"] * 101},
        {"narrowed": ["x" * 501]},
        {"scope": []},
        {"scope": "x"},
    ],
    ids=lambda members: str(members)[:40],
)
def test_what_is_not_of_its_form_is_refused(host: t.Any, members: dict[str, t.Any]) -> None:
    host.write(a="x")
    before = host.picture()
    for answer in (host.backup(**members), host.call("adopt", **PLACE, files=["x.bak"], **members)):
        assert answer["error"]["code"] == "bad_request"
    assert host.picture() == before


def test_as_much_as_is_allowed(host: t.Any) -> None:
    host.write(a="x")
    texts = [f"{number:03}".ljust(500, "x") for number in range(100)]
    host.backup(narrowed=texts)
    assert newest(host)["narrowed"] == texts


@pytest.mark.parametrize(
    ("reported", "listed"),
    [
        ({}, None),
        ({"narrowed": None}, None),
        ({"narrowed": []}, []),
        ({"narrowed": NARROWED}, NARROWED),
        ({"narrowed": "x"}, None),
        ({"narrowed": ["x", 1]}, None),
        ({"narrowed": {"x": 1}}, None),
        ({"narrowed": ["y" * 501]}, ["y" * 500]),
        ({"narrowed": ["z"] * 1001}, ["z"] * 1000),
    ],
    ids=lambda value: str(value)[:40],
)
def test_for_a_sealed_set_the_seal_counts(host: t.Any, reported: dict[str, t.Any], listed: list[str] | None) -> None:
    host.write(a="x")
    host.backup(narrowed=["of the part"])
    seal(host, **reported)
    one = newest(host)
    assert (one["sealed"], one["narrowed"], one["parts"][0]["narrowed"]) == (True, listed, ["of the part"])
    verified = host.call("verify")
    assert (verified["state"], verified["narrowed"]) == ("verified", listed)
    assert host.restore(unsealed=False)["narrowed"] == listed


@pytest.mark.parametrize("written", ["x", [1], {"a": []}, 7])
def test_a_part_that_is_not_understood_says_nothing(host: t.Any, written: object) -> None:
    host.write(a="x")
    host.backup(narrowed=[])
    (host.part() / "part.json").write_text(json.dumps({**host.part_document(), "narrowed": written}))
    one = newest(host)
    assert (one["parts"][0]["state"], one["parts"][0]["narrowed"], one["narrowed"]) == ("complete", None, None)


@pytest.mark.parametrize(
    ("other", "union"), [(None, None), ([], ["b", "c"]), (["c", "a"], ["a", "b", "c"]), ("unfinished", None)]
)
def test_before_the_seal_all_parts_count(host: t.Any, other: t.Any, union: list[str] | None) -> None:
    host.write(a="x")
    host.backup(narrowed=["c", "b"])
    if other == "unfinished":
        host.call("place", **PLACE)
    else:
        host.call("adopt", **PLACE, files=[], external=True, narrowed=other)
    assert newest(host)["narrowed"] == union


def test_a_record_of_before_is_read(host: t.Any) -> None:
    host.write(a="x")
    host.backup()
    document = {name: value for name, value in host.part_document().items() if name not in ("narrowed", "scope")}
    (host.part() / "part.json").write_text(json.dumps(document))
    seal(host)
    one = newest(host)
    assert (one["sealed"], one["narrowed"], one["parts"][0]["state"]) == (True, None, "complete")
    assert host.call("verify")["state"] == "verified"
    restored = host.restore(unsealed=False)
    assert (restored["failed"], restored["narrowed"]) == (False, None)


@pytest.mark.parametrize(
    ("reported", "set_id"), [({"narrowed": NARROWED}, SET_ID), ({"narrowed": []}, SECOND), ({}, SECOND)], ids=str
)
def test_nothing_links_to_a_narrowed_set(host: t.Any, reported: dict[str, t.Any], set_id: str) -> None:
    host.write(a="first", b="second")
    time.sleep(0.2)
    host.backup()
    seal(host)
    host.backup(set_id=SECOND)
    seal(host, SECOND, **reported)
    answer = host.backup(set_id=THIRD, link_unchanged=True)
    assert (answer["linked"], answer["link_sets"]) == (2, [set_id])
