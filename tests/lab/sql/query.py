# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SELECT, INSERT, UPDATE and DELETE: T-SQL rewritten for SQLite and run over the views and tables that it names.

Rewritten are: quotes of names and texts, names of up to four parts, TOP, ISNULL and other functions, CAST and CONVERT,
``+`` beside a text, hints, COLLATE, APPLY of a function. What SQLite then does not take is refused as 102.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import decimal
import re
import sqlite3
import typing as t
import uuid

from lab.sql import functions, wire
from lab.sql.catalogue import DECLARED, SERVER_STATE, SINCE, VIEWS, View
from lab.sql.engine import Database, Engine, Session, check_state
from lab.sql.problems import StatementError, syntax_error
from lab.sql.words import Kind, Token, Words, split

_INTEGERS = frozenset(("INT", "BIGINT", "SMALLINT", "TINYINT"))
_TEXTS = frozenset(("NVARCHAR", "VARCHAR", "CHAR", "NCHAR", "SYSNAME"))
_TIMES = frozenset(("DATETIME", "DATETIME2", "SMALLDATETIME", "DATE", "DATETIMEOFFSET"))
_RENAMED = {
    "LEFT": "left_",
    "RIGHT": "right_",
    "ISNULL": "ifnull",
    "COUNT_BIG": "count",
    "SUBSTRING": "substr",
    "GETUTCDATE": "getdate",
    "SYSUTCDATETIME": "getdate",
    "SYSDATETIME": "getdate",
    "STRING_AGG": "group_concat",
    "CHAR": "char",
    "NCHAR": "char",
}
_TABLE_BEFORE = frozenset(("FROM", "JOIN", "INTO", "UPDATE", "APPLY"))
_DATE_PARTS = ("DATEDIFF", "DATEADD", "DATEPART", "DATEDIFF_BIG")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
_GUID = re.compile(r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}")
# Views have names of small letters alone.
_COLUMNS = frozenset(column for view in VIEWS.values() for column, dummy in view.columns if column.islower())
_END_OF_LIST = frozenset(("FROM", "WHERE", "UNION", "ORDER", "GROUP", "EXCEPT", "INTERSECT", "INTO", "OPTION"))


@dataclasses.dataclass(frozen=True)
class Item:
    """An expression of a select list. ``kind``: the type it is cast to, empty when none; ``variable``: what it sets."""

    name: str | None
    kind: str = ""
    variable: str = ""


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a query gave: nothing to show when ``columns`` is None. ``assigned``: values for variables."""

    columns: list[wire.Column] | None
    rows: list[tuple[wire.Value, ...]]
    count: int
    assigned: dict[str, wire.Value]


def run(engine: Engine, session: Session, variables: dict[str, t.Any], words: c.Sequence[Token]) -> Answer:
    """Run one query. Raises StatementError."""
    with engine.lock:
        connection = sqlite3.connect(":memory:", detect_types=sqlite3.PARSE_DECLTYPES)
        raised: list[StatementError] = []
        try:
            functions.register(connection, engine, session, variables)
            rewriter = _Rewriter(engine, session, connection)
            _check_columns(engine, words)
            statement = rewriter.statement(words)
            bound = {name.lower().lstrip("@"): _bindable(value) for name, value in variables.items()}
            with connection:
                cursor = connection.execute(statement, bound)
                rows = cursor.fetchall()
            return _answer(cursor, rows, rewriter.items)
        except sqlite3.Error as error:
            raise raised[0] if raised else _refusal(error, words) from error
        finally:
            connection.close()


def evaluate(engine: Engine, session: Session, variables: dict[str, t.Any], words: c.Sequence[Token]) -> wire.Value:
    """Return the value of an expression. Raises StatementError."""
    if len(words) == 1 and words[0].kind is Kind.TEXT:
        return words[0].value
    select = [Token(Kind.WORD, "SELECT"), *words]
    rows = run(engine, session, variables, select).rows
    return rows[0][0] if rows else None


def condition(engine: Engine, session: Session, variables: dict[str, t.Any], words: c.Sequence[Token]) -> bool:
    """Decide a condition. Raises StatementError."""
    wrapped = [Token(Kind.WORD, "CASE"), Token(Kind.WORD, "WHEN"), *words]
    wrapped += [Token(Kind.WORD, "THEN"), Token(Kind.NUMBER, "1"), Token(Kind.WORD, "ELSE"), Token(Kind.NUMBER, "0")]
    return evaluate(engine, session, variables, [*wrapped, Token(Kind.WORD, "END")]) == 1


def _check_columns(engine: Engine, words: c.Sequence[Token]) -> None:
    """Refuse what SQLite takes for a column's name, and the collation does not. Raises StatementError."""
    for token in words:
        if token.is_name and token.value.casefold() in _COLUMNS and engine.fold(token.value) not in _COLUMNS:
            raise StatementError.of(207, f"Invalid column name '{token.value}'.", ends_batch=True)


