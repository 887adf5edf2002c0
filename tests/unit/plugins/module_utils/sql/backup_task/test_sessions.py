# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who else is in the database while it is backed up."""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import threading

import pytest
from unit.plugins.module_utils.sql.backup_task.backing_up import back_up, backups, lose, refused, succeeded
from unit.plugins.sql_drivers import target

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from lab.sql.engine import User
from lab.sql.server import SqlServerDouble
from lab.waiting import HANG, until


@contextlib.contextmanager
def portal(server: SqlServerDouble, driver: str, database: str = "GroupID") -> c.Iterator[None]:
    """A session of others that uses a database."""
    session = open_session(target(server, driver))
    try:
        session.execute(f"USE {database};")
        yield
    finally:
        session.close()


def test_nobody_is_looked_for_unless_that_is_asked(server: SqlServerDouble, driver: str) -> None:
    with portal(server, driver):
        assert succeeded(back_up(target(server, driver)))["sessions"] is None
    assert not [batch for batch in server.statements if "AS performance_state" in batch]
    assert succeeded(back_up(target(server, driver), sessions=True))["shared"]
    assert succeeded(back_up(target(server, driver), sessions=True))["sessions"] is None


def test_sessions_of_others_in_the_database_are_named(server: SqlServerDouble, driver: str) -> None:
    with portal(server, driver), portal(server, driver), portal(server, driver, "master"):
        outcome = succeeded(back_up(target(server, driver), sessions=True))
    [group] = outcome["sessions"]["before"]
    assert (group["login"], group["count"]) == ("sa", 2)
    assert group["host"]
    assert outcome["sessions"] == {"visible": True, "before": [group], "after": [group]}
    assert json.loads(json.dumps(outcome)) == outcome


def test_own_sessions_and_those_of_the_server_are_nobody_else(server: SqlServerDouble, driver: str) -> None:
    """A second session of the run watches the progress."""
    server.engine.backup_seconds = 0.5
    outcome = succeeded(back_up(target(server, driver), sessions=True))
    assert outcome["sessions"] == {"visible": True, "before": [], "after": []}


@pytest.mark.timing
def test_who_comes_while_it_is_backed_up_is_seen_after_it(server: SqlServerDouble, driver: str) -> None:
    server.engine.backup_seconds = 3.0
    with contextlib.ExitStack() as opened:

        def come() -> None:
            until(lambda: any(one.request and one.request.percent for one in list(server.engine.sessions.values())))
            opened.enter_context(portal(server, driver))

        comer = threading.Thread(target=come, daemon=True)
        comer.start()
        outcome = succeeded(back_up(target(server, driver), sessions=True))
        comer.join(HANG)
    assert outcome["sessions"]["before"] == []
    assert [group["count"] for group in outcome["sessions"]["after"]] == [1]


@pytest.mark.parametrize(
    ("version", "permission", "visible"),
    [
        ("15.0.4430.1", "VIEW SERVER STATE", True),
        ("15.0.4430.1", "", False),
        ("16.0.4236.2", "VIEW SERVER PERFORMANCE STATE", True),
        ("16.0.4236.2", "", False),
    ],
)
def test_login_that_does_not_see_others_says_so(
    server: SqlServerDouble, driver: str, version: str, permission: str, visible: bool
) -> None:
    server.engine.version = version
    login = server.engine.add_login("worker", "x", roles={"dbcreator"}, permissions={permission} - {""})
    rights = frozenset({"db_backupoperator"}), frozenset({"VIEW DEFINITION"})
    server.engine.database("GroupID").users = (User("worker", login.sid, *rights),)
    with portal(server, driver):
        where = target(server, driver, username="worker", password="x")
        outcome = succeeded(back_up(where, sessions=True))
    assert outcome["sessions"]["visible"] is visible
    assert bool(outcome["sessions"]["before"]) is visible


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_while_it_looked_after_the_backup_looks_again(server: SqlServerDouble, driver: str, when: str) -> None:
    lose(server, "AS performance_state", 2, when)
    with portal(server, driver):
        outcome = succeeded(back_up(target(server, driver), sessions=True))
    assert "connection was lost" in outcome["warnings"][0]
    assert [group["count"] for group in outcome["sessions"]["after"]] == [1]
    assert backups(server) == 1


def test_lost_while_it_looked_before_the_backup_started_nothing(server: SqlServerDouble, driver: str) -> None:
    lose(server, "AS performance_state", 1, "after")
    refused(server, "connection_lost", back_up(target(server, driver), sessions=True))
