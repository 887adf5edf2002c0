# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a real slapd, dressed as a domain controller, says of itself; and what servers may say that it does not."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib
import typing as t
import uuid

import pytest
from unit.plugins.directories import target

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import (
    Domain,
    NotWritable,
    not_writable,
    read_domain,
    read_schema,
    sid_text,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Directory,
    DirectoryError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from lab.directory.groups import ATTRIBUTES, Group, Made
from lab.directory.slapd import Slapd


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    """120 groups: every third may be written in full, every third in part, every third not at all."""
    groups = [
        dataclasses.replace(group, attributes={}, effective=(ATTRIBUTES, ATTRIBUTES[:2], ())[number % 3])
        for number, group in enumerate(Made(120))
    ]
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=groups, missing=("extensionAttribute13",)) as server:
        yield server


@pytest.fixture
def directory(slapd: Slapd) -> c.Iterator[Directory]:
    """A session with it."""
    session = open_directory(target(slapd))
    yield session
    session.close()


def test_the_domain_as_the_server_shows_it(slapd: Slapd, directory: Directory) -> None:
    domain = read_domain(directory, target(slapd))
    with slapd.admin() as admin:
        shown = admin.search_s(slapd.base, 0, "(objectClass=*)", ["objectGUID", "objectSid"])[0][1]
    sid = shown["objectSid"][0]
    numbers = [int.from_bytes(sid[place : place + 4], "little") for place in range(8, len(sid), 4)]
    assert domain == Domain(
        dns_name="corp.example",
        base=slapd.base,
        server="127.0.0.1",
        guid=str(uuid.UUID(bytes_le=shown["objectGUID"][0])),
        sid=f"S-1-5-{'-'.join(map(str, numbers))}",
        highest_committed_usn=24601,
        read_only=False,
        kind="ad",
        root=slapd.base,
        base_guid=str(uuid.UUID(bytes_le=shown["objectGUID"][0])),
    )


def test_a_base_of_the_target_stays(slapd: Slapd, directory: Directory) -> None:
    base = f"OU=Gruppen,{slapd.base}"
    assert read_domain(directory, target(slapd, base=base)).base == base


def test_a_read_only_server_is_known_as_such(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1), read_only=True) as server:
        session = open_directory(target(server))
        assert read_domain(session, target(server)).read_only is True
        session.close()


