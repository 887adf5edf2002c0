# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of a backup's task share: the double that they back up, a backup, and how it ended."""

from __future__ import annotations

import collections.abc as c
import contextlib
import pathlib
import typing as t

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import BackupTask, ProofRequest
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.session import Session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target
from lab.sql.server import SqlServerDouble

Outcome = dict[str, t.Any]

SET = "20261122T150405Z"
FOLDER = r"D:\Backups"
FILE = r"D:\Backups\GroupID.bak"


@contextlib.contextmanager
def running(folder: pathlib.Path, **options: t.Any) -> c.Iterator[SqlServerDouble]:
    """A double with GroupID's database, and an empty folder for its backups. options: of the double."""
    with SqlServerDouble(folder, **options) as double:
        double.engine.add_database("GroupID")
        double.engine.map_path(FOLDER).mkdir(parents=True)
        yield double


def request_for(**changes: t.Any) -> Request:
    """Return what a task asks for, unless changed."""
    usual = {"database": "GroupID", "deployment": "hq", "set_id": SET, "path": FOLDER, "version": "10.0"}
    return Request(**{**usual, **changes})


def back_up(
    where: Target, patience: float = 5, check: bool = False, test_restore: ProofRequest | None = None, **changes: t.Any
) -> Outcome:
    """Run a task. check: in check mode. changes: of the request."""

    def opener() -> Session:
        return open_session(where)

    return BackupTask(request_for(**changes), opener, patience, test_restore).run(check=check)


def succeeded(outcome: Outcome) -> Outcome:
    """Return the outcome, which must be none of a failure."""
    assert not outcome.get("failed"), outcome["msg"]
    return outcome


def refused(server: SqlServerDouble, code: str, outcome: Outcome) -> str:
    """The message of a backup that was refused before anything was touched."""
    assert outcome["failed"]
    assert outcome["error"]["code"] == code, outcome["msg"]
    assert outcome["changed"] is False
    assert backups(server) == 0
    assert not [batch for batch in server.statements if batch.startswith(("BACKUP", "RESTORE"))]
    assert list(server.engine.map_path(FOLDER).iterdir()) == []
    return str(outcome["msg"])


def backups(server: SqlServerDouble) -> int:
    """How many backups the server has on record."""
    return len(server.engine.history.get("backupset", []))


def lose(server: SqlServerDouble, pattern: str, number: int, when: str, **options: t.Any) -> None:
    """Cut the connection before or after a batch, the number-th of its kind, or during it at so many percent."""
    if when == "during":
        server.engine.backup_seconds = 0.3
        server.faults.drop(pattern, "during", percent=number, **options)
    else:
        server.faults.drop(pattern, t.cast("t.Literal['before', 'after']", when), nth=number, **options)
