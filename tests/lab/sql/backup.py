# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""BACKUP DATABASE and BACKUP LOG."""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import time
import typing as t
import uuid
import zlib

from lab.sql import backup_file, devices
from lab.sql.catalogue import moment
from lab.sql.engine import COLLATION, PAGE_BYTES, Certificate, Database, Engine, Session, check_state, now
from lab.sql.problems import StatementError, device_refused, unrecorded
from lab.sql.wire import Message

LEAST_BLOCKS = 20
"""A backup is cut into at least as many pieces, so that a small one has a middle too."""


class Conversation(t.Protocol):
    """What a long statement needs of its connection."""

    def say(self, message: Message) -> None:
        """Send a message at once."""

    def checkpoint(self, percent: float) -> None:
        """Note the progress. Raises InterruptedStatementError or StatementError."""

    def pause(self, seconds: float) -> None:
        """Take time. Raises InterruptedStatementError."""


@dataclasses.dataclass(frozen=True)
class Order:
    """A BACKUP with its options evaluated. ``certificate``: a name, empty without encryption; ``stats``: 0 for none."""

    database: str
    paths: tuple[str, ...]
    log: bool = False
    name: str | None = None
    description: str | None = None
    media: str | None = None
    copy_only: bool = False
    checksum: bool = False
    compression: bool = False
    certificate: str = ""
    algorithm: str = ""
    fresh: bool = False
    stats: int = 0
    to_restoring: bool = False
    no_truncate: bool = False

    @property
    def verb(self) -> str:
        """The statement's name in messages."""
        return "BACKUP LOG" if self.log else "BACKUP DATABASE"


def run(engine: Engine, session: Session, order: Order, conversation: Conversation) -> None:
    """Do a backup. Raises StatementError, InterruptedStatementError."""
    try:
        with engine.lock:
            database = _checked(engine, session, order)
            certificate = _certificate(engine, session, order)
            targets, position = _targets(engine, order)
            if database.busy:
                text = (
                    "Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a"
                    " database must be serialized. Reissue the statement after the current backup or file manipulation"
                    " operation is completed."
                )
                raise StatementError.of(3023, text, 16, 2)
            database.busy = order.verb
        try:
            _copy(engine, session, order, database, certificate, targets, position, conversation)
        finally:
            database.busy = ""
    except StatementError as problem:
        raise problem.followed_by(3013, f"{order.verb} is terminating abnormally.") from problem


def _checked(engine: Engine, session: Session, order: Order) -> Database:
    if session.transactions:
        raise StatementError.of(3021, "Cannot perform a backup or restore operation within a transaction.", 16, 0)
    database = engine.database(order.database)
    if not (order.no_truncate and database.state in ("SUSPECT", "RECOVERY_PENDING")):
        check_state(database)
        if not database.secondary or not order.copy_only:
            engine.reach(session, database.name)
    if database.name == "tempdb":
        raise StatementError.of(3147, "Backup and restore operations are not allowed on database tempdb.")
    if not engine.roles_in(session.login, database) & {"db_owner", "db_backupoperator"}:
        raise StatementError.of(262, f"{order.verb} permission denied in database '{database.name}'.", 14)
    if order.log:
        _check_log(engine, session, order, database)
    if not engine.compresses:
        for wanted, word in ((order.compression, "COMPRESSION"), (bool(order.certificate), "ENCRYPTION")):
            if wanted:
                text = f"BACKUP DATABASE WITH {word} is not supported on {engine.edition_text}."
                raise StatementError.of(1844, text)
    return database


def _check_log(engine: Engine, session: Session, order: Order, database: Database) -> None:
    if database.recovery_model == "SIMPLE":
        text = (
            "The statement BACKUP LOG is not allowed while the recovery model is SIMPLE."
            " Use BACKUP DATABASE or change the recovery model using ALTER DATABASE."
        )
        raise StatementError.of(4208, text)
    if not database.last_full_lsn and not order.copy_only:
        text = "BACKUP LOG cannot be performed because there is no current database backup."
        raise StatementError.of(4214, text)
    if order.to_restoring and engine.sessions_in(database, besides=session):
        raise StatementError.of(3101, "Exclusive access could not be obtained because the database is in use.")


