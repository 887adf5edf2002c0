# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statements that the double knows, read out of a batch. A batch that holds another one is refused whole (102)."""

from __future__ import annotations

import dataclasses
import typing as t

from lab.sql.problems import StatementError, syntax_error
from lab.sql.words import Kind, Token, Words, split, tokens

Tokens = t.Sequence[Token]

_STARTS = frozenset(
    (
        "ALTER", "BACKUP", "BEGIN", "COMMIT", "CREATE", "DBCC", "DECLARE", "DELETE", "DROP", "ELSE", "END",
        "EXEC", "EXECUTE", "IF", "INSERT", "KILL", "PRINT", "RAISERROR", "RESTORE", "RETURN", "ROLLBACK",
        "SELECT", "SET", "THROW", "UPDATE", "USE", "WAITFOR",
    )
)  # fmt: skip
_JOINS_SELECT = frozenset(("UNION", "ALL", "EXCEPT", "INTERSECT"))
_BACKUP_OPTIONS = frozenset(
    (
        "BLOCKSIZE", "BUFFERCOUNT", "CHECKSUM", "COMPRESSION", "CONTINUE_AFTER_ERROR",
        "COPY_ONLY", "DESCRIPTION", "DIFFERENTIAL", "ENCRYPTION", "EXPIREDATE", "FORMAT", "INIT",
        "MAXTRANSFERSIZE", "MEDIADESCRIPTION", "MEDIANAME", "NAME", "NOFORMAT", "NOINIT",
        "NORECOVERY", "NOREWIND", "NOSKIP", "NOUNLOAD", "NO_CHECKSUM", "NO_COMPRESSION",
        "NO_TRUNCATE", "RETAINDAYS", "REWIND", "SKIP", "STATS", "STOP_ON_ERROR", "UNLOAD",
    )
)  # fmt: skip
_RESTORE_OPTIONS = frozenset(
    (
        "BLOCKSIZE", "BUFFERCOUNT", "CHECKSUM", "CONTINUE_AFTER_ERROR", "ENABLE_BROKER", "FILE",
        "KEEP_CDC", "KEEP_REPLICATION", "LOADHISTORY", "MAXTRANSFERSIZE", "MEDIANAME", "MOVE",
        "NEW_BROKER", "NORECOVERY", "NOREWIND", "NOUNLOAD", "NO_CHECKSUM", "RECOVERY", "REPLACE",
        "RESTART", "RESTRICTED_USER", "REWIND", "STANDBY", "STATS", "STOPAT", "STOP_ON_ERROR",
        "UNLOAD",
    )
)  # fmt: skip
_READ_KINDS = ("HEADERONLY", "FILELISTONLY", "VERIFYONLY", "LABELONLY")


@dataclasses.dataclass(frozen=True)
class Query:
    """SELECT, INSERT, UPDATE or DELETE."""

    verb: str
    tokens: Tokens


@dataclasses.dataclass(frozen=True)
class Assign:
    """DECLARE or SET of variables, each with an expression or without."""

    values: tuple[tuple[str, Tokens], ...]


@dataclasses.dataclass(frozen=True)
class Option:
    """A SET of the session, which changes nothing that the double models."""


@dataclasses.dataclass(frozen=True)
class Execute:
    """A procedure's call, in a database if one is named. ``arguments``: name or empty, value, whether OUTPUT."""

    database: str
    procedure: str
    arguments: tuple[tuple[str, Tokens, bool], ...]
    result: str = ""


@dataclasses.dataclass(frozen=True)
class Dynamic:
    """EXEC of a text."""

    text: Tokens


@dataclasses.dataclass(frozen=True)
class Block:
    """Statements in a row. ``handler``: those of BEGIN CATCH."""

    statements: tuple[Statement, ...]
    handler: tuple[Statement, ...] | None = None


@dataclasses.dataclass(frozen=True)
class If:
    """A choice."""

    condition: Tokens
    then: Statement
    otherwise: Statement | None


@dataclasses.dataclass(frozen=True)
class Simple:
    """A verb with its words: USE, PRINT, RAISERROR, THROW, WAITFOR, KILL, RETURN, transactions, DBCC, CREATE, DROP."""

    verb: str
    tokens: Tokens = ()


@dataclasses.dataclass(frozen=True)
class AlterDatabase:
    """ALTER DATABASE. ``termination``: ``IMMEDIATE``, ``NO_WAIT`` or empty."""

    name: str
    settings: tuple[tuple[str, str], ...]
    termination: str = ""
    new_name: str = ""


@dataclasses.dataclass(frozen=True)
class Backup:
    """BACKUP DATABASE or LOG. ``options``: value by name, None where it has none."""

    log: bool
    database: str
    devices: tuple[Tokens, ...]
    options: t.Mapping[str, Tokens]


