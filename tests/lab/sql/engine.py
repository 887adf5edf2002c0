# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of a server: logins, databases, sessions, certificates, msdb's history.

A database's rows are a SQLite file, which lies where the server's path of its first data file is mapped to; a table
``svc.Client`` has that whole name there. Everything else of it is in memory.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import hashlib
import itertools
import pathlib
import sqlite3
import threading
import time
import typing as t
import uuid

from lab.sql import app_locks
from lab.sql.problems import StatementError, no_such_database

SYSTEM_DATABASES = ("master", "tempdb", "model", "msdb")
PAGE_BYTES = 8192
COLLATION = "SQL_Latin1_General_CP1_CI_AS"
_FIRST_SPID = 51
_FIRST_LSN = 37_000_000_012_300_001
_STATES = {
    "ONLINE": 0,
    "RESTORING": 1,
    "RECOVERING": 2,
    "RECOVERY_PENDING": 3,
    "SUSPECT": 4,
    "EMERGENCY": 5,
    "OFFLINE": 6,
}
_ACCESS = {"MULTI_USER": 0, "SINGLE_USER": 1, "RESTRICTED_USER": 2}
_RECOVERY = {"FULL": 1, "BULK_LOGGED": 2, "SIMPLE": 3}

GROUPID_TABLES = {
    "svc.Client": ("ClientId INTEGER PRIMARY KEY", "Name NVARCHAR", "Url NVARCHAR"),
    "svc.BackUpHistory": ("Id INTEGER PRIMARY KEY", "History NVARCHAR"),
    "Event.Action": ("ActionId INTEGER PRIMARY KEY", "Name NVARCHAR"),
    "SVC.IdentityStoreReplication": ("Id INTEGER PRIMARY KEY", "IdentityStore NVARCHAR", "Watermark NVARCHAR"),
    "dbo.GroupLifecycle": ("GroupId INTEGER PRIMARY KEY", "Name NVARCHAR", "Owner NVARCHAR", "Expires NVARCHAR"),
}
"""Tables of a GroupID database, as far as the vendor's pages name them, and one with rows to change."""


def now() -> datetime.datetime:
    """Return the server's clock, which is UTC, to the millisecond."""
    moment = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Closable(t.Protocol):
    """A connection that can be cut."""

    interrupted: threading.Event

    def close(self) -> None:
        """Cut it."""


@dataclasses.dataclass
class Login:
    """A login. ``roles``, ``permissions``: of the server. ``denied``: securables that it may not SELECT.

    ``granted``: what it may SELECT in msdb, as ``msdb.dbo.backupset``, and nothing else there; None: all of it.
    """

    name: str
    password: str = dataclasses.field(default="", repr=False)
    roles: set[str] = dataclasses.field(default_factory=set)
    permissions: set[str] = dataclasses.field(default_factory=set)
    denied: set[str] = dataclasses.field(default_factory=set)
    granted: set[str] | None = None
    disabled: bool = False
    language: str = "us_english"
    default_database: str = "master"
    sid: bytes = b""

    def __post_init__(self) -> None:
        """Return ``sa`` the sid that it has everywhere, the others one of their own."""
        self.sid = self.sid or (b"\x01" if self.name == "sa" else uuid.uuid4().bytes)

    @property
    def sysadmin(self) -> bool:
        """Whether it may do everything."""
        return "sysadmin" in self.roles

    def may_select(self, securable: str) -> bool:
        """Whether it may SELECT an object of msdb."""
        if securable in {name.casefold() for name in self.denied}:
            return False
        return self.sysadmin or self.granted is None or securable in {name.casefold() for name in self.granted}

    def sees_certificate(self, name: str) -> bool:
        """Whether it sees a certificate of master, and may use it (Backup encryption, Permissions: VIEW DEFINITION)."""
        granted = f"VIEW DEFINITION ON CERTIFICATE::{name}" in self.permissions
        return self.sysadmin or self.holds("VIEW ANY DEFINITION") or granted

    def holds(self, permission: str) -> bool:
        """Whether it has a permission of the server."""
        by_role = {
            "dbcreator": ("CREATE ANY DATABASE", "ALTER ANY DATABASE"),
            "processadmin": ("VIEW SERVER STATE", "ALTER ANY CONNECTION"),
        }
        implied = {name for role in self.roles for name in by_role.get(role, ())}
        always = {"CONNECT SQL", "VIEW ANY DATABASE"}
        held = self.permissions | implied | always
        # Since SQL Server 2022 it covers two narrower ones (sys.fn_builtin_permissions, covering_permission_name).
        if permission in ("VIEW SERVER PERFORMANCE STATE", "VIEW SERVER SECURITY STATE"):
            return self.sysadmin or bool(held & {permission, "VIEW SERVER STATE"})
        return self.sysadmin or permission in held


