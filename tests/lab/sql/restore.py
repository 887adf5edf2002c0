# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RESTORE: DATABASE and LOG over the files that BACKUP wrote, and the three forms that only read."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import datetime
import pathlib
import time
import typing as t
import zlib

from lab.sql import backup_file, devices
from lab.sql.backup import FILE_LETTERS, Conversation
from lab.sql.engine import COLLATION, PAGE_BYTES, Database, DataFile, Engine, Session, User, now
from lab.sql.problems import OS_ERRORS, StatementError, unrecorded
from lab.sql.wire import Column, Message, Value

_FAILED = {
    "DATABASE": "RESTORE DATABASE",
    "LOG": "RESTORE LOG",
    "HEADERONLY": "RESTORE HEADERONLY",
    "FILELISTONLY": "RESTORE FILELIST",
    "VERIFYONLY": "VERIFY DATABASE",
    "LABELONLY": "RESTORE LABELONLY",
}


@dataclasses.dataclass(frozen=True)
class Order:
    """A RESTORE with its options evaluated. ``checksum``: None when not said; ``recovery``: False for NORECOVERY."""

    kind: str
    database: str
    paths: tuple[str, ...]
    position: int = 1
    moves: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    replace: bool = False
    recovery: bool = True
    restricted: bool = False
    checksum: bool | None = None
    stats: int = 0


@dataclasses.dataclass(frozen=True)
class Source:
    """A backup set with its files in order."""

    header: dict[str, t.Any]
    parts: list[tuple[str, pathlib.Path, backup_file.Set]]


class SetRows(t.NamedTuple):
    """A result set."""

    columns: list[Column]
    rows: list[tuple[Value, ...]]


def run(engine: Engine, session: Session, order: Order, conversation: Conversation) -> SetRows | None:
    """Do a restore, or give the rows of one that only reads. Raises StatementError, InterruptedStatementError."""
    try:
        if session.transactions:
            raise StatementError.of(3021, "Cannot perform a backup or restore operation within a transaction.", 16, 0)
        if order.kind in ("DATABASE", "LOG"):
            _restore(engine, session, order, conversation)
            return None
        if not engine.may_create(session.login):
            raise StatementError.of(262, "CREATE DATABASE permission denied in database 'master'.", 14)
        if order.kind == "VERIFYONLY":
            _verify(engine, order, conversation)
            return None
        return _read(engine, order)
    except StatementError as problem:
        raise problem.followed_by(3013, f"{_FAILED[order.kind]} is terminating abnormally.") from problem


def _source(engine: Engine, order: Order) -> Source:
    found = devices.opened(engine, order.paths)
    parts = [(one.path, one.where, devices.choose(one.sets, order.position, one.path)) for one in found]
    return Source(parts[0][2].header, parts)


def _blocks(source: Source) -> c.Iterator[tuple[bytes, bool]]:
    """Return the data of all stripes in order. Raises StatementError 3203, 3256."""
    readers = [backup_file.blocks(where, one) for dummy, where, one in source.parts]
    number = 0
    while True:
        number += 1
        place = number % len(readers)
        path, where, one = source.parts[place]
        try:
            yield next(readers[place])
        except StopIteration:
            return
        except EOFError:
            # A file that ends between two blocks was left so by its writer; one that ends inside of a block was cut.
            raise _cut_short(path, where, one) from None


def _cut_short(path: str, where: pathlib.Path, one: backup_file.Set) -> StatementError:
    between = not one.finished and backup_file.ends_between(where, one)
    return devices.incomplete(path) if between else devices.read_failed(path, 38)


def _verify(engine: Engine, order: Order, conversation: Conversation) -> None:
    source = _source(engine, order)
    if order.checksum and not source.header["checksums"]:
        raise _no_checksums()
    _check_certificates(engine, source.header)
    for file in source.header["files"] if order.moves else ():
        if file["size"] > engine.volume_free:
            # It is said, and does not make it fail (Microsoft's "RESTORE VERIFYONLY").
            text = "Attempting to restore this backup may encounter storage space problems."
            conversation.say(Message(3181, f"{text} Subsequent messages will provide details."))
            conversation.say(dataclasses.replace(_no_space(engine, file["path"], file["size"]), severity=10))
    for dummy, sound in _blocks(source):
        if not sound and order.checksum is not False:
            raise StatementError.of(3189, "Damage to the backup set was detected.")
        conversation.checkpoint(0)
    conversation.say(Message(3262, f"The backup set on file {order.position} is valid."))


