# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""put and get: one file into an unfinished part, one file of a part back."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import pathlib
import typing as t

import pytest
from unit.agent.conftest import SET_ID, hold

LIMIT = 64 * 1024 * 1024
PART = {"part": "group_attributes.corp.example", "component": "group_attributes"}
FILE = {**PART, "name": "corp.example.ldf"}
LDIF = b"dn: CN=a,DC=corp,DC=example\r\nchangetype: add\r\nextensionAttribute15: \xc3\xa9\r\n\r\n"


def code(answer: dict[str, t.Any]) -> str:
    return str(answer["error"]["code"]) if answer["failed"] else "none"


def packed(content: bytes, **changes: t.Any) -> dict[str, t.Any]:
    """The members of a request that carry a content."""
    text = base64.b64encode(gzip.compress(content)).decode("ascii")
    return {"content": text, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), **changes}


def put(host: t.Any, inside: bytes = LDIF, /, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("put", **{**FILE, **packed(inside), **members})
    return answer


def get(host: t.Any, **members: t.Any) -> dict[str, t.Any]:
    answer: dict[str, t.Any] = host.call("get", **{**FILE, **members})
    return answer


def content_of(answer: dict[str, t.Any]) -> bytes:
    assert base64.b64decode(answer["content"])[:3] == b"\x1f\x8b\x08"
    content = gzip.decompress(base64.b64decode(answer["content"]))
    assert (answer["bytes"], answer["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    return content


@pytest.fixture
def folder(host: t.Any) -> pathlib.Path:
    """The folder of a new place."""
    return pathlib.Path(host.call("place", **PART)["folder"])


@pytest.fixture
def part(host: t.Any, folder: pathlib.Path) -> pathlib.Path:
    """A complete part with one file."""
    assert put(host)["changed"]
    assert host.call("adopt", **PART, files=[FILE["name"]], details={"domain": "corp.example"})["state"] == "complete"
    return folder.parent


@pytest.mark.parametrize("content", [LDIF, b"", bytes(range(256)) * 9000], ids=["ldif", "empty", "any bytes"])
def test_a_file_comes_there_and_back(host: t.Any, folder: pathlib.Path, content: bytes) -> None:
    answer = put(host, content)
    assert (code(answer), answer["changed"], answer["path"]) == ("none", True, str(folder / FILE["name"]))
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [(FILE["name"], content)]
    assert code(get(host)) == "part_state"
    assert host.call("adopt", **PART, files=[FILE["name"]], details={})["state"] == "complete"
    back = get(host)
    assert (code(back), back["changed"], content_of(back)) == ("none", False, content)


def test_the_same_call_again_changes_nothing(host: t.Any, folder: pathlib.Path) -> None:
    put(host)
    before = host.picture(folder)
    answer = put(host)
    assert (code(answer), answer["changed"]) == ("none", False)
    assert host.picture(folder) == before


@pytest.mark.parametrize("other", [b"other", LDIF[:-1] + b"x"], ids=["another size", "the same size"])
def test_another_file_is_never_replaced(host: t.Any, folder: pathlib.Path, other: bytes) -> None:
    put(host, other)
    answer = put(host)
    assert (code(answer), answer["error"]["path"]) == ("file_exists", str(folder / FILE["name"]))
    assert (folder / FILE["name"]).read_bytes() == other


def test_what_is_no_file_is_in_the_way(host: t.Any, folder: pathlib.Path) -> None:
    (folder / FILE["name"]).mkdir()
    assert code(put(host)) == "file_exists"
    (folder / FILE["name"]).rmdir()
    (folder.parent / "elsewhere").write_bytes(LDIF)
    (folder / FILE["name"]).symlink_to(folder.parent / "elsewhere")
    assert code(put(host)) == "file_exists"


def test_what_a_killed_call_left_is_removed(host: t.Any, folder: pathlib.Path) -> None:
    (folder / ".put.tmp").write_bytes(b"half")
    assert code(put(host)) == "none"
    assert [path.name for path in folder.iterdir()] == [FILE["name"]]


def test_a_disk_that_is_full(host: t.Any, folder: pathlib.Path) -> None:
    host.faults = {"full_after_bytes": 300}  # the lock's own file fits in
    answer = put(host, b"x" * 1000)
    assert (code(answer), "No space" in answer["error"]["cause"]) == ("write_failed", True)
    assert not (folder / FILE["name"]).exists()
    host.faults = {}
    assert put(host)["changed"]
    assert [path.name for path in folder.iterdir()] == [FILE["name"]]


@pytest.mark.parametrize(
    "changes",
    [{"sha256": "0" * 64}, {"bytes": len(LDIF) - 1}, {"bytes": len(LDIF) + 1}, {"bytes": 0}, {"bytes": LIMIT}],
)
def test_what_is_not_as_announced_is_not_written(host: t.Any, folder: pathlib.Path, changes: dict[str, t.Any]) -> None:
    answer = put(host, **changes)
    assert (code(answer), answer["changed"]) == ("content_differs", False)
    assert list(folder.iterdir()) == []


def test_a_stream_that_is_cut_off_is_not_written(host: t.Any, folder: pathlib.Path) -> None:
    content = bytes(range(256)) * 400
    whole = gzip.compress(content)
    answer = put(host, content, content=base64.b64encode(whole[: len(whole) // 2]).decode())
    assert code(answer) in ("content_differs", "bad_request")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("announced", [10, LIMIT])
def test_a_bomb_stops_at_the_limit(host: t.Any, folder: pathlib.Path, announced: int) -> None:
    bomb = base64.b64encode(gzip.compress(bytes(LIMIT + 1), 1)).decode()
    answer = put(host, content=bomb, bytes=announced)
    assert (code(answer), str(LIMIT) in answer["error"]["cause"]) == ("too_large", True)
    assert list(folder.iterdir()) == []


def test_an_announced_size_beyond_the_limit_is_refused_unread(host: t.Any, folder: pathlib.Path) -> None:
    answer = put(host, bytes=LIMIT + 1, content="not even base64")
    assert (code(answer), str(LIMIT + 1) in answer["error"]["cause"]) == ("too_large", True)


@pytest.mark.parametrize(
    "changes", [{"content": "%"}, {"content": base64.b64encode(LDIF).decode()}, {"content": None}, {"sha256": "A" * 64}]
)
def test_a_bad_content(host: t.Any, folder: pathlib.Path, changes: dict[str, t.Any]) -> None:
    assert code(put(host, **changes)) == "bad_request"
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "NUL", "nul.ldf", "x:y", "a.", "a ", "\0", "a" * 256])
@pytest.mark.parametrize("operation", ["put", "get"])
def test_hostile_names(host: t.Any, folder: pathlib.Path, operation: str, name: str) -> None:
    before = host.picture()
    answer = host.call(operation, **{**FILE, **packed(LDIF), "name": name})
    assert (code(answer), "'name'" in answer["error"]["cause"]) == ("bad_request", True)
    assert host.picture() == before


def test_the_name_of_a_draft_is_refused(host: t.Any, folder: pathlib.Path) -> None:
    assert code(put(host, name=".put.tmp")) == "bad_request"


@pytest.mark.parametrize("member", ["part", "component"])
@pytest.mark.parametrize("operation", ["put", "get"])
def test_hostile_places(host: t.Any, folder: pathlib.Path, operation: str, member: str) -> None:
    for name in ("..", "a/../b", "nul", ""):
        assert code(host.call(operation, **{**FILE, **packed(LDIF), member: name})) == "bad_request"


def test_a_place_is_needed(host: t.Any) -> None:
    assert code(put(host)) == "part_missing"
    assert code(get(host)) == "set_missing"
    host.call("place", **PART)
    assert code(put(host, component="other")) == "part_missing"
    assert code(get(host, part="other")) == "part_missing"


def test_a_link_is_no_place(host: t.Any, folder: pathlib.Path) -> None:
    outside = host.folder / "C" / "outside"
    outside.mkdir()
    (outside / FILE["name"]).write_bytes(b"secret")
    folder.rmdir()
    folder.symlink_to(outside)
    assert code(put(host)) == "part_missing"
    assert [path.name for path in outside.iterdir()] == [FILE["name"]]


def test_a_complete_part_takes_nothing_more(host: t.Any, part: pathlib.Path) -> None:
    before = host.picture(part)
    assert code(put(host)) == "part_exists"
    assert code(put(host, name="other.ldf")) == "part_exists"
    assert host.picture(part) == before


def test_check_mode_checks_and_writes_nothing(host: t.Any) -> None:
    before = host.picture()
    assert put(host, check=True)["changed"]
    assert code(put(host, check=True, sha256="0" * 64)) == "content_differs"
    assert host.picture() == before
    host.call("place", **PART)
    before = host.picture()
    assert put(host, check=True)["changed"]
    assert code(put(host, check=True, component="other")) == "part_missing"
    assert host.picture() == before
    put(host)
    assert not put(host, check=True)["changed"]
    assert code(put(host, b"other", check=True)) == "file_exists"


def test_only_one_writes_at_a_time(host: t.Any, folder: pathlib.Path) -> None:
    put(host)
    with host.lock.open() as lock:
        hold(lock)
        assert code(put(host, name="other.ldf")) == "locked"


def test_get_of_a_complete_part_says_what_it_is_of(host: t.Any, part: pathlib.Path) -> None:
    before = host.picture()
    answer = get(host)
    assert (code(answer), answer["changed"], content_of(answer)) == ("none", False, LDIF)
    assert (answer["state"], answer["sealed"], answer["machine_guid"]) == ("complete", False, host.machine_guid)
    assert answer["details"] == {"domain": "corp.example"}
    assert answer["part_sha256"] == hashlib.sha256((part / "part.json").read_bytes()).hexdigest()
    assert host.picture() == before
    assert code(get(host, name="other.ldf")) == "file_missing"
    assert code(get(host, component="other")) == "file_missing"


def seal(host: t.Any, part: pathlib.Path) -> None:
    digest = hashlib.sha256((part / "part.json").read_bytes()).hexdigest()
    parts = [{"server": PART["part"], "part_sha256": digest}]
    document = {"schema": 1, "deployment": "hq", "set_id": SET_ID, "decider": "web01", "parts": parts}
    (part.parent / "set.json").write_text(json.dumps(document))


def test_get_under_a_seal(host: t.Any, part: pathlib.Path) -> None:
    seal(host, part)
    assert (get(host)["sealed"], content_of(get(host))) == (True, LDIF)
    (part / "part.json").write_text((part / "part.json").read_text() + " ")
    answer = get(host)
    assert (code(answer), "content" in answer) == ("damaged", False)
    (part / "part.json").unlink()
    assert code(get(host)) == "damaged"


@pytest.mark.parametrize("content", [LDIF.upper(), LDIF + b"x", LDIF[:-1], b""])
def test_a_damaged_file_does_not_come(host: t.Any, part: pathlib.Path, content: bytes) -> None:
    (part / "group_attributes" / FILE["name"]).write_bytes(content)
    answer = get(host)
    assert (code(answer), "group_attributes/corp.example.ldf" in answer["error"]["cause"]) == ("damaged", True)
    assert "content" not in answer


def test_what_the_record_does_not_have_does_not_come(host: t.Any, part: pathlib.Path) -> None:
    file = part / "group_attributes" / FILE["name"]
    (part / "group_attributes" / "added.ldf").write_bytes(LDIF)
    assert code(get(host, name="added.ldf")) == "damaged"
    file.rename(part / "group_attributes" / "moved.ldf")
    assert code(get(host)) == "damaged"
    file.mkdir()
    assert code(get(host)) == "damaged"


@pytest.mark.parametrize("name", ["part.json", "manifest.sha256", "files.jsonl"])
def test_a_damaged_record_gives_nothing(host: t.Any, part: pathlib.Path, name: str) -> None:
    content = (part / name).read_bytes()
    for damaged in (content[:-2], content.replace(b"e", b"f"), b""):
        (part / name).write_bytes(damaged)
        assert code(get(host)) == "damaged"


@pytest.mark.parametrize("fault", ["locked", "denied"])
def test_what_cannot_be_read_does_not_come(host: t.Any, part: pathlib.Path, fault: str) -> None:
    host.faults = {fault: [f"*/{FILE['name']}"]}
    assert code(get(host)) == "damaged"


def test_a_large_file_stays_with_its_size_named(host: t.Any, folder: pathlib.Path) -> None:
    with (folder / FILE["name"]).open("wb") as file:
        file.truncate(LIMIT + 1)
    assert code(host.call("adopt", **PART, files=[FILE["name"]], details={})) == "none"
    answer = get(host)
    assert (code(answer), str(LIMIT + 1) in answer["error"]["cause"]) == ("too_large", True)