@dataclasses.dataclass(frozen=True)
class User:
    """A user in a database, joined with its login by the sid alone. ``permissions``: granted in that database."""

    name: str
    sid: bytes | None
    roles: frozenset[str] = frozenset()
    permissions: frozenset[str] = frozenset()


@dataclasses.dataclass(frozen=True)
class DataFile:
    """A file of a database. ``kind``: ``ROWS``, ``LOG``, ``FILESTREAM``, ``FULLTEXT``. ``size`` in bytes."""

    file_id: int
    name: str
    path: str
    kind: str = "ROWS"
    size: int = 8 * 1024 * 1024
    file_guid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()).upper())


@dataclasses.dataclass
class Database:
    """A database. ``travels`` names what a backup carries from one server to another.

    holder: the session that a SINGLE_USER database belongs to; None: whoever enters first.
    whole: False after a restore that was cut: its data is not usable.
    dbo_sid: of the user dbo, where it is not the owner's, as after a restore by somebody else.
    broker: Service Broker delivers messages.
    secondary: a secondary replica of its availability group, which may not be read.
    damaged_page: a page whose checksum does not hold, as BACKUP WITH CHECKSUM finds it; 0: none.
    log_lsn: where the next backup of the log begins; 0: no chain of such. restored_lsn: how far RESTORE brought it.
    """

    name: str
    database_id: int
    files: tuple[DataFile, ...]
    state: str = "ONLINE"
    user_access: str = "MULTI_USER"
    holder: Session | None = None
    whole: bool = True
    recovery_model: str = "FULL"
    family_guid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()).upper())
    database_guid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()).upper())
    fork_guid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()).upper())
    owner_sid: bytes = b"\x01"
    dbo_sid: bytes | None = None
    broker: bool = True
    created: datetime.datetime = dataclasses.field(default_factory=now)
    compatibility_level: int = 160
    containment: int = 0
    users: tuple[User, ...] = ()
    master_key: bool = False
    tde_thumbprint: str = ""
    availability_group: str = ""
    mirrored: bool = False
    secondary: bool = False
    snapshot_of: str = ""
    read_only: bool = False
    trustworthy: bool = False
    published: bool = False
    cdc: bool = False
    last_full_lsn: int = 0
    log_lsn: int = 0
    restored_lsn: int = 0
    damaged_page: int = 0
    busy: str = ""

    @property
    def state_number(self) -> int:
        """The state as sys.databases numbers it."""
        return _STATES[self.state]

    @property
    def access_number(self) -> int:
        """The user access as sys.databases numbers it."""
        return _ACCESS[self.user_access]

    @property
    def recovery_number(self) -> int:
        """The recovery model as sys.databases numbers it."""
        return _RECOVERY[self.recovery_model]

    def user_of(self, login: Login) -> User | None:
        """Find a login's user."""
        return next((user for user in self.users if user.sid == login.sid), None)


@dataclasses.dataclass
class Certificate:
    """A certificate in master. ``saved``: when its private key was last backed up, None: never."""

    name: str
    thumbprint: str = dataclasses.field(default_factory=lambda: hashlib.sha1(uuid.uuid4().bytes).hexdigest().upper())
    saved: datetime.datetime | None = None
    expires: datetime.datetime = datetime.datetime(2036, 1, 1)


@dataclasses.dataclass
class Request:
    """What a session is doing."""

    command: str
    text: str
    started: datetime.datetime
    percent: float = 0.0
    database: str = ""
    wait_type: str = ""


