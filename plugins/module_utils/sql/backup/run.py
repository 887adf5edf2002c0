# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A set's backup of its database. It is made only once, even if several runs request it.

The claim on the database prevents that two runs make it at the same time. msdb's record, found by NAME, shows the next
run that it exists. BACKUP only counts as completed if msdb has its record.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import secrets

from ansible_collections.identityops.groupid.plugins.module_utils import set_again
from ansible_collections.identityops.groupid.plugins.module_utils.failure import FailureError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import (
    Order,
    Record,
    read_record,
    record_query,
    verify_statement,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.sessions import (
    Seen,
    Watch,
    read_sessions,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.numbers.backups import UNRECORDED
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.app_lock import (
    Claim,
    ClaimRefusedError,
    claimed,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.progress import Progress, watched
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.quoting import literal
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    Message,
    NoConnectionError,
    Opener,
    Session,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

# Errors of BACKUP for a file that already exists: it has another MEDIANAME, is no complete media, or is compressed,
# encrypted or striped in another way.
_OCCUPIED = frozenset((3095, 3098, 3132, 3231, 3241, 3242, 3263, 3266, 4037))
# Messages of a BACKUP that has begun to write: its progress, and that a write failed.
_WRITING = frozenset((3211, 4035))
_WRITE_FAILED = frozenset((3202, 3271))

_SAME_SET = f"the same set id (playbooks: groupid_set_id, and {set_again.WAIVED})"

# Seconds for the server to end the session of a lost connection.
_SETTLE = 120.0


class BackupError(FailureError):
    """The backup failed, or it is not known whether it was completed.

    record: msdb's record, if there is one anyway.
    """

    def __init__(self, failure: SqlFailure, record: Record | None = None) -> None:
        super().__init__(failure)
        self.record = record


def failure(code: str, what: str, cause: str, next_step: str) -> BackupError:
    """Make the error for something that the server accepted, but that is wrong."""
    return BackupError(SqlFailure(code, what, cause, next_step))


@dataclasses.dataclass(frozen=True)
class BackupResult:
    """The backup that a set has now. shared: another run made it. warnings: sentences.

    watch: who else was in the database. None: this run did not make the backup, or was not asked to look.
    """

    record: Record
    shared: bool
    warnings: tuple[str, ...] = ()
    watch: Watch | None = None


def media_name() -> str:
    """Make up a MEDIANAME that no file has yet."""
    return f"groupid {secrets.token_hex(8)}"


def find(session: Session, order: Order, major_version: int) -> Record | None:
    """Look in msdb for the set's backup. Raises SqlError."""
    return read_record(session.execute(record_query(order.database, order.name, major_version)).rows())


class BackupRun:
    """One run that makes or finds the set's backup.

    session: runs BACKUP. After a lost connection, it is a new one, so always read it from here.
    order: what to do. Its files change if the requested files already exist.
    sessions: find out who else is in the database, right before BACKUP and right after it.
    """

    def __init__(
        self,
        session: Session,
        opener: Opener,
        order: Order,
        major_version: int,
        family_guid: str | None,
        progress: Progress,
        reconnect: Reconnect | None = None,
        *,
        sessions: bool = False,
    ) -> None:
        self.session = session
        self._opener = opener
        self.order = order
        self._major_version = major_version
        self._family_guid = family_guid
        self._progress = progress
        self._wrote = False
        self._watches = sessions
        self._before: Seen = None
        self._reconnect = reconnect or Reconnect(opener)

    def make(self, patience: float, on_wait: c.Callable[[float], None] | None = None) -> BackupResult:
        """Make the backup, or find it made by another run. patience: seconds to wait for other runs.

        Raises BackupError.
        """
        began = False
        said: list[Message] = []
        wanted = self.order.files
        watch = None
        try:
            with claimed(self.session, self.order.database, patience, on_wait) as claim:
                record = self._find()
                if record is None:
                    self._before = self._others()
                    began = True
                    self._back_up(claim, said)
                    watch = self._watch()
                    record = self._find()
        except ConnectionLostError as error:
            if not began:
                raise self._refused(error, "was not started") from error
            made = self._result_after_loss(error)
            return dataclasses.replace(made, warnings=(*made.warnings, *self._rename_warnings(wanted)))
        except ClaimRefusedError as error:
            raise self._claim_refused(error) from error
        except SqlError as error:
            raise self._refused(error, "failed" if began else "was not started") from error
        return BackupResult(self._confirmed(record, said), not began, self._rename_warnings(wanted), watch)

    @property
    def wrote(self) -> bool:
        """Whether BACKUP is known to have begun to write its files."""
        return self._wrote

    def verify(self, record: Record) -> None:
        """Let the server read the backup and compare its checksums. Raises BackupError."""
        try:
            self.session.execute(verify_statement(record.files))
        except ConnectionLostError as error:
            raise self._not_verified(error, record, "was not verified") from error
        except SqlError as error:
            raise self._not_verified(error, record, "did not pass RESTORE VERIFYONLY") from error

    def _others(self) -> Seen:
        return read_sessions(self.session, self.order.database) if self._watches else None

    def _watch(self) -> Watch | None:
        return Watch(self._before, self._others()) if self._watches else None

    def _find(self) -> Record | None:
        return find(self.session, self.order, self._major_version)

    def _back_up(self, claim: Claim, said: list[Message]) -> None:
        """Run BACKUP. If the requested files already exist, for example from an interrupted run, others are used."""
        try:
            self._execute(claim, said)
        except SqlError as error:
            if error.number not in _OCCUPIED:
                raise
            self.order = self.order.with_new_files()
            self._execute(claim, said)

    def _execute(self, claim: Claim, said: list[Message]) -> None:
        def heard(message: Message) -> None:
            self._progress.message(message)
            self._wrote = self._wrote or message.number in _WRITING
            if message.number == UNRECORDED:
                said.append(message)

        try:
            with watched(self._opener, claim.session_id, self._progress):
                self.session.execute(self.order.backup_statement(), on_message=heard)
        except SqlError as error:
            # The server reports an error, but the backup was made: 3014 follows.
            if error.number != UNRECORDED:
                self._wrote = self._wrote or error.number in _WRITE_FAILED
                raise
            said.append(Message(error.number, error.text))

    def _rename_warnings(self, wanted: tuple[str, ...]) -> tuple[str, ...]:
        if self.order.files == wanted:
            return ()
        return (f"{', '.join(wanted)} already existed and was not changed. The backup has another file name.",)

    def _confirmed(self, record: Record | None, said: c.Sequence[Message] = ()) -> Record:
        """Return the record if it is of a good backup of this database."""
        if record is None and said:
            words = " ".join(f"{message.text} ({message.number})" for message in said)
            raise failure(
                "not_recorded",
                f"The backup of {self.order.database} was made, but msdb has no record of it",
                f"BACKUP was completed and wrote {', '.join(self.order.files)}. {words}",
                "Free space for msdb (sp_delete_backuphistory removes old records), then run again with a new set "
                "id: a set needs msdb's record of its backup. This file is complete, but belongs to no set.",
            )
        if record is None:
            raise failure(
                "not_confirmed",
                f"The backup of {self.order.database} is not confirmed",
                f"BACKUP succeeded, but msdb.dbo.backupset has no record of {self.order.name!r}.",
                "Check msdb and the server's error log. Use a new set id for the next try.",
            )
        doubts = record.doubts()
        if record.family_guid and self._family_guid and record.family_guid != self._family_guid.lower():
            doubts.append(f"it is of family {record.family_guid}, and the database is of {self._family_guid}")
        if self.order.certificate is not None and record.thumbprint is None:
            doubts.append("it is not encrypted, as was requested")
        if doubts:
            error = failure(
                "not_confirmed",
                f"The backup {record.name!r} of {self.order.database} is not valid",
                f"According to msdb's record, {'; '.join(doubts)}.",
                f"Do not rely on {', '.join(record.files)}. Use a new set id for the next try.",
            )
            error.record = record
            raise error
        return record

    def _result_after_loss(self, error: ConnectionLostError) -> BackupResult:
        """Find out, on a new connection, whether a BACKUP with a lost connection was completed.

        The claim proves that the server has ended the lost session and its BACKUP, so msdb's record is final.
        """
        self._reopen(error)
        try:
            with claimed(self.session, self.order.database, _SETTLE):
                # While msdb is being recovered, it cannot be read: the next statements are refused (922).
                self._reconnect.recovering(self.session, self.order.database)
                watch = self._watch()
                record = self._find()
        except ClaimRefusedError as refused:
            raise self._unknown(
                error, str(refused), "Wait until no BACKUP of it runs (sys.dm_exec_requests)"
            ) from error
        except SqlError as again:
            raise self._unknown(error, str(again), "Look at the server") from error
        if record is None:
            raise failure(
                "backup_cut",
                f"The backup of {self.order.database} was interrupted by a lost connection",
                f"{error}. The server has no record of it, so it was not completed.",
                f"{self._leftover_advice() or self._inspect_advice()} Then run again with a new set id.",
            ) from error
        shared = record.media != self.order.media
        warning = f"The connection was lost while BACKUP ran ({error}). "
        warning += (
            "Another run made the backup since then." if shared else "The server completed and recorded the backup."
        )
        return BackupResult(self._confirmed(record), shared, (warning,), None if shared else watch)

    def _reopen(self, error: ConnectionLostError) -> None:
        self.session.close()
        try:
            self.session = self._reconnect.session()
        except (NoConnectionError, ConnectionLostError) as last:
            raise self._unknown(error, f"It cannot be reached again: {last}", "Bring the server back") from last

    def _unknown(self, error: ConnectionLostError, cause: str, next_step: str) -> BackupError:
        return failure(
            "backup_unknown",
            f"Whether the backup of {self.order.database} was completed is not known",
            f"The connection was lost while BACKUP ran: {error}. {cause}",
            f"{next_step}, then run again with {_SAME_SET}. If msdb has a record of the backup, that run uses "
            "it. If not, it makes a new one, under another name if this file exists.",
        )

    def _claim_refused(self, error: ClaimRefusedError) -> BackupError:
        return failure(
            "claim",
            f"The backup of {self.order.database} was not started",
            f"Another run holds the lock on the database, or the server did not grant it: {error.cause}.",
            "Wait until the other run has ended, or raise claim_timeout. A run that was killed holds no lock.",
        )

    def _refused(self, error: SqlError, how: str) -> BackupError:
        refused = sql_errors.explain(error, f"The backup of {self.order.database} {how}")
        if how != "failed":
            return BackupError(refused)
        if error.number not in _OCCUPIED:
            left = self._leftover_advice()
            return BackupError(refused.also(left) if left else refused)
        return BackupError(
            dataclasses.replace(
                refused,
                code="file_exists",
                meaning="A file already exists. It was neither appended to nor overwritten.",
                next=f"Move {', '.join(self.order.files)} away, or use another path.",
            )
        )

    def _not_verified(self, error: SqlError, record: Record, how: str) -> BackupError:
        refused = sql_errors.explain(error, f"The backup of {record.database} {how} ({', '.join(record.files)})")
        if isinstance(error, ConnectionLostError):
            again = f"Run again with {_SAME_SET}: that run uses this backup and verifies it."
            refused = dataclasses.replace(refused, next=again)
        return BackupError(refused, record)

    def _leftover_advice(self) -> str:
        """Return the advice on the file that BACKUP left. Empty if it is not certain that BACKUP wrote to it.

        A file of that name may be another set's good backup: BACKUP refuses much before it opens a file.
        """
        files = ", ".join(self.order.files)
        if not self._wrote:
            return ""
        if self._on_record():
            return (
                f"It wrote to {files}, and msdb has a record of another backup there. Check with RESTORE HEADERONLY "
                "what is there now before you delete anything."
            )
        return f"The backup in {files} is incomplete: delete it."

    def _inspect_advice(self) -> str:
        return (
            f"Look at {', '.join(self.order.files)}: RESTORE HEADERONLY shows an interrupted BACKUP as "
            "*** INCOMPLETE ***."
        )

    def _on_record(self) -> bool:
        """Return whether msdb knows one of the files, or does not say."""
        named = ", ".join(literal(path) for path in self.order.files)
        batch = f"SELECT COUNT(*) FROM msdb.dbo.backupmediafamily WHERE physical_device_name IN ({named});"
        try:
            return bool(self.session.execute(batch).value())
        except SqlError:
            return True
