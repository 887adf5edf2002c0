# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup of a database: its name and files, the statements that make and check it, and msdb's record of it."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import hashlib
import re
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.backup_set import SetId, check_deployment
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.history import utc
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import check_folder, join_path
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal

# Limits of BACKUP: NAME, and the path of a device, 259. If a file already exists, the new name has 9 more characters.
_NAME_LIMIT = 128
_PATH_LIMIT = 250
STRIPES_LIMIT = 64

# SQL Server 2016 compresses the pages of an encrypted (TDE) database only when transfers are larger than 64 KB.
# Source: BACKUP (Transact-SQL), general remarks.
_TDE_TRANSFER = 131072
_TDE_COMPRESSION_SINCE = 13
# From a first build to the one with the fix, compressed backups of such a database may not be restorable. Sources:
# Microsoft's "Backup Compression for TDE-enabled Databases: Important fixes in SQL 2016 SP1 CU4 and SQL 2016 RTM CU7",
# and KB5014298.
_TDE_COMPRESSION_BROKEN = (((13, 0, 0), (13, 0, 2210)), ((13, 0, 4001), (13, 0, 4446)), ((15, 0, 0), (15, 0, 4223)))
# No older build of 2019 can read what it writes since then.
_TDE_FORMAT = (15, 0, 4223)
# Backups can be encrypted, and msdb has columns for that, since SQL Server 2014.
ENCRYPTION_SINCE = 12

_NOT_IN_WINDOWS = re.compile(r'[<>:"/\\|?*]')
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9])(?:\..*)?")


def backup_name(deployment: str, set_id: str) -> str:
    """Return the NAME of a set's backup of its database, by which every run finds it in msdb.

    Raises ValueError for names that a set cannot have, or that do not fit into NAME together.
    """
    name = f"groupid {check_deployment(deployment)} {SetId.parse(set_id)}"
    if len(name) > _NAME_LIMIT:
        raise ValueError(
            f"Deployment and set id make a backup's name of {len(name)} characters, and SQL Server allows "
            f"{_NAME_LIMIT}. Use a shorter label for the set."
        )
    return name


def backup_files(folder: str, name: str, stripes: int = 1) -> tuple[str, ...]:
    r"""Return the paths of a backup's files, as the SQL server sees them: ``<folder>\<name>.bak``, or one per stripe,
    ``<name>_1.bak`` and so on.

    A character that Windows does not allow in a file's name becomes ``_``. In this case, and if the name is the name of
    a device, a short hash of the name is added, so that two databases never get the same file.

    Raises ValueError for a folder that is not absolute, a path that is too long for BACKUP, and a number of stripes
    other than 1 to 64.
    """
    if not 1 <= stripes <= STRIPES_LIMIT:
        raise ValueError(f"A backup has 1 to {STRIPES_LIMIT} stripes, not {stripes}.")
    names = [_file_name(name)] if stripes == 1 else [f"{_file_name(name)}_{n}" for n in range(1, stripes + 1)]
    paths = tuple(join_path(check_folder(folder), f"{name}.bak") for name in names)
    for path in paths:
        literal(path)
        if len(path.encode("utf-16-le")) // 2 > _PATH_LIMIT:
            raise ValueError(f"The path {path!r} has more than {_PATH_LIMIT} characters. Use a shorter folder.")
    return paths


def _file_name(name: str) -> str:
    plain = _NOT_IN_WINDOWS.sub("_", name).rstrip(". ")
    if plain == name and not _DEVICE.fullmatch(plain):
        return plain
    return f"{plain}_{hashlib.sha256(name.encode('utf-8')).hexdigest()[:8]}"


@dataclasses.dataclass(frozen=True)
class Order:
    """What one BACKUP statement is to do.

    name: NAME of the backup, its key in msdb.
    media: MEDIANAME, used by no other backup. A file that already exists has another one, or none, and SQL Server
      refuses it (4037, 3241): it is neither appended to nor overwritten.
    compression: None means the server's default. certificate: encrypts the backup.
    transfer_bytes: MAXTRANSFERSIZE.
    stats: percents between two messages about progress.
    description: DESCRIPTION.
    """

    database: str
    name: str
    media: str
    files: tuple[str, ...]
    compression: bool | None = None
    certificate: str | None = None
    transfer_bytes: int | None = None
    stats: int = 5
    description: str | None = None

    def with_new_files(self) -> Order:
        """Return the same order with other files in the same folder, whose names end like the name of the media."""
        files = tuple(f"{path.removesuffix('.bak')}_{self.media[-8:]}.bak" for path in self.files)
        return dataclasses.replace(self, files=files)

    def backup_statement(self) -> str:
        """Write the BACKUP. Raises ValueError for names that T-SQL does not allow."""
        options = [
            "COPY_ONLY",
            "CHECKSUM",
            "NOINIT",
            "NOSKIP",
            f"NAME = {literal(self.name)}",
            f"MEDIANAME = {literal(self.media)}",
        ]
        if self.description is not None:
            options.append(f"DESCRIPTION = {literal(self.description)}")
        if self.compression is not None:
            options.append("COMPRESSION" if self.compression else "NO_COMPRESSION")
        if self.certificate is not None:
            options.append(f"ENCRYPTION (ALGORITHM = AES_256, SERVER CERTIFICATE = {identifier(self.certificate)})")
        if self.transfer_bytes is not None:
            options.append(f"MAXTRANSFERSIZE = {self.transfer_bytes}")
        options.append(f"STATS = {self.stats}")
        return f"BACKUP DATABASE {identifier(self.database)} TO {devices(self.files)} WITH {', '.join(options)};"


def devices(files: c.Iterable[str]) -> str:
    """Write the files of a backup as BACKUP and RESTORE name them."""
    return ", ".join(f"DISK = {literal(path)}" for path in files)


