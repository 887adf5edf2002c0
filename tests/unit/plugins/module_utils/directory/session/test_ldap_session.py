# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions with a real slapd: read in pages, written, lost."""

from __future__ import annotations

import collections.abc as c
import pathlib
import time
import typing as t

import ldap
import pytest
from unit.plugins.directories import FILTER, target

from ansible_collections.identityops.groupid.plugins.module_utils.directory.ldif.forms import Change
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    ConflictError,
    Directory,
    DirectoryError,
    Entry,
    NoDirectoryError,
    SearchLostError,
)
from lab.directory import wire
from lab.directory.groups import ATTRIBUTES, Made
from lab.directory.proxy import (
    COOKIE_LOST,
    answering,
    cut_after,
    cut_in_page,
    delayed,
    forgetting_cookies,
    losing,
    paging_as_active_directory,
)
from lab.directory.slapd import Slapd
from lab.waiting import until

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


@pytest.mark.timing
def test_the_next_page_is_asked_for_before_one_is_given_out(slapd: Slapd) -> None:
    with delayed(slapd, 0) as proxy:
        session = open_directory(target(slapd, proxy))
        before = proxy.requests.count(wire.SEARCH)
        pages = session.pages(slapd.base, FILTER, ("cn",), 50)
        next(pages)
        until(lambda: proxy.requests.count(wire.SEARCH) >= before + 2, "the second page's request")
        assert proxy.requests.count(wire.SEARCH) == before + 2
        session.close()


def test_a_search_that_is_given_up_leaves_the_session_usable(slapd: Slapd, directory: Directory) -> None:
    pages = t.cast(c.Generator[list[Entry], None, None], directory.pages(slapd.base, FILTER, ("cn",), 50))
    next(pages)
    pages.close()
    assert sum(map(len, directory.pages(slapd.base, FILTER, ("cn",), 50))) == GROUPS


def test_a_search_may_be_given_up_after_its_session_was_closed(slapd: Slapd) -> None:
    session = open_directory(target(slapd))
    pages = t.cast(c.Generator[list[Entry], None, None], session.pages(slapd.base, FILTER, ("cn",), 50))
    assert len(next(pages)) == 50
    session.close()
    pages.close()


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
        code = ""
    except DirectoryError as problem:
        code = problem.failure.code
    assert code == "paging" or found == GROUPS


def test_a_limit_of_the_server_is_an_error_and_no_short_result(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(directory.pages(slapd.base, FILTER, ("cn",), 101))
    assert caught.value.failure.code == "admin_limit"
    assert slapd.base in caught.value.failure.what


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_server_gone_in_a_page_is_an_error(slapd: Slapd, page: int) -> None:
    with cut_in_page(slapd, page) as proxy:
        session = open_directory(target(slapd, proxy))
        given = []
        with pytest.raises(DirectoryError) as caught:
            given.extend(session.pages(slapd.base, FILTER, WANTED, 100))
    assert caught.value.failure.code == "connection_lost"
    assert not isinstance(caught.value, NoDirectoryError)
    assert sum(map(len, given)) <= 100 * (page - 1)
    with pytest.raises(DirectoryError, match="session is closed"):
        session.read("", ("dnsHostName",))


@pytest.mark.parametrize("count", [0, 1, 20, 5_000])
def test_a_connection_cut_anywhere_is_an_error(slapd: Slapd, count: int) -> None:
    with cut_after(slapd, count) as proxy, pytest.raises(DirectoryError) as caught:
        list(open_directory(target(slapd, proxy)).pages(slapd.base, FILTER, WANTED, 100))
    assert caught.value.failure.code in ("connection_lost", "tls")


@pytest.mark.timing
def test_a_server_that_falls_silent_is_an_error(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1000), size_limit=10) as server:
        session = open_directory(target(server, timeout=1))
        pages = session.pages(server.base, FILTER, ("cn",), 10)
        next(pages)
        with server.frozen(), pytest.raises(DirectoryError) as caught:
            list(pages)
    assert caught.value.failure.code == "timeout"


@pytest.mark.parametrize("empty_pages", [False, True])
@pytest.mark.parametrize("at_most", [7, 100])
def test_pages_that_are_clamped_or_empty_make_no_result_short(slapd: Slapd, at_most: int, empty_pages: bool) -> None:
    with paging_as_active_directory(slapd, at_most, empty_pages=empty_pages) as proxy:
        session = open_directory(target(slapd, proxy))
        found = [dn for page in session.pages(slapd.base, FILTER, ("cn",)) for dn, dummy in page]
        session.close()
    assert len(found) == len(set(found)) == GROUPS


