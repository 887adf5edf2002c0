# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of sets."""

from __future__ import annotations

import random
import typing as t

import pytest
from unit.plugins.run_facts import verdict

from ansible_collections.identityops.groupid.plugins.module_utils import set_table

DAY = 86_400


def part(server: str = "web01", verified: dict[str, t.Any] | None = None, **fields: t.Any) -> dict[str, t.Any]:
    return {"server": server, "state": "complete", "files": 2, "bytes": 105_000_000, "verified": verified, **fields}


def record(mode: str = "full", age: int = 2 * DAY, **fields: t.Any) -> dict[str, t.Any]:
    return {"state": "verified", "mode": mode, "time": f"{10**9 - age}", "age": age, "parts": 1, **fields}


def one_set(set_id: str = "20261122T150405Z", *parts: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
    return {
        "deployment": "hq",
        "set_id": set_id,
        "age": 3 * DAY,
        "future": False,
        "bytes": 0,
        "sealed": True,
        "prepared": True,
        "narrowed": [],
        "quiesce": None,
        "members": ["web01", "web02"],
        "signature": None,
        "parts": list(parts),
        "part_count": len(parts),
        **fields,
    }


def answer(*sets: dict[str, t.Any], **fields: t.Any) -> dict[str, t.Any]:
    return {"failed": False, "backup_root": "D:\\Backups", "exists": True, "sets": list(sets), "unlisted": 0, **fields}


def row(**fields: t.Any) -> list[str]:
    """The cells of the one set that is listed."""
    parts = fields.pop("parts", [part()])
    lines = set_table.lines({"web01": answer(one_set("20261122T150405Z", *parts, **fields))})
    return [cell for cell in lines[2].split("  ") if cell]


def test_local_roots() -> None:
    shown = set_table.lines(
        {
            "web01": answer(
                one_set("20261122T150405Z", part(verified=record())),
                one_set("20261123T150405Z-x", part(), age=5 * 3600, sealed=False, prepared=False, members=None),
            ),
            "web02": answer(one_set("20261122T150405Z", part("web02", record(age=3 * DAY)))),
        }
    )
    assert shown == [
        "Deployment hq:",
        "set                 age   MB  parts  sealed  narrowed  verified",
        "20261123T150405Z-x  5 h  105  1/1    no      no        never",
        "20261122T150405Z    3 d  210  2/2    yes     no        full 3 d ago",
    ]


def test_a_share_is_one_row() -> None:
    shared = answer(one_set("20261122T150405Z", part(), part("web02")))
    assert set_table.lines({"web01": shared, "web02": shared})[2:] == [
        "20261122T150405Z  3 d  210  2/2    yes     no        never"
    ]


def quiesce(mode: str = "all", *waived: str) -> dict[str, t.Any]:
    return {"mode": mode, "epoch": None, "servers": {}, "waived": list(waived)}


def test_sets_that_are_no_point_in_time_have_a_mark_and_a_line_for_each_cause() -> None:
    sets = [
        one_set("20261126T150405Z", quiesce=quiesce("none"), sealed=False),
        one_set("20261125T150405Z", quiesce=quiesce("none")),
        one_set("20261124T150405Z", quiesce=quiesce("all", "sessions_open", "sessions_unknown")),
        one_set("20261123T150405Z", quiesce=quiesce("none"), signature=verdict("valid")),
        one_set("20261122T150405Z", quiesce=quiesce()),
        one_set("20261121T150405Z"),
    ]
    lines = set_table.lines({"web01": answer(*sets)})
    cells = [[cell.strip() for cell in line.split("  ") if cell] for line in lines[2:8]]
    assert [row_[4] for row_ in cells] == ["prepared", "yes *", "yes *", "signed *", "yes", "yes"]
    assert lines[8:] == [
        "",
        "* Not one point in time, because GroupID was not stopped for it:",
        "hq/20261125T150405Z, hq/20261123T150405Z.",
        "* Not one point in time, because its seal accepts sessions_open,",
        "sessions_unknown: hq/20261124T150405Z.",
    ]
    assert max(len(line) for line in lines) <= 80


def test_many_sets_of_one_cause_are_not_all_named() -> None:
    sets = [one_set(f"202611{day}T150405Z", quiesce=quiesce("none")) for day in range(10, 20)]
    assert "and 7 more." in " ".join(set_table.lines({"web01": answer(*sets)}))


def test_deployments_have_a_block_each() -> None:
    shown = set_table.lines({"web01": answer(one_set()), "app01": answer(one_set(deployment="branch"))})
    assert [line for line in shown if not line or line.startswith("Deployment")] == [
        "Deployment branch:",
        "",
        "Deployment hq:",
    ]


@pytest.mark.parametrize(
    ("fields", "place", "cell"),
    [
        ({"age": 30}, 1, "30 s"),
        ({"age": 600}, 1, "10 min"),
        ({"age": 1}, 1, "1 s"),
        ({"age": 800 * DAY}, 1, "2 y"),
        ({"age": 47 * 3600}, 1, "47 h"),
        ({"age": -3600}, 1, "0 s"),
        ({"age": -9 * DAY, "future": True}, 1, "future"),
        ({}, 3, "1/2"),
        ({"parts": [part(), part("web02", state="partial")]}, 3, "1/2"),
        ({"parts": [part(), part("web02", state="waived")]}, 3, "2/2"),
        ({"parts": [part()], "part_count": 3}, 3, "1/3"),
        ({"sealed": False}, 4, "prepared"),
        ({"sealed": False, "signature": verdict("missing")}, 4, "prepared"),
        ({"signature": verdict("valid")}, 4, "signed"),
        ({"signature": verdict("unchecked")}, 4, "yes"),
        ({"signature": verdict("missing")}, 4, "unsigned"),
        ({"signature": verdict("other_key")}, 4, "other key"),
        ({"signature": verdict("wrong")}, 4, "INVALID"),
        ({"narrowed": None}, 5, "unknown"),
        ({"narrowed": ["groupid_components"]}, 5, "yes"),
        ({"parts": [part(verified=record())]}, 6, "full 2 d ago, 1/2"),
        ({"parts": [part(verified=record("quick", 3 * 3600)), part("web02", record())]}, 6, "quick 2 d ago"),
        ({"parts": [part(verified=record(state="damaged", age=60))]}, 6, "damaged 60 s ago"),
    ],
)
def test_cells(fields: dict[str, t.Any], place: int, cell: str) -> None:
    assert row(**fields)[place].strip() == cell


def test_sets_that_are_not_trusted_are_named_with_the_reason() -> None:
    sets = [one_set(f"2026112{day}T000000Z", part(), signature=verdict("missing")) for day in range(5)]
    sets += [one_set("20261130T000000Z", part(), signature=verdict("wrong"))]
    lines = set_table.lines({"web01": answer(*sets)})
    told = " ".join(lines)
    assert max(map(len, lines)) <= 80
    assert "refuse hq/20261130T000000Z: the signature does not belong to this seal" in told
    assert "refuse hq/20261124T000000Z, hq/20261123T000000Z, hq/20261122T000000Z and 2 more: the set has no" in told
    assert "Signatures were not checked" not in told
    [note] = set_table.lines({"web01": answer(one_set(signature=verdict("unchecked")))})[4:]
    assert note == "Signatures were not checked: groupid_signing_key is not given."


def test_narrowed_sets_above_the_newest_that_is_not_are_named() -> None:
    narrow = [one_set(f"2026112{day}T000000Z", part(), narrowed=["x"]) for day in range(9)]
    narrow[8]["sealed"] = False
    branch = one_set("20261121T000000Z", part(), deployment="branch", narrowed=["x"])
    lines = set_table.lines({"web01": answer(*narrow, one_set("20261123T120000Z", part()), branch)})
    told = " ".join(lines)
    assert max(map(len, lines)) <= 80
    assert "'latest' of branch does not choose a newer narrowed set: 20261121T000000Z" in told
    assert "'latest' of hq does not choose 4 newer narrowed sets, the newest: 20261127T000000Z" in told
    assert "latest" not in " ".join(set_table.lines({"web01": answer(one_set("20261128T120000Z"), *narrow)}))


def test_a_seal_that_is_not_trusted_does_not_hide_behind_another_one() -> None:
    good, bad = (one_set("20261122T150405Z", part(), signature=verdict(state)) for state in ("valid", "wrong"))
    for answers in ({"web01": answer(good), "web02": answer(bad)}, {"web01": answer(bad), "web02": answer(good)}):
        assert "INVALID" in set_table.lines(answers)[2]


def test_a_long_id_has_a_line_of_its_own() -> None:
    long = "20261122T150405Z-" + "x" * 40
    shown = set_table.lines({"web01": answer(one_set(long, part()), one_set("20261121T150405Z", part()))})
    assert shown[1:] == [
        "set               age   MB  parts  sealed  narrowed  verified",
        long,
        "                  3 d  105  1/2    yes     no        never",
        "20261121T150405Z  3 d  105  1/2    yes     no        never",
    ]


def test_what_was_passed_over_is_below() -> None:
    odd = {"path": "D:\\Backups\\hq\\old copy", "reason": "Its name is not that of a set."}
    shown = set_table.lines(
        {"web01": answer(passed_over=[odd], passed_over_count=3), "web02": answer(passed_over=[odd])}
    )
    assert shown == [
        "There are no sets.",
        "",
        "Ignored, because they are not sets:",
        "  web01: D:\\Backups\\hq\\old copy",
        "    Its name is not that of a set.",
        "  web01: and 2 more",
        "  web02: D:\\Backups\\hq\\old copy",
        "    Its name is not that of a set.",
    ]


def test_what_all_see_on_a_share_is_reported_once() -> None:
    first, second = ({"path": f"\\\\{name}\\backup\\x", "reason": "A file."} for name in ("nas", "NAS"))
    shown = set_table.lines({"web01": answer(passed_over=[first]), "web02": answer(passed_over=[second])})
    assert [line for line in shown if "backup" in line] == ["  web01: \\\\nas\\backup\\x"]


def test_a_name_cannot_order_the_terminal_about() -> None:
    odd = {"path": "D:\\Backups\\\x1b[2J\u202e", "reason": "Its name is odd.\n"}
    assert "  web01: D:\\Backups\\\\u001b[2J\\u202e" in set_table.lines({"web01": answer(passed_over=[odd])})


def test_hosts_that_have_not_answered() -> None:
    shown = set_table.lines(
        {
            "web01": answer(exists=False),
            "web02": {"failed": True, "msg": "The sets were not listed: D:\\Backups: Access is denied. (5)"},
            "web03": {"unreachable": True, "msg": "No route."},
            "web04": answer(one_set(), unlisted=1200),
        }
    )
    assert shown[3:] == [
        "",
        "web01 has no folder D:\\Backups: it has no backup yet, or groupid_backup_root is",
        "wrong.",
        "web04 has 1,200 older sets that are not listed.",
        "",
        "Not listed:",
        "  web02: The sets were not listed: D:\\Backups: Access is denied. (5)",
        "  web03: No route.",
    ]


def test_hosts_that_were_not_asked_are_left_out() -> None:
    facts = {"web01": {set_table.REGISTERED: answer(one_set())}, "web02": {}}
    assert set_table.of_run(facts, ["web01", "web02"])[0] == "Deployment hq:"


def test_of_a_named_set_no_other_is_shown_by_half() -> None:
    """The servers list the named set alone, the computer of the SQL Server all that it has."""
    named, other = one_set("20261122T150405Z"), one_set("20261121T150405Z")
    facts = {
        "web01": {
            "__groupid_asked": {"set_id": named["set_id"]},
            set_table.REGISTERED: answer(named),
            set_table.REGISTERED_AWAY: answer(named, other),
        }
    }
    shown = "\n".join(set_table.of_run(facts, ["web01"]))
    assert (named["set_id"] in shown, other["set_id"] in shown) == (True, False)
    facts["web01"]["__groupid_asked"]["set_id"] = None
    assert other["set_id"] in "\n".join(set_table.of_run(facts, ["web01"]))


def test_no_line_is_longer_than_a_terminal() -> None:
    chance = random.Random(1)
    for dummy in range(300):
        sets = [random_set(chance) for dummy in range(chance.randint(1, 6))]
        ids = {one["set_id"] for one in sets}
        shown = set_table.lines({"web01": answer(*sets)})
        assert [line for line in shown if len(line) > 80 and line not in ids] == []
        assert all(any(line.startswith(name) for line in shown) for name in ids)


def random_set(chance: random.Random) -> dict[str, t.Any]:
    """A set with the longest of everything now and then."""
    modes = ["full", "quick", "9999/9999", "1/7"]
    parts = [
        part(
            f"web{number}",
            chance.choice([None, record(chance.choice(modes), chance.randint(0, 3650) * DAY)]),
            bytes=chance.choice([0, 5, 10**9, 10**11]),
        )
        for number in range(chance.choice([0, 1, 3, 120]))
    ]
    return one_set(
        f"20261122T{chance.randint(0, 235959):06d}Z" + chance.choice(["", "-" + "y" * chance.randint(1, 40)]),
        *parts,
        deployment="d" * chance.randint(1, 63),
        age=chance.randint(-DAY, 3650 * DAY),
        narrowed=chance.choice([None, [], ["x"]]),
        sealed=chance.choice([True, False]),
        members=None,
    )
