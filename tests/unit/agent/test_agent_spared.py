# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore leaves alone need not be saved before it; what it would change must be."""

from __future__ import annotations

import json
import typing as t

import pytest

SAFETY = "20260201T000000Z-before-restore"


@pytest.mark.parametrize(
    ("name", "fault"),
    [("busy.txt", "locked"), ("shut.txt", "denied"), ("aux.txt", None), ("note.", None), ("sub/blank ", None)],
)
def test_a_waived_file_that_still_cannot_be_read_stays(host: t.Any, name: str, fault: str | None) -> None:
    host.write(a="first")
    host.file(name, "alive")
    host.faults = {fault: [f"*/Source/{name}"]} if fault else {}
    assert host.backup(retries=0, allow_partial=["**"])["state"] == "waived"
    host.write(a="changed", new="extra")
    answer = host.restore(policy="mirror", safety_set_id=SAFETY, retries=0)
    assert not answer["failed"], answer
    assert answer["diff"]["removed"] == ["data/new.txt"]
    assert (host.source / name).read_text() == "alive"
    assert (host.source / "a.txt").read_text() == "first"
    document = json.loads((host.part(SAFETY) / "part.json").read_bytes())
    assert (document["state"], [one["path"] for one in document["problems"]]) == ("waived", [f"data/{name}"])
    back = {"set_id": SAFETY, "components": [{"name": "data", "policy": "mirror"}]}
    assert not host.call("restore", **back)["failed"]
    assert [(host.source / one).read_text() for one in ("a.txt", "new.txt", name)] == ["changed", "extra", "alive"]


@pytest.mark.parametrize(
    ("name", "fault", "shown"),
    [
        ("late.txt", "locked", "'data/late.txt'"),
        ("note.", None, "'data/note.'"),
        ("sub/blank ", None, "'data/sub/blank '"),
    ],
)
def test_what_would_be_removed_and_cannot_be_saved_stops_the_restore(
    host: t.Any, name: str, fault: str | None, shown: str
) -> None:
    host.write(a="first")
    host.backup()
    host.write(a="changed")
    host.file(name, "alive")
    host.faults = {fault: [f"*/Source/{name}"]} if fault else {}
    answer = host.restore(policy="mirror", safety_set_id=SAFETY, retries=0)
    assert (answer["error"]["code"], answer["changed"]) == ("safety", False)
    assert answer["error"]["cause"].startswith(f"{shown} would be replaced or removed, but could not be saved before (")
    assert all(one in answer["error"]["next"] for one in ("groupid_exclude (exclude", "groupid_restore_safety: false"))
    assert [(host.source / one).read_text() for one in ("a.txt", name)] == ["changed", "alive"]
    assert not host.part(SAFETY).exists()


def test_a_locked_file_that_differs_in_its_time_alone_stops_the_restore_too(host: t.Any) -> None:
    host.write(a="first", b="second")
    host.backup()
    host.write(a="changed", b="second")
    host.faults = {"grow": ["*/Source/b.txt"]}
    answer = host.restore(policy="mirror", safety_set_id=SAFETY, retries=0)
    assert (answer["failed"], answer["changed"]) == (True, False)
    assert (host.source / "a.txt").read_text() == "changed"


def test_a_partial_backup_shows_the_end_of_a_name(host: t.Any) -> None:
    host.write(a="x")
    host.file("note.")
    assert host.backup()["error"]["cause"].startswith(
        "1 files or folders are missing; the first is 'data/note.' (name): "
    )