@pytest.mark.parametrize(
    "said",
    [
        COOKIE_LOST,
        (12, "00002040: SvcErr: DSID-031401E0, problem 5010 (UNAVAIL_EXTENSION), data 0"),
        (53, ""),
        (2, "paged results cookie is invalid"),
    ],
)
def test_a_search_that_the_server_forgot_may_be_begun_anew(slapd: Slapd, said: tuple[int, str]) -> None:
    with forgetting_cookies(slapd, 100, 2, said=said) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(SearchLostError) as caught:
            list(session.pages(slapd.base, FILTER, ("cn",)))
        assert caught.value.failure.code == "search_lost"
        assert f"({said[0]})" in caught.value.failure.cause
        assert "Run again" in caught.value.failure.next
        assert sum(map(len, session.pages(slapd.base, FILTER, ("cn",)))) == GROUPS
        session.close()


def test_a_server_that_has_no_pages_at_all_is_another_matter(slapd: Slapd) -> None:
    with answering(slapd, wire.SEARCH, *COOKIE_LOST, after=1) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            list(session.pages(slapd.base, FILTER, ("cn",)))
        session.close()
    assert (caught.value.failure.code, type(caught.value)) == ("no_paging", DirectoryError)


def test_read_gives_none_for_what_is_not_there(slapd: Slapd, directory: Directory) -> None:
    assert directory.read(f"CN=nobody,{slapd.base}", ("cn",)) is None
    assert directory.read(slapd.base, ("extensionData",)) == {}
    assert directory.read("", ("defaultNamingContext",)) == {"defaultNamingContext": [slapd.base.encode()]}


def test_a_base_that_is_not_there_is_an_error(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(directory.pages(f"OU=nowhere,{slapd.base}", FILTER, ("cn",), 100))
    assert caught.value.failure.code == "no_such_object"
    with pytest.raises(DirectoryError) as caught:
        directory.read("not a DN", ("cn",))
    assert caught.value.failure.code == "dn_syntax"


def test_a_filter_that_is_none_is_an_error(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(DirectoryError) as caught:
        list(directory.pages(slapd.base, FILTER[:-1], ("cn",)))
    assert caught.value.failure.code == "filter"


# Writing


@pytest.fixture
def group(slapd: Slapd) -> c.Iterator[str]:
    """A group with extensionData b"\\0one" and b"two" and extensionAttribute12 "Old"; put back at the end."""
    [(dn, before), *dummy] = slapd.groups().values()
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
    assert caught.value.failure.code == "conflict"
    assert f"({result})" in caught.value.failure.cause
    assert group in caught.value.failure.what
    assert directory.read(group, WANTED) == before


def test_a_group_that_is_gone_is_a_conflict(slapd: Slapd, directory: Directory) -> None:
    with pytest.raises(ConflictError) as caught:
        directory.modify(f"CN=nobody,{slapd.base}", [Change("add", "extensionData", (b"x",))])
    assert caught.value.failure.code == "no_such_object"


def test_what_may_not_be_written_is_no_conflict(slapd: Slapd, group: str) -> None:
    session = open_directory(target(slapd, username=slapd.reader_dn))
    with pytest.raises(DirectoryError) as caught:
        session.modify(group, [Change("add", "extensionData", (b"x",))])
    session.close()
    assert caught.value.failure.code == "access"
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
    assert caught.value.failure.code == code
    assert not isinstance(caught.value, ConflictError)


def test_a_read_only_server_is_written_by_nobody_and_sends_nobody_elsewhere(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1), read_only=True) as server:
        session = open_directory(target(server))
        dn = next(iter(server.groups().values()))[0]
        with pytest.raises(DirectoryError) as caught:
            session.modify(dn, [Change("replace", "extensionData", (b"x",))])
        session.close()
    assert caught.value.failure.code == "referral"
    assert "ldap://writable.corp.example" in caught.value.failure.cause
    assert "writable domain controller" in caught.value.failure.next
    assert not isinstance(caught.value, ConflictError)


def test_a_write_whose_answer_is_lost_says_that_nobody_knows(slapd: Slapd, group: str) -> None:
    with losing(slapd, wire.MODIFY) as proxy:
        session = open_directory(target(slapd, proxy))
        with pytest.raises(DirectoryError) as caught:
            session.modify(group, [Change("add", "extensionData", (b"lost",))])
    assert caught.value.failure.code == "connection_lost"
    assert "not known" in caught.value.failure.next
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
