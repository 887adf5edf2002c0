# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's Samba domain controller, and in what slapd differs from it."""

from __future__ import annotations

import collections.abc as c
import pathlib
import uuid

import ldap
import pytest
from unit.lab.directory.conftest import FILTER, client

from lab.directory.groups import ATTRIBUTES, Group, Made
from lab.directory.samba_server import Samba, SambaError, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")

GROUPS = [*Made(60), Group("no rights", bytes(range(16)), effective=("extensionData",))]
RESTRICTED = bytes(range(16))


@pytest.fixture(scope="module")
def samba(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Samba]:
    with Samba(tmp_path_factory.mktemp("samba"), groups=GROUPS) as running:
        yield running


def test_groups_are_served_as_they_were_made(samba: Samba) -> None:
    found = samba.groups()
    for group in GROUPS:
        dn, attributes = found[group.guid]
        assert dn.endswith(",OU=Gruppen,DC=corp,DC=example")
        assert ldap.dn.str2dn(dn)[0][0][:2] == ("CN", group.name)
        assert {name: sorted(values) for name, values in attributes.items()} == {
            name: sorted(values) for name, values in group.attributes.items()
        }


def test_the_class_name_in_a_filter_finds_groups(samba: Samba) -> None:
    with client(samba, dn=samba.username) as connection:
        found = connection.search_s(samba.base, ldap.SCOPE_SUBTREE, FILTER, ["objectGUID", "objectCategory"])
    entries = {values["objectGUID"][0]: values for dn, values in found if dn is not None}
    assert {group.guid for group in GROUPS} < entries.keys()
    assert {values["objectCategory"][0] for values in entries.values()} == {
        b"CN=Group,CN=Schema,CN=Configuration,DC=corp,DC=example"
    }
    assert any(dn is None for dn, dummy in found)


def test_the_domain_shows_what_active_directory_shows(samba: Samba) -> None:
    with client(samba, samba.ldaps_uri, samba.username) as connection:
        [(dummy, root)] = connection.search_s("", ldap.SCOPE_BASE)
        [(dummy, domain)] = connection.search_s(root["defaultNamingContext"][0].decode(), ldap.SCOPE_BASE)
        schema = root["schemaNamingContext"][0].decode()
        known = connection.search_s(
            schema, ldap.SCOPE_ONELEVEL, f"(|{''.join(f'(lDAPDisplayName={name})' for name in ATTRIBUTES)})"
        )
    assert b"1.2.840.113556.1.4.800" in root["supportedCapabilities"]
    assert len(domain["objectGUID"][0]) == 16
    assert domain["objectSid"][0][0] == 1
    assert {values["lDAPDisplayName"][0].decode() for dummy, values in known} == set(ATTRIBUTES)


def test_rights_are_the_servers_own(samba: Samba) -> None:
    open_dn, restricted = samba.dn_of(GROUPS[0].guid), samba.dn_of(RESTRICTED)
    with client(samba, dn=samba.username) as connection:
        assert set(ATTRIBUTES) <= effective(connection, open_dn)
        assert effective(connection, restricted) & set(ATTRIBUTES) == {"extensionData"}
        connection.modify_s(restricted, [(ldap.MOD_ADD, "extensionData", [b"\0"])])
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            connection.modify_s(restricted, [(ldap.MOD_ADD, "extensionAttribute12", [b"x"])])
    with client(samba, dn=samba.reader) as connection:
        assert not effective(connection, open_dn) & set(ATTRIBUTES)
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            connection.modify_s(open_dn, [(ldap.MOD_REPLACE, "extensionAttribute12", [b"x"])])


def effective(connection: ldap.ldapobject.SimpleLDAPObject, dn: str) -> set[str]:
    [(dummy, found)] = connection.search_s(dn, ldap.SCOPE_BASE, attrlist=["allowedAttributesEffective"])
    return {name.decode() for name in found.get("allowedAttributesEffective", [])}


def test_refusals_have_active_directorys_texts(samba: Samba) -> None:
    with pytest.raises(ldap.INVALID_CREDENTIALS) as caught:
        client(samba, dn=samba.username, password="wrong").__enter__()
    assert "data 52e" in caught.value.args[0]["info"]
    connection = ldap.initialize(samba.uri)
    connection.set_option(ldap.OPT_REFERRALS, 0)
    with pytest.raises(ldap.OPERATIONS_ERROR) as refused:
        connection.search_s(samba.base, ldap.SCOPE_SUBTREE, FILTER)
    assert "00002020" in refused.value.args[0]["info"]


def test_single_values_and_their_length(samba: Samba) -> None:
    dn = samba.dn_of(RESTRICTED)
    for values in ([b"one", b"two"], [b"x" * 2049]):
        with samba.admin() as connection, pytest.raises(ldap.LDAPError):
            connection.modify_s(dn, [(ldap.MOD_REPLACE, "extensionAttribute13", values)])
    samba.change(dn, "extensionAttribute13", b"x" * 2048)
    samba.change(dn, "extensionAttribute13")
    assert "extensionAttribute13" not in samba.groups()[RESTRICTED][1]


def test_a_group_is_moved_added_and_deleted(samba: Samba) -> None:
    dn = samba.add(Group("Neue, Gruppe", uuid.uuid4().bytes, attributes={"extensionData": (b"\1",)}))
    [(found, values)] = samba.entries("(extensionData=\\01)", ["objectGUID"])
    assert found == dn
    guid = values["objectGUID"][0]
    samba.move(dn, "umbenannt", "CN=Users,DC=corp,DC=example")
    assert samba.dn_of(guid) == "CN=umbenannt,CN=Users,DC=corp,DC=example"
    samba.delete(samba.dn_of(guid))
    assert guid not in samba.groups()


def test_strong_authentication_and_a_schema_without_exchange(samba: Samba, tmp_path: pathlib.Path) -> None:
    samba.stop()
    try:
        with Samba(tmp_path, groups=[], extended=False, strong_auth=True) as other:
            plain = ldap.initialize(other.uri)
            with pytest.raises(ldap.STRONG_AUTH_REQUIRED):
                plain.simple_bind_s(other.username, other.password)
            with client(other, other.ldaps_uri, other.username) as connection:
                found = connection.search_s(other.base, ldap.SCOPE_SUBTREE, "(extensionAttribute12=*)")
            assert [dn for dn, dummy in found if dn is not None] == []
    finally:
        samba.start()


def test_it_listens_on_loopback_alone_and_ends_with_its_input(samba: Samba) -> None:
    for port in (samba.port, samba.ldaps_port):
        own = f"0100007F:{port:04X}"
        for table in ("tcp", "tcp6"):
            lines = pathlib.Path(f"/proc/net/{table}").read_text().splitlines()
            listening = {line.split()[1] for line in lines if line.split()[3] == "0A"}
            assert {address for address in listening if address.endswith(own[8:])} <= {own}
    process = samba.process
    assert process is not None
    samba.stop()
    assert process.returncode == 0
    samba.start()


def test_what_the_database_refuses_is_said(tmp_path: pathlib.Path) -> None:
    with pytest.raises(SambaError, match="already exists"):
        Samba(tmp_path, groups=[Group("a", bytes(16)), Group("A", bytes(range(16)))])
