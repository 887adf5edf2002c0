# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ids, names, lists of sets, and the seal."""

from __future__ import annotations

import datetime
import hashlib
import json
import typing as t
import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils import backup_set

NOW = datetime.datetime(2026, 11, 22, 15, 4, 5, 999999, tzinfo=datetime.timezone.utc)


def member(server: str, **fields: t.Any) -> dict[str, t.Any]:
    return {
        "server": server,
        "part_sha256": "ab" * 32,
        "state": "complete",
        "machine_guid": f"guid of {server}",
        "version": "10.0",
        "files": 3,
        "bytes": 12,
        "epoch": "20261122T150405Z",
        "finished": "2026-11-22T15:04:17.1234567Z",
        **fields,
    }


def seal(*members: dict[str, t.Any], decider: str = "web01") -> backup_set.SealDocument:
    return backup_set.seal_document("hq", "20261122T150405Z", decider, members)


@pytest.mark.parametrize("text", ["20261122T150405Z", "20261122T150405Z-before-upgrade", "20240229T235959Z-a.b_c"])
def test_set_id_reads_and_writes(text: str) -> None:
    assert str(backup_set.SetId.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "latest",
        "20261122T150405",
        "20261322T150405Z",
        "20250229T000000Z",
        "20261122T150460Z",
        "19991231T235959Z",
        "00010101T000000Z",
        "\u0662\u0660261122T150405Z",
        "20261122T150405Z-",
        "20261122T150405Z-Upper",
        "20261122T150405Z-a/b",
        "20261122T150405Z-a.",
        "20261122T150405Z-" + "a" * 41,
        "20261122T150405Z\n",
        "..\\20261122T150405Z",
    ],
)
def test_bad_set_id_is_refused(text: str) -> None:
    with pytest.raises(backup_set.InvalidNameError, match="not a UTC time"):
        backup_set.SetId.parse(text)


def test_set_ids_sort_by_age() -> None:
    texts = ["20261122T150405Z-b", "20261122T150405Z", "20251122T150405Z-z", "20261122T150406Z"]
    ordered = [str(one) for one in sorted(map(backup_set.SetId.parse, texts))]
    assert ordered == ["20251122T150405Z-z", "20261122T150405Z", "20261122T150405Z-b", "20261122T150406Z"]


@pytest.mark.parametrize(
    ("existing", "label", "expected"),
    [
        ([], "", "20261122T150405Z"),
        (["20201231T235959Z"], "", "20261122T150405Z"),
        (["20261122T150405Z"], "", "20261122T150406Z"),
        (["20261122T150405Z-x", "20200101T000000Z"], "y", "20261122T150406Z-y"),
        (["20301231T235959Z"], "", "20310101T000000Z"),
        (["20261131T000000Z", "", "..", "20261122T150405z", "not a set", "\ud800"], "", "20261122T150405Z"),
        (["20261122T150405Z-UPPER", "20261122T150405Z-x", "20261122T250405Z"], "", "20261122T150406Z"),
        (["99991231T235959Z", "20261122T150405Z"], "", "20261122T150406Z"),
    ],
)
def test_next_set_id(existing: list[str], label: str, expected: str) -> None:
    assert backup_set.next_set_id(NOW, existing, label) == expected


def test_next_set_id_is_in_utc() -> None:
    local = NOW.astimezone(datetime.timezone(datetime.timedelta(hours=-8)))
    assert backup_set.next_set_id(local, []) == "20261122T150405Z"


def test_ids_go_on_while_summer_time_ends() -> None:
    """On the controller, the clock shows the hour from two to three twice."""
    berlin = zoneinfo.ZoneInfo("Europe/Berlin")
    moments = [datetime.datetime(2026, 10, 25, 2, minute, tzinfo=berlin, fold=f) for f in (0, 1) for minute in (10, 50)]
    ids = [backup_set.next_set_id(moment, []) for moment in moments]
    assert ids == ["20261025T001000Z", "20261025T005000Z", "20261025T011000Z", "20261025T015000Z"]


def test_bad_label_is_refused() -> None:
    with pytest.raises(backup_set.InvalidNameError):
        backup_set.next_set_id(NOW, [], "Before Upgrade")


@given(st.lists(st.datetimes(datetime.datetime(2000, 1, 1), datetime.datetime(2090, 1, 1)), max_size=5))
def test_next_set_id_is_newer_than_all(moments: list[datetime.datetime]) -> None:
    existing = [backup_set.SetId(moment.replace(microsecond=0, tzinfo=datetime.timezone.utc)) for moment in moments]
    following = backup_set.SetId.parse(backup_set.next_set_id(NOW, map(str, existing)))
    assert all(following.moment > one.moment for one in existing)


@pytest.mark.parametrize(("name", "folded"), [("hq", "hq"), ("HQ-2.old_1", "hq-2.old_1"), ("a" * 63, "a" * 63)])
def test_deployment(name: str, folded: str) -> None:
    assert backup_set.check_deployment(name) == folded


