# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The double and a real SQL Server behind one face, so that one test runs against both."""

from __future__ import annotations

import collections.abc as c
import json
import os
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import Outcome, Session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.target import Target
from ansible_collections.identityops.groupid.plugins.module_utils.sql.text import identifier, literal
from lab.sql.server import SqlServerDouble

VARIABLE = "GROUPID_TEST_SQL"
"""JSON: the fields of a Target, and ``folder``, which SQL Server's service can write to."""

ROWS = ((1, "first"), (2, "zweite — Größe"), (3, "it's third"))


class Server(t.Protocol):
    """A server with databases that look like GroupID's: svc.Client with ROWS. folder: for backups, as it sees it."""

    target: Target
    folder: str

    def make(self, database: str) -> None:
        """Make a database anew."""

    def change(self, database: str) -> None:
        """Change, add and delete rows."""

    def rows(self, database: str) -> list[tuple[t.Any, ...]]:
        """Give the rows, in order."""

    def clean(self) -> None:
        """Leave no database behind."""


def open_on(server: Server) -> c.Callable[[], Session]:
    """Give what opens connections to a server."""
    return lambda: open_session(server.target)


def send(server: Server, batch: str) -> Outcome:
    """Run one batch on a connection of its own."""
    session = open_session(server.target)
    try:
        return session.execute(batch)
    finally:
        session.close()


class Double:
    """The double of tests/lab/sql."""

    folder = "D:\\Backups"

    def __init__(self, double: SqlServerDouble, driver: str) -> None:
        self._double = double
        double.engine.map_path(self.folder).mkdir(parents=True)
        self.target = Target(
            server="127.0.0.1",
            port=double.port,
            username="sa",
            password=double.password,
            encrypt="off",
            driver=driver,
        )

    def make(self, database: str) -> None:
        self._double.engine.add_database(database)
        for row in ROWS:
            self._double.engine.sql(database, 'INSERT INTO "svc.Client" (ClientId, Name) VALUES (?, ?)', row)

    def change(self, database: str) -> None:
        for statement in (
            """UPDATE "svc.Client" SET Name = 'changed' WHERE ClientId = 1""",
            'DELETE FROM "svc.Client" WHERE ClientId = 2',
            """INSERT INTO "svc.Client" (ClientId, Name) VALUES (4, 'new')""",
        ):
            self._double.engine.sql(database, statement)

    def rows(self, database: str) -> list[tuple[t.Any, ...]]:
        return self._double.engine.sql(database, 'SELECT ClientId, Name FROM "svc.Client" ORDER BY 1')

    def clean(self) -> None:
        """Nothing: it ends with its test."""


class Real:
    """The server that VARIABLE names."""

    def __init__(self) -> None:
        given = json.loads(os.environ[VARIABLE])
        self.folder = given.pop("folder")
        self.target = Target(**given)
        self._made: set[str] = set()

    def make(self, database: str) -> None:
        self._drop(database)
        self._made.add(database)
        send(self, f"CREATE DATABASE {identifier(database)}")
        self._within(database, "CREATE SCHEMA svc")
        self._within(database, "CREATE TABLE svc.Client (ClientId int PRIMARY KEY, Name nvarchar(100))")
        for number, name in ROWS:
            self._within(database, f"INSERT INTO svc.Client VALUES ({number}, {literal(name)})")

    def change(self, database: str) -> None:
        self._within(database, "UPDATE svc.Client SET Name = N'changed' WHERE ClientId = 1")
        self._within(database, "DELETE FROM svc.Client WHERE ClientId = 2")
        self._within(database, "INSERT INTO svc.Client VALUES (4, N'new')")

    def rows(self, database: str) -> list[tuple[t.Any, ...]]:
        found = self._within(database, "SELECT ClientId, Name FROM svc.Client ORDER BY ClientId")
        return list(found.results[0].rows)

    def clean(self) -> None:
        for database in self._made:
            self._drop(database)

    def _within(self, database: str, statement: str) -> Outcome:
        return send(self, f"EXEC {identifier(database)}.sys.sp_executesql {literal(statement)}")

    def _drop(self, database: str) -> None:
        send(
            self,
            f"IF DB_ID({literal(database)}) IS NOT NULL BEGIN "
            f"IF DATABASEPROPERTYEX({literal(database)}, 'Status') = 'ONLINE' "
            f"ALTER DATABASE {identifier(database)} SET SINGLE_USER WITH ROLLBACK IMMEDIATE; "
            f"DROP DATABASE {identifier(database)} END",
        )


def missing() -> str:
    """Say what a real server lacks to be tested; empty when there is one."""
    return "" if VARIABLE in os.environ else f"needs a SQL Server: {VARIABLE} (see tests/integration/sql_servers.py)"


def double_of(folder: pathlib.Path) -> SqlServerDouble:
    """Make a double with its files below a folder; a context manager."""
    return SqlServerDouble(folder)