@dataclasses.dataclass(eq=False)
class Session:
    """A connection as the server sees it.

    returns: opens itself again as soon as it may, as a portal does.
    """

    spid: int
    login: Login
    host: str = ""
    program: str = ""
    database: str = "master"
    library: str = "ODBC"
    encrypted: bool = False
    channel: Closable | None = None
    returns: str = ""
    language: str = "us_english"
    connected: datetime.datetime = dataclasses.field(default_factory=now)
    transactions: int = 0
    killed: bool = False
    request: Request | None = None
    context: dict[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def stopped(self) -> bool:
        """Whether its statement has to stop."""
        return self.killed or (self.channel is not None and self.channel.interrupted.is_set())


MapPath = c.Callable[[str], pathlib.Path]


class Engine:
    """A server's state. ``lock`` guards all of it; nothing that takes long is done under it.

    backup_seconds: how long the copying of a BACKUP or RESTORE that begins now takes at least.
    os_errors: error number by the beginning of a path, for what the file system here cannot refuse.
    disk_full_after: bytes of backup files until the disk is full; None: never.
    msdb_full: msdb takes no more records.
    windows_accounts: name and SID of accounts that the domain knows and that are no logins here.
    collation: of the server and its databases: what is equal, and names of objects and columns too. The catalog's own
      words (columns ``type`` and ``..._desc``) have a fixed one.
    takes_ownership: the login that restores over a database owns it then, for which no source was found. What RESTORE
      makes anew is the login's in any case (weblogs.sqlteam.com/dang, "Database Owner Troubles").
    compares_offline: RESTORE can tell the family of a database that is OFFLINE.
    """

    def __init__(self, map_path: MapPath, *, version: str = "16.0.4236.2", edition: str = "Standard") -> None:
        self.map_path = map_path
        self.version = version
        self.edition = edition
        self.server_name = "SQL01"
        self.instance = ""
        self.machine_name = "SQL01"
        self.windows_only = False
        self.lock = threading.RLock()
        self.logins: dict[str, Login] = {}
        self.databases: dict[str, Database] = {}
        self.certificates: list[Certificate] = []
        self.sessions: dict[int, Session] = {}
        self.history: dict[str, list[dict[str, t.Any]]] = {}
        self.locks = app_locks.AppLocks()
        self.data_folder = "D:\\MSSQL\\DATA"
        self.log_folder = "D:\\MSSQL\\LOG"
        self.backup_folder = "D:\\MSSQL\\Backup"
        self.service_account = "NT Service\\MSSQLSERVER"
        self.has_master_key = True
        self.contained_allowed = False
        self.backup_seconds = 0.0
        self.os_errors: dict[str, int] = {}
        self.disk_full_after: int | None = None
        self.msdb_full = False
        self.compares_offline = True
        self.windows_accounts: dict[str, bytes] = {}
        self.takes_ownership = True
        self.collation = COLLATION
        self.volume_free = 500 * 1024**3
        self.size_limit: int | None = None
        self._visitors: list[Session] = []
        self._spids = itertools.count(_FIRST_SPID)
        self._database_ids = itertools.count(1)
        self._lsn = itertools.count(_FIRST_LSN, 1_000)
        self._keys = itertools.count(1)
        self.add_login("sa", "", roles={"sysadmin"})
        for folder in (self.data_folder, self.log_folder, self.backup_folder):
            self.map_path(folder).mkdir(parents=True, exist_ok=True)
        for name in SYSTEM_DATABASES:
            self._add(self._blank(name, "FULL" if name == "model" else "SIMPLE"), {})

    @property
    def product(self) -> tuple[int, int, int]:
        """The version as three numbers."""
        major, minor, build = self.version.split(".")[:3]
        return int(major), int(minor), int(build)

    @property
    def is_recording(self) -> bool:
        """Whether msdb takes a record of a backup or restore. Where it does not, that is done all the same (3009)."""
        return not self.msdb_full and self.database("msdb").state == "ONLINE"

    @property
    def edition_text(self) -> str:
        """The edition as SERVERPROPERTY writes it."""
        if self.edition == "SQL Azure":
            return self.edition
        return f"{self.edition}{'' if self.edition == 'Developer' else ' Edition'} (64-bit)"

    @property
    def compresses(self) -> bool:
        """Whether the edition compresses and encrypts backups."""
        return self.edition not in ("Express", "Web")

    def add_login(self, name: str, password: str, **options: t.Any) -> Login:
        """Make a login; ``roles``, ``permissions``, ``denied``, ... as in Login."""
        login = Login(name, password, **options)
        self.logins[name.casefold()] = login
        return login

    def add_database(
        self, name: str, tables: c.Mapping[str, c.Sequence[str]] | None = None, **options: t.Any
    ) -> Database:
        """Make a database; tables as name and column definitions (None: those of GroupID), options as in Database."""
        database = self._blank(name, "FULL")
        for option, value in options.items():
            setattr(database, option, value)
        return self._add(database, GROUPID_TABLES if tables is None else tables)

    def database(self, name: str) -> Database:
        """Find a database by name, without case. Raises StatementError 911."""
        found = self.databases.get(name.casefold())
        if found is None or self.fold(found.name) != self.fold(name):
            raise no_such_database(name)
        return found

    def fold(self, text: str) -> str:
        """Return what two texts have in common that the collation takes for equal.

        In Turkish, I and i are two letters: the small one of I has no dot, and the capital of i has one.
        """
        if self.collation.startswith("Turkish"):
            text = text.replace("I", "\u0131").replace("\u0130", "i")
        return text.lower()

    def capitals(self, text: str) -> str:
        """Return what UPPER gives."""
        return (text.replace("i", "\u0130") if self.collation.startswith("Turkish") else text).upper()

    def path_of(self, database: Database) -> pathlib.Path:
        """Return the SQLite file with a database's rows."""
        return self.map_path(database.files[0].path)

    def sql(self, database: str, statement: str, parameters: c.Sequence[t.Any] = ()) -> list[tuple[t.Any, ...]]:
        """Run SQLite's SQL in a database behind the server's back, for tests."""
        with self.lock:
            connection = sqlite3.connect(self.path_of(self.database(database)))
            try:
                with connection:
                    return connection.execute(statement, parameters).fetchall()
            finally:
                connection.close()

    def next_lsn(self) -> int:
        """Return a log sequence number, higher than all before."""
        return next(self._lsn)

    def next_key(self) -> int:
        """Return a key for a row of msdb."""
        return next(self._keys)

    def next_database_id(self) -> int:
        """Return a number for a new database."""
        return next(self._database_ids)

    def connect(self, login: Login, **options: t.Any) -> Session:
        """Open a session; ``host``, ``program``, ``database``, ``channel``, ``returns`` as in Session."""
        with self.lock:
            session = Session(next(self._spids), login, **options)
            self.sessions[session.spid] = session
            return session

    def disconnect(self, session: Session) -> None:
        """End a session and give back what it held."""
        with self.lock:
            session.killed = True
            self.sessions.pop(session.spid, None)
            for database in self.databases.values():
                if database.holder is session:
                    database.holder = None
            self.locks.release_all(session)
            self.let_in()

    def kill(self, session: Session) -> None:
        """Cut a session off, as KILL and ROLLBACK IMMEDIATE do."""
        self.disconnect(session)
        if session.channel is not None:
            session.channel.close()

    def shut_down(self) -> None:
        """End the service. What is ONLINE has to be recovered when it starts again; other states are on the disk."""
        with self.lock:
            for database in self.databases.values():
                if database.state == "ONLINE" and database.name not in SYSTEM_DATABASES[:3]:
                    database.state, database.holder = "RECOVERING", None

    def start_up(self, besides: str = "") -> None:
        """Bring up what is being recovered, but for one."""
        with self.lock:
            for database in self.databases.values():
                if database.state == "RECOVERING" and database.name != besides:
                    database.state = "ONLINE"
            self.let_in()

    def visitor(
        self, database: str, login: str = "sa", host: str = "WEB01", program: str = "GroupID", returns: bool = True
    ) -> Session:
        """Open a session in a database that comes back as soon as it may, as a portal does. Raises StatementError."""
        with self.lock:
            session = self.connect(
                self.logins[login.casefold()], host=host, program=program, returns=database if returns else ""
            )
            try:
                self.enter(session, database)
            except StatementError:
                self.sessions.pop(session.spid)
                raise
            if returns:
                self._visitors.append(session)
            return session

    def let_in(self) -> None:
        """Let every visitor in that was thrown out and may enter now."""
        with self.lock:
            for index, gone in enumerate(list(self._visitors)):
                if gone.spid in self.sessions:
                    continue
                fresh = Session(gone.spid, gone.login, gone.host, gone.program, returns=gone.returns)
                try:
                    self.enter(fresh, gone.returns)
                except StatementError:
                    continue
                fresh.spid = next(self._spids)
                self.sessions[fresh.spid] = fresh
                self._visitors[index] = fresh

    def sessions_in(self, database: Database, besides: Session | None = None) -> list[Session]:
        """Return the sessions that use a database, and the one that holds it."""
        return [
            one
            for one in self.sessions.values()
            if one is not besides and (one.database.casefold() == database.name.casefold() or database.holder is one)
        ]

    def enter(self, session: Session, name: str) -> Database:
        """Make a database the session's own. Raises StatementError."""
        with self.lock:
            database = self.reach(session, name)
            session.database = database.name
            return database

    def reach(self, session: Session, name: str) -> Database:
        """Check that a session may use a database; a free SINGLE_USER one becomes its own. Raises StatementError."""
        database = self.database(name)
        check_state(database)
        if database.name in SYSTEM_DATABASES:
            return database
        login = session.login
        if database.secondary:
            text = (
                f"The target database, '{database.name}', is participating in an availability group and is currently"
                " not accessible for queries."
            )
            raise StatementError.of(976, text, 14)
        roles = self.roles_in(login, database)
        if not roles:
            raise StatementError.of(
                916,
                f'The server principal "{login.name}" is not able to access the database "{database.name}" under the'
                " current security context.",
                14,
            )
        if database.user_access == "RESTRICTED_USER" and not (roles & {"db_owner"} or "dbcreator" in login.roles):
            raise StatementError.of(
                916,
                f'The server principal "{login.name}" is not able to access the database "{database.name}" under the'
                " current security context.",
                14,
                2,
            )
        if database.user_access == "SINGLE_USER":
            if database.holder not in (None, session):
                text = f"Database '{database.name}' is already open and can only have one user at a time."
                raise StatementError.of(924, text, 14)
            database.holder = session
        return database

    def roles_in(self, login: Login, database: Database) -> set[str]:
        """Return a login's roles in a database; nothing when it may not enter."""
        if login.sysadmin or database.owner_sid == login.sid:
            return {"db_owner", "public"}
        if database.name in SYSTEM_DATABASES:
            return {"public"}
        user = database.user_of(login)
        return {"public", *user.roles} if user else set()

    def may_create(self, login: Login) -> bool:
        """Whether a login may make databases, which VERIFYONLY and its kin ask for."""
        return login.holds("CREATE ANY DATABASE") or login.holds("CREATE DATABASE")

    def may_restore(self, login: Login, database: Database | None) -> bool:
        """Whether a login may restore: a new database, or over one."""
        if database is None:
            return self.may_create(login)
        return login.sysadmin or "dbcreator" in login.roles or database.owner_sid == login.sid

    def may_alter(self, login: Login, database: Database) -> bool:
        """Whether a login may alter a database."""
        return login.holds("ALTER ANY DATABASE") or "db_owner" in self.roles_in(login, database)

    def drop(self, database: Database) -> None:
        """Remove a database, and its files when it is online."""
        with self.lock:
            del self.databases[database.name.casefold()]
            if database.state != "OFFLINE":
                for file in database.files:
                    self.map_path(file.path).unlink(missing_ok=True)

    def record(self, table: str, row: dict[str, t.Any]) -> None:
        """Add a row to a table of msdb."""
        with self.lock:
            self.history.setdefault(table, []).append(row)

    def _blank(self, name: str, recovery_model: str) -> Database:
        files = (
            DataFile(1, name, f"{self.data_folder}\\{_safe(name)}.mdf"),
            DataFile(2, f"{name}_log", f"{self.log_folder}\\{_safe(name)}_log.ldf", "LOG"),
        )
        return Database(name, next(self._database_ids), files, recovery_model=recovery_model)

    def _add(self, database: Database, tables: c.Mapping[str, c.Sequence[str]]) -> Database:
        with self.lock:
            self.databases[database.name.casefold()] = database
            path = self.path_of(database)
            path.unlink(missing_ok=True)
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path)
            try:
                connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
                with connection:
                    for table, columns in tables.items():
                        connection.execute(f'CREATE TABLE "{table}" ({", ".join(columns)})')
                connection.execute("VACUUM")
            finally:
                connection.close()
            for file in database.files[1:]:
                other = self.map_path(file.path)
                other.parent.mkdir(parents=True, exist_ok=True)
                other.write_bytes(f"{file.kind} of {database.name}\n".encode())
            return database


