# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A connection that is lost is never taken for success, and nothing is made twice."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import FILE, back_up, backups, lose, refused, succeeded
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from lab.sql.engine import Database
from lab.sql.server import SqlServerDouble

# Where a connection is lost: batch, which of the kind, and when.
BEFORE_BACKUP = [
    (r"ProductVersion", 1, "before"),
    (r"sys\.databases AS d", 1, "before"),
    (r"sys\.databases AS d", 1, "after"),
    (r"HAS_PERMS_BY_NAME\(N", 1, "before"),
    (r"\.sys\.objects", 1, "before"),
    (r"sp_getapplock", 1, "before"),
    (r"sp_getapplock", 1, "after"),
    (r"backupmediafamily", 1, "before"),
    (r"backupmediafamily", 1, "after"),
]
IN_BACKUP = [
    ("^BACKUP DATABASE", 1, "before"),
    *(("^BACKUP DATABASE", percent, "during") for percent in (1, 10, 50, 90, 99)),
]
AFTER_BACKUP = [
    ("^BACKUP DATABASE", 1, "after"),
    ("backupmediafamily", 2, "before"),
    ("backupmediafamily", 2, "after"),
]
IN_VERIFY = [("VERIFYONLY", 1, "before"), ("VERIFYONLY", 1, "after")]


def as_it_was(database: Database) -> bool:
    return (database.state, database.user_access) == ("ONLINE", "MULTI_USER")


@pytest.mark.parametrize(("pattern", "number", "when"), BEFORE_BACKUP)
def test_lost_before_the_backup_started_nothing(
    server: SqlServerDouble, driver: str, pattern: str, number: int, when: str
) -> None:
    lose(server, pattern, number, when)
    message = refused(server, "connection_lost", back_up(target(server, driver)))
    assert "was not started" in message
    succeeded(back_up(target(server, driver)))


@pytest.mark.parametrize(("pattern", "number", "when"), IN_BACKUP)
def test_lost_in_the_backup_is_never_done(
    server: SqlServerDouble, driver: str, pattern: str, number: int, when: str
) -> None:
    lose(server, pattern, number, when)
    outcome = back_up(target(server, driver))
    assert outcome["failed"]
    assert outcome["error"]["code"] == "backup_cut", outcome["msg"]
    assert outcome["changed"] is False
    assert "backup_set_uuid" not in outcome
    assert FILE in outcome["msg"]
    assert backups(server) == 0
    assert as_it_was(server.engine.database("GroupID"))
    assert succeeded(back_up(target(server, driver)))["changed"]


@pytest.mark.parametrize(("pattern", "number", "when"), AFTER_BACKUP)
def test_lost_after_the_backup_is_done_with_a_warning(
    server: SqlServerDouble, driver: str, pattern: str, number: int, when: str
) -> None:
    lose(server, pattern, number, when)
    outcome = succeeded(back_up(target(server, driver)))
    assert outcome["changed"]
    assert outcome["verified"]
    assert "connection was lost" in outcome["warnings"][0]
    assert backups(server) == 1
    assert as_it_was(server.engine.database("GroupID"))


@pytest.mark.parametrize(("pattern", "number", "when"), IN_VERIFY)
def test_lost_in_the_verification_is_not_verified(
    server: SqlServerDouble, driver: str, pattern: str, number: int, when: str
) -> None:
    lose(server, pattern, number, when)
    outcome = back_up(target(server, driver))
    assert outcome["failed"]
    assert outcome["error"]["code"] == "connection_lost"
    assert outcome["verified"] is False
    assert outcome["changed"] is True
    assert outcome["backup_set_uuid"]
    assert succeeded(back_up(target(server, driver)))["shared"]


def test_server_out_of_reach_leaves_it_unknown_and_the_next_run_finishes(
    server: SqlServerDouble, driver: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = "ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run.Reconnect"
    monkeypatch.setattr(again, lambda opener: Reconnect(opener, timeout=0.1, pause=0.1))
    lose(server, "^BACKUP DATABASE", 1, "after", outage=True)
    outcome = back_up(target(server, driver, login_timeout=1))
    assert outcome["failed"]
    assert outcome["error"]["code"] == "backup_unknown"
    assert "same set id" in outcome["msg"]
    server.listen()
    assert succeeded(back_up(target(server, driver)))["shared"]
    assert backups(server) == 1