@dataclasses.dataclass(frozen=True)
class Restore:
    """RESTORE. ``kind``: DATABASE, LOG, HEADERONLY, ... ``moves``: logical names and paths."""

    kind: str
    database: str
    devices: tuple[Tokens, ...]
    options: t.Mapping[str, Tokens]
    moves: tuple[tuple[Tokens, Tokens], ...]


Statement: t.TypeAlias = (
    Query | Assign | Option | Execute | Dynamic | Block | If | Simple | AlterDatabase | Backup | Restore
)


def parse(batch: str) -> tuple[Statement, ...]:
    """Read a batch. Raises StatementError."""
    words = Words(tokens(batch))
    found: list[Statement] = []
    while words:
        if not words.accept(";"):
            found.append(_statement(words))
    return tuple(found)


def _statement(words: Words) -> Statement:
    verb = words.peek().upper
    if verb in ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE"):
        return Query(verb, _expression(words, first=True))
    reader = _READERS.get(verb)
    if reader is None:
        raise syntax_error(words.peek().value)
    words.take()
    return reader(words)


def _expression(words: Words, *, first: bool = False) -> list[Token]:
    """Take tokens up to the end of the statement."""
    found: list[Token] = []
    depth = cases = 0
    updating = first and words.peek().upper == "UPDATE"
    inserting = first and words.peek().upper == "INSERT"
    while words:
        token = words.peek()
        upper = token.upper
        if depth == 0 and cases == 0 and (found or not first):
            if upper == ";" or (upper in _STARTS and not _goes_on(found, upper, updating, inserting)):
                break
            inserting = inserting and upper != "SELECT"
            updating = updating and upper != "SET"
        depth += {"(": 1, ")": -1}.get(upper, 0)
        cases += 1 if upper == "CASE" else -1 if upper == "END" else 0
        found.append(words.take())
    return found


def _goes_on(found: list[Token], upper: str, updating: bool, inserting: bool) -> bool:
    if upper == "SET":
        return updating
    if upper == "ROLLBACK":
        return bool(found) and found[-1].upper == "WITH"
    if upper == "SELECT":
        return inserting or not found or found[-1].upper in _JOINS_SELECT or found[0].upper == "WITH"
    # Names of functions and columns that are verbs too do not occur in what the tests send.
    return False


def _declare(words: Words) -> Statement:
    values = []
    for part in split(_expression(words), ","):
        item = Words(part)
        name = item.take().value
        item.accept("AS")
        item.take()
        if item.peek().upper == "(":
            item.group()
        values.append((name, tuple(item.rest()) if item.accept("=") else ()))
    return Assign(tuple(values))


def _set(words: Words) -> Statement:
    if words.peek().kind is Kind.VARIABLE and words.peek(1).upper == "=":
        name = words.take().value
        words.take()
        return Assign(((name, tuple(_expression(words))),))
    _expression(words)
    return Option()


def _execute(words: Words) -> Statement:
    if words.peek().upper == "(":
        return Dynamic(tuple(words.group()))
    result = ""
    if words.peek().kind is Kind.VARIABLE:
        result = words.take().value
        words.expect("=")
    parts = [words.name()]
    while words.accept("."):
        parts.append("" if words.peek().upper == "." else words.name())
    arguments = []
    for part in split(_expression(words), ","):
        item = Words(part)
        label = ""
        if item.peek().kind is Kind.VARIABLE and item.peek(1).upper == "=":
            label = item.take().value
            item.take()
        rest = item.rest()
        output = bool(rest) and rest[-1].upper in ("OUTPUT", "OUT")
        if rest:
            arguments.append((label, tuple(rest[:-1] if output else rest), output))
    database = parts[-3] if len(parts) > 2 else ""
    return Execute(database, parts[-1].lower(), tuple(arguments), result)


def _if(words: Words) -> Statement:
    condition = _expression(words)
    then = _statement(words)
    words.accept(";") if words.peek(1).upper == "ELSE" else None
    otherwise = _statement(words) if words.accept("ELSE") else None
    return If(tuple(condition), then, otherwise)


def _begin(words: Words) -> Statement:
    if words.accept("TRAN") or words.accept("TRANSACTION"):
        _expression(words)
        return Simple("BEGIN TRANSACTION")
    guarded = words.accept("TRY")
    body = _until_end(words, "TRY" if guarded else "")
    if not guarded:
        return Block(body)
    words.accept(";")
    words.expect("BEGIN", "CATCH")
    return Block(body, _until_end(words, "CATCH"))


