# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The proof of a backup: restored as a scratch database, checked by DBCC CHECKDB, and dropped.

A scratch database is claimed by its own name while a run uses it. One that nobody claims was left by a run that was
killed, and the next test restore on that server drops it.

The name alone does not prove that a test restore made the database: a RESTORE may be refused because another database
already has the name. Its files prove it: RESTORE uses the paths of MOVE, CREATE DATABASE never chooses such file names
itself, and two databases of a server never have the same file (1834).
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import re
import secrets
import time

from ansible_collections.identityops.groupid.plugins.module_utils.failure import FailureError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.backups import UNRECORDED
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.facts import read_files
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import (
    BackupFile,
    Move,
    restore_statement,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.app_lock import ClaimRefusedError, claimed
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.folder import VOLUMES_QUERY
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.paths import join_path
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import identifier, literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    Opener,
    Session,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

_SCRATCH = re.compile(r"groupid_test_[0-9a-f]{16}")
_EXTENSIONS = {"D": ".ndf", "L": ".ldf"}
# sys.master_files and RESTORE FILELISTONLY name the kinds of files in their own ways.
_KINDS = {"ROWS": "D", "LOG": "L", "FILESTREAM": "S", "FULLTEXT": "F"}
_PAGE_BYTES = 8192
# Seconds to reach a server again in a test restore. If that fails, the next test restore drops the database.
_PATIENCE = 30

FOLDERS_QUERY = (
    "SELECT CAST(SERVERPROPERTY('InstanceDefaultDataPath') AS nvarchar(260)) AS data_path, "
    "CAST(SERVERPROPERTY('InstanceDefaultLogPath') AS nvarchar(260)) AS log_path, "
    "CAST(SERVERPROPERTY('ServerName') AS nvarchar(128)) AS server_name;"
)
SCRATCH_QUERY = "SELECT name FROM sys.databases WHERE name LIKE N'groupid[_]test[_]%' ORDER BY name;"


class ProofError(FailureError):
    """The test restore failed, or could not be tried.

    code: ``space``, ``folders``, ``claim``, or the code of the server's error. left: the scratch database's name, if a
      database still has it.
    """

    left: str | None = None

    def leave(self, scratch: str) -> None:
        """Note that a database with the scratch database's name still exists."""
        self.left = scratch
        said = f"{scratch} is still on the server. If a test restore made it, the next test restore there drops it."
        self.failure = self.failure.also(said)


@dataclasses.dataclass(frozen=True)
class Proof:
    """A test restore that went well.

    server: where. database: the scratch name; it was dropped. bytes: size of the restored files.
    seconds: from the restore's start to the end of DBCC CHECKDB.
    strays: scratch databases of killed runs that were dropped. warnings: sentences.
    """

    server: str
    database: str
    bytes: int
    seconds: float
    strays: tuple[str, ...]
    warnings: tuple[str, ...]


def scratch_name() -> str:
    """Make up a scratch database's name, one that no other run has."""
    return f"groupid_test_{secrets.token_hex(8)}"


def moves(scratch: str, files: c.Sequence[BackupFile], data_folder: str, log_folder: str) -> tuple[Move, ...]:
    """Return each file a path of its own, named by the scratch database.

    Streams and full-text catalogs are folders, and so have no extension.
    """
    found = []
    for number, file in enumerate(files):
        extension = ".mdf" if number == 0 and file.kind == "D" else _EXTENSIONS.get(file.kind, "")
        folder = log_folder if file.kind == "L" else data_folder
        found.append(Move(file.logical_name, join_path(folder, f"{scratch}_{number}{extension}"), kept=False))
    return tuple(found)


def source_files(session: Session, database: str) -> tuple[BackupFile, ...]:
    """Read a database's files as its backup is going to list them. Raises SqlError."""
    rows = session.execute(
        "SELECT name, physical_name, type_desc, CAST(size AS bigint) AS pages FROM sys.master_files "
        f"WHERE database_id = DB_ID({literal(database)}) ORDER BY file_id;"
    ).rows()
    return tuple(
        BackupFile(row["name"], row["physical_name"], _KINDS[row["type_desc"]], int(row["pages"]) * _PAGE_BYTES, None)
        for row in rows
    )


def check_statement(scratch: str) -> str:
    """Write the check of everything in the database."""
    return f"DBCC CHECKDB ({literal(scratch)}) WITH NO_INFOMSGS, ALL_ERRORMSGS;"


def drop_statement(scratch: str) -> str:
    """Write the batch that drops a scratch database if a test restore made its files.

    It returns what has its name then.

    sys.master_files lists the files of databases that are RESTORING too, for logins that may CREATE DATABASE
    (sys.master_files, Transact-SQL). Raises ValueError for any other name.
    """
    if not _SCRATCH.fullmatch(scratch):
        raise ValueError(f"{scratch!r} is no scratch database and is not dropped.")
    file = f"%[\\/]{scratch.replace('_', '[_]')}[_][0-9]%"
    return (
        f"IF EXISTS (SELECT 1 FROM sys.master_files WHERE database_id = DB_ID({literal(scratch)}) "
        f"AND physical_name LIKE {literal(file)}) DROP DATABASE {identifier(scratch)}; "
        f"SELECT DB_ID({literal(scratch)}) AS database_id;"
    )


def space_refusal(placed: c.Iterable[Move], files: c.Sequence[BackupFile], volumes: c.Mapping[str, int]) -> str | None:
    """Return which volume is too small for the files. None if all have enough space, or this is not known.

    volumes: mount point -> free bytes.
    """
    needed: dict[str, int] = {}
    for move, file in zip(placed, files, strict=True):
        within = [mount for mount in volumes if mount and move.path.lower().startswith(mount.lower())]
        if within:
            mount = max(within, key=len)
            needed[mount] = needed.get(mount, 0) + file.size
    for mount, size in needed.items():
        if size > volumes[mount]:
            return f"{mount} has {volumes[mount]:,} bytes free, and the restored files take {size:,}"
    return None


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a test restore is going to do. scratch: name of the database. size: bytes of its files."""

    scratch: str
    server: str
    files: tuple[str, ...]
    moves: tuple[Move, ...]
    size: int
    warnings: tuple[str, ...] = ()

    def statements(self) -> tuple[str, str, str]:
        """Return RESTORE, the check, and DROP. Only administrators may connect to the database that RESTORE makes."""
        restore = restore_statement(self.scratch, self.files, 1, moves=self.moves)
        return restore, check_statement(self.scratch), drop_statement(self.scratch)


def plan(
    session: Session,
    scratch: str,
    files: c.Sequence[str],
    listed: c.Sequence[BackupFile],
    data_folder: str | None,
    log_folder: str | None,
) -> Plan:
    """Decide where the restored files go, and check that there is enough space. Only reads.

    session: on the server that is to restore. files: of the backup. listed: the database's files.
    data_folder, log_folder: None for the server's own default.

    Raises ProofError, ConnectionLostError.
    """
    what = "The test restore was not started"
    with _explained(what):
        row = session.execute(FOLDERS_QUERY).rows()[0]
    data, log = data_folder or row["data_path"], log_folder or data_folder or row["log_path"]
    if not (data and log and listed):
        cause = "it lists no file of the database" if data and log else "it does not say where it puts new databases"
        raise ProofError(
            SqlFailure(
                "folders",
                what,
                f"SQL Server {row['server_name']} answered, but {cause}.",
                "Name folders in test_restore_data_path and test_restore_log_path, and look at the backup.",
            )
        )
    placed = moves(scratch, listed, data, log)
    volumes, warnings = _volumes(session)
    refusal = space_refusal(placed, listed, volumes)
    if refusal:
        raise ProofError(
            SqlFailure(
                "space",
                what,
                f"On {row['server_name']}, {refusal}.",
                "Free disk space, name other folders in test_restore_data_path and test_restore_log_path, or let "
                "another server do it (test_restore_server).",
            )
        )
    size = sum(file.size for file in listed)
    return Plan(scratch, row["server_name"], tuple(files), placed, size, warnings)


def prove(
    session: Session,
    opener: Opener,
    files: c.Sequence[str],
    data_folder: str | None = None,
    log_folder: str | None = None,
    on_message: c.Callable[[Message], None] | None = None,
    look_inside: c.Callable[[Session, str], None] | None = None,
    sweeps: bool = True,
    patience: float = _PATIENCE,
) -> Proof:
    """Restore a backup as a scratch database, check it, drop it.

    session, opener: on the server that is to restore it, and that must see the files under the same paths.
    data_folder, log_folder: for the scratch database's files, None for the server's own default.
    look_inside: called with the restored database when it has passed the check, before it is dropped.
    sweeps: drop what killed runs have left. patience: seconds for a server that was lost.

    Raises ProofError. The scratch database is always dropped, unless the server cannot be reached.
    """
    scratch = scratch_name()
    try:
        with claimed(session, scratch, 0):
            strays = sweep(session) if sweeps else ()
            with _explained("The backup's files could not be listed for the test restore"):
                listed = read_files(session, files, 1)
            planned = plan(session, scratch, files, listed, data_folder, log_folder)
            return _restored(session, planned, strays, on_message, look_inside)
    except ConnectionLostError as error:
        lost = ProofError(sql_errors.explain(error, f"The test restore as {scratch} was interrupted"))
        if not _drop_after_loss(opener, scratch, patience):
            lost.leave(scratch)
        raise lost from error
    except (ClaimRefusedError, SqlError) as error:
        what = f"The test restore as {scratch} was not started"
        raise ProofError(SqlFailure("claim", what, str(error), "Look at the server, then run again.")) from error


def _restored(
    session: Session,
    planned: Plan,
    strays: tuple[str, ...],
    on_message: c.Callable[[Message], None] | None,
    look_inside: c.Callable[[Session, str], None] | None,
) -> Proof:
    restore, check, drop = planned.statements()
    began = time.monotonic()
    warnings = planned.warnings
    try:
        with _explained(f"The test restore as {planned.scratch} failed"):
            warnings += _restore(session, restore, on_message)
        with _explained(f"DBCC CHECKDB did not pass on the restored database {planned.scratch}"):
            session.execute(check)
        if look_inside:
            with _explained(f"The restored database {planned.scratch} could not be read"):
                look_inside(session, planned.scratch)
    except ProofError as error:
        if not _drop(session, planned.scratch):
            error.leave(planned.scratch)
        raise
    seconds = round(time.monotonic() - began, 3)
    if not _drop(session, planned.scratch):
        warnings = (*warnings, f"The scratch database {planned.scratch} could not be dropped. Run: {drop}")
    return Proof(planned.server, planned.scratch, planned.size, seconds, strays, warnings)


def _restore(session: Session, batch: str, on_message: c.Callable[[Message], None] | None) -> tuple[str, ...]:
    """Restore, and return warnings. Nothing reads msdb's record of a test restore."""
    try:
        session.execute(batch, on_message=on_message)
    except SqlError as error:
        if error.number != UNRECORDED:
            raise
        return (f"The test restore was done, but msdb has no record of it: {error}.",)
    return ()


def sweep(session: Session) -> tuple[str, ...]:
    """Drop the scratch databases that no run uses any more, and name them.

    Raises ConnectionLostError. One that cannot be dropped stays for the next time.
    """
    try:
        names = [row["name"] for row in session.execute(SCRATCH_QUERY).rows()]
    except ConnectionLostError:
        raise
    except SqlError:
        return ()
    gone = []
    for name in names:
        with contextlib.suppress(ClaimRefusedError):
            if _SCRATCH.fullmatch(name):
                with claimed(session, name, 0):
                    gone += [name] * _drop(session, name)
    return tuple(gone)


def _drop(session: Session, scratch: str) -> bool:
    """Drop a scratch database. False if a database with its name still exists. Raises ConnectionLostError."""
    try:
        return session.execute(drop_statement(scratch)).value() is None
    except ConnectionLostError:
        raise
    except SqlError:
        return False


def _drop_after_loss(opener: Opener, scratch: str, patience: float) -> bool:
    """Drop a scratch database after its connection was lost. False if the server cannot be reached, or refuses."""
    again = Reconnect(opener, patience)
    with contextlib.suppress(SqlError, ClaimRefusedError):
        session = again.session()
        try:
            # The server may take a moment to notice, and until then it is restoring.
            with claimed(session, scratch, patience):
                again.recovering(session, scratch)
                return _drop(session, scratch)
        finally:
            session.close()
    return False


def _volumes(session: Session) -> tuple[dict[str, int], tuple[str, ...]]:
    try:
        rows = session.execute(VOLUMES_QUERY).rows()
    except ConnectionLostError:
        raise
    except SqlError as error:
        return {}, (f"The free space for the test restore is not known, and RESTORE has to find out: {error}",)
    return {row["volume_mount_point"]: int(row["available_bytes"]) for row in rows}, ()


@contextlib.contextmanager
def _explained(what: str) -> c.Iterator[None]:
    """Add what was being done to the error, if the server refuses. A lost connection passes through."""
    try:
        yield
    except ConnectionLostError:
        raise
    except SqlError as error:
        raise ProofError(sql_errors.explain(error, what)) from error
