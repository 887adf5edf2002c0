# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions of T-SQL, as functions of one connection to SQLite."""

from __future__ import annotations

import collections.abc as c
import datetime
import hashlib
import re
import sqlite3
import typing as t
import uuid

from lab.sql import catalogue
from lab.sql.engine import Database, Engine, Session, now
from lab.sql.problems import StatementError

_INSTANT = "%Y-%m-%d %H:%M:%S.%f"
_SECONDS = {"SECOND": 1, "SS": 1, "S": 1, "MINUTE": 60, "MI": 60, "HOUR": 3600, "HH": 3600, "DAY": 86400, "DD": 86400}
_STYLES = {126: "%Y-%m-%dT%H:%M:%S", 127: "%Y-%m-%dT%H:%M:%S", 23: "%Y-%m-%d", 112: "%Y%m%d", 120: "%Y-%m-%d %H:%M:%S"}
# SERVERPROPERTY (Transact-SQL); 8: Azure SQL Managed Instance.
_ENGINE_EDITIONS = {"Standard": 2, "Web": 2, "Enterprise": 3, "Developer": 3, "Express": 4, "SQL Azure": 8}

# What a sysname holds. A longer argument is cut to that, and the bracket that closes a name with it.
_SYSNAME = 128

Function = c.Callable[..., t.Any]


def register(connection: sqlite3.Connection, engine: Engine, session: Session, variables: dict[str, t.Any]) -> None:
    """Return a connection the functions, as the session sees them."""
    for name, arguments, function in [
        *_plain(),
        *_of_letters(engine),
        *_of_server(engine, session, variables),
        *_rights(engine, session),
    ]:
        connection.create_function(name, arguments, function)
    connection.create_collation("CI", _comparison(engine.fold))
    connection.create_collation("CATALOG", _comparison(str.casefold))


def _comparison(fold: c.Callable[[str], str]) -> c.Callable[[str, str], int]:
    def compare(left: str, right: str) -> int:
        one, other = fold(left.rstrip(" ")), fold(right.rstrip(" "))
        return (one > other) - (one < other)

    return compare


def _of_letters(engine: Engine) -> list[tuple[str, int, Function]]:
    """Functions whose answer depends on the collation: which letters are the same."""
    fold = engine.fold
    return [
        ("lower", 1, lambda text: None if text is None else fold(str(text))),
        ("upper", 1, lambda text: None if text is None else engine.capitals(str(text))),
        ("charindex", 2, lambda part, text: fold(str(text)).find(fold(str(part))) + 1),
        ("like", 2, lambda pattern, text: _like(fold, pattern, text)),
    ]


def _plain() -> list[tuple[str, int, Function]]:
    return [
        ("text_", 3, text_of),
        ("binary_", 1, lambda value: value.encode("utf-16-le") if isinstance(value, str) else value),
        ("left_", 2, lambda text, count: None if text is None else str(text)[: int(count)]),
        ("right_", 2, lambda text, count: None if text is None else str(text)[len(str(text)) - int(count) :]),
        ("len", 1, lambda text: None if text is None else len(str(text).rstrip(" "))),
        ("datalength", 1, lambda value: None if value is None else len(value) * (1 if isinstance(value, bytes) else 2)),
        ("quotename", 1, lambda name: None if name is None else "[" + str(name).replace("]", "]]") + "]"),
        ("concat", -1, lambda *parts: "".join("" if part is None else str(part) for part in parts)),
        ("getdate", 0, lambda: catalogue.moment(now())),
        ("datediff", 3, _date_difference),
        ("dateadd", 3, _date_add),
        ("newid", 0, lambda: str(uuid.uuid4()).upper()),
        ("hashbytes", 2, _hash),
        ("fn_varbintohexstr", 1, lambda value: None if value is None else "0x" + value.hex()),
        ("isnumeric", 1, lambda value: int(re.fullmatch(r"-?\d+(\.\d+)?", str(value)) is not None)),
    ]


