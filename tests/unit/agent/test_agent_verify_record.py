# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A verification leaves a note on the host, never in the set; lists show it, and believe no other's."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib
import shutil
import typing as t

import pytest

SET_ID, OTHER = "20260101T000000Z", "20260102T000000Z-x.y"


@pytest.fixture
def saved(host: t.Any) -> t.Any:
    host.write(a="first", b="second")
    assert host.backup()["state"] == "complete"
    return host


def records(host: t.Any) -> list[pathlib.Path]:
    return sorted(path for path in (host.lock.parent / "verified").rglob("*") if path.is_file())


def verified(host: t.Any, number: int = 0) -> dict[str, t.Any] | None:
    return t.cast("dict[str, t.Any] | None", host.call("list")["sets"][number]["parts"][0]["verified"])


def test_the_record_and_the_list(saved: t.Any) -> None:
    assert verified(saved) is None
    before = saved.picture(saved.root)
    assert saved.call("verify", mode="quick")["warnings"] == []
    [path] = records(saved)
    record = json.loads(path.read_bytes())
    time = record.pop("time")
    assert record == {
        "schema": 1,
        "root": str(saved.root),
        "deployment": "hq",
        "set_id": SET_ID,
        "part": "web01",
        "mode": "quick",
        "state": "verified",
        "seal_sha256": None,
        "files": 2,
        "bytes": 11,
    }
    assert verified(saved) == {"mode": "quick", "time": time, "state": "verified", "seal_sha256": None}
    assert saved.picture(saved.root) == before
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_the_last_one_counts(saved: t.Any) -> None:
    saved.call("verify")
    (saved.part() / "data" / "a.txt").write_text("FIRST")
    assert saved.call("verify", mode="1/1")["state"] == "damaged"
    assert len(records(saved)) == 1
    found = verified(saved)
    assert found is not None
    assert (found["mode"], found["state"]) == ("1/1", "damaged")


def test_it_names_the_seal(saved: t.Any) -> None:
    part = {"server": "web01", "part_sha256": hashlib.sha256((saved.part() / "part.json").read_bytes()).hexdigest()}
    document = {"schema": 1, "deployment": "hq", "set_id": SET_ID, "decider": "web01", "parts": [part]}
    text = json.dumps(document)
    saved.call("seal", phase="prepared", document=text)
    digest = hashlib.sha256(text.encode()).hexdigest()
    saved.call("seal", phase="sealed", document_sha256=digest)
    saved.call("verify")
    found = verified(saved)
    assert found is not None
    assert found["seal_sha256"] == digest


def test_one_for_each_part_and_root(saved: t.Any) -> None:
    saved.backup(set_id=OTHER)
    saved.backup(deployment="branch")
    for members in ({}, {"set_id": OTHER}, {"deployment": "branch"}):
        saved.call("verify", **members)
    assert [len(list(folder.iterdir())) for folder in (saved.lock.parent / "verified").iterdir()] in ([1, 2], [2, 1])
    assert verified(saved) is not None
    assert verified(saved, 1) is not None
    # The same folder by another path is another root: what it leads to may change.
    alias = saved.folder / "D" / "Alias"
    alias.symlink_to(saved.root)
    assert saved.call("list", root=str(alias))["sets"][0]["parts"][0]["verified"] is None
    assert saved.call("list", root=f"{saved.root}/")["sets"][0]["parts"][0]["verified"] is not None


def test_check_mode_leaves_nothing(saved: t.Any) -> None:
    before = saved.picture()
    assert saved.call("verify", check=True)["state"] == "verified"
    assert saved.picture() == before


def test_some_sound_components_say_nothing_of_the_part(saved: t.Any) -> None:
    saved.call("verify", components=["data"])
    assert verified(saved) is None
    (saved.part() / "data" / "a.txt").unlink()
    saved.call("verify", components=["data"])
    found = verified(saved)
    assert found is not None
    assert found["state"] == "damaged"


def test_a_restore_leaves_none(saved: t.Any) -> None:
    assert not saved.restore()["failed"]
    assert verified(saved) is None


@pytest.mark.parametrize("fault", ["full", "rename", "foreign"])
def test_a_record_that_cannot_be_written_is_a_warning(saved: t.Any, fault: str) -> None:
    state = saved.lock.parent
    if fault == "full":
        saved.faults = {"full_after_bytes": 10}
    elif fault == "rename":
        saved.faults = {"denied": [f"{state}/verified/*.json"]}
    else:
        (state / "verified").symlink_to(saved.folder)
    answer = saved.call("verify")
    assert (answer["state"], answer["failed"]) == ("verified", False)
    [warning] = answer["warnings"]
    assert "was not recorded on this computer" in warning
    assert str(state / "verified") in warning
    saved.faults = {}
    assert verified(saved) is None
    assert [path for path in saved.folder.rglob("*.tmp") if not path.is_symlink()] == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"a":' * 100_000,
        {"schema": 2},
        {"schema": "1"},
        {"root": "/elsewhere"},
        {"root": None},
        {"deployment": "branch"},
        {"set_id": OTHER},
        {"part": "web02"},
        {"mode": "deep"},
        {"time": "yesterday"},
        {"time": 5},
        {"state": "splendid"},
        {"seal_sha256": "x"},
        {"seal_sha256": 1e300},
    ],
    ids=lambda content: str(content)[:30],
)
def test_a_record_that_is_none_is_passed_over(saved: t.Any, content: bytes | dict[str, t.Any]) -> None:
    saved.call("verify")
    [path] = records(saved)
    record = json.loads(path.read_bytes())
    path.write_bytes(content if isinstance(content, bytes) else json.dumps({**record, **content}).encode())
    assert verified(saved) is None
    saved.call("verify")
    assert verified(saved) is not None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
@pytest.mark.parametrize("level", [0, 1, 2])
def test_what_a_stranger_owns_is_not_believed(saved: t.Any, level: int) -> None:
    saved.call("verify")
    [path] = records(saved)
    os.chown([path.parent, path.parent.parent, saved.lock.parent][level], 12345, -1)
    assert verified(saved) is None
    [warning] = saved.call("verify")["warnings"]
    assert "neither SYSTEM nor" in warning


def test_records_of_sets_that_are_gone_go_with_the_next(saved: t.Any) -> None:
    saved.backup(set_id=OTHER)
    for set_id in (SET_ID, OTHER):
        saved.call("verify", set_id=set_id)
    first, second = records(saved)
    foreign = first.with_name("note.json")
    foreign.write_text("x")
    left, fresh = (first.with_name(f".{first.name}.{digits}.tmp") for digits in ("00000000", "11111111"))
    for draft in (left, fresh):
        draft.write_text("{")
    os.utime(left, (0, 0))
    shutil.rmtree(saved.root / "hq" / SET_ID)
    assert first.exists()
    saved.call("verify", set_id=OTHER)
    assert records(saved) == sorted([fresh, second, foreign])


def test_a_draft_that_an_antivirus_has_for_a_moment_goes_too(saved: t.Any) -> None:
    saved.habits, saved.patience = {"antivirus_ms": 200}, 60_000
    saved.faults = {"fail_change": {"glob": "*/verified/*.json", "at": 1, "errno": 5}}
    answer = saved.call("verify")
    assert "Input/output error" in " ".join(answer["warnings"]), answer
    assert records(saved) == []
