# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ALTER, CREATE and DROP of databases, and the rest that changes the server: users, owners, KILL, CHECKDB."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import sqlite3
import time
import typing as t

from lab.sql.backup import Conversation
from lab.sql.engine import SYSTEM_DATABASES, Database, Engine, Session, check_state
from lab.sql.problems import OS_ERRORS, StatementError, syntax_error
from lab.sql.statements import AlterDatabase
from lab.sql.wire import Message
from lab.sql.words import Kind, Token, Words, split

_ACCESS = ("SINGLE_USER", "RESTRICTED_USER", "MULTI_USER")
_PLAIN: dict[str, tuple[str, c.Callable[[str], t.Any]]] = {
    "RECOVERY": ("recovery_model", str),
    "COMPATIBILITY_LEVEL": ("compatibility_level", int),
    "TRUSTWORTHY": ("trustworthy", "ON".__eq__),
    "ENABLE_BROKER": ("broker", lambda value: True),
    "DISABLE_BROKER": ("broker", lambda value: False),
    "CONTAINMENT": ("containment", lambda value: int(value == "PARTIAL")),
}
"""Settings that are one attribute of the database, made of the word behind them."""

_EXCLUSIVE = (*_ACCESS[:2], "OFFLINE", "READ_ONLY")


def alter_database(engine: Engine, session: Session, order: AlterDatabase, conversation: Conversation) -> None:
    """Do an ALTER DATABASE. Raises StatementError, InterruptedStatementError."""
    name = order.name or session.database
    if session.transactions:
        text = "ALTER DATABASE statement not allowed within multi-statement transaction."
        raise StatementError.of(226, text, 16, 6)
    if name.casefold() in SYSTEM_DATABASES and order.settings:
        raise StatementError.of(5058, f"Option '{order.settings[0][0]}' cannot be set in database '{name}'.", 16, 5)
    try:
        _clear_way(engine, session, name, order, conversation)
        with engine.lock:
            database = _alterable(engine, session, name)
            if order.new_name:
                del engine.databases[database.name.casefold()]
                database.name = order.new_name
                engine.databases[order.new_name.casefold()] = database
            for setting, value in order.settings:
                _set(engine, session, database, setting, value)
            engine.let_in()
    except StatementError as problem:
        raise problem.followed_by(5069, "ALTER DATABASE statement failed.") from problem


def _alterable(engine: Engine, session: Session, name: str) -> Database:
    database = engine.databases.get(name.casefold())
    if database is None or not engine.may_alter(session.login, database) or database.state == "RECOVERING":
        text = (
            f"User does not have permission to alter database '{name}', the database does not exist, or the database is"
            " not in a state that allows access checks."
        )
        raise StatementError.of(5011, text, 14, 5)
    if database.state == "RESTORING":
        raise StatementError.of(5052, "ALTER DATABASE is not permitted while a database is in the Restoring state.")
    if database.user_access == "SINGLE_USER" and database.holder not in (None, session):
        text = (
            f"Changes to the state or options of database '{database.name}' cannot be made at this time."
            " The database is in single-user mode, and a user is currently connected to it."
        )
        raise StatementError.of(5064, text)
    return database


def _clear_way(engine: Engine, session: Session, name: str, order: AlterDatabase, conversation: Conversation) -> None:
    """Get the other sessions out, or wait for them, where a setting needs the database alone."""
    wanted = [setting for setting, dummy in order.settings if setting in _EXCLUSIVE]
    reported = False
    while wanted:
        with engine.lock:
            database = _alterable(engine, session, name)
            if database.availability_group and "OFFLINE" in wanted:
                text = (
                    f'The operation cannot be performed on database "{database.name}" because it is involved in a'
                    " database mirroring session or an availability group. Some operations are not allowed on a"
                    " database that is participating in a database mirroring session or in an availability group."
                )
                raise StatementError.of(1468, text)
            others = engine.sessions_in(database, besides=session)
            if wanted == ["RESTRICTED_USER"]:
                others = [one for one in others if not _qualified(engine, one, database)]
            if not others:
                break
            if order.termination == "NO_WAIT":
                text = f"Database state cannot be changed while other users are using the database '{database.name}'"
                raise StatementError.of(5070, text, 16, 2)
            if order.termination == "IMMEDIATE":
                _throw_out(engine, session, database, others, wanted)
                reported = True
        if reported:
            for state, percent in ((2, 0), (1, 100)):
                text = f"Nonqualified transactions are being rolled back. Estimated rollback completion: {percent}%."
                conversation.say(Message(5060, text, 0, state))
            break
        conversation.pause(0.02)


