# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Catalogue views, DMVs and msdb's tables: what they say, made of the model when a query names them.

Columns are written as ``name:type``; types: n text, i int, b bit, d datetime, g guid, x binary, m numeric(25,0),
f float.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import typing as t

from lab.sql.engine import COLLATION, PAGE_BYTES, SYSTEM_DATABASES, Database, Engine, Session
from lab.sql.problems import SEVERITIES, severity

Row = c.Sequence[t.Any]
Rows: t.TypeAlias = "c.Callable[[Engine, Session, Database | None], c.Iterable[Row]]"
DECLARED = {
    "n": "NVARCHAR COLLATE CI",
    "i": "INTEGER",
    "b": "LABBIT",
    "d": "LABTIME",
    "g": "LABGUID COLLATE CI",
    "x": "BLOB",
    "m": "LABNUMERIC",
    "f": "REAL",
}


@dataclasses.dataclass(frozen=True)
class View:
    """A view. ``in_database``: it speaks of the database that it is asked in."""

    columns: tuple[tuple[str, str], ...]
    rows: Rows
    in_database: bool = False


VIEWS: dict[str, View] = {}
SERVER_STATE = frozenset(("sys.dm_exec_connections", "sys.dm_os_volume_stats", "sys.dm_os_enumerate_fixed_drives"))
"""Views that are refused without VIEW SERVER STATE, the login's own rows too (the page of each, Permissions)."""
SINCE = {"sys.dm_os_enumerate_fixed_drives": (14, 0, 3006)}
"""The first build that has a view: 14.0.3006 is SQL Server 2017 CU 1 (the view's page)."""


def _view(name: str, columns: str, *, in_database: bool = False) -> c.Callable[[Rows], Rows]:
    pairs = tuple((column.partition(":")[0], column.partition(":")[2]) for column in columns.split())

    def add(rows: Rows) -> Rows:
        VIEWS[name.casefold()] = View(pairs, rows, in_database)
        return rows

    return add


def moment(value: datetime.datetime | None) -> str | None:
    """Write a time as the views hold it."""
    return None if value is None else value.strftime("%Y-%m-%d %H:%M:%S.") + f"{value.microsecond // 1000:03}"


