# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions over ODBC. Code that uses a session needs to know nothing about ODBC."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import re

from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import browser as sql_browser
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import masked_errors as sql_echo
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc_driver import (
    Driver,
    check_freetds,
    choose_driver,
    connection_string,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc_failure import (
    explain_refusal,
    refused_port,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    Outcome,
    ResultSet,
    Session,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import (
    DEFAULT_PORT,
    Target,
    check_target,
)

__all__ = ["OdbcSession", "Target", "open_session"]

_IMPORT_PROBLEM: ImportError | None = None
try:
    import pyodbc
except ImportError as problem:
    _IMPORT_PROBLEM = problem

_HIDDEN = "********"

# One diagnostic record as pyodbc writes it into an exception, "[42000] [vendor]text (3201) (SQLExecDirectW)"; on
# Windows it joins all of them with "; ", elsewhere it keeps the first.
_RECORD = re.compile(
    r"\[(?P<state>\w{5})\] (?P<text>.*?) \((?P<number>-?\d+)\)(?: \(SQL\w+\))?(?=; \[\w{5}\] |\Z)", re.DOTALL
)
# A message comes in two parts, "[01000] (3211)" and the text.
_MESSAGE_HEAD = re.compile(r"\[(?P<state>\w{5})\] \((?P<number>-?\d+)\)")
_VENDOR = re.compile(r"(?:\[[^\]]*\])*?\[SQL Server\]|(?:\[(?:Microsoft|FreeTDS|unixODBC|ODBC)[^\]]*\])+")

# With these, the driver reports that the connection is lost, or that it stopped waiting. In both cases, it is not known
# what the server does now. 08004 is not one of them: drivers use it for 911.
_LOST_STATES = frozenset({"01002", "08001", "08003", "08007", "08S01", "HYT00", "HYT01"})
# The server ended the session; and FreeTDS' own numbers for a loss, which come under any state.
_LOST_NUMBERS = frozenset({596, 20002, 20003, 20004, 20006, 20009, 20017, 20047})
_WARNING = "01"


@dataclasses.dataclass(frozen=True)
class Record:
    """One thing that a driver says. number: the server's, or None."""

    state: str
    number: int | None
    text: str

    @property
    def is_message(self) -> bool:
        """Whether it is no error. A driver may return errors, even of a lost connection, among the messages."""
        return self.state.startswith(_WARNING) and self.state not in _LOST_STATES


def open_session(target: Target) -> Session:
    """Log in to master of the target.

    Raises ValueError for an invalid target, NoConnectionError if the login failed.
    """
    check_target(target)
    if _IMPORT_PROBLEM is not None:
        raise NoConnectionError(
            None,
            f"{_IMPORT_PROBLEM}",
            code="driver",
            what="SQL Server cannot be reached over ODBC: the Python library pyodbc cannot be loaded",
            next_step="Run 'pip install pyodbc' for the Python that runs this module; where libodbc.so.2 is missing, "
            "'apt install unixodbc' or 'dnf install unixODBC'.",
        ) from None
    # A pooled connection would keep locks and single-user databases after close().
    pyodbc.pooling = False
    driver = choose_driver(target.driver, pyodbc.drivers())
    port = target.port or DEFAULT_PORT
    if target.instance is not None:
        port = sql_browser.find_port(target.server, target.instance, timeout=target.login_timeout)
    return OdbcSession(_connect(driver, target, port))


def _connect(driver: Driver, target: Target, port: int) -> pyodbc.Connection:
    refused = refused_port(target, port)
    if refused:
        raise refused
    with connection_string(driver, target, port) as text:
        try:
            connection = pyodbc.connect(text, autocommit=True, timeout=target.login_timeout)
        except pyodbc.Error as problem:
            records = read_error(problem)
        else:
            if driver.kind == "freetds" and target.encrypt == "verified":
                check_freetds(str(connection.getinfo(pyodbc.SQL_DRIVER_VER)))
            return connection
    # Outside of the handler, so that no traceback shows the driver's own text, which may repeat the login.
    first, dummy = sql_errors.first_informative(messages_of(records))
    raise explain_refusal(Message(first.number, _scrubbed(first.text, target.password)), driver, target, port)


def _scrubbed(text: str, password: str | None) -> str:
    if not password:
        return text
    return text.replace(password.replace("}", "}}"), _HIDDEN).replace(password, _HIDDEN)


def read_error(problem: Exception) -> list[Record]:
    """Read what pyodbc raised, the server's first error first; at least one record."""
    text = str(problem.args[-1]) if problem.args else str(problem)
    found = [_record(record["state"], record["number"], record["text"]) for record in _RECORD.finditer(text)]
    return found or [_record(str(problem.args[0]) if problem.args else "", "0", text)]


def read_message(message: tuple[str, str]) -> Record:
    """Read one of a cursor's messages."""
    head = _MESSAGE_HEAD.match(message[0])
    return _record(head["state"], head["number"], message[1]) if head else _record("", "0", message[1])


def _record(state: str, number: str, text: str) -> Record:
    return Record(state, int(number) if int(number) > 0 else None, strip_vendor(text))


def strip_vendor(text: str) -> str:
    """Remove the names of driver and server before a message, and nothing of the message itself."""
    found = _VENDOR.match(text)
    return (text[found.end() :] if found else text).strip()


def messages_of(records: c.Iterable[Record]) -> list[Message]:
    """Return the records without the text of the driver."""
    return [Message(record.number, record.text) for record in records]


def is_loss(errors: c.Sequence[Record]) -> bool:
    """Whether these errors mean that the connection is lost, or that it is not known what the server did.

    This is also true if no error has a number of the server: FreeTDS only reports "Unknown error" for a connection that
    was cut between two messages.
    """
    said_so = any(error.state in _LOST_STATES or error.number in _LOST_NUMBERS for error in errors)
    return said_so or not any(error.number for error in errors)


class OdbcSession:
    """A session over a pyodbc connection that autocommits."""

    def __init__(self, connection: pyodbc.Connection) -> None:
        self.executed: list[str] = []
        self._connection: pyodbc.Connection | None = connection

    def execute(
        self, batch: str, *, timeout: int = 0, on_message: c.Callable[[Message], None] | None = None
    ) -> Outcome:
        if self._connection is None:
            raise ConnectionLostError(None, "The connection is closed", statement=batch)
        self.executed.append(batch)
        said = _Messages(on_message)
        try:
            self._connection.timeout = timeout  # taken over by a cursor when it is made
            with self._connection.cursor() as cursor:
                cursor.execute(batch)
                said.collect(cursor)
                # Without this, the server would end the batch here: BACKUP has a result for each message.
                while cursor.nextset():
                    said.collect(cursor)
        except pyodbc.Error as problem:
            said.errors.extend(read_error(problem))
        if not said.errors:
            return Outcome(tuple(said.results), tuple(said.messages))
        first, following = sql_errors.first_informative(messages_of(said.errors))
        if is_loss(said.errors):
            self.close()
            raise ConnectionLostError(first.number, first.text, following, batch)
        error = SqlError(first.number, first.text, following, batch)
        raise sql_echo.unmasked(error, self.execute) if first.number in sql_errors.ECHOES else error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.close()
            except pyodbc.Error:  # it was gone before
                return


class _Messages:
    """What the server said so far to a batch."""

    def __init__(self, on_message: c.Callable[[Message], None] | None) -> None:
        self.results: list[ResultSet] = []
        self.messages: list[Message] = []
        self.errors: list[Record] = []
        self._on_message = on_message

    def collect(self, cursor: pyodbc.Cursor) -> None:
        """Read the cursor's current result set, messages, or both."""
        if cursor.description is not None:
            columns = tuple(str(column[0]) for column in cursor.description)
            self.results.append(ResultSet(columns, tuple(tuple(row) for row in cursor.fetchall())))
        records = [read_message(message) for message in cursor.messages or ()]
        self.errors.extend(record for record in records if not record.is_message)
        for message in messages_of(record for record in records if record.is_message):
            self.messages.append(message)
            if self._on_message is not None:
                self._on_message(message)