class _Rewriter:
    """Rewrites one statement, and puts the tables that it names into a connection."""

    def __init__(self, engine: Engine, session: Session, connection: sqlite3.Connection) -> None:
        self._engine = engine
        self._session = session
        self._connection = connection
        self._made: set[str] = set()
        self.items: list[Item] = []

    def statement(self, words: c.Sequence[Token]) -> str:
        verb = words[0].upper
        if verb == "SELECT":
            words, self.items = _select_list(list(words))
        elif verb == "DELETE" and words[1].upper != "FROM":
            words = [words[0], Token(Kind.WORD, "FROM"), *words[1:]]
        elif verb == "INSERT" and words[1].upper != "INTO":
            words = [words[0], Token(Kind.WORD, "INTO"), *words[1:]]
        return self._render(words)

    def _render(self, words: c.Sequence[Token]) -> str:
        source = Words(words)
        out: list[str] = []
        limit = ""
        table = filled = False
        while source:
            token = source.peek()
            upper = token.upper
            if upper == "TOP":
                source.take()
                count = source.group() if source.peek().upper == "(" else [source.take()]
                limit = f" LIMIT {self._render(count)}"
            elif upper in ("WITH", "OPTION") and source.peek(1).upper == "(":
                source.take()
                source.group()
            elif upper in ("CROSS", "OUTER") and source.peek(1).upper == "APPLY":
                out.append(self._apply(source))
            elif upper == "(":
                out.append(f"({self._render(source.group())})")
            elif upper == "COLLATE":
                source.take()
                exact = re.search(r"_(BIN2?|CS)", source.take().value.upper())
                out.append("COLLATE BINARY" if exact else "COLLATE CI")
            elif token.kind is Kind.NAME or (token.kind is Kind.WORD and self._names(source)):
                out.append(self._name(source, table, filled))
            else:
                out.append(self._plain(source))
            table = upper in _TABLE_BEFORE or (upper == "," and table)
            filled = upper == "INTO"
        return _join_texts(out) + limit

    def _names(self, source: Words) -> bool:
        """Say whether a word begins a name or a call rather than being a keyword."""
        following = source.peek(1).upper
        keyword = source.peek().upper in (
            "IN",
            "VALUES",
            "AND",
            "OR",
            "NOT",
            "ON",
            "AS",
            "WHEN",
            "THEN",
            "ELSE",
            "EXISTS",
        )
        return following == "." or (following == "(" and not keyword)

    def _plain(self, source: Words) -> str:
        token = source.take()
        if token.kind is Kind.TEXT:
            return _quoted(token.value)
        if token.kind is Kind.BINARY:
            return f"x'{token.value[2:]}'"
        if token.kind is Kind.VARIABLE:
            return (
                f"server_variable('{token.value}')" if token.value.startswith("@@") else f":{token.value[1:].lower()}"
            )
        return token.value

    def _name(self, source: Words, table: bool, filled: bool) -> str:
        """Write a name. filled: of the table that an INSERT is about, which columns may follow in parentheses."""
        parts = [source.take().value]
        while source.peek().upper == ".":
            source.take()
            if source.peek().upper == "*":
                return f'"{parts[-1]}".{source.take().value}'
            parts.append("" if source.peek().upper == "." else source.name())
        if source.peek().upper == "(" and not filled and not (table and len(parts) == 1):
            return self._call(parts, source)
        return self._table(parts) if table or _is_view(parts) else ".".join(_ident(part) for part in parts)

    def _call(self, parts: list[str], source: Words) -> str:
        name = parts[-1].upper()
        inside = source.group()
        if name in ("CAST", "TRY_CAST"):
            place = max(index for index, token in enumerate(inside) if token.upper == "AS")
            return self._cast(inside[place + 1 :], inside[:place], "0")
        if name in ("CONVERT", "TRY_CONVERT"):
            pieces = split(inside, ",")
            return self._cast(pieces[0], pieces[1], self._render(pieces[2]) if len(pieces) > 2 else "0")
        if name in ("DM_OS_FILE_EXISTS", "FN_MY_PERMISSIONS"):
            return self._function_table(name, [self._value(part) for part in split(inside, ",")])
        if name in _DATE_PARTS:
            inside = [Token(Kind.TEXT, inside[0].value), *inside[1:]]
        return f"{_RENAMED.get(name, parts[-1])}({self._render(inside)})"

    def _cast(self, kind: c.Sequence[Token], value: c.Sequence[Token], style: str) -> str:
        name = kind[0].upper or kind[0].value.upper()
        inner = self._render(value)
        if name in _TEXTS:
            length = kind[2].value if len(kind) > 2 and kind[2].kind is Kind.NUMBER else "0"
            return f"text_({inner}, {length}, {style})"
        if name in _INTEGERS:
            return f"CAST({inner} AS INTEGER)"
        if name == "BIT":
            return f"(({inner}) <> 0)"
        if name in ("VARBINARY", "BINARY"):
            return f"binary_({inner})"
        if name in ("FLOAT", "REAL"):
            return f"CAST({inner} AS REAL)"
        if name in ("DECIMAL", "NUMERIC"):
            return f"CAST({inner} AS NUMERIC)"
        return f"upper({inner})" if name == "UNIQUEIDENTIFIER" else f"({inner})"

    def _value(self, words: c.Sequence[Token]) -> t.Any:
        return None if words[0].upper in ("NULL", "DEFAULT") else words[0].value

    def _apply(self, source: Words) -> str:
        outer = source.take().upper == "OUTER"
        source.take()
        parts = [source.name()]
        while source.accept("."):
            parts.append(source.name())
        arguments = split(source.group(), ",")
        source.accept("AS")
        alias = source.name() if source.peek().is_name else parts[-1]
        table = self._table(parts)
        on = " AND ".join(
            f"{_ident(alias)}.apply_{number} = {self._render(argument)}" for number, argument in enumerate(arguments, 1)
        )
        return f"{'LEFT ' if outer else ''}JOIN {table} AS {_ident(alias)} ON {on}"

    def _function_table(self, name: str, arguments: list[t.Any]) -> str:
        table = f"function {len(self._made)}"
        self._made.add(table)
        if name == "DM_OS_FILE_EXISTS":
            self._check_file_view()
            path = self._engine.map_path(str(arguments[0]))
            row = (int(path.is_file()), int(path.is_dir()), int(path.parent.is_dir()))
            columns, rows = "file_exists LABBIT, file_is_a_directory LABBIT, parent_directory_exists LABBIT", [row]
        else:
            names = functions.permissions(self._engine, self._session, arguments[0], arguments[1]) or set()
            columns = "entity_name NVARCHAR, subentity_name NVARCHAR, permission_name NVARCHAR COLLATE CI"
            rows = [(arguments[0] or "server", "", one) for one in sorted(names)]  # type: ignore[misc]
        self._connection.execute(f"CREATE TABLE {_ident(table)} ({columns})")
        self._connection.executemany(f"INSERT INTO {_ident(table)} VALUES (?, ?, ?)", rows)
        return _ident(table)

    def _check_file_view(self) -> None:
        """The view is there since SQL Server 2017, and asks for VIEW SERVER STATE as its kin does."""
        if self._engine.product[0] < 14:
            raise StatementError.of(208, "Invalid object name 'sys.dm_os_file_exists'.", ends_batch=True)
        self._check_server_state()

    def _check_server_state(self) -> None:
        if not self._session.login.holds("VIEW SERVER STATE"):
            text = "VIEW SERVER STATE permission was denied on object 'server', database 'master'."
            raise StatementError.of(300, text, 14, ends_batch=True)

    def _table(self, parts: list[str]) -> str:
        key, database_name = _view_key(parts, self._session.database)
        view = VIEWS.get(key)
        if view is None:
            return self._user_table(parts)
        if self._engine.fold(parts[-1]) != key.rpartition(".")[2]:
            raise StatementError.of(208, f"Invalid object name '{'.'.join(parts)}'.", ends_batch=True)
        if key.startswith("msdb."):
            check_state(self._engine.database("msdb"))
        if self._engine.product < SINCE.get(key, (0, 0, 0)):
            raise StatementError.of(208, f"Invalid object name '{'.'.join(parts)}'.", ends_batch=True)
        if key in SERVER_STATE:
            self._check_server_state()
        database = self._database_for(view, database_name)
        securable = key if key.startswith("msdb.") else ""
        if securable and not self._session.login.may_select(securable):
            table = key.rpartition(".")[2]
            text = f"The SELECT permission was denied on the object '{table}', database 'msdb', schema 'dbo'."
            raise StatementError.of(229, text, 14, 5, ends_batch=True)
        name = f"{database.name if database else ''}|{key}"
        if name not in self._made:
            self._made.add(name)
            columns = ", ".join(f"{_ident(column)} {_declared(column, kind)}" for column, kind in view.columns)
            self._connection.execute(f"CREATE TABLE {_ident(name)} ({columns})")
            marks = ", ".join("?" * len(view.columns))
            rows = view.rows(self._engine, self._session, database)
            self._connection.executemany(f"INSERT INTO {_ident(name)} VALUES ({marks})", rows)
        return _ident(name)

    def _database_for(self, view: View, name: str) -> Database | None:
        if not view.in_database:
            return None
        return self._engine.reach(self._session, name)

    def _user_table(self, parts: list[str]) -> str:
        table = f"{(parts[-2] if len(parts) > 1 else '') or 'dbo'}.{parts[-1]}"
        name = parts[-3] if len(parts) > 2 else self._session.database
        if name.casefold() not in self._engine.databases:
            text = f"Invalid object name '{'.'.join(parts)}'."
            raise StatementError.of(208, text, ends_batch=True)
        database = self._engine.reach(self._session, name)
        schema = f"db {database.name}"
        if schema not in self._made:
            self._made.add(schema)
            self._connection.execute(f"ATTACH ? AS {_ident(schema)}", (str(self._engine.path_of(database)),))
        found = self._connection.execute(
            f"SELECT name FROM {_ident(schema)}.sqlite_master WHERE type = 'table'"
        ).fetchall()
        for (one,) in found:
            if str(one).casefold() == table.casefold():
                return f"{_ident(schema)}.{_ident(one)}"
        if len(parts) == 1:
            return _ident(parts[0])
        raise StatementError.of(208, f"Invalid object name '{'.'.join(parts)}'.", ends_batch=True)


