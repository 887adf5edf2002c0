# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The comparison of a set with the directory: by objectGUID, and each kind of difference recognized."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib
import random

import pytest
from unit.plugins.directory_exports import BASE, export_groups, pair_of

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.export_files import FilesError, Pair
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.distinguished_name import (
    normal,
    split,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.guid import guid_text
from ansible_collections.identityops.groupid.plugins.module_utils.directory.names.selection import Selection
from ansible_collections.identityops.groupid.plugins.module_utils.directory.restore.compare import (
    Comparison,
    Counts,
    GroupDifference,
)
from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from lab.directory.groups import Group, Made


def pair(folder: pathlib.Path, groups: c.Iterable[Group], attributes: c.Sequence[str] = ATTRIBUTES) -> Pair:
    """Files of an export of these groups."""
    return pair_of(export_groups(folder, groups, attributes))


class Sides:
    """Groups of then and of now; a test changes ``now``."""

    def __init__(self, folder: pathlib.Path, count: int = 60) -> None:
        self.folder = folder
        self.then = {group.guid: group for group in Made(count)}
        self.now = dict(self.then)
        self.having = [group for group in self.then.values() if group.attributes]
        self.bare = [group for group in self.then.values() if not group.attributes]

    def change(self, group: Group, **attributes: tuple[bytes, ...]) -> Group:
        merged = {name: held for name, held in {**self.now[group.guid].attributes, **attributes}.items() if held}
        self.now[group.guid] = dataclasses.replace(self.now[group.guid], attributes=merged)
        return self.now[group.guid]

    def compare(self, selection: Selection | None = None) -> tuple[list[GroupDifference], Counts]:
        then, now = pair(self.folder / "then", self.then.values()), pair(self.folder / "now", self.now.values())
        comparison = Comparison(then, now, selection or Selection())
        return list(comparison.differences()), comparison.counts


@pytest.fixture
def sides(tmp_path: pathlib.Path) -> Sides:
    return Sides(tmp_path)


def test_equal_groups_are_no_difference(sides: Sides) -> None:
    assert sides.compare() == ([], Counts(equal=60))


def test_each_change_of_an_attribute_is_reported_with_its_values(sides: Sides) -> None:
    group = next(group for group in sides.having if "extensionData" in group.attributes)
    was = {name: tuple(sorted(held)) for name, held in group.attributes.items()}
    sides.change(group, extensionData=(), extensionAttribute12=(b"now",), extensionAttribute13=(b"z", b"\xff", b"a"))
    [found], counts = sides.compare()
    assert found.dn_then == found.dn_now == group.dn(BASE)
    assert found.guid_text == guid_text(group.guid)
    assert {change.name: (change.then, change.now) for change in found.changes} == {
        "extensionAttribute12": (was.get("extensionAttribute12", ()), (b"now",)),
        "extensionAttribute13": (was.get("extensionAttribute13", ()), (b"a", b"z", b"\xff")),
        "extensionData": (was["extensionData"], ()),
    }
    kinds = {change.name: change.kind for change in found.changes}
    assert kinds["extensionData"] == "added"
    assert kinds["extensionAttribute12"] == ("changed" if "extensionAttribute12" in was else "cleared")
    assert counts == Counts(equal=59, differing=1)


def test_values_in_another_order_are_equal(sides: Sides) -> None:
    group = next(group for group in sides.having if len(group.attributes.get("extensionData", ())) > 1)
    sides.change(group, extensionData=group.attributes["extensionData"][::-1])
    assert sides.compare() == ([], Counts(equal=60))


def test_case_alone_is_a_difference(sides: Sides) -> None:
    sides.then[sides.having[0].guid] = sides.change(sides.having[0], extensionAttribute12=(b"Sales",))
    sides.change(sides.having[0], extensionAttribute12=(b"sales",))
    [found], dummy = sides.compare()
    assert [(change.then, change.now) for change in found.changes] == [((b"Sales",), (b"sales",))]


def test_a_bare_group_that_got_values_is_distinguished_from_a_new_one(sides: Sides) -> None:
    sides.change(sides.bare[0], extensionAttribute15=(b"since",))
    new = Group("Created since", b"\x77" * 16, attributes={"extensionAttribute15": (b"since",)})
    sides.now[new.guid] = new
    found, counts = sides.compare()
    by_guid = {group.guid: group for group in found}
    assert counts == Counts(equal=59, differing=1, set_since=1, new=1)
    since, created = by_guid[sides.bare[0].guid], by_guid[new.guid]
    assert (since.set_since, since.new, [change.kind for change in since.changes]) == (True, False, ["cleared"])
    assert (created.set_since, created.new, created.dn_then, created.dn_now) == (False, True, None, new.dn(BASE))
    assert created.exported_now
    assert created.changes == ()


def test_groups_that_are_gone_are_listed_whether_they_had_values_or_not(sides: Sides) -> None:
    having, bare = sides.having[2], sides.bare[1]
    for group in (having, bare):
        del sides.now[group.guid]
    found, counts = sides.compare()
    assert counts == Counts(equal=58, gone=2)
    assert {group.guid: (group.gone, group.exported_then, group.dn_now) for group in found} == {
        having.guid: (True, True, None),
        bare.guid: (True, False, None),
    }


def test_moved_and_renamed_groups_are_the_same_groups(sides: Sides) -> None:
    moved, renamed, both = sides.having[:3]
    sides.now[moved.guid] = dataclasses.replace(moved, unit=("Elsewhere, far", *moved.unit))
    sides.now[renamed.guid] = dataclasses.replace(renamed, name="Another, name")
    sides.now[both.guid] = dataclasses.replace(both, name="New", unit=("New",))
    sides.change(both, extensionAttribute14=(b"changed as well",))
    found, counts = sides.compare()
    by_guid = {group.guid: (group.moved, group.renamed, bool(group.changes)) for group in found}
    assert by_guid == {
        moved.guid: (True, False, False),
        renamed.guid: (False, True, False),
        both.guid: (True, True, True),
    }
    assert counts == Counts(equal=59, differing=1, moved=2, renamed=2)


def test_first_and_last_group_of_either_side_are_not_lost(sides: Sides) -> None:
    order = sorted(sides.then)
    for guid in (order[0], order[-1]):
        del sides.now[guid]
    for guid in (b"\0" * 16, b"\xff" * 16):
        sides.now[guid] = Group(f"n{guid[0]}", guid)
    found, counts = sides.compare()
    assert counts == Counts(equal=58, gone=2, new=2)
    assert [group.guid for group in found] == sorted([order[0], order[-1], b"\0" * 16, b"\xff" * 16])


def test_attributes_can_be_limited(sides: Sides) -> None:
    sides.change(sides.bare[0], extensionAttribute15=(b"x",))
    sides.change(sides.bare[1], extensionAttribute12=(b"x",))
    found, counts = sides.compare(Selection(attributes=["EXTENSIONATTRIBUTE12"]))
    assert [group.guid for group in found] == [sides.bare[1].guid]
    assert counts == Counts(equal=59, differing=1, set_since=1)


def test_an_attribute_that_was_not_exported_cannot_be_chosen(sides: Sides) -> None:
    with pytest.raises(ValueError, match="member"):
        sides.compare(Selection(attributes=["extensionData", "member"]))


def test_groups_are_chosen_by_guid_and_by_either_dn(sides: Sides) -> None:
    one, two, three = sides.having[:3]
    for group in (one, two, three):
        sides.change(group, extensionAttribute12=(b"changed",))
    sides.now[two.guid] = dataclasses.replace(sides.now[two.guid], name="Renamed")
    selection = Selection(groups=[guid_text(one.guid).upper().join("{}"), two.dn(BASE).lower().replace(",", " , ")])
    found, counts = sides.compare(selection)
    assert {group.guid for group in found} == {one.guid, two.guid}
    assert counts == Counts(differing=2, renamed=1)
    assert selection.unmatched == {}


def test_the_dn_of_now_chooses_too_and_exclude_counts_against_groups(sides: Sides) -> None:
    one, two = sides.having[:2]
    for group in (one, two):
        sides.change(group, extensionAttribute12=(b"changed",))
    sides.now[two.guid] = dataclasses.replace(sides.now[two.guid], name="Renamed")
    excluded = sides.now[two.guid].dn(BASE)
    found, dummy = sides.compare(Selection(groups=[guid_text(one.guid), guid_text(two.guid)], exclude=[excluded]))
    assert [group.guid for group in found] == [one.guid]


def test_names_that_met_no_group_are_known(sides: Sides) -> None:
    equal = sides.having[5]
    selection = Selection(
        groups=["CN=Nobody,DC=corp,DC=example", guid_text(equal.guid)], exclude=[guid_text(b"x" * 16)]
    )
    sides.compare(selection)
    assert selection.unmatched == {"CN=Nobody,DC=corp,DC=example": "groups", guid_text(b"x" * 16): "exclude_groups"}


@pytest.mark.parametrize("name", ["Sales", "", "CN", "=x,DC=corp", "CN=a,,DC=corp"])
def test_a_name_that_is_neither_guid_nor_dn_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"distinguished name"):
        Selection(groups=[name])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CN=Sales,DC=corp", "cn = SALES , dc=Corp"),
        ("CN=a\\,b,DC=corp", "CN=a\\2Cb,DC=corp"),
        ("CN=Größe,DC=corp", "CN=Gr\\C3\\B6\\C3\\9Fe,DC=corp"),
        ("CN=blank\\ ,DC=corp", "CN=blank\\20,DC=corp"),
    ],
)
def test_two_texts_of_one_dn_are_equal(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_names_that_differ_are_not_equal() -> None:
    assert normal("CN=a\\,OU=b,DC=c") != normal("CN=a,OU=b,DC=c")
    assert normal("CN=blank\\ ,DC=c") != normal("CN=blank,DC=c")


def test_a_dn_is_split_at_the_first_comma_that_is_not_escaped() -> None:
    assert split("CN=a\\, b\\\\,OU=c,DC=d") == ("CN=a\\, b\\\\", "OU=c,DC=d")


class TestFilesOfTheSet:
    """What is in them may be anything, though their digests held."""

    @pytest.fixture
    def then(self, tmp_path: pathlib.Path) -> Pair:
        return pair(tmp_path / "then", Made(40))

    @pytest.fixture
    def now(self, tmp_path: pathlib.Path) -> Pair:
        groups = [dataclasses.replace(group, attributes={"extensionData": (b"now",)}) for group in Made(40)]
        return pair(tmp_path / "now", groups)

    def refused(self, then: Pair, now: Pair) -> Failure:
        with pytest.raises(FilesError) as caught:
            list(Comparison(then, now, Selection()).differences())
        assert "corp.example.ldf" in str(caught.value)
        assert "corp.example.groups.jsonl" in str(caught.value)
        return caught.value.failure

    def test_a_record_too_few_is_refused(self, then: Pair, now: Pair) -> None:
        records = then.ldif.read_bytes().split(b"\r\n\r\n")
        then.ldif.write_bytes(b"\r\n\r\n".join(records[:3] + records[4:]))
        assert "the next record is of another group" in self.refused(then, now).cause

    def test_a_record_too_many_is_refused(self, then: Pair, now: Pair) -> None:
        then.ldif.write_bytes(then.ldif.read_bytes() + b"dn: CN=x\r\nchangetype: add\r\nextensionData: x\r\n\r\n")
        assert "more records" in self.refused(then, now).cause

    def test_a_line_of_the_companion_too_few_is_refused(self, then: Pair, now: Pair) -> None:
        lines = then.companion.read_bytes().splitlines(keepends=True)
        then.companion.write_bytes(b"".join(lines[:2] + lines[3:]))
        self.refused(then, now)

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            (b"{}\n", "not an object with"),
            (b"[" * 60_000 + b"\n", "not JSON"),
            (b"x" * 70_000 + b"\n", "more than"),
            (b"\xff\n", "not JSON"),
            (b'{"guid": "x", "dn": "CN=a", "exported": true}\n', "not a GUID"),
            (b'{"guid": "00000000-0000-0000-0000-000000000001", "dn": 3, "exported": true}\n', "wrong type"),
            (b'{"guid": "00000000-0000-0000-0000-000000000001", "dn": "CN=a", "exported": 1}\n', "wrong type"),
            (b'{"guid": "00000000-0000-0000-0000-000000000000", "dn": "CN=a", "exported": false}\n', "not in order"),
            (b'{"guid": "0000000A-0000-0000-0000-000000000001", "dn": "CN=a", "exported": false}\n', "lower case"),
            (b'{"guid": "00000000-0000-0000-0000-000000000001", "dn": "CN=a", "exported": false}', "no end"),
            (b'{"guid": "00000000-0000-0000-0000-000000000001", "dn": "\\ud800", "exported": true}\n', "not text"),
        ],
    )
    def test_a_line_that_is_none_is_refused_by_its_number(self, then: Pair, now: Pair, line: bytes, words: str) -> None:
        good = b'{"guid": "00000000-0000-0000-0000-000000000000", "dn": "CN=a", "exported": false}\n'
        then.companion.write_bytes(good + line)
        cause = self.refused(then, now).cause
        assert "line 2" in cause
        assert words in cause

    @pytest.mark.parametrize(
        "attributes",
        [
            b"member: CN=x\r\n",
            b"extensionData: b\r\nextensionData: a\r\n",
            b"extensiondata: a\r\n",
            b"extensionData:: YQ==\r\n",
            b"extensionData:< file:///etc/passwd\r\n",
            b"extensionData: a\r\nextensionAttribute12: a\r\n",
            b"extensionData: a\n\ndn: CN=other\nchangetype: add\nextensionData: x\r\n",
            b"nothing\r\n",
        ],
    )
    def test_a_record_that_no_export_writes_is_refused(self, then: Pair, now: Pair, attributes: bytes) -> None:
        begin, dummy, rest = then.ldif.read_bytes().partition(b"\r\n\r\n")
        head = b"".join(begin.partition(b"changetype: add\r\n")[:2])
        then.ldif.write_bytes(head + attributes + b"\r\n" + rest)
        assert "record of" in self.refused(then, now).cause

    @pytest.mark.parametrize("seed", range(20))
    @pytest.mark.parametrize("which", ["ldif", "companion"])
    def test_any_flipped_bit_is_refused_or_is_a_difference(self, then: Pair, now: Pair, which: str, seed: int) -> None:
        """Nothing else comes out of a broken file: no crash, and no silence."""
        chance = random.Random(seed)
        file = then.ldif if which == "ldif" else then.companion
        content = bytearray(file.read_bytes())
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        before = list(Comparison(then, now, Selection()).differences())
        file.write_bytes(content)
        try:
            after = list(Comparison(then, now, Selection()).differences())
        except FilesError:
            return
        assert after != before

    def test_exports_of_different_attributes_are_not_compared(self, tmp_path: pathlib.Path, then: Pair) -> None:
        other = pair(tmp_path / "other", Made(5), attributes=["extensionData"])
        with pytest.raises(ValueError, match="same attributes"):
            Comparison(then, other, Selection())
