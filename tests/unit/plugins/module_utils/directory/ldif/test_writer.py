# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDIF as it is written: byte for byte, as python-ldap writes it, and as it reads back."""

from __future__ import annotations

import io

import ldap
import ldif
import pytest
from faults.second_opinion import written_again
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change, Record
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.writer import (
    dn_lines,
    modify_record,
    value_lines,
)

MODIFY = {"add": ldap.MOD_ADD, "delete": ldap.MOD_DELETE, "replace": ldap.MOD_REPLACE}

# The first text of a run takes its time.

names = st.sampled_from(
    ["cn", "extensionData", "extensionAttribute15", "1.2.840.113556.1.2.600", "cn;lang-de", "a" * 90]
)
values = st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace"))
dns = st.text(st.characters(exclude_categories=("Cs",)), max_size=100)
changes = st.builds(
    lambda operation, name, given: Change(operation, name, tuple(given or ([b"x"] if operation == "add" else []))),
    st.sampled_from(["add", "delete", "replace"]),
    names,
    st.lists(values, max_size=3),
)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (b"x", b"cn: x\r\n"),
        (b"x y\tz", b"cn: x y\tz\r\n"),
        (b"", b"cn:\r\n"),
        (b"a:b<c", b"cn: a:b<c\r\n"),
        (b"\x7f\x01", b"cn: \x7f\x01\r\n"),
        (b" x", b"cn:: IHg=\r\n"),
        (b"x ", b"cn:: eCA=\r\n"),
        (b":x", b"cn:: Ong=\r\n"),
        (b"<x", b"cn:: PHg=\r\n"),
        (b"x\n", b"cn:: eAo=\r\n"),
        (b"x\ry", b"cn:: eA15\r\n"),
        (b"x\0", b"cn:: eAA=\r\n"),
        ("ü".encode(), b"cn:: w7w=\r\n"),
    ],
)
def test_value_is_in_base64_where_it_must_be(value: bytes, line: bytes) -> None:
    assert value_lines("cn", value) == line


def test_lines_are_folded_at_76_bytes() -> None:
    assert value_lines("cn", b"x" * 72) == b"cn: " + b"x" * 72 + b"\r\n"
    assert value_lines("cn", b"x" * 73) == b"cn: " + b"x" * 72 + b"\r\n x\r\n"
    assert value_lines("cn", b"x" * 147) == b"cn: " + b"x" * 72 + b"\r\n " + b"x" * 75 + b"\r\n"
    assert value_lines("cn", b"x" * 148) == b"cn: " + b"x" * 72 + b"\r\n " + b"x" * 75 + b"\r\n x\r\n"
    assert dn_lines("CN=" + "x" * 80) == b"dn: CN=" + b"x" * 69 + b"\r\n " + b"x" * 11 + b"\r\n"
    assert dn_lines("CN=ü") == b"dn:: Q049w7w=\r\n"


def test_modify_record_is_what_ldifde_imports() -> None:
    assert modify_record(
        "CN=Süd",
        [
            Change("delete", "extensionAttribute15", (b"old",)),
            Change("add", "extensionAttribute15", (b"new", b"\0")),
            Change("replace", "extensionData", ()),
        ],
    ) == (
        b"dn:: Q049U8O8ZA==\r\nchangetype: modify\r\n"
        b"delete: extensionAttribute15\r\nextensionAttribute15: old\r\n-\r\n"
        b"add: extensionAttribute15\r\nextensionAttribute15: new\r\nextensionAttribute15:: AA==\r\n-\r\n"
        b"replace: extensionData\r\n-\r\n\r\n"
    )


@pytest.mark.parametrize(
    "name", ["", "c n", "cn:", "cn\nmail: x", "größe", "-cn", "cn;", "a" * 256, "dn", "DN", "changeType", "control"]
)
def test_what_is_no_name_is_never_written(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of an attribute"):
        value_lines(name, b"x")
    with pytest.raises(ValueError, match="not the name of an attribute"):
        modify_record("CN=x", [Change("replace", name, (b"x",))])


def test_nothing_is_never_added() -> None:
    with pytest.raises(ValueError, match="No value is given to add to cn"):
        modify_record("CN=x", [Change("add", "cn", ())])


@given(dns, st.dictionaries(names, st.lists(values.filter(bool), min_size=1, max_size=3), max_size=4))
def test_python_ldap_writes_the_same_bytes(dn: str, entry: dict[str, list[bytes]]) -> None:
    """But for an empty value, behind which it leaves a blank, and an empty DN."""
    text = io.StringIO()
    ldif.LDIFWriter(text, line_sep="\r\n").unparse(dn or "x", entry)
    ours = [value_lines(name, value) for name in sorted(entry) for value in entry[name]]
    assert b"".join([dn_lines(dn or "x"), *ours, b"\r\n"]) == text.getvalue().encode()


@given(st.lists(changes.filter(lambda change: all(change.values)), min_size=1, max_size=4))
def test_python_ldap_writes_the_same_changes(made: list[Change]) -> None:
    text = io.StringIO()
    modlist = [(MODIFY[change.operation], change.attribute, list(change.values)) for change in made]
    ldif.LDIFWriter(text, line_sep="\r\n").unparse("CN=x", modlist)
    assert modify_record("CN=x", made) == text.getvalue().encode()


@given(
    st.lists(
        st.builds(
            Record,
            st.just(0),
            dns,
            st.sampled_from([None, "add"]),
            st.dictionaries(names.map(str.lower), st.lists(values, min_size=1, max_size=3), max_size=4),
            st.just(()),
        )
        | st.builds(Record, st.just(0), dns, st.just("modify"), st.just({}), st.lists(changes, max_size=3).map(tuple)),
        max_size=4,
    )
)
def test_what_is_written_reads_back_the_same(made: list[Record]) -> None:
    data = written_again(made)
    read = list(records(io.BytesIO(data)))
    assert [Record(0, *(getattr(record, field) for field in FIELDS)) for record in read] == made
    lines = data.split(b"\r\n")
    assert all(len(line) <= 76 for line in lines)
    assert [lines[record.line - 1][:3] for record in read] == [b"dn:"] * len(read)


FIELDS = ("dn", "changetype", "attributes", "changes")