def _throw_out(
    engine: Engine, session: Session, database: Database, others: c.Iterable[Session], wanted: c.Sequence[str]
) -> None:
    # Nobody may come back between the end of the sessions and the new state: both are one step.
    for one in others:
        engine.sessions.pop(one.spid, None)
    for setting in wanted:
        _set(engine, session, database, setting, "")
    for one in others:
        engine.sessions[one.spid] = one
        engine.kill(one)


def _qualified(engine: Engine, session: Session, database: Database) -> bool:
    return "db_owner" in engine.roles_in(session.login, database) or "dbcreator" in session.login.roles


def _set(engine: Engine, session: Session, database: Database, setting: str, value: str) -> None:
    attribute = _PLAIN.get(setting)
    if attribute:
        setattr(database, attribute[0], attribute[1](value))
    elif setting in _ACCESS:
        database.user_access = setting
        database.holder = session if setting == "SINGLE_USER" and database.state == "ONLINE" else None
    elif setting == "OFFLINE":
        database.state, database.holder = "OFFLINE", None
    elif setting == "ONLINE":
        _bring_online(engine, database)
    elif setting == "EMERGENCY":
        database.state = "EMERGENCY"
    elif setting in ("READ_ONLY", "READ_WRITE"):
        database.read_only = setting == "READ_ONLY"
    elif setting == "HADR":
        database.availability_group = ""


def _bring_online(engine: Engine, database: Database) -> None:
    path = database.files[0].path
    if not engine.path_of(database).is_file():
        database.state = "RECOVERY_PENDING"
        text = f'Unable to open the physical file "{path}". Operating system error 2: "2({OS_ERRORS[2]})".'
        raise StatementError.of(5120, text)
    if database.state in ("SUSPECT", "RECOVERY_PENDING"):
        check_state(database)
    database.state = "ONLINE"


def create_database(engine: Engine, session: Session, words: Words) -> None:
    """Do a CREATE DATABASE without options. Raises StatementError."""
    words.expect("DATABASE")
    name = words.name()
    if not engine.may_create(session.login):
        raise StatementError.of(262, "CREATE DATABASE permission denied in database 'master'.", 14)
    if name.casefold() in engine.databases:
        raise StatementError.of(1801, f"Database '{name}' already exists. Choose a different database name.", 16, 3)
    engine.add_database(name, {}, owner_sid=session.login.sid)


def create(engine: Engine, session: Session, words: Words) -> None:
    """Do a CREATE DATABASE or a CREATE TABLE. Raises StatementError."""
    action = create_table if words.peek().upper == "TABLE" else create_database
    action(engine, session, words)


def create_table(engine: Engine, session: Session, words: Words) -> None:
    """Do a CREATE TABLE of a name in three parts. Types are not kept. Raises StatementError."""
    words.expect("TABLE")
    name = words.name()
    words.expect(".")
    schema = words.name()
    words.expect(".")
    table = words.name()
    columns = [part[0].value for part in split(words.group(), ",")]
    database = engine.reach(session, name)
    if "db_owner" not in engine.roles_in(session.login, database):
        raise StatementError.of(262, f"CREATE TABLE permission denied in database '{database.name}'.", 14)
    try:
        engine.sql(database.name, f'CREATE TABLE "{schema}.{table}" ({", ".join(columns)})')
    except sqlite3.OperationalError:
        text = f"There is already an object named '{table}' in the database."
        raise StatementError.of(2714, text, 16, 6) from None


def drop_database(engine: Engine, session: Session, words: Words) -> None:
    """Do a DROP DATABASE. Raises StatementError."""
    words.expect("DATABASE")
    if_exists = words.accept("IF", "EXISTS")
    while True:
        name = words.name()
        database = engine.databases.get(name.casefold())
        if database is None and not if_exists:
            text = f"Cannot drop the database '{name}', because it does not exist or you do not have permission."
            raise StatementError.of(3701, text, 11)
        if database is not None:
            _drop(engine, session, database)
        if not words.accept(","):
            return


def _drop(engine: Engine, session: Session, database: Database) -> None:
    name = database.name
    if name in SYSTEM_DATABASES:
        raise StatementError.of(3708, f"Cannot drop the database '{name}' because it is a system database.", 16, 4)
    if not (engine.may_restore(session.login, database) or engine.may_alter(session.login, database)):
        text = f"Cannot drop the database '{name}', because it does not exist or you do not have permission."
        raise StatementError.of(3701, text, 11)
    own = session.database.casefold() == name.casefold()
    if own or engine.sessions_in(database, besides=session) or database.busy or database.state == "RECOVERING":
        raise StatementError.of(3702, f'Cannot drop database "{name}" because it is currently in use.', 16, 4)
    engine.drop(database)


