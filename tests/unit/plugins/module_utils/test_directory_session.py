# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with a real slapd: found, encrypted, logged in, read in pages, written, lost."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib
import socket
import subprocess
import sys
import time
import typing as t

import ldap
import pytest
from unit.plugins.directories import FILTER, target

from ansible_collections.identityops.groupid.plugins.module_utils.directory import ranges
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session import (
    ConflictError,
    Directory,
    DirectoryError,
    Entry,
    NoDirectoryError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.target import Target
from lab.directory import wire
from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.proxy import cut_after, cut_in_page, delayed, losing, refusing
from lab.directory.slapd import Slapd

GROUPS = 230
WANTED = ("objectGUID", *ATTRIBUTES)


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    """A slapd for the tests that leave its groups as they are, or write one of their own."""
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=Made(GROUPS), size_limit=100) as server:
        yield server


@pytest.fixture
def directory(slapd: Slapd) -> c.Iterator[Directory]:
    """A session with it."""
    session = open_directory(target(slapd))
    yield session
    session.close()


def refused(wanted: Target) -> NoDirectoryError:
    """Give the error of a session that does not come about; it must not have the password."""
    with pytest.raises(NoDirectoryError) as caught:
        open_directory(wanted)
    assert caught.value.__context__ is None or "password" not in repr(caught.value.__context__)
    for text in (str(caught.value), repr(caught.value), repr(caught.value.explained())):
        assert wanted.password is None or wanted.password not in text
    assert caught.value.what == f"No session with the directory server {wanted} of the domain {wanted.domain}"
    return caught.value


# The way there


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
    assert error.code == "certificate"
    assert "self-signed certificate" in error.cause
    assert "ca_file" in error.next_step


@pytest.mark.parametrize("encryption", ["ldaps", "starttls"])
def test_a_certificate_for_another_name_is_named(tmp_path: pathlib.Path, encryption: t.Any) -> None:
    with Slapd(tmp_path, groups=Made(1), names=["dc02.corp.example"]) as server:
        port = server.ldaps_port if encryption == "ldaps" else server.port
        error = refused(target(server, server="localhost", port=port, encryption=encryption))
    assert error.code == "certificate"
    assert "'localhost'" in error.cause