def _declared(column: str, kind: str) -> str:
    fixed = column == "type" or column.endswith("_desc")
    return DECLARED[kind].replace("COLLATE CI", "COLLATE CATALOG") if fixed else DECLARED[kind]


def _is_view(parts: list[str]) -> bool:
    return len(parts) > 1 and _view_key(parts, "")[0] in VIEWS


def _view_key(parts: list[str], current: str) -> tuple[str, str]:
    """Return the key of a view, and the database it is asked in."""
    folded = [part.casefold() for part in parts]
    database = parts[-3] if len(parts) > 2 else current
    if len(parts) > 1 and folded[-2] in ("sys", "information_schema"):
        return ".".join(folded[-2:]), database
    if database.casefold() == "msdb":
        return f"msdb.dbo.{folded[-1]}", database
    return ".".join(folded), database


def _select_list(words: list[Token]) -> tuple[list[Token], list[Item]]:
    """Take assignments out of a select list, and describe its items; nothing is described beside a star."""
    start = 1
    if words[start : start + 1] and words[start].upper in ("DISTINCT", "ALL"):
        start += 1
    if words[start : start + 1] and words[start].upper == "TOP":
        start += 1
        if words[start].upper == "(":
            probe = Words(words[start:])
            probe.group()
            start += probe.position
        else:
            start += 1
    depth = 0
    end = len(words)
    for index in range(start, len(words)):
        depth += {"(": 1, ")": -1}.get(words[index].upper, 0)
        if depth == 0 and words[index].upper in _END_OF_LIST:
            end = index
            break
    items, kept = [], []
    for part in split(words[start:end], ","):
        if not part:
            raise syntax_error("SELECT")
        variable = ""
        body = part
        if len(part) > 2 and part[0].kind is Kind.VARIABLE and part[1].upper == "=":
            variable, body = part[0].value, part[2:]
        items.append(_item(body, variable))
        kept += [*body, Token(Kind.SIGN, ",")]
    if any(
        token.upper == "*" and (index == 0 or kept[index - 1].upper in (".", ",")) for index, token in enumerate(kept)
    ):
        items = []
    return [*words[:start], *kept[:-1], *words[end:]], items


