# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's slapd as a client finds it."""

from __future__ import annotations

import pathlib
import signal
import socket
import subprocess
import sys
import uuid

import ldap
import ldap.dn
import pytest
from unit.lab.directory.conftest import FILTER, GROUPS, client, page

from lab.directory.groups import ATTRIBUTES, HARD_NAMES, Group, Made
from lab.directory.slapd import Slapd, SlapdError
from lab.waiting import until

GUID = bytes(range(16))


def test_root_dse_shows_an_unbound_client_what_active_directory_shows(server: Slapd) -> None:
    connection = ldap.initialize(server.uri)
    [(dummy, found)] = connection.search_s("", ldap.SCOPE_BASE)
    assert found["defaultNamingContext"] == [b"DC=corp,DC=example"]
    assert b"1.2.840.113556.1.4.800" in found["supportedCapabilities"]
    assert int(found["highestCommittedUSN"][0]) > 0
    with pytest.raises(ldap.INSUFFICIENT_ACCESS):
        connection.search_s(server.base, ldap.SCOPE_SUBTREE, FILTER)
    with client(server) as bound:
        [(dummy, domain)] = bound.search_s(server.base, ldap.SCOPE_BASE)
        [(dummy, settings)] = bound.search_s(found["dsServiceName"][0].decode(), ldap.SCOPE_BASE)
        schema = found["schemaNamingContext"][0].decode()
        known = bound.search_s(schema, ldap.SCOPE_SUBTREE, "(lDAPDisplayName=extensiondata)", ["lDAPDisplayName"])
    assert domain["objectGUID"] == [uuid.uuid5(uuid.NAMESPACE_DNS, "corp.example").bytes_le]
    assert domain["objectSid"][0][:8] == bytes([1, 4, 0, 0, 0, 0, 0, 5])
    assert len(domain["objectSid"][0]) == 24
    assert settings["msDS-isRODC"] == [b"FALSE"]
    assert [values["lDAPDisplayName"] for dummy, values in known] == [[b"extensionData"]]


def test_groups_are_served_as_they_were_made(server: Slapd) -> None:
    made = {group.guid: group for group in GROUPS}
    found = server.groups()
    assert found.keys() == made.keys()
    for guid, (dn, attributes) in found.items():
        group = made[guid]
        assert ldap.dn.str2dn(dn)[0][0][1] == group.name
        assert [part[0][1] for part in ldap.dn.str2dn(dn)] == [group.name, *group.unit, "corp", "example"]
        assert ldap.dn.str2dn(group.dn(server.base))[0][0][1] == group.name
        assert {name: sorted(values) for name, values in attributes.items()} == {
            name: sorted(values) for name, values in group.attributes.items()
        }
    with_attributes = sum(bool(attributes) for dummy, attributes in found.values())
    assert 0.8 * len(made) < with_attributes < len(made)
    assert {group.name for group in GROUPS} >= set(HARD_NAMES)
    values = {
        value for dummy, attributes in found.values() for name in ATTRIBUTES for value in attributes.get(name, [])
    }
    assert any(value.endswith(b" ") for value in values)
    assert any(value.startswith(b":") for value in values)
    assert any(not value.isascii() for value in values)


def test_the_same_numbers_make_the_same_groups() -> None:
    assert list(Made(50, 7)) == list(Made(50, 7))
    assert list(Made(50, 7)) != list(Made(50, 8))


def test_a_search_ends_at_the_limit_but_pages_go_on(server: Slapd) -> None:
    with client(server) as connection:
        with pytest.raises(ldap.SIZELIMIT_EXCEEDED):
            connection.search_s(server.base, ldap.SCOPE_SUBTREE, FILTER)
        found, cookie = page(connection, server.base)
        sizes = [sum(dn is not None for dn, dummy in found)]
        while cookie:
            found, cookie = page(connection, server.base, cookie)
            sizes.append(sum(dn is not None for dn, dummy in found))
        with pytest.raises(ldap.ADMINLIMIT_EXCEEDED):
            page(connection, server.base, size=101)
    assert sizes == [100, 100, 100]


def test_a_search_of_the_domain_meets_a_reference(server: Slapd) -> None:
    with client(server) as connection:
        found = connection.search_s(server.base, ldap.SCOPE_SUBTREE, "(objectClass=user)")
    assert [dn for dn, dummy in found].count(None) == 1


def test_one_may_write_and_one_may_only_read(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=[Group("a", GUID)], tls=False) as server:
        dn = server.dn_of(GUID)
        change = [(ldap.MOD_ADD, "extensionAttribute12", [b"new"])]
        with client(server, dn=server.reader_dn) as connection, pytest.raises(ldap.INSUFFICIENT_ACCESS):
            connection.modify_s(dn, change)
        with client(server) as connection:
            connection.modify_s(dn, change)
        assert server.groups()[GUID][1] == {"extensionAttribute12": [b"new"]}
        with pytest.raises(ldap.INVALID_CREDENTIALS):
            client(server, password="wrong").__enter__()


