# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a list says of a set."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import listed_set

NOW = datetime.datetime(2026, 11, 24, 15, 4, 5, tzinfo=datetime.timezone.utc)
SEAL = "a" * 64


def record(mode: str = "full", hour: int = 1, **fields: t.Any) -> dict[str, t.Any]:
    time = f"2026-11-24T{hour:02d}:00:00.1234567Z"
    return {"mode": mode, "time": time, "state": "verified", "seal_sha256": SEAL, **fields}


def part(server: str = "web01", verified: dict[str, t.Any] | None = None, **fields: t.Any) -> dict[str, t.Any]:
    return {"server": server, "state": "complete", "files": 2, "bytes": 10, "verified": verified, **fields}


def found(*parts: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
    return {
        "deployment": "hq",
        "set_id": "20261122T150405Z",
        "path": "D:\\Backups\\hq\\20261122T150405Z",
        "sealed": True,
        "prepared": True,
        "seal_sha256": SEAL,
        "narrowed": [],
        "members": ["web01", "web02"],
        "parts": list(parts),
        "part_count": len(parts),
        **fields,
    }


def read(*sets: dict[str, t.Any]) -> list[listed_set.ListedSet]:
    return listed_set.listed({"sets": list(sets)}, NOW)[0]


def verified(*parts: dict[str, t.Any], **fields: t.Any) -> listed_set.Verification | None:
    return read(found(*parts, **fields))[0]["verified"]


def test_age_and_size() -> None:
    [one] = read(found(part(), part("web02", state="unfinished", files=None, bytes=None)))
    assert (one["age"], one["future"], one["files"], one["bytes"]) == (2 * 86_400, False, 2, 10)


@pytest.mark.parametrize("other", [None, "all", {}, {"mode": "all"}, {"mode": "later", "waived": []}, {"mode": 7}])
def test_what_was_stopped_is_told_only_if_it_is_understood(other: t.Any) -> None:
    assert read(found(quiesce=other))[0]["quiesce"] is None
    told = {"mode": "all", "epoch": "20261122T150405Z", "waived": [], "servers": None}
    assert read(found(quiesce=told))[0]["quiesce"] == {**told, "servers": {}}
    [merged] = listed_set.merged(read(found(sealed=False, seal_sha256=None)) + read(found(quiesce=told)))
    assert merged["quiesce"] == {**told, "servers": {}}


@pytest.mark.parametrize(("set_id", "future"), [("20261125T150405Z", False), ("20261125T150406Z", True)])
def test_a_set_of_the_future(set_id: str, future: bool) -> None:
    assert read(found(set_id=set_id))[0]["future"] is future


def test_a_record_has_mode_time_and_age() -> None:
    assert verified(part(verified=record())) == {
        "state": "verified",
        "mode": "full",
        "time": "2026-11-24T01:00:00.1234567Z",
        "age": 14 * 3600 + 245,
        "parts": 1,
    }


@pytest.mark.parametrize(
    "bad", [record(seal_sha256="b" * 64), record(seal_sha256=None), record(time="soon"), record(time=None), {}, None]
)
def test_a_record_of_another_seal_or_without_a_time_says_nothing(bad: dict[str, t.Any] | None) -> None:
    assert verified(part(verified=bad)) is None


@pytest.mark.parametrize(
    ("finished", "counts"),
    [("2026-11-24T01:00:00.1234566Z", True), ("2026-11-24T01:00:00.1234568Z", False), (None, False)],
)
def test_a_backup_verifies_before_it_seals(finished: str | None, counts: bool) -> None:
    reported = verified(part(verified=record(seal_sha256=None), finished=finished))
    assert (reported is not None) is counts


def test_an_unsealed_set_has_records_without_a_seal() -> None:
    assert verified(part(verified=record(seal_sha256=None)), seal_sha256=None) is not None


@pytest.mark.parametrize(
    ("records", "mode", "hour"),
    [
        ([record(hour=5), record(hour=3)], "full", 3),
        ([record(hour=3), record("quick", hour=5)], "quick", 3),
        ([record("1/7"), record("2/3")], "1/7", 1),
        ([record("1/7"), record("quick")], "quick", 1),
        ([record("odd"), record("1/7")], "odd", 1),
    ],
)
def test_the_worst_part_speaks_for_the_set(records: list[dict[str, t.Any]], mode: str, hour: int) -> None:
    reported = verified(*(part(f"web0{number}", one) for number, one in enumerate(records)))
    assert reported is not None
    assert (reported["state"], reported["mode"], reported["parts"]) == ("verified", mode, 2)
    assert reported["time"].startswith(f"2026-11-24T{hour:02d}")


def test_damage_speaks_before_anything_else() -> None:
    reported = verified(part(verified=record()), part("web02", record("quick", 7, state="damaged")))
    assert reported is not None
    assert (reported["state"], reported["mode"], reported["parts"]) == ("damaged", "quick", 1)


def test_local_roots_are_put_together() -> None:
    first, second = read(found(part(verified=record())))[0], read(found(part("web02"), sealed=False))[0]
    [one] = listed_set.merged([second, first])
    assert [each["server"] for each in one["parts"]] == ["web01", "web02"]
    assert (one["sealed"], one["files"], one["bytes"], one["narrowed"]) == (True, 4, 20, [])
    assert one["verified"] is not None
    assert one["verified"]["parts"] == 1


def test_on_a_share_each_host_has_its_own_records() -> None:
    first = read(found(part(verified=record("quick", 1)), part("web02")))[0]
    second = read(found(part(verified=record("full", 5)), part("web02", record("full", 4))))[0]
    [one] = listed_set.merged([first, second])
    assert (one["files"], len(one["parts"])) == (4, 2)
    assert one["verified"] is not None
    assert (one["verified"]["mode"], one["verified"]["parts"]) == ("full", 2)
    assert one["verified"]["time"].startswith("2026-11-24T04")


@pytest.mark.parametrize(
    ("first", "second", "reported"),
    [([], [], []), ([], None, None), (["components"], None, ["components"]), (["a"], ["a", "b"], ["a", "b"])],
)
def test_one_member_narrows_the_set(
    first: list[str] | None, second: list[str] | None, reported: list[str] | None
) -> None:
    sets = read(found(part(), narrowed=first), found(part("web02"), narrowed=second))
    assert listed_set.merged(sets)[0]["narrowed"] == reported


def test_order() -> None:
    sets = read(found(set_id="20261120T000000Z"), found(deployment="branch"), found(set_id="20261123T000000Z"), found())
    assert [(one["deployment"], one["set_id"][:8]) for one in listed_set.merged(sets)] == [
        ("branch", "20261122"),
        ("hq", "20261123"),
        ("hq", "20261122"),
        ("hq", "20261120"),
    ]