def _item(part: list[Token], variable: str) -> Item:
    name: str | None = ""
    body = part
    if len(part) > 2 and part[-2].upper == "AS":
        name, body = part[-1].value, part[:-2]
    elif len(part) > 1 and part[-1].is_name and part[-1].upper != "END" and part[-2].upper != ".":
        name, body = part[-1].value, part[:-1]
    elif all(token.is_name or token.upper == "." for token in part):
        name = part[-1].value
    kind = ""
    call = Words(body[1:])
    if len(body) > 3 and body[1].upper == "(":
        inside = call.group()
        if not call:
            kind = _result_kind(body[0].upper, inside)
    elif len(body) == 1 and body[0].upper == "@@SPID":
        kind = "INT"
    return Item(name, kind, variable)


def _result_kind(function: str, inside: list[Token]) -> str:
    if function in ("CAST", "TRY_CAST"):
        place = max(index for index, token in enumerate(inside) if token.upper == "AS")
        return inside[place + 1].value.upper()
    if function in ("CONVERT", "TRY_CONVERT"):
        return inside[0].value.upper()
    return "SQL_VARIANT" if function in ("SERVERPROPERTY", "DATABASEPROPERTYEX", "CONNECTIONPROPERTY") else ""


def _answer(cursor: sqlite3.Cursor, rows: list[tuple[t.Any, ...]], items: list[Item]) -> Answer:
    if cursor.description is None:
        return Answer(None, [], max(cursor.rowcount, 0), {})
    names = [str(column[0]) for column in cursor.description]
    if len(items) != len(names):
        items = [Item(name) for name in names]
    names = [item.name if item.name is not None else name for item, name in zip(items, names, strict=True)]
    values = [tuple(_typed(value, item.kind) for value, item in zip(row, items, strict=True)) for row in rows]
    if any(item.variable for item in items):
        last = values[-1] if values else ()
        assigned = {item.variable: value for item, value in zip(items, last, strict=False)}
        return Answer(None, [], len(rows), assigned)
    columns = wire.infer_columns(names, values)
    for index, item in enumerate(items):
        if item.kind == "SQL_VARIANT":
            columns[index] = wire.Column(names[index], "sql_variant")
    return Answer(columns, values, len(values), {})


