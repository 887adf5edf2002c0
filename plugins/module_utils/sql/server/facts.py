# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts about a SQL Server and a database on it, from the catalogue. Only reads.

A value that the login may not see is None, never a guess: permissions decide which rows a catalogue view has.
SERVERPROPERTY returns sql_variant, which drivers do not support, so each value is cast.
"""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)

_PAGE_BYTES = 8192
# SERVERPROPERTY('EngineEdition') of services that are no server: Azure SQL Database, Synapse, Managed Instance, Edge.
_NO_SERVER = frozenset({5, 6, 8, 9, 11})
_SQL_SERVER_2017 = 14
# "Permission denied" on an object, a column, a statement, the server; no user of the database.
_NO_RIGHT = frozenset({229, 230, 262, 297, 300, 916, 15247})


@dataclasses.dataclass(frozen=True)
class ServerFacts:
    """A server as a login sees it.

    name: SERVER\\INSTANCE. version: such as 16.0.4236.2. edition: in the server's words.
    service_account: that opens files. None: not known, as are paths that are None.
    may_create: CREATE DATABASE, which restore, verify and reading a backup's header need.
    view_definitions: VIEW ANY DEFINITION. Without it, logins and certificates may exist that are not seen.
    """

    name: str
    version: str
    edition: str
    engine_edition: int
    login: str
    sysadmin: bool
    may_create: bool
    view_server_state: bool
    alter_any_database: bool
    windows_only: bool
    hadr: bool
    platform: str = "Windows"
    service_account: str | None = None
    data_path: str | None = None
    log_path: str | None = None
    backup_path: str | None = None
    view_definitions: bool = False

    @property
    def major(self) -> int:
        """Major version: 16 is SQL Server 2022."""
        return int(self.version.partition(".")[0])

    @property
    def sees_all(self) -> bool:
        """Whether it sees every login and certificate, so that one that it does not see does not exist."""
        return self.sysadmin or self.view_definitions

    @property
    def express(self) -> bool:
        return self.edition.startswith("Express")

    @property
    def compresses(self) -> bool:
        """Whether the edition makes compressed backups. All editions restore them."""
        return not self.edition.startswith(("Express", "Web"))

    @property
    def backs_up_to_files(self) -> bool:
        return self.engine_edition not in _NO_SERVER


@dataclasses.dataclass(frozen=True)
class Certificate:
    """A certificate of master. thumbprint: 0x and hexadecimal digits.

    expires, key_saved: ISO 8601, the server's own time; key_saved: its private key's last backup, None for never.
    """

    name: str
    thumbprint: str
    expires: str | None
    key_saved: str | None


@dataclasses.dataclass(frozen=True)
class SessionGroup:
    """Sessions in the database of one program on one host."""

    host: str | None
    program: str | None
    login: str
    sessions: int


@dataclasses.dataclass(frozen=True)
class DatabaseFacts:
    """A database as a login sees it.

    state: ONLINE, OFFLINE, RESTORING, RECOVERING, RECOVERY_PENDING, SUSPECT or EMERGENCY.
    user_access: MULTI_USER, SINGLE_USER or RESTRICTED_USER.
    bytes: of all files. used_bytes: of pages with data, as a backup copies them; without the log.
    family_guid: lower case, None while the database cannot be opened.
    accessible: whether the login can enter it. is_owner: dbo by ownership.
    may_backup: BACKUP DATABASE; None: the server did not say, as for a name that is longer than 128 in brackets.
    objects_visible: whether the login could see GroupID's tables if there are any; None if that is not known.
    known_objects: GroupID's tables that are there, as SCHEMA.NAME.
    availability_group: its name, empty if it is only known that there is one. primary: of that group.
    tde_certificate: of master, None if not encrypted or not visible.
    sessions: None if the login may not see others' sessions.
    """

    name: str
    database_id: int
    state: str
    user_access: str
    recovery_model: str
    compatibility_level: int
    read_only: bool
    standby: bool
    contained: bool
    owner: str | None
    is_owner: bool
    bytes: int | None
    family_guid: str | None
    accessible: bool
    may_backup: bool | None
    objects_visible: bool | None
    known_objects: tuple[str, ...]
    snapshot_of: int | None
    snapshots: tuple[str, ...]
    availability_group: str | None
    primary: bool | None
    mirrored: bool
    published: bool
    subscribed: bool
    cdc: bool
    encrypted: bool
    tde_certificate: Certificate | None
    certificates: tuple[Certificate, ...]
    sessions: tuple[SessionGroup, ...] | None
    used_bytes: int | None = None

    @property
    def system(self) -> bool:
        """Whether it is SQL Server's own: ids 1 to 4, under any name that a collation accepts for them."""
        return self.database_id <= 4