@pytest.mark.parametrize(
    "name", ["", ".", "..", "-a", "a b", "a/b", "a\\b", "a" * 64, "a.", "con", "NUL", "com1.txt", "lpt9", "zürich"]
)
def test_bad_deployment(name: str) -> None:
    with pytest.raises(backup_set.InvalidNameError, match="Deployment"):
        backup_set.check_deployment(name)


@pytest.mark.parametrize(
    ("name", "folded"), [("web01", "web01"), ("WEB-01", "web-01"), ("1a", "1a"), ("web_01", "web_01")]
)
def test_server(name: str, folded: str) -> None:
    assert backup_set.check_server(name) == folded


@pytest.mark.parametrize("name", ["", "web01.corp.example", "-web", "web-", "a b", "..", "a" * 64, "nul"])
def test_bad_server(name: str) -> None:
    with pytest.raises(backup_set.InvalidNameError, match="Server"):
        backup_set.check_server(name)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("database", "database"),
        ("group_attributes.Corp.EXAMPLE", "group_attributes.corp.example"),
        ("a.nul", "a.nul"),
        (f"{'a' * 63}.{'b' * 63}.{'c' * 63}.12345678", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.12345678"),
    ],
)
def test_part(name: str, folded: str) -> None:
    assert backup_set.check_part(name) == folded


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            ".",
            "..",
            "a..b",
            ".a",
            "a.",
            "a.-b",
            "a.b-",
            "a/b",
            "a\\b",
            "a.b\n",
            "nul.corp.example",
            "com1.x",
            "a" * 64,
        ),
        *("set.json", "SET.prepared.json", f"{'a' * 63}.{'b' * 63}.{'c' * 63}.123456789"),
    ],
)
def test_bad_part(name: str) -> None:
    with pytest.raises(backup_set.InvalidNameError, match="Part"):
        backup_set.check_part(name)


def test_a_domain_is_a_member_and_never_decides() -> None:
    members = [member("web01"), member("group_attributes.Corp.example")]
    parts = json.loads(backup_set.seal_document("hq", "20261122T150405Z", "web01", members).text)["parts"]
    assert [part["server"] for part in parts] == ["group_attributes.corp.example", "web01"]
    with pytest.raises(backup_set.InvalidNameError, match="Server"):
        backup_set.seal_document("hq", "20261122T150405Z", "group_attributes.corp.example", members)


@pytest.mark.parametrize("name", ["", "Reports", "1a", "a-b", "a/b", "aux", "com1", "a" * 64, "reports\n"])
def test_bad_component(name: str) -> None:
    with pytest.raises(backup_set.InvalidNameError, match="Component"):
        backup_set.check_component(name)


def test_set_of_an_answer() -> None:
    part = {**member("web01"), "directories": 1, "components": {"reports": "copied"}, "added_later": 1}
    data = {
        "deployment": "hq",
        "set_id": "20261122T150405Z",
        "path": "D:\\Backups\\hq\\20261122T150405Z",
        "sealed": False,
        "prepared": False,
        "prepared_sha256": None,
        "seal_sha256": None,
        "members": None,
        "decider": None,
        "parts": [part],
        "added_later": 1,
    }
    found = backup_set.BackupSet.from_answer(data)
    assert (found.set_id, found.sealed, found.members) == ("20261122T150405Z", False, None)
    assert [(one.server, one.sealable, one.components) for one in found.parts] == [
        ("web01", True, {"reports": "copied"})
    ]


@pytest.mark.parametrize(
    ("state", "sealable"),
    [("complete", True), ("waived", True), ("partial", False), ("unfinished", False), ("unreadable", False)],
)
def test_what_a_seal_accepts(state: str, sealable: bool) -> None:
    fields = {**member("web01", state=state), "directories": 0, "components": {}}
    assert backup_set.Part(**fields).sealable is sealable
    if sealable:
        assert seal(member("web01", state=state)).sha256
    else:
        with pytest.raises(backup_set.SealRefusedError, match=f"web01 is {state}"):
            seal(member("web01", state=state))


def test_seal_is_the_contracts_document() -> None:
    late = "2026-11-22T15:05:00.0000000Z"
    document = seal(member("WEB02", state="waived", finished=late), member("web01"))
    assert document.text.endswith("}\n")
    assert document.sha256 == hashlib.sha256(document.text.encode()).hexdigest()
    data = json.loads(document.text)
    assert document.text == json.dumps(data, indent=2, sort_keys=True) + "\n"
    parts = data.pop("parts")
    assert data == {
        "schema": 1,
        "deployment": "hq",
        "set_id": "20261122T150405Z",
        "epoch": "20261122T150405Z",
        "quiesced": False,
        "decider": "web01",
        "sealed_at": late,
        "narrowed": None,
        "scope": {},
    }
    assert [part["server"] for part in parts] == ["web01", "web02"]
    assert set(parts[0]) == {"server", "part_sha256", "state", "machine_guid", "version", "files", "bytes"}


