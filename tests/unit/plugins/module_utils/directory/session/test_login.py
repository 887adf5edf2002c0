# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with a real slapd that come about or do not: found, encrypted, logged in."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import itertools
import pathlib
import socket
import subprocess
import sys
import time
import typing as t

import pytest
from unit.plugins.directories import FILTER, target

from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    NoDirectoryError,
    NotInstalledError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.proxy import refusing
from lab.directory.slapd import Slapd
from lab.waiting import HANG

GROUPS = 230
WANTED = ("objectGUID", *ATTRIBUTES)


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    """A slapd that nobody writes."""
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=Made(GROUPS), size_limit=100) as server:
        yield server


def refused(wanted: Target) -> NoDirectoryError | NotInstalledError:
    """Return the error of a session that does not come about; it must not have the password."""
    with pytest.raises((NoDirectoryError, NotInstalledError)) as caught:
        open_directory(wanted)
    assert caught.value.__context__ is None or "password" not in repr(caught.value.__context__)
    for text in (str(caught.value), repr(caught.value), repr(caught.value.failure.explained())):
        assert wanted.password is None or wanted.password not in text
    assert caught.value.failure.what == f"No session with the directory server {wanted} of the domain {wanted.domain}"
    return caught.value


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_both_ways_to_encrypt_read_the_same(slapd: Slapd, encryption: t.Any) -> None:
    port = slapd.ldaps_port if encryption == "ldaps" else slapd.port
    session = open_directory(target(slapd, port=port, encryption=encryption))
    assert session.server == "127.0.0.1"
    found = [entry for page in session.pages(slapd.base, FILTER, WANTED, 100) for entry in page]
    session.close()
    expected = slapd.groups()
    assert len(found) == GROUPS
    for dn, attributes in found:
        known_dn, known = expected[attributes.pop("objectGUID")[0]]
        assert (dn, attributes) == (known_dn, known)


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_an_untrusted_certificate_is_named(slapd: Slapd, encryption: t.Any) -> None:
    port = slapd.ldaps_port if encryption == "ldaps" else slapd.port
    error = refused(target(slapd, port=port, encryption=encryption, ca_file=None))
    assert error.failure.code == "certificate"
    assert "self-signed certificate" in error.failure.cause
    assert "ca_file" in error.failure.next


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_a_certificate_for_another_name_is_named(tmp_path: pathlib.Path, encryption: t.Any) -> None:
    with Slapd(tmp_path, groups=Made(1), names=["dc02.corp.example"]) as server:
        port = server.ldaps_port if encryption == "ldaps" else server.port
        error = refused(target(server, server="localhost", port=port, encryption=encryption))
    assert error.failure.code == "certificate"
    assert "'localhost'" in error.failure.cause