def _certificate(engine: Engine, session: Session, order: Order) -> Certificate | None:
    if not order.certificate:
        return None
    for one in engine.certificates:
        if one.name == order.certificate and session.login.sees_certificate(one.name):
            return one
    text = (
        f"Cannot find the certificate '{order.certificate}', because it does not exist or you do not have permission."
    )
    raise StatementError.of(15151, text)


def _targets(engine: Engine, order: Order) -> tuple[list[tuple[str, t.Any, bool]], int]:
    """Return each file with its place and whether it is new, and the position of the set in it."""
    found = []
    position = 1
    for path in order.paths:
        where = devices.check_writable(engine, path)
        full = devices.full_path(engine, path)
        append = where.exists() and not order.fresh
        if append:
            device = devices.read(engine, path)
            position = len(device.sets) + 1
            _check_append(full, device.media, order)
        found.append((full, where, not append))
    return found, position


def _check_append(path: str, media: dict[str, t.Any], order: Order) -> None:
    if len(media["families"]) != len(order.paths):
        text = (
            f"The volume on device '{path}' is a continuation volume for the backup set."
            " Remove it and insert the volume holding the start of the backup set."
        )
        raise StatementError.of(3263, text)
    if order.media is not None and order.media != media["name"]:
        text = (
            f'The user-specified MEDIANAME "{order.media}" does not match the MEDIANAME "{media["name"] or ""}" of the'
            f" device '{path}'."
        )
        raise StatementError.of(4037, text)
    # Microsoft's "Backup encryption": a backup is never added to a media set that was formatted the other way.
    if order.certificate and not media.get("encrypted"):
        text = (
            "The backup cannot be performed because 'ENCRYPTION' was requested after the media was formatted with an"
            " incompatible structure."
        )
        raise StatementError.of(3095, text)
    if order.compression and not media["compressed"]:
        text = (
            "The backup cannot be performed because 'COMPRESSION' was requested after the media was formatted with an"
            " incompatible structure. To append to this media set, either omit 'COMPRESSION' or specify"
            " 'NO_COMPRESSION'. Alternatively, you can create a new media set by using WITH FORMAT in your BACKUP"
            " statement. If you use WITH FORMAT on an existing media set, all its backup sets will be overwritten."
        )
        raise StatementError.of(3098, text)


def _copy(
    engine: Engine,
    session: Session,
    order: Order,
    database: Database,
    certificate: Certificate | None,
    targets: list[tuple[str, t.Any, bool]],
    position: int,
    conversation: Conversation,
) -> None:
    began = time.monotonic()
    with engine.lock:
        started = now()
        contents = _contents(engine, database)
        first = (database.log_lsn if order.log else 0) or engine.next_lsn()
        last = engine.next_lsn()
    compressed = order.compression
    header = _header(engine, session, order, database, contents, position)
    header |= {
        "compressed": compressed,
        "started": moment(started),
        "first_lsn": first,
        "last_lsn": last,
        "thumbprint": certificate.thumbprint if certificate else "",
        "algorithm": order.algorithm.lower() if certificate else "",
        "stripes": len(targets),
    }
    if database.damaged_page and order.checksum:
        file = database.files[0]
        raise StatementError.of(
            3043,
            f"BACKUP '{database.name}' detected an error on page (1:{database.damaged_page}) in file '{file.path}'.",
        )
    families = [str(uuid.uuid4()).upper() for dummy in targets]
    media = {"families": families, "compressed": compressed, "name": order.media, "encrypted": bool(certificate)}
    with contextlib.ExitStack() as stack:
        writers = []
        for number, (path, where, fresh) in enumerate(targets):
            try:
                writer = backup_file.Writer(where, media | {"family": number}, header, fresh)
            except OSError as error:
                raise device_refused(path, devices.os_error(engine, path, error), 1) from error
            stack.callback(writer.abandon)
            writers.append(writer)
        payload = b"".join(body for dummy, body in contents)
        _write(engine, order, targets, writers, payload, conversation)
        finished = now()
        sizes = [writer.finish({"finished": moment(finished)}) for writer in writers]
    with engine.lock:
        recorded = engine.is_recording
        if recorded:
            _record(engine, order, header, targets, families, sum(sizes), finished)
        if not order.copy_only and not order.log:
            database.last_full_lsn = first
        if not order.copy_only:
            # A full backup begins the chain, and leaves one that there is alone.
            database.log_lsn = last if order.log else database.log_lsn or first
        if order.to_restoring:
            database.state, database.whole = "RESTORING", True
    _summary(order, database, contents, position, time.monotonic() - began, conversation, recorded)