def test_rights_follow_the_attribute_that_shows_them(tmp_path: pathlib.Path) -> None:
    groups = [Group("a", GUID, effective=("extensionData",), attributes={"extensionAttribute12": (b"old",)})]
    with Slapd(tmp_path, groups=groups, tls=False, enforce_rights=True) as server, client(server) as connection:
        dn = server.dn_of(GUID)
        connection.modify_s(dn, [(ldap.MOD_ADD, "extensionData", [b"\0"])])
        with pytest.raises(ldap.INSUFFICIENT_ACCESS):
            connection.modify_s(dn, [(ldap.MOD_DELETE, "extensionAttribute12", [b"old"])])
        [(dummy, found)] = connection.search_s(dn, ldap.SCOPE_BASE)
    assert (found["extensionAttribute12"], found["extensionData"]) == ([b"old"], [b"\0"])


def test_certificates_hold_for_the_names_that_they_name(server: Slapd, tmp_path: pathlib.Path) -> None:
    for uri in (server.ldaps_uri, f"ldaps://localhost:{server.ldaps_port}"):
        with client(server, uri) as connection:
            assert connection.whoami_s() == f"dn:{server.bind_dn}".replace("CN=", "cn=")
    with Slapd(tmp_path, groups=[], names=["other.example"]) as other:
        with client(other, other.ldaps_uri) as connection:
            assert connection.whoami_s()
        with pytest.raises(ldap.SERVER_DOWN):
            client(other, f"ldaps://localhost:{other.ldaps_port}").__enter__()


def test_a_server_that_demands_confidentiality(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=[], confidential=True) as server:
        with pytest.raises(ldap.CONFIDENTIALITY_REQUIRED):
            client(server).__enter__()
        with client(server, server.ldaps_uri) as connection:
            assert connection.whoami_s()


def test_a_read_only_server_refers_a_writer_elsewhere(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=[Group("a", GUID)], tls=False, read_only=True) as server, client(server) as connection:
        with pytest.raises(ldap.REFERRAL) as caught:
            connection.modify_s(server.dn_of(GUID), [(ldap.MOD_REPLACE, "extensionAttribute12", [b"new"])])
        assert "ldap://writable.corp.example" in str(caught.value)
        assert server.groups()[GUID][1] == {}
        [(dummy, settings)] = server.entries("(objectClass=nTDSDSA)")
    assert settings["msDS-isRODC"] == [b"TRUE"]


def test_a_schema_without_an_attribute(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=[Group("a", GUID)], tls=False, missing=("extensionData",)) as server:
        assert server.entries("(extensionData=*)") == []
        assert server.entries("(lDAPDisplayName=extensionData)") == []
        assert len(server.entries("(lDAPDisplayName=extensionAttribute12)")) == 1


def test_groups_change_move_come_and_go(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=[Group("a", GUID), Group("b", bytes(16), ("Süd", "Gruppen"))], tls=False) as server:
        dn = server.dn_of(GUID)
        server.change(dn, "extensionAttribute15", b"Sales")
        server.move(dn, "renamed", "OU=Süd,OU=Gruppen,DC=corp,DC=example")
        server.delete(server.dn_of(bytes(16)))
        added = server.add(Group("Grüne, Wiese", b"\xff" * 16, attributes={"extensionData": (b"\0\1",)}))
        assert added == "CN=Grüne\\, Wiese,OU=Gruppen,DC=corp,DC=example"
        found = server.groups()
    assert found.keys() == {GUID, b"\xff" * 16}
    assert found[GUID] == (
        "CN=renamed,OU=Süd,OU=Gruppen,DC=corp,DC=example".replace("CN", "cn"),
        {"extensionAttribute15": [b"Sales"]},
    )
    assert found[b"\xff" * 16][1] == {"extensionData": [b"\0\1"]}


def test_it_comes_back_on_its_port_with_what_it_held(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=[Group("a", GUID)], tls=False) as server:
        port = server.port
        server.change(server.dn_of(GUID), "extensionAttribute15", b"kept")
        with server.outage(), pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        assert server.port == port
        assert server.groups()[GUID][1] == {"extensionAttribute15": [b"kept"]}


def test_it_listens_on_loopback_alone(server: Slapd) -> None:
    assert server.process is not None
    listening = {line.split()[1] for line in pathlib.Path("/proc/net/tcp").read_text().splitlines() if " 0A " in line}
    everywhere = {line.split()[1] for line in pathlib.Path("/proc/net/tcp6").read_text().splitlines()}
    for port in (server.port, server.ldaps_port):
        assert {address for address in listening if address.endswith(f":{port:04X}")} == {f"0100007F:{port:04X}"}
        assert not any(address.endswith(f":{port:04X}") for address in everywhere)


@pytest.mark.timing
def test_it_ends_with_the_program_that_started_it(tmp_path: pathlib.Path) -> None:
    program = f"""
import pathlib, time
from lab.directory.slapd import Slapd
server = Slapd(pathlib.Path({str(tmp_path)!r}), groups=[], tls=False)
server.start()
print(server.process.pid, flush=True)
time.sleep(600)
"""
    tests = str(pathlib.Path(__file__).resolve().parents[3])
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": tests}
    )
    assert parent.stdout is not None
    status = pathlib.Path(f"/proc/{int(parent.stdout.readline())}/status")
    assert "slapd" in status.read_text()
    parent.send_signal(signal.SIGKILL)
    parent.wait()

    def ended() -> bool:
        try:
            return "zombie" in status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            return True

    until(ended, "the end of slapd")


def test_what_slapadd_refuses_is_said(tmp_path: pathlib.Path) -> None:
    twice = [Group("a", GUID), Group("A", bytes(16))]
    with pytest.raises(SlapdError, match=r"slapadd ended with code 1.*"):
        Slapd(tmp_path, groups=twice, tls=False)
