# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Data found on a disk never fails a list: what is no set is passed over with the reason, what is damaged says so."""

from __future__ import annotations

import json
import os
import pathlib
import typing as t

import pytest

SET_ID = "20260101T000000Z"
OLDER = "20250101T000000Z"
ODD_IDS = [
    "20261131T000000Z",
    "20260101T250000Z",
    "20260101T000060Z",
    "19991231T235959Z",
    "00010101T000000Z",
    "20260101T000000z",
]
DEEP = b'{"schema":' * 100_000
CONTENT = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": b"[]",
    "not text": b"\xff\xfe",
    "deep": DEEP,
    "a huge number": b'{"schema": 1e400}',
    "a long number": b'{"schema": ' + b"9" * 400 + b"}",
    "twice": b'{"schema": 1, "schema": 1}',
    "of the future": b'{"schema": 99}',
}


@pytest.fixture
def saved(host: t.Any) -> t.Any:
    host.write(a="x")
    for set_id in (OLDER, SET_ID):
        assert host.backup(set_id=set_id)["state"] == "complete"
    return host


def listed(host: t.Any, deployment: str | None = "hq") -> dict[str, t.Any]:
    """What list says, and what probe says of the same root."""
    answer = host.call("list", deployment=deployment)
    assert not answer["failed"], answer
    probed = host.call("probe", products=[], roots=[str(host.root)], deployment=deployment)
    assert {name: probed["roots"][0][name] for name in ("sets", "set_count", "passed_over", "passed_over_count")} == {
        name: answer[name] for name in ("sets", "set_count", "passed_over", "passed_over_count")
    }
    return t.cast(dict[str, t.Any], answer)


def passed(host: t.Any, deployment: str | None = "hq") -> dict[str, str]:
    """Reasons by path below the root."""
    answer = listed(host, deployment)
    assert answer["passed_over_count"] == len(answer["passed_over"])
    return {str(pathlib.Path(one["path"]).relative_to(host.root)): one["reason"] for one in answer["passed_over"]}


@pytest.mark.parametrize("name", ODD_IDS)
def test_an_id_that_no_calendar_has(saved: t.Any, name: str) -> None:
    (saved.root / "hq" / name).mkdir()
    assert "not the id of a set" in passed(saved)[f"hq/{name}"]
    assert [one["set_id"] for one in listed(saved)["sets"]] == [SET_ID, OLDER]
    assert saved.backup(set_id=name)["error"]["code"] == "bad_request"


def test_all_that_is_no_set(saved: t.Any) -> None:
    for folder in ("hq/notes", "hq/20260101T000000Z-UPPER", "System Volume Information", f"hq/{SET_ID}/not_a-server-"):
        (saved.root / folder).mkdir()
    for file in ("readme.txt", "hq/readme.txt", f"hq/{SET_ID}/readme.txt", f"hq/{SET_ID}/.set.json.xyz.tmp"):
        (saved.root / file).write_text("x")
    for draft in (".set.json.0123abcd.tmp", ".set.prepared.json.0123abcd.tmp"):
        (saved.root / "hq" / SET_ID / draft).write_text("{")
    for link in ("away", "hq/20260202T000000Z", f"hq/{SET_ID}/web09"):
        (saved.root / link).symlink_to(saved.source)
    inside = {
        "hq/notes": "not the id of a set",
        "hq/20260101T000000Z-UPPER": "not the id of a set",
        "hq/readme.txt": "is a file",
        "hq/20260202T000000Z": "is a link",
        f"hq/{SET_ID}/not_a-server-": "not that of a part",
        f"hq/{SET_ID}/readme.txt": "is a file",
        f"hq/{SET_ID}/.set.json.xyz.tmp": "is a file",
        f"hq/{SET_ID}/web09": "is a link",
    }
    beside = {"System Volume Information": "not that of a deployment", "readme.txt": "is a file", "away": "is a link"}
    for deployment, expected in (("hq", inside), (None, {**inside, **beside})):
        reasons = passed(saved, deployment)
        assert set(reasons) == set(expected)
        assert all(words in reasons[path] for path, words in expected.items()), reasons
    assert [part["server"] for part in listed(saved)["sets"][0]["parts"]] == ["web01"]