def text_of(value: t.Any, length: t.Any, style: t.Any) -> str | None:
    """Do what CONVERT to a character type does; length 0: no limit."""
    if value is None:
        return None
    if isinstance(value, bytes):
        prefix = "0x" if style == 1 else ""
        text = prefix + value.hex().upper() if style in (1, 2) else value.decode("latin-1")
    elif style in _STYLES and isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d ", value):
        moment = datetime.datetime.strptime(value, _INSTANT)
        text = moment.strftime(_STYLES[style])
        if style in (126, 127) and moment.microsecond:
            text += f".{moment.microsecond // 1000:03}"
    else:
        text = str(value)
    return text[: int(length)] if length else text


def _like(fold: c.Callable[[str], str], pattern: str | None, text: t.Any) -> int | None:
    """Match as LIKE does: ``%``, ``_``, and sets in brackets."""
    if pattern is None or text is None:
        return None
    expression = ""
    for part in re.findall(r"\[\^?.[^\]]*\]|.", fold(pattern), re.DOTALL):
        if len(part) > 1:
            negated = part[1] == "^"
            inside = part[2:-1] if negated else part[1:-1]
            expression += f"[{'^' * negated}{inside.replace(chr(92), chr(92) * 2).replace('[', chr(92) + '[')}]"
        else:
            expression += {"%": ".*", "_": "."}.get(part, re.escape(part))
    return int(re.fullmatch(expression, fold(str(text)), re.DOTALL) is not None)