def read_server(session: Session) -> ServerFacts:
    """Read the server. Two to four round trips. Raises SqlError."""
    row = session.execute(_SERVER).rows()[0]
    major = int(str(row["version"]).partition(".")[0])
    view_server_state = bool(row["view_server_state"])
    backup_path = row["backup_path"]
    return ServerFacts(
        name=row["name"],
        version=row["version"],
        edition=row["edition"],
        engine_edition=row["engine_edition"],
        login=row["login"],
        sysadmin=bool(row["sysadmin"]),
        may_create=bool(row["create_any"]) or bool(row["create_here"]),
        view_server_state=view_server_state,
        alter_any_database=bool(row["alter_any"]),
        windows_only=bool(row["windows_only"]),
        hadr=bool(row["hadr"]),
        platform=_platform(session, major),
        service_account=_service_account(session) if view_server_state else None,
        data_path=row["data_path"],
        log_path=row["log_path"],
        backup_path=backup_path if backup_path is not None else _registered_backup_path(session),
        view_definitions=bool(row["view_definitions"]),
    )


_SERVER = """SELECT
  CAST(SERVERPROPERTY(N'ServerName') AS nvarchar(256)) AS name,
  CAST(SERVERPROPERTY(N'ProductVersion') AS nvarchar(128)) AS version,
  CAST(SERVERPROPERTY(N'Edition') AS nvarchar(128)) AS edition,
  CAST(SERVERPROPERTY(N'EngineEdition') AS int) AS engine_edition,
  CAST(SERVERPROPERTY(N'IsIntegratedSecurityOnly') AS int) AS windows_only,
  CAST(SERVERPROPERTY(N'IsHadrEnabled') AS int) AS hadr,
  CAST(SERVERPROPERTY(N'InstanceDefaultDataPath') AS nvarchar(512)) AS data_path,
  CAST(SERVERPROPERTY(N'InstanceDefaultLogPath') AS nvarchar(512)) AS log_path,
  CAST(SERVERPROPERTY(N'InstanceDefaultBackupPath') AS nvarchar(512)) AS backup_path,
  SUSER_SNAME() AS login,
  IS_SRVROLEMEMBER(N'sysadmin') AS sysadmin,
  HAS_PERMS_BY_NAME(NULL, NULL, N'CREATE ANY DATABASE') AS create_any,
  HAS_PERMS_BY_NAME(N'master', N'DATABASE', N'CREATE DATABASE') AS create_here,
  HAS_PERMS_BY_NAME(NULL, NULL, N'ALTER ANY DATABASE') AS alter_any,
  HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW ANY DEFINITION') AS view_definitions,
  HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE') AS view_server_state;"""


def _platform(session: Session, major: int) -> str:
    if major < _SQL_SERVER_2017:
        return "Windows"
    return str(value_or_none(session, "SELECT host_platform FROM sys.dm_os_host_info;") or "Windows")


def _service_account(session: Session) -> str | None:
    # The service itself, not its agent or its full-text host.
    batch = "SELECT service_account FROM sys.dm_server_services WHERE servicename LIKE N'SQL Server (%';"
    found = value_or_none(session, batch)
    return None if found is None else str(found)


def _registered_backup_path(session: Session) -> str | None:
    """Read it from the registry: before SQL Server 2019 no property has it."""
    rows = rows_or_none(
        session,
        "EXEC master.dbo.xp_instance_regread N'HKEY_LOCAL_MACHINE', "
        "N'Software\\Microsoft\\MSSQLServer\\MSSQLServer', N'BackupDirectory';",
    )
    return str(rows[0]["Data"]) if rows and rows[0].get("Data") else None


