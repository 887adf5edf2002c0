# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scratch database of a rehearsal: made, filled with known rows, read, and dropped.

Only the run that made it drops it. The name alone does not prove this. So the batch that drops the database compares
its number, time and broker's GUID with those that the server returned when it made the database.
"""

from __future__ import annotations

import re
import secrets
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)

ROWS: t.Final = 300
"""Rows of the scratch database. One INSERT takes 1,000 at most (INSERT, Transact-SQL)."""

TAKEN: t.Final = 1801
"""Error number of CREATE DATABASE if another database has the name."""

_NAME = re.compile(r"groupid_rehearsal_[0-9a-f]{16}")
# Columns of sys.databases, as texts, so that values compare as they were read. Public sees all rows (VIEW ANY
# DATABASE), and an owner always sees the row of its own database. create_date also changes with the name
# (sys.databases, Transact-SQL).
_MARKS = {
    "number": "CAST(database_id AS nvarchar(20))",
    "made": "CONVERT(nvarchar(30), create_date, 126)",
    "broker": "CONVERT(nvarchar(36), service_broker_guid)",
}
LEFTOVERS_QUERY = (
    f"SELECT name, {_MARKS['made']} AS made FROM sys.databases "
    "WHERE name LIKE N'groupid[_]rehearsal[_]%' ORDER BY name;"
)

Row = tuple[int, str]


class Identity(t.NamedTuple):
    """Values of the server that distinguish a database from a later one with the same name, as texts."""

    number: str
    made: str
    broker: str


def scratch_name() -> str:
    """Make up a name that no database has."""
    return f"groupid_rehearsal_{secrets.token_hex(8)}"


def identity_query(name: str) -> str:
    """Write the SELECT for the identity of a database."""
    columns = ", ".join(f"{expression} AS {column}" for column, expression in _MARKS.items())
    return f"SELECT {columns} FROM sys.databases WHERE name = {literal(name)};"


def create_statement(name: str) -> str:
    """Write the batch that makes a database and returns its identity. Raises ValueError for another name."""
    return f"CREATE DATABASE {identifier(_checked(name))}; {identity_query(name)}"


def drop_statement(name: str, made: Identity) -> str:
    """Write the batch that drops the database if it is the one that was made. Raises ValueError for another name."""
    same = " AND ".join(f"{_MARKS[mark]} = {literal(value)}" for mark, value in made._asdict().items())
    return (
        f"IF EXISTS (SELECT 1 FROM sys.databases WHERE name = {literal(name)} AND {same}) "
        f"DROP DATABASE {identifier(_checked(name))};"
    )


def known_rows(name: str) -> tuple[Row, ...]:
    """Return the rows of a scratch database: unique to this one, and with letters of several scripts."""
    return tuple((number, f"{name} row {number}: Größe, O'Brien, Ω, 漢字") for number in range(1, ROWS + 1))


def create(session: Session, name: str) -> Identity | None:
    """Make the database. None: the server does not identify it. Raises SqlError."""
    return _identity(session.execute(create_statement(name)).rows())


def there(session: Session, name: str) -> bool:
    """Return whether a database with this name exists now. Raises SqlError."""
    return bool(session.execute(identity_query(name)).rows())


def fill(session: Session, name: str) -> None:
    """Make the table and insert the rows. Raises SqlError.

    CREATE TABLE takes the database's name too (CREATE TABLE, Transact-SQL), so the session stays in master.
    """
    session.execute(f"CREATE TABLE {_table(name)} (number int NOT NULL PRIMARY KEY, words nvarchar(100) NOT NULL);")
    values = ", ".join(f"({number}, {literal(words)})" for number, words in known_rows(name))
    session.execute(f"INSERT INTO {_table(name)} (number, words) VALUES {values};")


def read(session: Session, database: str) -> tuple[Row, ...]:
    """Read the rows of a database: the scratch database, or one that was restored from it. Raises SqlError."""
    rows = session.execute(f"SELECT number, words FROM {_table(database)} ORDER BY number;").rows()
    return tuple((int(row["number"]), str(row["words"])) for row in rows)


def drop(session: Session, name: str, made: Identity) -> str | None:
    """Drop the database that was made. Returns why a database with its name still exists; None: there is none.

    Raises ConnectionLostError.
    """
    try:
        session.execute(drop_statement(name, made))
        rows = session.execute(identity_query(name)).rows()
    except ConnectionLostError:
        raise
    except SqlError as error:
        return str(error)
    if not rows:
        return None
    now = _identity(rows)
    if now is None:
        # Of a database that is not ONLINE some columns may be NULL (sys.databases, Transact-SQL).
        return "the server does not identify it any more"
    return "the server did not drop it" if now == made else "another database has its name now, and was left as it is"


def leftovers(session: Session, besides: str = "") -> list[str]:
    """Name the existing databases of rehearsals, each with the time when the server made it. Raises SqlError."""
    return [
        f"{row['name']}, made at {row['made']}"
        for row in session.execute(LEFTOVERS_QUERY).rows()
        if _NAME.fullmatch(str(row["name"])) and row["name"] != besides
    ]


def _identity(rows: list[dict[str, t.Any]]) -> Identity | None:
    if not rows or None in rows[0].values():
        return None
    return Identity(**{mark: str(rows[0][mark]) for mark in _MARKS})


def _table(database: str) -> str:
    return f"{identifier(database)}.dbo.known_rows"


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no scratch database of a rehearsal.")
    return name
