# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup from its options to its result: facts, checks, the backup, verification, test restore."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.failure import Failure
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request, decide
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.model import (
    Order,
    Record,
    verify_statement,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.run import (
    BackupError,
    BackupRun,
    failure,
    find,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore import trial as sql_test_restore
from ansible_collections.identityops.groupid.plugins.module_utils.sql.restore.trial import ProofError
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.capabilities import verdicts
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.facts import (
    DatabaseFacts,
    ServerFacts,
    read_database,
    read_server,
)
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.history import read_chain
from ansible_collections.identityops.groupid.plugins.module_utils.sql.server.progress import Progress
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session import errors as sql_errors
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Opener, Session, SqlError

SCHEMA = 1

# Batches that change something begin like this. All others of a backup only read, or are about the claim.
_ACTS = ("BACKUP ", "RESTORE VERIFYONLY", "RESTORE DATABASE", "DBCC ", "IF EXISTS (")


@dataclasses.dataclass(frozen=True)
class ProofRequest:
    """Where the test restore runs. same_server: opener connects to the server of the backup, with the same login.

    data_folder, log_folder: for the scratch database's files, None for the server's own.
    """

    opener: Opener
    same_server: bool
    data_folder: str | None = None
    log_folder: str | None = None


class BackupTask:
    """One run of ``groupid_sql_backup``. patience: seconds to wait for the claim on the database."""

    def __init__(
        self, request: Request, opener: Opener, patience: float, test_restore: ProofRequest | None = None
    ) -> None:
        self._request = request
        self._opener = opener
        self._patience = patience
        self._test_restore = test_restore
        self._sessions: list[Session] = []
        self._progress = Progress()
        self._result: dict[str, t.Any] = {"changed": False, "schema": SCHEMA, "warnings": []}

    def run(self, *, check: bool) -> dict[str, t.Any]:
        """Run it; with ``check``, only read. Returns the module's result, of success or failure, and warnings."""
        began = time.monotonic()
        try:
            self._perform(check)
        except BackupError as error:
            self._failed(error.failure)
            if error.record is not None:
                self._result.update(_fields(error.record))
        except ProofError as error:
            self._failed(error.failure)
            if error.left is not None:
                self._result["left"] = error.left
        except SqlError as error:
            self._failed(sql_errors.explain(error, f"The backup of {self._request.database} was not started"))
        finally:
            for session in self._sessions:
                session.close()
        if "statements" in self._result:
            self._result["statements"] += [
                batch for session in self._sessions for batch in session.executed if batch.startswith(_ACTS)
            ]
            self._result["seconds"] = round(time.monotonic() - began, 3)
        return self._result

    def _perform(self, check: bool) -> None:
        session = self._open(self._opener)
        server = read_server(session)
        found = read_database(session, self._request.database)
        order, warnings = decide(self._request, server, found)
        database = t.cast(DatabaseFacts, found)  # decide refuses None
        self._result["warnings"] += warnings
        self._describe(order, server, database, self._chain(session, server, database))
        planned = self._plan_test_restore(session, server, order)
        if check:
            self._preview(session, server, order, planned)
        else:
            self._make(session, server, order, database)

    def _make(self, session: Session, server: ServerFacts, order: Order, database: DatabaseFacts) -> None:
        run = BackupRun(
            session,
            self._opener,
            order,
            server.major,
            database.family_guid,
            self._progress,
            sessions=self._request.sessions,
        )
        try:
            made = run.make(self._patience)
        finally:
            if run.session is not session:
                self._sessions.append(run.session)
            self._result["progress"] = [list(step) for step in self._progress.steps]
            self._result["files"] = list(run.order.files)
        self._result.update(_fields(made.record), shared=made.shared, changed=not made.shared)
        self._result["warnings"] += made.warnings
        self._result["sessions"] = made.watch.shown() if made.watch else None
        if self._request.verify:
            self._result["verified"] = False
            run.verify(made.record)
            self._result["verified"] = True
        if self._test_restore:
            self._prove(self._test_restore, run.session, made.record)

    def _preview(
        self, session: Session, server: ServerFacts, order: Order, planned: sql_test_restore.Plan | None
    ) -> None:
        record = find(session, order, server.major)
        if record is not None:
            self._result.update(_fields(record))
        self._result.update(shared=record is not None, changed=record is None)
        statements = [] if record is not None else [order.backup_statement()]
        if self._request.verify:
            statements.append(verify_statement(self._result["files"]))
        if planned is not None:
            statements += dataclasses.replace(planned, files=tuple(self._result["files"])).statements()
        self._result["statements"] = statements

    def _chain(self, session: Session, server: ServerFacts, database: DatabaseFacts) -> str:
        chain = read_chain(session, database.name)
        if chain is None:
            raise failure(
                "msdb",
                f"The backup of {database.name} was not started",
                f"The login {server.login} may not read msdb.dbo.backupset, so no backup could be confirmed.",
                "Create a user for the login in msdb, and GRANT SELECT on dbo.backupset, dbo.backupmediaset and "
                "dbo.backupmediafamily.",
            )
        return str(chain)

    def _describe(self, order: Order, server: ServerFacts, database: DatabaseFacts, chain: str) -> None:
        certificate = database.tde_certificate
        self._result.update(
            database=order.database,
            name=order.name,
            files=list(order.files),
            server_version=server.version,
            tde_thumbprint=certificate.thumbprint if certificate else None,
            verified=None,
            chain=chain,
            progress=[],
            statements=[],
            test_restore=None,
            sessions=None,
        )

    def _plan_test_restore(self, session: Session, server: ServerFacts, order: Order) -> sql_test_restore.Plan | None:
        """Check before the backup that it can be restored and that there is enough space."""
        wanted = self._test_restore
        if wanted is None:
            return None
        source = sql_test_restore.source_files(session, order.database)
        with contextlib.ExitStack() as opened:
            there, there_facts = session, server
            if not wanted.same_server:
                there = opened.enter_context(contextlib.closing(self._open(wanted.opener)))
                there_facts = read_server(there)
            may = verdicts(there_facts, None)["can_verify"]
            if not may.ok:
                raise failure(
                    "cannot_restore",
                    f"The backup of {order.database} was not started",
                    f"A test restore is not possible on {there_facts.name}. {' '.join(may.reasons)}",
                    "Grant the login that permission, or back up with groupid_sql_test_restore: false "
                    "(test_restore of the module).",
                )
            scratch = sql_test_restore.scratch_name()
            return sql_test_restore.plan(there, scratch, order.files, source, wanted.data_folder, wanted.log_folder)

    def _prove(self, wanted: ProofRequest, session: Session, record: Record) -> None:
        there = session if wanted.same_server else self._open(wanted.opener)
        proof = sql_test_restore.prove(there, wanted.opener, record.files, wanted.data_folder, wanted.log_folder)
        shown = dataclasses.asdict(proof)
        self._result["warnings"] += shown.pop("warnings")
        self._result["test_restore"] = {**shown, "strays": list(proof.strays)}

    def _open(self, opener: Opener) -> Session:
        session = opener()
        self._sessions.append(session)
        return session

    def _failed(self, failure: Failure) -> None:
        self._result.update(failed=True, msg=str(failure), error=failure.explained())


def _fields(record: Record) -> dict[str, t.Any]:
    """Return the members of the result about a backup."""
    return {
        "files": list(record.files),
        "backup_set_uuid": record.backup_set_uuid,
        "family_guid": record.family_guid,
        "bytes": record.bytes,
        "database_bytes": record.database_bytes,
        "first_lsn": record.first_lsn,
        "last_lsn": record.last_lsn,
        "checkpoint_lsn": record.checkpoint_lsn,
        "checksums": record.checksums,
        "compressed": record.compressed,
        "encryption_thumbprint": record.thumbprint,
        "started_at": record.started,
        "finished_at": record.finished,
        "backup_seconds": record.seconds,
    }
