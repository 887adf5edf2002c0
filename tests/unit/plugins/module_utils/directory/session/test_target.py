# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Domains and their servers that make sense."""

from __future__ import annotations

import dataclasses
import pathlib
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import (
    Target,
    check_target,
    is_domain,
    target_of,
    targets,
)
from lab.sql.server import make_certificate

SECRET = "s3cret-Word"
GOOD = Target("corp.example", "dc01.corp.example", username="svc@corp.example", password=SECRET)
ITEM = {"name": "corp.example", "username": "svc@corp.example", "password": SECRET}


@pytest.mark.parametrize("server", [None, "DC_01.corp.example", "fe80::1"])
def test_servers_by_name_and_address(server: str | None) -> None:
    assert check_target(dataclasses.replace(GOOD, server=server)).server == server


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"domain": "10.0.0.1"}, "DNS name of a domain"),
        ({"domain": "DC=corp,DC=example"}, "DNS name of a domain"),
        ({"server": "ldap://dc01"}, "ldap://"),
        ({"server": "dc01:636"}, "or a port"),
        ({"server": "dc01.corp.example."}, "DNS name"),
        ({"port": 3268}, "global catalog"),
        ({"port": 3269, "encryption": "starttls"}, "global catalog"),
        ({"port": 0}, "TCP port"),
        ({"port": 389}, "starttls"),
        ({"port": 636, "encryption": "starttls"}, "the port of LDAPS"),
        ({"base": "corp.example"}, "distinguished name"),
        ({"base": "DC=corp\n"}, "distinguished name"),
        ({"password": None}, "needs username and password"),
        ({"username": None}, "needs username and password"),
        ({"password": ""}, "neither of them empty"),
        ({"username": ""}, "neither of them empty"),
        ({"password": f"{SECRET}\n"}, "password contains a control character"),
        ({"auth": "ntlm"}, "simple or gssapi"),
        ({"auth": "gssapi", "encryption": "kerberos"}, "kinit"),
        ({"encryption": "kerberos"}, "sends the password"),
        ({"encryption": "none"}, "ldaps, starttls or kerberos"),
        ({"ca_file": "/etc/passwd"}, "contains no certificate"),
        ({"ca_file": "/tmp/a\nb"}, "control character"),
        ({"timeout": 0}, "at least 1"),
    ],
)
def test_bad_targets_are_refused_by_name(changes: dict[str, t.Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        check_target(dataclasses.replace(GOOD, **changes))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"encryption": "ldaps"}, "within TLS"),
        ({"server": "10.0.0.1"}, "a Kerberos ticket is for a name"),
        ({"ca_file": "/etc/passwd"}, "ca_file is only used with"),
        ({"port": 636}, "the port of LDAPS"),
        ({"username": "svc"}, "accepts no username"),
    ],
)
def test_a_ticket_goes_with_what_it_can(changes: dict[str, t.Any], words: str) -> None:
    good = Target("corp.example", "dc01.corp.example", auth="gssapi", encryption="kerberos")
    assert check_target(good).tcp_port == 389
    with pytest.raises(ValueError, match=words):
        check_target(dataclasses.replace(good, **changes))


def test_the_password_is_not_shown() -> None:
    assert SECRET not in repr(GOOD) + str(GOOD)


def test_names_for_people_and_the_usual_ports() -> None:
    assert str(GOOD) == "dc01.corp.example:636"
    assert str(dataclasses.replace(GOOD, encryption="starttls")) == "dc01.corp.example:389"
    assert str(dataclasses.replace(GOOD, server=None, port=10636)) == "corp.example:10636"
    assert str(dataclasses.replace(GOOD, server="::1")) == "[::1]:636"


def test_an_item_s_defaults_follow_from_its_login() -> None:
    simple = target_of(ITEM)
    assert simple == Target("corp.example", username="svc@corp.example", password=SECRET)
    assert (simple.auth, simple.encryption, simple.tcp_port, simple.timeout) == ("simple", "ldaps", 636, 30)
    ticket = target_of({"name": "Corp.Example"})
    assert (ticket.domain, ticket.auth, ticket.encryption, ticket.tcp_port) == (
        "corp.example",
        "gssapi",
        "kerberos",
        389,
    )


def test_an_item_with_all_that_it_may_say(tmp_path: pathlib.Path) -> None:
    ca_file = str(make_certificate(tmp_path)[0])
    item = {
        **ITEM,
        "server": "dc01.corp.example",
        "port": "1636",
        "base": "OU=Groups,DC=corp,DC=example",
        "auth": "simple",
        "encryption": "starttls",
        "ca_file": ca_file,
        "timeout": 5,
        "attributes": ["extensionData"],
        "filter": "(cn=*)",
    }
    assert target_of(item) == Target(
        "corp.example",
        "dc01.corp.example",
        1636,
        "OU=Groups,DC=corp,DC=example",
        "simple",
        "svc@corp.example",
        SECRET,
        "starttls",
        ca_file,
        5,
    )


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("corp.example", "not a dictionary"),
        ({}, "None as its name"),
        ({**ITEM, "name": 5}, "5 as its name"),
        ({**ITEM, "name": "a b"}, "'a b' as its name"),
        (
            {**ITEM, "pasword": "x", "use_tls": True},
            r"corp.example: 'pasword', 'use_tls' is not an option. The options are:",
        ),
        ({**ITEM, "password": 123456}, "password must be text, not int"),
        ({**ITEM, "port": "ldaps"}, "port must be a whole number"),
        ({**ITEM, "port": True}, "port must be a whole number"),
        ({**ITEM, "timeout": 1.5}, "timeout must be a whole number"),
        ({**ITEM, "timeout": 0}, "corp.example: timeout must be at least 1"),
        ({**ITEM, "port": 3269}, "corp.example: port 3269 is the port of a global catalog"),
        ({"name": "corp.example", "username": "svc"}, "needs username and password"),
    ],
)
def test_bad_items_are_refused_by_name(item: t.Any, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        target_of(item)
    for secret in (SECRET, "123456"):
        assert secret not in str(caught.value)


def test_a_domain_is_there_once() -> None:
    other = {**ITEM, "name": "emea.corp.example"}
    assert [target.domain for target in targets([ITEM, other])] == ["corp.example", "emea.corp.example"]
    with pytest.raises(ValueError, match=r"corp\.example twice"):
        targets([ITEM, other, {**ITEM, "name": "CORP.example"}])


def test_a_domain_s_name_can_name_a_file() -> None:
    assert is_domain("corp.example")
    assert is_domain("corp")
    for name in ("", ".", "..", "a/b", "a\\b", "a b", "corp.example.", "corp.example\n", "127.0.0.1", "::1", "x" * 300):
        assert not is_domain(name), name
