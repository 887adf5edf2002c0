# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The SQL Server double, and the two real drivers as its clients."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import pathlib
import re
import typing as t

import pyodbc
import pytest

from lab.sql import drivers
from lab.sql.server import SqlServerDouble


@dataclasses.dataclass
class Answer:
    """What a batch gave: rows of every result set, messages in order, the error if there was one."""

    sets: list[list[tuple[t.Any, ...]]]
    messages: list[tuple[int, str]]
    error: str = ""
    number: int = 0

    def value(self) -> t.Any:
        return self.sets[0][0][0]

    def numbers(self) -> list[int]:
        return [number for number, dummy in self.messages]


class Client:
    """A pyodbc connection to the double that reads answers to their end."""

    def __init__(self, connection: pyodbc.Connection) -> None:
        self.connection = connection

    def run(self, batch: str, timeout: int = 0) -> Answer:
        answer = Answer([], [])
        self.connection.timeout = timeout
        cursor = self.connection.cursor()
        try:
            cursor.execute(batch)
            while True:
                if cursor.description:
                    answer.sets.append([tuple(row) for row in cursor.fetchall()])
                for head, text in cursor.messages or []:
                    found = re.search(r"\((\d+)\)", head)
                    answer.messages.append((int(found[1]) if found else 0, re.sub(r"^(\[[^\]]*\])+", "", text)))
                    # When the connection goes in the middle of an answer, Microsoft's driver raises nothing.
                    answer.error = answer.error or (text if head.startswith("[08") else "")
                if not cursor.nextset():
                    break
        except pyodbc.Error as error:
            answer.error = str(error.args[-1])
            found = re.search(r"\((\d+)\) \(SQL\w+\)", answer.error)
            answer.number = int(found[1]) if found else -1
        return answer

    def close(self) -> None:
        if not self.connection.closed:
            self.connection.close()


Connect = c.Callable[..., Client]


@pytest.fixture(params=drivers.drivers(), ids=lambda driver: driver.name)
def driver(request: pytest.FixtureRequest) -> drivers.Driver:
    if not request.param.value:
        pytest.skip(f"The ODBC driver is not here: {request.param.install}")
    pyodbc.pooling = False
    return t.cast(drivers.Driver, request.param)


@pytest.fixture
def double(tmp_path: pathlib.Path) -> c.Iterator[SqlServerDouble]:
    with SqlServerDouble(tmp_path / "sql") as server:
        server.engine.add_database("GroupID")
        server.engine.sql("GroupID", 'INSERT INTO "dbo.GroupLifecycle" VALUES (1, ?, ?, ?)', ("g1", "ann", "2027"))
        yield server


@pytest.fixture
def connect(double: SqlServerDouble, driver: drivers.Driver) -> c.Iterator[Connect]:
    opened = []

    def make(user: str = "sa", password: str | None = None, timeout: int = 60, **options: t.Any) -> Client:
        text = driver.connection_string(double.port, user, password or double.password, **options)
        opened.append(Client(pyodbc.connect(text, autocommit=True, timeout=timeout)))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
