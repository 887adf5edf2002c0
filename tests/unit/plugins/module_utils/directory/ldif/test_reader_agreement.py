# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDIF as python-ldap reads it: the same on valid files, and where it goes another way, one test each."""

from __future__ import annotations

import base64
import io

import ldap.dn
import ldif
import pytest
from faults.second_opinion import by_python_ldap, by_us
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change, LdifError
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records

# The first text of a run takes its time.

names = st.sampled_from(
    ["cn", "extensionData", "extensionAttribute15", "EXTENSIONDATA", "2.5.4.3", "cn;lang-de", "member"]
)
safe = st.text(st.characters(codec="ascii", exclude_characters="\0\r\n"), max_size=90).filter(
    lambda text: text == text.lstrip() and text[:1] not in (":", "<")
)
fill = st.sampled_from(["", " ", "   "])


@st.composite
def lines(draw: st.DrawFn, name: str | None = None) -> str:
    """One value as the RFC allows to write it: in clear or in base64, with any number of blanks before it."""
    spelled = name or draw(names)
    if draw(st.booleans()):
        return f"{spelled}:{draw(fill)}{draw(safe)}"
    return f"{spelled}::{draw(fill)}{base64.b64encode(draw(st.binary(max_size=90))).decode()}"


@st.composite
def distinguished_names(draw: st.DrawFn) -> str:
    text = draw(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1, max_size=30))
    dn = f"CN={ldap.dn.escape_dn_chars(text)},DC=example"
    if dn.isascii() and dn.isprintable() and draw(st.booleans()):
        return f"dn: {dn}"
    return f"dn::{draw(fill)}{base64.b64encode(dn.encode()).decode()}"


@st.composite
def changes(draw: st.DrawFn) -> list[str]:
    name = draw(names)
    operation = draw(st.sampled_from(["add", "delete", "replace"]))
    values = draw(st.lists(lines(name), min_size=operation == "add", max_size=2))
    return [f"{operation}: {name}", *values, "-"]


@st.composite
def bodies(draw: st.DrawFn) -> list[str]:
    kind = draw(st.sampled_from(["none", "add", "modify"]))
    if kind == "modify":
        return ["changetype: modify", *(line for change in draw(st.lists(changes(), max_size=3)) for line in change)]
    start = ["changetype: add"] if kind == "add" else []
    return start + draw(st.lists(lines(), min_size=1, max_size=5))


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A file with records of all kinds, folded and commented at random."""
    text = draw(st.sampled_from(["", "version: 1\n", "version: 1\n\n", "# a comment\n\nversion: 1\n"]))
    for body in draw(st.lists(bodies(), max_size=4)):
        for line in [draw(distinguished_names()), *body]:
            if draw(st.integers(0, 9)) == 0:
                text += draw(st.sampled_from(["# a comment: with a colon\n", "#\n", "# folded\n  comment\n"]))
            place = draw(st.integers(0, 200))
            text += line if not 0 < place < len(line) else line[:place] + "\n " + line[place:]
            text += "\n"
        text += draw(st.sampled_from(["\n", "\n\n", "\n# between\n\n"]))
    return text.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode()


@given(files())
def test_valid_files_read_the_same(data: bytes) -> None:
    theirs = by_python_ldap(data)
    assert theirs is not None
    assert by_us(data) == theirs


def modified(data: str) -> list[tuple[str, list[tuple[int, str, list[bytes] | None]]]]:
    """Return what python-ldap makes of modify records."""
    found = []

    class Parser(ldif.LDIFParser):
        def handle_modify(
            self, dn: str, modops: list[tuple[int, str, list[bytes] | None]], controls: object = None
        ) -> None:
            found.append((dn, modops))

    Parser(io.BytesIO(data.encode())).parse_change_records()
    return found


def test_value_in_another_case_than_its_change_is_lost_there() -> None:
    text = "dn: CN=x\nchangetype: modify\nreplace: cn\nCN: value\n-\n\n"
    assert modified(text) == [("CN=x", [(ldap.MOD_REPLACE, "cn", None)])]
    assert [record.changes for record in records(io.BytesIO(text.encode()))] == [
        (Change("replace", "cn", (b"value",)),)
    ]


def test_any_version_is_read_there() -> None:
    assert by_python_ldap(b"version: 2\ndn: CN=x\ncn: y\n\n") is not None


def test_changetypes_are_attributes_there() -> None:
    theirs = by_python_ldap(b"dn: CN=x\nchangetype: delete\n\n")
    assert theirs is not None
    assert theirs[0][1]["changetype", "delete"] == 1


@pytest.mark.parametrize("value", ["QQ", "Q Q = =", "QR==", "QQ==garbage", "Q*Q=="])
def test_base64_that_is_none_is_read_there_or_breaks_otherwise(value: str) -> None:
    data = f"dn: CN=x\ncn:: {value}\n\n".encode()
    theirs = by_python_ldap(data)
    assert theirs is None or ("cn", "A") in theirs[0][1]
    with pytest.raises(LdifError):
        by_us(data)


@pytest.mark.parametrize(
    "data",
    [
        b"dn: CN=x\ncn: y",
        b"dn: CN=x\ncn: a\rb\n",
        b"dn: CN=x\ncn: a\0b\n",
        b"dn: CN=x\ncn: a\n\n mail: b\n",
        b"dn: CN=x\ncn: a\ndn: CN=y\ncn: b\n",
        b"dn: CN=x\ncn: a\ncontrol: 1.2.3 true\n",
        b"dn: CN=x\nc n: a\n",
        b"dn: CN=x\njpegPhoto:< file:///etc/passwd\n",
        b"dn: CN=x\nchangetype: modify\nreplace: cn\ncn: a\n",
    ],
    ids=["cut", "cr", "nul", "empty line within", "dn within", "control", "blank in a name", "url", "no dash"],
)
def test_what_is_read_there_is_refused_here(data: bytes) -> None:
    assert by_python_ldap(data) is not None
    with pytest.raises(LdifError):
        by_us(data)


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbfdn: CN=x\ncn: y\n",
        "\ufeffdn: CN=x\ncn: y\n".encode("utf-16-le"),
        b"dn: CN=x\ncn: \xc3\n \xbc\n",
        b"DN: CN=x\ncn: y\n",
        b"VERSION: 1\ndn: CN=x\ncn: y\n",
        b"dn: CN=x\n",
        b"dn: no name\ncn: y\n",
    ],
    ids=["bom", "utf-16", "fold in a character", "DN", "VERSION", "nothing behind the dn", "not a dn"],
)
def test_what_is_refused_there_is_read_here(data: bytes) -> None:
    assert by_python_ldap(data) is None
    assert len(by_us(data)) == 1


def test_tabs_and_wide_blanks_before_a_value_are_lost_there() -> None:
    data = b"dn: CN=x\ncn: \ty\n\n"
    parser = ldif.LDIFRecordList(io.BytesIO(data))
    parser.parse()
    assert parser.all_records == [("CN=x", {"cn": [b"y"]})]
    assert [record.attributes for record in records(io.BytesIO(data))] == [{"cn": [b"\ty"]}]


def test_spellings_of_one_attribute_stay_apart_there() -> None:
    data = b"dn: CN=x\ncn: a\nCN: b\n\n"
    parser = ldif.LDIFRecordList(io.BytesIO(data))
    parser.parse()
    assert parser.all_records == [("CN=x", {"cn": [b"a"], "CN": [b"b"]})]
    assert [record.attributes for record in records(io.BytesIO(data))] == [{"cn": [b"a", b"b"]}]
