# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder as the SQL server sees it: whether it exists, its free space, and whether a backup can be written into it.

There is no way to ask whether the service account may write. So a backup of ``model`` proves it: it is copy-only, has a
few megabytes, and does not affect the chain of backups. It leaves a row in msdb's history, and its file if that cannot
be removed.
"""

from __future__ import annotations

import dataclasses
import secrets
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import ServerFacts, rows_or_none
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import check_folder, join_path
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Session,
    SqlError,
)

# sys.dm_os_file_exists exists since SQL Server 2017.
_FILE_VIEW_SINCE = 14

# It exists since SQL Server 2017 CU 1, and has the volumes of drive letters. It needs the right VIEW SERVER STATE.
_DRIVES_QUERY = (
    "SELECT fixed_drive_path AS volume_mount_point, free_space_in_bytes AS available_bytes "
    "FROM sys.dm_os_enumerate_fixed_drives;"
)
# Volumes that have files of databases, also those that are mounted in a folder. It needs the same right.
VOLUMES_QUERY = (
    "SELECT DISTINCT v.volume_mount_point, v.available_bytes FROM sys.master_files AS f "
    "CROSS APPLY sys.dm_os_volume_stats(f.database_id, f.file_id) AS v;"
)

# The login has no right to back up model, which says nothing about the folder.
_NO_RIGHT = frozenset({229, 262, 916})


@dataclasses.dataclass(frozen=True)
class Probe:
    """What a probe did. file, statement: what it writes, and how.

    writable: None if it was not or could not be tried. bytes: written.
    removed: whether the file was certainly removed, None if nothing was written.
    error: why not, a failure in parts.
    """

    file: str
    statement: str
    writable: bool | None = None
    bytes: int = 0
    removed: bool | None = None
    error: dict[str, t.Any] | None = None


def is_visible(session: Session, server: ServerFacts, folder: str) -> bool | None:
    """Return whether the server sees the folder. None if that is not known: only sysadmins get a true answer.

    Raises ConnectionLostError, ValueError for an invalid path.
    """
    found = read_path(session, server, check_folder(folder))
    if found is None or not (found.folder or found.certain):
        return None
    return found.folder


@dataclasses.dataclass(frozen=True)
class Volume:
    """A volume of the SQL server's computer. path: its drive, or the folder that it is mounted in."""

    path: str
    free_bytes: int


def read_volume(session: Session, folder: str) -> Volume | None:
    """Return the volume that a folder is on. None for a share, or if the server does not return one.

    A volume that is mounted in a folder is known only if a file of a database is on it. Otherwise, the volume of the
    drive is returned. Raises ConnectionLostError.
    """
    rows = [row for query in (_DRIVES_QUERY, VOLUMES_QUERY) for row in rows_or_none(session, query) or []]
    inside = f"{folder.rstrip(chr(92))}{chr(92)}".casefold()
    # The mount point is null on Linux, and may be empty.
    known = [
        Volume(str(row["volume_mount_point"]), int(row["available_bytes"]))
        for row in rows
        if row["volume_mount_point"] and row["available_bytes"] is not None
    ]
    fitting = [volume for volume in known if inside.startswith(f"{volume.path.rstrip(chr(92))}{chr(92)}".casefold())]
    return max(fitting, key=lambda volume: len(volume.path), default=None)


def plan_probe(folder: str) -> Probe:
    """Return what a probe would do. Raises ValueError for an invalid path."""
    file = join_path(check_folder(folder), f"groupid_probe_{secrets.token_hex(8)}.bak")
    options = f"COPY_ONLY, CHECKSUM, NAME = {literal('groupid-probe')}"
    return Probe(file, f"BACKUP DATABASE [model] TO DISK = {literal(file)} WITH {options};")


def run_probe(session: Session, server: ServerFacts, planned: Probe) -> Probe:
    """Write the file, and remove it. Raises ConnectionLostError."""
    try:
        session.execute(planned.statement)
    except ConnectionLostError:
        raise
    except SqlError as problem:
        explained = sql_errors.explain(problem, f"The probe did not write {planned.file}").explained()
        return dataclasses.replace(planned, writable=None if problem.number in _NO_RIGHT else False, error=explained)
    rows = rows_or_none(
        session,
        "SELECT TOP (1) s.backup_size FROM msdb.dbo.backupset AS s JOIN msdb.dbo.backupmediafamily AS f "
        f"ON f.media_set_id = s.media_set_id WHERE f.physical_device_name = {literal(planned.file)} "
        "ORDER BY s.backup_set_id DESC;",
    )
    written = int(rows[0]["backup_size"]) if rows else 0
    removed = remove_file(session, server, planned.file)
    return dataclasses.replace(planned, writable=True, bytes=written, removed=removed)


def remove_file(session: Session, server: ServerFacts, file: str) -> bool:
    """Remove a backup's file, and return whether it was certainly removed. Raises ConnectionLostError.

    No documented statement removes a file. Maintenance plans use xp_delete_file, which needs a sysadmin.
    """
    rows_or_none(session, f"EXEC master.dbo.xp_delete_file 0, {literal(file)};")
    found = read_path(session, server, file)
    return found is not None and not found.file and found.certain


@dataclasses.dataclass(frozen=True)
class PathFacts:
    """What exists at a path: a file, a folder, the folder above. certain: whether an absence is certain.

    xp_fileexist always answers no to logins that are not sysadmin (ola hallengren's maintenance solution, issues 771
    and 965). sys.dm_os_file_exists answers others too, but may look with the rights of the login.
    """

    file: bool
    folder: bool
    parent: bool
    certain: bool


def read_path(session: Session, server: ServerFacts, path: str) -> PathFacts | None:
    """Ask the server for a path. None if it does not answer. Raises ConnectionLostError."""
    columns = "file_exists, file_is_a_directory, parent_directory_exists"
    view = f"SELECT {columns} FROM sys.dm_os_file_exists({literal(path)});"
    rows = None
    if not server.sysadmin and server.major >= _FILE_VIEW_SINCE:
        rows = rows_or_none(session, view)
    rows = rows or rows_or_none(session, f"EXEC master.dbo.xp_fileexist {literal(path)};")
    if not rows:
        return None
    file, folder, parent = (bool(value) for value in list(rows[0].values())[:3])
    return PathFacts(file, folder, parent, server.sysadmin)
