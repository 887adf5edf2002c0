# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal of a domain against a real slapd, dressed as a domain controller."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib
import typing as t

import pytest
from unit.plugins.directories import FILTER, target

from ansible_collections.identityops.groupid.plugins.module_utils.directory import rehearsal
from ansible_collections.identityops.groupid.plugins.module_utils.directory.export.canonical import ATTRIBUTES
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.facts import Domain, Schema
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.ldap_session import open_directory
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.session import (
    Change,
    Directory,
    DirectoryError,
    Entry,
    NoDirectoryError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.directory.session.target import Target
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    DIRECTORY_CLAIMS,
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
    gathered,
)
from lab.directory.groups import Made
from lab.directory.slapd import Slapd

DOMAIN = Domain("corp.example", "DC=corp,DC=example", "dc01", "g", "s", 1, False)


@pytest.fixture(scope="module")
def slapd(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    """1,200 groups, more than a page; all may be written."""
    groups = [dataclasses.replace(group, effective=ATTRIBUTES) for group in Made(1200)]
    with Slapd(tmp_path_factory.mktemp("slapd"), groups=groups) as server:
        yield server


class ReadOnly:
    """A session that lets reading through, and fails what would write."""

    def __init__(self, session: Directory, faults: c.Mapping[str, DirectoryError] | None = None) -> None:
        self.server = session.server
        self.asked: list[str] = []
        self._session = session
        self._faults = faults or {}

    def read(self, dn: str, attributes: c.Sequence[str]) -> dict[str, list[bytes]] | None:
        self._ask("read")
        return self._session.read(dn, attributes)

    def pages(
        self, base: str, filter_text: str, attributes: c.Sequence[str], size: int = 1000
    ) -> c.Iterator[list[Entry]]:
        kinds = {"attributeSchema": "schema", "objectGUID=": "guid"}
        kind = next((kind for part, kind in kinds.items() if part in filter_text), "page")
        self._ask("effective" if "allowedAttributesEffective" in attributes else kind)
        yield from self._session.pages(base, filter_text, attributes, size)

    def modify(self, dn: str, changes: c.Sequence[Change]) -> None:
        raise AssertionError(f"{dn} would be written")

    def account(self) -> str | None:
        return self._session.account()

    def close(self) -> None:
        self._session.close()

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what in self._faults:
            raise self._faults[what]


def rehearse(
    where: Target, attributes: c.Sequence[str] = ATTRIBUTES, filter_text: str = FILTER, **faults: DirectoryError
) -> tuple[dict[str, Finding], list[str]]:
    session = ReadOnly(open_directory(where), faults)
    outcome = rehearsal.rehearse(session, where, filter_text, attributes)
    session.close()
    return {one.id: one for one in gathered(outcome.findings, DIRECTORY_CLAIMS)}, session.asked


def test_a_healthy_domain_holds_everything_and_one_page_is_read(slapd: Slapd) -> None:
    reported, asked = rehearse(target(slapd))
    assert {one.id: one for one in reported.values() if one.verdict != HELD} == {}
    assert asked.count("page") == 1


def test_an_attribute_that_the_schema_lacks_and_no_group(slapd: Slapd) -> None:
    reported, dummy = rehearse(target(slapd), ("extensionData", "noSuchAttribute"))
    assert reported["directory.schema"] == Finding("directory.schema", NOT_HELD, "It has no noSuchAttribute.")
    assert reported["directory.rights"].verdict == HELD
    reported, dummy = rehearse(target(slapd), filter_text="(cn=nobody)")
    assert reported["directory.reads"].verdict == NOT_HELD
    assert reported["directory.guid"].verdict == NOT_TRIED


def test_groups_that_may_not_be_written_are_named(tmp_path: pathlib.Path) -> None:
    groups = [dataclasses.replace(group, effective=ATTRIBUTES[:2]) for group in Made(5)]
    with Slapd(tmp_path, groups=groups) as server:
        reported, dummy = rehearse(target(server))
    assert reported["directory.rights"].verdict == REFUSED
    assert "Of 5 groups that were checked, 5" in reported["directory.rights"].seen
    assert ATTRIBUTES[2] in reported["directory.rights"].seen


def test_a_read_only_domain_controller_is_found(tmp_path: pathlib.Path) -> None:
    with Slapd(tmp_path, groups=Made(1), read_only=True) as server:
        reported, dummy = rehearse(target(server))
    assert reported["directory.writable"].verdict == NOT_HELD


@pytest.mark.parametrize(
    ("fault", "claim"),
    [
        ("read", "directory.domain"),
        ("schema", "directory.schema"),
        ("page", "directory.reads"),
        ("guid", "directory.guid"),
        ("effective", "directory.rights"),
    ],
)
def test_what_the_directory_refuses_is_reported_by_its_claim(slapd: Slapd, fault: str, claim: str) -> None:
    reported, dummy = rehearse(
        target(slapd), **{fault: DirectoryError("denied", "It was not read", "no right", "Ask.")}
    )
    assert reported[claim].verdict == NOT_HELD
    assert "no right" in reported[claim].seen


def test_another_domain_is_found(slapd: Slapd) -> None:
    reported, dummy = rehearse(target(slapd, domain="other.example"))
    assert reported["directory.domain"].verdict == NOT_HELD
    assert "corp.example" in reported["directory.domain"].seen


def test_a_group_that_is_found_elsewhere_is_reported() -> None:
    class Moved:
        server = "dc01"

        def pages(self, *dummy: t.Any) -> c.Iterator[list[Entry]]:
            yield [("CN=other", {"objectGUID": [b"1" * 16]})]

    session = t.cast(Directory, Moved())
    reported = rehearsal._found_again(session, DOMAIN, {b"1" * 16: "CN=a"})
    assert (reported.verdict, "CN=other" in reported.seen) == (NOT_HELD, True)
    assert rehearsal._found_again(session, DOMAIN, {}).verdict == NOT_HELD


def test_what_the_schema_hides_is_reported() -> None:
    confidential = Schema(confidential=("extensionData",), filtered=("extensionData",))
    [dummy, readable] = rehearsal.schema_findings(DOMAIN, confidential)
    assert readable.verdict == NOT_TRIED
    [dummy, readable] = rehearsal.schema_findings(dataclasses.replace(DOMAIN, read_only=True), confidential)
    assert readable.verdict == NOT_HELD
    assert rehearsal.domain_findings(dataclasses.replace(DOMAIN, read_only=None))[1].verdict == NOT_TRIED


def test_a_login_that_does_not_come_about_counts_by_the_engine() -> None:
    error = NoDirectoryError("login", "dc01 was not connected to", "no", "Ask.")
    assert rehearsal.not_connected(error, other_engine=False).findings[0].verdict == NOT_HELD
    assert rehearsal.not_connected(error, other_engine=True).findings[0].verdict == NOT_TRIED
    [dummy, certificate] = rehearsal.encryption_findings(Target("corp.example", auth="gssapi", encryption="kerberos"))
    assert certificate.verdict == NOT_TRIED
