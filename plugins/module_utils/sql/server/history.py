# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The backups of a database that msdb has recorded, by any program."""

from __future__ import annotations

import dataclasses
import datetime

from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import permitted_rows
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session

_RECENT = 20
_UNKNOWN_TIME_ZONE = 127
_KINDS = {"D": "full", "I": "differential", "L": "log"}


@dataclasses.dataclass(frozen=True)
class Backup:
    """A backup that has a record in msdb. kind: ``full``, ``differential``, ``log`` or msdb's letter.

    finished: UTC, ISO 8601, None if the server's time zone is not known. bytes: of the file.
    data_bytes: the same before compression. seconds: how long it took, whole ones.
    """

    name: str | None
    kind: str
    copy_only: bool
    checksums: bool
    damaged: bool
    finished: str | None
    bytes: int
    user: str | None
    file: str | None
    backup_set_uuid: str
    data_bytes: int
    seconds: int | None


@dataclasses.dataclass(frozen=True)
class Chain:
    """Backups by others that build upon each other. last_*: the newest of the kind: UTC, ISO 8601."""

    last_full: str | None
    last_differential: str | None
    last_log: str | None
    users: tuple[str, ...]

    def __str__(self) -> str:
        """Return what a copy-only backup and a restore mean for these backups."""
        if not self.users:
            return "msdb has no backup of this database by others, so there is no chain to disturb."
        return (
            f"Others back up this database ({', '.join(self.users)}; newest full backup {self.last_full or 'none'}). "
            "A copy-only backup does not disturb their chain. A restore ends it: make a full backup after one."
        )


def last_backups(session: Session, name: str) -> tuple[Backup, ...] | None:
    """Read msdb's newest backups of a database, newest first, 20 at most. None if the login may not read msdb.

    Raises SqlError.
    """
    rows = permitted_rows(
        session,
        f"SELECT TOP ({_RECENT}) s.name, s.type, s.is_copy_only, s.has_backup_checksums, s.is_damaged, "
        "s.backup_start_date, s.backup_finish_date, s.time_zone, s.backup_size, s.compressed_backup_size, s.user_name, "
        "s.backup_set_uuid, f.physical_device_name "
        "FROM msdb.dbo.backupset AS s LEFT JOIN msdb.dbo.backupmediafamily AS f "
        "ON f.media_set_id = s.media_set_id AND f.family_sequence_number = 1 "
        f"WHERE s.database_name = {literal(name)} ORDER BY s.backup_set_id DESC;",
    )
    if rows is None:
        return None
    return tuple(
        Backup(
            name=row["name"],
            kind=_KINDS.get(str(row["type"]), str(row["type"])),
            copy_only=bool(row["is_copy_only"]),
            checksums=bool(row["has_backup_checksums"]),
            damaged=bool(row["is_damaged"]),
            finished=utc(row["backup_finish_date"], row["time_zone"]),
            bytes=int(row["compressed_backup_size"] or row["backup_size"] or 0),
            user=row["user_name"],
            file=row["physical_device_name"],
            backup_set_uuid=str(row["backup_set_uuid"]).lower(),
            data_bytes=int(row["backup_size"] or 0),
            seconds=_seconds(row["backup_start_date"], row["backup_finish_date"]),
        )
        for row in rows
    )


def _seconds(begun: datetime.datetime | None, ended: datetime.datetime | None) -> int | None:
    if begun is None or ended is None:
        return None
    return max(0, round((ended - begun).total_seconds()))


def read_chain(session: Session, name: str) -> Chain | None:
    """Read who else backs up the database. None if the login may not read msdb. Raises SqlError."""
    rows = permitted_rows(
        session,
        "SELECT type, user_name, MAX(backup_finish_date) AS newest, MAX(time_zone) AS time_zone "
        f"FROM msdb.dbo.backupset WHERE database_name = {literal(name)} AND is_copy_only = 0 "
        "AND type IN ('D', 'I', 'L') GROUP BY type, user_name;",
    )
    if rows is None:
        return None
    newest: dict[str, str | None] = {}
    for row in sorted(rows, key=lambda row: row["newest"]):
        newest[_KINDS[str(row["type"])]] = utc(row["newest"], row["time_zone"])
    users = tuple(sorted({str(row["user_name"]) for row in rows}))
    return Chain(newest.get("full"), newest.get("differential"), newest.get("log"), users)


def utc(local: datetime.datetime, quarters: int | None) -> str | None:
    """Return a time of the server's clock in UTC, ISO 8601. quarters: its offset in 15 minutes, as msdb has it."""
    if quarters is None or quarters == _UNKNOWN_TIME_ZONE:
        return None
    moment = local - datetime.timedelta(minutes=15 * quarters)
    return moment.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