QUIESCE: dict[str, t.Any] = {
    "mode": "all",
    "epoch": "20261122T150405Z",
    "servers": {"WEB01": {"samples": 3, "longest_gap_ms": 2000, "down_ms": None, "more": 1}},
    "waived": ["sessions_open", "elasticsearch_running"],
}


def stopped(**values: t.Any) -> dict[str, t.Any]:
    document = backup_set.seal_document(
        "hq", "20261122T150405Z", "web01", [member("web01")], "k" * 32, {**QUIESCE, **values}
    )
    found: dict[str, t.Any] = json.loads(document.text)
    return found


def test_seal_says_what_was_stopped_and_signs_it() -> None:
    document = stopped()
    assert document["quiesce"] == {
        "mode": "all",
        "epoch": "20261122T150405Z",
        "servers": {"web01": {"samples": 3, "longest_gap_ms": 2000, "down_ms": None}},
        "waived": ["elasticsearch_running", "sessions_open"],
    }
    assert document["quiesced"] is False
    assert stopped(waived=[])["quiesced"] is True
    assert stopped(waived=[], epoch=None, servers={})["quiesced"] is True
    assert stopped(mode="elasticsearch", waived=[])["quiesced"] is False
    assert stopped(waived=[])["signature"] != document["signature"]
    reversed_ = stopped(waived=QUIESCE["waived"][::-1])
    assert reversed_["signature"] == document["signature"]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mode": "later"}, "is not known to this version"),
        ({"waived": ["epoch_broken"]}, "is not known to this version"),
        ({"epoch": None}, "stopped for something else"),
        ({"epoch": "20261122T150406Z"}, "stopped for something else"),
        ({"mode": "none"}, "stopped for something else"),
        ({"servers": {}}, "stopped for something else"),
        ({"servers": {"web01": {"samples": 0, "longest_gap_ms": 1, "down_ms": 1}}}, "nothing proves that web01"),
        ({"servers": {"web01": {"samples": True, "longest_gap_ms": 1, "down_ms": 1}}}, "nothing proves that web01"),
        ({"servers": {"web01": {"samples": 1, "longest_gap_ms": None, "down_ms": 1}}}, "nothing proves that web01"),
        ({"servers": {"web01": {"samples": 1, "longest_gap_ms": 1, "down_ms": -1}}}, "is no number"),
    ],
)
def test_seal_takes_no_proof_that_is_none(values: dict[str, t.Any], words: str) -> None:
    with pytest.raises(backup_set.SealRefusedError, match=words):
        stopped(**values)


@pytest.mark.parametrize(
    ("reported", "narrowed"),
    [
        ([[], []], []),
        ([["b", "a"], []], ["a", "b"]),
        ([["b"], ["a", "b"]], ["a", "b"]),
        ([["b"], None], None),
        ([None, None], None),
    ],
)
def test_seal_is_narrowed_by_what_any_part_is(reported: list[t.Any], narrowed: list[str] | None) -> None:
    first, second = reported
    assert (
        json.loads(seal(member("web01", narrowed=first), member("web02", narrowed=second)).text)["narrowed"] == narrowed
    )


def test_seal_is_not_known_to_be_full_by_a_part_of_before() -> None:
    assert json.loads(seal(member("web01", narrowed=[]), member("web02")).text)["narrowed"] is None


def test_seal_keeps_the_scope_of_each_part() -> None:
    scope = {"exclude": ["*.bak"]}
    members = [member("WEB02", scope=scope), member("web01", scope=None), member("database", scope={}), member("web03")]
    assert json.loads(seal(*members).text)["scope"] == {"database": {}, "web02": scope}


def test_seal_does_not_depend_on_the_order() -> None:
    assert seal(member("web01"), member("web02")) == seal(member("web02"), member("web01"))


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([], "there are none"),
        ([member("web02")], "the decider, web01, is not one of its members"),
        ([member("web01"), member("WEB01")], "web01 occurs 2 times"),
        ([member("web01"), member("web02", epoch="20261122T160000Z")], "different epochs.*web02: 20261122T160000Z"),
        ([member("web01", part_sha256="")], "no digest"),
        ([member("web01", part_sha256="AB" * 32)], "no digest"),
        ([member("web01", finished="yesterday")], "when it was finished"),
    ],
)
def test_seal_is_refused(members: list[dict[str, t.Any]], words: str) -> None:
    with pytest.raises(backup_set.SealRefusedError, match=words):
        seal(*members)


def test_refusal_names_everything_that_is_wrong() -> None:
    with pytest.raises(backup_set.SealRefusedError) as caught:
        seal(member("web01", state="partial"), member("web02", state="unfinished", epoch="x"))
    for words in ("Set 20261122T150405Z of hq", "web01 is partial", "web02 is unfinished", "different epochs"):
        assert words in str(caught.value)
