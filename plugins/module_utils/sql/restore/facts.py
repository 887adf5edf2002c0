# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a restore asks a server before it does anything, and after an interruption. Every batch here only reads."""

from __future__ import annotations

import collections.abc as c
import datetime
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import devices, hexadecimal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import check_permission, choose
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    BackupFile,
    BackupHeader,
    Facts,
    Move,
    Request,
    Restored,
    Safety,
    ServerState,
    Target,
    TargetFile,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.rollback import find_earlier_safety
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import (
    ServerFacts,
    read_server,
    value_or_none,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.folder import read_path
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session


def read_facts(session: Session, request: Request) -> Facts:
    """Read everything that a plan needs. Raises RefusedError if this alone prevents the restore; SqlError."""
    server = read_server(session)
    check_permission(server)
    headers = read_headers(session, request.files)
    files = read_files(session, request.files, choose(request, server, headers).position)
    target = read_target(session, request.target)
    server_state = read_server_state(session, server, request, target.name)
    restored = read_restored(session, target.name)
    return Facts(server, server_state, target, headers, files, read_earlier(session, target.name, restored), restored)


def read_headers(session: Session, files: c.Sequence[str]) -> tuple[BackupHeader, ...]:
    """Read the headers of the backups in files."""
    rows = session.execute(f"RESTORE HEADERONLY FROM {devices(files)}").rows()
    return tuple(
        BackupHeader(
            position=int(row["Position"] or 0),
            kind=int(row["BackupType"] or 0),
            name=str(row["BackupName"] or ""),
            database=str(row["DatabaseName"] or ""),
            family_guid=_guid(row["FamilyGUID"]),
            backup_set_uuid=_guid(row["BackupSetGUID"]),
            server_major=int(row["SoftwareVersionMajor"] or 0),
            finished=_second(row["BackupFinishDate"]),
            checksums=bool(row["HasBackupChecksums"]),
            damaged=bool(row["IsDamaged"]),
            contained=bool(row["Containment"]),
            # SQL Server 2012 has no such columns.
            thumbprint=hexadecimal(row.get("EncryptorThumbprint")),
        )
        for row in rows
    )


def read_files(session: Session, files: c.Sequence[str], position: int) -> tuple[BackupFile, ...]:
    """Read which files of the database one backup contains."""
    rows = session.execute(f"RESTORE FILELISTONLY FROM {devices(files)} WITH FILE = {position:d}").rows()
    return tuple(
        BackupFile(
            logical_name=str(row["LogicalName"]),
            physical_name=str(row["PhysicalName"]),
            kind=str(row["Type"]).strip().upper(),
            size=int(row["Size"] or 0),
            thumbprint=hexadecimal(row["TDEThumbprint"]),
        )
        for row in rows
    )


def read_target(session: Session, name: str) -> Target:
    """Read the state of the database that will be replaced."""
    found = session.execute(_target_query(name)).rows()
    if not found:
        return Target(name)
    row = found[0]
    # If the database is not ONLINE, the catalogue does not have it, or has values of an interrupted RESTORE.
    family = row["family_guid"] if row["state_desc"] == "ONLINE" else None
    identified = family is not None
    if not identified:
        family = session.execute(
            "SELECT TOP (1) family_guid FROM msdb.dbo.backupset "
            f"WHERE database_name = {literal(row['name'])} ORDER BY backup_finish_date DESC, backup_set_id DESC;"
        ).value()
    snapshots = session.execute(
        f"SELECT name FROM sys.databases WHERE source_database_id = {row['database_id']:d} ORDER BY name;"
    ).rows()
    files = session.execute(
        f"SELECT name, physical_name FROM sys.master_files WHERE database_id = {row['database_id']:d} ORDER BY file_id;"
    ).rows()
    return Target(
        name=row["name"],
        state=row["state_desc"],
        user_access=row["user_access_desc"],
        recovery_model=row["recovery_model_desc"],
        family_guid=None if family is None else _guid(family),
        identified=identified,
        standby=bool(row["is_in_standby"]),
        grouped=row["replica_id"] is not None,
        mirrored=row["mirroring_guid"] is not None,
        encrypted=bool(row["is_encrypted"]),
        log_chain=row["last_log_backup_lsn"] is not None,
        trustworthy=bool(row["is_trustworthy_on"]),
        broker=bool(row["is_broker_enabled"]),
        owner=row["owner"],
        snapshots=tuple(one["name"] for one in snapshots),
        files=tuple(TargetFile(one["name"], one["physical_name"]) for one in files),
    )


def read_server_state(session: Session, server: ServerFacts, request: Request, target: str) -> ServerState:
    """Read what the server has and allows. target: name of the database as the server writes it."""
    contained = value_or_none(
        session,
        "SELECT CAST(value_in_use AS int) FROM sys.configurations WHERE name = N'contained database authentication';",
    )
    others = session.execute(
        "SELECT DB_NAME(database_id) AS database_name, physical_name FROM sys.master_files;"
    ).rows()
    keys = session.execute(
        "SELECT thumbprint FROM sys.certificates UNION ALL SELECT thumbprint FROM sys.asymmetric_keys;"
    ).rows()
    return ServerState(
        contained=bool(contained),
        thumbprints=frozenset(filter(None, (hexadecimal(key["thumbprint"]) for key in keys))),
        foreign_files=tuple(other["physical_name"] for other in others if other["database_name"] != target),
        logins=tuple(login for login in request.login_map.values() if _has_login(session, server, login)),
    )


def read_earlier(session: Session, name: str, restored: Restored | None) -> Safety | None:
    """Find the safety backup of an interrupted restore of the database. restored: the newest completed one."""
    # By key: if clocks were set back, the newest is not the one with the latest date.
    backups = session.execute(
        "SELECT TOP (200) s.name, s.description, s.position, s.backup_set_uuid, s.backup_start_date, s.server_name, "
        "f.physical_device_name "
        "FROM msdb.dbo.backupset AS s JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id "
        f"WHERE s.database_name = {literal(name)} ORDER BY s.backup_set_id DESC, f.family_sequence_number;"
    ).rows()
    return find_earlier_safety(backups, restored)


def read_restored(session: Session, name: str) -> Restored | None:
    """Find the newest RESTORE of a database, None if msdb has no record of one."""
    rows = session.execute(
        "SELECT TOP (1) h.restore_history_id, h.restore_date, s.backup_set_uuid FROM msdb.dbo.restorehistory AS h "
        "LEFT JOIN msdb.dbo.backupset AS s ON s.backup_set_id = h.backup_set_id "
        f"WHERE h.destination_database_name = {literal(name)} AND h.restore_type = N'D' "
        "ORDER BY h.restore_history_id DESC;"
    ).rows()
    if not rows:
        return None
    row = rows[0]
    return Restored(int(row["restore_history_id"]), row["restore_date"], _guid(row["backup_set_uuid"]))


def read_occupants(session: Session, name: str) -> list[str]:
    """Return which sessions are in a database, a phrase each. It needs the right VIEW SERVER STATE."""
    rows = session.execute(
        "SELECT DISTINCT s.session_id, s.host_name, s.program_name, s.login_name FROM sys.dm_tran_locks AS l "
        "JOIN sys.dm_exec_sessions AS s ON s.session_id = l.request_session_id "
        f"WHERE l.resource_type = N'DATABASE' AND l.resource_database_id = DB_ID({literal(name)}) "
        "AND s.session_id <> @@SPID ORDER BY s.session_id;"
    ).rows()
    return [
        f"session {row['session_id']} of {row['login_name']} from {row['host_name']} ({row['program_name']})"
        for row in rows
    ]


def read_obstacles(session: Session, server: ServerFacts, moves: c.Iterable[Move]) -> tuple[list[str], list[str]]:
    """Return why files cannot go to their new places, a sentence each: a file already exists, a folder does not.

    Also returns the places that the login cannot see: for these, RESTORE decides.
    """
    found, unseen = [], []
    for move in moves:
        seen = None if move.kept else read_path(session, server, move.path)
        if seen is not None and (seen.file or seen.folder):
            found.append(f"{move.path} already exists, and no database of this server uses it.")
        elif seen is not None and seen.certain and not seen.parent:
            found.append(f"The folder of {move.path} does not exist.")
        elif not move.kept and not (seen is not None and (seen.certain or seen.parent)):
            unseen.append(move.path)
    return found, unseen


def _target_query(name: str) -> str:
    return (
        "SELECT d.name, d.database_id, d.state_desc, d.user_access_desc, d.recovery_model_desc, d.is_in_standby, "
        "d.is_encrypted, d.is_trustworthy_on, d.is_broker_enabled, SUSER_SNAME(d.owner_sid) AS owner, "
        "d.replica_id, r.family_guid, r.last_log_backup_lsn, m.mirroring_guid FROM sys.databases AS d "
        "LEFT JOIN sys.database_recovery_status AS r ON r.database_id = d.database_id "
        "LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id "
        f"WHERE d.name = {literal(name)};"
    )


def _has_login(session: Session, server: ServerFacts, login: str) -> bool:
    """Return whether a login exists. One that this login may not see counts as existing: ALTER USER decides.

    SUSER_SID knows every account of Windows, login or not. Only sys.server_principals distinguishes them.
    """
    if not server.sees_all:
        return "\\" in login or session.execute(f"SELECT SUSER_SID({literal(login)});").value() is not None
    kinds = "N'S', N'U', N'G', N'C', N'K', N'E', N'X'"
    batch = f"SELECT COUNT(*) FROM sys.server_principals WHERE name = {literal(login)} AND type IN ({kinds});"
    return bool(session.execute(batch).value())


def _second(moment: datetime.datetime | None) -> str:
    return "" if moment is None else moment.isoformat(" ", "seconds")


def _guid(value: t.Any) -> str:
    return str(value or "").strip("{}").lower()