def test_names_that_are_no_text(saved: t.Any) -> None:
    for folder in (saved.root, saved.root / "hq", saved.root / "hq" / SET_ID):
        os.mkdir(os.fsencode(folder) + b"/half\xff")
        (folder / "line\nbreak").write_text("x")
    answer = listed(saved, None)
    assert (answer["set_count"], answer["passed_over_count"]) == (2, 6)
    assert {one["path"].rpartition("/")[2] for one in answer["passed_over"]} == {"half\udcff", "line\nbreak"}


def test_only_the_deployment_that_was_asked_for_is_looked_into(saved: t.Any) -> None:
    (saved.root / "branch" / "20261131T000000Z").mkdir(parents=True)
    assert passed(saved) == {}
    assert set(passed(saved, None)) == {"branch/20261131T000000Z"}


@pytest.mark.parametrize(("kind", "words"), [("file", "is a file"), ("link", "is a link")])
def test_a_deployment_that_is_no_folder(saved: t.Any, kind: str, words: str) -> None:
    (saved.root / "hq").rename(saved.root.parent / "away")
    if kind == "file":
        (saved.root / "hq").write_text("x")
    else:
        (saved.root / "hq").symlink_to(saved.root.parent / "away")
    assert words in passed(saved)["hq"]
    assert words in passed(saved, None)["hq"]
    assert listed(saved)["sets"] == []


def test_many_are_counted_and_the_first_named(saved: t.Any) -> None:
    for number in range(1005):
        (saved.root / "hq" / f"x{number:04}").write_text("x")
    answer = listed(saved)
    assert (len(answer["passed_over"]), answer["passed_over_count"], answer["set_count"]) == (1000, 1005, 2)


def test_one_set_that_cannot_be_listed_takes_no_other_with_it(saved: t.Any) -> None:
    saved.faults = {"denied": [f"{saved.root}/hq/{SET_ID}"]}
    newest, older = listed(saved)["sets"]
    assert (newest["set_id"], newest["parts"], newest["sealed"]) == (SET_ID, [], False)
    assert "(5)" in newest["unreadable"]
    assert (older["unreadable"], older["parts"][0]["state"]) == (None, "complete")
    assert "(5)" in passed(saved)[f"hq/{SET_ID}"]


def test_one_deployment_that_cannot_be_listed(saved: t.Any) -> None:
    (saved.root / "branch").mkdir()
    saved.faults = {"denied": [f"{saved.root}/branch"]}
    assert "(5)" in passed(saved, None)["branch"]
    assert listed(saved, None)["set_count"] == 2
    # Asked for by name it cannot pass for empty.
    assert saved.call("list", deployment="branch")["error"]["code"] == "root_unreadable"


def test_a_root_that_cannot_be_listed_is_not_empty(host: t.Any) -> None:
    host.root.mkdir()
    host.faults = {"denied": [str(host.root)]}
    [root] = host.call("probe", products=[], roots=[str(host.root)], deployment="hq")["roots"]
    assert "(5)" in root["error"]
    assert (root["sets"], root["passed_over"], root["passed_over_count"]) == ([], [], 0)


@pytest.mark.parametrize("content", CONTENT.values(), ids=CONTENT)
@pytest.mark.parametrize("name", ["set.json", "set.prepared.json", "web01/part.json"])
def test_a_document_that_is_none(saved: t.Any, name: str, content: bytes) -> None:
    (saved.root / "hq" / SET_ID / name).write_bytes(content)
    newest, older = listed(saved)["sets"]
    assert (newest["sealed"], newest["prepared"], newest["members"], newest["narrowed"]) == (False, False, None, None)
    place = newest["parts"][0] if name.startswith("web01") else newest
    assert place["unreadable"].startswith(f"{pathlib.Path(name).name}: ")
    assert (older["unreadable"], older["parts"][0]["unreadable"], older["parts"][0]["state"]) == (
        None,
        None,
        "complete",
    )