def verify_statement(files: c.Iterable[str]) -> str:
    """Write the statement that reads a backup again and compares its checksums."""
    return f"RESTORE VERIFYONLY FROM {devices(files)} WITH FILE = 1, CHECKSUM;"


def compresses_tde(version: str) -> bool:
    """Whether a build makes compressed backups of encrypted (TDE) databases that can be restored."""
    build = _build(version)
    return not any(first <= build < fixed for first, fixed in _TDE_COMPRESSION_BROKEN)


def tde_needs(version: str) -> str | None:
    """Return which builds can restore a compressed backup of an encrypted (TDE) database. None if no build is known."""
    if (15,) <= _build(version) < (16,) and _build(version) >= _TDE_FORMAT:
        return "SQL Server 2019 CU16 (15.0.4223) or later"
    return None


def _build(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".")[:3])


def transfer_bytes(major_version: int, tde: bool, compression: bool | None) -> int | None:
    """Choose MAXTRANSFERSIZE, None for the server's own choice."""
    return _TDE_TRANSFER if tde and compression and major_version >= _TDE_COMPRESSION_SINCE else None


@dataclasses.dataclass(frozen=True)
class Record:
    """msdb's record of a backup that was completed; msdb has no record of others.

    files: in order of stripes. position: 1 unless it was appended to the file of another backup.
    bytes: on the disk. database_bytes: before compression.
    LSNs: decimal digits, up to 25, which is too long for a number in JSON.
    started, finished: UTC, ISO 8601, None if the server's time zone is not known.
    thumbprint: of the certificate that encrypted it, 0x and hexadecimal digits.
    """

    backup_set_uuid: str
    family_guid: str | None
    database: str
    name: str
    media: str | None
    files: tuple[str, ...]
    position: int
    bytes: int
    database_bytes: int
    first_lsn: str
    last_lsn: str
    checkpoint_lsn: str
    started: str | None
    finished: str | None
    seconds: float
    copy_only: bool
    checksums: bool
    damaged: bool
    compressed: bool
    thumbprint: str | None
    user: str | None
    server: str | None

    def doubts(self) -> list[str]:
        """Return the reasons why it cannot be the backup of a set, as phrases. Empty if there is none."""
        found = {
            "it has no checksums": not self.checksums,
            "the server found damage in the database while it made the backup": self.damaged,
            "it is not copy-only": not self.copy_only,
            f"it was appended to another backup's file, as number {self.position}": self.position != 1,
            "it names no file": not self.files,
        }
        return [phrase for phrase, doubtful in found.items() if doubtful]


_COLUMNS = (
    "s.backup_set_id, s.backup_set_uuid, s.family_guid, s.database_name, s.name, s.position, s.backup_size, "
    "s.compressed_backup_size, s.first_lsn, s.last_lsn, s.checkpoint_lsn, s.backup_start_date, s.backup_finish_date, "
    "s.time_zone, s.is_copy_only, s.has_backup_checksums, s.is_damaged, s.user_name, s.server_name, "
    "m.name AS media_name, m.is_compressed, f.physical_device_name"
)


def record_query(database: str, name: str, major_version: int) -> str:
    """Write the SELECT for msdb's record of a database's backup by its NAME: newest first, a row for each file."""
    thumbprint = ", s.encryptor_thumbprint" if major_version >= ENCRYPTION_SINCE else ""
    return (
        f"SELECT {_COLUMNS}{thumbprint} FROM msdb.dbo.backupset AS s "
        "JOIN msdb.dbo.backupmediaset AS m ON m.media_set_id = s.media_set_id "
        "JOIN msdb.dbo.backupmediafamily AS f ON f.media_set_id = s.media_set_id "
        f"WHERE s.database_name = {literal(database)} AND s.name = {literal(name)} AND s.type = 'D' "
        "ORDER BY s.backup_set_id DESC, f.family_sequence_number;"
    )


def read_record(rows: c.Sequence[c.Mapping[str, t.Any]]) -> Record | None:
    """Read the newest record of ``record_query``'s rows, None if there is none."""
    if not rows:
        return None
    row = rows[0]
    return Record(
        backup_set_uuid=str(row["backup_set_uuid"]).lower(),
        family_guid=None if row["family_guid"] is None else str(row["family_guid"]).lower(),
        database=row["database_name"],
        name=row["name"],
        media=row["media_name"],
        files=tuple(
            file["physical_device_name"]
            for file in rows
            if file["backup_set_id"] == row["backup_set_id"] and file["physical_device_name"]
        ),
        position=int(row["position"] or 0),
        bytes=int(row["compressed_backup_size"] or row["backup_size"]),
        database_bytes=int(row["backup_size"]),
        first_lsn=_digits(row["first_lsn"]),
        last_lsn=_digits(row["last_lsn"]),
        checkpoint_lsn=_digits(row["checkpoint_lsn"]),
        started=utc(row["backup_start_date"], row["time_zone"]),
        finished=utc(row["backup_finish_date"], row["time_zone"]),
        seconds=(row["backup_finish_date"] - row["backup_start_date"]).total_seconds(),
        copy_only=bool(row["is_copy_only"]),
        checksums=bool(row["has_backup_checksums"]),
        damaged=bool(row["is_damaged"]),
        compressed=bool(row["is_compressed"]),
        thumbprint=hexadecimal(row.get("encryptor_thumbprint")),
        user=row["user_name"],
        server=row["server_name"],
    )


def hexadecimal(value: bytes | None) -> str | None:
    """Write bytes as T-SQL does, such as 0x1F."""
    return None if not value else "0x" + bytes(value).hex().upper()


def _digits(number: t.Any) -> str:
    return str(int(number))
