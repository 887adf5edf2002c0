# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""System procedures."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from lab.sql import app_locks, wire
from lab.sql.backup import Conversation
from lab.sql.engine import Engine, Session
from lab.sql.problems import StatementError
from lab.sql.wire import Column, Message, Reply

Arguments = t.Mapping[str, t.Any]
"""By name without the sign and in lower case; positional ones by their number."""

# What a real server sends from inside of these procedures, recorded: status, command, count of each DONEINPROC.
_GET_LOCK = (
    (17, 193, 1),
    (1, 192, 0),
    (17, 193, 1),
    (1, 192, 0),
    (1, 192, 0),
    (17, 193, 1),
    (1, 192, 0),
    (1, 224, 0),
    (17, 193, 1),
)
_RELEASE_LOCK = ((17, 193, 1), (1, 192, 0), (17, 193, 1), (1, 224, 0), (17, 193, 1))


class Context(t.NamedTuple):
    """What a procedure works with."""

    engine: Engine
    session: Session
    reply: Reply
    conversation: Conversation


def call(name: str, context: Context, arguments: Arguments) -> int:
    """Run a procedure and give its return code. Raises StatementError."""
    procedure = _PROCEDURES.get(name)
    if procedure is None:
        raise StatementError.of(2812, f"Could not find stored procedure '{name}'.", 16, 62)
    return procedure(context, arguments)


def _pick(arguments: Arguments, name: str, place: int, default: t.Any = None) -> t.Any:
    return arguments.get(name, arguments.get(str(place), default))


def _get_lock(context: Context, arguments: Arguments) -> int:
    engine, session, reply = context.engine, context.session, context.reply
    resource = str(_pick(arguments, "resource", 0, ""))[:255]
    mode = str(_pick(arguments, "lockmode", 1, ""))
    owner = str(_pick(arguments, "lockowner", 2, "Transaction"))
    timeout = int(_pick(arguments, "locktimeout", 3, -1))
    principal = str(_pick(arguments, "dbprincipal", 4, "public"))
    known = next((one for one in app_locks.MODES if one.casefold() == mode.casefold()), None)
    if known is None:
        reply.message(
            Message(15625, f"Option '{mode}' not recognized for '@LockMode' parameter.", procedure="sp_getapplock")
        )
        return app_locks.INVALID
    if owner.casefold() == "transaction" and not session.transactions:
        text = "You attempted to acquire a transactional application lock without an active transaction."
        reply.message(Message(15626, text, procedure="sp_getapplock"))
        return app_locks.INVALID
    if principal.casefold() not in ("public", "dbo"):
        text = f"Database principal '{principal}' does not exist or user is not a member."
        reply.message(Message(1202, text, 16, procedure="sys.xp_userlock"))
        return app_locks.INVALID
    request = session.request
    if request:
        request.wait_type = "LCK_M_X"
    code = engine.locks.acquire(
        session, (session.database.casefold(), resource), known, timeout, lambda: session.stopped
    )
    if request:
        request.wait_type = ""
    context.conversation.checkpoint(0)
    _inner(reply, _GET_LOCK)
    return code


def _release_lock(context: Context, arguments: Arguments) -> int:
    resource = str(_pick(arguments, "resource", 0, ""))[:255]
    key = (context.session.database.casefold(), resource)
    if not context.engine.locks.release(context.session, key):
        text = (
            f"Cannot release the application lock (Database Principal: 'public', Resource: '{resource}')"
            " because it is not currently held."
        )
        context.reply.message(Message(1223, text, 16, procedure="sys.xp_userlock"))
        return app_locks.INVALID
    _inner(context.reply, _RELEASE_LOCK)
    return 0


def _inner(reply: Reply, tokens: c.Iterable[tuple[int, int, int]]) -> None:
    for status, command, count in tokens:
        reply.done(command, status, count)


def _file_exists(context: Context, arguments: Arguments) -> int:
    # Whoever is no sysadmin gets a no, whatever is there (olahallengren/sql-server-maintenance-solution #771, #965).
    sees = context.session.login.sysadmin
    path = context.engine.map_path(str(_pick(arguments, "filename", 0, "")))
    columns = [Column(name, "int", 4) for name in ("File Exists", "File is a Directory", "Parent Directory Exists")]
    found = (sees and path.is_file(), sees and path.is_dir(), sees and path.parent.is_dir())
    _rows(context.reply, columns, [tuple(map(int, found))])
    return 0