def alter_authorization(engine: Engine, session: Session, words: Words) -> None:
    """Do an ALTER AUTHORIZATION ON DATABASE. Raises StatementError."""
    words.expect("ON", "DATABASE", "::")
    database = engine.database(words.name())
    words.expect("TO")
    name = words.name()
    login = engine.logins.get(name.casefold())
    if login is None or not (session.login.sysadmin or database.owner_sid == session.login.sid):
        text = f"Cannot find the principal '{name}', because it does not exist or you do not have permission."
        raise StatementError.of(15151, text)
    check_state(database)
    if any(user.sid == login.sid for user in database.users):
        text = "The proposed new database owner is already a user or aliased in the database."
        raise StatementError.of(15110, text)
    database.owner_sid, database.dbo_sid = login.sid, None


def alter_user(engine: Engine, session: Session, words: Words) -> None:
    """Do an ALTER USER WITH LOGIN in the session's database. Raises StatementError."""
    name = words.name()
    words.expect("WITH", "LOGIN", "=")
    wanted = words.name()
    database = engine.reach(session, session.database)
    login = engine.logins.get(wanted.casefold())
    for what, found, kind in (
        (name, any(user.name.casefold() == name.casefold() for user in database.users), "user"),
        (wanted, login is not None, "login"),
    ):
        if not found:
            text = f"Cannot find the {kind} '{what}', because it does not exist or you do not have permission."
            raise StatementError.of(15151, text)
    assert login is not None
    if any(user.sid == login.sid and user.name.casefold() != name.casefold() for user in database.users):
        raise StatementError.of(15063, "The login already has an account under a different user name.")
    database.users = tuple(
        dataclasses.replace(user, sid=login.sid) if user.name.casefold() == name.casefold() else user
        for user in database.users
    )


def kill(engine: Engine, session: Session, words: Words) -> None:
    """Do a KILL. Raises StatementError."""
    number = int(words.take().value)
    if not (session.login.sysadmin or session.login.holds("ALTER ANY CONNECTION")):
        raise StatementError.of(6102, "User does not have permission to use the KILL statement.", 14)
    if number == session.spid:
        raise StatementError.of(6104, "Cannot use KILL to kill your own process.")
    with engine.lock:
        victim = engine.sessions.get(number)
        if victim is None:
            raise StatementError.of(6106, f"Process ID {number} is not an active process ID.")
        engine.kill(victim)


def check_database(engine: Engine, session: Session, words: Words, conversation: Conversation) -> None:
    """Do a DBCC CHECKDB. Raises StatementError."""
    words.expect("CHECKDB")
    name = session.database
    if words.peek().upper == "(":
        name = _argument(engine, words.group())
    silent = any(token.upper == "NO_INFOMSGS" for token in words.rest())
    database = engine.reach(session, name)
    if "db_owner" not in engine.roles_in(session.login, database):
        text = (
            f"User '{session.login.name}' does not have permission to run DBCC CHECKDB for database '{database.name}'."
        )
        raise StatementError.of(7983, text, 14, 36)
    found = integrity(engine, database)
    conversation.pause(engine.backup_seconds / 2)
    summary = f"CHECKDB found 0 allocation errors and {len(found)} consistency errors in database '{database.name}'."
    if found:
        problems = [
            Message(8928, f"Object ID 0, index ID -1: Page (1:1) could not be processed. {one}", 16) for one in found
        ]
        raise StatementError(*problems, Message(8990, summary, 10))
    if not silent:
        conversation.say(Message(8989, summary, 10))
        conversation.say(
            Message(
                2528, "DBCC execution completed. If DBCC printed error messages, contact your system administrator.", 10
            )
        )


def integrity(engine: Engine, database: Database) -> list[str]:
    """Let SQLite look through a database; what it finds, or nothing."""
    try:
        found = [str(text) for (text,) in engine.sql(database.name, "PRAGMA integrity_check(5)")]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    return [] if found == ["ok"] else found


def _argument(engine: Engine, inside: t.Sequence[Token]) -> str:
    token = inside[0]
    if token.kind is Kind.NUMBER:
        return next((one.name for one in engine.databases.values() if one.database_id == int(token.value)), "")
    return token.value


def wait_for(words: Words, conversation: Conversation) -> None:
    """Do a WAITFOR DELAY. Raises InterruptedStatementError."""
    words.expect("DELAY")
    token = words.take()
    parts = token.value.split(":")
    if len(parts) != 3:
        raise syntax_error(token.value)
    seconds = int(parts[0]) * 3600 + int(parts[1]) * 60 + float(parts[2])
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        conversation.pause(min(0.05, max(0.0, end - time.monotonic())))
