# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""LDIF as it is read: what RFC 2849 allows, what ldifde writes, and what is refused, with the line."""

from __future__ import annotations

import base64
import io
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change, LdifError, Record
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.reader import records

DN = "CN=Sales,OU=Groups,DC=corp,DC=example"


class Trickle(io.BytesIO):
    """A file that gives a few bytes at a time, as pipes do, so that every place is once the border of a read."""

    def __init__(self, data: bytes, size: int) -> None:
        super().__init__(data)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size, self._size) if size is not None and size >= 0 else self._size)


def read(text: str | bytes) -> list[Record]:
    data = text.encode() if isinstance(text, str) else text
    return list(records(io.BytesIO(data)))


def attributes(body: str | bytes) -> dict[str, list[bytes]]:
    """Read the lines of one record that stand behind its ``dn:``."""
    data = body.encode() if isinstance(body, str) else body
    (record,) = read(f"dn: {DN}\n".encode() + data + b"\n")
    return record.attributes


def error(text: str | bytes) -> LdifError:
    with pytest.raises(LdifError) as caught:
        read(text)
    assert str(caught.value) == f"Line {caught.value.line}: {caught.value.what} {caught.value.next_step}"
    assert caught.value.what.endswith(".")
    assert caught.value.next_step.endswith(".")
    return caught.value


def test_records_come_with_their_lines_names_and_values_in_order() -> None:
    text = f"version: 1\n\ndn: {DN}\nchangetype: add\nmail: b\nCN: x\nMail: a\n\n\n\ndn: CN=y\ncn: y\n"
    assert read(text) == [
        Record(3, DN, "add", {"mail": [b"b", b"a"], "cn": [b"x"]}, ()),
        Record(11, "CN=y", None, {"cn": [b"y"]}, ()),
    ]


@pytest.mark.parametrize("text", ["", "\n\n\n", "\r\n", "# nothing\n", "version: 1\n", "# a\n\n# b\n  c\n\n"])
def test_file_without_records_has_none(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    "head", ["version: 1\n", "version:1\n\n", "VERSION:   1\n\n\n", "# first\n\n\nversion: 1\n# x\n", ""]
)
def test_version_1_may_stand_before_the_first_record(head: str) -> None:
    (record,) = read(f"{head}dn: {DN}\ncn: x\n")
    assert record == Record(head.count("\n") + 1, DN, None, {"cn": [b"x"]}, ())


@pytest.mark.parametrize("version", ["2", "0", "", "1.0", "01", "1 ", ": MQ==", "one"])
def test_other_versions_are_refused(version: str) -> None:
    found = error(f"# c\nversion: {version}\n\ndn: {DN}\ncn: x\n".replace("version: :", "version::"))
    assert found.line == 2
    assert "version" in found.what


def test_version_within_a_record_is_an_attribute() -> None:
    assert attributes("version: 2\n") == {"version": [b"2"]}


# Values


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("cn:x", b"x"),
        ("cn: x", b"x"),
        ("cn:    x y ", b"x y "),
        ("cn:", b""),
        ("cn: ", b""),
        ("cn:\tx", b"\tx"),
        ("cn: \tx\x0c", b"\tx\x0c"),
        ("cn: :x", b":x"),
        ("cn: <file:///etc/passwd", b"<file:///etc/passwd"),
        ("cn: a: b:: c", b"a: b:: c"),
        ("cn: Süßmayr", "Süßmayr".encode()),
        ("cn: \x85\xa0x", "\x85\xa0x".encode()),
        ("cn:: ", b""),
        ("cn::", b""),
        ("cn:: AP8=", b"\x00\xff"),
        ("cn::AP8=", b"\x00\xff"),
        ("cn::   IHggDQo=", b" x \r\n"),
    ],
)
def test_value_is_what_stands_behind_the_colon(line: str, value: bytes) -> None:
    assert attributes(line + "\n") == {"cn": [value]}


@pytest.mark.parametrize(
    "text",
    [
        "cn:: A",
        "cn:: AP8",
        "cn:: AP8=x",
        "cn:: AP8==",
        "cn:: AP8= ",
        "cn:: A P8=",
        "cn:: AP8=AP8=",
        "cn:: AP9=",
        "cn:: A-_=",
        "cn:: =",
        "cn:: ====",
        "cn:: é",
    ],
)
def test_base64_is_read_in_its_one_form(text: str) -> None:
    found = error(f"dn: {DN}\nmail: x\n{text}\n")
    assert found.line == 3
    assert "base64" in found.what