def _directory_tree(context: Context, arguments: Arguments) -> int:
    path = context.engine.map_path(str(_pick(arguments, "directory", 0, "")))
    files = int(_pick(arguments, "file", 2, 0) or 0)
    columns = [Column("subdirectory", "nvarchar", 255), Column("depth", "int", 4)]
    columns += [Column("file", "int", 4)] if files else []
    found = sorted(path.iterdir()) if path.is_dir() else []
    wanted = [one for one in found if files or one.is_dir()]
    _rows(context.reply, columns, [(one.name, 1, int(one.is_file()))[: len(columns)] for one in wanted])
    return 0


def _registry(context: Context, arguments: Arguments) -> int:
    name = str(_pick(arguments, "value_name", 2, ""))
    values = {"backupdirectory": context.engine.backup_folder, "defaultdata": context.engine.data_folder}
    found = values.get(name.casefold())
    columns = [Column("Value", "nvarchar", 128), Column("Data", "nvarchar", 260)]
    _rows(context.reply, columns, [(name, found)] if found else [])
    return 0


def _fixed_drives(context: Context, arguments: Arguments) -> int:
    columns = [Column("drive", "char", 1), Column("MB free", "int", 4)]
    _rows(context.reply, columns, [(letter, context.engine.volume_free // 1024**2) for letter in "CD"])
    return 0


def _create_folder(context: Context, arguments: Arguments) -> int:
    _sysadmin_only(context, "xp_create_subdir")
    context.engine.map_path(str(_pick(arguments, "directory", 0, ""))).mkdir(parents=True, exist_ok=True)
    return 0


def _delete_file(context: Context, arguments: Arguments) -> int:
    _sysadmin_only(context, "xp_delete_file")
    context.engine.map_path(str(_pick(arguments, "path", 1, ""))).unlink(missing_ok=True)
    return 0


def _sysadmin_only(context: Context, name: str) -> None:
    if not context.session.login.sysadmin:
        text = (
            f"The EXECUTE permission was denied on the object '{name}', database 'mssqlsystemresource', schema 'sys'."
        )
        raise StatementError.of(229, text, 14, 5)


def datatype_info(context: Context, arguments: Arguments) -> int:
    """Describe types to a driver, which asks for this when it connects and when it binds parameters."""
    numbers = [int(value) for value in arguments.values() if str(value).lstrip("-").isdigit()]
    rows = [row for row in _DATA_TYPES if not numbers or numbers[0] in (0, row[1])]
    columns = [
        Column(name, "nvarchar", 128) if kind == "n" else Column(name, "int", int(kind))
        for name, kind in re.findall(r"(\w+):(\w)", _DATA_TYPE_COLUMNS)
    ]
    _rows(context.reply, columns, [(*row, *((None,) * (len(columns) - len(row)))) for row in rows])
    return 0


_DATA_TYPE_COLUMNS = (
    "TYPE_NAME:n DATA_TYPE:2 PRECISION:4 LITERAL_PREFIX:n LITERAL_SUFFIX:n CREATE_PARAMS:n NULLABLE:2 CASE_SENSITIVE:2"
    " SEARCHABLE:2 UNSIGNED_ATTRIBUTE:2 MONEY:2 AUTO_INCREMENT:2 LOCAL_TYPE_NAME:n MINIMUM_SCALE:2 MAXIMUM_SCALE:2"
    " SQL_DATA_TYPE:2 SQL_DATETIME_SUB:2 NUM_PREC_RADIX:4 INTERVAL_PRECISION:2 USERTYPE:2"
)
_DATA_TYPES: list[tuple[wire.Value, ...]] = [
    ("nvarchar", -9, 4000, "N'", "'", "max length", 1, 0, 3),
    ("varbinary", -3, 8000, "0x", None, "max length", 1, 0, 2),
    ("int", 4, 10, None, None, None, 1, 0, 2),
    ("numeric", 2, 38, None, None, "precision,scale", 1, 0, 2),
    ("varchar", 12, 8000, "'", "'", "max length", 1, 0, 3),
    ("datetime2", 93, 27, "'", "'", "scale", 1, 0, 3),
]


def _rows(reply: Reply, columns: list[Column], rows: list[tuple[wire.Value, ...]]) -> None:
    count = reply.rows(columns, rows)
    reply.done(193, wire.COUNT, count)


_PROCEDURES: dict[str, c.Callable[[Context, Arguments], int]] = {
    "sp_getapplock": _get_lock,
    "sp_releaseapplock": _release_lock,
    "xp_fileexist": _file_exists,
    "xp_dirtree": _directory_tree,
    "xp_instance_regread": _registry,
    "xp_regread": _registry,
    "xp_fixeddrives": _fixed_drives,
    "xp_create_subdir": _create_folder,
    "xp_delete_file": _delete_file,
    "sp_datatype_info_100": datatype_info,
    "sp_datatype_info": datatype_info,
    "sp_unprepare": lambda context, arguments: 0,
}
