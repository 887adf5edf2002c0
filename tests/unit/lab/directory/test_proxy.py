# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong between a client and the lab's directory."""

from __future__ import annotations

import collections.abc as c
import pathlib
import time

import ldap
import pytest
from unit.lab.directory.conftest import GROUPS, client, page

from lab.directory import proxy, wire
from lab.directory.groups import Group
from lab.directory.slapd import Slapd

GUID = bytes(range(16))


@pytest.fixture
def small(tmp_path: pathlib.Path) -> c.Iterator[Slapd]:
    with Slapd(tmp_path, groups=[Group("a", GUID)]) as running:
        yield running


def test_without_a_fault_all_of_it_gets_through(server: Slapd) -> None:
    with proxy.Proxy(server) as between, client(server, between.uri) as connection:
        found, cookie = page(connection, server.base)
        while cookie:
            more, cookie = page(connection, server.base, cookie)
            found += more
    assert sum(dn is not None for dn, dummy in found) == GROUPS.count
    assert between.uri.startswith("ldaps:")
    assert between.requests[:2] == [wire.BIND, wire.SEARCH]


def test_a_connection_is_cut_after_some_bytes(server: Slapd) -> None:
    through = proxy.cut_after(server, 5000)
    with through, client(server, through.uri) as connection, pytest.raises(ldap.SERVER_DOWN):
        page(connection, server.base)


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_connection_is_cut_in_a_page(server: Slapd, cut: int) -> None:
    with proxy.cut_in_page(server, cut) as between, client(server, between.uri) as connection:
        # What is read besides is not valid.
        assert len(connection.search_s(server.base, ldap.SCOPE_BASE)) == 1
        cookie = b""
        for dummy in range(cut - 1):
            found, cookie = page(connection, server.base, cookie)
            assert len(found) >= 100
        with pytest.raises(ldap.SERVER_DOWN):
            page(connection, server.base, cookie)


def test_the_answers_come_late(small: Slapd) -> None:
    with proxy.delayed(small, 0.2) as between, client(small, between.uri) as connection:
        began = time.monotonic()
        assert len(connection.search_s(small.base, ldap.SCOPE_BASE)) == 1
        assert time.monotonic() - began >= 0.4


def test_another_servers_refusal_of_a_bind(small: Slapd) -> None:
    text = "80090308: LdapErr: DSID-0C090400, comment: AcceptSecurityContext error, data 775, v1db1"
    with proxy.answering(small, wire.BIND, 49, text) as between, pytest.raises(ldap.INVALID_CREDENTIALS) as caught:
        client(small, between.uri).__enter__()
    assert caught.value.args[0]["info"] == text


def test_a_refusal_of_the_second_write(small: Slapd) -> None:
    dn = small.dn_of(GUID)
    referral = "ldap://writable.example/"
    refusing = proxy.answering(small, wire.MODIFY, 10, "0000202B", referral=referral, after=1)
    with refusing, client(small, refusing.uri) as connection:
        connection.modify_s(dn, [(ldap.MOD_REPLACE, "extensionAttribute12", [b"first"])])
        with pytest.raises(ldap.REFERRAL) as caught:
            connection.modify_s(dn, [(ldap.MOD_REPLACE, "extensionAttribute12", [b"second"])])
    assert referral in caught.value.args[0]["info"]
    assert small.groups()[GUID][1] == {"extensionAttribute12": [b"first"]}


def test_a_write_whose_answer_is_lost(small: Slapd) -> None:
    dn = small.dn_of(GUID)
    between = proxy.losing(small, wire.MODIFY)
    with between, client(small, between.uri) as connection, pytest.raises(ldap.SERVER_DOWN):
        connection.modify_s(dn, [(ldap.MOD_REPLACE, "extensionAttribute12", [b"done"])])
    assert small.groups()[GUID][1] == {"extensionAttribute12": [b"done"]}


def test_a_refusal_of_one_object_alone(tmp_path: pathlib.Path) -> None:
    groups = [Group("a", GUID), Group("b", GUID[::-1])]
    with Slapd(tmp_path, groups=groups) as running:
        one, other = running.dn_of(GUID), running.dn_of(GUID[::-1])
        with proxy.refusing_one(running, one, 19, "00002082") as between, client(running, between.uri) as connection:
            for dummy in range(2):
                with pytest.raises(ldap.CONSTRAINT_VIOLATION) as caught:
                    connection.modify_s(one, [(ldap.MOD_REPLACE, "extensionAttribute12", [b"first"])])
                assert caught.value.args[0]["info"] == "00002082"
            connection.modify_s(other, [(ldap.MOD_REPLACE, "extensionAttribute12", [b"second"])])
        assert [values for dn, values in running.groups().values() if dn == one] == [{}]


@pytest.mark.parametrize("empty_pages", [True, False])
def test_pages_are_clamped_and_some_are_empty(server: Slapd, empty_pages: bool) -> None:
    """As from Active Directory: smaller than asked for, and a cookie alone tells whether more follow."""
    through = proxy.paging_as_active_directory(server, 70, empty_pages=empty_pages)
    with through, client(server, through.uri) as connection:
        sizes, cookie = [], b""
        while not sizes or cookie:
            found, cookie = page(connection, server.base, cookie)
            sizes.append(sum(dn is not None for dn, dummy in found))
    full, rest = divmod(GROUPS.count, 70)
    expected = [70] * full + [rest] * bool(rest)
    assert sizes == ([one for size in expected for one in (0, size)] if empty_pages else expected)


def test_a_cookie_is_lost_once(server: Slapd) -> None:
    with proxy.forgetting_cookies(server, 70, 1) as between, client(server, between.uri) as connection:
        dummy, cookie = page(connection, server.base)
        with pytest.raises(ldap.UNAVAILABLE_CRITICAL_EXTENSION, match="Error processing control"):
            page(connection, server.base, cookie)
        dummy, cookie = page(connection, server.base)
        assert page(connection, server.base, cookie)[0]


def test_a_port_that_refuses(small: Slapd) -> None:
    with proxy.refusing() as port, pytest.raises(ldap.SERVER_DOWN):
        client(small, f"ldap://127.0.0.1:{port}").__enter__()


def test_a_server_that_is_frozen_takes_connections_and_says_nothing(small: Slapd) -> None:
    connection = ldap.initialize(small.uri)
    connection.set_option(ldap.OPT_NETWORK_TIMEOUT, 1)
    connection.set_option(ldap.OPT_TIMEOUT, 1)
    with small.frozen(), pytest.raises(ldap.TIMEOUT):
        connection.simple_bind_s(small.bind_dn, small.password)