def test_a_set_of_the_future_says_so(saved: t.Any) -> None:
    (saved.root / "hq" / SET_ID / "set.json").write_text('{"schema": 99, "deployment": "hq"}')
    assert "later version" in listed(saved)["sets"][0]["unreadable"]
    document = saved.part_document()
    (saved.part() / "part.json").write_text(json.dumps({**document, "schema": 99}))
    [part] = listed(saved)["sets"][0]["parts"]
    assert (part["state"], "later version" in part["unreadable"]) == ("unreadable", True)


@pytest.mark.parametrize(
    "members",
    [
        {"set_id": OLDER},
        {"deployment": "branch"},
        {"server": "web02"},
        {"set_id": "20261131T000000Z"},
        {"version": 10},
        {"started": "yesterday"},
        {"finished": None},
        {"files": -1},
        {"bytes": 2**63},
        {"components": {"a": 1}},
        {"components": [7]},
        {"components": [{"name": "data"}] * 1001},
        {"scope": ["x"]},
        {"details": 3},
        {"state": "splendid"},
    ],
    ids=str,
)
def test_a_part_that_is_not_what_it_says(saved: t.Any, members: dict[str, t.Any]) -> None:
    (saved.part() / "part.json").write_text(json.dumps({**saved.part_document(), **members}))
    [part] = listed(saved)["sets"][0]["parts"]
    assert (part["state"], part["components"], part["selection"], part["narrowed"]) == ("unreadable", {}, None, None)
    assert part["unreadable"]


def test_a_seal_of_another_set(saved: t.Any) -> None:
    seal = {"schema": 1, "deployment": "hq", "set_id": OLDER, "decider": "web01", "parts": []}
    (saved.root / "hq" / SET_ID / "set.json").write_text(json.dumps(seal))
    newest = listed(saved)["sets"][0]
    assert (newest["sealed"], newest["unreadable"]) == (False, f"set.json: it belongs to set {OLDER} of hq")


@pytest.mark.parametrize("kind", ["folder", "link"])
@pytest.mark.parametrize("name", ["set.json", "web01/part.json"])
def test_a_document_that_is_no_file(saved: t.Any, name: str, kind: str) -> None:
    path = saved.root / "hq" / SET_ID / name
    path.unlink(missing_ok=True)
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(saved.source / "a.txt")
    newest = listed(saved)["sets"][0]
    assert newest["sealed"] is False
    assert (newest["parts"][0] if "part" in name else newest)["unreadable"]


def test_more_globs_than_an_answer_holds_are_no_selection(saved: t.Any) -> None:
    document = saved.part_document()
    document["components"][0]["exclude"] = [f"**/{number}" for number in range(1001)]
    (saved.part() / "part.json").write_text(json.dumps(document))
    [part] = listed(saved)["sets"][0]["parts"]
    assert (part["state"], part["selection"]) == ("complete", None)


def test_what_was_chosen_is_listed(saved: t.Any) -> None:
    set_id = "20260301T000000Z"
    saved.backup(set_id=set_id, include=["*.txt"], exclude=["*.log"], required=False)
    [part] = listed(saved)["sets"][0]["parts"]
    assert part["selection"] == {
        "data": {"source": str(saved.source), "include": ["*.txt"], "exclude": ["*.log"], "required": False}
    }
    document = json.loads((saved.part(set_id) / "part.json").read_bytes())
    assert (part["started"], part["finished"]) == (document["started"], document["finished"])
    del document["started"]  # of before
    (saved.part(set_id) / "part.json").write_text(json.dumps(document))
    assert listed(saved)["sets"][0]["parts"][0]["started"] is None


def test_a_backup_with_links_is_not_stopped_by_what_lies_there(saved: t.Any) -> None:
    for name in ("20261131T000000Z", "notes"):
        (saved.root / "hq" / name).mkdir()
    (saved.root / "hq" / OLDER / "set.json").write_bytes(DEEP)
    assert saved.backup(set_id="20260301T000000Z", link_unchanged=True)["state"] == "complete"
