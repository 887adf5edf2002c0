# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account or a server may not see reads as empty: an export records who read, a restore does not delete it."""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t

import pytest
from unit.plugins.ldif_actions import ARGS, LIST, RESTORE, STORE, Make, domains, export, fetched, undo_of

from lab.directory.groups import Group
from lab.directory.slapd import Slapd

SECRET = "extensionAttribute13"
GROUPS = [
    Group("Sales", b"\1" * 16, attributes={SECRET: (b"only for some",), "extensionAttribute12": (b"one",)}),
    Group("Ops", b"\2" * 16, attributes={"extensionAttribute12": (b"two",)}),
]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> c.Iterator[Slapd]:
    folder = tmp_path_factory.mktemp("slapd")
    with Slapd(folder, groups=GROUPS, confidential_attributes=(SECRET,)) as server:
        yield server


def exported(
    host: Make, server: Slapd, **changes: t.Any
) -> tuple[dict[str, bytes], dict[str, t.Any], dict[str, t.Any]]:
    """Export: files, details, result."""
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    result = made.run(**domains(server, **changes))
    assert result["failed"] is False, result
    return *undo_of(made), result


def test_an_export_records_the_account_and_warns_of_confidential_attributes(host: Make, directory: Slapd) -> None:
    files, details, result = exported(host, directory, username=directory.reader_dn)
    assert SECRET.encode() not in files["corp.example.ldf"], "what may not be read is no error, and not there"
    assert details["account"].lower() == result["account"].lower() == directory.reader_dn.lower()
    assert details["confidential_attributes"] == result["confidential_attributes"] == [SECRET]
    [warning] = result["warnings"]
    assert f"marks {SECRET} as confidential (searchFlags 128)" in warning
    assert details["account"] in warning


def test_what_another_account_could_not_read_is_not_cleared(host: Make, directory: Slapd) -> None:
    files, details, dummy = exported(host, directory, username=directory.reader_dn)
    before = directory.groups()
    asked = {**RESTORE, "clear": True}
    for check in (True, False):
        made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=check)
        result = made.run(**domains(directory))
        assert (result["failed"], result["error"]["code"]) == (True, "other_account")
        for named in (directory.reader_dn, directory.bind_dn, directory.dn_of(GROUPS[0].guid)):
            assert named.lower() in result["error"]["cause"].lower()
        assert "groupid_ldif_clear_unseen" in result["error"]["next"]
    assert directory.groups() == before
    waived = host("groupid_ldif_restore", {**asked, "clear_unseen": True}, *fetched(files, details), check_mode=True)
    assert waived.run(**domains(directory))["written"] == [directory.dn_of(GROUPS[0].guid)]


def test_without_clear_any_account_restores_what_another_saved(host: Make, directory: Slapd) -> None:
    files, details, dummy = exported(host, directory, username=directory.reader_dn)
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, details), check_mode=True)
    result = made.run(**domains(directory))
    assert (result["failed"], result["written"], result["warnings"]) == (False, [], [])
    assert result["kept"] == [directory.dn_of(GROUPS[0].guid)]


def test_clear_where_nothing_would_be_cleared_needs_no_word(host: Make, directory: Slapd) -> None:
    files, details, dummy = exported(host, directory, username=directory.reader_dn)
    asked = {**RESTORE, "clear": True, "attributes": ["extensionAttribute12"]}
    made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
    assert made.run(**domains(directory))["failed"] is False


def test_the_same_account_clears(host: Make, directory: Slapd) -> None:
    files, details = export(host, directory)
    dn = directory.dn_of(GROUPS[1].guid)
    directory.change(dn, SECRET, b"set since")
    details = {**details, "account": details["account"].upper()}
    made = host("groupid_ldif_restore", {**RESTORE, "clear": True}, *fetched(files, details), LIST, *STORE)
    result = made.run(**domains(directory))
    assert (result["failed"], result["written"], result["warnings"]) == (False, [dn], []), result


def test_a_set_that_does_not_say_who_read_it_clears_with_a_warning(host: Make, directory: Slapd) -> None:
    """As the sets of 0.5.0."""
    files, details = export(host, directory)
    for name in ("account", "read_only", "confidential_attributes", "filtered_attributes"):
        del details[name]
    dn = directory.dn_of(GROUPS[1].guid)
    directory.change(dn, SECRET, b"set since")
    made = host("groupid_ldif_restore", {**RESTORE, "clear": True}, *fetched(files, details), LIST, *STORE)
    result = made.run(**domains(directory))
    assert (result["failed"], result["written"]) == (False, [dn])
    assert "does not say which account read it" in result["warnings"][0]


@pytest.mark.parametrize("filtered", [(), (SECRET,)])
def test_an_export_from_a_read_only_domain_controller_is_warned_of_and_clears_nothing_unseen(
    host: Make, tmp_path: pathlib.Path, filtered: tuple[str, ...]
) -> None:
    with Slapd(tmp_path / "rodc", groups=GROUPS, read_only=True, filtered_attributes=filtered) as server:
        files, details, result = exported(host, server)
    assert (details["read_only"], result["read_only"]) == (True, True)
    assert details["filtered_attributes"] == result["filtered_attributes"] == list(filtered)
    [warning] = result["warnings"]
    assert "is a read-only domain controller" in warning
    assert (SECRET in warning) == bool(filtered)
    assert (b"only for some" in files["corp.example.ldf"]) != bool(filtered)
    with Slapd(tmp_path / "writable", groups=GROUPS, filtered_attributes=filtered) as server:
        made = host("groupid_ldif_restore", {**RESTORE, "clear": True}, *fetched(files, details), check_mode=True)
        result = made.run(**domains(server))
        assert (exported(host, server)[1]["filtered_attributes"], result["failed"]) == ([], bool(filtered))
        if filtered:
            assert result["error"]["code"] == "not_seen"
            assert server.dn_of(GROUPS[0].guid) in result["error"]["cause"]
            asked = {**RESTORE, "clear": True, "clear_unseen": True}
            made = host("groupid_ldif_restore", asked, *fetched(files, details), check_mode=True)
            assert len(made.run(**domains(server))["written"]) == 1
