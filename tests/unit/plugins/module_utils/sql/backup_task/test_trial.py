# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup that is restored as a test, on its own server or on another one."""

from __future__ import annotations

import pathlib

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import back_up, lose, succeeded
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import ProofRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore import trial
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from lab.sql.engine import DataFile
from lab.sql.server import SqlServerDouble

STRAY = "groupid_test_0123456789abcdef"
# Where RESTORE puts a test restore's files, and CREATE DATABASE puts none.
STRAY_FILES = (
    DataFile(1, "GroupID", rf"D:\MSSQL\DATA\{STRAY}_0.mdf"),
    DataFile(2, "GroupID_log", rf"D:\MSSQL\LOG\{STRAY}_1.ldf", "LOG"),
)


def test_backup_proves_itself_on_the_same_server(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    before = set(server.engine.databases)
    server.engine.add_database(STRAY, state="RESTORING", files=STRAY_FILES)
    outcome = succeeded(back_up(where, test_restore=ProofRequest(lambda: open_session(where), same_server=True)))
    assert outcome["test_restore"]["strays"] == [STRAY]
    assert set(server.engine.databases) == before
    assert [statement.split()[0] for statement in outcome["statements"]][-4:] == ["IF", "RESTORE", "DBCC", "IF"]


def test_a_test_restore_drops_no_stray_that_no_test_restore_made(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    server.engine.add_database(STRAY)
    before = set(server.engine.databases)
    outcome = succeeded(back_up(where, test_restore=ProofRequest(lambda: open_session(where), same_server=True)))
    assert outcome["test_restore"]["strays"] == []
    assert set(server.engine.databases) == before


@pytest.mark.parametrize("state", ["ONLINE", "RESTORING"])
def test_a_test_restore_drops_nothing_of_somebody_who_has_its_name(
    server: SqlServerDouble, driver: str, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """RESTORE is refused (3154) as the name was taken meanwhile. That there is such a database proves nothing."""
    where = target(server, driver)
    monkeypatch.setattr(trial, "scratch_name", lambda: STRAY)
    server.faults.first("^RESTORE DATABASE", lambda: server.engine.add_database(STRAY, state=state))
    outcome = back_up(where, test_restore=ProofRequest(lambda: open_session(where), same_server=True))
    assert outcome["error"]["number"] == 3154
    assert outcome["left"] == STRAY
    assert STRAY in server.engine.databases


def test_backup_proves_itself_on_another_server(server: SqlServerDouble, tmp_path: pathlib.Path, driver: str) -> None:
    with SqlServerDouble(tmp_path / "other", map_path=server.engine.map_path) as other:
        there = target(other, driver)
        proof = ProofRequest(lambda: open_session(there), same_server=False)
        outcome = succeeded(back_up(target(server, driver), test_restore=proof))
        assert not [name for name in other.engine.databases if name.startswith("groupid")]
    assert outcome["test_restore"]["bytes"] > 0


def test_damage_that_checkdb_finds_fails_and_leaves_nothing(server: SqlServerDouble, driver: str) -> None:
    where = target(server, driver)
    before = set(server.engine.databases)
    server.faults.errors("DBCC CHECKDB", (8928, "Object ID 5: Page (1:9) could not be processed."))
    outcome = back_up(where, test_restore=ProofRequest(lambda: open_session(where), same_server=True))
    assert outcome["failed"]
    assert "8928" in outcome["msg"]
    assert outcome["changed"]
    assert set(server.engine.databases) == before


@pytest.mark.parametrize(
    ("pattern", "when"), [("RESTORE DATABASE", "during"), ("CHECKDB", "before"), ("DROP", "before")]
)
def test_lost_test_restore_leaves_nothing(server: SqlServerDouble, driver: str, pattern: str, when: str) -> None:
    where = target(server, driver)
    before = set(server.engine.databases)
    lose(server, pattern, 50 if when == "during" else 1, when)
    outcome = back_up(where, test_restore=ProofRequest(lambda: open_session(where), same_server=True))
    assert outcome["failed"]
    assert outcome["error"]["code"] == "connection_lost"
    assert "left" not in outcome
    assert set(server.engine.databases) == before