def check_state(database: Database) -> None:
    """Refuse a database that cannot be used. Raises StatementError."""
    name = database.name
    if database.state == "OFFLINE":
        raise StatementError.of(942, f"Database '{name}' cannot be opened because it is offline.", 14, 4)
    if database.state == "RECOVERING":
        text = f"Database '{name}' is being recovered. Waiting until recovery is finished."
        raise StatementError.of(922, text, 14, 2)
    if database.state == "RESTORING":
        text = f"Database '{name}' cannot be opened. It is in the middle of a restore."
        raise StatementError.of(927, text, 14, 2)
    if database.state == "RECOVERY_PENDING":
        text = (
            f"Database '{name}' cannot be opened due to inaccessible files or insufficient memory or disk space."
            "  See the SQL Server errorlog for details."
        )
        raise StatementError.of(945, text, 14, 2)
    if database.state == "SUSPECT":
        text = (
            f"Database '{name}' cannot be opened. It has been marked SUSPECT by recovery."
            " See the SQL Server errorlog for more information."
        )
        raise StatementError.of(926, text, 14)


def _safe(name: str) -> str:
    """Make a file name of a database's name."""
    plain = "".join(sign if sign.isalnum() or sign in "_-" else "_" for sign in name)
    return plain if plain == name else f"{plain[:40]}_{hashlib.sha1(name.encode()).hexdigest()[:8]}"