def _contents(engine: Engine, database: Database) -> list[tuple[int, bytes]]:
    found = []
    for file in database.files:
        where = engine.map_path(file.path)
        found.append((file.file_id, where.read_bytes() if where.is_file() else b""))
    return found


def _write(
    engine: Engine,
    order: Order,
    targets: list[tuple[str, t.Any, bool]],
    writers: list[backup_file.Writer],
    payload: bytes,
    conversation: Conversation,
) -> None:
    pieces = pieces_of(payload)
    seconds = engine.backup_seconds  # as it was when the statement began
    percent_reported = 0
    for number, piece in enumerate(pieces, 1):
        writer = writers[number % len(writers)]
        body = zlib.compress(piece, 1) if order.compression else piece
        try:
            limit = engine.disk_full_after
            if limit is not None and sum(one.tell() for one in writers) + len(body) > limit:
                raise OSError(28, "full")
            writer.write(body)
        except OSError as error:
            path = targets[number % len(writers)][0]
            raise devices.write_failed(path, devices.os_error(engine, path, error)) from error
        percent = 100 * number / len(pieces)
        conversation.checkpoint(percent)
        conversation.pause(seconds / len(pieces))
        while order.stats and percent_reported + order.stats <= percent:
            percent_reported += order.stats
            conversation.say(Message(3211, f"{percent_reported} percent processed."))
    if order.stats and percent_reported < 100:
        conversation.say(Message(3211, "100 percent processed."))