def test_url_is_never_opened(tmp_path: t.Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    for url in (secret.as_uri(), "http://127.0.0.1:1/", ""):
        for text in (f"dn: {DN}\njpegPhoto:< {url}\n", f"dn:< {url}\ncn: x\n"):
            found = error(text)
            assert "URL" in found.what
            assert "secret" not in str(found)


# Lines


def test_one_blank_continues_a_line_and_the_next_is_text() -> None:
    text = "cn: a\n  b\n c\n \n  \nMAIL: x\n #no comment\n dn: no record\n -\n"
    assert attributes(text) == {"cn": [b"a bc "], "mail": [b"x#no commentdn: no record-"]}


def test_folds_may_be_anywhere_even_in_a_character_a_name_and_base64() -> None:
    body = b"c\n n\n :\n \n  x\xc3\n \xbc\nmail:\n :\n  QUJ\n D\n"
    assert attributes(body) == {"cn": ["xü".encode()], "mail": [b"ABC"]}


def test_comments_are_left_out_with_their_folds() -> None:
    text = f"# dn: no\n  record\n#\ndn: {DN}\n#cn: no\ncn: x\n# a\n b: no\n c: no\nmail: y\n#\n\n# last\n"
    assert read(text) == [Record(4, DN, None, {"cn": [b"x"], "mail": [b"y"]}, ())]


def test_lines_end_in_lf_or_crlf() -> None:
    assert read(f"dn: {DN}\r\ncn: x\n y\r\n z\r\n\r\ndn: CN=y\r\n\n") == [
        Record(1, DN, None, {"cn": [b"xyz"]}, ()),
        Record(6, "CN=y", None, {}, ()),
    ]


@pytest.mark.parametrize("text", ["cn: x\ry\n", "cn: x\r\r\n", "cn: x\n\rmail: y\n", "cn:\n x\r\n y\r z\n"])
def test_carriage_return_alone_ends_no_line(text: str) -> None:
    found = error(f"dn: {DN}\n{text}")
    assert "carriage return" in found.what
    assert found.line == (3 if "\n\r" in text else 2)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("cn x\n", 3, "no ':'"),
        ("cn\n", 3, "no ':'"),
        (": x\n", 3, "no name"),
        ("\n cn: x\n", 4, "begins with a blank"),
        ("\tcn: x\n", 3, "not the name"),
        ("c n: x\n", 3, "not the name"),
        ("cn ; x: y\n", 3, "not the name"),
        ("cn;: y\n", 3, "not the name"),
        ("größe: y\n", 3, "not the name"),
        ("my_attr: y\n", 3, "not the name"),
        ("-cn: y\n", 3, "not the name"),
        ("-: y\n", 3, "not the name"),
        (f"{'a' * 300}: y\n", 3, "not the name"),
        ("-\n", 3, "'-'"),
        (f"dn: {DN}\n", 3, "empty line may be missing"),
        ("changetype: add\n", 3, "empty line may be missing"),
        ("control: 1.2.840.113556.1.4.805 true\n", 3, "control"),
        ("\ncn: x\n", 4, "'dn:'"),
        ("\n-\n", 4, "'dn:'"),
        ("\nsearch: 2\nresult: 0 Success\n", 4, "'dn:'"),
    ],
)
def test_line_that_has_no_place_is_named(text: str, line: int, what: str) -> None:
    found = error(f"dn: {DN}\nmail: a\n{text}")
    assert found.line == line
    assert what in found.what
    assert len(found.what) < 200


def test_line_of_an_error_counts_folds_comments_and_empty_lines() -> None:
    text = f"\n\n# c\n c\n\ndn: {DN}\nmail: a\n b\n# c\n c\n c\nmail: b\n\n\ndn: CN=y\n# c\nwrong\n"
    assert error(text).line == 17
    assert error(text.replace("wrong\n", "dn: x\n")).line == 17
    assert error(text.replace("wrong\n", "cn: x\n\n x")).line == 19
    assert error(b" goes on with nothing\n x\ncn: \xff\n").line == 3


@pytest.mark.parametrize(
    "text", ["dn: CN=y", f"dn: {DN}\ncn: x", f"dn: {DN}\ncn: x\n#", f"dn: {DN}\ncn: x\n ", "#", " "]
)
def test_file_that_ends_within_a_line_may_be_cut_off(text: str) -> None:
    found = error(text)
    assert found.line == text.count("\n") + 1
    assert "cut off" in found.what


def test_record_without_attributes_is_one() -> None:
    """``ldifde -l`` writes such ones, for objects that have none of the attributes."""
    assert read(f"dn: {DN}\nchangetype: add\n\ndn:\n") == [Record(1, DN, "add", {}, ()), Record(4, "", None, {}, ())]