def _until_end(words: Words, kind: str) -> tuple[Statement, ...]:
    found = []
    while not words.accept("END"):
        if not words.accept(";"):
            found.append(_statement(words))
    if kind:
        words.expect(kind)
    return tuple(found)


def _simple(verb: str) -> t.Callable[[Words], Statement]:
    return lambda words: Simple(verb, tuple(_expression(words)))


def _alter(words: Words) -> Statement:
    if words.accept("AUTHORIZATION"):
        return Simple("ALTER AUTHORIZATION", tuple(_expression(words)))
    if words.accept("USER"):
        return Simple("ALTER USER", tuple(_expression(words)))
    words.expect("DATABASE")
    name = "" if words.accept("CURRENT") else words.name()
    if words.accept("MODIFY", "NAME", "="):
        return AlterDatabase(name, (), new_name=words.name())
    words.expect("SET")
    termination = ""
    body = _expression(words)
    for index, token in enumerate(body):
        if token.upper == "WITH":
            tail = [word.upper for word in body[index + 1 :]]
            if tail[:1] == ["NO_WAIT"]:
                termination = "NO_WAIT"
            elif tail[:1] == ["ROLLBACK"]:
                termination = "IMMEDIATE"
            else:
                raise syntax_error(body[index + 1].value if tail else "WITH")
            body = body[:index]
            break
    settings = []
    for part in split(body, ","):
        values = [word.value.upper() for word in part if word.upper not in ("=",)]
        if not values:
            raise syntax_error("SET")
        settings.append((values[0], values[1] if len(values) > 1 else ""))
    return AlterDatabase(name, tuple(settings), termination)


def _backup(words: Words) -> Statement:
    log = words.accept("LOG")
    if not log:
        words.expect("DATABASE")
    name = _name_or_variable(words)
    words.expect("TO")
    devices = _devices(words)
    options, dummy = _options(words, _BACKUP_OPTIONS, "BACKUP")
    return Backup(log, name, devices, options)


def _restore(words: Words) -> Statement:
    kind = words.take().upper
    if kind not in (*_READ_KINDS, "DATABASE", "LOG"):
        raise syntax_error(kind)
    name = "" if kind in _READ_KINDS else _name_or_variable(words)
    devices: tuple[Tokens, ...] = ()
    if words.accept("FROM"):
        devices = _devices(words)
    options, moves = _options(words, _RESTORE_OPTIONS, "RESTORE")
    return Restore(kind, name, devices, options, moves)


def _name_or_variable(words: Words) -> str:
    return words.take().value if words.peek().kind is Kind.VARIABLE else words.name()


def _devices(words: Words) -> tuple[Tokens, ...]:
    found = []
    while True:
        words.expect("DISK", "=")
        token = words.take()
        if token.kind not in (Kind.TEXT, Kind.VARIABLE):
            raise syntax_error(token.value)
        found.append((token,))
        if not words.accept(","):
            return tuple(found)


def _options(
    words: Words, known: frozenset[str], verb: str
) -> tuple[dict[str, Tokens], tuple[tuple[Tokens, Tokens], ...]]:
    options: dict[str, Tokens] = {}
    moves: list[tuple[Tokens, Tokens]] = []
    if not words.accept("WITH"):
        return options, ()
    for part in split(_expression(words), ","):
        item = Words(part)
        token = item.take()
        name = token.upper
        if name not in known:
            text = f"'{token.value}' is not a recognized {verb} option."
            raise StatementError.of(155, text, 15, ends_batch=True)
        if name == "MOVE":
            source = item.take()
            item.expect("TO")
            moves.append(((source,), (item.take(),)))
        elif item.peek().upper == "(":
            options[name] = tuple(item.group())
        else:
            options[name] = tuple(item.rest()) if item.accept("=") else ()
        if item:
            raise syntax_error(item.peek().value)
    return options, tuple(moves)


def _end_transaction(verb: str) -> t.Callable[[Words], Statement]:
    def read(words: Words) -> Statement:
        _expression(words)
        return Simple(verb)

    return read


_READERS: dict[str, t.Callable[[Words], Statement]] = {
    "ALTER": _alter,
    "BACKUP": _backup,
    "BEGIN": _begin,
    "COMMIT": _end_transaction("COMMIT"),
    "DECLARE": _declare,
    "EXEC": _execute,
    "EXECUTE": _execute,
    "IF": _if,
    "RESTORE": _restore,
    "ROLLBACK": _end_transaction("ROLLBACK"),
    "SET": _set,
    **{
        verb: _simple(verb)
        for verb in ("USE", "PRINT", "RAISERROR", "THROW", "WAITFOR", "KILL", "RETURN", "DBCC", "CREATE", "DROP")
    },
}