def test_a_user_s_own_settings_do_not_turn_the_check_off(slapd: Slapd, tmp_path: pathlib.Path) -> None:
    rc_file = tmp_path / "ldaprc"
    rc_file.write_text("TLS_REQCERT never\nSIZELIMIT 1\nTIMELIMIT 1\nREFERRALS on\n", encoding="utf-8")
    code = (
        "import sys, ast, dataclasses\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import *\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target\n"
        "target = Target(**ast.literal_eval(sys.stdin.read()))\n"
        "session = open_directory(dataclasses.replace(target, ca_file=sys.argv[1]))\n"
        f"print(sum(map(len, session.pages({slapd.base!r}, {FILTER!r}, ['cn'], 100))))\n"
        "try: open_directory(target)\n"
        "except Exception as problem: print(problem.failure.code)\n"
    )
    wanted = target(slapd)
    answer = subprocess.run(
        [sys.executable, "-c", code, str(wanted.ca_file)],
        input=repr({**vars(wanted), "ca_file": None}),
        env={"PYTHONPATH": ":".join(sys.path), "LDAPRC": str(rc_file), "LDAPTLS_REQCERT": "never", "HOME": "/"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.split() == [str(GROUPS), "certificate"]


def test_a_wrong_password_is_named(slapd: Slapd) -> None:
    error = refused(target(slapd, password="not-the-Passw0rd"))
    assert error.failure.code == "login"
    assert "Invalid credentials (49)" in error.failure.cause


def test_a_closed_port_is_named(slapd: Slapd) -> None:
    with refusing() as port:
        error = refused(target(slapd, port=port))
    assert (error.failure.code, error.failure.cause) == ("refused", f"127.0.0.1:{port}: connection refused")


def test_an_unknown_name_is_named(slapd: Slapd) -> None:
    error = refused(target(slapd, server="dc01.nowhere.invalid"))
    assert error.failure.code == "name"
    assert "dc01.nowhere.invalid" in error.failure.cause


def test_a_port_that_speaks_no_tls_is_named(slapd: Slapd) -> None:
    error = refused(target(slapd, port=slapd.port))
    assert error.failure.code == "tls"
    assert "the TLS handshake failed" in error.failure.cause


def test_a_server_without_a_certificate_is_named(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1), tls=False) as server:
        error = refused(target(server, port=server.port, encryption="starttls", ca_file=None))
    assert error.failure.code == "tls"
    assert "does not start TLS" in error.failure.cause
    assert "unsupported extended operation (2)" in error.failure.cause


@pytest.mark.timing
@pytest.mark.parametrize("encryption", ["ldaps", "starttls", "kerberos"])
def test_a_server_that_says_nothing_is_waited_for_as_long_as_asked(slapd: Slapd, encryption: t.Any) -> None:
    wanted = target(slapd, encryption=encryption, timeout=1)
    if encryption == "kerberos":
        wanted = Target(slapd.domain, "localhost", auth="gssapi", encryption="kerberos", timeout=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        error = refused(dataclasses.replace(wanted, port=silent.getsockname()[1]))
    assert error.failure.code == "timeout"
    assert time.monotonic() - started < HANG


def test_no_ticket_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, slapd: Slapd) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/nothing")
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{tmp_path}/nothing")
    error = refused(Target(slapd.domain, "localhost", slapd.port, auth="gssapi", encryption="kerberos", timeout=10))
    plugins = itertools.chain(
        pathlib.Path("/usr").glob("lib*/sasl2/libgssapiv2.so"),
        pathlib.Path("/usr/lib").glob("*/sasl2/libgssapiv2.so"),
    )
    if any(plugins):
        assert error.failure.code == "kerberos"
        assert "kinit" in error.failure.next
    else:
        assert error.failure.code == "sasl"
        assert "libsasl2-modules-gssapi-mit" in error.failure.next


@pytest.mark.parametrize("lacking", ["ldap", "pyasn1"])
def test_without_python_ldap_the_error_says_how_to_install_it(lacking: str) -> None:
    """Or without what it needs: python-ldap is there then, and cannot be loaded."""
    code = (
        "import sys\n"
        f"sys.modules['{lacking}'] = None\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import *\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target\n"
        "try: open_directory(Target('corp.example', username='u', password='p'))\n"
        "except NotInstalledError as problem: print(problem.failure.code, problem)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.startswith("driver ")
    repair = "pip install python-ldap" if lacking == "ldap" else "pip install --upgrade python-ldap pyasn1"
    for part in ("python-ldap cannot be loaded", repair, "python3-ldap"):
        assert part in answer.stdout


def test_a_target_that_makes_no_sense_is_refused_before_anything(slapd: Slapd) -> None:
    with pytest.raises(ValueError, match="global catalog"):
        open_directory(target(slapd, port=3269))


def test_without_a_server_the_one_of_the_domain_s_name_is_taken_by_its_own_name(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, base="DC=localhost", domain="localhost", groups=Made(3)) as server:
        session = open_directory(target(server, server=None))
        assert session.server == "localhost"
        assert sum(map(len, session.pages(server.base, FILTER, WANTED))) == 3
        session.close()


@pytest.mark.parametrize("name", ["dc01.elsewhere.example", "evil-localhost", "", "ldap://dc.localhost"])
def test_a_name_that_leads_out_of_the_domain_is_not_followed(tmp_path: pathlib.Path, name: str) -> None:
    with Slapd(tmp_path, base="DC=localhost", domain="localhost", groups=Made(1), dns_host_name=name or " ") as server:
        error = refused(target(server, server=None))
    assert error.failure.code == "server"
    assert repr(name or " ") in error.failure.cause
