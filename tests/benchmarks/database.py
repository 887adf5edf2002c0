# Copyright (c) 2026, identityops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup of a database costs beside the two statements that do the work: checks, the claim, msdb's word."""

from __future__ import annotations

import itertools
import pathlib
import statistics
import time
import typing as t

import pyodbc

from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup.checks import Request
from ansible_collections.identityops.groupid.plugins.module_utils.sql.backup_task import BackupTask
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.odbc import open_session
from ansible_collections.identityops.groupid.plugins.module_utils.sql.session.target import Target
from lab.sql.drivers import freetds
from lab.sql.server import SqlServerDouble

LIMIT = 1.0
"""Seconds above the statements, the checks and every round trip included."""

_DATABASE = "GroupID"
_FOLDER = "D:\\Backups"


def row(place: pathlib.Path, pairs: int) -> dict[str, t.Any]:
    """One row of the table. Its ratio is a difference, in seconds: the statements' own time is the server's."""
    (place / "sql" / "D" / "Backups").mkdir(parents=True, exist_ok=True)
    with SqlServerDouble(place / "sql") as server:
        server.engine.add_database(_DATABASE)
        numbers = itertools.count()
        times = [(_ours(server, next(numbers)), _statements(server, next(numbers))) for dummy in range(pairs)]
    above = statistics.median(ours - peer for ours, peer in times)
    return {
        "name": "database backup, seconds above the statements",
        "ours_s": round(statistics.median(ours for ours, dummy in times), 3),
        "peer": "BACKUP and VERIFYONLY alone",
        "peer_s": round(statistics.median(peer for dummy, peer in times), 3),
        "ratio": round(above, 3),
        "bar": LIMIT,
        "holds": above <= LIMIT,
    }


def _ours(server: SqlServerDouble, number: int) -> float:
    target = Target(server="127.0.0.1", port=server.port, username="sa", password=server.password, encrypt="off")
    request = Request(
        database=_DATABASE,
        deployment="bench",
        set_id=f"20260101T{number:06d}Z",
        path=_FOLDER,
        file_name=f"ours{number}",
        version="10.0",
    )
    begin = time.perf_counter()
    result = BackupTask(request, lambda: open_session(target), 10.0).run(check=False)
    seconds = time.perf_counter() - begin
    if result.get("failed"):
        raise RuntimeError(result["msg"])
    return seconds


def _statements(server: SqlServerDouble, number: int) -> float:
    file = f"{_FOLDER}\\peer{number}.bak"
    connection_string = freetds().connection_string(server.port, "sa", server.password)
    begin = time.perf_counter()
    connection = pyodbc.connect(connection_string, autocommit=True)
    for statement in (
        f"BACKUP DATABASE [{_DATABASE}] TO DISK = N'{file}' WITH COPY_ONLY, CHECKSUM",
        f"RESTORE VERIFYONLY FROM DISK = N'{file}' WITH CHECKSUM",
    ):
        cursor = connection.execute(statement)
        while cursor.nextset():
            pass
    connection.close()
    return time.perf_counter() - begin
