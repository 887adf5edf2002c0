# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A seal is prepared, then decided; it stands for parts by their digests, and never gives way to another one."""

from __future__ import annotations

import hashlib
import json
import pathlib
import typing as t

import pytest

SET_ID = "20260101T000000Z"


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def text(part_sha256: str, server: str = "web01", **members: t.Any) -> str:
    part = {"server": server, "part_sha256": part_sha256, "state": "complete", "machine_guid": "", "version": None}
    document = {
        "schema": 1,
        "deployment": "hq",
        "set_id": SET_ID,
        "epoch": SET_ID,
        "quiesced": False,
        "decider": server,
    }
    document.update(parts=[{**part, "files": 1, "bytes": 1}], sealed_at="2026-01-01T00:00:00.0000000Z", **members)
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@pytest.fixture
def document(host: t.Any) -> str:
    host.write(a="x")
    return text(host.backup()["part_sha256"])


def prepare(host: t.Any, document: str, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("seal", phase="prepared", document=document, **members)
    return answer


def decide(host: t.Any, digest: str, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("seal", phase="sealed", document_sha256=digest, **members)
    return answer


@pytest.fixture
def set_path(host: t.Any) -> pathlib.Path:
    path: pathlib.Path = host.part().parent
    return path


def test_both_phases_keep_the_bytes(host: t.Any, document: str, set_path: pathlib.Path) -> None:
    answer = prepare(host, document)
    assert (code(answer), answer["changed"], answer["document_sha256"]) == ("none", True, sha256(document))
    assert answer["path"] == str(set_path / "set.prepared.json")
    assert host.call("list")["sets"][0]["sealed"] is False
    answer = decide(host, sha256(document))
    assert (code(answer), answer["changed"], answer["path"]) == ("none", True, str(set_path / "set.json"))
    for name in ("set.prepared.json", "set.json"):
        assert (set_path / name).read_bytes() == document.encode()
    assert sorted(path.name for path in set_path.iterdir()) == ["set.json", "set.prepared.json", "web01"]


QUIESCE = {
    "mode": "all",
    "epoch": SET_ID,
    "waived": ["sessions_unknown"],
    "servers": {"web01": {"samples": 46, "longest_gap_ms": 2210, "down_ms": None}},
}


def test_what_was_stopped_is_listed_and_its_servers_while_it_is_prepared(host: t.Any) -> None:
    host.write(a="x")
    document = text(host.backup()["part_sha256"], quiesce=QUIESCE)
    assert host.call("list")["sets"][0]["quiesce"] is None
    prepare(host, document)
    assert host.call("list")["sets"][0]["quiesce"] == QUIESCE
    decide(host, sha256(document))
    assert host.call("list")["sets"][0]["quiesce"] == {**QUIESCE, "servers": None}


@pytest.mark.parametrize(
    "other",
    [
        None,
        "all",
        [],
        {**QUIESCE, "mode": 1},
        {**QUIESCE, "mode": "x" * 101},
        {**QUIESCE, "waived": [1]},
        {**QUIESCE, "waived": "sessions_open"},
        {**QUIESCE, "servers": []},
    ],
)
def test_what_is_not_understood_is_unknown_and_the_set_is_one_all_the_same(host: t.Any, other: t.Any) -> None:
    host.write(a="x")
    document = text(host.backup()["part_sha256"], quiesce=other)
    assert code(prepare(host, document)) == "none"
    assert code(decide(host, sha256(document))) == "none"
    [listed] = host.call("list")["sets"]
    assert (listed["sealed"], listed["quiesce"], listed["unreadable"]) == (True, None, None)


def test_servers_that_are_none_are_left_out(host: t.Any) -> None:
    host.write(a="x")
    odd = {"web01": {"samples": "many", "more": 1}, "..\\x": {"samples": 1}, "web02": 5}
    prepare(host, text(host.backup()["part_sha256"], quiesce={**QUIESCE, "servers": odd}))
    servers = host.call("list")["sets"][0]["quiesce"]["servers"]
    assert servers == {"web01": {"samples": None, "longest_gap_ms": None, "down_ms": None}}


def test_again_changes_nothing(host: t.Any, document: str, set_path: pathlib.Path) -> None:
    prepare(host, document)
    decide(host, sha256(document))
    before = host.picture()
    for answer in (prepare(host, document), decide(host, sha256(document))):
        assert (code(answer), answer["changed"]) == ("none", False)
    assert host.picture() == before


def test_check_mode_predicts(host: t.Any, document: str) -> None:
    before = host.picture()
    assert prepare(host, document, check=True)["changed"]
    assert code(decide(host, sha256(document), check=True)) == "not_prepared"
    assert host.picture() == before
    prepare(host, document)
    before = host.picture()
    assert decide(host, sha256(document), check=True)["changed"]
    assert not prepare(host, document, check=True)["changed"]
    assert host.picture() == before


def test_a_sealed_set_is_restored_by_default(host: t.Any, document: str) -> None:
    prepare(host, document)
    decide(host, sha256(document))
    answer = host.call("verify")
    assert (answer["state"], answer["set_id"], answer["sealed"]) == ("verified", SET_ID, True)
    assert code(host.restore(unsealed=False)) == "none"
    listed = host.call("list")["sets"][0]
    assert (listed["sealed"], listed["members"], listed["decider"]) == (True, ["web01"], "web01")
    assert listed["seal_sha256"] == listed["prepared_sha256"] == sha256(document)


def test_a_part_that_is_not_the_sealed_one_is_found(host: t.Any, document: str) -> None:
    prepare(host, document)
    decide(host, sha256(document))
    part = host.part() / "part.json"
    part.write_bytes(part.read_bytes().replace(b"CORP", b"corp").replace(b"web01.corp", b"web02.corp"))
    answer = host.call("verify")
    assert [(problem["path"], problem["problem"]) for problem in answer["problems"]] == [("set.json", "record")]
    assert code(host.restore()) == "damaged"


def test_a_sealed_part_without_its_document_is_damaged(host: t.Any, document: str) -> None:
    prepare(host, document)
    decide(host, sha256(document))
    (host.part() / "part.json").unlink()
    answer = host.call("verify")
    assert [(problem["path"], problem["problem"]) for problem in answer["problems"]] == [("part.json", "record")]


@pytest.mark.parametrize("seal", [b"", b"{}", b"\xff", b'{"schema": 2}'])
def test_a_damaged_seal_seals_nothing(host: t.Any, document: str, set_path: pathlib.Path, seal: bytes) -> None:
    (set_path / "set.json").write_bytes(seal)
    assert host.call("list")["sets"][0]["sealed"] is False
    assert code(host.restore()) == "damaged"
    assert code(prepare(host, document)) == "sealed_differs"


def test_the_digest_must_be_the_parts(host: t.Any, document: str) -> None:
    assert code(prepare(host, text("0" * 64))) == "part_differs"
    assert code(prepare(host, text(sha256("x"), server="web02"))) == "part_differs"


def test_partial_and_unfinished_parts_are_refused(host: t.Any) -> None:
    host.write(a="x", busy="y")
    host.faults = {"locked": ["*/busy.txt"]}
    digest = host.backup(retries=0)["part_sha256"]
    assert code(prepare(host, text(digest))) == "part_state"
    (host.part() / "part.json").unlink()
    assert code(prepare(host, text(digest))) == "part_state"


def test_a_waived_part_is_sealed(host: t.Any) -> None:
    host.write(a="x", busy="y")
    host.faults = {"locked": ["*/busy.txt"]}
    digest = host.backup(retries=0, allow_partial=["data/busy.txt"])["part_sha256"]
    assert code(prepare(host, text(digest))) == "none"


def test_a_server_without_a_part_cannot_prepare(host: t.Any, document: str) -> None:
    assert code(prepare(host, document, server="web02")) == "part_missing"
    assert code(prepare(host, document, set_id="20250101T000000Z")) == "bad_request"


def test_a_document_that_is_there_never_gives_way(host: t.Any, document: str, set_path: pathlib.Path) -> None:
    prepare(host, document)
    other = document.replace('"quiesced": false', '"quiesced": true')
    assert code(prepare(host, other)) == "prepared_differs"
    assert code(decide(host, sha256(other))) == "prepared_differs"
    (set_path / "set.json").write_text(other)
    assert code(decide(host, sha256(document))) == "sealed_differs"
    assert code(prepare(host, document)) == "sealed_differs"
    assert (set_path / "set.prepared.json").read_text() == document
    assert (set_path / "set.json").read_text() == other


@pytest.mark.parametrize(
    "members",
    [
        {"phase": "done"},
        {"phase": "prepared", "document": "[]"},
        {"phase": "prepared", "document": "{} {}"},
        {"phase": "prepared", "document": text("0" * 64, schema=2)},
        {"phase": "prepared", "document": text("0" * 64, deployment="branch")},
        {"phase": "prepared", "document": text("zz")},
        {"phase": "sealed", "document_sha256": "../../x"},
        {"phase": "sealed"},
    ],
)
def test_bad_requests(host: t.Any, document: str, members: dict[str, t.Any]) -> None:
    before = host.picture()
    assert code(host.call("seal", **members)) == "bad_request"
    assert host.picture() == before


def test_a_failed_write_leaves_no_draft(host: t.Any, document: str, set_path: pathlib.Path) -> None:
    host.faults = {"denied": [f"{set_path}/set.prepared.json"]}
    assert code(prepare(host, document)) == "write_failed"
    assert [path.name for path in set_path.iterdir()] == ["web01"]