def test_distinguished_name_in_base64_is_utf_8() -> None:
    encoded = base64.b64encode("CN=Süd".encode()).decode()
    assert read(f"DN:: {encoded}\n")[0].dn == "CN=Süd"
    assert "UTF-8" in error(f"dn:: {base64.b64encode('CN=Süd'.encode('cp1252')).decode()}\n").what


# Kinds of records


@pytest.mark.parametrize("kind", ["delete", "modrdn", "moddn", "", "modify ", ": YWRk"])
def test_other_changetypes_are_refused(kind: str) -> None:
    found = error(f"dn: {DN}\nchangetype: {kind}\ncn: x\n".replace(": : ", ":: "))
    assert found.line == 2
    assert "changetype" in found.what


def test_control_before_the_changetype_is_refused() -> None:
    found = error(f"dn: {DN}\ncontrol: 1.2.840.113556.1.4.805 true\nchangetype: modify\nreplace: cn\n-\n")
    assert (found.line, found.what) == (2, "The record has a control. Controls are not supported.")


def test_changes_are_read_in_order() -> None:
    text = f"""dn: {DN}
ChangeType: Modify
delete: extensionAttribute15
extensionAttribute15: old
-
add: extensionAttribute15
extensionAttribute15:: bmV3
-
# a comment
replace: extensionData
extensionData: 1
extensionData: 2
-
Replace: mail
-
delete: 1.2.840.113556;binary
-

dn: CN=y
changetype: modify
"""
    assert read(text) == [
        Record(
            1,
            DN,
            "modify",
            {},
            (
                Change("delete", "extensionAttribute15", (b"old",)),
                Change("add", "extensionAttribute15", (b"new",)),
                Change("replace", "extensionData", (b"1", b"2")),
                Change("replace", "mail", ()),
                Change("delete", "1.2.840.113556;binary", ()),
            ),
        ),
        Record(19, "CN=y", "modify", {}, ()),
    ]


def test_value_in_another_case_than_its_change_is_kept() -> None:
    (record,) = read(f"dn: {DN}\nchangetype: modify\nreplace: extensionAttribute15\nEXTENSIONattribute15: x\n-\n")
    assert record.changes == (Change("replace", "extensionAttribute15", (b"x",)),)


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("replace: cn\ncn: x\n", 3, "'-' that ends this change is missing"),
        ("replace: cn\n", 3, "'-' that ends this change is missing"),
        ("replace: cn\ncn: x\n-\nreplace: mail\nmail: y\n", 6, "'-' that ends this change is missing"),
        ("replace: cn\nmail: x\n-\n", 4, "'mail' is in a change of cn"),
        ("replace: cn\ncn;binary: x\n-\n", 4, "is in a change of cn"),
        ("replace: cn\ncn: x\nreplace: mail\nmail: y\n-\n", 5, "is in a change of cn"),
        ("add: cn\n-\n", 3, "No value is given to add"),
        ("increment: cn\ncn: 1\n-\n", 3, "'add:', 'delete:' or 'replace:'"),
        ("cn: x\n-\n", 3, "'add:', 'delete:' or 'replace:'"),
        ("-\n", 3, "'add:', 'delete:' or 'replace:'"),
        ("replace: cn\n-\n-\n", 5, "'add:', 'delete:' or 'replace:'"),
        ("replace:: Y24=\ncn: x\n-\n", 3, "'add:', 'delete:' or 'replace:'"),
        ("replace:\n-\n", 3, "'-'"),
        ("replace: c n\n-\n", 3, "not the name"),
        ("replace: cn \n-\n", 3, "not the name"),
        ("replace: dn\n-\n", 3, "empty line may be missing"),
        ("replace: cn\ncn:< file:///etc/passwd\n-\n", 4, "URL"),
        ("replace: cn\ncn: x\n- \n", 5, "no ':'"),
    ],
)
def test_change_that_is_none_is_refused(text: str, line: int, what: str) -> None:
    found = error(f"dn: {DN}\nchangetype: modify\n{text}")
    assert found.line == line
    assert what in found.what


# Encodings

TEXT = f"version: 1\n\ndn: {DN}ü\nchangetype: add\ncn: 漢字𝄞\n\n# Ende\ndn: CN=y\nmail: x\n y\n\n"
EXPECTED = [
    Record(3, DN + "ü", "add", {"cn": ["漢字𝄞".encode()]}, ()),
    Record(8, "CN=y", None, {"mail": [b"xy"]}, ()),
]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1_000_000])
def test_encoding_and_line_ends_make_no_difference(encoding: str, line_end: str, size: int) -> None:
    text = ("\ufeff" if encoding.startswith("utf-16") else "") + TEXT.replace("\n", line_end)
    assert list(records(Trickle(text.encode(encoding), size))) == EXPECTED


