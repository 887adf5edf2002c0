# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that are known to do harm are warnings with what to do, by the backup and the restore that meet them."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import products

TRAPS = [
    {"component": "data", "glob": "*/app_offline.htm", "meaning": "It is offline.", "next": "Delete it."},
    {"component": "data", "glob": "*/Web/app_offline.htm", "meaning": "Its web is offline.", "next": "Delete it."},
    {"component": "data", "glob": "**/write.lock", "meaning": "A node runs.", "next": "Stop it.", "held": True},
    {"component": "other", "glob": "**", "meaning": "Never.", "next": "Never."},
]


@pytest.mark.parametrize("check", [False, True])
def test_a_backup_warns_of_each(host: t.Any, check: bool) -> None:
    for name in ("HR/app_offline.htm", "IT/Web/App_Offline.HTM", "app_offline.htm", "HR/Web/x/app_offline.htm"):
        host.file(name)
    answer = host.backup(traps=TRAPS, check=check)
    assert not answer["failed"]
    assert sorted(answer["warnings"]) == [
        f"data: {host.source}/HR/app_offline.htm: It is offline. Delete it.",
        f"data: {host.source}/IT/Web/App_Offline.HTM: Its web is offline. Delete it.",
    ]
    if not check:
        assert host.part_document()["warnings"] == answer["warnings"]


@pytest.mark.parametrize("check", [False, True])
def test_a_restore_warns_of_what_it_brings(host: t.Any, check: bool) -> None:
    host.file("HR/app_offline.htm")
    host.file("IT/app_offline.htm")
    host.backup()
    target = host.folder / "D" / "Elsewhere"
    answer = host.restore(traps=TRAPS, include=["HR"], target=str(target), check=check)
    assert answer["warnings"] == [f"data: {target}/HR/app_offline.htm: It is offline. Delete it."]


def test_a_lock_file_is_a_warning_only_while_it_is_held(host: t.Any) -> None:
    host.file("nodes/0/write.lock")
    host.file("nodes/1/write.lock")
    host.faults = {"locked": ["*/nodes/1/write.lock"]}
    answer = host.backup(traps=TRAPS, retries=0, allow_partial=["**/write.lock"])
    assert answer["warnings"] == [f"data: {host.source}/nodes/1/write.lock: A node runs. Stop it."]


def test_many_are_counted_and_the_first_are_named(host: t.Any) -> None:
    for number in range(35):
        host.file(f"{number}/app_offline.htm")
    warnings = host.backup(traps=TRAPS)["warnings"]
    assert len(warnings) == 21
    assert warnings[-1] == "There are 35 such files; the first 20 are named."


@pytest.mark.parametrize(
    ("component", "path", "met"),
    [
        ("self_service_portals", "HR/app_offline.htm", True),
        ("portals", "HR/Web/app_offline.htm", True),
        ("password_center_user", "HR/Design/app_offline.htm", False),
        ("reports", "HR/app_offline.htm", False),
    ],
)
def test_the_products_traps_mean_what_they_say(host: t.Any, component: str, path: str, met: bool) -> None:
    host.file(path)
    component_of = {"name": component, "path": str(host.source)}
    warnings = host.backup(components=[component_of], traps=products.traps_request())["warnings"]
    assert [f"{component}: {host.source}/{path}: IIS keeps" in text for text in warnings] == [True] * met


def test_hard_links_are_counted(host: t.Any) -> None:
    host.write(b="one file", c="alone")
    for name in ("a.txt", "d.txt"):
        os.link(host.source / "b.txt", host.source / name)
    answer = host.backup()
    assert [(loss["kind"], loss["count"], loss["first"]) for loss in answer["losses"]] == [
        ("hard_links", 3, "data/a.txt")
    ]
    assert answer["warnings"] == [
        "3 files or folders have several names (hard links). The set has a copy for each name, and a restore makes a "
        "separate file for each. The first is data/a.txt."
    ]