def _typed(value: t.Any, kind: str) -> wire.Value:
    if value is None or isinstance(value, (bytes, decimal.Decimal, datetime.datetime, uuid.UUID)):
        return value
    if kind in _TEXTS or kind == "SQL_VARIANT":
        return value if kind == "SQL_VARIANT" and isinstance(value, int) else str(value)
    if kind == "BIT":
        return bool(value)
    if kind in ("DECIMAL", "NUMERIC"):
        return decimal.Decimal(str(value))
    if isinstance(value, str) and _INSTANT.fullmatch(value):
        return datetime.datetime.strptime(value, "%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, str) and _GUID.fullmatch(value):
        return uuid.UUID(value)
    return t.cast(wire.Value, value)


def _bindable(value: t.Any) -> t.Any:
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}"
    if isinstance(value, uuid.UUID):
        return str(value).upper()
    return int(value) if isinstance(value, decimal.Decimal) else value if not isinstance(value, tuple) else None


def _join_texts(pieces: list[str]) -> str:
    """Join pieces; a plus beside a text is a concatenation, and so is every other one in the same chain."""
    texts = ("'", "text_(", "quotename(", "QUOTENAME(")
    for index, piece in enumerate(pieces):
        beside = [pieces[place] for place in (index - 1, index + 1) if 0 <= place < len(pieces)]
        chained = index > 1 and pieces[index - 2] == "||"
        if piece == "+" and (chained or any(one.startswith(texts) for one in beside)):
            pieces[index] = "||"
    return " ".join(pieces)


def _refusal(error: sqlite3.Error, words: c.Sequence[Token]) -> StatementError:
    text = str(error)
    if match := re.search(r"no such table: (.*)", text):
        return StatementError.of(208, f"Invalid object name '{match[1]}'.", ends_batch=True)
    if match := re.search(r"no such column: (?:.*\.)?(.*)", text):
        return StatementError.of(207, f"Invalid column name '{match[1]}'.", ends_batch=True)
    statement = " ".join(token.value for token in words)
    return StatementError.of(102, f"Incorrect syntax near '{statement}'. [double: {text}]", 15, ends_batch=True)


def _ident(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


sqlite3.register_converter("LABBIT", lambda raw: raw not in (b"0", b""))
sqlite3.register_converter("LABNUMERIC", lambda raw: decimal.Decimal(raw.decode()))
sqlite3.register_converter("LABTIME", lambda raw: datetime.datetime.strptime(raw.decode(), "%Y-%m-%d %H:%M:%S.%f"))
sqlite3.register_converter("LABGUID", lambda raw: uuid.UUID(raw.decode()))