@_view(
    "sys.databases",
    "name:n database_id:i source_database_id:i owner_sid:x create_date:d compatibility_level:i collation_name:n"
    " user_access:i user_access_desc:n is_read_only:b is_auto_close_on:b state:i state_desc:n is_in_standby:b"
    " snapshot_isolation_state:i is_read_committed_snapshot_on:b recovery_model:i recovery_model_desc:n"
    " page_verify_option:i page_verify_option_desc:n is_fulltext_enabled:b is_trustworthy_on:b"
    " is_master_key_encrypted_by_server:b is_published:b is_subscribed:b is_merge_published:b is_distributor:b"
    " service_broker_guid:g is_broker_enabled:b log_reuse_wait:i log_reuse_wait_desc:n is_cdc_enabled:b is_encrypted:b"
    " replica_id:g group_database_id:g containment:i containment_desc:n",
)
def _databases(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        source = engine.databases.get(one.snapshot_of.casefold()) if one.snapshot_of else None
        group = one.database_guid if one.availability_group else None
        yield (
            one.name, one.database_id, source and source.database_id, one.owner_sid, moment(one.created),
            one.compatibility_level, COLLATION if one.state == "ONLINE" else None, one.access_number, one.user_access,
            one.read_only, False, one.state_number, one.state, False, 0, False, one.recovery_number,
            one.recovery_model, 2, "CHECKSUM", True, one.trustworthy, one.master_key, one.published, False, False,
            False, one.database_guid, one.broker, 0, "NOTHING", one.cdc, bool(one.tde_thumbprint), group, group,
            one.containment, "PARTIAL" if one.containment else "NONE",
        )  # fmt: skip


_FILE_COLUMNS = (
    "file_id:i file_guid:g type:i type_desc:n data_space_id:i name:n physical_name:n state:i state_desc:n size:i"
    " max_size:i growth:i is_media_read_only:b is_read_only:b is_sparse:b is_percent_growth:b create_lsn:m"
)
_FILE_TYPES = {"ROWS": 0, "LOG": 1, "FILESTREAM": 2, "FULLTEXT": 4}


def _files(database: Database) -> c.Iterator[Row]:
    for file in database.files:
        log = file.kind == "LOG"
        yield (
            file.file_id, file.file_guid, _FILE_TYPES[file.kind], file.kind, 0 if log else 1, file.name, file.path,
            database.state_number if database.state in ("RESTORING", "OFFLINE") else 0,
            database.state if database.state in ("RESTORING", "OFFLINE") else "ONLINE", file.size // PAGE_BYTES,
            268435456 if log else -1, 8192, False, database.read_only, False, False, None,
        )  # fmt: skip


@_view("sys.database_files", _FILE_COLUMNS, in_database=True)
def _database_files(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is not None:
        yield from _files(database)


@_view(
    "sys.allocation_units",
    "allocation_unit_id:i type:i type_desc:n container_id:i data_space_id:i total_pages:i used_pages:i data_pages:i",
    in_database=True,
)
def _allocation_units(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    for file in database.files[:1] if database is not None else ():
        pages = file.size // PAGE_BYTES
        yield file.file_id, 1, "IN_ROW_DATA", file.file_id, 1, pages, pages, pages


@_view("sys.master_files", f"database_id:i {_FILE_COLUMNS}")
def _master_files(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    everything = any(
        session.login.holds(name) for name in ("VIEW ANY DEFINITION", "CREATE ANY DATABASE", "ALTER ANY DATABASE")
    )
    for one in engine.databases.values():
        if everything or one.owner_sid == session.login.sid:
            for row in _files(one):
                yield (one.database_id, *row)


@_view(
    "sys.database_recovery_status",
    "database_id:i database_guid:g family_guid:g last_log_backup_lsn:m recovery_fork_guid:g first_recovery_fork_guid:g"
    " fork_point_lsn:m",
)
def _recovery_status(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        known = one.state in ("ONLINE", "RESTORING") and one.whole
        family = one.family_guid if known else None
        log = one.last_full_lsn if one.recovery_model != "SIMPLE" and one.last_full_lsn else None
        yield (one.database_id, one.database_guid if known else None, family, log, one.fork_guid, None, None)


SYSTEM_SESSION = 21
"""Number of the one session of the server itself that the double shows."""


def _sees_sessions(engine: Engine, session: Session) -> bool:
    """Whether a login sees the sessions of others. Otherwise its own row is all there is, and nothing is refused.

    Source: sys.dm_exec_sessions, Permissions; sys.dm_exec_requests has the same.
    """
    since_2022 = int(engine.version.partition(".")[0]) >= 16
    return session.login.holds("VIEW SERVER PERFORMANCE STATE" if since_2022 else "VIEW SERVER STATE")


def _permitted_sessions(engine: Engine, session: Session) -> list[Session]:
    everything = _sees_sessions(engine, session)
    return [one for one in engine.sessions.values() if everything or one is session]


def _database_id(engine: Engine, name: str) -> int:
    found = engine.databases.get(name.casefold())
    return found.database_id if found else 0


@_view(
    "sys.dm_exec_sessions",
    "session_id:i login_time:d host_name:n program_name:n host_process_id:i client_interface_name:n security_id:x"
    " login_name:n nt_domain:n nt_user_name:n status:n cpu_time:i last_request_start_time:d last_request_end_time:d"
    " is_user_process:b original_login_name:n database_id:i open_transaction_count:i",
)
def _sessions(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in _permitted_sessions(engine, session):
        began = moment(one.connected)
        status = "running" if one.request else "sleeping"
        yield (
            one.spid, began, one.host, one.program, 4711, one.library, one.login.sid, one.login.name, None, None,
            status, 0, began, began, True, one.login.name, _database_id(engine, one.database), one.transactions,
        )  # fmt: skip
    if _sees_sessions(engine, session):
        # One of the server's own, such as ghost cleanup, which goes through the databases. It has no host and program.
        began = moment(datetime.datetime(2026, 1, 1))
        visited = max(one.database_id for one in engine.databases.values())
        yield (
            SYSTEM_SESSION, began, None, None, None, None, b"\x01", "sa", None, None, "background", 0, began, began,
            False, "sa", visited, 0,
        )  # fmt: skip


@_view(
    "sys.dm_exec_requests",
    "session_id:i request_id:i start_time:d status:n command:n sql_handle:x database_id:i blocking_session_id:i"
    " wait_type:n wait_time:i wait_resource:n percent_complete:f estimated_completion_time:i total_elapsed_time:i",
)
def _requests(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    from lab.sql.engine import now

    for one in _permitted_sessions(engine, session):
        request = one.request
        if request:
            elapsed = int((now() - request.started).total_seconds() * 1000)
            left = int(elapsed * (100 - request.percent) / request.percent) if request.percent else 0
            yield (
                one.spid, 0, moment(request.started), "suspended" if request.wait_type else "running", request.command,
                str(one.spid).encode(), _database_id(engine, request.database or one.database), 0,
                request.wait_type or None, 0, "", request.percent, left, elapsed,
            )  # fmt: skip


@_view("sys.dm_exec_connections", "session_id:i net_transport:n encrypt_option:n auth_scheme:n client_net_address:n")
def _connections(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.sessions.values():
        yield (one.spid, "TCP", "TRUE" if one.encrypted else "FALSE", "SQL", "127.0.0.1")


@_view("sys.dm_exec_sql_text", "apply_1:x dbid:i text:n")
def _sql_text(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in _permitted_sessions(engine, session):
        if one.request:
            yield (str(one.spid).encode(), None, one.request.text)


@_view(
    "sys.dm_tran_locks",
    "resource_type:n resource_subtype:n resource_database_id:i resource_description:n request_mode:n request_type:n"
    " request_status:n request_session_id:i request_owner_type:n",
)
def _locks(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    short = {"Exclusive": "X", "Shared": "S", "Update": "U", "IntentShared": "IS", "IntentExclusive": "IX"}
    for owner, (database, resource), mode in engine.locks.holds():
        number = _database_id(engine, database)
        text = f"0:[{resource[:32]}]:(00000000)"
        yield ("APPLICATION", "", number, text, short[mode], "LOCK", "GRANT", t.cast(Session, owner).spid, "SESSION")
    for one in engine.databases.values():
        for holder in engine.sessions_in(one):
            if one.name not in SYSTEM_DATABASES:
                yield (
                    "DATABASE",
                    "",
                    one.database_id,
                    "",
                    "S",
                    "LOCK",
                    "GRANT",
                    holder.spid,
                    "SHARED_TRANSACTION_WORKSPACE",
                )


@_view(
    "sys.certificates",
    "name:n certificate_id:i principal_id:i pvt_key_encryption_type:n pvt_key_encryption_type_desc:n subject:n"
    " expiry_date:d start_date:d thumbprint:x pvt_key_last_backup_date:d",
    in_database=True,
)
def _certificates(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is None or database.name == "master":
        for number, one in enumerate(engine.certificates, 256):
            if session.login.sees_certificate(one.name):
                yield (
                    one.name, number, 1, "MK", "ENCRYPTED_BY_MASTER_KEY", one.name, moment(one.expires),
                    moment(datetime.datetime(2020, 1, 1)), bytes.fromhex(one.thumbprint), moment(one.saved),
                )  # fmt: skip


@_view("sys.symmetric_keys", "name:n principal_id:i symmetric_key_id:i algorithm_desc:n", in_database=True)
def _symmetric_keys(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    has = engine.has_master_key if database is None or database.name == "master" else database.master_key
    if has:
        yield ("##MS_DatabaseMasterKey##", 1, 101, "AES_256")


@_view("sys.asymmetric_keys", "name:n principal_id:i asymmetric_key_id:i thumbprint:x", in_database=True)
def _asymmetric_keys(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    yield from ()


@_view(
    "sys.dm_database_encryption_keys",
    "database_id:i encryption_state:i encryption_state_desc:n key_algorithm:n key_length:i encryptor_thumbprint:x"
    " encryptor_type:n percent_complete:f",
)
def _encryption_keys(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        if one.tde_thumbprint:
            thumbprint = bytes.fromhex(one.tde_thumbprint)
            yield (one.database_id, 3, "ENCRYPTED", "AES", 256, thumbprint, "CERTIFICATE", 0.0)


@_view("sys.availability_databases_cluster", "group_id:g group_database_id:g database_name:n truncation_lsn:m")
def _ag_databases(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        if one.availability_group:
            yield (one.family_guid, one.database_guid, one.name, None)


@_view("sys.availability_groups", "group_id:g name:n automated_backup_preference_desc:n")
def _ag_groups(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        if one.availability_group:
            yield (one.family_guid, one.availability_group, "secondary")


@_view("sys.dm_hadr_database_replica_states", "database_id:i group_id:g is_local:b is_primary_replica:b")
def _ag_states(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        if one.availability_group:
            yield (one.database_id, one.family_guid, True, not one.secondary)


@_view("sys.database_mirroring", "database_id:i mirroring_guid:g mirroring_state:i mirroring_role_desc:n")
def _mirroring(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        guid = one.database_guid if one.mirrored else None
        yield (one.database_id, guid, 4 if one.mirrored else None, "PRINCIPAL" if one.mirrored else None)


_ROLES = (
    "sysadmin",
    "securityadmin",
    "serveradmin",
    "setupadmin",
    "processadmin",
    "diskadmin",
    "dbcreator",
    "bulkadmin",
)


@_view(
    "sys.server_principals",
    "name:n principal_id:i sid:x type:n type_desc:n is_disabled:b create_date:d default_database_name:n"
    " is_fixed_role:b",
)
def _server_principals(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    everything = session.login.sysadmin or session.login.holds("VIEW ANY DEFINITION")
    made = moment(datetime.datetime(2020, 1, 1))
    for number, one in enumerate(engine.logins.values(), 1):
        if everything or one is session.login or one.name == "sa":
            windows = "\\" in one.name
            kind, text = ("U", "WINDOWS_LOGIN") if windows else ("S", "SQL_LOGIN")
            yield (one.name, number, one.sid, kind, text, one.disabled, made, one.default_database, False)
    for number, role in enumerate(("public", *_ROLES)):
        yield (role, 10_000 + number, bytes((2 + number,)), "R", "SERVER_ROLE", False, made, None, True)


@_view("sys.server_role_members", "role_principal_id:i member_principal_id:i")
def _server_role_members(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for number, one in enumerate(engine.logins.values(), 1):
        for index, role in enumerate(("public", *_ROLES)):
            if role in one.roles:
                yield (10_000 + index, number)


@_view("sys.sql_logins", "name:n principal_id:i sid:x type:n is_disabled:b default_database_name:n")
def _sql_logins(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for row in _server_principals(engine, session, None):
        if row[3] == "S":
            yield (row[0], row[1], row[2], row[3], row[5], row[7])


@_view(
    "sys.database_principals",
    "name:n principal_id:i type:n type_desc:n default_schema_name:n sid:x authentication_type:i"
    " authentication_type_desc:n is_fixed_role:b owning_principal_id:i create_date:d",
    in_database=True,
)
def _database_principals(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is None:
        return
    made = moment(database.created)
    yield ("public", 0, "R", "DATABASE_ROLE", None, b"\x01\x05", 0, "NONE", False, 1, made)
    yield ("dbo", 1, "S", "SQL_USER", "dbo", database.dbo_sid or database.owner_sid, 1, "INSTANCE", False, None, made)
    yield ("guest", 2, "S", "SQL_USER", "guest", b"\x00", 0, "NONE", False, None, made)
    yield ("INFORMATION_SCHEMA", 3, "S", "SQL_USER", None, None, 0, "NONE", False, None, made)
    yield ("sys", 4, "S", "SQL_USER", None, None, 0, "NONE", False, None, made)
    for number, user in enumerate(database.users, 5):
        windows = "\\" in user.name
        text = ("WINDOWS_USER", 3, "WINDOWS") if windows else ("SQL_USER", 1, "INSTANCE")
        if user.sid is None:
            text = ("SQL_USER", 0, "NONE")
        yield (user.name, number, "U" if windows else "S", text[0], "dbo", user.sid, *text[1:], False, None, made)
    for number, role in enumerate(("db_owner", "db_backupoperator", "db_datareader"), 16384):
        yield (role, number, "R", "DATABASE_ROLE", None, bytes((number % 256, 9)), 0, "NONE", True, 1, made)


@_view("sys.database_role_members", "role_principal_id:i member_principal_id:i", in_database=True)
def _database_role_members(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is None:
        return
    numbers = {role: number for number, role in enumerate(("db_owner", "db_backupoperator", "db_datareader"), 16384)}
    yield (numbers["db_owner"], 1)
    for number, user in enumerate(database.users, 5):
        for role in user.roles:
            yield (numbers.get(role, 16399), number)


def _sees_objects(engine: Engine, session: Session, database: Database) -> bool:
    """Whether the catalogue shows a session the tables of a database: it takes some right on them."""
    user = database.user_of(session.login)
    seen = {"db_owner", "db_datareader", "db_ddladmin"} & engine.roles_in(session.login, database)
    return bool(seen) or (user is not None and "VIEW DEFINITION" in user.permissions)


_TABLE_COLUMNS = "object_id:i name:n schema_id:i type:n type_desc:n create_date:d modify_date:d is_ms_shipped:b"


def tables_of(engine: Engine, database: Database) -> list[tuple[int, str, str]]:
    """List a database's tables: number, schema, name."""
    found = engine.sql(database.name, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    pairs = [str(name).partition(".") for (name,) in found]
    return [(100_000 + number, schema, name) for number, (schema, dummy, name) in enumerate(pairs)]


def _schemas(engine: Engine, database: Database) -> dict[str, int]:
    numbers = {"dbo": 1, "guest": 2, "information_schema": 3, "sys": 4}
    for one in tables_of(engine, database):
        schema = one[1]
        numbers.setdefault(schema.casefold(), len(numbers) + 1)
    return numbers


def _user_tables(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is None or not _sees_objects(engine, session, database):
        return
    numbers, made = _schemas(engine, database), moment(database.created)
    for number, schema, name in tables_of(engine, database):
        yield (number, name, numbers[schema.casefold()], "U ", "USER_TABLE", made, made, False)


for _name in ("sys.tables", "sys.objects", "sys.all_objects"):
    _view(_name, _TABLE_COLUMNS, in_database=True)(_user_tables)


@_view("sys.schemas", "name:n schema_id:i principal_id:i", in_database=True)
def _schema_rows(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is None:
        return
    written = {one[1].casefold(): one[1] for one in tables_of(engine, database)}
    for name, number in _schemas(engine, database).items():
        yield (written.get(name, name), number, 1)


@_view("information_schema.tables", "table_catalog:n table_schema:n table_name:n table_type:n", in_database=True)
def _information(engine: Engine, session: Session, database: Database | None) -> c.Iterator[Row]:
    if database is not None:
        for dummy, schema, name in tables_of(engine, database):
            yield (database.name, schema, name, "BASE TABLE")


@_view("sys.configurations", "configuration_id:i name:n value:i minimum:i maximum:i value_in_use:i description:n")
def _configurations(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    contained = int(engine.contained_allowed)
    for number, name, value in (
        (1579, "backup compression default", 0),
        (1584, "backup checksum default", 0),
        (16393, "contained database authentication", contained),
        (16390, "xp_cmdshell", 0),
    ):
        yield (number, name, value, 0, 1, value, name)


@_view("sys.messages", "message_id:i language_id:i severity:i is_event_logged:b text:n")
def _messages(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    general = (911, 1827, 3013, 3101, 3102, 3154, 3169, 3183, 3189, 3201, 3202, 3203, 3241)
    for number in (*SEVERITIES, *general):
        yield (number, 1033, severity(number), False, "")


@_view("sys.dm_server_services", "servicename:n startup_type_desc:n status:i status_desc:n service_account:n")
def _services(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    if session.login.holds("VIEW SERVER STATE"):
        instance = engine.instance or "MSSQLSERVER"
        yield (f"SQL Server ({instance})", "Automatic", 4, "Running", engine.service_account)
        yield (f"SQL Server Agent ({instance})", "Manual", 4, "Running", "NT Service\\SQLSERVERAGENT")


@_view("sys.dm_os_host_info", "host_platform:n host_distribution:n host_release:n")
def _host(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    yield ("Windows", "Windows Server 2022 Standard", "10.0")


@_view("sys.dm_os_sys_info", "cpu_count:i sqlserver_start_time:d physical_memory_kb:i")
def _system(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    yield (2, moment(datetime.datetime(2026, 1, 1)), 8 * 1024 * 1024)


@_view(
    "sys.dm_os_volume_stats",
    "apply_1:i apply_2:i database_id:i file_id:i volume_mount_point:n volume_id:n logical_volume_name:n"
    " file_system_type:n total_bytes:i available_bytes:i",
)
def _volumes(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        for file in one.files:
            yield (
                one.database_id, file.file_id, one.database_id, file.file_id, file.path[:3], "v", "", "NTFS",
                2 * engine.volume_free, engine.volume_free,
            )  # fmt: skip


@_view("sys.dm_os_enumerate_fixed_drives", "fixed_drive_path:n drive_type:i drive_type_desc:n free_space_in_bytes:i")
def _drives(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    # Volumes that are mounted in a folder are not among them: the page names drive letters alone.
    for letter in "CD":
        yield (f"{letter}:\\", 3, "DRIVE_FIXED", engine.volume_free)


@_view("sys.database_snapshots", "name:n database_id:i source_database_id:i")
def _snapshots(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    for one in engine.databases.values():
        if one.snapshot_of:
            yield (one.name, one.database_id, _database_id(engine, one.snapshot_of))


@_view("sys.change_tracking_databases", "database_id:i retention_period:i")
def _change_tracking(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
    yield from ()


BACKUPSET = (
    "backup_set_id:i backup_set_uuid:g media_set_id:i first_family_number:i first_media_number:i last_family_number:i"
    " last_media_number:i position:i expiration_date:d software_vendor_id:i name:n description:n user_name:n"
    " software_major_version:i software_minor_version:i software_build_version:i time_zone:i first_lsn:m last_lsn:m"
    " checkpoint_lsn:m database_backup_lsn:m database_creation_date:d backup_start_date:d backup_finish_date:d type:n"
    " sort_order:i code_page:i compatibility_level:i database_version:i backup_size:m database_name:n server_name:n"
    " machine_name:n flags:i collation_name:n is_password_protected:b recovery_model:n has_bulk_logged_data:b"
    " is_snapshot:b is_readonly:b is_single_user:b has_backup_checksums:b is_damaged:b begins_log_chain:b"
    " has_incomplete_metadata:b is_force_offline:b is_copy_only:b first_recovery_fork_guid:g last_recovery_fork_guid:g"
    " fork_point_lsn:m database_guid:g family_guid:g differential_base_lsn:m differential_base_guid:g"
    " compressed_backup_size:m key_algorithm:n encryptor_thumbprint:x encryptor_type:n last_valid_restore_time:d"
    " compression_algorithm:n"
)
_HISTORY = {
    "backupset": BACKUPSET,
    "backupmediafamily": "media_set_id:i family_sequence_number:i media_family_id:g media_count:i"
    " logical_device_name:n physical_device_name:n device_type:i physical_block_size:i mirror:i",
    "backupmediaset": "media_set_id:i media_uuid:g media_family_count:i name:n description:n software_name:n"
    " software_vendor_id:i MTF_major_version:i mirror_count:i is_password_protected:b is_compressed:b is_encrypted:b",
    "backupfile": "backup_set_id:i filegroup_name:n page_size:i file_number:i backed_up_page_count:m file_type:n"
    " file_size:m logical_name:n physical_drive:n physical_name:n state:i state_desc:n backup_size:m is_present:b",
    "restorehistory": "restore_history_id:i restore_date:d destination_database_name:n user_name:n backup_set_id:i"
    " restore_type:n replace:b recovery:b restart:b stop_at:d device_count:i stop_at_mark_name:n stop_before:b",
    "restorefile": "restore_history_id:i file_number:m destination_phys_drive:n destination_phys_name:n",
    "sysjobs": "job_id:g name:n enabled:b description:n",
    "sysjobsteps": "job_id:g step_id:i step_name:n subsystem:n command:n database_name:n",
    "suspect_pages": "database_id:i file_id:i page_id:i event_type:i error_count:i last_update_date:d",
}


def _history_rows(table: str, names: tuple[str, ...]) -> Rows:
    def rows(engine: Engine, session: Session, dummy: Database | None) -> c.Iterator[Row]:
        for row in engine.history.get(table, []):
            yield tuple(_stored(row.get(name)) for name in names)

    return rows


def _stored(value: t.Any) -> t.Any:
    return moment(value) if isinstance(value, datetime.datetime) else value


for _name, _columns in _HISTORY.items():
    _pairs = tuple(column.partition(":")[0] for column in _columns.split())
    _view(f"msdb.dbo.{_name}", _columns)(_history_rows(_name, _pairs))
