# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup root and the folders that are saved lie apart from each other and from what the product's setup removes."""

from __future__ import annotations

import typing as t

import pytest

PRODUCT = {
    "version": "10.0",
    "registry": ["SOFTWARE\\Vendor\\Version 10.0"],
    "installation": "Program Files\\Vendor\\Product 10.0",
    "data": "Vendor\\Product 10.0",
    "components": [{"name": "reports", "base": "data", "path": "Reports", "required": True, "default": True}],
}
CHECK = pytest.mark.parametrize("check", [False, True])


def untouched(host: t.Any) -> dict[str, t.Any]:
    """Return all that is there but for the agent's own lock."""
    return {path: facts for path, facts in host.picture(times=False).items() if "identityops.groupid" not in path}


def refused(host: t.Any, check: bool, **members: t.Any) -> dict[str, t.Any]:
    """Return the error of a backup that touched nothing."""
    before = untouched(host)
    answer = host.backup(check=check, **members)
    assert (answer["failed"], answer["changed"], untouched(host)) == (True, False, before)
    error: dict[str, t.Any] = answer["error"]
    return error


@CHECK
@pytest.mark.parametrize(
    ("root", "holder"),
    [
        ("C/Program Files/Vendor/Product 10.0/Backups", "C/Program Files/Vendor/Product 10.0"),
        ("D/Program Files/Vendor/Product 10.0", "D/Program Files/Vendor/Product 10.0"),
        ("C/ProgramData/Vendor/Product 10.0/Reports/x/y", "C/ProgramData/Vendor/Product 10.0"),
        ("D/Moved/Backups", "D/Moved"),
    ],
)
def test_a_root_in_the_product_is_refused(host: t.Any, root: str, holder: str, check: bool) -> None:
    host.write(a="x")
    host.root = host.folder / root
    error = refused(host, check, products=[PRODUCT], component_paths={"reports": str(host.folder / "D" / "Moved")})
    assert (error["code"], error["path"]) == ("root_in_product", str(host.root))
    assert str(host.folder / holder) in error["cause"]
    assert "groupid_backup_root" in error["next"]


def test_a_link_into_the_product_leads_there(host: t.Any) -> None:
    host.write(a="x")
    inside = host.folder / "C" / "ProgramData" / "Vendor" / "Product 10.0"
    inside.mkdir(parents=True)
    host.root.symlink_to(inside)
    assert refused(host, False, products=[PRODUCT])["code"] == "root_in_product"


def test_a_root_beside_the_product_is_taken(host: t.Any) -> None:
    host.write(a="x")
    host.root = host.folder / "C" / "ProgramData" / "Vendor" / "Product 10.0 backups"
    assert not host.backup(products=[PRODUCT])["failed"]


def test_a_probe_reports_which_folder_of_the_product_holds_a_root(host: t.Any) -> None:
    data, installed = (f"{host.folder}/C/{base}/Vendor/Product 10.0" for base in ("ProgramData", "Program Files"))
    moved = str(host.folder / "D" / "Moved")
    roots = [str(host.root), f"{data}/Backups", installed, f"{moved}/x"]
    answer = host.call("probe", products=[PRODUCT], roots=roots, component_paths={"reports": moved})
    assert [root["inside"] for root in answer["roots"]] == [None, data, installed, moved]


@CHECK
@pytest.mark.parametrize("root", ["C/Source", "C/Source/x/y"])
def test_a_root_that_is_a_source_or_lies_in_one_is_refused(host: t.Any, root: str, check: bool) -> None:
    host.write(a="x")
    host.root = host.folder / root
    error = refused(host, check)
    assert (error["code"], error["component"], error["path"]) == ("source_in_root", "data", str(host.source))


def test_a_drive_may_be_the_root_of_sets_and_hold_a_source(host: t.Any) -> None:
    host.write(a="x")
    host.root = host.folder / "C"
    assert not host.backup()["failed"]


@CHECK
@pytest.mark.parametrize(
    ("second", "words"),
    [
        ("C/Source", "It is the folder of data, {source}, too."),
        ("C/Source/sub", "It and the folder of data, {source}, overlap."),
        ("C", "It and the folder of data, {source}, overlap."),
        ("C/link", "It is the folder of data, {source}, too."),
    ],
)
def test_folders_that_overlap_are_refused_with_both_names(host: t.Any, second: str, words: str, check: bool) -> None:
    host.write(sub__a="x")
    (host.folder / "C" / "link").symlink_to("Source")
    components = [
        {"name": "data", "path": str(host.source)},
        {"name": "mine", "path": str(host.folder / second)},
    ]
    error = refused(host, check, components=components)
    assert (error["code"], error["component"]) == ("sources_overlap", "mine")
    assert error["cause"] == words.format(source=host.source)
    assert error["path"] == str(host.source if second == "C/link" else host.folder / second)
    assert not host.backup(components=components[:1])["failed"]
