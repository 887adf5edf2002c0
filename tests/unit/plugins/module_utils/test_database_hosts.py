# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a host that no play checks, because it only gets the backup of the database."""

from __future__ import annotations

import collections.abc as c
import typing as t

import pytest

from ansible_collections.identityops.groupid.plugins.module_utils import database_hosts
from ansible_collections.identityops.groupid.plugins.module_utils.run_kind import Kind

ROOT = {"groupid_backup_root": "E:\\Backups"}


def facts(sql01: c.Mapping[str, t.Any], mode: str = "host", **asked: t.Any) -> dict[str, c.Mapping[str, t.Any]]:
    usual = {"sql_server": "sql01.corp.example", "components": None, "backup_root": "D:\\Backups"}
    asked = {**usual, "sql_backup_mode": mode, "sql_host": "sql01", "sql_delegate_to": "", **asked}
    return {"web01": {"__groupid_asked": asked}, "web02": {"__groupid_asked": asked}, "sql01": sql01}


def told(
    sql01: c.Mapping[str, t.Any], in_playbook: bool = True, run: c.Collection[str] = ("web01", "web02")
) -> list[str]:
    return [str(failure) for failure in database_hosts.faults(facts(sql01), run, "backup", in_playbook)]


def test_a_root_of_its_own_is_asked_for_once() -> None:
    [line] = told({})
    assert line == (
        "groupid_backup_root of sql01, which groupid_sql_host names, is not set: the backup of the database is made "
        "below the backup root of that computer. Set it in the variables of sql01 in the inventory, for example: "
        "groupid_backup_root: D:\\GroupIDBackups"
    )
    assert told({"groupid_backup_root": " "}) == [line]


def test_a_misspelled_root_is_named() -> None:
    unknown, missing = told({"groupid_backup_rot": "E:\\Backups"})
    assert "groupid_backup_rot is not a variable of this collection (sql01, which groupid_sql_host" in unknown
    assert "Did you mean groupid_backup_root?" in unknown
    assert "is not set" in missing


def test_roles_refuse_only_what_they_need() -> None:
    strange = {**ROOT, "groupid_colour": "red"}
    assert told(strange, in_playbook=False) == []
    assert len(told(strange)) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Backups", 'it is "Backups", which is not a full path'),
        (5, "it is 5, which is not text"),
        ("{{ nowhere }}\\x", "cannot be read: {{ nowhere }}\\x is undefined"),
    ],
)
def test_a_root_that_is_no_path_is_shown_as_it_was_given(value: object, text: str) -> None:
    [line] = told({"groupid_backup_root": value})
    assert text in line
    assert "in the variables of sql01 in the inventory" in line


def test_a_variable_that_ansible_cannot_resolve_is_a_failure() -> None:
    class Unresolved(dict[str, t.Any]):
        def get(self, name: str, default: t.Any = None) -> t.Any:
            raise RuntimeError(f"{name}: 'drive' is undefined")

    [line] = told(Unresolved(ROOT))
    assert "cannot be read: groupid_backup_root: 'drive' is undefined. Correct its template" in line


@pytest.mark.parametrize("typed", ["E:/Backups/", '"E:\\Backups"', "e:\\\\Backups"])
def test_a_root_is_understood_as_everywhere(typed: str) -> None:
    assert told({"groupid_backup_root": typed}) == []
    assert database_hosts.root(facts({"groupid_backup_root": typed}), "sql01") == "E:\\Backups"


def test_nobody_asks_for_what_is_not_used() -> None:
    assert database_hosts.faults(facts({}, mode="unc"), ["web01"], "backup", True) == []
    assert database_hosts.faults(facts({}), ["web01"], "backup", True) != []
    assert database_hosts.faults(facts({}, components=["reports", "database"]), ["web01"], "restore", True) != []
    unclear = facts({"groupid_backup_root": "{{ nowhere }}"})
    assert database_hosts.root(unclear, "sql01") == "", "faults refuses it where it is used"
    both = {**facts({}), "sql01": {"__groupid_asked": {"sql_backup_mode": "unc", "sql_host": ""}}}
    assert database_hosts.faults(both, ["web01", "sql01"], "backup", True) == [], "it is in the run, which has asked it"
    assert database_hosts.root(both, "sql01") == ""


@pytest.mark.parametrize(
    ("kind", "asked", "refused"),
    [
        ("resume", {}, False),  # what was stopped must be started, whatever else is wrong
        ("restore", {"components": ["reports"]}, False),
        ("backup", {"sql_server": ""}, False),
        ("preflight", {"sql_server": ""}, False),
        ("preflight", {}, True),
        ("verify", {"sql_server": ""}, True),  # a verification does not read it
        ("verify", {"sql_server": "", "components": ["reports"]}, False),
    ],
)
def test_a_run_without_the_database_does_not_need_its_host(kind: Kind, asked: dict[str, t.Any], refused: bool) -> None:
    assert bool(database_hosts.faults(facts({}, **asked), ["web01"], kind, True)) == refused
    assert bool(database_hosts.faults(facts({"groupid_typo": 1, **ROOT}, **asked), ["web01"], kind, True)) == refused


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"mode": "host", "sql_host": "sql1"}, ["groupid_sql_host names 'sql1'"]),
        ({"mode": "unc", "sql_host": "sql1"}, []),
        ({"mode": "host", "sql_host": "sql01", "sql_delegate_to": "localhost"}, []),
        ({"sql_delegate_to": "gateway"}, ["groupid_sql_delegate_to names 'gateway'"]),
    ],
)
def test_a_host_that_a_variable_names_is_one_of_the_inventory(asked: dict[str, t.Any], named: list[str]) -> None:
    usual = {"mode": "unc", "sql_host": "", "sql_delegate_to": "localhost"}
    found = database_hosts.unknown(facts({}, **{**usual, **asked}), ["web01"], "backup")
    assert [failure.what for failure in found] == named
    assert {failure.code for failure in found} <= {"no_such_host"}
    assert all(failure.cause == "the inventory has no such host" for failure in found)
    assert all("Correct it, or add the host to the inventory." in failure.next for failure in found)
    assert database_hosts.unknown(facts({}, **{**usual, **asked}), ["web01"], "resume") == []


def test_a_host_that_is_not_in_the_inventory_is_named_with_the_most_similar_one() -> None:
    found = database_hosts.unknown(facts({}, sql_host="sql1", sql_delegate_to="gateway"), ["web01"], "backup")
    assert [str(failure) for failure in found] == [
        "groupid_sql_delegate_to names 'gateway': the inventory has no such host. Correct it, or add the host to the "
        "inventory.",
        "groupid_sql_host names 'sql1': the inventory has no such host. Did you mean sql01? Correct it, or add the "
        "host to the inventory.",
    ]