def _no_checksums() -> StatementError:
    text = "RESTORE WITH CHECKSUM cannot be specified because the backup set does not contain checksum information."
    return StatementError.of(3187, text)


def _check_certificates(engine: Engine, header: dict[str, t.Any]) -> None:
    known = {one.thumbprint for one in engine.certificates}
    for thumbprint in (header["thumbprint"], header["tde"]):
        if thumbprint and thumbprint not in known:
            raise StatementError.of(33111, f"Cannot find server certificate with thumbprint '0x{thumbprint}'.", 16, 3)


def _restore(engine: Engine, session: Session, order: Order, conversation: Conversation) -> None:
    began = time.monotonic()
    if not order.paths:
        with engine.lock:
            _recover(engine, session, order)
        conversation.say(Message(3014, _processed(order, 0, began)))
        return
    with engine.lock:
        database, source, files = _plan(engine, session, order)
        before = (database.state, database.user_access)
        database.state, database.busy = "RESTORING", "RESTORE DATABASE"
        database.holder = session if before[1] == "SINGLE_USER" else None
        database.whole = False
    try:
        payload = _receive(engine, order, source, database, conversation)
        with engine.lock:
            _put(engine, database, source.header, files, payload)
            database.whole = True
            _finish(engine, session, order, database, source.header)
    finally:
        database.busy = ""
    total = 0
    for file, (dummy, length) in zip(source.header["files"], source.header["contents"], strict=True):
        pages = -(-int(length) // PAGE_BYTES)
        total += pages
        text = (
            f"Processed {pages} pages for database '{database.name}', file '{file['name']}' on file {order.position}."
        )
        conversation.say(Message(4035, text))
    if not engine.is_recording:
        conversation.say(unrecorded())
    conversation.say(Message(3014, _processed(order, total, began)))
    with engine.lock:
        engine.let_in()


def _processed(order: Order, pages: int, began: float) -> str:
    seconds = time.monotonic() - began
    rate = pages * PAGE_BYTES / max(seconds, 0.001) / 1e6
    return f"{_FAILED[order.kind]} successfully processed {pages} pages in {seconds:.3f} seconds ({rate:.3f} MB/sec)."


def _recover(engine: Engine, session: Session, order: Order) -> None:
    database = engine.database(order.database)
    _check_rights(engine, session, database, order)
    if database.state != "RESTORING":
        text = (
            "This RESTORE statement is invalid in the current context. The 'Recover Data Only' option is only defined"
            " for secondary filegroups when the database is in an online state. When the database is in an offline"
            " state filegroups cannot be specified."
        )
        raise StatementError.of(3148, text)
    if not database.whole:
        raise StatementError.of(4333, "The database cannot be recovered because the log was not restored.")
    database.state = "ONLINE"


def _check_rights(engine: Engine, session: Session, database: Database | None, order: Order) -> None:
    if engine.may_restore(session.login, database):
        return
    if database is None:
        raise StatementError.of(262, "CREATE DATABASE permission denied in database 'master'.", 14)
    raise StatementError.of(3110, f"User does not have permission to RESTORE database '{order.database}'.", 14)


def _plan(engine: Engine, session: Session, order: Order) -> tuple[Database, Source, list[DataFile]]:
    """Check all that a server checks before it touches anything."""
    existing = engine.databases.get(order.database.casefold())
    _check_rights(engine, session, existing, order)
    if existing is not None:
        _check_existing(engine, session, existing)
    source = _source(engine, order)
    header = source.header
    if not source.parts[0][2].finished:
        raise _cut_short(*source.parts[0])
    _check_version(engine, header)
    if order.checksum and not header["checksums"]:
        raise _no_checksums()
    _check_certificates(engine, header)
    if order.kind == "LOG":
        if existing is None or existing.state != "RESTORING" or not existing.whole:
            text = "The log or differential backup cannot be restored because no files are ready to rollforward."
            raise StatementError.of(3117, text)
        if header["first_lsn"] > existing.restored_lsn:
            text = (
                f"The log in this backup set begins at LSN {header['first_lsn']}, which is too recent to apply to the"
                f" database. An earlier log backup that includes LSN {existing.restored_lsn} can be restored."
            )
            raise StatementError.of(4305, text)
        return existing, source, list(existing.files)
    _check_family(engine, existing, header, order)
    if header["containment"] and not engine.contained_allowed:
        text = (
            "The sp_configure value 'contained database authentication' must be set to 1 in order to restore a"
            " contained database.  You may need to use RECONFIGURE to set the value_in_use."
        )
        raise StatementError.of(12824, text)
    files = _files(engine, existing, header, order)
    if existing is None:
        existing = Database(order.database, engine.next_database_id(), tuple(files), owner_sid=session.login.sid)
        engine.databases[order.database.casefold()] = existing
    elif engine.sessions_in(existing, besides=session):
        raise StatementError.of(3101, "Exclusive access could not be obtained because the database is in use.")
    return existing, source, files


def _check_existing(engine: Engine, session: Session, existing: Database) -> None:
    name = existing.name
    if existing.state == "RECOVERING":
        raise StatementError.of(3101, "Exclusive access could not be obtained because the database is in use.")
    if existing.name in ("master", "tempdb"):
        raise StatementError.of(3108, f"RESTORE {name} is not supported while the server is in multi-user mode.")
    if session.database.casefold() == name.casefold():
        text = (
            f"RESTORE cannot process database '{name}' because it is in use by this session. It is recommended that the"
            " master database be used when performing this operation."
        )
        raise StatementError.of(3102, text)
    if existing.availability_group or existing.mirrored:
        text = (
            f"RESTORE cannot operate on database '{name}' because it is configured for database mirroring or has joined"
            " an availability group. If you intend to restore the database, use ALTER DATABASE to remove mirroring or"
            " to remove the database from its availability group."
        )
        raise StatementError.of(3104, text)


def _check_version(engine: Engine, header: dict[str, t.Any]) -> None:
    if header["version"][0] > engine.product[0]:
        theirs = ".".join(f"{part:02}" for part in header["version"])
        ours = ".".join(f"{part:02}" for part in engine.product)
        text = (
            f"The database was backed up on a server running version {theirs}. That version is incompatible with this"
            f" server, which is running version {ours}. Either restore the database on a server that supports the"
            " backup, or use a backup that is compatible with this server."
        )
        raise StatementError.of(3169, text)


def _check_family(engine: Engine, existing: Database | None, header: dict[str, t.Any], order: Order) -> None:
    if existing is None or order.replace:
        return
    unseen = existing.state == "OFFLINE" and not engine.compares_offline
    if unseen or existing.family_guid != header["family"]:
        text = f"The backup set holds a backup of a database other than the existing '{existing.name}' database."
        raise StatementError.of(3154, text, 16, 4)
    if existing.state != "RESTORING" and existing.recovery_model != "SIMPLE":
        text = (
            f'The tail of the log for the database "{existing.name}" has not been backed up. Use BACKUP LOG WITH'
            " NORECOVERY to backup the log if it contains work you do not want to lose. Use the WITH REPLACE or WITH"
            " STOPAT clause of the RESTORE statement to just overwrite the contents of the log."
        )
        raise StatementError.of(3159, text)


def _files(engine: Engine, existing: Database | None, header: dict[str, t.Any], order: Order) -> list[DataFile]:
    """Work out where each file goes; all complaints come together, as a server makes them."""
    logical = {file["name"].casefold() for file in header["files"]}
    for name in order.moves:
        if name.casefold() not in logical:
            text = (
                f"Logical file '{name}' is not part of database '{order.database}'."
                " Use RESTORE FILELISTONLY to list the logical file names."
            )
            raise StatementError.of(3234, text, 16, 2)
    moves = {name.casefold(): path for name, path in order.moves.items()}
    files = [DataFile(**file | {"path": moves.get(file["name"].casefold(), file["path"])}) for file in header["files"]]
    if engine.size_limit is not None and sum(file.size for file in files) > engine.size_limit:
        text = (
            "CREATE DATABASE or ALTER DATABASE failed because the resulting cumulative database size would exceed your"
            f" licensed limit of {engine.size_limit // 1024**2} MB per database."
        )
        raise StatementError.of(1827, text)
    complaints = [message for file in files for message in _complaints(engine, existing, files, file, order)]
    if complaints:
        text = "Problems were identified while planning for the RESTORE statement. Previous messages provide details."
        raise StatementError(*complaints, Message(3119, text, 16))
    return files


def _complaints(
    engine: Engine, existing: Database | None, files: list[DataFile], file: DataFile, order: Order
) -> list[Message]:
    path = file.path
    cannot = Message(
        3156,
        f"File '{file.name}' cannot be restored to '{path}'. Use WITH MOVE to identify a valid location for the file.",
        16,
        4,
    )
    for other in files:
        if other.file_id < file.file_id and other.path.casefold() == path.casefold():
            text = (
                f"File '{path}' is claimed by '{file.name}'({file.file_id}) and '{other.name}'({other.file_id})."
                " The WITH MOVE clause can be used to relocate one or more files."
            )
            return [Message(3176, text, 16)]
    for database in engine.databases.values():
        if database is not existing and any(one.path.casefold() == path.casefold() for one in database.files):
            text = f"The file '{path}' cannot be overwritten.  It is being used by database '{database.name}'."
            return [Message(1834, text, 16), cannot]
    where = engine.map_path(path)
    number = devices.refused(engine, path) or (0 if where.parent.is_dir() else 3)
    if number:
        cause = f"{number}({OS_ERRORS[number]})"
        text = f'Directory lookup for the file "{path}" failed with the operating system error {cause}.'
        return [Message(5133, text, 16), cannot]
    mine = existing is not None and any(one.path.casefold() == path.casefold() for one in existing.files)
    if where.exists() and not mine and not order.replace:
        text = (
            f'File "{file.name}" cannot be restored over the existing "{path}". Reissue the RESTORE statement using'
            " WITH REPLACE to overwrite pre-existing files, or WITH MOVE to identify an alternate location."
        )
        return [Message(3142, text, 16)]
    if file.size > engine.volume_free:
        return [_no_space(engine, path, file.size)]
    return []


def _no_space(engine: Engine, path: str, size: int) -> Message:
    text = (
        f"There is insufficient free space on disk volume '{path[:3]}' to create the database. The database requires"
        f" {size} additional free bytes, while only {engine.volume_free} bytes are available."
    )
    return Message(3257, text, 16)


def _receive(engine: Engine, order: Order, source: Source, database: Database, conversation: Conversation) -> bytes:
    header = source.header
    total = max(1, sum(int(length) for dummy, length in header["contents"]))
    payload = bytearray()
    percent_reported = 0
    for number, (block, sound) in enumerate(_blocks(source)):
        if not sound and order.checksum is not False:
            where = f'page (1:{number}) in database "{database.name}"'
            text = f"RESTORE detected an error on {where} as read from the backup set."
            raise StatementError.of(3183, text)
        payload += zlib.decompress(block) if header["compressed"] else block
        percent = min(100 * len(payload) / total, 100)
        conversation.checkpoint(percent)
        conversation.pause(engine.backup_seconds / 20)
        while order.stats and percent_reported + order.stats <= percent:
            percent_reported += order.stats
            conversation.say(Message(3211, f"{percent_reported} percent processed."))
    return bytes(payload)


def _put(engine: Engine, database: Database, header: dict[str, t.Any], files: list[DataFile], payload: bytes) -> None:
    kept = {file.path.casefold() for file in files}
    for old in database.files:
        if old.path.casefold() not in kept:
            engine.map_path(old.path).unlink(missing_ok=True)
    start = 0
    for file, (dummy, length) in zip(files, header["contents"], strict=True):
        where = engine.map_path(file.path)
        where.write_bytes(payload[start : start + length])
        start += length
    database.files = tuple(files)


def _finish(engine: Engine, session: Session, order: Order, database: Database, header: dict[str, t.Any]) -> None:
    database.family_guid = header["family"]
    database.recovery_model = header["recovery_model"]
    database.compatibility_level = header["level"]
    database.containment = header["containment"]
    database.read_only = header["read_only"]
    database.tde_thumbprint = header["tde"]
    database.master_key = header["master_key"]
    database.users = tuple(
        User(name, None if sid is None else bytes.fromhex(sid), frozenset(roles), frozenset(permissions))
        for name, sid, roles, permissions in header["users"]
    )
    # dbo's sid is in the backup; the owner in master is whoever restored. TRUSTWORTHY and message delivery are off
    # then (Microsoft's "TRUSTWORTHY database property"; "RESTORE arguments", service_broker_option).
    if engine.takes_ownership or not database.owner_sid:
        database.owner_sid = session.login.sid
    database.dbo_sid = bytes.fromhex(header["dbo_sid"])
    database.trustworthy = database.broker = False
    database.damaged_page = 0
    database.last_full_lsn = database.log_lsn = 0
    database.restored_lsn = header["last_lsn"]
    database.user_access = "RESTRICTED_USER" if order.restricted else header["user_access"]
    database.holder = None
    database.state = "ONLINE" if order.recovery else "RESTORING"
    if not engine.is_recording:
        return
    sets = engine.history.get("backupset", [])
    mine = next((row["backup_set_id"] for row in sets if row["backup_set_uuid"] == header["set_guid"]), 0)
    engine.record(
        "restorehistory",
        {
            "restore_history_id": engine.next_key(), "restore_date": now(), "destination_database_name": database.name,
            "user_name": session.login.name, "backup_set_id": mine, "restore_type": "L" if order.kind == "LOG" else "D",
            "replace": order.replace, "recovery": order.recovery, "restart": False, "device_count": len(order.paths),
        },
    )  # fmt: skip


def _read(engine: Engine, order: Order) -> SetRows:
    found = devices.opened(engine, order.paths)
    if order.kind == "HEADERONLY":
        rows = [_header_row(one, engine.product[0]) for one in found[0].sets]
        # 56 since SQL Server 2014, with the encryption of backups; 59 as recorded from 2022.
        count = 59 if engine.product[0] >= 16 else 56 if engine.product[0] >= 12 else 53
        return _cut(_HEADER_COLUMNS, rows, count)
    if order.kind == "LABELONLY":
        media = found[0].media
        columns = [Column("MediaName", "nvarchar", 128), Column("FamilyCount", "int", 4), Column("IsCompressed", "bit")]
        return SetRows(columns, [(None, len(media["families"]), media["compressed"])])
    header = devices.choose(found[0].sets, order.position, found[0].path).header
    _check_certificates(engine, header)
    return _cut(_FILE_COLUMNS, [_file_row(header, file) for file in header["files"]], 22)


def _cut(columns: list[Column], rows: list[tuple[Value, ...]], count: int) -> SetRows:
    return SetRows(columns[:count], [row[:count] for row in rows])


def _time(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f")


def _header_row(one: backup_file.Set, ours: int) -> tuple[Value, ...]:
    header = one.header
    if header["version"][0] > ours:
        # What an older server can tell of a newer one's backup (dataplat/dbatools #3410).
        unknown: list[Value] = [None] * len(_HEADER_COLUMNS)
        unknown[0], unknown[5] = "*** INCOMPLETE ***", header["position"]
        return tuple(unknown)
    major, minor, build = header["version"]
    name = header["name"] if one.finished else "*** INCOMPLETE ***"
    finished = (one.trailer or {}).get("finished") or header["started"]
    thumbprint = bytes.fromhex(header["thumbprint"]) or None
    return (
        name, header["description"], header["type"], None, int(header["compressed"]), header["position"], 2,
        header["user"], header["server"], header["database"], 957, _time(header["created"]), header["size"],
        header["first_lsn"], header["last_lsn"], header["checkpoint_lsn"], header["database_backup_lsn"],
        _time(header["started"]), _time(finished), 52, 0, 1033, 196609, header["level"], 4608, major, minor,
        build, header["machine"], header["flags"], header["binding"], header["fork"], COLLATION, header["family"],
        False, False, header["read_only"], header["single_user"], header["checksums"], False, False, False, False,
        header["copy_only"], header["fork"], None, header["recovery_model"], None, None,
        "Transaction Log" if header["type"] == 2 else "Database", header["set_guid"], one.end - one.start,
        header["containment"], header["algorithm"] or None, thumbprint, "CERTIFICATE" if thumbprint else None, None, 0,
        "MS_XPRESS" if header["compressed"] else None,
    )  # fmt: skip


def _file_row(header: dict[str, t.Any], file: dict[str, t.Any]) -> tuple[Value, ...]:
    log = file["kind"] == "LOG"
    tde = bytes.fromhex(header["tde"]) or None
    return (
        file["name"], file["path"], FILE_LETTERS[file["kind"]], None if log else "PRIMARY", file["size"],
        2 * 1024**4 if log else 32 * 1024**4, file["file_id"], 0, 0, file["file_guid"], 0, 0, file["size"], 4096,
        0 if log else 1, None, 0, header["fork"], False, True, None if log else tde, None,
    )  # fmt: skip


def _columns(text: str) -> list[Column]:
    found = []
    for item in text.split():
        name, dummy, kind = item.partition(":")
        if kind.startswith("n"):
            found.append(Column(name, "nvarchar", int(kind[1:])))
        elif kind.startswith("i"):
            found.append(Column(name, "int", int(kind[1:])))
        else:
            found.append(
                {
                    "d": Column(name, "datetime"),
                    "m": Column(name, "numeric", 25),
                    "g": Column(name, "uniqueidentifier"),
                    "b": Column(name, "bit"),
                    "x": Column(name, "varbinary", 20),
                    "c": Column(name, "nchar", 1),
                }[kind]
            )
    return found


# As recorded from SQL Server 2022: 59 columns; before it the last three were not there.
_HEADER_COLUMNS = _columns(
    "BackupName:n128 BackupDescription:n255 BackupType:i1 ExpirationDate:d Compressed:i1 Position:i2"
    " DeviceType:i1 UserName:n128 ServerName:n128 DatabaseName:n128 DatabaseVersion:i4 DatabaseCreationDate:d"
    " BackupSize:i8 FirstLSN:m LastLSN:m CheckpointLSN:m DatabaseBackupLSN:m BackupStartDate:d BackupFinishDate:d"
    " SortOrder:i2 CodePage:i2 UnicodeLocaleId:i4 UnicodeComparisonStyle:i4 CompatibilityLevel:i1"
    " SoftwareVendorId:i4 SoftwareVersionMajor:i4 SoftwareVersionMinor:i4 SoftwareVersionBuild:i4 MachineName:n128"
    " Flags:i4 BindingID:g RecoveryForkID:g Collation:n128 FamilyGUID:g HasBulkLoggedData:b IsSnapshot:b"
    " IsReadOnly:b IsSingleUser:b HasBackupChecksums:b IsDamaged:b BeginsLogChain:b HasIncompleteMetaData:b"
    " IsForceOffline:b IsCopyOnly:b FirstRecoveryForkID:g ForkPointLSN:m RecoveryModel:n60 DifferentialBaseLSN:m"
    " DifferentialBaseGUID:g BackupTypeDescription:n128 BackupSetGUID:g CompressedBackupSize:i8 Containment:i1"
    " KeyAlgorithm:n32 EncryptorThumbprint:x EncryptorType:n32 LastValidRestoreTime:d TimeZone:i2"
    " CompressionAlgorithm:n32"
)
_FILE_COLUMNS = _columns(
    "LogicalName:n128 PhysicalName:n260 Type:c FileGroupName:n128 Size:i8 MaxSize:i8 FileId:i8 CreateLSN:m DropLSN:m"
    " UniqueId:g ReadOnlyLSN:m ReadWriteLSN:m BackupSizeInBytes:i8 SourceBlockSize:i4 FileGroupId:i4 LogGroupGUID:g"
    " DifferentialBaseLSN:m DifferentialBaseGUID:g IsReadOnly:b IsPresent:b TDEThumbprint:x SnapshotUrl:n336"
)
