# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A rehearsal of a SQL Server: what backup and restore will need, claim by claim.

Without a scratch database every batch only reads. With one, the shipped backup, verification and test restore run on a
database that this run makes and drops. The real database is never written, backed up or restored here.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import dataclasses
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils import products
from ansible_collections.identityops.groupid.plugins.module_utils.rehearsal_claims import (
    HELD,
    NOT_HELD,
    NOT_TRIED,
    REFUSED,
    Finding,
    Verdict,
    held_if,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request, decide
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import Record
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run import BackupError, BackupRun
from ansible_collections.identityops.groupid.plugins.module_utils.sql.rehearsal import scratch as scratches
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore import trial as sql_test_restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.checks import check_tail
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.facts import read_target
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.model import RefusedError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.trial import ProofError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server import folder as sql_folder
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.app_lock import ClaimRefusedError, claimed
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import Verdict as Judged
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import (
    DatabaseFacts,
    ServerFacts,
    read_database,
    read_server,
    value_or_none,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.history import read_chain
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.progress import Progress
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.reconnect import Reconnect
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import (
    ConnectionLostError,
    NoConnectionError,
    Opener,
    Session,
    SqlError,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.sql_failure import SqlFailure

OF_SCRATCH: t.Final = (
    "sql.scratch",
    "sql.backup",
    "sql.verify",
    "sql.test_restore",
    "sql.rows",
    "sql.scratch_dropped",
    "sql.file_removed",
)
_NO_SCRATCH = "No scratch database was requested (groupid_sql_rehearse), or it is check mode."
_AZURE = "This is an Azure service, which does not back up to files."
_PATIENCE = 60.0
# Name of a set that cannot exist: the backup's name in msdb begins with "groupid rehearsal".
_DEPLOYMENT, _SET_PREFIX = "rehearsal", "20000101T000000Z-"
_LOST = frozenset(("backup_cut", "backup_unknown", "connection_lost"))
# Errors that prevent a test restore, and say nothing about the backup. Without VIEW SERVER STATE, the free space is not
# known before, and RESTORE fails with 3257.
_NOT_TRIED = frozenset(("space", "folders", "claim", "sql_3257"))


@dataclasses.dataclass(frozen=True)
class Subject:
    """What is rehearsed.

    path: folder of backups, as the server sees it; None: the server's own.
    encrypt: the option of the connection. scratch: make a scratch database.
    keep_file: the caller removes the file of the scratch backup, with its folder.
    """

    database: str
    path: str | None = None
    encrypt: str = "verified"
    compression: t.Literal["auto", "on", "off"] = "auto"
    certificate: str | None = None
    scratch: bool = False
    keep_file: bool = False


@dataclasses.dataclass
class Outcome:
    """findings: for the claims. server: None if it was not reached. account: the login.

    left: names of scratch databases that still exist. files: paths of files that may still exist. changed: something
      was made. refused: why there was no connection.
    """

    findings: list[Finding] = dataclasses.field(default_factory=list)
    server: ServerFacts | None = None
    database: DatabaseFacts | None = None
    left: list[str] = dataclasses.field(default_factory=list)
    files: list[str] = dataclasses.field(default_factory=list)
    changed: bool = False
    refused: SqlFailure | None = None


def rehearse(opener: Opener, subject: Subject, patience: float = _PATIENCE) -> Outcome:
    """Rehearse. patience: seconds for a server that was lost.

    Raises SqlError if the server does not identify itself. Nothing was made then.
    """
    try:
        session = opener()
    except NoConnectionError as error:
        refused = sql_errors.explain(error, "The database was not rehearsed")
        return Outcome([Finding("sql.connect", NOT_HELD, str(refused))], refused=refused)
    run = _Rehearsal(session, opener, subject, patience)
    try:
        run.perform()
    finally:
        run.close()
    return run.outcome


class _Rehearsal:
    def __init__(self, session: Session, opener: Opener, subject: Subject, patience: float) -> None:
        self._session = session
        self._opener = opener
        self._subject = subject
        self._patience = patience
        self._name = scratches.scratch_name()
        self._made: scratches.Identity | None = None
        self.outcome = Outcome()

    def close(self) -> None:
        self._session.close()

    def perform(self) -> None:
        self._report("sql.connect", HELD)
        server = self.outcome.server = read_server(self._session)
        database = self.outcome.database = read_database(self._session, self._subject.database)
        self.outcome.findings += facts_findings(server, database)
        try:
            self._look(server, database)
        except ConnectionLostError as error:
            self._lost(error)
            return
        if self._subject.scratch and server.backs_up_to_files:
            self._scratch(server)
        else:
            why = _AZURE if self._subject.scratch else _NO_SCRATCH
            self.outcome.findings += [Finding(one, NOT_TRIED, why) for one in OF_SCRATCH]
        if not self._any("sql.connection_lasts"):
            self._report("sql.connection_lasts", HELD)

    # ---- what only reads

    def _look(self, server: ServerFacts, database: DatabaseFacts | None) -> None:
        self.outcome.findings += encryption_findings(self._subject.encrypt, self._encrypted())
        self._tried("sql.history", lambda: self._history(server))
        self._tried("sql.folder", lambda: self._folder(server))
        self._tried("sql.leftovers", self._leftovers)
        if database is None:
            return
        self._tried("sql.tail_log", self._tail)
        self._tried("sql.room", self._room)

    def _encrypted(self) -> bool | None:
        """Ask the server, which answers logins that have VIEW SERVER STATE (sys.dm_exec_connections, Permissions)."""
        batch = "SELECT encrypt_option FROM sys.dm_exec_connections WHERE session_id = @@SPID;"
        found = value_or_none(self._session, batch)
        return None if found is None else str(found).upper() == "TRUE"

    def _history(self, server: ServerFacts) -> None:
        chain = read_chain(self._session, self._subject.database)
        said = f"The login {server.login} may not read msdb.dbo.backupset."
        self.outcome.findings.append(held_if(chain is not None, "sql.history", said))

    def _folder(self, server: ServerFacts) -> None:
        path = self._subject.path or server.backup_path
        if path is None:
            self._report("sql.folder", NOT_TRIED, "No folder was named, and the server does not report its own.")
            return
        visible = sql_folder.is_visible(self._session, server, path)
        if visible is None:
            self._report("sql.folder", NOT_TRIED, "The server shows no folder to this login.")
        else:
            self.outcome.findings.append(held_if(visible, "sql.folder", f"There is no folder {path}."))

    def _leftovers(self) -> None:
        found = scratches.leftovers(self._session)
        said = (
            f"{'; '.join(found)}. An interrupted rehearsal left it, or one is running now. It is not dropped here: "
            "if no rehearsal runs, drop it by hand."
        )
        self.outcome.findings.append(held_if(not found, "sql.leftovers", said))

    def _tail(self) -> None:
        try:
            check_tail(read_target(self._session, self._subject.database))
        except RefusedError as error:
            self._report("sql.tail_log", NOT_HELD, str(error))
        else:
            self._report("sql.tail_log", HELD)

    def _room(self) -> None:
        name = sql_test_restore.scratch_name()
        try:
            listed = sql_test_restore.source_files(self._session, self._subject.database)
            planned = sql_test_restore.plan(self._session, name, (), listed, None, None)
        except ProofError as error:
            space = error.failure.code == "space"
            self._report("sql.room", NOT_HELD if space else NOT_TRIED, error.failure.cause)
        else:
            self._report("sql.room", NOT_TRIED if planned.warnings else HELD, " ".join(planned.warnings))

    # ---- with a scratch database

    def _scratch(self, server: ServerFacts) -> None:
        try:
            with claimed(self._session, self._name, 0):
                made = self._create()
                if made is not None:
                    self._use(server, made)
                    self._dropped(scratches.drop(self._session, self._name, made))
        except ConnectionLostError as error:
            self._lost(error)
            self._drop_again()
        except (ClaimRefusedError, SqlError) as error:
            self._report("sql.scratch", REFUSED, str(error))
        if self.outcome.files:
            with contextlib.suppress(SqlError):
                self._remove_files(server)

    def _create(self) -> scratches.Identity | None:
        try:
            self._made = scratches.create(self._session, self._name)
        except ConnectionLostError:
            raise
        except SqlError as error:
            self._report("sql.scratch", REFUSED, str(sql_errors.explain(error, "The scratch database was not made")))
            # The batch may have failed after CREATE DATABASE was done.
            if error.number != scratches.TAKEN:
                self._unproven("the server answered CREATE DATABASE with an error")
            return None
        self.outcome.changed = True
        if self._made is None:
            self._report("sql.scratch", NOT_HELD, f"The server does not identify {self._name}.")
            self._left(f"{self._name} still exists: it is not proven that this run made it.")
        return self._made

    def _use(self, server: ServerFacts, made: scratches.Identity) -> None:
        """Fill it, back it up, verify, restore. It is dropped even if one of these steps fails."""
        try:
            scratches.fill(self._session, self._name)
            self._report("sql.scratch", HELD)
            record = self._back_up(server)
            if record is not None:
                self._prove(record)
        except ConnectionLostError:
            raise
        except SqlError as error:
            self._report("sql.scratch", REFUSED, str(sql_errors.explain(error, "The scratch database was not used")))
        except BaseException:
            with contextlib.suppress(Exception):  # what stopped it says more
                scratches.drop(self._session, self._name, made)
            raise

    def _back_up(self, server: ServerFacts) -> Record | None:
        subject = self._subject
        request = Request(
            database=self._name,
            deployment=_DEPLOYMENT,
            set_id=f"{_SET_PREFIX}{self._name[-16:]}",
            path=subject.path or server.backup_path or "",
            version=products.versions()[-1],  # no matter: the scratch database is allowed by its name
            allow_unknown_database=self._name,
            compression=subject.compression,
            encryption_certificate=subject.certificate,
        )
        claim = "sql.backup"
        try:
            database = t.cast(DatabaseFacts, read_database(self._session, self._name))
            order, dummy = decide(request, server, database)
            run = BackupRun(
                self._session, self._opener, order, server.major, database.family_guid, Progress(), self._reconnect()
            )
            try:
                record = run.make(self._patience).record
                self._report(claim, HELD)
                claim = "sql.verify"
                run.verify(record)
            finally:
                self._session = run.session
                self.outcome.files += run.order.files if claim == "sql.verify" or run.wrote else ()
        except BackupError as error:
            self._not_held(claim, error.failure.code, str(error.failure))
            return None
        except ValueError as error:  # the scratch database's name makes the path too long, or there is no folder
            self._report(claim, NOT_TRIED, str(error))
            return None
        self._report(claim, HELD)
        return record

    def _prove(self, record: Record) -> None:
        found: list[tuple[scratches.Row, ...]] = []
        try:
            proof = sql_test_restore.prove(
                self._session,
                self._opener,
                record.files,
                look_inside=lambda session, name: found.append(scratches.read(session, name)),
                sweeps=False,
                patience=self._patience,
            )
        except ProofError as error:
            code = error.failure.code
            if error.left is not None:
                self._left(f"{error.left} is still on the server.", error.left)
            if code in _NOT_TRIED:
                self._report("sql.test_restore", NOT_TRIED, str(error.failure))
            else:
                self._not_held("sql.test_restore", code, str(error.failure))
        else:
            self._report("sql.test_restore", HELD)
            if scratches.there(self._session, proof.database):
                self._left(f"{proof.database} is still on the server: the server did not drop it.", proof.database)
        if found:
            self.outcome.findings.append(rows_finding(scratches.known_rows(self._name), found[0]))

    # ---- what is left

    def _dropped(self, refused: str | None) -> None:
        if refused is None:
            self._report("sql.scratch_dropped", HELD)
        else:
            self._left(f"{self._name} is still on the server: {refused}.")

    def _unproven(self, why: str) -> None:
        """Report a database with the scratch database's name if no answer of the server shows that this run made it."""
        if scratches.there(self._session, self._name):
            self.outcome.changed = True
            self._left(f"{self._name} is still on the server: {why}, and it is not proven that this run made it.")

    def _left(self, said: str, name: str = "") -> None:
        self.outcome.left.append(name or self._name)
        self._report("sql.scratch_dropped", NOT_HELD, said)

    def _drop_again(self) -> None:
        """After a lost connection, look for the scratch database, and drop it if this run made it."""
        self._session.close()
        try:
            self._session = self._reconnect().session()
            # The server needs some time to end the lost session, which works on the database until then.
            with claimed(self._session, self._name, self._patience):
                self._reconnect().recovering(self._session, self._name)
                if self._made is not None:
                    self._dropped(scratches.drop(self._session, self._name, self._made))
                else:
                    self._unproven("the connection was lost while it was made")
        except (ClaimRefusedError, SqlError) as error:
            self._left(f"{self._name} may still be on the server, which was not reached again, or refused: {error}")

    def _remove_files(self, server: ServerFacts) -> None:
        if self._subject.keep_file:
            self._report("sql.file_removed", NOT_TRIED, "It is removed with its folder, from outside of SQL Server.")
            return
        gone = [path for path in self.outcome.files if sql_folder.remove_file(self._session, server, path)]
        self.outcome.files = [path for path in self.outcome.files if path not in gone]
        if self.outcome.files:
            said = f"SQL Server removes files only for a sysadmin. Remove by hand: {', '.join(self.outcome.files)}"
            self._report("sql.file_removed", REFUSED, said)
        else:
            self._report("sql.file_removed", HELD)

    # ---- reporting

    def _report(self, claim: str, verdict: Verdict, seen: str = "") -> None:
        self.outcome.findings.append(Finding(claim, verdict, seen))

    def _any(self, claim: str) -> bool:
        return any(one.id == claim for one in self.outcome.findings)

    def _tried(self, claim: str, look: c.Callable[[], None]) -> None:
        try:
            look()
        except ConnectionLostError:
            raise
        except SqlError as error:
            self._report(claim, REFUSED, str(error))

    def _not_held(self, claim: str, code: str, seen: str) -> None:
        """Report what failed. A lost connection says nothing about a backup, and is reported separately."""
        if code in _LOST:
            self._report("sql.connection_lasts", NOT_HELD, seen)
        self._report(claim, NOT_TRIED if code in _LOST else NOT_HELD, seen)

    def _lost(self, error: ConnectionLostError) -> None:
        self._report("sql.connection_lasts", NOT_HELD, str(error))

    def _reconnect(self) -> Reconnect:
        return Reconnect(self._opener, self._patience)


def facts_findings(server: ServerFacts, database: DatabaseFacts | None) -> list[Finding]:
    """Return what the facts mean for the claims. Pure."""
    judged = verdicts(server, database)
    findings = [
        held_if(server.backs_up_to_files, "sql.files", _AZURE),
        _right("sql.backup_right", judged["can_backup"]),
        _right("sql.verify_right", judged["can_verify"]),
    ]
    if database is None:
        missing = " ".join(judged["can_backup"].reasons)
        return [*findings, Finding("sql.database", NOT_HELD, missing)]
    return [*findings, _right("sql.restore_right", judged["can_restore"]), _known(database), _key(database)]


def _right(claim: str, judged: Judged) -> Finding:
    return Finding(claim, HELD) if judged.ok else Finding(claim, REFUSED, " ".join(judged.reasons))


def _known(database: DatabaseFacts) -> Finding:
    if database.known_objects:
        return Finding("sql.database", HELD)
    if database.objects_visible:
        return Finding(
            "sql.database", NOT_TRIED, "It has none of GroupID's known tables. For version 9.0, no table is known."
        )
    return Finding("sql.database", NOT_TRIED, "The login may not see its tables.")


def _key(database: DatabaseFacts) -> Finding:
    certificate = database.tde_certificate
    if not database.encrypted:
        return Finding("sql.key_saved", NOT_TRIED, "The database is not encrypted (TDE).")
    if certificate is None or not certificate.name:
        return Finding("sql.key_saved", NOT_TRIED, "The login may not see the certificate.")
    if certificate.key_saved is None:
        return Finding("sql.key_saved", NOT_HELD, "The private key of its certificate was never saved on this server.")
    return Finding("sql.key_saved", HELD)


def encryption_findings(encrypt: str, seen: bool | None) -> list[Finding]:
    """Return what is known of the connection's encryption. seen: what the server says; None: it says nothing. Pure."""
    said = f"groupid_sql_encrypt is {encrypt}."
    # A driver that must encrypt makes no other connection.
    encrypted = encrypt != "off" if seen is None else seen
    checked = encrypt in ("verified", "strict")
    return [held_if(encrypted, "sql.encrypted", said), held_if(checked, "sql.certificate", said)]


def rows_finding(made: c.Sequence[scratches.Row], restored: c.Sequence[scratches.Row]) -> Finding:
    """Compare rows. Pure."""
    lost, new = len(set(made) - set(restored)), len(set(restored) - set(made))
    if tuple(made) == tuple(restored):
        return Finding("sql.rows", HELD)
    return Finding("sql.rows", NOT_HELD, f"Of {len(made)} rows, {lost} are missing or changed; {new} rows are new.")
