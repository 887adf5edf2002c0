# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, addresses and logins of servers, and the words for one that was not reached."""

from __future__ import annotations

import errno
import ipaddress
import os
import pathlib
import socket

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.identityops.groupid.plugins.module_utils.network.endpoint import (
    check_ca_file,
    check_login,
    check_port,
    host_port,
    is_address,
    is_name,
    unreached,
)
from lab.sql.server import make_certificate

SECRET = "s3cret-Word"


@pytest.mark.parametrize("text", ["sql01", "SQL_01.corp.example", "corp.example.", "_x", "x" * 63, "10.0.0.1"])
def test_names(text: str) -> None:
    assert is_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "..",
        "a..b",
        "a b",
        "a/b",
        "a\\b",
        "a,1433",
        "tcp:a",
        "a;PWD=b",
        "a\n",
        "größe",
        "-a",
        "x" * 64,
        "x." * 129,
    ],
)
def test_what_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ["10.0.0.1", "::1", "fe80::1", "fe80::1%eth0.100", "fe80::1%12"])
def test_addresses(text: str) -> None:
    assert is_address(text)


@pytest.mark.parametrize("text", ["sql01", "10.0.0.256", "[::1]", "::1%", "::1%a%b", "10.0.0.1%eth0"])
def test_what_is_no_address(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("zone", ["eth0\nport = 1", ";PWD=b", "a b", "a..b", "x" * 16])
def test_a_zone_is_one_that_a_system_has(zone: str) -> None:
    assert ipaddress.ip_address(f"fe80::1%{zone}")
    assert not is_address(f"fe80::1%{zone}")


@given(st.from_regex(r"\A[0-9a-zA-Z_.:%-]{1,80}\n?\Z"))
@example(f"{'1234:' * 7}1234%{'x' * 15}")
@example("x" * 63)
def test_what_is_accepted_can_be_looked_up(text: str) -> None:
    """Python encodes every host before it looks it up, and raises UnicodeError for one that it cannot encode."""
    if is_name(text) or is_address(text):
        assert text.encode("idna")


def test_an_ipv6_address_has_brackets_before_a_port() -> None:
    assert host_port("dc01.corp.example", 636) == "dc01.corp.example:636"
    assert host_port("10.0.0.1", 636) == "10.0.0.1:636"
    assert host_port("fe80::1", 5986) == "[fe80::1]:5986"


def test_ports() -> None:
    for port in (None, 1, 65535):
        check_port(port)
    for port in (-1, 0, 65536):
        with pytest.raises(ValueError, match=f"^port {port} is not a TCP port.$"):
            check_port(port)


@pytest.mark.parametrize(
    ("auth", "username", "password", "words"),
    [
        ("ticket", "svc", None, "Get a ticket with kinit, or use auth: word"),
        ("ticket", None, SECRET, "auth: ticket logs in with the Kerberos ticket"),
        ("ticket", "", "", "accepts no username and no password"),
        ("word", "a\0b", SECRET, "^username contains a control character"),
        ("word", "svc", f"{SECRET}\n", "^password contains a control character"),
        ("word", "svc", f"{SECRET}\x85", "^password contains a control character"),
    ],
)
def test_logins_that_do_not_fit(auth: str, username: str | None, password: str | None, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        check_login(auth, username, password, ticket="ticket", other="word")
    assert SECRET not in str(caught.value)


def test_logins_that_fit() -> None:
    check_login("ticket", None, None, ticket="ticket", other="word")
    check_login("word", "CORP\\größe", f"{SECRET} ;}}", ticket="ticket", other="word")


def test_certificate_authorities(tmp_path: pathlib.Path) -> None:
    check_ca_file(str(make_certificate(tmp_path)[0]))
    empty = tmp_path / "ca.pem"
    empty.write_text("no certificate\n", encoding="utf-8")
    with pytest.raises(ValueError, match=f"^ca_file {empty} contains no certificate in PEM form.$"):
        check_ca_file(str(empty))
    with pytest.raises(ValueError, match=r"^ca_file /nowhere/ca.pem cannot be read: No such file or directory.$"):
        check_ca_file("/nowhere/ca.pem")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name not known"), ("name", "dc01: Name not known", "Look it up.")),
        (
            ConnectionRefusedError(errno.ECONNREFUSED, "x"),
            ("refused", "[dc01]/636: connection refused", "Start it. To find out: nc -vz dc01 636."),
        ),
        (
            TimeoutError("timed out"),
            ("timeout", "[dc01]/636: no answer within 7 seconds", "Wake it. To find out: nc -vz dc01 636."),
        ),
        (
            OSError(errno.EHOSTUNREACH, os.strerror(errno.EHOSTUNREACH)),
            (
                "network",
                "[dc01]/636: No route to host",
                "Check the network between this host and the server. To find out: nc -vz dc01 636.",
            ),
        ),
        (
            OSError("no number"),
            (
                "network",
                "[dc01]/636: no number",
                "Check the network between this host and the server. To find out: nc -vz dc01 636.",
            ),
        ),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, OSError) else value[0],
)
def test_why_a_server_was_not_reached(problem: OSError, said: tuple[str, str, str]) -> None:
    steps = {"name": "Look it up.", "refused": "Start it.", "silent": "Wake it."}
    assert unreached(problem, "dc01", 636, 7, place="[dc01]/636", **steps) == said