def read_database(session: Session, name: str) -> DatabaseFacts | None:
    """Read a database, None if there is none of that name (or the login may not see it).

    Three to eight round trips. Raises SqlError.
    """
    rows = session.execute(_DATABASE + literal(name) + ";").rows()
    if not rows:
        return None
    row = rows[0]
    number = int(row["database_id"])
    # The first session that enters a single-user database keeps others out, so it is not entered here.
    enters = row["state_desc"] == "ONLINE" and bool(row["accessible"]) and row["user_access_desc"] != "SINGLE_USER"
    rights, snapshots, found = (result.dicts() for result in session.execute(_around(row["name"], number)).results)
    certificates = tuple(map(_certificate, found))
    size = row["pages"]
    if size is None and enters:
        size = value_or_none(session, _size_in(row["name"]))
    group, primary = _availability(session, row) if row["replica_id"] is not None else (None, None)
    return DatabaseFacts(
        name=row["name"],
        database_id=number,
        state=row["state_desc"],
        user_access=row["user_access_desc"],
        recovery_model=row["recovery_model_desc"],
        compatibility_level=int(row["compatibility_level"]),
        read_only=bool(row["is_read_only"]),
        standby=bool(row["is_in_standby"]),
        contained=bool(row["containment"]),
        owner=row["owner"],
        is_owner=bool(row["is_owner"]),
        bytes=None if size is None else int(size) * _PAGE_BYTES,
        used_bytes=_used_bytes(session, row["name"]) if enters else None,
        family_guid=None if row["family_guid"] is None else str(row["family_guid"]).lower(),
        accessible=bool(row["accessible"]),
        # For a secondary replica that may not be read (976), the server shows no rights. BACKUP decides there.
        may_backup=_right(rights[0]["backup_database"]) if row["accessible"] else None if primary is False else False,
        objects_visible=_right(rights[0]["definition"]) if enters else None,
        known_objects=_known_objects(session, row["name"]) if enters else (),
        snapshot_of=row["source_database_id"],
        snapshots=tuple(snapshot["name"] for snapshot in snapshots),
        availability_group=group,
        primary=primary,
        mirrored=row["mirroring_guid"] is not None,
        published=bool(row["is_published"]) or bool(row["is_merge_published"]),
        subscribed=bool(row["is_subscribed"]),
        cdc=bool(row["is_cdc_enabled"]),
        encrypted=bool(row["is_encrypted"]),
        tde_certificate=_tde_certificate(session, number, certificates) if row["is_encrypted"] else None,
        certificates=certificates,
        sessions=_sessions(session, number) if rights[0]["sees_sessions"] else None,
    )


_DATABASE = """SELECT
  d.database_id, d.name, d.state_desc, d.user_access_desc, d.recovery_model_desc, d.compatibility_level,
  d.is_read_only, d.is_in_standby, d.is_encrypted, d.is_published, d.is_merge_published, d.is_subscribed,
  d.is_cdc_enabled, d.containment, d.source_database_id, d.replica_id, r.family_guid, m.mirroring_guid,
  SUSER_SNAME(d.owner_sid) AS owner,
  CASE WHEN d.owner_sid = SUSER_SID() THEN 1 ELSE 0 END AS is_owner,
  HAS_DBACCESS(d.name) AS accessible,
  (SELECT SUM(CAST(f.size AS bigint)) FROM sys.master_files AS f WHERE f.database_id = d.database_id) AS pages
FROM sys.databases AS d
LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id
LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id
WHERE d.name = """


def _around(name: str, number: int) -> str:
    """Write the SELECTs for the login's rights, the database's snapshots, and master's certificates except its own."""
    securable = literal(identifier(name))
    return (
        f"SELECT HAS_PERMS_BY_NAME({securable}, N'DATABASE', N'BACKUP DATABASE') AS backup_database, "
        f"HAS_PERMS_BY_NAME({securable}, N'DATABASE', N'VIEW DEFINITION') AS definition, "
        # SQL Server 2022 and later ask for the narrower one. Older ones do not know it, and answer NULL.
        "CASE WHEN HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE') = 1 "
        "OR HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE') = 1 THEN 1 ELSE 0 END AS sees_sessions; "
        f"SELECT name FROM sys.databases WHERE source_database_id = {number} ORDER BY name; "
        "SELECT name, CONVERT(nvarchar(100), thumbprint, 1) AS thumbprint, expiry_date, pvt_key_last_backup_date "
        "FROM sys.certificates WHERE name NOT LIKE N'##%' ORDER BY name;"
    )


def _right(answer: int | None) -> bool | None:
    """Read what HAS_PERMS_BY_NAME says. NULL is no refusal: it takes names of 128 characters, brackets included."""
    return None if answer is None else bool(answer)


def _size_in(name: str) -> str:
    return f"SELECT SUM(CAST(size AS bigint)) AS pages FROM {identifier(name)}.sys.database_files;"