def pieces_of(payload: bytes) -> list[bytes]:
    """Cut data into blocks."""
    size = max(1, min(backup_file.BLOCK_BYTES, -(-len(payload) // LEAST_BLOCKS)))
    return [payload[start : start + size] for start in range(0, len(payload), size)]


def _header(
    engine: Engine,
    session: Session,
    order: Order,
    database: Database,
    contents: c.Sequence[tuple[int, bytes]],
    position: int,
) -> dict[str, t.Any]:
    major, minor, build = engine.product
    flags = 512 | (16 if order.checksum else 0) | (1024 if order.copy_only else 0)
    return {
        "name": order.name,
        "description": order.description,
        "type": 2 if order.log else 1,
        "position": position,
        "user": session.login.name,
        "server": engine.server_name,
        "machine": engine.machine_name,
        "database": database.name,
        "created": moment(database.created),
        "size": sum(file.size for file in database.files[:1]),
        "checkpoint_lsn": engine.next_lsn(),
        "database_backup_lsn": database.last_full_lsn,
        "level": database.compatibility_level,
        "version": [major, minor, build],
        "flags": flags,
        "checksums": order.checksum,
        "copy_only": order.copy_only,
        "read_only": database.read_only,
        "single_user": database.user_access == "SINGLE_USER",
        "user_access": database.user_access,
        "binding": str(uuid.uuid4()).upper(),
        "fork": database.fork_guid,
        "family": database.family_guid,
        "database_guid": database.database_guid,
        "recovery_model": database.recovery_model,
        "set_guid": str(uuid.uuid4()).upper(),
        "containment": database.containment,
        "tde": database.tde_thumbprint,
        "owner_sid": database.owner_sid.hex(),
        "dbo_sid": (database.dbo_sid or database.owner_sid).hex(),
        "master_key": database.master_key,
        "users": [
            [user.name, user.sid.hex() if user.sid is not None else None, sorted(user.roles), sorted(user.permissions)]
            for user in database.users
        ],
        "files": [dataclasses.asdict(file) for file in database.files],
        "contents": [[number, len(body)] for number, body in contents],
    }


def _record(
    engine: Engine,
    order: Order,
    header: dict[str, t.Any],
    targets: list[tuple[str, t.Any, bool]],
    families: list[str],
    size: int,
    finished: t.Any,
) -> None:
    """Write msdb's rows, which only a backup that succeeded gets."""
    media_set, backup_set = engine.next_key(), engine.next_key()
    major, minor, build = header["version"]
    engine.record(
        "backupmediaset",
        {
            "media_set_id": media_set, "media_uuid": header["binding"], "media_family_count": len(targets),
            "name": order.media, "software_name": "Microsoft SQL Server", "software_vendor_id": 4608,
            "MTF_major_version": 1,
            "mirror_count": 1, "is_password_protected": False, "is_compressed": header["compressed"],
            "is_encrypted": bool(header["thumbprint"]),
        },
    )  # fmt: skip
    for number, ((path, dummy, dummy), family) in enumerate(zip(targets, families, strict=True), 1):
        engine.record(
            "backupmediafamily",
            {
                "media_set_id": media_set, "family_sequence_number": number, "media_family_id": family,
                "media_count": 1, "physical_device_name": path, "device_type": 2, "physical_block_size": 4096,
                "mirror": 0,
            },
        )  # fmt: skip
    engine.record(
        "backupset",
        {
            "backup_set_id": backup_set, "backup_set_uuid": header["set_guid"], "media_set_id": media_set,
            "first_family_number": 1, "first_media_number": 1, "last_family_number": len(targets),
            "last_media_number": 1, "position": header["position"], "software_vendor_id": 4608,
            "name": header["name"], "description": header["description"], "user_name": header["user"],
            "software_major_version": major, "software_minor_version": minor, "software_build_version": build,
            "time_zone": 0, "first_lsn": header["first_lsn"], "last_lsn": header["last_lsn"],
            "checkpoint_lsn": header["checkpoint_lsn"], "database_backup_lsn": header["database_backup_lsn"],
            "database_creation_date": header["created"], "backup_start_date": header["started"],
            "backup_finish_date": finished, "type": "L" if order.log else "D", "sort_order": 52, "code_page": 0,
            "compatibility_level": header["level"], "database_version": 957, "backup_size": header["size"],
            "database_name": header["database"], "server_name": header["server"], "machine_name": header["machine"],
            "flags": header["flags"], "collation_name": COLLATION, "is_password_protected": False,
            "recovery_model": header["recovery_model"], "has_bulk_logged_data": False, "is_snapshot": False,
            "is_readonly": header["read_only"], "is_single_user": header["single_user"],
            "has_backup_checksums": header["checksums"], "is_damaged": False, "begins_log_chain": False,
            "has_incomplete_metadata": False, "is_force_offline": False, "is_copy_only": header["copy_only"],
            "first_recovery_fork_guid": header["fork"], "last_recovery_fork_guid": header["fork"],
            "database_guid": header["database_guid"], "family_guid": header["family"],
            "compressed_backup_size": size, "key_algorithm": header["algorithm"] or None,
            "encryptor_thumbprint": bytes.fromhex(header["thumbprint"]) or None,
            "encryptor_type": "CERTIFICATE" if header["thumbprint"] else None,
            "compression_algorithm": "MS_XPRESS" if header["compressed"] else None,
        },
    )  # fmt: skip
    for file in header["files"]:
        engine.record(
            "backupfile",
            {
                "backup_set_id": backup_set, "filegroup_name": None if file["kind"] == "LOG" else "PRIMARY",
                "page_size": PAGE_BYTES, "file_number": file["file_id"], "file_type": FILE_LETTERS[file["kind"]],
                "file_size": file["size"], "logical_name": file["name"], "physical_drive": file["path"][:3],
                "physical_name": file["path"], "state": 0, "state_desc": "ONLINE", "backup_size": file["size"],
                "is_present": True,
            },
        )  # fmt: skip


FILE_LETTERS = {"ROWS": "D", "LOG": "L", "FILESTREAM": "S", "FULLTEXT": "F"}


def _summary(
    order: Order,
    database: Database,
    contents: list[tuple[int, bytes]],
    position: int,
    seconds: float,
    conversation: Conversation,
    recorded: bool,
) -> None:
    total = 0
    for file, (dummy, body) in zip(database.files, contents, strict=True):
        pages = -(-len(body) // PAGE_BYTES)
        total += pages
        text = f"Processed {pages} pages for database '{database.name}', file '{file.name}' on file {position}."
        conversation.say(Message(4035, text))
    rate = total * PAGE_BYTES / max(seconds, 0.001) / 1e6
    if not recorded:
        conversation.say(unrecorded())
    conversation.say(
        Message(
            3014, f"{order.verb} successfully processed {total} pages in {seconds:.3f} seconds ({rate:.3f} MB/sec)."
        )
    )