def test_a_user_s_own_settings_do_not_turn_the_check_off(
    slapd: Slapd, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rc_file = tmp_path / "ldaprc"
    rc_file.write_text("TLS_REQCERT never\nSIZELIMIT 1\nTIMELIMIT 1\nREFERRALS on\n", encoding="utf-8")
    monkeypatch.setenv("LDAPRC", str(rc_file))
    monkeypatch.setenv("LDAPTLS_REQCERT", "never")
    code = (
        "import sys, ast, dataclasses\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldap_session import *\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.target import Target\n"
        "target = Target(**ast.literal_eval(sys.stdin.read()))\n"
        "session = open_directory(dataclasses.replace(target, ca_file=sys.argv[1]))\n"
        f"print(sum(map(len, session.pages({slapd.base!r}, {FILTER!r}, ['cn'], 100))))\n"
        "try: open_directory(target)\n"
        "except Exception as problem: print(problem.code)\n"
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
    assert error.code == "login"
    assert "Invalid credentials (49)" in error.cause


def test_a_closed_port_is_named(slapd: Slapd) -> None:
    with refusing() as port:
        error = refused(target(slapd, port=port))
    assert (error.code, error.cause) == ("refused", f"127.0.0.1:{port}: connection refused")


def test_an_unknown_name_is_named(slapd: Slapd) -> None:
    error = refused(target(slapd, server="dc01.nowhere.invalid"))
    assert error.code == "name"
    assert "dc01.nowhere.invalid" in error.cause


def test_a_port_that_speaks_no_tls_is_named(slapd: Slapd) -> None:
    error = refused(target(slapd, port=slapd.port))
    assert error.code == "tls"
    assert "the TLS handshake failed" in error.cause


def test_a_server_without_a_certificate_is_named(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1), tls=False) as server:
        error = refused(target(server, port=server.port, encryption="starttls", ca_file=None))
    assert error.code == "tls"
    assert "does not start TLS" in error.cause
    assert "unsupported extended operation (2)" in error.cause


@pytest.mark.parametrize("encryption", ["ldaps", "starttls", "kerberos"])
def test_a_server_that_says_nothing_is_waited_for_as_long_as_asked(slapd: Slapd, encryption: t.Any) -> None:
    wanted = target(slapd, encryption=encryption, timeout=1)
    if encryption == "kerberos":
        wanted = Target(slapd.domain, "localhost", auth="gssapi", encryption="kerberos", timeout=1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        error = refused(dataclasses.replace(wanted, port=silent.getsockname()[1]))
    assert error.code == "timeout"
    assert time.monotonic() - started < 5


def test_no_ticket_is_named(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, slapd: Slapd) -> None:
    monkeypatch.setenv("KRB5CCNAME", f"FILE:{tmp_path}/nothing")
    monkeypatch.setenv("KRB5_CLIENT_KTNAME", f"FILE:{tmp_path}/nothing")
    error = refused(Target(slapd.domain, "localhost", slapd.port, auth="gssapi", encryption="kerberos", timeout=10))
    if [
        *pathlib.Path("/usr").glob("lib*/sasl2/libgssapiv2.so"),
        *pathlib.Path("/usr/lib").glob("*/sasl2/libgssapiv2.so"),
    ]:
        assert error.code == "kerberos"
        assert "kinit" in error.next_step
    else:
        assert error.code == "sasl"
        assert "libsasl2-modules-gssapi-mit" in error.next_step


def test_without_python_ldap_the_error_says_how_to_install_it() -> None:
    code = (
        "import sys\n"
        "sys.modules['ldap'] = None\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldap_session import *\n"
        "from ansible_collections.identityops.groupid.plugins.module_utils.directory.target import Target\n"
        "try: open_directory(Target('corp.example', username='u', password='p'))\n"
        "except NoDirectoryError as problem: print(problem.code, problem)\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.startswith("driver ")
    for part in ("python-ldap cannot be loaded", "pip install python-ldap", "python3-ldap"):
        assert part in answer.stdout


def test_a_target_that_makes_no_sense_is_refused_before_anything(slapd: Slapd) -> None:
    with pytest.raises(ValueError, match="global catalog"):
        open_directory(target(slapd, port=3269))


# One server for a run


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
    assert error.code == "server"
    assert repr(name or " ") in error.cause


# Reading


def test_pages_hold_what_was_asked_for_and_no_search_references(slapd: Slapd, directory: Directory) -> None:
    with slapd.admin() as admin:
        found = admin.search_s(slapd.base, ldap.SCOPE_SUBTREE, FILTER, ["cn"])
    assert any(dn is None for dn, dummy in found), "the server sends references"
    pages = list(directory.pages(slapd.base, FILTER, ("cn",), 100))
    assert [len(page) for page in pages] == [100, 100, 30]
    assert len({dn for page in pages for dn, dummy in page}) == GROUPS
    assert all(list(attributes) == ["cn"] for page in pages for dummy, attributes in page)


def test_no_match_is_no_page(slapd: Slapd, directory: Directory) -> None:
    assert list(directory.pages(slapd.base, "(cn=nobody-is-called-that)", ("cn",), 100)) == []


def test_an_attribute_that_no_schema_has_matches_nothing_without_an_error(slapd: Slapd, directory: Directory) -> None:
    assert list(directory.pages(slapd.base, "(noSuchAttribute=*)", ("cn",), 100)) == []


def test_the_next_page_is_asked_for_before_one_is_given_out(slapd: Slapd) -> None:
    with delayed(slapd, 0) as proxy:
        session = open_directory(target(slapd, proxy))
        before = proxy.requests.count(wire.SEARCH)
        pages = session.pages(slapd.base, FILTER, ("cn",), 50)
        next(pages)
        deadline = time.monotonic() + 5
        while proxy.requests.count(wire.SEARCH) < before + 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert proxy.requests.count(wire.SEARCH) == before + 2
        session.close()


def test_a_search_that_is_given_up_leaves_the_session_usable(slapd: Slapd, directory: Directory) -> None:
    pages = t.cast(c.Generator[list[Entry], None, None], directory.pages(slapd.base, FILTER, ("cn",), 50))
    next(pages)
    pages.close()
    assert sum(map(len, directory.pages(slapd.base, FILTER, ("cn",), 50))) == GROUPS


@pytest.mark.parametrize("pause", [0, 0.3])
def test_what_is_asked_between_pages_never_makes_a_result_short(
    slapd: Slapd, directory: Directory, pause: float
) -> None:
    """python-ldap loses the end of a page that came while it waited for another answer, and says nothing."""
    found = 0
    try:
        for page in directory.pages(slapd.base, FILTER, ("cn",), 50):
            found += len(page)
            time.sleep(pause)
            assert directory.read(slapd.base, ("objectGUID",))
    except DirectoryError as problem:
        assert problem.code == "paging"
    else:
        assert found == GROUPS


def test_a_limit_of_the_server_is_an_error_and_no_short_result(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(directory.pages(slapd.base, FILTER, ("cn",), 101))
    assert caught.value.code == "admin_limit"
    assert slapd.base in caught.value.what


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_server_gone_in_a_page_is_an_error(slapd: Slapd, page: int) -> None:
    with cut_in_page(slapd, page) as proxy:
        session = open_directory(target(slapd, proxy))
        given = []
        with pytest.raises(DirectoryError) as caught:
            given.extend(session.pages(slapd.base, FILTER, WANTED, 100))
    assert caught.value.code == "connection_lost"
    assert not isinstance(caught.value, NoDirectoryError)
    assert sum(map(len, given)) <= 100 * (page - 1)
    with pytest.raises(DirectoryError, match="session is closed"):
        session.read("", ("dnsHostName",))


@pytest.mark.parametrize("count", [0, 1, 20, 5_000])
def test_a_connection_cut_anywhere_is_an_error(slapd: Slapd, count: int) -> None:
    with cut_after(slapd, count) as proxy, pytest.raises(DirectoryError) as caught:
        list(open_directory(target(slapd, proxy)).pages(slapd.base, FILTER, WANTED, 100))
    assert caught.value.code in ("connection_lost", "tls")


def test_a_server_that_falls_silent_is_an_error(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(30), size_limit=10) as server:
        session = open_directory(target(server, timeout=1))
        pages = session.pages(server.base, FILTER, ("cn",), 10)
        next(pages)
        with server.frozen(), pytest.raises(DirectoryError) as caught:
            list(pages)
    # The page that was asked for early may have come before the silence.
    assert caught.value.code == "timeout"


def test_read_gives_none_for_what_is_not_there(slapd: Slapd, directory: Directory) -> None:
    assert directory.read(f"CN=nobody,{slapd.base}", ("cn",)) is None
    assert directory.read(slapd.base, ("extensionData",)) == {}
    assert directory.read("", ("defaultNamingContext",)) == {"defaultNamingContext": [slapd.base.encode()]}


def test_a_base_that_is_not_there_is_an_error(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(directory.pages(f"OU=nowhere,{slapd.base}", FILTER, ("cn",), 100))
    assert caught.value.code == "no_such_object"
    with pytest.raises(DirectoryError) as caught:
        directory.read("not a DN", ("cn",))
    assert caught.value.code == "dn_syntax"


def test_a_filter_that_is_none_is_an_error(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(directory.pages(slapd.base, FILTER[:-1], ("cn",)))
    assert caught.value.code == "filter"


# Values that come in parts


def in_parts(values: list[bytes], most: int = 1500) -> c.Callable[[str], dict[str, list[bytes]]]:
    """Answer as Active Directory does: at most so many values, and which ones in the name."""

    def ask(name: str) -> dict[str, list[bytes]]:
        plain, dummy, asked = name.partition(";range=")
        first = int(asked.partition("-")[0] or 0)
        if first >= len(values):
            return {}
        last = first + most - 1
        end = "*" if last >= len(values) - 1 else str(last)
        return {plain: [], f"{plain};range={first}-{end}": values[first : last + 1]}

    return ask


@pytest.mark.parametrize("count", [1, 1499, 1500, 1501, 3000, 4711])
def test_values_in_parts_are_put_together(count: int) -> None:
    values = [b"%d" % number for number in range(count)]
    ask = in_parts(values)
    first = {"cn": [b"x"], **ask("extensionData")}
    assert ranges.whole(first, "CN=x", ask) == {"cn": [b"x"], "extensionData": values}


def test_attributes_without_parts_are_left_as_they_are() -> None:
    attributes = {"cn": [b"x"], "userCertificate;binary": [b"y"]}
    assert ranges.whole(attributes, "CN=x", pytest.fail) is attributes


@pytest.mark.parametrize(
    ("first", "answer"),
    [
        ("a;range=0-1", {}),
        ("a;range=0-1", {"a": []}),
        ("a;range=0-1", {"a;range=5-*": [b"z"]}),
        ("a;range=0-1", {"a;range=2-*": []}),
        ("a;range=0-1", {"a;range=0-1": [b"x", b"y"]}),
        ("a;range=1-*", {}),
        ("a;range=x-*", {}),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(first: str, answer: dict[str, list[bytes]]) -> None:
    with pytest.raises(DirectoryError, match="Not all values of an attribute of CN=x") as caught:
        ranges.whole({first: [b"x", b"y"]}, "CN=x", lambda dummy: answer)
    assert caught.value.code == "range"


# Writing


@pytest.fixture
def group(slapd: Slapd) -> c.Iterator[str]:
    """A group with extensionData b"\\0one" and b"two" and extensionAttribute12 "Old"; put back at the end."""
    dn, before = next(iter(slapd.groups().values()))
    slapd.change(dn, "extensionData", b"\0one", b"two")
    slapd.change(dn, "extensionAttribute12", b"Old")
    yield dn
    for name in ("extensionData", "extensionAttribute12"):
        slapd.change(dn, name, *before.get(name, []))


def test_a_modify_does_all_its_changes(slapd: Slapd, directory: Directory, group: str) -> None:
    directory.modify(
        group,
        [
            Change("delete", "extensionData", (b"two",)),
            Change("add", "extensionData", (b"\xff\xfe", b"three")),
            Change("delete", "extensionAttribute12", (b"Old",)),
            Change("add", "extensionAttribute12", (b"old",)),
        ],
    )
    found = directory.read(group, ("extensionData", "extensionAttribute12"))
    assert found is not None
    assert set(found["extensionData"]) == {b"\0one", b"\xff\xfe", b"three"}
    assert found["extensionAttribute12"] == [b"old"]
    directory.modify(group, [Change("replace", "extensionData", (b"1",)), Change("delete", "extensionAttribute12", ())])
    assert directory.read(group, ("extensionData", "extensionAttribute12")) == {"extensionData": [b"1"]}


@pytest.mark.parametrize(
    ("changes", "result"),
    [
        ([Change("delete", "extensionData", (b"changed since",))], 16),
        ([Change("delete", "extensionAttribute13", ())], 16),
        ([Change("add", "extensionData", (b"two",))], 20),
        ([Change("delete", "extensionAttribute12", (b"Old",)), Change("delete", "extensionData", (b"no",))], 16),
    ],
)
def test_a_change_that_does_not_fit_is_a_conflict_and_nothing_is_written(
    slapd: Slapd, directory: Directory, group: str, changes: list[Change], result: int
) -> None:
    slapd.change(group, "extensionAttribute13")
    before = directory.read(group, WANTED)
    with pytest.raises(ConflictError) as caught:
        directory.modify(group, changes)
    assert caught.value.code == "conflict"
    assert f"({result})" in caught.value.cause
    assert group in caught.value.what
    assert directory.read(group, WANTED) == before


def test_a_group_that_is_gone_is_a_conflict(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(ConflictError) as caught:
        directory.modify(f"CN=nobody,{slapd.base}", [Change("add", "extensionData", (b"x",))])
    assert caught.value.code == "no_such_object"


def test_what_may_not_be_written_is_no_conflict(slapd: Slapd, group: str) -> None:
    session = open_directory(target(slapd, username=slapd.reader_dn))
    with pytest.raises(DirectoryError) as caught:
        session.modify(group, [Change("add", "extensionData", (b"x",))])
    session.close()
    assert caught.value.code == "access"
    assert not isinstance(caught.value, ConflictError)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (Change("add", "noSuchAttribute", (b"x",)), "no_such_attribute"),
        (Change("add", "extensionAttribute12", (b"second",)), "constraint"),
        (Change("add", "extensionAttribute13", (b"\xff",)), "syntax"),
    ],
)
def test_what_the_schema_forbids_is_no_conflict(directory: Directory, group: str, change: Change, code: str) -> None:
    with pytest.raises(DirectoryError) as caught:
        directory.modify(group, [change])
    assert caught.value.code == code
    assert not isinstance(caught.value, ConflictError)


def test_a_read_only_server_is_written_by_nobody_and_sends_nobody_elsewhere(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1), read_only=True) as server:
        session = open_directory(target(server))
        dn = next(iter(server.groups().values()))[0]
        with pytest.raises(DirectoryError) as caught:
            session.modify(dn, [Change("replace", "extensionData", (b"x",))])
        session.close()
    assert caught.value.code == "referral"
    assert "ldap://writable.corp.example" in caught.value.cause
    assert "writable domain controller" in caught.value.next_step
    assert not isinstance(caught.value, ConflictError)


def test_a_write_whose_answer_is_lost_says_that_nobody_knows(slapd: Slapd, group: str) -> None:
    with losing(slapd, wire.MODIFY) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            session.modify(group, [Change("add", "extensionData", (b"lost",))])
    assert caught.value.code == "connection_lost"
    assert "not known" in caught.value.next_step
    assert (
        b"lost"
        in slapd.entries(attributes=["extensionData"], filter_text="(extensionData=lost)")[0][1]["extensionData"]
    )


def test_closing_twice_does_nothing(slapd: Slapd) -> None:
    session = open_directory(target(slapd))
    session.close()
    session.close()
    with pytest.raises(DirectoryError, match="session is closed"):
        session.modify(slapd.base, [])