def _date_difference(part: str, start: str | None, end: str | None) -> int | None:
    if start is None or end is None:
        return None
    passed = datetime.datetime.strptime(end, _INSTANT) - datetime.datetime.strptime(start, _INSTANT)
    if part.upper() in ("MILLISECOND", "MS"):
        return int(passed.total_seconds() * 1000)
    return int(passed.total_seconds() // _SECONDS[part.upper()])


def _date_add(part: str, count: int, start: str | None) -> str | None:
    if start is None:
        return None
    step = datetime.timedelta(seconds=count * _SECONDS[part.upper()])
    return catalogue.moment(datetime.datetime.strptime(start, _INSTANT) + step)


def _hash(algorithm: str, value: t.Any) -> bytes | None:
    if value is None:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode("utf-16-le")
    return hashlib.new(
        {"SHA2_256": "sha256", "SHA2_512": "sha512"}.get(algorithm.upper(), algorithm.lower()), raw
    ).digest()


def _of_server(engine: Engine, session: Session, variables: dict[str, t.Any]) -> list[tuple[str, int, Function]]:
    def database_name(number: int | None = None) -> str | None:
        if number is None:
            return session.database
        return next((one.name for one in engine.databases.values() if one.database_id == number), None)

    def database_id(name: str | None = None) -> int | None:
        wanted = session.database if name is None else name
        found = engine.databases.get(wanted.casefold())
        return found.database_id if found and engine.fold(found.name) == engine.fold(wanted) else None

    def sid_name(sid: bytes | None = None) -> str | None:
        # Any account that the domain knows has a name, login or not (dataplat/dbatools #3157).
        known = {one.sid: one.name for one in engine.logins.values()}
        known |= {number: name for name, number in engine.windows_accounts.items()}
        return None if sid is None else known.get(sid)

    def sid_of(name: str | None) -> bytes | None:
        folded = (name or "").casefold()
        known = {one.casefold(): number for one, number in engine.windows_accounts.items()}
        return engine.logins[folded].sid if folded in engine.logins else known.get(folded)

    def mode(dummy: str, resource: str, owner: str) -> str:
        key = (session.database.casefold(), resource)
        return next((held for who, name, held in engine.locks.holds() if who is session and name == key), "NoLock")

    return [
        ("serverproperty", 1, lambda name: server_property(engine, str(name))),
        ("databasepropertyex", 2, lambda name, what: _database_property(engine, str(name), str(what))),
        ("db_name", 0, database_name),
        ("db_name", 1, lambda number: None if number is None else database_name(number)),
        ("db_id", 0, database_id),
        ("db_id", 1, lambda name: None if name is None else database_id(name)),
        ("suser_sname", 0, lambda: session.login.name),
        ("suser_sname", 1, sid_name),
        ("suser_name", 0, lambda: session.login.name),
        ("suser_sid", 0, lambda: session.login.sid),
        ("suser_sid", 1, sid_of),
        ("original_login", 0, lambda: session.login.name),
        ("system_user", 0, lambda: session.login.name),
        ("user_name", 0, lambda: "dbo" if session.login.sysadmin else "guest"),
        ("host_name", 0, lambda: session.host),
        ("app_name", 0, lambda: session.program),
        ("connectionproperty", 1, lambda name: _connection_property(session, str(name))),
        ("object_id", 1, lambda name: _object_id(engine, session, str(name))),
        ("object_id", 2, lambda name, dummy: _object_id(engine, session, str(name))),
        ("applock_mode", 3, mode),
        ("server_variable", 1, lambda name: _server_variable(engine, session, variables, str(name))),
        ("error_number", 0, lambda: variables.get("@@error_caught", (None, None))[0]),
        ("error_message", 0, lambda: variables.get("@@error_caught", (None, None))[1]),
    ]


_SINCE_2022 = frozenset(("VIEW SERVER PERFORMANCE STATE", "VIEW SERVER SECURITY STATE"))


def _rights(engine: Engine, session: Session) -> list[tuple[str, int, Function]]:
    def role_member(role: str, login: str | None = None) -> int | None:
        found = session.login if login is None else engine.logins.get(login.casefold())
        if found is None:
            return None
        return int(found.sysadmin or role.casefold() in found.roles or role.casefold() == "public")

    def member(role: str) -> int:
        database = engine.database(session.database)
        return int(role.casefold() in engine.roles_in(session.login, database))

    def access(name: str | None) -> int | None:
        database = engine.databases.get((name or "").casefold())
        if database is None:
            return None
        holder = database.holder
        try:
            engine.reach(session, database.name)
        except StatementError:
            return 0
        finally:
            database.holder = holder
        return 1

    def permitted(securable: str | None, kind: str | None, permission: str) -> int | None:
        names = permissions(engine, session, securable, kind)
        if names is None:
            return None
        if permission.upper() in _SINCE_2022 and engine.product[0] < 16:
            return None  # a permission that this version does not have
        return int(permission.upper() in names or (permission.upper() == "ANY" and bool(names)))

    return [
        ("is_srvrolemember", 1, role_member),
        ("is_srvrolemember", 2, role_member),
        ("is_member", 1, member),
        ("is_rolemember", 1, member),
        ("has_dbaccess", 1, access),
        ("has_perms_by_name", 3, permitted),
    ]


def permissions(engine: Engine, session: Session, securable: str | None, kind: str | None) -> set[str] | None:
    """Return a login's permissions on the server, a database, or an object; None when there is no such thing."""
    login = session.login
    if kind is None or kind.upper() == "SERVER":
        names = (
            "CONNECT SQL", "VIEW SERVER STATE", "VIEW SERVER PERFORMANCE STATE", "CREATE ANY DATABASE",
            "ALTER ANY DATABASE", "ALTER ANY CONNECTION", "ALTER ANY LOGIN", "CONTROL SERVER", "VIEW ANY DEFINITION",
            "VIEW ANY DATABASE", "ADMINISTER BULK OPERATIONS", "ALTER SERVER STATE",
        )  # fmt: skip
        return {name for name in names if login.holds(name)}
    if kind.upper() == "DATABASE":
        name = (securable or session.database)[:_SYSNAME]
        if name.startswith("[") and not name.endswith("]"):
            return None
        name = name[1:-1].replace("]]", "]") if name.startswith("[") else name
        database = engine.databases.get(name.casefold())
        return None if database is None else _database_permissions(engine, session, database)
    allowed = login.sysadmin or (securable or "").casefold() not in {name.casefold() for name in login.denied}
    return {"SELECT", "VIEW DEFINITION"} if allowed else set()


def _database_permissions(engine: Engine, session: Session, database: Database) -> set[str]:
    roles = engine.roles_in(session.login, database)
    found = {"CONNECT"} if roles else set()
    if "db_owner" in roles:
        found |= {
            "CONTROL",
            "ALTER",
            "BACKUP DATABASE",
            "BACKUP LOG",
            "SELECT",
            "VIEW DEFINITION",
            "VIEW DATABASE STATE",
        }
    if "db_backupoperator" in roles:
        found |= {"BACKUP DATABASE", "BACKUP LOG"}
    if "db_datareader" in roles:
        found |= {"SELECT"}
    user = database.user_of(session.login)
    found |= user.permissions if user else set()
    if session.login.holds("ALTER ANY DATABASE"):
        found |= {"ALTER"}
    if database.name == "master" and engine.may_create(session.login):
        found |= {"CREATE DATABASE"}
    return found


def server_property(engine: Engine, name: str) -> str | int | None:
    """Do what SERVERPROPERTY does."""
    major, minor, build = engine.product
    compressed = 1 if engine.compresses else 0
    properties: dict[str, str | int | None] = {
        "productversion": engine.version,
        "productmajorversion": str(major),
        "productminorversion": str(minor),
        "productbuild": str(build),
        "productlevel": "RTM",
        "productupdatelevel": "CU18",
        "edition": engine.edition_text,
        "engineedition": _ENGINE_EDITIONS.get(engine.edition, 3),
        "servername": engine.server_name,
        "machinename": engine.machine_name,
        "computernamephysicalnetbios": engine.machine_name,
        "instancename": engine.instance or None,
        "collation": "SQL_Latin1_General_CP1_CI_AS",
        "isclustered": 0,
        "ishadrenabled": int(any(one.availability_group for one in engine.databases.values())),
        "isintegratedsecurityonly": int(engine.windows_only),
        "issingleuser": 0,
        "instancedefaultdatapath": engine.data_folder + "\\",
        "instancedefaultlogpath": engine.log_folder + "\\",
        "instancedefaultbackuppath": engine.backup_folder if major >= 15 else None,
        "processid": 4242,
        "islocaldb": 0,
        "backupcompression": compressed,
    }
    return properties.get(name.casefold())


def _database_property(engine: Engine, name: str, what: str) -> str | int | None:
    database = engine.databases.get(name.casefold())
    if database is None:
        return None
    properties: dict[str, str | int | None] = {
        "status": "RECOVERY_PENDING" if database.state == "RECOVERY_PENDING" else database.state,
        "useraccess": database.user_access,
        "recovery": database.recovery_model,
        "updateability": "READ_ONLY" if database.read_only else "READ_WRITE",
        "collation": "SQL_Latin1_General_CP1_CI_AS",
        "isinstandby": 0,
    }
    return properties.get(what.casefold())


def _connection_property(session: Session, name: str) -> str | None:
    return {"net_transport": "TCP", "auth_scheme": "SQL", "client_net_address": "127.0.0.1"}.get(name.casefold())


def _object_id(engine: Engine, session: Session, name: str) -> int | None:
    parts = [part.strip("[]").casefold() for part in name.split(".")]
    database = engine.databases.get(parts[-3] if len(parts) > 2 else session.database.casefold())
    if database is None or database.state != "ONLINE":
        return None
    schema = (parts[-2] if len(parts) > 1 else "") or "dbo"
    for number, its_schema, its_name in catalogue.tables_of(engine, database):
        if (its_schema.casefold(), its_name.casefold()) == (schema, parts[-1]):
            return number
    return None


def _server_variable(engine: Engine, session: Session, variables: dict[str, t.Any], name: str) -> t.Any:
    major = engine.product[0]
    year = {13: 2016, 14: 2017, 15: 2019, 16: 2022, 17: 2025}.get(major, 2022)
    text = (
        f"Microsoft SQL Server {year} (RTM) - {engine.version} (X64) \n\t{engine.edition_text} on Windows Server 2022"
    )
    return {
        "SPID": session.spid,
        "VERSION": text,
        "SERVERNAME": engine.server_name,
        "SERVICENAME": engine.instance or "MSSQLSERVER",
        "TRANCOUNT": session.transactions,
        "ERROR": variables.get("@@error", 0),
        "ROWCOUNT": variables.get("@@rowcount", 0),
        "LOCK_TIMEOUT": -1,
        "LANGUAGE": "us_english",
    }.get(name.upper().removeprefix("@@"))