def test_a_server_of_another_domain_is_refused(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        read_domain(directory, target(slapd, domain="emea.corp.example"))
    assert caught.value.failure.code == "other_domain"
    assert "is a domain controller of corp.example" in caught.value.failure.cause


def test_an_attribute_that_the_schema_lacks_is_named_as_it_was_spelled(slapd: Slapd, directory: Directory) -> None:
    domain = read_domain(directory, target(slapd))
    assert read_schema(directory, domain, ATTRIBUTES).missing == ("extensionAttribute13",)
    names = ("EXTENSIONDATA", "extensionattribute13", "extensionAttribute12", "no-Such.Name")
    assert read_schema(directory, domain, names).missing == ("extensionattribute13", "no-Such.Name")
    assert read_schema(directory, domain, ()).missing == ()


@pytest.mark.parametrize("name", ["", "*", "a*", "a)(b=c", "extensionData;binary", "ä", "a b"])
def test_a_name_that_no_attribute_can_have_is_refused(slapd: Slapd, directory: Directory, name: str) -> None:
    with pytest.raises(ValueError, match="not the name of an attribute"):
        read_schema(directory, read_domain(directory, target(slapd)), ["extensionData", name])


def test_groups_that_may_not_be_written_are_all_named(slapd: Slapd, directory: Directory) -> None:
    groups: list[Group] = list(Made(120))
    wanted = {group.guid: ("extensionData", "EXTENSIONATTRIBUTE15", "extensionAttribute12") for group in groups}
    unknown = b"\\*()\0abcdefghijk"
    wanted[unknown] = ("extensionData",)
    found = not_writable(directory, slapd.base, wanted)
    places = slapd.groups()
    allowed_of = ({*ATTRIBUTES}, {*ATTRIBUTES[:2]}, set[str]())
    expected = []
    for number, group in enumerate(groups):
        lacking = tuple(
            name for name in wanted[group.guid] if name.lower() not in {a.lower() for a in allowed_of[number % 3]}
        )
        if lacking:
            expected.append(NotWritable(group.guid, places[group.guid][0], lacking))
    assert found == (*expected, NotWritable(unknown, None, ("extensionData",)))
    assert len(expected) == 80


def test_nothing_to_write_needs_no_right(slapd: Slapd, directory: Directory) -> None:
    assert not_writable(directory, slapd.base, {}) == ()
    guids = [group.guid for group in Made(120)]
    assert not_writable(directory, slapd.base, {guids[2]: ()}) == ()
    assert not_writable(directory, slapd.base, {guids[0]: ATTRIBUTES}) == ()


@pytest.mark.parametrize(
    ("sid", "text"),
    [
        ("010500000000000515000000dcf4dc3b833d2b46828ba62800020000", "S-1-5-21-1004336348-1177238915-682003330-512"),
        ("01020000000000052000000020020000", "S-1-5-32-544"),
        ("010100000000000100000000", "S-1-1-0"),
    ],
)
def test_well_known_sids(sid: str, text: str) -> None:
    assert sid_text(bytes.fromhex(sid)) == text


@pytest.mark.parametrize(
    "sid", ["", "01", "0201000000000001000000ff", "0102000000000005200000", "01000000000000050000"]
)
def test_bytes_that_are_no_sid(sid: str) -> None:
    with pytest.raises(ValueError, match="not a SID"):
        sid_text(bytes.fromhex(sid))


# Servers as the lab has none


class Answers:
    """A server that shows these objects, and no search."""

    server = "dc01.corp.example"

    def __init__(self, objects: dict[str, dict[str, list[bytes]]]) -> None:
        self.objects = objects

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        """Return what was asked for, in capitals: names have no case."""
        found = self.objects.get(dn)
        names = {name.lower() for name in attributes}
        return found and {name.upper(): values for name, values in found.items() if name.lower() in names}

    def __getattr__(self, name: str) -> t.Any:
        raise AssertionError(f"{name} is not needed")


BASE = "DC=corp,DC=example"
SETTINGS = "CN=NTDS Settings,CN=DC01"
ROOT = {
    "defaultNamingContext": [BASE.encode()],
    "dnsHostName": [b"dc01.corp.example"],
    "dsServiceName": [SETTINGS.encode()],
    "highestCommittedUSN": [b"7"],
    "supportedCapabilities": [b"1.2.840.113556.1.4.800"],
}
OBJECT = {"objectGUID": [bytes(16)], "objectSid": [bytes.fromhex("01020000000000052000000020020000")]}
TARGET = Target("corp.example", "dc01.corp.example", username="u", password="p")


def answers(root: dict[str, list[bytes] | None], domain: dict[str, list[bytes]] | None) -> Directory:
    """Make a server that differs from a good one in this; None: it shows no such attribute."""
    shown = {name: values for name, values in {**ROOT, **root}.items() if values is not None}
    objects = {"": shown, SETTINGS: {"msDS-isRODC": [b"TRUE"]}}
    if domain is not None:
        objects[BASE] = domain
    return t.cast(Directory, Answers(objects))


@pytest.mark.parametrize(
    ("root", "domain", "code"),
    [
        ({"supportedCapabilities": None}, OBJECT, "not_active_directory"),
        ({"supportedCapabilities": [b"1.2.840.113556.1.4.8000"]}, OBJECT, "not_active_directory"),
        ({"defaultNamingContext": None}, OBJECT, "base"),
        ({"defaultNamingContext": [b"O=example"]}, OBJECT, "other_domain"),
        ({"defaultNamingContext": [b"DC=emea,DC=corp,DC=example"]}, OBJECT, "other_domain"),
        ({"highestCommittedUSN": None}, OBJECT, "answer"),
        ({"highestCommittedUSN": [b"-1"]}, OBJECT, "answer"),
        ({"highestCommittedUSN": ["٣".encode()]}, OBJECT, "answer"),
        ({}, None, "domain_object"),
        ({}, {}, "domain_object"),
        ({}, {**OBJECT, "objectGUID": [b"short"]}, "domain_object"),
        ({}, {**OBJECT, "objectSid": [b"short"]}, "domain_object"),
        ({}, {"objectGUID": [bytes(16)]}, "domain_object"),
    ],
)
def test_a_server_that_does_not_say_enough_is_refused(
    root: dict[str, list[bytes] | None], domain: dict[str, list[bytes]] | None, code: str
) -> None:
    with pytest.raises(DirectoryError) as caught:
        read_domain(answers(root, domain), TARGET)
    assert caught.value.failure.code == code
    assert "dc01.corp.example" in str(caught.value)


def test_names_of_attributes_have_no_case() -> None:
    domain = read_domain(answers({}, OBJECT), TARGET)
    assert (domain.server, domain.sid, domain.read_only) == ("dc01.corp.example", "S-1-5-32-544", True)


@pytest.mark.parametrize("service", [None, [b"CN=elsewhere"]])
def test_whether_it_is_read_only_may_stay_open(service: list[bytes] | None) -> None:
    assert read_domain(answers({"dsServiceName": service}, OBJECT), TARGET).read_only is None


def test_ad_lds_has_no_sid_and_any_base() -> None:
    lds = answers(
        {"supportedCapabilities": [b"1.2.840.113556.1.4.1851"], "defaultNamingContext": None, "dnsHostName": None},
        {"objectGUID": [bytes(16)]},
    )
    domain = read_domain(lds, dataclasses.replace(TARGET, base=BASE))
    assert (domain.kind, domain.sid, domain.base, domain.server) == ("ad_lds", "", BASE, "dc01.corp.example")


def test_an_attribute_out_of_use_is_missing() -> None:
    class Schema(Answers):
        def pages(self, *dummy: t.Any) -> c.Iterator[t.Any]:
            yield [
                ("CN=a", {"LDAPDISPLAYNAME": [b"extensionData"], "isdefunct": [b"TRUE"]}),
                ("CN=b", {"lDAPDisplayName": [b"extensionAttribute12"], "isDefunct": [b"FALSE"]}),
            ]

    schema = t.cast(Directory, Schema({"": {"schemaNamingContext": [b"CN=Schema"]}}))
    domain = read_domain(answers({}, OBJECT), TARGET)
    assert read_schema(schema, domain, ("extensionData", "extensionAttribute12")).missing == ("extensionData",)
    with pytest.raises(DirectoryError, match="schemaNamingContext"):
        read_schema(t.cast(Directory, Answers({"": {}})), domain, ("extensionData",))
