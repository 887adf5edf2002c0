# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The double and a real SQL Server behind one face, so that one test runs against both."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import json
import os
import pathlib
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Outcome, Session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target
from lab.sql.catalogue import VIEWS
from lab.sql.engine import User
from lab.sql.server import SqlServerDouble

VARIABLE = "GROUPID_TEST_SQL"
"""JSON: the fields of a Target, and ``folder``, which SQL Server's service can write to."""

LOGIN = "groupid_backup"
PASSWORD = "Lab-Two-Logins-1!"
_README = pathlib.Path(__file__).parents[2] / "README.md"

ROWS = ((1, "first"), (2, "zweite — Größe"), (3, "it's third"))


class Server(t.Protocol):
    """A server with databases that look like GroupID's: svc.Client with ROWS. folder: for backups, as it sees it."""

    target: Target
    folder: str

    def make(self, database: str) -> None:
        """Make a database anew."""

    def login(self, database: str, *, restores: bool) -> Target:
        """Make one of the README's two logins, and give the server as it sees it."""

    def recovery(self, database: str, model: str) -> None:
        """Set the recovery model."""

    def change(self, database: str) -> None:
        """Change, add and delete rows."""

    def rows(self, database: str) -> list[tuple[t.Any, ...]]:
        """Return the rows, in order."""

    def clean(self) -> None:
        """Leave no database behind."""


def open_on(server: Server) -> c.Callable[[], Session]:
    """Return what opens connections to a server."""
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

    def login(self, database: str, *, restores: bool) -> Target:
        granted = {f"msdb.{table}" for table in re.findall(r"GRANT SELECT ON (\S+)", grants(restores))}
        views = {name for name in VIEWS if name.startswith("msdb.")}
        made = self._double.engine.add_login(
            LOGIN,
            PASSWORD,
            permissions=set(re.findall(r"GRANT (CREATE ANY DATABASE|VIEW SERVER STATE) TO", grants(restores))),
            roles=set(re.findall(r"ALTER SERVER ROLE (\w+)", grants(restores))),
            denied=views - granted,
        )
        user = User(
            LOGIN,
            made.sid,
            frozenset(re.findall(r"ALTER ROLE (\w+)", grants(restores))),
            frozenset(re.findall(r"GRANT (VIEW DEFINITION) TO", grants(restores))),
        )
        self._double.engine.database(database).users = (user,)
        return dataclasses.replace(self.target, username=LOGIN, password=PASSWORD)

    def recovery(self, database: str, model: str) -> None:
        self._double.engine.database(database).recovery_model = model

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
        self._has_login = False

    def make(self, database: str) -> None:
        self._drop(database)
        self._made.add(database)
        send(self, f"CREATE DATABASE {identifier(database)}")
        self._within(database, "CREATE SCHEMA svc")
        self._within(database, "CREATE TABLE svc.Client (ClientId int PRIMARY KEY, Name nvarchar(100))")
        for number, name in ROWS:
            self._within(database, f"INSERT INTO svc.Client VALUES ({number}, {literal(name)})")

    def login(self, database: str, *, restores: bool) -> Target:
        self._drop_login()
        place = "master"
        for statement in grants(restores).replace("'...'", literal(PASSWORD)).split(";"):
            text = statement.strip()
            if text.startswith("USE "):
                place = {"GroupID": database}.get(text.split()[1], text.split()[1])
            elif text:
                self._within(place, text)
        self._has_login = True
        return dataclasses.replace(self.target, auth="sql", username=LOGIN, password=PASSWORD)

    def recovery(self, database: str, model: str) -> None:
        send(self, f"ALTER DATABASE {identifier(database)} SET RECOVERY {model}")

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
        if self._has_login:
            self._drop_login()

    def _drop_login(self) -> None:
        self._within("msdb", f"DROP USER IF EXISTS {LOGIN}")
        self._within("master", f"IF SUSER_ID({literal(LOGIN)}) IS NOT NULL DROP LOGIN {LOGIN}")

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


def grants(restores: bool) -> str:
    """Return the README's statements for the login that backs up, or for the one that restores as well."""
    text = _README.read_text(encoding="utf-8").partition("-- backup and verify\n")[2].partition("```")[0]
    first, second = text.split("-- and restore: all of that, and\n")
    return re.sub(r"--.*", "", first + second if restores else first)


def missing() -> str:
    """Say what a real server lacks to be tested; empty when there is one."""
    return "" if VARIABLE in os.environ else f"needs a SQL Server: {VARIABLE} (see tests/integration/sql_servers.py)"


def double_of(folder: pathlib.Path) -> SqlServerDouble:
    """Make a double with its files below a folder; a context manager."""
    return SqlServerDouble(folder)
