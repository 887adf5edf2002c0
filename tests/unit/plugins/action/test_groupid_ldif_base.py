# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The container that a set was made of was renamed, moved or deleted since."""

from __future__ import annotations

import collections.abc as c
import pathlib
import typing as t
import uuid

import ldap
import pytest
from unit.plugins.ldif_actions import ARGS, LIST, RESTORE, STORE, Make, domains, fetched, undo_of

from lab.directory.groups import Group
from lab.directory.slapd import Slapd

BASE = "OU=Gruppen,DC=corp,DC=example"
OTHER = "OU=Andere,DC=corp,DC=example"
SALES = Group("Sales", b"\1" * 16, attributes={"extensionAttribute12": (b"one",)})
GROUPS = [
    SALES,
    Group("Ops", b"\2" * 16, attributes={"extensionData": (b"\0\1", b"abc")}),
    Group("Bare", b"\3" * 16),
    Group("Elsewhere", b"\4" * 16, ("Andere",), {"extensionAttribute12": (b"of another unit",)}),
]


@pytest.fixture
def directory(tmp_path: pathlib.Path) -> c.Iterator[Slapd]:
    with Slapd(tmp_path, groups=GROUPS) as server:
        yield server


def saved(host: Make, server: Slapd) -> tuple[dict[str, bytes], dict[str, t.Any]]:
    """Export what lies below the base, and change a group of it."""
    made = host("groupid_ldif_export", {**ARGS, "engine": "ldap"}, *STORE)
    result = made.run(**domains(server, base=BASE))
    assert (result["failed"], result["groups"]) == (False, 3)
    server.change(server.dn_of(SALES.guid), "extensionAttribute12", b"two")
    return undo_of(made)


def restored(host: Make, server: Slapd, saved: tuple[dict[str, bytes], dict[str, t.Any]], **domain: t.Any) -> t.Any:
    made = host("groupid_ldif_restore", RESTORE, *fetched(*saved), LIST, *STORE)
    result = made.run(**domains(server, **domain))
    assert (result["failed"], result["written"]) == (False, [server.dn_of(SALES.guid)]), result
    assert server.groups()[SALES.guid][1] == {"extensionAttribute12": [b"one"]}
    assert result["counts"]["gone"] == 0
    return result


def test_an_export_records_the_objectguid_of_its_base(host: Make, directory: Slapd) -> None:
    dummy, details = saved(host, directory)
    [(_dn, shown)] = directory.entries("(OU=Gruppen)", ["objectGUID"])
    assert details["base"] == BASE
    assert details["base_guid"] == str(uuid.UUID(bytes_le=shown["objectGUID"][0]))


@pytest.mark.parametrize("parent", [None, OTHER])
def test_a_base_that_was_renamed_or_moved_is_found_by_its_objectguid(
    host: Make, directory: Slapd, parent: str | None
) -> None:
    then = saved(host, directory)
    directory.rename_unit(BASE, "Groups", parent)
    directory.add(Group("New", b"\7" * 16, ("Groups",) if parent is None else ("Groups", "Andere")))
    result = restored(host, directory, then)
    assert (result["counts"]["new"], result["counts"]["equal"]) == (1, 2)
    assert result["warnings"] == [f"The base of the set, {BASE}, is now OU=Groups,{parent or directory.base}."]


def test_another_container_of_that_name_is_not_the_base(host: Make, directory: Slapd) -> None:
    then = saved(host, directory)
    directory.rename_unit(BASE, "Groups")
    with directory.admin() as connection:
        attributes = [("objectClass", [b"organizationalUnit"]), ("OU", [b"Gruppen"]), ("objectGUID", [b"\x09" * 16])]
        connection.add_s(BASE, attributes)
    directory.add(Group("Of the other one", b"\7" * 16))
    assert restored(host, directory, then)["counts"]["new"] == 0


@pytest.mark.parametrize("reported", [True, False])
def test_a_base_that_is_gone_leaves_its_groups_to_be_found_one_by_one(
    host: Make, directory: Slapd, reported: bool
) -> None:
    """Without base_guid, as in the sets of 0.5.0, the name alone tells that it is gone."""
    files, details = saved(host, directory)
    for guid, (dn, dummy) in directory.groups().items():
        directory.move(dn, dn.partition(",")[0].removeprefix("cn=").removeprefix("CN="), OTHER) if guid[0] < 4 else None
    with directory.admin() as connection:
        connection.delete_s(BASE)
    if not reported:
        del details["base_guid"]
    result = restored(host, directory, (files, details), base=OTHER)
    assert (result["counts"]["new"], result["counts"]["moved"]) == (0, 3)
    assert f"The base of the set, {BASE}, no longer exists." in result["warnings"][0]


def test_a_set_that_does_not_have_its_base_by_objectguid_goes_by_the_name(host: Make, directory: Slapd) -> None:
    files, details = saved(host, directory)
    del details["base_guid"]
    assert restored(host, directory, (files, details))["warnings"] == []


def test_details_with_a_base_that_is_no_guid_are_refused(host: Make, directory: Slapd) -> None:
    files, details = saved(host, directory)
    made = host("groupid_ldif_restore", RESTORE, *fetched(files, {**details, "base_guid": "*)(cn=*"}))
    result = made.run(**domains(directory))
    assert (result["failed"], result["error"]["code"]) == (True, "files")
    with directory.admin() as connection:
        assert connection.search_s(BASE, ldap.SCOPE_BASE)