def _used_bytes(session: Session, name: str) -> int | None:
    # Whole extents, as a backup copies them.
    batch = f"SELECT SUM(CAST(total_pages AS bigint)) AS pages FROM {identifier(name)}.sys.allocation_units;"
    pages = value_or_none(session, batch)
    return None if pages is None else int(pages) * _PAGE_BYTES


def _known_objects(session: Session, name: str) -> tuple[str, ...]:
    """Look for GroupID's tables. Their case is as in the vendor's documentation, and may differ in the database.

    All tables are read and compared here, because the results of LOWER and = depend on the database's collation: in
    Turkish, the small letter of I is not i.
    """
    known = {str(one).casefold(): str(one) for one in products.database_objects()}
    database = identifier(name)
    batch = (
        f"SELECT s.name AS schema_name, o.name AS object_name FROM {database}.sys.objects AS o "
        f"JOIN {database}.sys.schemas AS s ON s.schema_id = o.schema_id WHERE o.type IN (N'U', N'V');"
    )
    found = {f"{row['schema_name']}.{row['object_name']}".casefold() for row in session.execute(batch).rows()}
    return tuple(text for folded, text in known.items() if folded in found)


def _availability(session: Session, row: t.Mapping[str, t.Any]) -> tuple[str, bool | None]:
    """Return the group's name and whether this is its primary, as far as the login may see."""
    name = value_or_none(
        session,
        "SELECT g.name FROM sys.availability_groups AS g JOIN sys.availability_databases_cluster AS c "
        f"ON c.group_id = g.group_id WHERE c.database_name = {literal(row['name'])};",
    )
    primary = value_or_none(
        session,
        "SELECT is_primary_replica FROM sys.dm_hadr_database_replica_states "
        f"WHERE is_local = 1 AND database_id = {int(row['database_id'])};",
    )
    return str(name or ""), None if primary is None else bool(primary)


def _certificate(row: t.Mapping[str, t.Any]) -> Certificate:
    expires, saved = row["expiry_date"], row["pvt_key_last_backup_date"]
    return Certificate(row["name"], row["thumbprint"], _iso(expires), _iso(saved))


def _tde_certificate(session: Session, number: int, certificates: tuple[Certificate, ...]) -> Certificate | None:
    thumbprint = value_or_none(
        session,
        "SELECT CONVERT(nvarchar(100), encryptor_thumbprint, 1) AS thumbprint FROM sys.dm_database_encryption_keys "
        f"WHERE database_id = {number};",
    )
    if thumbprint is None:
        return None
    known = next((one for one in certificates if one.thumbprint == thumbprint), None)
    return known or Certificate("", str(thumbprint), None, None)


def _sessions(session: Session, number: int) -> tuple[SessionGroup, ...] | None:
    rows = rows_or_none(
        session,
        "SELECT host_name, program_name, login_name, COUNT(*) AS sessions FROM sys.dm_exec_sessions "
        f"WHERE database_id = {number} AND is_user_process = 1 AND session_id <> @@SPID "
        "GROUP BY host_name, program_name, login_name ORDER BY host_name, program_name, login_name;",
    )
    if rows is None:
        return None
    return tuple(
        SessionGroup(row["host_name"], row["program_name"], row["login_name"], int(row["sessions"])) for row in rows
    )


def _iso(moment: datetime.datetime | None) -> str | None:
    return None if moment is None else moment.replace(microsecond=0).isoformat()


def permitted_rows(session: Session, batch: str) -> list[dict[str, t.Any]] | None:
    """Ask for something that needs a right. None if the login does not have it. Raises SqlError for everything else."""
    try:
        return session.execute(batch).rows()
    except ConnectionLostError:
        raise
    except SqlError as error:
        if error.number not in _NO_RIGHT:
            raise
        return None


def value_or_none(session: Session, batch: str) -> t.Any:
    """Ask for one value that the login may not be allowed to see. Raises ConnectionLostError."""
    rows = rows_or_none(session, batch)
    return next(iter(rows[0].values()), None) if rows else None


def rows_or_none(session: Session, batch: str) -> list[dict[str, t.Any]] | None:
    """Ask for something that the login may not be allowed to see.

    None if the server refuses. Raises ConnectionLostError.
    """
    try:
        return session.execute(batch).rows()
    except ConnectionLostError:
        raise
    except SqlError:
        return None
