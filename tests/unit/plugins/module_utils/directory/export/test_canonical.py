# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The canonical form, read by readers that know nothing of it."""

from __future__ import annotations

import io

import ldap.dn
import ldif
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import (
    ATTRIBUTES,
    body,
    head,
    ordered,
    raw_records,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records

_ORDER = (
    "extensionAttribute12",
    "extensionAttribute13",
    "extensionAttribute14",
    "extensionAttribute15",
    "extensionData",
)
_NAMES = st.sampled_from([name.lower() for name in _ORDER])
_VALUES = st.dictionaries(_NAMES, st.lists(st.binary(max_size=300), min_size=1, max_size=5, unique=True), min_size=1)
_DNS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=120).map(
    lambda name: f"CN={ldap.dn.escape_dn_chars(name)},DC=corp"
)


def test_a_record_in_full() -> None:
    values = {
        "extensiondata": [b"\xff\x00", b"\x01 binary"],
        "extensionattribute12": [b"Sales"],
        "extensionattribute15": [b" blank first, and a value so long that its line has to be folded " + b"x" * 40],
    }
    record = head("CN=Größe,OU=Groups,DC=corp,DC=example") + body(ordered(ATTRIBUTES), values)
    assert record == (
        b"dn:: Q049R3LDtsOfZSxPVT1Hcm91cHMsREM9Y29ycCxEQz1leGFtcGxl\r\n"
        b"changetype: add\r\n"
        b"extensionAttribute12: Sales\r\n"
        b"extensionAttribute15:: IGJsYW5rIGZpcnN0LCBhbmQgYSB2YWx1ZSBzbyBsb25nIHRoYXQga\r\n"
        b" XRzIGxpbmUgaGFzIHRvIGJlIGZvbGRlZCB4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4\r\n"
        b" eHh4eHh4eHh4\r\n"
        b"extensionData: \x01 binary\r\n"
        b"extensionData:: /wA=\r\n"
        b"\r\n"
    )


def test_a_group_without_any_of_the_attributes_has_no_record() -> None:
    assert body(ordered(ATTRIBUTES), {}) == b""
    assert body(ordered(ATTRIBUTES), {"member": [b"CN=x"]}) == b""


@given(_DNS, _VALUES)
def test_what_is_written_reads_back_the_same(dn: str, values: dict[str, list[bytes]]) -> None:
    record = head(dn) + body(_ORDER, values)
    [ours] = records(io.BytesIO(record))
    assert (ours.dn, ours.changetype) == (dn, "add")
    assert ours.attributes == {name: sorted(held) for name, held in values.items()}
    if any(min(value[:1], value[-1:]) < b" " for held in values.values() for value in held if value):
        return  # python-ldap cuts control characters off both ends, which the RFC lets stand there
    theirs = ldif.LDIFRecordList(io.BytesIO(record))
    theirs.parse()
    assert theirs.all_records == [
        (
            dn,
            {
                "changetype": [b"add"],
                **{name: sorted(values[name.lower()]) for name in _ORDER if name.lower() in values},
            },
        )
    ]


@given(_DNS, _VALUES)
def test_no_line_is_longer_than_76_bytes_and_each_ends_in_crlf(dn: str, values: dict[str, list[bytes]]) -> None:
    record = head(dn) + body(_ORDER, values)
    lines = record.split(b"\r\n")
    assert max(map(len, lines)) <= 76
    assert lines[-2:] == [b"", b""]
    assert b"" not in lines[:-2]
    assert b"\n" not in b"".join(lines)


@given(st.lists(st.tuples(_DNS, _VALUES), max_size=8), st.integers(1, 50))
def test_a_file_is_cut_into_its_records(groups: list[tuple[str, dict[str, list[bytes]]]], step: int) -> None:
    written = [head(dn) + body(_ORDER, values) for dn, values in groups]

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(step)

    assert list(raw_records(Slow(b"".join(written)))) == written


def test_a_file_that_ends_within_a_record_is_refused() -> None:
    record = head("CN=a") + body(_ORDER, {"extensiondata": [b"x"]})
    for missing in (1, 2, 10):
        with pytest.raises(ValueError, match="ends within a record"):
            list(raw_records(io.BytesIO(record + record[:-missing])))


def test_a_record_without_end_is_refused_in_bounded_memory() -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1) -> bytes:
            self.given += size or 0
            return b"x" * (size or 0)

    source = Endless()
    with pytest.raises(ValueError, match="more than 5000000 bytes"):
        list(raw_records(source, limit=5_000_000))
    assert source.given < 8_000_000


def test_attributes_are_in_order_of_their_names_without_case() -> None:
    assert ordered(ATTRIBUTES) == _ORDER
    assert ordered(["b", "A", "c"]) == ("A", "b", "c")


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ([], "No attribute"),
        (["a", "A"], "twice"),
        (["objectguid"], "objectGUID"),
        (["a b"], "not the name"),
        (["member;range=0-1"], "not the name"),
        (["a\n"], "not the name"),
        (["*"], "not the name"),
    ],
)
def test_what_is_no_list_of_attributes_is_refused(attributes: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ordered(attributes)
