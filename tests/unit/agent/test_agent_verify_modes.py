# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verify reads as much content as its mode says, and says which mode it was."""

from __future__ import annotations

import hashlib
import pathlib
import typing as t

import pytest

FILES = 60


@pytest.fixture
def part(host: t.Any) -> pathlib.Path:
    for number in range(FILES):
        host.file(f"sub {number % 3}/Gr\u00fc\u00dfe {number}.txt", f"content {number:02}")
    assert host.backup()["state"] == "complete"
    place: pathlib.Path = host.part()
    return place


def share_of(path: str, shares: int) -> int:
    """The share of a file as docs/reference/protocol.md has it, from 1."""
    return int.from_bytes(hashlib.sha256(path.encode()).digest()[:4], "big") % shares + 1


def flipped(part: pathlib.Path) -> list[str]:
    """Return every file another content of the same size; the paths."""
    files = [path for path in (part / "data").rglob("*") if path.is_file()]
    for path in files:
        path.write_bytes(b"C" + path.read_bytes()[1:])
    return [path.relative_to(part).as_posix() for path in files]


def read(answer: dict[str, t.Any]) -> tuple[t.Any, ...]:
    return tuple(answer[name] for name in ("state", "mode", "files", "bytes", "files_read", "bytes_read"))


@pytest.mark.parametrize("mode", ["full", None])
def test_full_is_what_is_done_unless_asked_otherwise(host: t.Any, part: pathlib.Path, mode: str | None) -> None:
    assert read(host.call("verify", mode=mode)) == ("verified", "full", FILES, 600, FILES, 600)


def test_quick_reads_no_content(host: t.Any, part: pathlib.Path) -> None:
    flipped(part)
    assert read(host.call("verify", mode="quick")) == ("verified", "quick", FILES, 600, 0, 0)


@pytest.mark.parametrize("mode", ["quick", "1/2"])
def test_less_than_full_still_finds_what_needs_no_content(host: t.Any, part: pathlib.Path, mode: str) -> None:
    one, other, *dummy = sorted((part / "data" / "sub 0").iterdir())
    one.rename(one.with_name("renamed"))
    other.write_text("longer than before")
    answer = host.call("verify", mode=mode)
    assert sorted(problem["problem"] for problem in answer["problems"]) == ["added", "missing", "size"]
    assert (answer["state"], answer["mode"], answer["failed"]) == ("damaged", mode, True)


@pytest.mark.parametrize("name", ["manifest.sha256", "files.jsonl", "part.json"])
def test_quick_compares_the_digests_of_the_records(host: t.Any, part: pathlib.Path, name: str) -> None:
    content = (part / name).read_bytes()
    (part / name).write_bytes(content.replace(b"a", b"b", 1))
    answer = host.call("verify", mode="quick")
    assert {problem["problem"] for problem in answer["problems"]} == {"record"}


@pytest.mark.parametrize("shares", [1, 4])
def test_the_shares_together_read_every_file_once(host: t.Any, part: pathlib.Path, shares: int) -> None:
    paths = flipped(part)
    found = {}
    for share in range(1, shares + 1):
        answer = host.call("verify", mode=f"{share}/{shares}")
        found[share] = sorted(problem["path"] for problem in answer["problems"])
        assert {problem["problem"] for problem in answer["problems"]} == {"content"}
        assert (answer["mode"], answer["files_read"]) == (f"{share}/{shares}", len(found[share]))
        assert (answer["files"], answer["bytes_read"]) == (FILES, 10 * len(found[share]))
    by_hand = {share: sorted(path for path in paths if share_of(path, shares) == share) for share in found}
    assert found == by_hand


@pytest.mark.parametrize("mode", ["", "fast", "0/7", "8/7", "1/0", "1/10000", "01/7", "1/7 ", "-1/7", "1/7\n", 1])
def test_a_mode_that_is_none_is_refused(host: t.Any, part: pathlib.Path, mode: object) -> None:
    answer = host.call("verify", mode=mode)
    assert answer["error"]["code"] == "bad_request"
    assert "'mode'" in answer["error"]["cause"]


def test_a_restore_verifies_in_full_whatever_the_mode(host: t.Any, part: pathlib.Path) -> None:
    flipped(part)
    assert host.restore(mode="quick")["error"]["code"] == "damaged"


@pytest.mark.parametrize("number", ["+1", "01", "1.", ".5", "1e", "--1", "1e999", "-1e999"])
def test_a_number_that_json_does_not_have_is_refused(host: t.Any, part: pathlib.Path, number: str) -> None:
    document = (part / "part.json").read_text(encoding="utf-8")
    assert '"details":null' in document
    (part / "part.json").write_text(document.replace('"details":null', f'"details":{{"a":{number}}}'), encoding="utf-8")
    [problem] = host.call("verify")["problems"]
    assert (problem["path"], problem["problem"]) == ("part.json", "record")


@pytest.mark.parametrize("number", ["-0", "10", "0.5", "-1.25e+3", "1E5"])
def test_a_number_of_json_is_taken(host: t.Any, part: pathlib.Path, number: str) -> None:
    document = (part / "part.json").read_text(encoding="utf-8")
    (part / "part.json").write_text(document.replace('"details":null', f'"details":{{"a":{number}}}'), encoding="utf-8")
    answer = host.call("verify")
    assert (answer["state"], answer["details"]["a"]) == ("verified", float(number))
