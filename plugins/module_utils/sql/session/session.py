# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of a session on a SQL Server, for any transport.

A transport (``sql.odbc`` is the first) provides a Session and an Opener. Code that sends batches uses only this file.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t


@dataclasses.dataclass(frozen=True)
class Message:
    """One line that the server said. number: of sys.messages, None if it has none. text: without any prefix."""

    number: int | None
    text: str


@dataclasses.dataclass(frozen=True)
class ResultSet:
    """One result set, rows in the server's order. A column without a name is called ``""``."""

    columns: tuple[str, ...]
    rows: tuple[tuple[t.Any, ...], ...]

    def dicts(self) -> list[dict[str, t.Any]]:
        """Return every row as column -> value."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The result of a batch: its result sets and its messages, each in order."""

    results: tuple[ResultSet, ...] = ()
    messages: tuple[Message, ...] = ()

    def rows(self) -> list[dict[str, t.Any]]:
        """Return the rows of the first result set; empty if there is none."""
        return self.results[0].dicts() if self.results else []

    def value(self) -> t.Any:
        """Return the first column of the first row of the first result set, None if there is none."""
        return self.results[0].rows[0][0] if self.results and self.results[0].rows else None


class SqlError(Exception):
    """The server refused a batch, or ended it.

    number, text: the first informative error of the batch (never 3013 or 3119, unless nothing else came).
    following: what came after it, as far as the transport passes it on.
    statement: the batch. No secret is ever part of one.
    """

    def __init__(self, number: int | None, text: str, following: c.Iterable[Message] = (), statement: str = "") -> None:
        super().__init__(number, text)
        self.number = number
        self.text = text
        self.following = tuple(following)
        self.statement = statement

    def __str__(self) -> str:
        return self.text if self.number is None else f"{self.text} ({self.number})"


class ConnectionLostError(SqlError):
    """The connection was lost. What the server did with the batch is not known."""


class NoConnectionError(SqlError):
    """The connection failed. The server did nothing.

    code: a stable word for the cause, such as ``login``, ``certificate`` or ``driver``.
    what, next_step: what was not done, and what to do about it.
    """

    def __init__(
        self, number: int | None, text: str, *, code: str = "connection", what: str = "", next_step: str = ""
    ) -> None:
        super().__init__(number, text)
        self.code = code
        self.what = what
        self.next_step = next_step


class Session(t.Protocol):
    """A connection to ``master``, autocommitting, used by one thread at a time.

    executed: every batch sent, in order.
    """

    executed: list[str]

    def execute(
        self, batch: str, *, timeout: int = 0, on_message: c.Callable[[Message], None] | None = None
    ) -> Outcome:
        """Run one literal T-SQL batch to its very end: every result set is read.

        timeout: seconds that the server may stay silent; 0 for no limit.
        on_message: called with each message when it comes, not at the end.

        Raises SqlError; ConnectionLostError if the connection was lost.
        """

    def close(self) -> None:
        """End the connection. A second call does nothing."""


Opener = c.Callable[[], Session]
"""Opens a further connection with the same parameters: to watch the first, or to look after it was lost."""