@pytest.mark.parametrize(("code_page", "byte"), [("cp1252", "0xfc"), ("cp850", "0x81"), ("cp1251", "0xb3")])
def test_text_in_a_code_page_is_refused_with_line_and_byte(code_page: str, byte: str) -> None:
    character = {"cp1251": "\u0456"}.get(code_page, "ü")
    for text, line in ((f"dn: CN=x\n# a\ncn: S{character}d\n", 3), (f"dn:\n CN=x{character}\n", 1)):
        found = error(text.encode(code_page))
        assert found.line == line
        assert byte in found.what
        assert "code page" in found.what
        assert "ldifde -u" in found.next_step


def test_damaged_utf_16_is_refused_with_its_line() -> None:
    good = ("\ufeff" + TEXT).encode("utf-16-le")
    lone = "\n".join(["\ufeffdn: x", "cn: a", "cn: \ud800b", ""]).encode("utf-16-le", "surrogatepass")
    assert "UTF-16-LE" in error(good[:-1]).what
    assert error(good[:-1]).line == TEXT.count("\n")
    assert error(lone).line == 3


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_wide_text_without_its_mark_is_refused(encoding: str) -> None:
    found = error(TEXT.encode(encoding))
    assert "NUL" in found.what
    assert found.line == 1


def test_byte_order_mark_is_one_at_the_start_only() -> None:
    assert "'dn:'" in error("\ufeff\ufeffdn: x\n").what
    assert attributes("cn: \ufeffx\n") == {"cn": ["\ufeffx".encode()]}


# What ldifde writes

# The forms are those of real output in public repositories: the samples in Elfie/Elfie.Test/Serialization/
# LDFReaderTests.cs of microsoft/elfie-arriba, and listings of ``ldifde -f`` in reports on test networks. Learnt there:
# no ``version:``; a value that does not fit behind its name begins on the next line, with nothing but a blank left
# behind the name; lines are cut at 79 characters, the blank before them included; the line of the ``dn:`` is not
# folded; comments at the top name the server and the controls; what is no text is in base64. Line ends are CRLF. Text
# beyond the code page is in base64, or with -u in clear, as UTF-16 with its mark.
LDIFDE = r"""#CN=NTDS Settings,CN=DC01,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=corp,DC=example
#1.2.840.113556.1.4.417
dn: CN=A group whose name is long,OU=An organizational unit,OU=Another of these,DC=corp,DC=example
changetype: add
objectGUID:: kDlfGRq1G0qeloboaLGNEQ==
distinguishedName:{blank}
 CN=A group whose name is long,OU=An organizational unit,OU=Another of these,DC
 =corp,DC=example
extensionData::{blank}
 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OT
 o7PD0+Pw==
extensionAttribute12: IMSGCriteria=(department=Sales)

dn:: Q049U8O8ZCxPVT1Hcm91cHMsREM9Y29ycCxEQz1leGFtcGxl
changetype: add
objectGUID:: kTlfGRq1G0qeloboaLGNEQ==
extensionAttribute13:: U8O8ZA==

"""
LDIFDE_RECORDS = [
    Record(
        3,
        "CN=A group whose name is long,OU=An organizational unit,OU=Another of these,DC=corp,DC=example",
        "add",
        {
            "objectguid": [bytes.fromhex("90395f191ab51b4a9e9686e868b18d11")],
            "distinguishedname": [
                b"CN=A group whose name is long,OU=An organizational unit,OU=Another of these,DC=corp,DC=example"
            ],
            "extensiondata": [bytes(range(64))],
            "extensionattribute12": [b"IMSGCriteria=(department=Sales)"],
        },
        (),
    ),
    Record(
        14,
        "CN=Süd,OU=Groups,DC=corp,DC=example",
        "add",
        {
            "objectguid": [bytes.fromhex("91395f191ab51b4a9e9686e868b18d11")],
            "extensionattribute13": ["Süd".encode()],
        },
        (),
    ),
]


@pytest.mark.parametrize("blank", [" ", ""])
def test_output_of_ldifde_reads_right(blank: str) -> None:
    """Also where an editor or a terminal took the blanks from the line ends."""
    text = LDIFDE.replace("{blank}", blank).replace("\n", "\r\n")
    assert read(text.encode("ascii")) == LDIFDE_RECORDS
    clear = text.replace(
        "dn:: Q049U8O8ZCxPVT1Hcm91cHMsREM9Y29ycCxEQz1leGFtcGxl", "dn: CN=Süd,OU=Groups,DC=corp,DC=example"
    )
    clear = clear.replace("extensionAttribute13:: U8O8ZA==", "extensionAttribute13: Süd")
    assert read(("\ufeff" + clear).encode("utf-16-le")) == LDIFDE_RECORDS
